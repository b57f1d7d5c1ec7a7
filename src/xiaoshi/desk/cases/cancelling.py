"""作废: by a head; once money was paid, by two heads, one after the other, each with a reason.

A case whose payment was booked and is cancelled leaves money without a matter behind it. So the first head's word is an entry
that changes nothing on the case, the other heads of the unit are told, and only a second head's word within seven days
cancels it. The request is in the timeline and nowhere else: nobody can change it, and it lapses by itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.authority import HEADS
from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.people_on_case import tell
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import not_allowed, refuse
from xiaoshi.desk.organisation.models import Staff

ASKED_FOR = timedelta(days=7)


@act("case.cancel", "作废", "Cancel")
def cancel(ctx: Context, *, reason: str) -> dict[str, Any]:
    """End the case without its outcome. `state`: cancelled, or waiting for a second head where money was paid."""
    before, events = ctx.state, len(ctx.events)
    ctx.command(c.Cancel(command_id=ctx.next_command_id(), reason=reason))
    asked = _asked(ctx) if paid(ctx) else None
    if asked is None and paid(ctx):
        # The engine has said that this person may; the case goes on as it was until the second has agreed.
        ctx.state = before
        del ctx.events[events:]
        return _ask(ctx, reason)
    if asked is not None and {ctx.person.login, ctx.on_behalf_of} & _names(asked):
        raise not_allowed(
            "maker_is_checker",
            "本案已付款，作废由您提出，须由另一位负责人或授权主管作废。",
            "Money was paid on this case and you asked to cancel it: another head or supervisor has to.",
        )
    tell(ctx, [ctx.the_case.owner], "cancelled", f"案件已作废：{reason}", f"the case was cancelled: {reason}")
    by = {"asked_by": asked.actor, "asked_in": asked.seq} if asked is not None else {}
    ctx.note(f"作废：{reason}", f"Cancelled: {reason}", reason=reason, **by)
    return {"state": "cancelled", **({"asked_by": asked.actor} if asked is not None else {})}


def paid(ctx: Context) -> bool:
    """Whether something was booked for the case that was not taken back."""
    from xiaoshi.desk.money.models import Entry

    return Entry.objects.filter(case=ctx.the_case, reverses=None, reversed_by=None).exists()


def _asked(ctx: Context) -> TimelineEntry | None:
    """The first head's word, where it stands and has not lapsed: the newest entry of this act."""
    newest = TimelineEntry.objects.filter(case=ctx.the_case, act="case.cancel").order_by("-seq").first()
    if newest is None or not newest.body.get("cancel_asked") or newest.at < ctx.now - ASKED_FOR:
        return None
    return newest


def _names(entry: TimelineEntry) -> set[str]:
    return {entry.actor, entry.body.get("on_behalf_of", "")} - {""}


def _ask(ctx: Context, reason: str) -> dict[str, Any]:
    case = ctx.the_case
    others = Staff.objects.filter(unit=case.unit, is_active=True, roles__overlap=list(HEADS))
    told = sorted(others.exclude(login=ctx.person.login).values_list("login", flat=True))
    if not told:
        raise refuse(
            "nobody_to_agree",
            "本案已付款，作废须两位负责人先后办理，而本机构没有另一位负责人或授权主管；请先冲正付款，或请上级处理。",
            "Money was paid on this case, so two heads cancel it, and your unit has no other head or supervisor: reverse the"
            " payment first, or ask the unit above.",
        )
    tell(
        ctx,
        told,
        "cancel_asked",
        f"已付款的案件提请作废，待您作废：{reason[:80]}",
        f"a case with a payment is to be cancelled and waits for you: {reason[:80]}",
    )
    ctx.note(
        f"提请作废（已付款，须另一位负责人作废）：{reason}",
        f"Asked to cancel (money was paid: another head has to): {reason}",
        reason=reason,
        cancel_asked=True,
        told=told,
    )
    return {"state": "waiting", "told": told}
