"""Forms of the end of a day: a count by pieces, the second total, a drawer handed over, closing and opening again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xiaoshi.core.ledger.cash_count import COUNT_MAX, PIECES
from xiaoshi.desk.look.fields import MoneyField
from xiaoshi.desk.look.language import said
from xiaoshi.desk.money.forms import MoneyForm


class CountForm(MoneyForm):
    """One box for each kind of note and coin, in the order in which a drawer is counted; Tab goes from box to box."""

    do = "count"
    place = forms.ChoiceField(label=_("What is counted"), required=False)
    reason = forms.CharField(
        label=_("Reason for a difference"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Only after a second count still differs from the books."),
    )

    def __init__(self, data: Any = None, *, places: Any = (), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["place"].choices = list(places)  # type: ignore[attr-defined]
        boxes = {
            name: forms.IntegerField(
                label=said(words),
                min_value=0,
                max_value=COUNT_MAX,
                required=False,
                widget=forms.TextInput(
                    {"inputmode": "numeric", "autocomplete": "off", "class": "govuk-input--width-5"}
                ),
            )
            for name, (_face, words) in PIECES.items()
        }
        self.fields = {"place": self.fields["place"], **boxes, "reason": self.fields["reason"]}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["pieces"] = {name: given[name] for name in PIECES if given.get(name)}
        return given


class SecondCountForm(MoneyForm):
    do = "check_count"
    count = forms.CharField(widget=forms.HiddenInput, max_length=40)
    total = MoneyField(
        label=_("Total that you counted"),
        min_fen=0,
        help_text=_("Count for yourself. The first total is not shown."),
    )


class WithdrawCountForm(MoneyForm):
    do = "withdraw_count"
    count = forms.CharField(widget=forms.HiddenInput, max_length=40)


class HandOverForm(MoneyForm):
    do = "hand_over"
    receiver = forms.ChoiceField(label=_("Who takes it over"))

    def __init__(self, data: Any = None, *, tellers: Any = (), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["receiver"].choices = list(tellers)  # type: ignore[attr-defined]


class CloseForm(MoneyForm):
    do = "close"


class ReopenForm(MoneyForm):
    do = "reopen"
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea({"rows": 2}))
