"""The case row as a cache of its folded events: written after each act, read before the next."""

from __future__ import annotations

from datetime import datetime

from xiaoshi.core.casework.as_json import state_from_json, state_to_json
from xiaoshi.core.casework.model import Plan, State
from xiaoshi.core.casework.views import NextStep, next_steps
from xiaoshi.desk.cases.asked import asked_of, waiting_step
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.clocks.running import keep_clocks
from xiaoshi.desk.guard.statements import Statement


def read_state(case: Case) -> State:
    """The state as of the newest entry."""
    return state_from_json(case.snapshot) if case.snapshot else State()


def write_state(case: Case, state: State | None, plan: Plan | None, now: datetime) -> list[Statement]:
    """Put the state and what lists show of it on the row. Nothing is sent here: the act saves the row with its entry, and
    the statements that this gives, which keep the clocks of the case's steps in their table.
    """
    if state is None or plan is None:
        return []
    before = case.step
    case.snapshot = state_to_json(state)
    case.changed_at = now
    case.owner = state.owner
    case.status = state.phase
    steps = next_steps(plan, state)
    case.step = steps[0].step if steps else ""
    held = waiting_step(plan, state) if state.phase == "open" and not case.step else None
    case.held_step = held.step if held else ""
    case.asked = asked_of(plan, state, steps, case.asked, now)
    if case.step != before or case.step_since is None:
        case.step_since = now
    case.waiting_for = (
        state.suspension.waiting_for if state.suspension else _other_case(state, case.step) or _signer(steps)
    )
    case.due_at, clocks = keep_clocks(case, plan, state, steps, now)
    case.closed_at = (case.closed_at or now) if state.phase in {"closed", "cancelled"} else None
    return clocks


def _other_case(state: State, step: str) -> str:
    """`other_case` when nothing can be done because another case is waited for."""
    waits = any(other.outcome != "closed" for other in state.other_cases.values())
    return "other_case" if waits and not step and state.phase == "open" else ""


def _signer(steps: tuple[NextStep, ...]) -> str:
    """`signer` when the step that is next only waits for signatures that its makers cannot give: somebody has to be taken off."""
    return "signer" if steps and steps[0].act == "sign" and not steps[0].persons else ""
