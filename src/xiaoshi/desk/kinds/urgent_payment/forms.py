"""What is asked: when the case is opened, in each step, and of the money."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xiaoshi.desk.look.fields import DatePartsField, MoneyField
from xiaoshi.desk.money.forms import MoneyForm

YES_NO = [("yes", _("Yes")), ("no", _("No"))]
PATIENT = [
    ("unconscious", _("Unconscious, cannot say what he wishes")),
    ("awake", _("Awake and able to decide")),
    ("dead", _("Has died")),
]
RELATIONS = [
    ("spouse", _("Husband or wife")),
    ("child", _("Son or daughter")),
    ("parent", _("Father or mother")),
    ("other", _("Somebody else")),
]


def _yes_no(label: Any, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=YES_NO, widget=forms.RadioSelect, **more)


class OpeningForm(forms.Form):
    """The first minute. The patient comes first, the deposit later."""

    patient = forms.ChoiceField(
        label=_("How is the depositor?"),
        choices=PATIENT[:2],
        widget=forms.RadioSelect,
        help_text=_("Ask this first. Never ask a gravely ill person to come to the outlet."),
    )
    client_name = forms.CharField(label=_("Depositor's name"), max_length=100)
    id_number = forms.CharField(
        label=_("Number of the depositor's identity document"), max_length=30, required=False
    )
    relation = forms.ChoiceField(label=_("Who has come to us?"), choices=RELATIONS, widget=forms.RadioSelect)
    spouse_able = _yes_no(_("Is the depositor's spouse alive and able to decide?"))
    certificate_there = _yes_no(_("Is the certificate at hand?"))
    password_known = _yes_no(
        _("Does the family know the password?"), help_text=_("Do not ask for the password itself.")
    )
    hospital_name = forms.CharField(
        label=_("Name on the hospital's corporate account"),
        max_length=100,
        help_text=_("Exactly as on the hospital's request for payment."),
    )
    hospital_number = forms.CharField(label=_("Number of the hospital's corporate account"), max_length=40)
    need = MoneyField(label=_("Sum that the hospital asks for"), min_fen=1)


def opening(data: dict[str, Any]) -> dict[str, Any]:
    """Fields of `open_case` from the form's clean data; the case is urgent from its first entry on."""
    facts = {name: data[name] == "yes" for name in ("spouse_able", "certificate_there", "password_known")}
    facts |= {name: data[name] for name in ("patient", "relation")}
    facts["hospital_name"] = data["hospital_name"].strip()
    facts["hospital_number"] = "".join(data["hospital_number"].split()).replace("-", "")
    facts["need_fen"] = data["need"]
    return {
        "client_name": data["client_name"],
        "id_number": data.get("id_number", ""),
        "facts": facts,
        "urgency": "urgent",
    }


class FirstContactForm(forms.Form):
    condition = forms.CharField(
        label=_("How the patient is, in the family's words"),
        widget=forms.Textarea({"rows": 3}),
        max_length=2000,
    )
    ward = forms.CharField(label=_("Ward and bed"), max_length=100)
    contact_name = forms.CharField(label=_("Name of who has come"), max_length=100)
    contact_phone = forms.CharField(label=_("Telephone of who has come"), max_length=30, required=False)
    how = forms.ChoiceField(
        label=_("How all papers were said at once"),
        choices=[
            ("counter", _("At the counter")),
            ("phone", _("By telephone")),
            ("message", _("By message")),
        ],
        widget=forms.RadioSelect,
    )


class DepositForm(forms.Form):
    certificate_number = forms.CharField(label=_("Number of the certificate"), max_length=40)
    product = forms.ChoiceField(
        label=_("Which call deposit"),
        choices=[("call_1d", _("One day's notice")), ("call_7d", _("Seven days' notice"))],
        widget=forms.RadioSelect,
    )
    own_account_number = forms.CharField(
        label=_("Number of the depositor's own demand account"),
        max_length=40,
        help_text=_("What is withdrawn goes there, never to whoever has come."),
    )


class _WithCompanion(forms.Form):
    companion = forms.ChoiceField(label=_("Colleague who came along"))

    def __init__(self, *args: Any, colleagues: list[tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["companion"].choices = [("", "—"), *(colleagues or [])]  # type: ignore[attr-defined]


class VisitForm(_WithCompanion):
    way = forms.ChoiceField(
        label=_("How the visit was made"),
        choices=[("ward", _("At the bedside")), ("video", _("By video"))],
        widget=forms.RadioSelect,
    )
    patient = forms.ChoiceField(
        label=_("How our people found him"), choices=PATIENT, widget=forms.RadioSelect
    )
    spoke_to = forms.CharField(label=_("Doctor or nurse who confirmed it"), max_length=200)
    record = forms.CharField(
        label=_("What was seen and heard"), widget=forms.Textarea({"rows": 4}), max_length=1800
    )
    field_order = ("way", "companion", "patient", "spoke_to", "record")


class OwnWishForm(_WithCompanion):
    wish = forms.CharField(
        label=_("His wish, in his own words"), widget=forms.Textarea({"rows": 3}), max_length=1000
    )
    pays_hospital = _yes_no(_("Does he agree that the hospital is paid out of his deposit?"))
    field_order = ("wish", "pays_hospital", "companion")


class PapersForm(forms.Form):
    """Done with one button; what is missing is said by the act."""


class ComputeForm(forms.Form):
    withdraw = MoneyField(
        label=_("Principal to be withdrawn"),
        min_fen=1,
        help_text=_("A call deposit keeps at least 50,000 yuan, or is closed."),
    )
    close_rest = forms.BooleanField(
        label=_(
            "If less than 50,000 yuan would be left: close the certificate, the rest into his own account"
        ),
        required=False,
    )


class DecideForm(forms.Form):
    authority = forms.CharField(
        label=_("Authority"),
        max_length=300,
        help_text=_("Whose answer or which limit the decision rests on."),
    )
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea({"rows": 4}), max_length=1500)


class FollowUpForm(forms.Form):
    spoke_to = forms.CharField(label=_("With whom"), max_length=200)
    told = forms.CharField(
        label=_("How the patient is, and what the family was told"),
        widget=forms.Textarea({"rows": 3}),
        max_length=2000,
    )


class LetterForm(forms.Form):
    big_type = forms.BooleanField(label=_("Large type for the letter"), required=False)


class SuccessionForm(forms.Form):
    explained = forms.BooleanField(
        label=_("I have explained to the family how succession to the deposit goes"), required=False
    )


class PatientForm(MoneyForm):
    do = "patient"
    patient = forms.ChoiceField(
        label=_("How the depositor is now"), choices=PATIENT, widget=forms.RadioSelect
    )
    told_by = forms.CharField(label=_("Who told it, and how we know"), max_length=300)


class HeirsForm(MoneyForm):
    do = "heirs"
    heirs = forms.CharField(
        label=_("All first-order heirs, one a line"), widget=forms.Textarea({"rows": 4}), max_length=2000
    )


class _Payee(MoneyForm):
    payee_name = forms.CharField(
        label=_("Name of the payee"), max_length=100, help_text=_("Type it from the hospital's notice.")
    )
    payee_number = forms.CharField(label=_("Account of the payee"), max_length=40)


class WithdrawalForm(_Payee):
    do = "withdrawal"
    amount = MoneyField(label=_("Principal and interest together"), min_fen=1)
    until = DatePartsField(label=_("Held for the hospital until"))
    field_order = ("amount", "payee_name", "payee_number", "until")


class TransferForm(_Payee):
    do = "transfer"
    amount = MoneyField(label=_("Sum to the hospital"), min_fen=1)
    field_order = ("amount", "payee_name", "payee_number")


class SurplusForm(MoneyForm):
    do = "surplus"
    refund = MoneyField(
        label=_("Sum that the hospital has given back"), help_text=_("0 if nothing came back.")
    )
    reason = forms.CharField(label=_("Ground, such as the hospital's final bill"), max_length=300)


class CountedForm(MoneyForm):
    """The second person's own sum; `do` says of which movement."""

    do = "check_withdrawal"
    counted = MoneyField(
        label=_("The sum as you work it out yourself"),
        help_text=_("From the papers, not from the screen: the recorded sum is not shown."),
    )


class CheckTransferForm(CountedForm):
    do = "check_transfer"


class CheckSurplusForm(CountedForm):
    do = "check_surplus"
