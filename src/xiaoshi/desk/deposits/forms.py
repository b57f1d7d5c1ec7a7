"""What a teller types of a deposit. The engine's reader checks it and has the words for what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xiaoshi.core.deposits import Deposit
from xiaoshi.core.deposits.reading import read
from xiaoshi.core.deposits.trouble import STANDS_BESIDE_FIGURES
from xiaoshi.core.money import FEN_PER_YUAN, parse_yuan
from xiaoshi.core.problems import Problem
from xiaoshi.desk.deposits.words import DAY_COUNT_WORDS, PRODUCT_WORDS, TABLE_WORDS, TERM_WORDS

FIELD_OF = {"principal_fen": "principal", "withdraw_fen": "part", "notice_fen": "agreed"}
"""Name in the engine's problems -> field of the form; others have the same name."""
SAME_NAME = ("term_months", "opened_on", "withdrawn_on", "auto_rollover", "notice_given_on", "day_count")
"""Fields whose names the engine's words may hold and that are no words of any language."""


def _day(label: Any, **more: Any) -> forms.CharField:
    # Text, not a DateField: the reader says what is wrong with a day in both languages, 31 February included.
    widget = forms.DateInput(attrs={"type": "date", "class": "govuk-input--width-10"})
    return forms.CharField(label=label, max_length=20, widget=widget, **more)


def _yuan(label: Any, **more: Any) -> forms.CharField:
    widget = forms.TextInput(
        attrs={"inputmode": "decimal", "autocomplete": "off", "class": "govuk-input--width-10"}
    )
    return forms.CharField(label=label, max_length=40, widget=widget, **more)


class DepositForm(forms.Form):
    """`deposit` and `odd` (problems that leave the figures standing) are there after `is_valid()`."""

    product = forms.ChoiceField(label=_("Kind of deposit"))
    term_months = forms.ChoiceField(
        label=_("Agreed term"), required=False, help_text=_("Demand and call deposits have none")
    )
    principal = _yuan(_("Put in, yuan"), help_text=_("Instalments in: what is paid each month"))
    opened_on = _day(_("Day of the opening"))
    withdrawn_on = _day(_("Day of the withdrawal"))
    part = _yuan(
        _("Part that is withdrawn, yuan"),
        required=False,
        help_text=_("Leave empty for all of it; only from fixed-term and call deposits"),
    )
    auto_rollover = forms.ChoiceField(
        label=_("Automatic rollover agreed"), required=False, choices=[("", _("No")), ("1", _("Yes"))]
    )
    notice_given_on = _day(
        _("Notice given on"), required=False, help_text=_("Call deposits: leave empty when there was none")
    )
    agreed = _yuan(
        _("Sum named in the notice, yuan"),
        required=False,
        help_text=_("Leave empty when it is what is withdrawn"),
    )
    day_count = forms.ChoiceField(label=_("Days counted by"), required=False)
    posted = forms.ChoiceField(label=_("Table of rates"), required=False)

    def __init__(
        self, *args: Any, language: str = "zh", own_tables: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.language = language
        self.deposit: Deposit | None = None
        self.odd: list[Problem] = []
        for name, words in (
            ("product", PRODUCT_WORDS),
            ("day_count", DAY_COUNT_WORDS),
        ):
            self._choices(name, [(key, w.in_language(language)) for key, w in words.items()])
        terms = [(str(months), w.in_language(language)) for months, w in TERM_WORDS.items()]
        national = [(key, w.in_language(language)) for key, w in TABLE_WORDS.items()]
        self._choices("posted", [*((name, name) for name in own_tables), *national])
        self._choices("term_months", [("", "—"), *terms])

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        given: dict[str, Any] = {
            "product": data["product"],
            "term_months": int(data["term_months"]) if data["term_months"] else None,
            "auto_rollover": data["auto_rollover"] == "1",
            "day_count": data["day_count"] or None,
            "posted": data["posted"] or None,
        }
        for name in ("opened_on", "withdrawn_on", "notice_given_on"):
            given[name] = data[name].strip() or None
        for name, field in FIELD_OF.items():
            if data[field].strip() or name == "principal_fen":
                found = parse_yuan(data[field], field)
                if isinstance(found, Problem):
                    self.tell(found)
                    found = FEN_PER_YUAN  # so that the reader says what else is wrong
                given[name] = found
        self.deposit, problems = read(given)
        for problem in problems:
            if problem.code in STANDS_BESIDE_FIGURES:
                self.odd.append(problem)
            else:
                self.tell(problem)
        return data

    def tell(self, problem: Problem) -> None:
        """A problem at the field that it is about."""
        name = FIELD_OF.get(problem.where, problem.where)
        self.add_error(name if name in self.fields else None, self.said(problem))

    def said(self, problem: Problem) -> str:
        """The engine's words, with the labels of this form where they name a field."""
        text = problem.words.in_language(self.language)
        quotes = "“%s”" if self.language.startswith("en") else "「%s」"
        for name in (*FIELD_OF, *SAME_NAME):
            if name in text:
                text = text.replace(name, quotes % self.fields[FIELD_OF.get(name, name)].label)
        return text
