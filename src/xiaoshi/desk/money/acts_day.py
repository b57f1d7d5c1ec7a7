"""The acts of the end of a day: count, check a count, hand a drawer over, close, take the closing back."""

from __future__ import annotations

from typing import Any

from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.money import counting
from xiaoshi.desk.money.models import CashCount


def _answer(count: CashCount) -> dict[str, Any]:
    return {"count": str(count.id), "state": count.state}


@act("money.count_cash", "清点现金", "Count cash", on_case=False)
def count_cash(
    ctx: Context, *, pieces: dict[str, int], place: str = "", reason: str = "", terminal: str = ""
) -> dict[str, Any]:
    """`pieces`: number by kind (`note_10000`, `coin_100`, ...). `place`: "vault", a teller's login, empty for the own drawer."""
    return _answer(counting.count_drawer(ctx, pieces=pieces, place=place, reason=reason, terminal=terminal))


@act("money.check_count", "复点现金", "Check a count of cash", on_case=False, people_only=True)
def check_count(ctx: Context, *, count_id: str, total_fen: int, terminal: str = "") -> dict[str, Any]:
    """The second person's total, typed without having seen the first."""
    return _answer(counting.check_count(ctx, count_id=count_id, total_fen=total_fen, terminal=terminal))


@act("money.withdraw_count", "撤回清点", "Withdraw a count", on_case=False)
def withdraw_count(ctx: Context, *, count_id: str) -> dict[str, Any]:
    return _answer(counting.withdraw_count(ctx, count_id=count_id))


@act("money.hand_over", "尾箱交接", "Hand a drawer over", on_case=False)
def hand_over(ctx: Context, *, receiver: str, terminal: str = "") -> dict[str, Any]:
    """The own drawer to another teller; `check_move` by that teller, who counts it, books it."""
    order = counting.plan_handover(ctx, receiver=receiver, terminal=terminal)
    return {"order": str(order.id), "state": order.state}


@act("money.close_day", "录入日终", "Record the closing of a day", on_case=False)
def close_day(ctx: Context, *, day: str = "", terminal: str = "") -> dict[str, Any]:
    """To be agreed by a second person (`money.agree`); nothing is booked on that day afterwards."""
    request = counting.ask_close(ctx, day=day, terminal=terminal)
    return {"request": str(request.id), "state": request.state}


@act("money.reopen_day", "申请撤销日终", "Ask to take a closing back", on_case=False)
def reopen_day(ctx: Context, *, reason: str, terminal: str = "") -> dict[str, Any]:
    request = counting.ask_reopen(ctx, reason=reason, terminal=terminal)
    return {"request": str(request.id), "state": request.state}
