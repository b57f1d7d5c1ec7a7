"""What is typed about calendars and time limits. The acts check again and say what cannot be."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xiaoshi.core.clocks.weekdays import SHORT
from xiaoshi.desk.clocks.words import DAYS

LINE = re.compile(r"(\S+)\s+(\S+)(?:\s+(.*))?")


class HoursForm(forms.Form):
    """Seven lines, one for each weekday: `09:00-12:00,13:30-17:30`; empty is closed."""

    zone = forms.CharField(label=_("Time zone"), max_length=60, initial="Asia/Shanghai")

    def __init__(self, *args: Any, language: str = "zh", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, words in zip(SHORT, DAYS, strict=True):
            self.fields[key] = forms.CharField(
                label=words.in_language(language),
                required=False,
                max_length=200,
                help_text=_("For example 09:00-12:00,13:30-17:30; leave empty when closed")
                if key == "mon"
                else "",
            )

    def periods(self) -> dict[str, str]:
        return {key: self.cleaned_data[key].strip() for key in SHORT if self.cleaned_data[key].strip()}


class ClosureForm(forms.Form):
    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(
        label=_("To"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Leave empty for one day"),
    )
    begin = forms.TimeField(
        label=_("Closed from (time)"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}),
        help_text=_("Only for a part of the day"),
    )
    end = forms.TimeField(
        label=_("Closed until (time)"), required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def closed(self) -> dict[str, str]:
        """The closure as the act takes it."""
        data = self.cleaned_data
        first, last = data["first"], data["last"] or data["first"]
        if not data["begin"] and not data["end"]:
            return {"from": first.isoformat(), "to": last.isoformat()}
        begin = f"{data['begin']:%H:%M}" if data["begin"] else "00:00"
        end = f"{data['end']:%H:%M}" if data["end"] else "24:00"
        return {"from": f"{first.isoformat()}T{begin}", "to": f"{last.isoformat()}T{end}"}


class WithdrawForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)


class NoticeForm(forms.Form):
    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2200)
    source = forms.CharField(label=_("The notice, as it is cited"), max_length=300)
    days = forms.CharField(
        label=_("Days off and swapped workdays"),
        widget=forms.Textarea(attrs={"rows": 12}),
        max_length=8000,
        help_text=_(
            "One day a line: date, 休 for a day off or the weekday that it works as, and a name. For example:"
            " 2027-01-01 休 元旦, or 2027-02-20 周四"
        ),
    )

    def clean_days(self) -> list[dict[str, Any]]:
        """Lines to days; a line that cannot be split is named by its number."""
        found = []
        for number, line in enumerate(self.cleaned_data["days"].splitlines(), 1):
            if not line.strip():
                continue
            parts = LINE.fullmatch(line.strip())
            if parts is None:
                raise forms.ValidationError(
                    _("Line %(number)s: write a date and then 休 or a weekday."), params={"number": number}
                )
            off = parts[2].lower() in ("休", "off", "放假", "休息")
            day: dict[str, Any] = {"date": parts[1], "name": parts[3] or ""}
            found.append(day | ({"off": True} if off else {"works_as": parts[2].removeprefix("按")}))
        return found


class ExtendForm(forms.Form):
    amount = forms.IntegerField(label=_("New time limit"), min_value=1, max_value=10_000_000)
    reason = forms.CharField(label=_("Reason"), max_length=300)
    authority = forms.CharField(
        label=_("Authority"), max_length=300, help_text=_("Who allows it, or the rule that does")
    )
