"""An account that only one person had a hand in waits for a second one before it may do anything.

Problem. A people keeper adds two tellers who do not exist and gives both their first passwords: one records a payment, the
other checks it, and four eyes were two. The same with one invented teller and the keeper's own desk, or with the password
of a colleague on leave.

Choice. Whoever is given a password by one person alone looks and does nothing until another people keeper, the head or the
supervisor of the outlet, who know the face, lets the account in. The request is made with the password and belongs to whoever
knows it, so that he or she can withdraw and never agree to it; a password given anew by somebody else takes its place. Where
two people gave the password (whoever signs money), they are the two.
"""

from __future__ import annotations

import uuid

from xiaoshi.desk.guard.boundary import Context
from xiaoshi.desk.organisation.models import StaffChange


def ask(ctx: Context, login: str, unit_path: str, reason: str) -> str:
    """The request to let this account in, made by whoever knows its password now; the id of the one that waits."""
    waiting = (
        StaffChange.objects.select_for_update()
        .filter(staff_login=login, kind="let_in", state="waiting")
        .first()
    )
    if waiting is not None:
        waiting.state, waiting.decided_at, waiting.decided_reason = "withdrawn", ctx.now, "已重新发放密码"
        waiting.save(update_fields=["state", "decided_at", "decided_reason"])
    made = StaffChange.objects.create(
        id=uuid.uuid4(),
        staff_login=login,
        kind="let_in",
        reason=reason,
        unit_path=unit_path,
        made_by=ctx.person.login,
        made_at=ctx.now,
        state="waiting",
    )
    return str(made.id)
