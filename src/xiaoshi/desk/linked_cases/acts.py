"""Waiting for another case, and waiting no longer.

The engine hinders the case; here the other case is found (by its number, if the person may see it), circles are refused, and
the link is kept for the day on which the other case ends. Two acts that would close a circle in the same second each hold
their own case and want to see the other's: one of them finds it busy and is refused, so no lock waits for a lock.
"""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError, connection, transaction
from psycopg.errors import LockNotAvailable

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.model import CASE
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.people_on_case import tell
from xiaoshi.desk.cases.steps import step_title
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid, refuse
from xiaoshi.desk.linked_cases.models import CaseLink


@act("case.wait_for_case", "等待另一案件", "Wait for another case")
def wait_for_case(ctx: Context, *, other: str, reason: str, step: str = CASE) -> dict[str, Any]:
    """This case (or one step) waits until the case with the number `other` is closed."""
    found = _other_case(other.strip().upper())
    ctx.command(c.WaitForCase(command_id=ctx.next_command_id(), other=found.number, reason=reason, step=step))
    _held_still(found)
    found.refresh_from_db(fields=["status"])
    if found.status in {"closed", "cancelled"}:
        zh, en = ("已办结", "closed") if found.status == "closed" else ("已作废", "cancelled")
        raise refuse(
            "other_ended",
            f"案件{found.number}{zh}，无须等待。",
            f"Case {found.number} is {en}: nothing to wait for.",
            where="other",
        )
    circle = _circle(ctx.the_case, found)
    if circle:
        zh, en = _told(ctx.the_case, circle)
        raise refuse(
            "circle_of_cases",
            f"这些案件会互相等待，谁也办不完：{zh}。请先解除其中一个。",
            f"These cases would wait for one another for ever: {en}. Let one of them go first.",
            where="other",
        )
    CaseLink.objects.filter(waiting=ctx.the_case, other=found, let_at=None).update(let_at=ctx.now)
    CaseLink(
        waiting=ctx.the_case,
        other=found,
        waiting_number=ctx.the_case.number,
        other_number=found.number,
        step=step,
        made_by=ctx.person.login,
        made_at=ctx.now,
    ).save(force_insert=True)
    zh, en = step_title(ctx, step) if step else ("办结", "closing")
    ctx.note(
        f"“{zh}”等待案件{found.number}办结：{reason}",
        f"“{en}” waits until case {found.number} is closed: {reason}",
        other=found.number,
        step=step,
        reason=reason,
    )
    return {"other": found.number}


@act("case.stop_waiting", "解除等待", "Wait no longer")
def stop_waiting(ctx: Context, *, other: str, reason: str) -> dict[str, Any]:
    """A person decides that the other case is not waited for any longer."""
    ctx.command(c.StopWaiting(command_id=ctx.next_command_id(), other=other, reason=reason))
    CaseLink.objects.filter(waiting=ctx.the_case, other_number=other, let_at=None).update(let_at=ctx.now)
    tell(
        ctx,
        [ctx.the_case.owner],
        "linked_case",
        f"不再等待案件{other}：{reason}",
        f"waits no longer for case {other}: {reason}",
    )
    ctx.note(
        f"不再等待案件{other}：{reason}",
        f"Waits no longer for case {other}: {reason}",
        other=other,
        reason=reason,
    )
    return {"other": other}


@act("case.note_other_case", "登记另一案件的结果", "Note how another case ended")
def note_other_case(ctx: Context, *, other: str, outcome: str) -> dict[str, Any]:
    """The desk itself notes on the waiting case how the other one ended; the engine refuses it to every person."""
    ctx.command(
        c.NoteOtherCase(command_id=ctx.next_command_id(), other=other, outcome=outcome)  # type: ignore[arg-type]
    )
    CaseLink.objects.filter(waiting=ctx.the_case, other_number=other, let_at=None).update(
        outcome=outcome, ended_at=ctx.now if outcome else None
    )
    zh, en = OUTCOME_WORDS[outcome]
    zh, en = f"所等案件{other}{zh}", f"Case {other}, which was waited for, {en}"
    tell(ctx, [ctx.the_case.owner], "linked_case", zh, en)
    ctx.note(zh, en, other=other, outcome=outcome)
    return {}


OUTCOME_WORDS = {
    "closed": ("已办结，可以继续办理", "is closed: work can go on"),
    "cancelled": ("已作废，请决定解除等待或改等其他案件", "was cancelled: decide what to do instead"),
    "": ("已重开，继续等待", "was reopened: it is waited for again"),
}


def _other_case(number: str) -> Case:
    found = Case.objects.filter(number=number).first()
    if found is None:
        raise invalid(
            "no_such_case",
            f"没有编号为“{number}”的案件，或它不在您的管辖范围内。",
            f"There is no case with the number “{number}”, or it lies outside your part of the bank.",
            where="other",
        )
    return found


def _held_still(case: Case) -> None:
    """Keep the other case as it is until this act is written, so that it cannot end unseen in between."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM cases_case WHERE id = %s FOR SHARE NOWAIT", [case.id])
    except DatabaseError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        raise refuse(
            "other_busy",
            f"案件{case.number}此刻正有人办理，请稍后再试。",
            f"Somebody is just acting on case {case.number}: try again in a moment.",
            where="other",
        ) from None


def _circle(waiting: Case, other: Case) -> list[str]:
    """The numbers of the cases along which `other` comes to wait for `waiting`, or nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT xiaoshi_waits_for(%s, %s)", [other.id, waiting.id])
        found = cursor.fetchone()[0]
    return list(found or [])


def _told(waiting: Case, circle: list[str]) -> tuple[str, str]:
    """The circle in words (zh, en). A case that this person may not see stands in it without its number."""
    seen = set(Case.objects.filter(number__in=circle).values_list("number", flat=True))
    zh = [number if number in seen else "（您看不到的案件）" for number in circle]
    en = [number if number in seen else "(a case that you may not see)" for number in circle]
    return " → ".join([waiting.number, *zh]), " → ".join([waiting.number, *en])
