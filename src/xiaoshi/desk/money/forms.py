"""Forms of the pages of money. Each says with `do` which act it is for; ids differ, so that they can share a page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from xiaoshi.core.ledger.appraised import FACES_FEN, PIECES_MAX
from xiaoshi.desk.look.fields import DatePartsField, MoneyField
from xiaoshi.desk.look.templatetags.desk import face_value


class MoneyForm(forms.Form):
    """`do`: the value of the button that sends it."""

    do = ""

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"{self.do}_%s", **kwargs)


class RecordForm(MoneyForm):
    do = "record"
    amount = MoneyField(
        label=_("Amount"), min_fen=1, help_text=_("As counted. It must be the sum that is due.")
    )
    way = forms.ChoiceField(
        label=_("How it is paid"),
        choices=[("cash", _("In cash, from your drawer")), ("account", _("Into an account"))],
        widget=forms.RadioSelect,
    )
    account_number = forms.CharField(
        label=_("Account number"),
        max_length=40,
        required=False,
        help_text=_("Only when it goes into an account."),
    )


class CheckForm(MoneyForm):
    do = "check"
    order = forms.CharField(widget=forms.HiddenInput, max_length=40)
    counted = MoneyField(
        label=_("Amount that you counted"),
        min_fen=0,
        help_text=_("Count for yourself. The recorded sum is not shown."),
    )


class RejectForm(MoneyForm):
    do = "reject"
    order = forms.CharField(widget=forms.HiddenInput, max_length=40)
    reason = forms.CharField(
        label=_("Reason for sending it back"), max_length=500, widget=forms.Textarea({"rows": 3})
    )


class WithdrawForm(MoneyForm):
    do = "withdraw"
    order = forms.CharField(widget=forms.HiddenInput, max_length=40)


class ReverseForm(MoneyForm):
    do = "reverse"
    entry = forms.CharField(widget=forms.HiddenInput, max_length=40)
    reason = forms.CharField(
        label=_("Reason for the reversal"), max_length=500, widget=forms.Textarea({"rows": 3})
    )


class PayOutForm(MoneyForm):
    do = "pay_out"


class MoveForm(MoneyForm):
    do = "move"
    direction = forms.ChoiceField(
        label=pgettext_lazy("cash", "Direction"),
        choices=[
            ("vault_to_drawer", _("From the vault to my drawer")),
            ("drawer_to_vault", _("From my drawer to the vault")),
        ],
        widget=forms.RadioSelect,
    )
    amount = MoneyField(label=_("Amount"), min_fen=1)


class AppraisedForm(MoneyForm):
    """The 鉴定书 as it is printed: for each value how many notes in full and at half, and its sum."""

    do = "appraised"
    number = forms.CharField(label=_("Number of the appraisal"), max_length=80)
    issued_on = DatePartsField(label=_("Issued on"))
    amount = MoneyField(label=_("Sum to be paid by it"), min_fen=1)
    way = forms.ChoiceField(
        label=_("How it is paid"),
        choices=[("cash", _("In cash, from your drawer")), ("account", _("Into an account"))],
        widget=forms.RadioSelect,
    )
    account_number = forms.CharField(
        label=_("Account number"),
        max_length=40,
        required=False,
        help_text=_("Only when it goes into an account."),
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for face in FACES_FEN:
            value = face_value(face)
            for part, label in (
                ("full", gettext("%(value)s, in full: notes")),
                ("half", gettext("%(value)s, at half: notes")),
            ):
                self.fields[f"{part}_{face}"] = forms.IntegerField(
                    label=label % {"value": value},
                    min_value=0,
                    max_value=PIECES_MAX,
                    required=False,
                    widget=forms.TextInput({"inputmode": "numeric", "class": "govuk-input--width-5"}),
                )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        pairs = ((face, given.get(f"full_{face}") or 0, given.get(f"half_{face}") or 0) for face in FACES_FEN)
        given["rows"] = [
            {"face_fen": f, "full": full, "half": half} for f, full, half in pairs if full or half
        ]
        return given
