"""Casework: plans as data, cases as events, one decider. README.md in this folder argues why.

`load_plan(text)` -> plan or problems; `decide(plan, state, command, actor, now)` -> `Accepted(events)` or
`Refused(problem)`; `fold(events, state)` -> state. `available`, `waiting`, `next_steps` and `progress` are for pages.
"""

from xiaoshi.core.casework.as_json import (
    WrongShapeError,
    command_from_json,
    command_to_json,
    event_from_json,
    event_to_json,
    state_from_json,
    state_to_json,
)
from xiaoshi.core.casework.decide import decide
from xiaoshi.core.casework.events import Accepted, Event
from xiaoshi.core.casework.fold import fold
from xiaoshi.core.casework.model import CASE, Actor, Plan, Refused, State
from xiaoshi.core.casework.plan_load import PlanLoad, load_plan
from xiaoshi.core.casework.roles import LEVELS, ROLES
from xiaoshi.core.casework.views import available, next_steps, progress, waiting

__all__ = [
    "CASE",
    "LEVELS",
    "ROLES",
    "Accepted",
    "Actor",
    "Event",
    "Plan",
    "PlanLoad",
    "Refused",
    "State",
    "WrongShapeError",
    "available",
    "command_from_json",
    "command_to_json",
    "decide",
    "event_from_json",
    "event_to_json",
    "fold",
    "load_plan",
    "next_steps",
    "progress",
    "state_from_json",
    "state_to_json",
    "waiting",
]
