"""Form fields that a bank desk needs and Django has not: a sum in yuan, a date in three boxes.

    amount = MoneyField(label=_("Amount"))            # cleaned: int fen
    opened_on = DatePartsField(label=_("Opened on"))  # cleaned: datetime.date

`choices` fields and the rest are Django's own; give `widget=forms.RadioSelect` where a person chooses among few.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xiaoshi.core.money import parse_yuan, yuan
from xiaoshi.core.problems import Problem

from .language import said


class MoneyInput(forms.TextInput):
    """A box with 元 after it and the keyboard of figures on a phone."""

    template_name = "forms/money.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {"inputmode": "decimal", "autocomplete": "off", "class": "xs-input--money", **(attrs or {})}
        )


class MoneyField(forms.Field):
    """A sum typed in yuan; cleaned to whole fen. `min_fen` and `max_fen` are inclusive limits of this field."""

    widget = MoneyInput

    def __init__(self, *, min_fen: int = 0, max_fen: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min_fen = min_fen
        self.max_fen = max_fen

    def prepare_value(self, value: Any) -> Any:
        """Fen from the program are shown as yuan; what a person typed is shown as typed."""
        return yuan(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        found = parse_yuan(str(value))
        if isinstance(found, Problem):
            raise ValidationError(said(found), code=found.code)
        return found

    def validate(self, value: int | None) -> None:
        super().validate(value)
        if value is None:
            return
        if value < self.min_fen:
            raise ValidationError(
                gettext("The amount is at least %(limit)s yuan.") % {"limit": yuan(self.min_fen)},
                code="amount_below_limit",
            )
        if self.max_fen is not None and value > self.max_fen:
            raise ValidationError(
                gettext("The amount is at most %(limit)s yuan.") % {"limit": yuan(self.max_fen)},
                code="amount_above_limit",
            )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class DatePartsInput(forms.MultiWidget):
    """Three boxes in the order 年 月 日. A calendar to click in is slower for a date on an old certificate."""

    template_name = "forms/date_parts.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        box = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__(
            {
                "year": forms.TextInput({**box, "class": "govuk-input--width-4", "maxlength": 4}),
                "month": forms.TextInput({**box, "class": "govuk-input--width-2", "maxlength": 2}),
                "day": forms.TextInput({**box, "class": "govuk-input--width-2", "maxlength": 2}),
            },
            attrs,
        )

    def decompress(self, value: dt.date | None) -> list[int | None]:
        return [value.year, value.month, value.day] if value else [None, None, None]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        words = (gettext("Year"), gettext("Month"), gettext("Day"))
        for part, word in zip(context["widget"]["subwidgets"], words, strict=True):
            part["word"] = word
        return context


class DatePartsField(forms.MultiValueField):
    """A date in three boxes; cleaned to `datetime.date`. Says which box is missing or wrong."""

    widget = DatePartsInput

    def __init__(self, **kwargs: Any) -> None:
        part = forms.CharField(required=False)
        super().__init__(fields=(part, part, part), require_all_fields=False, **kwargs)

    def compress(self, data_list: list[str]) -> dt.date | None:
        parts = [part.strip() for part in (data_list or ["", "", ""])]
        if not any(parts):
            return None
        words = (_("year"), _("month"), _("day"))
        missing = [str(word) for word, part in zip(words, parts, strict=True) if not part]
        if missing:
            joined = gettext(" and ").join(missing)
            raise ValidationError(
                gettext("The date lacks its %(parts)s.") % {"parts": joined}, code="date_incomplete"
            )
        if not all(part.isascii() and part.isdigit() for part in parts):
            raise ValidationError(
                gettext("Write the date in figures, for example 1998 3 12."), code="date_no_figures"
            )
        year, month, day = map(int, parts)
        if year < 1000:
            raise ValidationError(gettext("Write the year with four figures."), code="date_short_year")
        try:
            return dt.date(year, month, day)
        except ValueError:
            raise ValidationError(
                gettext("There is no such day in the calendar: check month and day."), code="date_impossible"
            ) from None
