"""Clocks for live cases that have none: after a bulk load, which writes cases without the acts that start clocks.

What an act would have done when the case's present step came up (`running.keep_clocks`), for many cases at once: the same
steps, the same reckoning, the calendar of each outlet read once. A case that has a clock already is left alone, so it may run
again. What is late at that moment counts as told: else the timers would write an entry and a notice for every late case of
the load before they come to what falls due today.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from xiaoshi.core.casework.as_json import state_from_json
from xiaoshi.core.casework.model import Plan
from xiaoshi.core.casework.views import next_steps
from xiaoshi.desk.cases.asked import waiting_step
from xiaoshi.desk.cases.plans import plan_from_text
from xiaoshi.desk.clocks.calendars import Calendar, calendar_of
from xiaoshi.desk.clocks.running import INSERTED, Running, as_stored, first_due, start_clocks
from xiaoshi.desk.guard.visibility import visible_to_house

OWNER = "owner"
BATCH = 2000
# Nobody acts on a case that rests, so its newest entry is the one that put it to rest.
LOADED = (
    "SELECT c.id, c.kind, c.plan_version, c.unit_path, c.snapshot::text, coalesce(c.step_since, c.opened_at),"
    " CASE WHEN c.status = 'suspended' THEN (SELECT e.at FROM audit_timelineentry e WHERE e.case_id = c.id"
    " ORDER BY e.seq DESC LIMIT 1) END FROM cases_case c WHERE c.id = ANY (%s)"
)
WITHOUT = (
    "SELECT id FROM cases_case c WHERE status IN ('open', 'suspended')"
    " AND NOT EXISTS (SELECT FROM clocks_stepclock k WHERE k.case_id = c.id) ORDER BY unit_path, id"
)
DUE = (
    "UPDATE cases_case c SET due_at = n.due_at FROM unnest(%s::uuid[], %s::timestamptz[]) AS n(id, due_at)"
    " WHERE c.id = n.id AND c.due_at IS DISTINCT FROM n.due_at"
)


def rebuild() -> int:
    """Start the clocks and write `due_at`, as the owner, a batch in a transaction. Gives how many clocks were started."""
    now, count, calendars = timezone.now(), 0, dict[str, Calendar]()
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT kind, version, text FROM cases_planversion")
        plans = {(kind, version): plan_from_text(kind, text) for kind, version, text in cursor.fetchall()}
        cursor.execute(WITHOUT)
        idents = [row[0] for row in cursor.fetchall()]
    for begin in range(0, len(idents), BATCH):
        with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
            cursor.execute(LOADED, [idents[begin : begin + BATCH]])
            rows = cursor.fetchall()
            _read_calendars({row[3] for row in rows} - calendars.keys(), calendars)
            count += _write(cursor, [_started(plans, calendars, now, *row) for row in rows])
    return count


def _read_calendars(paths: set[str], calendars: dict[str, Calendar]) -> None:
    with visible_to_house("clocks"):
        calendars |= {path: calendar_of(path) for path in paths}


def _started(
    plans: dict[tuple[str, int], Plan],
    calendars: dict[str, Calendar],
    now: datetime,
    ident: uuid.UUID,
    kind: str,
    version: int,
    unit_path: str,
    snapshot: str,
    since: datetime,
    rests_since: datetime | None,
) -> tuple[uuid.UUID, list[Running]]:
    """The case's clocks as they stand now."""
    plan, state, calendar = plans[kind, version], state_from_json(json.loads(snapshot)), calendars[unit_path]
    awake = replace(state, phase="open", suspension=None)
    # That a step waits for an answer does not stop its clock.
    held = waiting_step(plan, awake)
    steps = next_steps(plan, awake) or ((held,) if held else ())
    clocks = start_clocks(plan, state, steps, since, rests_since or now)
    for clock in clocks:
        clock.unit_path = unit_path
        clock.work_out(calendar.outlet, calendar.version, now)
        if clock.due_at is not None and clock.due_at <= now:
            clock.told, clock.look_at = 2, None
    return ident, clocks


def _write(cursor: Any, cases: Sequence[tuple[uuid.UUID, list[Running]]]) -> int:
    rows = [(ident, *as_stored(clock)) for ident, clocks in cases for clock in clocks]
    with cursor.copy(f"COPY clocks_stepclock ({', '.join(INSERTED)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute(
        DUE, [[ident for ident, _clocks in cases], [first_due(clocks) for _ident, clocks in cases]]
    )
    return len(rows)
