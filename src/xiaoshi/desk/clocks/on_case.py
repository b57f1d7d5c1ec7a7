"""What a case's overview says of its time limits: when each is due, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.clocks.calendars import calendar_of
from xiaoshi.desk.clocks.case_acts import EXTENDS
from xiaoshi.desk.clocks.running import Running, read_clocks
from xiaoshi.desk.clocks.words import term_words
from xiaoshi.desk.parts import Panel

if TYPE_CHECKING:
    from django.http import HttpRequest

    from xiaoshi.core.clocks import Outlet
    from xiaoshi.desk.cases.views.found import Found

SEGMENTS_SHOWN = 12


def panels(request: HttpRequest, found: Found) -> list[Panel]:
    """One panel with the running clocks, none when no time limit runs. One look at the table; the calendar is kept."""
    version, clocks = read_clocks(found.case)
    running = [clock for clock in clocks if clock.ended_at is None]
    if not running:
        return []
    calendar = calendar_of(found.case.unit_path, version)
    person: Any = request.user
    may_extend = bool(EXTENDS & set(person.roles)) and found.case.unit_path.startswith(person.unit.path)
    context = {
        "rows": [_row(found, clock, calendar.outlet) for clock in running],
        "now": timezone.now(),
        "may_extend": may_extend,
        "calendar": f"{reverse('clocks')}?unit={found.case.unit_path}",
    }
    return [Panel("clocks/panel.html", context)]


def _row(found: Found, clock: Running, outlet: Outlet) -> dict[str, Any]:
    step = found.plan.steps.get(clock.step)
    reckoned = clock.reckoned(outlet)
    counted = reckoned.segments
    return {
        "title": step.title if step else Words(clock.step, clock.step),
        "step": clock.step,
        "case_id": found.case.id,
        "term": term_words(clock.unit, clock.amount, clock.runs_for_client),
        "plan_term": term_words(clock.unit, clock.plan_amount) if clock.extensions else None,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "at_risk_at": clock.at_risk_at,
        "paused_from": clock.paused_from,
        "pauses": [(span.begin, span.end) for span in clock.spans()],
        "extensions": clock.extensions,
        "segments": [(s.begin, s.end) for s in counted[:SEGMENTS_SHOWN]],
        "more_segments": max(0, len(counted) - SEGMENTS_SHOWN),
        "problems": [_said(p) for p in reckoned.problems if p.code != "still_paused"],
        "late": clock.told >= 2,
    }


def _said(problem: Problem) -> Words:
    return problem.words
