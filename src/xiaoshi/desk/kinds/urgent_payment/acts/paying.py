"""The money: one part out of the certificate, held for the hospital in the same moment, paid to it alone, the surplus back.

Each movement is recorded by a teller and checked by another person, who counts the sum blind. The withdrawal and its hold are
agreed in one transaction: there is no minute in which the money lies free on the account.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from xiaoshi.core.money import yuan
from xiaoshi.desk.cases.steps import finish_step
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import Refused, invalid, refuse
from xiaoshi.desk.kinds.urgent_payment.acts.deciding import DECIDED, work_out
from xiaoshi.desk.kinds.urgent_payment.acts.receiving import check_payee
from xiaoshi.desk.kinds.urgent_payment.books import withdrawal_lines
from xiaoshi.desk.kinds.urgent_payment.standing import (
    MATTER_WORDS,
    REFUND,
    TRANSFER,
    WITHDRAWAL,
    facts_of,
    hold_on,
    own_account_of,
    paid_on,
    paper_of,
    require_turn,
    result_of,
    state_of,
    waiting_order,
)
from xiaoshi.desk.money import requests, setting_apart
from xiaoshi.desk.money.authority import day_of
from xiaoshi.desk.money.chart import ensure_payee_account
from xiaoshi.desk.money.deciding import decide_order
from xiaoshi.desk.money.models import Hold, MoneyOrder, Request
from xiaoshi.desk.money.orders import record_order

OWN_ACTS = "urgent_payment."
SURPLUS_CHECKERS = {"outlet_head", "city_specialist"}


@act(
    "urgent_payment.record_withdrawal",
    "录入部分支取与专款",
    "Record the withdrawal and the hold",
    roles={"teller"},
)
def record_withdrawal(
    ctx: Context, *, amount_fen: int, payee_number: str, payee_name: str, until: str, terminal: str = ""
) -> dict[str, Any]:
    """`amount_fen`: principal and gross interest together, as the sheet of today says; it must be that. `until`: last day of the hold."""
    require_turn(ctx, "record_withdrawal")
    assert ctx.state is not None
    facts, decided = facts_of(ctx), result_of(ctx.state, "decide")
    _nothing_waits(ctx, WITHDRAWAL)
    check_payee(ctx, payee_number, payee_name)
    last = setting_apart.read_day(until, "until")
    if last < day_of(ctx.now):
        raise invalid(
            "day_past", "到期日不能早于今天。", "The last day cannot lie in the past.", where="until"
        )
    if facts["withdraw_fen"] != decided["withdraw_fen"] or any(facts[n] != decided[n] for n in DECIDED):
        raise refuse(
            "not_as_decided",
            "测算、缴费金额或收款医院在决定之后有变，请负责人重新作出决定。",
            "The part, the hospital or its sum changed after the decision: the head has to decide again.",
        )
    if paid_on(ctx.the_case).withdrawn_fen:
        raise refuse("already_withdrawn", "本案已支取，不能重复支取。", "This case has withdrawn already.")
    done = work_out(ctx.state, day_of(ctx.now), decided["withdraw_fen"], close_rest=decided["close_rest"])
    total_fen = done.moved_fen + done.found.interest_fen
    if amount_fen != total_fen:
        raise invalid(
            "amount_not_due",
            f"录入 {yuan(amount_fen)} 元，今天应为本息合计 {yuan(total_fen)} 元。请对照今天的计算清单；隔日的须重新测算。",
            f"You entered {yuan(amount_fen)} yuan; principal and interest of today are {yuan(total_fen)}. Compare the sheet of"
            " today; work it out again on another day.",
            where="amount",
        )
    case, own = ctx.the_case, own_account_of(ctx.state)
    order = record_order(
        ctx,
        unit=case.unit,
        kind="transfer",
        amount_fen=total_fen,
        plan=withdrawal_lines(
            case.unit, paper_of(ctx.state).account, own, done.found, done.moved_fen, ctx.now
        ),
        destination={"way": "account", "to": own.holder, "account_number": own.local_code.partition("/")[2]},
        matter=WITHDRAWAL,
        terminal=terminal,
    )
    asked = _ask_hold(ctx, decided, payee_number, payee_name, last, terminal)
    finish_step(ctx, "record_withdrawal", {"order": str(order.id), "request": str(asked.id)})
    return {"order": str(order.id), "request": str(asked.id), "state": order.state}


def _ask_hold(
    ctx: Context, decided: Any, payee_number: str, payee_name: str, last: date, terminal: str
) -> Request:
    """Asked before the money is there: whether it is covered is the books' to say when both are agreed."""
    case = ctx.the_case
    return requests.ask(
        ctx,
        "hold_place",
        reason=f"医疗费专款（案件 {case.number}）",
        unit=case.unit,
        terminal=terminal,
        account=own_account_of(state_of(ctx)),
        payee=ensure_payee_account(case.unit, payee_number, payee_name, now=ctx.now),
        amount_fen=decided["need_fen"],
        day=last,
    )


@act(
    "urgent_payment.check_withdrawal",
    "复核部分支取与专款",
    "Check the withdrawal and the hold",
    people_only=True,
)
def check_withdrawal(ctx: Context, *, amount_fen: int, terminal: str = "") -> dict[str, Any]:
    """The second person's own sum. Equal: withdrawn and held for the hospital, both or neither."""
    require_turn(ctx, "check_withdrawal")
    assert ctx.state is not None
    told = result_of(ctx.state, "record_withdrawal")
    order = _decided(ctx, told, amount_fen, terminal)
    if order.state == "mismatch":
        _reject(ctx, told, "支取金额复核不一致")
        _say_mismatch(ctx)
    if order.state != "approved":
        return {"state": "endorsed" if order.state == "waiting" else order.state}
    _agree(ctx, told, terminal)
    finish_step(ctx, "check_withdrawal", {"order": str(order.id), "hold": told["request"]})
    return {"state": order.state, "hold": told["request"]}


@act("urgent_payment.record_transfer", "录入付医院", "Record the transfer to the hospital", roles={"teller"})
def record_transfer(
    ctx: Context, *, amount_fen: int, payee_number: str, payee_name: str, terminal: str = ""
) -> dict[str, Any]:
    """Out of the hold to the hospital. Name and number are typed once more and compared sign by sign."""
    require_turn(ctx, "record_transfer")
    _nothing_waits(ctx, TRANSFER)
    check_payee(ctx, payee_number, payee_name)
    hold = _hold(ctx)
    if amount_fen > hold.left_fen:
        raise invalid(
            "above_hold",
            f"专款还剩 {yuan(hold.left_fen)} 元，不能付 {yuan(amount_fen)} 元。还需更多的，请重新测算、决定。",
            f"{yuan(hold.left_fen)} yuan of the hold are left; {yuan(amount_fen)} cannot be paid. More needs a new decision.",
            where="amount",
        )
    order = setting_apart.plan_transfer(
        ctx,
        account_id=str(hold.account.pk),
        amount_fen=amount_fen,
        payee_number=payee_number,
        payee_name=payee_name,
        hold_id=str(hold.id),
        matter=TRANSFER,
        terminal=terminal,
    )
    finish_step(ctx, "record_transfer", {"order": str(order.id)})
    return {"order": str(order.id), "state": order.state}


@act("urgent_payment.check_transfer", "复核付医院", "Check the transfer to the hospital", people_only=True)
def check_transfer(ctx: Context, *, amount_fen: int, terminal: str = "") -> dict[str, Any]:
    require_turn(ctx, "check_transfer")
    assert ctx.state is not None
    order = _decided(ctx, result_of(ctx.state, "record_transfer"), amount_fen, terminal)
    if order.state == "approved":
        finish_step(ctx, "check_transfer", {"order": str(order.id)})
    elif order.state == "mismatch":
        _say_mismatch(ctx)
    return {"state": "endorsed" if order.state == "waiting" else order.state}


@act("urgent_payment.record_surplus", "录入余款退回", "Record the surplus", roles={"teller"})
def record_surplus(ctx: Context, *, refund_fen: int, reason: str, terminal: str = "") -> dict[str, Any]:
    """What the hospital gives back goes to the depositor's own account, and what the hold did not need is set free for him.

    Nothing of either: the step is done and nobody has to check.
    """
    require_turn(ctx, "surplus")
    assert ctx.state is not None
    for matter in (TRANSFER, REFUND):
        _nothing_waits(ctx, matter)
    hold, paid = _hold(ctx), paid_on(ctx.the_case)
    most = paid.hospital_fen - paid.refund_fen
    if not 0 <= refund_fen <= most:
        raise invalid(
            "refund_above_paid",
            f"付给医院 {yuan(most)} 元，医院不能退回 {yuan(refund_fen)} 元。",
            f"{yuan(most)} yuan went to the hospital; {yuan(refund_fen)} cannot come back.",
            where="refund",
        )
    told: dict[str, Any] = {}
    if refund_fen:
        order = setting_apart.plan_transfer(
            ctx,
            account_id=str(hold.payee.pk),
            amount_fen=refund_fen,
            payee_number=hold.account.local_code.partition("/")[2],
            payee_name=hold.account.holder,
            matter=REFUND,
            terminal=terminal,
        )
        told["order"] = str(order.id)
    left_fen = hold.left_fen
    if left_fen:
        asked = setting_apart.ask_release(ctx, hold_id=str(hold.id), reason=reason, terminal=terminal)
        told["request"] = str(asked.id)
    finish_step(ctx, "surplus", told, {"surplus_fen": refund_fen + left_fen})
    return {**told, "state": "waiting" if told else "nothing", "surplus_fen": refund_fen + left_fen}


@act(
    "urgent_payment.check_surplus",
    "复核余款退回",
    "Check the surplus",
    roles=SURPLUS_CHECKERS,
    people_only=True,
)
def check_surplus(ctx: Context, *, amount_fen: int, terminal: str = "") -> dict[str, Any]:
    """`amount_fen`: what the hospital gave back, counted blind (0 where only the hold is released)."""
    require_turn(ctx, "check_surplus")
    assert ctx.state is not None
    told = result_of(ctx.state, "surplus")
    if told.get("order"):
        order = _decided(ctx, told, amount_fen, terminal)
        if order.state == "mismatch":
            _reject(ctx, told, "退款金额复核不一致")
            _say_mismatch(ctx)
        if order.state != "approved":
            return {"state": "endorsed" if order.state == "waiting" else order.state}
    elif amount_fen:
        raise invalid(
            "nothing_refunded",
            "没有录入医院退款。",
            "No money back from the hospital is recorded.",
            where="amount",
        )
    _agree(ctx, told, terminal)
    finish_step(ctx, "check_surplus", dict(told))
    return {"state": "approved"}


def _hold(ctx: Context) -> Hold:
    assert ctx.state is not None
    hold = hold_on(ctx.state)
    if hold is None:
        raise refuse("no_hold_yet", "专款还没有设立。", "The money is not set apart yet.")
    return hold


def may_book(ctx: Context, order: MoneyOrder) -> None:
    """Not on the page of money: there a withdrawal would be booked without its hold, and nobody asks whether he still lives."""
    if order.matter in MATTER_WORDS and not ctx.act.name.startswith(OWN_ACTS):
        raise refuse(
            "check_on_its_own_page",
            "这笔款项请在本案“急难付款”页复核：支取与专款须同时办理，并核对储户状况。",
            "Check this on the page “Urgent payment” of the case: withdrawal and hold go together, and how the depositor is counts.",
        )


def _decided(ctx: Context, told: Mapping[str, Any], amount_fen: int, terminal: str) -> MoneyOrder:
    """The recorded order, decided by this person."""
    order = MoneyOrder.objects.filter(case=ctx.the_case, id=told.get("order"), state="waiting").first()
    if order is None:
        raise _nothing_to_check()
    if order.matter == WITHDRAWAL and day_of(order.made_at) != day_of(ctx.now):
        raise refuse(
            "sheet_of_another_day",
            "这笔支取不是今天录入的，利息已变。请录入人撤回，重新测算后再录入。",
            "This was recorded on another day and the interest has changed: its maker withdraws it and works it out again.",
        )
    return decide_order(ctx, order_id=str(order.id), amount_fen=amount_fen, terminal=terminal)


def _nothing_to_check() -> Refused:
    return refuse(
        "nothing_to_check",
        "没有待复核的款项，请柜员先录入。",
        "Nothing waits for a check: a teller records it first.",
    )


def _agree(ctx: Context, told: Mapping[str, Any], terminal: str) -> None:
    """Agree to what goes with the order; what was agreed on the page of money stands, what was sent back is asked again."""
    if not told.get("request"):
        return
    request = Request.objects.filter(id=told["request"]).first()
    if request is None or request.state not in {"waiting", "agreed"}:
        raise refuse(
            "hold_sent_back",
            "专款的设立或解除已被退回或撤回，请柜员重新录入。",
            "The hold or its release was sent back or withdrawn: a teller records it again.",
        )
    if request.state == "waiting":
        requests.agree(ctx, request_id=told["request"], terminal=terminal)


def _reject(ctx: Context, told: Mapping[str, Any], reason: str) -> None:
    if told.get("request") and Request.objects.filter(id=told["request"], state="waiting").exists():
        requests.reject(ctx, request_id=told["request"], reason=reason)


def _nothing_waits(ctx: Context, matter: str) -> None:
    if waiting_order(ctx.the_case, matter) is not None:
        raise refuse(
            "order_waiting",
            "这笔款项已录入，正待复核。需要更改时，请录入人先撤回。",
            "This is recorded and waits for a check. To change it, its maker withdraws it first.",
        )
    assert ctx.state is not None
    step = {WITHDRAWAL: "record_withdrawal", REFUND: "surplus"}.get(matter, "")
    left = result_of(ctx.state, step).get("request") if step else None
    if left and Request.objects.filter(id=left, state="waiting", maker=ctx.person.login).exists():
        requests.withdraw(ctx, request_id=left)


def _say_mismatch(ctx: Context) -> None:
    ctx.note(
        "复核金额与录入金额不一致，未记账，退回录入人",
        "The checker's sum differs: nothing was booked, back to whoever recorded it",
    )
