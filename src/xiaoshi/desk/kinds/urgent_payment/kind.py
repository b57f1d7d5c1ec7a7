"""急难取款: what the folder holds, for the desk."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django import forms as django_forms

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.kinds.kind import Kind, StepWork, Tab
from xiaoshi.desk.kinds.urgent_payment import forms
from xiaoshi.desk.kinds.urgent_payment.acts import deciding, ending, paying, receiving
from xiaoshi.desk.organisation.models import Staff, Unit

MONEY = "urgent_payment_money"


def _plain(form: type[Any]) -> Any:
    return lambda case, data: form(data)


def _with_colleagues(form: type[Any]) -> Any:
    def make(case: Case, data: Any) -> Any:
        people = Staff.objects.filter(unit_id=case.unit_id, is_active=True).order_by("name_zh")
        return form(data, colleagues=[(p.login, p.name_zh) for p in people])

    return make


def _opening(form: Any, unit: Unit, today: date) -> dict[str, Any]:
    return forms.opening(form.cleaned_data)


def _clean(*names: str) -> Any:
    return lambda step, form: {name: form.cleaned_data[name] for name in names}


def _on_money(act: Any) -> StepWork:
    """A movement of money: recorded and checked on the page that knows the terminal."""
    return StepWork(_plain(django_forms.Form), act, lambda step, form: {}, route=MONEY)


KIND = Kind(
    name="urgent_payment",
    words=Words("急难取款（医院付款）", "Urgent payment to a hospital"),
    folder=Path(__file__).parent,
    opening_form=forms.OpeningForm,
    opening=_opening,
    steps={
        "first_contact": StepWork(
            _plain(forms.FirstContactForm),
            receiving.first_contact,
            _clean("condition", "ward", "contact_name", "contact_phone", "how"),
        ),
        "deposit": StepWork(
            _plain(forms.DepositForm),
            receiving.look_up_deposit,
            _clean("certificate_number", "own_account_number", "product"),
        ),
        "visit": StepWork(
            _with_colleagues(forms.VisitForm),
            receiving.visit,
            _clean("way", "companion", "patient", "spoke_to", "record"),
        ),
        "own_wish": StepWork(
            _with_colleagues(forms.OwnWishForm),
            receiving.own_wish,
            lambda step, form: {
                "wish": form.cleaned_data["wish"],
                "pays_hospital": form.cleaned_data["pays_hospital"] == "yes",
                "companion": form.cleaned_data["companion"],
            },
        ),
        "papers": StepWork(_plain(forms.PapersForm), receiving.papers_complete, lambda step, form: {}),
        "compute": StepWork(
            _plain(forms.ComputeForm),
            deciding.compute,
            lambda step, form: {
                "withdraw_fen": form.cleaned_data["withdraw"],
                "close_rest": form.cleaned_data["close_rest"],
            },
        ),
        "decide": StepWork(_plain(forms.DecideForm), deciding.decide, _clean("authority", "reason")),
        "record_withdrawal": _on_money(paying.record_withdrawal),
        "check_withdrawal": _on_money(paying.check_withdrawal),
        "record_transfer": _on_money(paying.record_transfer),
        "check_transfer": _on_money(paying.check_transfer),
        "surplus": _on_money(paying.record_surplus),
        "check_surplus": _on_money(paying.check_surplus),
        "follow_up": StepWork(_plain(forms.FollowUpForm)),
        "letter": StepWork(_plain(forms.LetterForm), ending.issue_letter, _clean("big_type")),
        "succession": StepWork(_plain(forms.SuccessionForm), receiving.succession, _clean("explained")),
    },
    choices={
        **receiving.PATIENT,
        "spouse": Words("配偶", "spouse"),
        "child": Words("子女", "son or daughter"),
        "parent": Words("父母", "parent"),
        "other": Words("其他人", "somebody else"),
        "call_1d": Words("一天通知存款", "one-day call deposit"),
        "call_7d": Words("七天通知存款", "seven-day call deposit"),
    },
    tabs=(Tab("urgent", Words("急难付款", "Urgent payment"), MONEY),),
    routes="xiaoshi.desk.kinds.urgent_payment.urls",
    may_book=paying.may_book,
    story="xiaoshi.desk.kinds.urgent_payment.story",
    demo="xiaoshi.desk.kinds.urgent_payment.demo",
)
