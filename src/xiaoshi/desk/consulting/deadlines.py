"""What the desk tells of a question's deadline by itself: that it is near, that it passed, and then the head of the asked unit.

Told in the working hours of the unit with which the question lies, from the same calendar as the clocks of steps. Near: when
four fifths of that unit's working time between asking and the deadline are used up. Whoever asks without a deadline gets the
bank's own (`answer_due_minutes`, two working days unless the bank says otherwise). So a question asked on Friday at 16:00
until Monday 10:00, of a unit open 9 to 17, has two hours: near on Monday at 9:36, and nobody is told on Sunday.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from xiaoshi.core.clocks import AT_RISK_PERCENT, Outlet, Term, next_open, reckon, worked
from xiaoshi.core.problems import Words
from xiaoshi.desk.clocks.calendars import calendar_of
from xiaoshi.desk.clocks.case_acts import LED_BY
from xiaoshi.desk.clocks.running import open_at
from xiaoshi.desk.consulting.asking_whom import line_of
from xiaoshi.desk.consulting.models import Question
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import refuse
from xiaoshi.desk.guard.standing_in import bank_moment, substitutes_of
from xiaoshi.desk.notices.telling import tell_colleagues
from xiaoshi.desk.organisation.bank_settings import setting
from xiaoshi.desk.organisation.models import Staff, Unit

NEAR, PASSED, HEAD = 1, 2, 3


def watch_deadline(row: Question, now: datetime) -> None:
    """Begin to watch the deadline (anew, where the question lies with somebody else from now on)."""
    row.told, row.look_at = 0, None
    outlet = _outlet_of(row.assigned_to, row)
    if row.due_at is None:
        row.due_at = _by_default(now, outlet)
    if row.due_at is not None:
        row.look_at = _near(now, row.due_at, outlet)


def _by_default(begin: datetime, outlet: Outlet) -> datetime | None:
    """The bank's own time for an answer, in working minutes of the unit with which the question lies; None: it sets none."""
    minutes = int(setting("answer_due_minutes"))
    if not minutes:
        return None
    found = reckon(begin, Term("working_minutes", minutes), outlet).due
    return found.astimezone(UTC) if found else open_at(begin + timedelta(minutes=minutes), outlet)


def _near(begin: datetime, due: datetime, outlet: Outlet) -> datetime | None:
    minutes = int(worked(begin, due, outlet) / timedelta(minutes=1)) * AT_RISK_PERCENT // 100
    if begin >= due or minutes < 1:
        return open_at(due, outlet)
    found = reckon(begin, Term("working_minutes", minutes), outlet).due
    return found.astimezone(UTC) if found else open_at(due, outlet)


def _lies_with(row: Question) -> str:
    return row.asked_by if row.state == "asked_back" else row.assigned_to


def _unit_of(login: str) -> Unit | None:
    person = Staff.objects.filter(login=login).select_related("unit").first()
    return person.unit if person else None


def _outlet_of(login: str, row: Question) -> Outlet:
    unit = _unit_of(login)
    return calendar_of(unit.path if unit else row.case.unit_path).outlet


@act("case.question_told", "请示时限提醒", "Deadline of a question told")
def tell_of_question(ctx: Context, *, question: str) -> dict[str, Any]:
    """Done by the timer. `question`: the row's id. The row is locked and `told` moves on with the notice, so nothing is told twice."""
    if not ctx.person.login.startswith("house:"):
        zh, en = "请示时限提醒由系统自动发出。", "The desk tells of deadlines by itself."
        raise refuse("house_only", zh, en)
    row = Question.objects.select_for_update().filter(id=question, case=ctx.the_case).first()
    if row is None or not row.is_open or row.look_at is None or row.due_at is None or ctx.now < row.look_at:
        return {"told": []}
    over = ctx.the_case.status in ("closed", "cancelled")
    outlet = _outlet_of(_lies_with(row), row)
    told: list[str] = []
    if over:
        row.look_at = None
    elif next_open(ctx.now, outlet) != ctx.now:
        row.look_at = open_at(ctx.now, outlet)
    else:
        told = _tell(ctx, row, outlet)
    row.save(update_fields=["told", "look_at"])
    return {"told": told}


def _tell(ctx: Context, row: Question, outlet: Outlet) -> list[str]:
    assert row.due_at is not None
    local = timezone.localtime(row.due_at, outlet.zone)
    when = Words(f"{local.month}月{local.day}日 {local:%H:%M}", f"{local.day} {local:%B %H:%M}")
    text = row.text[:40]
    if row.told == 0 and ctx.now < row.due_at:
        row.told, row.look_at = NEAR, open_at(row.due_at, outlet)
        words = Words(f"请示即将到期（{when.zh}）：{text}", f"A question is due soon ({when.en}): {text}")
        return _say(ctx, row, _whose(ctx, row), "reminder", words)
    if row.told < PASSED:
        row.told, row.look_at = PASSED, _later(ctx.now, outlet)
        words = Words(
            f"请示已过期限（{when.zh}），尚未批复：{text}",
            f"A question passed its deadline ({when.en}) unanswered: {text}",
        )
        return _say(ctx, row, sorted({*_whose(ctx, row), row.asked_by}), "late", words)
    row.told, row.look_at = HEAD, None
    words = Words(
        f"请示逾期仍未批复（{when.zh}），请督促：{text}",
        f"A question is still unanswered past its deadline ({when.en}), please see to it: {text}",
    )
    return _say(ctx, row, _heads(ctx, row), "escalated", words)


def _later(now: datetime, outlet: Outlet) -> datetime | None:
    minutes = int(setting("escalate_after_minutes"))
    found = reckon(now, Term("working_minutes", minutes), outlet).due
    return found.astimezone(UTC) if found else open_at(now + timedelta(minutes=minutes), outlet)


def _say(ctx: Context, row: Question, logins: list[str], topic: str, words: Words) -> list[str]:
    tell_colleagues(logins, ctx.the_case, topic, words, ctx.now, f"/desk/questions/{row.id}/")
    ctx.note(words.zh, words.en, question=row.question, topic=topic, to_whom=logins)
    return logins


def _whose(ctx: Context, row: Question) -> list[str]:
    """With whom it lies, or who stands in for that person; with nobody in service, the heads."""
    login = _lies_with(row)
    there = (substitutes_of(login, bank_moment(ctx.now), ctx.the_case.kind) or (login,))[-1]
    if Staff.objects.filter(login=there, is_active=True).exists():
        return [there]
    return _heads(ctx, row)


def _heads(ctx: Context, row: Question) -> list[str]:
    """Who leads the unit with which it lies, that one not counted; else the next unit above; at last who leads the case's unit."""
    own = _unit_of(_lies_with(row))
    paths = line_of(own.path)[::-1] if own else []
    for path in [*paths, ctx.the_case.unit_path]:
        unit = Unit.objects.filter(path=path).first()
        role = LED_BY.get(unit.level) if unit else None  # type: ignore[call-overload]
        if role is None:
            continue
        found = Staff.objects.filter(unit=unit, is_active=True, roles__contains=[role])
        logins = sorted(found.exclude(login=_lies_with(row)).values_list("login", flat=True))
        if logins:
            return logins
    return []
