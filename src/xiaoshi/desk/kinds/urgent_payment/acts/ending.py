"""The closing letter."""

from __future__ import annotations

from typing import Any

from xiaoshi.desk.cases.steps import finish_step
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import refuse
from xiaoshi.desk.kinds.urgent_payment.slips import closing_letter
from xiaoshi.desk.kinds.urgent_payment.standing import hold_on, require_turn


@act("urgent_payment.letter", "出具办结告知书", "Issue the closing letter")
def issue_letter(ctx: Context, *, big_type: bool = False) -> dict[str, Any]:
    """To the depositor, at his own address: what was withdrawn, paid, returned, and what his certificate still holds."""
    require_turn(ctx, "letter")
    assert ctx.state is not None
    hold = hold_on(ctx.state)
    if hold is not None and hold.left_fen:
        raise refuse(
            "hold_left",
            "专款还有余额，请先付医院或退回储户账户。",
            "Money is still held: pay the hospital or release it first.",
        )
    finish_step(ctx, "letter", {})
    paper = closing_letter(ctx, big_type=big_type)
    return {"paper": str(paper.id)}
