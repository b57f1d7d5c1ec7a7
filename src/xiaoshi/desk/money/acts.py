"""The acts of money. On a case: record, check, reject, withdraw, reverse, pay out. In an outlet: the same for its cash.

Each is one transaction of the boundary around a function of `orders`, which kinds may compose in acts of their own.
Who may is decided there: the maker is told that he or she is the maker before roles are looked at.
"""

from __future__ import annotations

from typing import Any

from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import refuse
from xiaoshi.desk.money import appraising, deciding, orders
from xiaoshi.desk.money.due import due_fen_of, pay_step
from xiaoshi.desk.money.models import MoneyOrder


def _answer(order: MoneyOrder) -> dict[str, Any]:
    entry = getattr(order, "entry", None) if order.state == "approved" else None
    state = "endorsed" if order.state == "waiting" and order.endorser else order.state
    return {"order": str(order.id), "state": state, **({"entry": str(entry.id)} if entry else {})}


@act("money.record_payment", "录入付款", "Record a payment")
def record_payment(
    ctx: Context, *, amount_fen: int, way: str, account_number: str = "", holder: str = "", terminal: str = ""
) -> dict[str, Any]:
    """The maker types what is to be paid; it must be the sum that the case settled (fact `sum_fen`)."""
    assert ctx.state is not None
    return _answer(
        orders.plan_payment(
            ctx,
            due_fen=due_fen_of(ctx.state.facts),
            amount_fen=amount_fen,
            way=way,
            account_number=account_number,
            holder=holder,
            terminal=terminal,
        )
    )


@act("money.record_appraised", "录入按鉴定书付款", "Record a payment by appraisal")
def record_appraised(
    ctx: Context,
    *,
    number: str,
    issued_on: str,
    rows: list[dict[str, int]],
    amount_fen: int,
    way: str,
    account_number: str = "",
    terminal: str = "",
) -> dict[str, Any]:
    """By the central bank's 鉴定书: `rows` `{"face_fen", "full", "half"}`; the sum typed must be theirs."""
    return _answer(
        appraising.plan_appraised(
            ctx,
            number=number,
            issued_on=issued_on,
            rows=rows,
            amount_fen=amount_fen,
            way=way,
            account_number=account_number,
            terminal=terminal,
        )
    )


@act("money.check_payment", "复核付款", "Check a payment", people_only=True)
def check_payment(ctx: Context, *, order_id: str, amount_fen: int, terminal: str = "") -> dict[str, Any]:
    """The checker types the sum blind. Answers `state`: "approved" (booked) or "mismatch" (back to the maker)."""
    return _answer(deciding.decide_order(ctx, order_id=order_id, amount_fen=amount_fen, terminal=terminal))


@act("money.reject_payment", "退回付款", "Reject a payment", people_only=True)
def reject_payment(ctx: Context, *, order_id: str, reason: str) -> dict[str, Any]:
    return _answer(deciding.reject_order(ctx, order_id=order_id, reason=reason))


@act("money.withdraw_payment", "撤回付款", "Withdraw a payment")
def withdraw_payment(ctx: Context, *, order_id: str, reason: str = "") -> dict[str, Any]:
    return _answer(deciding.withdraw_order(ctx, order_id=order_id, reason=reason))


@act("money.reverse_entry", "录入冲正", "Record a reversal")
def reverse_entry(ctx: Context, *, entry_id: str, reason: str, terminal: str = "") -> dict[str, Any]:
    """Take an entry of the case back; `check_payment` by another person books it."""
    return _answer(orders.plan_reversal(ctx, entry_id=entry_id, reason=reason, terminal=terminal))


@act("money.pay_out", "付讫", "Money handed over")
def pay_out(ctx: Context) -> dict[str, Any]:
    """The client has the money: does the step of the plan that waited for the approved payment."""
    from xiaoshi.desk.cases.steps import finish_step

    assert ctx.plan is not None
    step = pay_step(ctx.plan)
    entry = orders.paid_entry(ctx.the_case.id)
    if step is None or entry is None:
        raise refuse("not_paid", "还没有复核通过的付款，不能付讫。", "No payment has been approved yet.")
    finish_step(ctx, step.id, {"entry": str(entry.id), "amount_fen": entry.amount_fen})
    return {"step": step.id, "entry": str(entry.id)}


@act("money.move_cash", "录入现金调拨", "Record a move of cash", on_case=False)
def move_cash(
    ctx: Context, *, direction: str, amount_fen: int, drawer_login: str = "", terminal: str = ""
) -> dict[str, Any]:
    """Cash between vault and drawer (default the maker's own); `check_move` by another person books it."""
    return _answer(
        orders.plan_move(
            ctx, direction=direction, amount_fen=amount_fen, drawer_login=drawer_login, terminal=terminal
        )
    )


@act("money.check_move", "复核款项", "Check a sum", on_case=False, people_only=True)
def check_move(ctx: Context, *, order_id: str, amount_fen: int, terminal: str = "") -> dict[str, Any]:
    return _answer(deciding.decide_order(ctx, order_id=order_id, amount_fen=amount_fen, terminal=terminal))


@act("money.reject_move", "退回现金调拨", "Reject a move of cash", on_case=False, people_only=True)
def reject_move(ctx: Context, *, order_id: str, reason: str) -> dict[str, Any]:
    return _answer(deciding.reject_order(ctx, order_id=order_id, reason=reason))


@act("money.withdraw_move", "撤回现金调拨", "Withdraw a move of cash", on_case=False)
def withdraw_move(ctx: Context, *, order_id: str, reason: str = "") -> dict[str, Any]:
    return _answer(deciding.withdraw_order(ctx, order_id=order_id, reason=reason))


@act("money.reverse_move", "录入调拨冲正", "Record the reversal of a move", on_case=False)
def reverse_move(ctx: Context, *, entry_id: str, reason: str, terminal: str = "") -> dict[str, Any]:
    return _answer(orders.plan_reversal(ctx, entry_id=entry_id, reason=reason, terminal=terminal))
