"""What the page of an urgent case shows, for one reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xiaoshi.core.casework.standing import Standing
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.views.found import Found
from xiaoshi.desk.kinds.urgent_payment import forms
from xiaoshi.desk.kinds.urgent_payment.acts.receiving import PATIENT
from xiaoshi.desk.kinds.urgent_payment.paper_rules import STATUS_WORDS, papers_for
from xiaoshi.desk.kinds.urgent_payment.standing import MATTER_WORDS, hold_on, paid_on, result_of
from xiaoshi.desk.money.forms import MoneyForm
from xiaoshi.desk.money.models import Account, MoneyOrder
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.people.models import masked

OF_STEP: dict[str, type[MoneyForm]] = {
    "record_withdrawal": forms.WithdrawalForm,
    "check_withdrawal": forms.CountedForm,
    "record_transfer": forms.TransferForm,
    "check_transfer": forms.CheckTransferForm,
    "surplus": forms.SurplusForm,
    "check_surplus": forms.CheckSurplusForm,
}
RECORD_OF = {
    "check_withdrawal": "record_withdrawal",
    "check_transfer": "record_transfer",
    "check_surplus": "surplus",
}
"""Step of the second person -> step that recorded what is checked."""


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A paper that the facts ask for."""

    words: Words
    issuer: Words
    why: Words
    source: Words
    status: Words
    confirmed: bool
    state: str


def page(found: Found, reader: Staff, language: str, sent: MoneyForm | None) -> dict[str, Any]:
    facts, case = found.state.facts, found.case
    waiting = list(MoneyOrder.objects.filter(case=case, state="waiting", matter__in=MATTER_WORDS))
    hidden = any(order.maker != reader.login for order in waiting)
    hold = hold_on(found.state)
    own = Account.objects.filter(id=result_of(found.state, "deposit").get("own_account") or 0).first()
    names = {p.login: p.name(language) for p in Staff.objects.filter(login__in={o.maker for o in waiting})}
    compute = result_of(found.state, "compute")
    return {
        "patient": facts.get("patient"),
        "patient_words": PATIENT.get(str(facts.get("patient")), Words("未登记", "not known")),
        "papers": paper_rows(found),
        "facts": facts,
        "compute": compute,
        "total_fen": compute.get("moved_fen", 0) + compute.get("interest_fen", 0) if compute else 0,
        "hidden": hidden,
        "waiting": [
            {
                "words": MATTER_WORDS[o.matter],
                "maker": names.get(o.maker, o.maker),
                "mine": o.maker == reader.login,
            }
            for o in waiting
        ],
        "hold": hold,
        "own": f"{own.holder} {masked(own.local_code.partition('/')[2], 4, 4)}" if own else "",
        "paid": paid_on(case),
        "forms": forms_for(found, reader, sent),
        "patient_form": None if found.closed else _form(forms.PatientForm, sent),
        "heirs_form": _form(forms.HeirsForm, sent)
        if not found.closed and facts.get("patient") == "unconscious"
        else None,
    }


def paper_rows(found: Found) -> list[PaperRow]:
    rows = []
    for rule in papers_for(found.state.facts):
        record = found.state.records.get(f"paper:{rule.name}")
        state = "missing" if record is None else "waived" if record.waived else "there"
        rows.append(
            PaperRow(
                found.plan.need_words[rule.name],
                rule.issuer,
                rule.why,
                rule.source,
                STATUS_WORDS[rule.status],
                rule.status == "confirmed",
                state,
            )
        )
    return rows


def forms_for(found: Found, reader: Staff, sent: MoneyForm | None) -> list[dict[str, Any]]:
    """The forms of money for the steps whose turn it is and that this reader's role does; a check only of another's entry."""
    standing, shown = Standing(found.plan, found.state), []
    orders = {str(o.id): o for o in MoneyOrder.objects.filter(case=found.case, matter__in=MATTER_WORDS)}
    for step_id, form_class in OF_STEP.items():
        step = found.plan.steps[step_id]
        if not set(step.by.roles) & set(reader.roles) or standing.hindrances(step):
            continue
        told = result_of(found.state, RECORD_OF.get(step_id, step_id))
        order = orders.get(str(told.get("order", "")))
        waits = order is not None and order.state == "waiting"
        if step_id in RECORD_OF:
            again = step.repeats and told.get("order") == result_of(found.state, step_id).get("order")
            if again or not _may_check(found, step_id, order, reader):
                continue
        elif waits or _done_once(found, step_id):
            continue
        shown.append({"title": step.title, "form": _form(form_class, sent), "do": form_class.do})
    return shown


def _may_check(found: Found, step_id: str, order: MoneyOrder | None, reader: Staff) -> bool:
    """Not for whoever recorded it, nor for the first of two heads, nor where it ended otherwise."""
    recorded = found.state.steps.get(RECORD_OF[step_id])
    if recorded is not None and reader.login in recorded.makers:
        return False
    return order is None or (reader.login != order.endorser and order.state == "waiting")


def _done_once(found: Found, step_id: str) -> bool:
    """A withdrawal is booked once; a transfer or surplus may follow another."""
    checked = found.state.steps.get("check_withdrawal")
    return step_id == "record_withdrawal" and checked is not None and checked.phase == "done"


def _form(form_class: type[MoneyForm], sent: MoneyForm | None) -> MoneyForm:
    return sent if sent is not None and type(sent) is form_class else form_class()
