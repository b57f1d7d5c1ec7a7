"""Saying that notices were read: on the page, and by programs that show them elsewhere."""

from __future__ import annotations

from typing import Any

from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid
from xiaoshi.desk.notices.models import Notice

ID_MAX = 2**63 - 1


@act("notices.mark_read", "通知标为已读", "Mark notices as read", on_case=False, for_oneself=True)
def mark_read(ctx: Context, *, newest: int) -> dict[str, Any]:
    """One's own unread notices up to the one of this id (as lists show it): what came after it stays unread. Gives `read`."""
    if not 0 <= newest <= ID_MAX:
        raise invalid(
            "no_such_notice",
            "通知编号应为通知列表里的 id。",
            "It has to be the id of a notice, as the list shows it.",
            where="newest",
        )
    own = Notice.objects.filter(staff_login=ctx.person.login, read_at=None, id__lte=newest)
    return {"read": own.update(read_at=ctx.now)}
