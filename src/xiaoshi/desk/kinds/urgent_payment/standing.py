"""Where an urgent case stands: its facts, its deposit, its hold and its orders, for acts and pages alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from xiaoshi.core.casework.model import State
from xiaoshi.core.casework.standing import Standing
from xiaoshi.core.deposits import Deposit
from xiaoshi.core.problems import Problem, Words
from xiaoshi.core.rules.deposit_rules import CALL_MINIMUM_FEN
from xiaoshi.desk.guard.fields import readable_id
from xiaoshi.desk.guard.refusals import Refused, refuse
from xiaoshi.desk.money.models import Account, Hold, Instrument, MoneyOrder

if TYPE_CHECKING:
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.guard.boundary import Context

MINIMUM_FEN = CALL_MINIMUM_FEN
WITHDRAWAL, TRANSFER, REFUND = "withdrawal", "hospital", "refund"
"""The matters of this kind's orders (`MoneyOrder.matter`)."""
MATTER_WORDS = {
    WITHDRAWAL: Words("部分支取", "Withdrawal"),
    TRANSFER: Words("付医院", "To the hospital"),
    REFUND: Words("医院退款", "Back from the hospital"),
}


def facts_of(ctx: Context) -> Mapping[str, Any]:
    assert ctx.state is not None
    return ctx.state.facts


def state_of(ctx: Context) -> State:
    assert ctx.state is not None
    return ctx.state


def result_of(state: State, step: str) -> Mapping[str, Any]:
    """What was written when the step was last done; empty when it was not."""
    own = state.steps.get(step)
    return own.result if own is not None else {}


def require_alive(ctx: Context) -> None:
    """Refuse whatever is done for a living depositor once his death is on record: the deposit is an estate from then on."""
    if facts_of(ctx).get("patient") == "dead":
        raise refuse(
            "patient_died",
            "储户已去世，存款成为遗产，本案停止支付。请按存款继承办理；尚欠的医疗费由继承人与医院商定。",
            "The depositor has died and the deposit is part of the estate: this case stops paying. Go on by succession; what is"
            " still owed to the hospital is between it and the heirs.",
        )


def require_turn(ctx: Context, step: str) -> None:
    """Refuse what has not its turn, before anything of it is read; for a dead depositor with the reason that matters."""
    require_alive(ctx)
    assert ctx.plan is not None
    assert ctx.state is not None
    hindrances = Standing(ctx.plan, ctx.state).hindrances(ctx.plan.steps[step])
    if hindrances:
        first = hindrances[0]
        raise Refused(Problem(first.code, first.words, step))


def paper_of(state: State) -> Instrument:
    """The certificate that was looked up. Refused before that."""
    found = (
        Instrument.objects.filter(id=result_of(state, "deposit").get("instrument") or 0)
        .select_related("account__balance")
        .first()
    )
    if found is None:
        raise refuse(
            "deposit_not_looked_up", "请先核对存单与账户。", "Look up certificate and account first."
        )
    return found


def own_account_of(state: State) -> Account:
    found = (
        Account.objects.filter(id=result_of(state, "deposit").get("own_account") or 0)
        .select_related("balance")
        .first()
    )
    if found is None:
        raise refuse(
            "deposit_not_looked_up", "请先核对存单与账户。", "Look up certificate and account first."
        )
    return found


def deposit_for(facts: Mapping[str, Any], paper: Instrument, day: date, withdraw_fen: int) -> Deposit:
    """The deposit as the engine values it: taken out today, without notice."""
    principal_fen = -paper.account.balance.balance_fen
    part = None if withdraw_fen == principal_fen else withdraw_fen
    return Deposit(facts["product"], principal_fen, paper.issued_on, day, withdraw_fen=part)


def hold_on(state: State) -> Hold | None:
    """The hold of this case, once it was agreed."""
    ident = readable_id(str(result_of(state, "record_withdrawal").get("request", "")))
    return Hold.objects.filter(id=ident).select_related("payee", "account").first() if ident else None


@dataclass(frozen=True, slots=True)
class Paid:
    """Sums that were booked on this case, in fen."""

    withdrawn_fen: int
    hospital_fen: int
    refund_fen: int


def paid_on(case: Case) -> Paid:
    booked = dict.fromkeys(MATTER_WORDS, 0)
    rows = MoneyOrder.objects.filter(case=case, state="approved", matter__in=MATTER_WORDS, reverses=None)
    for order in rows.filter(entry__reversed_by__isnull=True):
        booked[order.matter] += order.amount_fen
    return Paid(booked[WITHDRAWAL], booked[TRANSFER], booked[REFUND])


def waiting_order(case: Case, matter: str) -> MoneyOrder | None:
    return MoneyOrder.objects.filter(case=case, matter=matter, state="waiting").order_by("-made_at").first()
