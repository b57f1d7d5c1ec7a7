"""Holding a case and letting it go again, as acts. A held case is never destroyed, whatever its age."""

from __future__ import annotations

from datetime import date
from typing import Any

from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid, refuse
from xiaoshi.desk.retention.due import active_holds, day_of
from xiaoshi.desk.retention.models import Hold

HOLDS = frozenset({"outlet_head", "archivist", "city_specialist", "province_specialist"})
"""Who holds and lets go: for an outlet its head, for the line above the archivist and the specialists."""
TEXT_MAX = 500


def written(text: str, where: str, zh: str, en: str) -> str:
    """The text without blanks around it; refused when there is none or too much of it."""
    text = text.strip()
    if not text:
        raise invalid(f"{where}_missing", zh, en, where=where)
    if len(text) > TEXT_MAX:
        raise invalid(
            f"{where}_too_long",
            f"共 {len(text)} 字，最多 {TEXT_MAX} 字。",
            f"That is {len(text)} characters; at most {TEXT_MAX}.",
            where=where,
        )
    return text


@act("retention.hold", "暂停销毁", "Hold a case", roles=HOLDS, people_only=True)
def hold(ctx: Context, *, reason: str, authority: str, until: str = "") -> dict[str, Any]:
    """The case is not destroyed until this is lifted, or after `until` (ISO day, the last one). `authority`: on whose word."""
    reason = written(reason, "reason", "请写明为什么暂停销毁。", "Say why the case must be kept.")
    authority = written(
        authority,
        "authority",
        "请写明依据（哪个机关、哪份文书）。",
        "Say on whose word (which office, which letter).",
    )
    last = _last_day(until)
    if last is not None and last < day_of(ctx.now):
        raise invalid(
            "until_past",
            "截止日已过，请填写今天或以后的日期。",
            "That day has passed: enter today or a later one.",
            where="until",
        )
    row = Hold.objects.create(
        case=ctx.the_case,
        reason=reason,
        authority=authority,
        until=last,
        placed_by=ctx.person.login,
        placed_at=ctx.now,
    )
    until_zh = f"至 {last.isoformat()}" if last else "无截止日"
    until_en = f"until {last.isoformat()}" if last else "until it is lifted"
    ctx.note(
        f"暂停销毁（{until_zh}）：{reason}", f"Held, {until_en}: {reason}", hold=row.id, authority=authority
    )
    return {"hold": row.id, "until": last.isoformat() if last else None}


def _last_day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise invalid(
            "until_unreadable", "日期请写成 2030-12-31。", "Write the day as 2030-12-31.", where="until"
        ) from None


@act("retention.lift_hold", "解除暂停销毁", "Lift a hold", roles=HOLDS, people_only=True)
def lift_hold(ctx: Context, *, hold: int, reason: str) -> dict[str, Any]:
    """From now on this hold keeps the case no longer; others on it still do."""
    reason = written(reason, "reason", "请写明为什么可以解除。", "Say why it may be lifted.")
    row = (
        Hold.objects.select_for_update().filter(case=ctx.the_case, id=hold).first()
        if 0 < hold < 2**63
        else None
    )
    if row is None:
        raise invalid(
            "hold_unknown", "本案没有这条暂停销毁。", "There is no such hold on this case.", where="hold"
        )
    if row.lifted_at is not None:
        raise refuse("hold_lifted", "这条暂停销毁已经解除。", "This hold was lifted already.", where="hold")
    row.lifted_by, row.lifted_at, row.lift_reason = ctx.person.login, ctx.now, reason
    row.save(update_fields=["lifted_by", "lifted_at", "lift_reason"])
    ctx.note(f"解除暂停销毁：{reason}", f"The hold was lifted: {reason}", hold=row.id)
    left = Hold.objects.filter(active_holds(day_of(ctx.now)), case=ctx.the_case).count()
    return {"hold": row.id, "still_held_by": left}
