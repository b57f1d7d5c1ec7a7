"""The timers: who is told what is due, running clocks follow a changed calendar, new years of the library are taken in.

Each is safe to run at any time, twice, and by two workers at once: what is told goes through the boundary with a key of its
own and the case locked; what is worked out again is worked out from what is true now.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import close_old_connections, connection
from django.utils import timezone
from procrastinate.contrib.django import app

from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.clocks import library_days
from xiaoshi.desk.clocks.calendars import calendar_of, changed
from xiaoshi.desk.clocks.models import CalendarChange, CalendarYear, StepClock, SwappedDay
from xiaoshi.desk.clocks.running import first_due, read_clocks, write_clocks
from xiaoshi.desk.guard.visibility import visible_to_house

log = logging.getLogger(__name__)
PART = "clocks"
BATCH = 100
CLOCKS_AT_ONCE = 5_000
# An act that read the old calendar may commit after the clocks were worked out anew: look once more until then.
SETTLED_AFTER = timedelta(minutes=15)


@app.periodic(cron="* * * * *")
@app.task(queue="desk", pass_context=False, queueing_lock="clocks/tell")
def tell_of_clocks(timestamp: int) -> None:
    """Every minute: whatever is at risk, late or to be escalated now."""
    close_old_connections()
    tell_due(timezone.now())


def tell_due(now: datetime) -> int:
    """Tell all that is due, oldest first, each case in a transaction of its own; how many were told."""
    from xiaoshi.desk.clocks.case_acts import tell_of_clock
    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.guard.house import house
    from xiaoshi.desk.guard.refusals import Refused

    told, after = 0, (datetime.min.replace(tzinfo=now.tzinfo), 0)
    for _ in range(CLOCKS_AT_ONCE // BATCH):
        rows = _due_after(after, now)
        for clock_id, case_id, look_at, stage in rows:
            after = (look_at, clock_id)
            key = f"{PART}/{clock_id}/{stage}/{look_at.isoformat()}"
            try:
                answer = perform(
                    tell_of_clock,
                    house(PART),
                    key,
                    case_id=case_id,
                    channel="system",
                    now=now,
                    clock=clock_id,
                )
            except Refused as refused:
                log.warning("clock %s was not told: %s", clock_id, refused.problem.words.en)
                continue
            told += bool(answer.result.get("told")) and not answer.replayed
        if len(rows) < BATCH:
            break
    return told


def _due_after(after: tuple[datetime, int], now: datetime) -> list[Any]:
    """The next clocks to look at, by their moment and id."""
    with visible_to_house(PART), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, case_id, look_at, told FROM clocks_stepclock WHERE ended_at IS NULL AND look_at IS NOT NULL"
            " AND look_at <= %s AND (look_at, id) > (%s, %s) ORDER BY look_at, id LIMIT %s",
            [now, *after, BATCH],
        )
        return cursor.fetchall()


@app.periodic(cron="*/5 * * * *")
@app.task(queue="desk", pass_context=False, queueing_lock="clocks/follow")
def follow_calendars(timestamp: int) -> None:
    """Every five minutes: running clocks whose calendar changed and that were not worked out again yet."""
    close_old_connections()
    follow_changes(timezone.now())


@app.task(queue="desk", pass_context=False)
def follow_now() -> None:
    """Ordered by the act that changes a calendar; without a queueing lock, which could refuse the act's transaction."""
    close_old_connections()
    follow_changes(timezone.now())


def follow_changes(now: datetime) -> int:
    """Work out the clocks below each changed path again, in batches; how many had another calendar before."""
    with visible_to_house(PART):
        changes = list(CalendarChange.objects.filter(settled_at=None).order_by("id"))
    done = 0
    for path in _outermost({change.path for change in changes}):
        done += _work_out_below(path, now)
    old = [change.id for change in changes if change.at < now - SETTLED_AFTER]
    if old:
        with visible_to_house(PART):
            CalendarChange.objects.filter(id__in=old).update(settled_at=now)
    return done


def _outermost(paths: set[str]) -> list[str]:
    """Without those that lie below another."""
    return sorted(p for p in paths if not any(p != other and p.startswith(other) for other in paths))


def _work_out_below(path: str, now: datetime) -> int:
    done, after = 0, 0
    while True:
        with visible_to_house(PART):
            below = StepClock.objects.filter(unit_path__startswith=path, ended_at=None, id__gt=after)
            rows = list(below.order_by("id").values_list("id", "case_id")[:BATCH])
            done += sum(_work_out_case(case_id, now) for case_id in sorted({row[1] for row in rows}))
        if len(rows) < BATCH:
            return done
        after = rows[-1][0]


def _work_out_case(case_id: Any, now: datetime) -> int:
    """The clocks of one case by today's calendar, with the case locked as an act would."""
    case = Case.objects.select_for_update(no_key=True).only("id", "unit_path", "due_at").get(id=case_id)
    version, clocks = read_clocks(case)
    calendar = calendar_of(case.unit_path, version)
    old = [clock for clock in clocks if clock.calendar_version < version and clock.ended_at is None]
    for clock in old:
        clock.work_out(calendar.outlet, version, now)
    if old:
        write_clocks(case, old)
        due = first_due(clocks)
        if due != case.due_at:
            Case.objects.filter(id=case.id).update(due_at=due)
    return len(old)


@app.periodic(cron="17 3 * * *")
@app.task(queue="desk", pass_context=False, queueing_lock="clocks/library")
def take_new_years(timestamp: int) -> None:
    """A newer library may know a year that nobody has entered; it never replaces what the bank entered."""
    close_old_connections()
    take_years_of_library(timezone.now())


def take_years_of_library(now: datetime) -> list[int]:
    with visible_to_house(PART):
        known = set(CalendarYear.objects.values_list("year", flat=True))
        new = [year for year in library_days.known_years() if year not in known]
        for year in new:
            row = CalendarYear.objects.create(
                year=year,
                source=library_days.source(),
                status="unconfirmed",
                entered_by=f"house:{PART}",
                entered_at=now,
            )
            SwappedDay.objects.bulk_create(
                (
                    SwappedDay(day=d.day, year=row, works_as=d.works_as, name_zh=d.name_zh, name_en=d.name_en)
                    for d in library_days.days_of(year)
                ),
                ignore_conflicts=True,
            )
        if new:
            changed("", now)
    return new
