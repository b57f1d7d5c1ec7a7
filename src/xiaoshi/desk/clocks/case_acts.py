"""Acts on a step's clock: 延长 by a person, and what the desk tells by itself (at risk, breached, escalated)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from xiaoshi.core.casework.model import Level
from xiaoshi.core.clocks import Outlet, Term, next_open, reckon
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.clocks.calendars import Calendar, calendar_of, line_of
from xiaoshi.desk.clocks.running import Running, first_due, first_look, open_at, read_clocks, write_clocks
from xiaoshi.desk.clocks.words import term_words
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid, refuse
from xiaoshi.desk.guard.standing_in import bank_moment, substitutes_of
from xiaoshi.desk.notices.telling import tell_colleagues
from xiaoshi.desk.organisation.bank_settings import setting
from xiaoshi.desk.organisation.models import Staff, Unit

EXTENDS = frozenset({"supervisor", "outlet_head", "city_specialist", "province_specialist"})
AMOUNT_MAX = {"working_minutes": 525_600, "working_days": 3_650, "hours": 87_600, "days": 3_650}
TEXT_MAX = 300

LED_BY: dict[Level, str] = {
    "outlet": "outlet_head",
    "sub_branch": "supervisor",
    "city": "city_specialist",
    "province": "province_specialist",
}
"""Who is told at each level when a step is late."""


@act("case.extend_clock", "延长时限", "Extend a time limit", roles=EXTENDS, people_only=True)
def extend_clock(ctx: Context, *, step: str, amount: int, reason: str, authority: str) -> dict[str, Any]:
    """Give a running step more time: `amount` is the new length in the clock's own unit, longer than the old one.

    `authority`: who allows it, or the rule that does. Both are kept with the clock and in the entry.
    """
    why, allowed = _text(reason, "reason"), _text(authority, "authority")
    version, clocks = read_clocks(ctx.the_case)
    clock = next((c for c in clocks if c.step == step and c.ended_at is None), None)
    if clock is None:
        raise invalid(
            "no_running_clock",
            "这个环节没有正在计时的时限。",
            "No time limit is running for this step.",
            where="step",
        )
    most = AMOUNT_MAX[clock.unit]
    if not clock.amount < amount <= most:
        now, limit = term_words(clock.unit, clock.amount), term_words(clock.unit, most)
        raise invalid(
            "not_longer",
            f"新时限应长于现在的 {now.zh}，最长 {limit.zh}。",
            f"The new limit has to be longer than {now.en}, and {limit.en} at most.",
            where="amount",
        )
    before, old_due = clock.amount, clock.due_at
    clock.amount = amount
    clock.extensions = [
        *clock.extensions,
        {"from": before, "to": amount, "reason": why, "authority": allowed, "by": ctx.person.login,
         "at": ctx.now.isoformat()},
    ]  # fmt: skip
    calendar = calendar_of(ctx.the_case.unit_path, version)
    clock.work_out(calendar.outlet, version, ctx.now)
    write_clocks(ctx.the_case, [clock])
    old, new = term_words(clock.unit, before), term_words(clock.unit, amount)
    title = _title(ctx, step)
    ctx.note(
        f"“{title.zh}”时限由 {old.zh} 延长为 {new.zh}：{why}（依据：{allowed}）",
        f"Extended the limit of “{title.en}” from {old.en} to {new.en}: {why} (authority: {allowed})",
        step=step,
        reason=why,
        authority=allowed,
        due_before=old_due.isoformat() if old_due else None,
        due=clock.due_at.isoformat() if clock.due_at else None,
    )
    return {"step": step, "due": clock.due_at.isoformat() if clock.due_at else None}


def _text(value: str, where: str) -> str:
    text = " ".join(value.split())
    if not text or len(text) > TEXT_MAX:
        raise invalid(
            "text_missing",
            f"请填写，最长 {TEXT_MAX} 个字。",
            f"Fill this in, with {TEXT_MAX} characters at most.",
            where=where,
        )
    return text


def _title(ctx: Context, step: str) -> Words:
    assert ctx.plan is not None
    return ctx.plan.steps[step].title if step in ctx.plan.steps else Words(step, step)


# ---- what the desk tells by itself ----------------------------------------------------------------------------------


@act("case.clock_told", "时限提醒", "Time limit told")
def tell_of_clock(ctx: Context, *, clock: int) -> dict[str, Any]:
    """Tell whose turn it is that a step is at risk or late, then the head of the outlet, then one level up after another.

    Done by the timer, while the outlet is open; nothing is told twice, because the case is locked and `told` moves on in
    the same transaction. When there is nothing to tell any more, only the next look is written.
    """
    if not ctx.person.login.startswith("house:"):
        zh, en = "时限提醒由系统自动发出。", "The desk tells of time limits by itself."
        raise refuse("house_only", zh, en)
    version, clocks = read_clocks(ctx.the_case)
    found = next((c for c in clocks if c.id == clock and c.ended_at is None), None)
    if found is None:
        return {"told": []}
    calendar = calendar_of(ctx.the_case.unit_path, version)
    if found.calendar_version < calendar.version:
        found.work_out(calendar.outlet, calendar.version, ctx.now)
    told = _tell_what_is_due(ctx, found, calendar)
    write_clocks(ctx.the_case, [found])
    ctx.the_case.due_at = first_due(clocks)
    return {"told": told}


def _tell_what_is_due(ctx: Context, clock: Running, calendar: Calendar) -> list[str]:
    outlet = calendar.outlet
    if clock.look_at is None or clock.due_at is None or ctx.now < clock.look_at:
        return []
    if next_open(ctx.now, outlet) != ctx.now:
        clock.look_at = open_at(ctx.now, outlet)
        return []
    told = _step_of_telling(ctx, clock, outlet)
    clock.look_at = _next_look(clock, outlet, len(line_of(ctx.the_case.unit_path)) - 1, ctx.now)
    return told


def _step_of_telling(ctx: Context, clock: Running, outlet: Outlet) -> list[str]:
    assert clock.due_at is not None
    case, title = ctx.the_case, _title(ctx, clock.step)
    due = timezone.localtime(clock.due_at, outlet.zone)
    when = Words(f"{due.month}月{due.day}日 {due:%H:%M}", f"{due.day} {due:%B %H:%M}")
    if clock.told == 0 and ctx.now < clock.due_at:
        clock.told = 1
        return _say(
            ctx,
            _whose_turn(ctx, clock),
            "reminder",
            Words(f"“{title.zh}”即将到期：{when.zh}", f"“{title.en}” is due soon: {when.en}"),
            clock,
        )
    if clock.told < 2:
        clock.told = 2
        return _say(
            ctx,
            _whose_turn(ctx, clock),
            "late",
            Words(f"“{title.zh}”已超过时限：{when.zh}", f"“{title.en}” is late: it was due {when.en}"),
            clock,
        )
    line = _line(case)
    while clock.told - 2 < len(line):
        unit = line[clock.told - 2]
        clock.told += 1
        logins = _led_by(unit)
        if logins:
            return _say(
                ctx,
                logins,
                "escalated",
                Words(
                    f"“{title.zh}”超过时限仍未办结（{when.zh}），已上报{unit.name_zh}",
                    f"“{title.en}” is still not done (due {when.en}); told to {unit.name_en}",
                ),
                clock,
            )
    return []


def _say(ctx: Context, logins: list[str], topic: str, words: Words, clock: Running) -> list[str]:
    tell_colleagues(logins, ctx.the_case, topic, words, ctx.now)
    ctx.note(words.zh, words.en, step=clock.step, topic=topic, to_whom=logins)
    return logins


def _whose_turn(ctx: Context, clock: Running) -> list[str]:
    """Who has the step and who owns the case; an absent one's substitute; with nobody, the outlet's head."""
    assert ctx.state is not None
    case, at = ctx.the_case, bank_moment(ctx.now)
    own = ctx.state.steps.get(clock.step)
    logins = {login for login in (own.assignee if own else "", ctx.state.owner) if login}
    there = {(substitutes_of(login, at, case.kind) or (login,))[-1] for login in logins}
    active = Staff.objects.filter(login__in=there, is_active=True).values_list("login", flat=True)
    return sorted(active) or _led_by(case.unit)


def _line(case: Case) -> list[Unit]:
    """The units over the case, its own first."""
    return sorted(Unit.objects.filter(path__in=line_of(case.unit_path)), key=lambda u: -len(u.path))


def _led_by(unit: Unit) -> list[str]:
    """Those in service who lead this unit."""
    role = LED_BY[unit.level]  # type: ignore[index]
    found = Staff.objects.filter(unit=unit, is_active=True, roles__contains=[role])
    return sorted(found.values_list("login", flat=True))


def _next_look(clock: Running, outlet: Outlet, levels: int, now: datetime) -> datetime | None:
    """After at risk: when it is due; after that: one escalation after the other, each after so much working time."""
    if clock.told < 2:
        return first_look(clock, outlet)
    if clock.told - 2 >= levels or clock.due_at is None:
        return None
    minutes = int(setting("escalate_after_minutes"))
    found = reckon(now, Term("working_minutes", minutes), outlet)
    at = found.due or now + timedelta(minutes=minutes)
    return open_at(at.astimezone(UTC), outlet)
