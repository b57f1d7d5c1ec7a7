"""Forms of an account: its paper, holds, transfers, foreign money. Field names are those that the acts refuse by."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from xiaoshi.core.ledger.exchange import DECIMALS
from xiaoshi.core.ledger.instruments import MOVES
from xiaoshi.desk.look.fields import DatePartsField, MoneyField
from xiaoshi.desk.look.language import said
from xiaoshi.desk.money.exchanging import read_foreign
from xiaoshi.desk.money.forms import MoneyForm

CURRENCIES = [(code, code) for code in DECIMALS]


class PaperForm(MoneyForm):
    do = "register"
    kind = forms.ChoiceField(
        label=_("Kind of paper"),
        choices=[
            ("certificate", _("Certificate of deposit")),
            ("passbook", _("Passbook")),
            ("call_deposit", _("Call deposit")),
        ],
        widget=forms.RadioSelect,
    )
    number = forms.CharField(label=_("Number printed on it"), max_length=60)
    issued_on = DatePartsField(label=_("Issued on"))


class PaperMoveForm(MoneyForm):
    do = "move"
    move = forms.ChoiceField(label=_("What is to be done"), widget=forms.RadioSelect)
    day = DatePartsField(label=_("In force from"), required=False, help_text=_("Empty: today."))
    new_number = forms.CharField(
        label=_("Number of the new one"),
        max_length=60,
        required=False,
        help_text=_("Only when it is issued anew."),
    )
    reason = forms.CharField(label=_("Reason or order"), max_length=500, widget=forms.Textarea({"rows": 2}))

    def __init__(self, data: Any = None, *, state: str = "live", **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        choices = [(name, said(move.words)) for name, move in MOVES.items() if state in move.from_states]
        self.fields["move"].choices = choices  # type: ignore[attr-defined]


class PayeeForm(MoneyForm):
    payee_name = forms.CharField(
        label=_("Name of the payee"), max_length=120, help_text=_("To the character, as on the account.")
    )
    payee_number = forms.CharField(label=_("Account of the payee"), max_length=40)


class HoldForm(PayeeForm):
    do = "hold"
    amount = MoneyField(label=_("Amount"), min_fen=1)
    until = DatePartsField(label=_("Last day"), help_text=_("What is left after it is free again."))
    purpose = forms.CharField(label=_("Purpose"), max_length=200)


class ReleaseForm(MoneyForm):
    do = "release"
    hold = forms.ChoiceField(label=_("Hold"))
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea({"rows": 2}))

    def __init__(self, data: Any = None, *, holds: Any = (), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["hold"].choices = list(holds)  # type: ignore[attr-defined]


class TransferForm(MoneyForm):
    do = "transfer"
    hold = forms.ChoiceField(label=_("Paid from"), required=False)
    amount = MoneyField(label=_("Amount"), min_fen=1)
    payee_name = forms.CharField(
        label=_("Name of the payee"),
        max_length=120,
        required=False,
        help_text=_("Empty when it is paid from a hold: its payee is fixed."),
    )
    payee_number = forms.CharField(label=_("Account of the payee"), max_length=40, required=False)

    def __init__(self, data: Any = None, *, holds: Any = (), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["hold"].choices = [("", gettext("The free balance")), *holds]  # type: ignore[attr-defined]


class PayInForm(MoneyForm):
    do = "pay_in"
    account_number = forms.CharField(label=_("Account number"), max_length=40)
    holder = forms.CharField(label=_("Name on the account"), max_length=120)
    amount = MoneyField(label=_("Amount"), min_fen=1)


class ClientCashForm(MoneyForm):
    do = "cash"
    direction = forms.ChoiceField(
        label=_("What is to be done"),
        choices=[("pay_in", _("Cash paid in, into my drawer")), ("draw", _("Cash drawn, from my drawer"))],
        widget=forms.RadioSelect,
    )
    amount = MoneyField(label=_("Amount"), min_fen=1)


class _Foreign(MoneyForm):
    def read(self, text: str, currency: str) -> int | None:
        minor = read_foreign(text, currency)
        if minor is None:
            self.add_error(
                "amount",
                ValidationError(gettext("This is not an amount of %(currency)s.") % {"currency": currency}),
            )
        return minor


class ExchangeForm(_Foreign):
    do = "exchange"
    direction = forms.ChoiceField(
        label=pgettext_lazy("exchange", "Direction"),
        choices=[
            ("purchase", _("The client buys foreign money")),
            ("sale", _("The client sells foreign money")),
        ],
        widget=forms.RadioSelect,
        initial="purchase",
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES)
    amount = forms.CharField(label=_("Amount in that currency"), max_length=24)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "amount" in given and "currency" in given:
            given["minor"] = self.read(given["amount"], given["currency"])
        return given


class RemitForm(_Foreign):
    do = "remit"
    amount = forms.CharField(label=_("Amount"), max_length=24)
    beneficiary = forms.CharField(label=_("Beneficiary"), max_length=200, help_text=_("In Latin letters."))
    beneficiary_account = forms.CharField(label=_("Account or IBAN"), max_length=60)
    bank_bic = forms.CharField(label=_("BIC of the bank"), max_length=20)
    purpose = forms.CharField(label=_("Purpose"), max_length=200)

    def __init__(self, data: Any = None, *, currency: str = "", **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.currency = currency

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "amount" in given:
            given["minor"] = self.read(given["amount"], self.currency)
        return given


class GoneForm(MoneyForm):
    """Stands for a form that the page no longer has: somebody was quicker."""

    def clean(self) -> dict[str, Any]:
        raise ValidationError(gettext("This is not possible any more. Reload the page and look again."))
