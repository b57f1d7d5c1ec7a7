"""What is typed about keeping and destroying. The acts check again and say what cannot be."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xiaoshi.core.rules.retention_rules import ANY_KIND, WHAT, YEARS_MAX
from xiaoshi.desk.kinds import all_kinds
from xiaoshi.desk.retention.holds import TEXT_MAX


def _text(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=TEXT_MAX, help_text=help_text, widget=forms.Textarea(attrs={"rows": 3})
    )


class HoldForm(forms.Form):
    reason = _text(_("Why the case must be kept"))
    authority = forms.CharField(
        label=_("On whose word"),
        max_length=TEXT_MAX,
        help_text=_("Which office and which letter, for example a court with its number"),
    )
    until = forms.DateField(
        label=_("Until which day"),
        required=False,
        help_text=_("The last day; leave empty when it holds until somebody lifts it"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def fields_for_act(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {**given, "until": given["until"].isoformat() if given["until"] else ""}


class ReasonForm(forms.Form):
    reason = _text(_("Reason"))

    def fields_for_act(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class ApproveForm(ReasonForm):
    cases = forms.IntegerField(
        label=_("How many cases you counted"),
        min_value=1,
        help_text=_("Look through the list and enter the number"),
    )


class PeriodForm(forms.Form):
    subject = forms.ChoiceField(label=_("What is kept"))
    kind = forms.ChoiceField(label=_("Kind"))
    years = forms.IntegerField(label=_("Years"), min_value=1, max_value=YEARS_MAX)
    in_force_from = forms.DateField(
        label=_("In force from"),
        required=False,
        help_text=_("Leave empty for today"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    source = _text(_("Which decision of the bank it rests on"))

    def __init__(self, *args: Any, language: str = "zh", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["subject"].choices = [(key, words.in_language(language)) for key, words in WHAT.items()]  # type: ignore[attr-defined]
        kinds = [(kind.name, kind.words.in_language(language)) for kind in all_kinds()]
        self.fields["kind"].choices = [(ANY_KIND, _("All")), *kinds]  # type: ignore[attr-defined]

    def fields_for_act(self) -> dict[str, Any]:
        first = self.cleaned_data["in_force_from"]
        return {**self.cleaned_data, "in_force_from": first.isoformat() if first else ""}
