"""What is asked on the pages of plans."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaoshi.core.casework.model import Plan
from xiaoshi.desk.look.fields import DatePartsField
from xiaoshi.desk.plans.publishing import TEXT_MAX


class DraftForm(forms.Form):
    """The text of a plan, and what the draft is about."""

    text = forms.CharField(
        label=gettext_lazy("Text of the plan (plan.toml)"),
        widget=forms.Textarea(attrs={"rows": 30, "spellcheck": "false"}),
        max_length=TEXT_MAX,
        strip=False,
    )
    note = forms.CharField(
        label=gettext_lazy("What changes, and why"), max_length=500, required=False, widget=forms.TextInput
    )


class PublishForm(forms.Form):
    in_force_from = DatePartsField(label=gettext_lazy("In force from"))


class DiscardForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)


class MoveForm(forms.Form):
    """Reason, and for every finished step without a place: the step that takes it, or giving it up."""

    def __init__(
        self, *args: Any, lost: tuple[str, ...] = (), old: Plan, new: Plan, language: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lost = lost
        places = [
            ("?", _("Choose")),
            ("", _("give the work up")),
            *((s.id, s.title.in_language(language)) for s in new.steps.values() if s.id not in old.steps),
        ]
        for name in lost:
            title = old.steps[name].title.in_language(language)
            self.fields[f"place_{name}"] = forms.ChoiceField(
                label=_("“%(step)s” goes on as") % {"step": title},
                choices=places,
                required=False,
            )
        self.fields["reason"] = forms.CharField(label=_("Reason"), max_length=500)

    def renamed(self) -> dict[str, str]:
        """Finished step -> the step that takes its place; what nobody chose is left out, and the act refuses."""
        chosen = {name: self.cleaned_data.get(f"place_{name}", "?") for name in self.lost}
        return {name: place for name, place in chosen.items() if place != "?"}
