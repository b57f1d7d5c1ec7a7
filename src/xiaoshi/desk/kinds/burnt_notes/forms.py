"""What is asked in each step of the procedure."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xiaoshi.desk.look.fields import MoneyField

CAUSES = [
    ("fire", _("Fire")),
    ("mould", _("Mould or rot")),
    ("insects", _("Insects or mice")),
    ("water", _("Water")),
    ("torn", _("Torn")),
    ("other", _("Other")),
]
YES_NO = [("yes", _("Yes")), ("no", _("No"))]
SPECIAL_CAUSES = {"fire", "mould", "insects", "water"}


class OpeningForm(forms.Form):
    """The first conversation at the counter."""

    client_name = forms.CharField(label=_("Holder's name"), max_length=100)
    id_number = forms.CharField(
        label=_("Number of the identity document"),
        max_length=30,
        required=False,
        help_text=_("Kept encrypted and shown masked."),
    )
    phone = forms.CharField(label=_("Telephone"), max_length=30, required=False)
    container = forms.CharField(
        label=_("What the notes came in"), max_length=100, help_text=_("For example: a tin, a bag.")
    )
    cause = forms.ChoiceField(label=_("Cause of damage"), choices=CAUSES, widget=forms.RadioSelect)
    fire_paper = forms.ChoiceField(
        label=_("Did the holder bring a paper about the fire?"),
        choices=YES_NO,
        widget=forms.RadioSelect,
        initial="no",
    )
    told_amount = MoneyField(label=_("Amount that the holder reports"), required=False)
    payout = forms.ChoiceField(
        label=_("How to pay"),
        choices=[("cash", _("Cash")), ("account", _("Into an account"))],
        widget=forms.RadioSelect,
    )
    account_number = forms.CharField(label=_("Account number"), max_length=40, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("payout") == "account" and not data.get("account_number"):
            self.add_error("account_number", _("Enter the account that is to be credited."))
        return data


def opening(data: dict[str, Any], *, designated: bool) -> dict[str, Any]:
    """Fields of `open_case` from the form's clean data."""
    facts: dict[str, Any] = {
        "container": data["container"],
        "cause": data["cause"],
        "special_damage": data["cause"] in SPECIAL_CAUSES,
        "designated": designated,
        "fire_paper": data["fire_paper"] == "yes",
        "payout": data["payout"],
    }
    if data.get("told_amount"):
        facts["told_amount_fen"] = data["told_amount"]
    return {
        "client_name": data["client_name"],
        "id_number": data.get("id_number", ""),
        "phone": data.get("phone", ""),
        "account_number": data.get("account_number", ""),
        "facts": facts,
    }


class IntakeForm(forms.Form):
    circumstances = forms.CharField(
        label=_("What happened"),
        widget=forms.Textarea,
        max_length=2000,
        help_text=_("In the holder's words; where and when."),
    )
    explained = forms.BooleanField(label=_("I have explained to the holder how the notes are determined"))


class DesignatedForm(forms.Form):
    unit_path = forms.ChoiceField(label=_("Designated outlet"))
    reason = forms.CharField(label=_("Note for the other outlet"), required=False, max_length=500)

    def __init__(self, *args: Any, outlets: list[tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit_path"].choices = outlets or []  # type: ignore[attr-defined]


class EmptyForm(forms.Form):
    """A step that is done with one button."""


class GroupsForm(forms.Form):
    """How many notes lie on each pile. The fields are the piles that were measured; a note that was not is added by hand."""

    reason = forms.CharField(label=_("Reason, where a pile differs"), required=False, max_length=500)

    def __init__(
        self,
        *args: Any,
        piles: dict[str, int] | None = None,
        labels: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.piles = list((piles or {}).keys())
        reason = self.fields.pop("reason")
        for pile in self.piles:
            self.fields[f"pile_{pile}"] = forms.IntegerField(
                label=(labels or {}).get(pile, pile),
                min_value=0,
                max_value=100_000,
                help_text=_("Pieces, counted by hand"),
            )
        self.fields["reason"] = reason

    def counted(self) -> dict[str, int]:
        return {pile: int(self.cleaned_data[f"pile_{pile}"]) for pile in self.piles}


class MachineForm(forms.Form):
    machine = forms.CharField(label=_("Number of the machine"), max_length=60)
    passed = forms.IntegerField(label=_("Notes that the machine took as genuine"), min_value=0)
    by_hand = forms.IntegerField(
        label=_("Notes found genuine by hand"),
        min_value=0,
        initial=0,
        help_text=_("Too brittle for the machine."),
    )


class CountForm(forms.Form):
    full = forms.IntegerField(label=_("Notes at full value"), min_value=0)
    half = forms.IntegerField(label=_("Notes at half value"), min_value=0)
    none = forms.IntegerField(label=_("Notes not exchanged"), min_value=0)
    amount = MoneyField(label=_("Sum"))


class BagForm(forms.Form):
    bag_number = forms.CharField(label=_("Number of the special bag"), max_length=60)
    seal_number = forms.CharField(label=_("Number of the seal"), max_length=60)
    holder_present = forms.BooleanField(label=_("Sealed in front of the holder"), required=False)
    witness = forms.ChoiceField(label=_("Colleague who saw it being sealed"))

    def __init__(self, *args: Any, colleagues: list[tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["witness"].choices = [("", _("Choose a colleague")), *(colleagues or [])]  # type: ignore[attr-defined]


class RecheckForm(forms.Form):
    pieces = forms.IntegerField(
        label=_("Notes in all"), min_value=0, help_text=_("Count without looking at the first figures.")
    )
    amount = MoneyField(label=_("Sum to be paid"))


class PapersForm(forms.Form):
    holder_agrees = forms.ChoiceField(
        label=_("Does the holder agree with the result?"), choices=YES_NO, widget=forms.RadioSelect
    )


class AppraisalForm(forms.Form):
    explained = forms.BooleanField(
        label=_("I have given the slip and the pieces back and explained how to apply to the People's Bank")
    )


class FeedbackForm(forms.Form):
    satisfied = forms.ChoiceField(
        label=_("Was the holder content?"),
        choices=[("yes", _("Yes")), ("partly", _("Partly")), ("no", _("No")), ("not_said", _("Did not say"))],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=_("In the holder's words"), widget=forms.Textarea, required=False, max_length=2000
    )
