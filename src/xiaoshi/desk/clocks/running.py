"""The running clocks of a case: started, paused, taken up and ended with its state, inside each act that changes it.

A step's clock starts when its turn first comes in a round and runs until the step is finished or falls away; that it waits
for an answer from above does not stop it. While the case rests and waits for somebody whom the plan names (`pauses_for`;
the client when it names nobody) it stands still. An act that is taken back takes its clock up again.

One look for each act: the case's clocks and the version of its outlet's calendar in a single prepared statement; what has
changed is written in one more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from xiaoshi.core.casework.model import Clock, Plan, State
from xiaoshi.core.casework.standing import Standing
from xiaoshi.core.casework.views import NextStep, StepProgress
from xiaoshi.core.clocks import Outlet, Reckoning, Span, Term, next_open, reckon
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.clocks.calendars import calendar_of, line_of
from xiaoshi.desk.guard.statements import Statement, send

FINISHED = frozenset({"done", "skipped"})
OVER = frozenset({"closed", "cancelled"})
NOT_ITS_TURN = "not_its_turn"
"""Kept as the `problem` of an ended clock: when the turn comes again, it starts anew."""

COLUMNS = (
    "id", "step", "round", "unit", "amount", "plan_amount", "runs_for_client", "client_zone", "at_risk_percent",
    "started_at", "paused_from", "pauses", "extensions", "due_at", "at_risk_at", "problem", "calendar_version", "told",
    "look_at", "ended_at", "unit_path",
)  # fmt: skip
CHANGING = (
    "unit", "amount", "plan_amount", "runs_for_client", "at_risk_percent", "paused_from", "pauses", "extensions", "due_at", "at_risk_at", "problem", "calendar_version", "told",
    "look_at", "ended_at", "unit_path",
)  # fmt: skip
JSON_COLUMNS = frozenset({"pauses", "extensions"})
INSERTED = ("case_id", *COLUMNS[1:])


def _value(column: str) -> str:
    return "%s::jsonb" if column in JSON_COLUMNS else "%s"


READ = " ".join(
    (
        "SELECT coalesce((SELECT max(id) FROM clocks_calendarchange WHERE path = ANY (%s)), 0),",
        ", ".join(f"k.{name}" for name in COLUMNS),
        "FROM (SELECT 1) one LEFT JOIN clocks_stepclock k ON k.case_id = %s",
        "AND (k.ended_at IS NULL OR (k.step, k.round) IN (SELECT * FROM unnest(%s::text[], %s::int[])))",
    )
)
INSERT = " ".join(
    (
        "INSERT INTO clocks_stepclock (",
        ", ".join(INSERTED),
        ") VALUES (",
        ", ".join(map(_value, INSERTED)),
        ")",
    )
)
UPDATE = " ".join(
    (
        "UPDATE clocks_stepclock SET",
        ", ".join(f"{name} = {_value(name)}" for name in CHANGING),
        "WHERE id = %s",
    )
)


@dataclass
class Running:
    """One clock as it stands in the table; `id` None: not written yet. See `models.StepClock`."""

    id: int | None
    step: str
    round: int
    unit: str
    amount: int
    plan_amount: int
    runs_for_client: bool
    client_zone: str
    at_risk_percent: int
    started_at: datetime
    paused_from: datetime | None = None
    pauses: list[list[str]] = field(default_factory=list)
    extensions: list[dict[str, Any]] = field(default_factory=list)
    due_at: datetime | None = None
    at_risk_at: datetime | None = None
    problem: str = ""
    calendar_version: int = 0
    told: int = 0
    look_at: datetime | None = None
    ended_at: datetime | None = None
    unit_path: str = ""

    def spans(self) -> tuple[Span, ...]:
        over = [Span(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in self.pauses]
        return (*over, Span(self.paused_from, None)) if self.paused_from else tuple(over)

    def reckoned(self, outlet: Outlet) -> Reckoning:
        """When it is due, and why."""
        term = Term(self.unit, self.amount, self.runs_for_client)  # type: ignore[arg-type]
        return reckon(self.started_at, term, self._outlet(outlet), self.spans(), self.at_risk_percent)

    def _outlet(self, outlet: Outlet) -> Outlet:
        """Elapsed days end at the client's time of day, where his or her zone is known."""
        if self.client_zone and (self.runs_for_client or self.unit in ("hours", "days")):
            return Outlet(ZoneInfo(self.client_zone), outlet.week)
        return outlet

    def work_out(self, outlet: Outlet, version: int, now: datetime) -> None:
        """Due times by this calendar, and what is left to be told about them."""
        found = self.reckoned(outlet)
        self.due_at = found.due.astimezone(UTC) if found.due else None
        self.at_risk_at = found.at_risk.astimezone(UTC) if found.at_risk and found.due else None
        self.problem = found.problems[0].code if found.problems else ""
        self.calendar_version = version
        if self.due_at is None or self.at_risk_at is None or now < self.at_risk_at:
            self.told = 0
        elif now < self.due_at:
            self.told = min(self.told, 1)
        self.look_at = first_look(self, outlet) if self.told < 2 else self.look_at


def first_look(clock: Running, outlet: Outlet) -> datetime | None:
    """When the owner is to be told next: at risk, then breached; only while the outlet is open."""
    at = clock.at_risk_at if clock.told == 0 else clock.due_at
    return open_at(at, outlet)


def open_at(at: datetime | None, outlet: Outlet) -> datetime | None:
    """The moment itself or the next opening after it."""
    found = next_open(at, outlet) if at is not None else None
    return found.astimezone(UTC) if found is not None else None


def keep_clocks(
    case: Case, plan: Plan, state: State, steps: Iterable[NextStep], now: datetime
) -> tuple[datetime | None, list[Statement]]:
    """Bring the case's clocks up to its state. Gives when the first of them is due, and the statements that keep them, which
    the act sends with its own. Called in each act on a case.

    `steps`: what is next by this state (`next_steps`), which the caller has worked out already.
    """
    wanted = _wanted(plan, state, steps)
    version, clocks = read_clocks(case, wanted)
    before = {id(clock): _values(clock) for clock in clocks}
    calendar = None if not clocks and not wanted else calendar_of(case.unit_path, version)
    known = {(clock.step, clock.round): clock for clock in clocks}
    for key, spec in wanted.items():
        if key not in known:
            known[key] = _started(key, spec, state, _since(case, key, now))
    for key, clock in known.items():
        assert calendar is not None
        _follow(clock, key in wanted, plan, state, now)
        moved = clock.unit_path != case.unit_path
        clock.unit_path = case.unit_path
        stale = (
            clock.calendar_version < calendar.version
            or moved
            or _timing(clock) != before.get(id(clock), {}).get("timing")
        )
        if clock.ended_at is None and (stale or clock.id is None):
            clock.work_out(calendar.outlet, calendar.version, now)
    changed = [c for c in known.values() if c.id is None or _values(c) != before[id(c)]]
    return first_due(known.values()), _writing(case, changed)


def start_clocks(
    plan: Plan, state: State, steps: Iterable[NextStep | StepProgress], since: datetime, rests_since: datetime
) -> list[Running]:
    """Clocks for a case that has none, started when its steps came up; not worked out yet. See `rebuild.py`."""
    clocks = [_started(key, spec, state, since) for key, spec in _wanted(plan, state, steps).items()]
    for clock in clocks:
        _follow(clock, True, plan, state, rests_since)
    return clocks


def first_due(clocks: Iterable[Running]) -> datetime | None:
    return min((c.due_at for c in clocks if c.due_at and c.ended_at is None), default=None)


def _timing(clock: Running) -> tuple[Any, ...]:
    own = (clock.unit, clock.amount, clock.runs_for_client, clock.at_risk_percent)
    return (*own, clock.paused_from, len(clock.pauses), clock.ended_at)


def _values(clock: Running) -> dict[str, Any]:
    return {name: getattr(clock, name) for name in CHANGING} | {
        "timing": _timing(clock), "pauses": list(clock.pauses), "extensions": list(clock.extensions)
    }  # fmt: skip


def _wanted(
    plan: Plan, state: State, steps: Iterable[NextStep | StepProgress]
) -> dict[tuple[str, int], Clock]:
    """Steps whose turn it is and which have a clock, with their round."""
    found = {}
    for following in steps:
        step = plan.steps.get(following.step)
        if step is not None and step.clock is not None:
            own = state.steps.get(step.id)
            found[(step.id, own.round if own else 1)] = step.clock
    return found


def _since(case: Case, key: tuple[str, int], now: datetime) -> datetime:
    """Now; for a step that was there before its clock (an older release, a plan that gained one), since it came up."""
    came_up = case.step_since if key == (case.step, 1) else None
    return min(came_up, now) if came_up else now


def _started(key: tuple[str, int], spec: Clock, state: State, now: datetime) -> Running:
    return Running(
        id=None,
        step=key[0],
        round=key[1],
        unit=spec.unit,
        amount=spec.amount,
        plan_amount=spec.amount,
        runs_for_client=spec.runs_for_client,
        client_zone=client_zone(state),
        at_risk_percent=spec.at_risk_percent,
        started_at=now,
    )


def client_zone(state: State) -> str:
    """The zone in which the client lives, where the case has a fact `client_zone` that is one."""
    zone = state.facts.get("client_zone")
    try:
        return ZoneInfo(zone).key if isinstance(zone, str) and zone else ""
    except (ValueError, OSError, LookupError):
        return ""


def _follow(clock: Running, its_turn: bool, plan: Plan, state: State, now: datetime) -> None:
    """End, pause, or go on, as the state says."""
    if its_turn and clock.ended_at is not None:
        if clock.problem == NOT_ITS_TURN:
            clock.started_at, clock.pauses, clock.told = now, [], 0
        # Taken back: it goes on where it was, and a late one is told of again at the timer's next look.
        clock.ended_at, clock.look_at = None, now
    elif clock.ended_at is None:
        over = _over(clock, plan, state)
        if over:
            clock.ended_at, clock.look_at, clock.problem = now, None, over
    spec = plan.steps[clock.step].clock if clock.step in plan.steps else None
    if spec is not None and clock.ended_at is None:
        _take_from_plan(clock, spec)
    pauses_for = spec.pauses_for if spec else ("client",)
    rests = (
        state.suspension is not None
        and state.suspension.waiting_for in pauses_for
        and not clock.runs_for_client
        and clock.ended_at is None
    )
    if rests and clock.paused_from is None:
        clock.paused_from = now
    elif not rests and clock.paused_from is not None:
        clock.pauses = [*clock.pauses, [clock.paused_from.isoformat(), now.isoformat()]]
        clock.paused_from = None


def _take_from_plan(clock: Running, spec: Clock) -> None:
    """A case that was moved to another version of its plan gets that one's limit; what was granted on top stays."""
    granted = clock.amount - clock.plan_amount if clock.unit == spec.unit else 0
    clock.unit, clock.plan_amount, clock.amount = spec.unit, spec.amount, spec.amount + granted
    clock.runs_for_client, clock.at_risk_percent = spec.runs_for_client, spec.at_risk_percent


def _over(clock: Running, plan: Plan, state: State) -> str:
    """Why the clock has ended, or nothing: `finished`, or `not_its_turn` where a step before it is open again."""
    own = state.steps.get(clock.step)
    step = plan.steps.get(clock.step)
    if state.phase in OVER or step is None:
        return "finished"
    if own is not None and (own.phase in FINISHED or own.round != clock.round):
        return "finished"
    if step.optional and not (own and own.called_up):
        return NOT_ITS_TURN
    standing = Standing(plan, state)
    if standing.applies(step)[0] == "no" or any(h.code == "after" for h in standing.hindrances(step)):
        return NOT_ITS_TURN
    return ""


# ---- the table ------------------------------------------------------------------------------------------------------


def read_clocks(case: Case, wanted: Iterable[tuple[str, int]] = ()) -> tuple[int, list[Running]]:
    """The version of the case's calendar, its running clocks, and the ended ones of `wanted`."""
    keys = list(wanted)
    values = [line_of(case.unit_path), case.id, [k[0] for k in keys], [k[1] for k in keys]]
    [cursor] = send([(READ, values)])
    rows = cursor.fetchall()
    return rows[0][0], [_clock(row[1:]) for row in rows if row[1] is not None]


def _clock(row: Sequence[Any]) -> Running:
    values = dict(zip(COLUMNS, row, strict=True))
    return Running(**values | {name: json.loads(values[name]) for name in JSON_COLUMNS})


def write_clocks(case: Case, clocks: Iterable[Running]) -> None:
    statements = _writing(case, clocks)
    if statements:
        send(statements)


def _writing(case: Case, clocks: Iterable[Running]) -> list[Statement]:
    statements: list[Statement] = []
    for clock in clocks:
        if clock.id is None:
            statements.append((INSERT, [case.id, *as_stored(clock)]))
        else:
            statements.append((UPDATE, [*(_plain(clock, name) for name in CHANGING), clock.id]))
    return statements


def as_stored(clock: Running) -> list[Any]:
    """The values of `INSERTED` after the case's id."""
    return [_plain(clock, name) for name in COLUMNS[1:]]


def _plain(clock: Running, name: str) -> Any:
    value = getattr(clock, name)
    return json.dumps(value, ensure_ascii=False) if name in JSON_COLUMNS else value
