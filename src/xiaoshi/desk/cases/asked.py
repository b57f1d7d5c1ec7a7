"""Of whom a case asks something now: kept beside the case, so that a list finds it by person or role without reading states.

Problem. "Asked of me", "unclaimed" and 复核 are questions about what is next in each case. Worked out from the states they
cost a plan and a snapshot for each open case, so a page of a province would read a hundred thousand of them.

Choice. After each act the answer for the one case that changed is written on its row (`asked`, a short list); a trigger
of the database spreads it into `cases_caseasked`, one row for each person or role, in the same transaction. Bulk loads
and moves to another outlet go through the same trigger. What does not change keeps since when it has been asked.

Example: after the teller counted, a burnt-note case carries
`[{"why": "second", "step": "recount", "role": "supervisor", "level": "outlet", "not_by": ["li.min"], "since": "..."}]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from xiaoshi.core.casework.authority import ANSWERERS
from xiaoshi.core.casework.model import Plan, State
from xiaoshi.core.casework.standing import Standing
from xiaoshi.core.casework.views import NextStep, StepProgress, progress

# A step whose turn has come, and which waits for a paper, a check, a decision, an answer or another case, not for a step.
WAITS_FOR_SOMETHING = {"missing_need", "to_answer", "other_case", "other_case_cancelled"}
NAMES = ("why", "step", "person", "role", "level", "field", "not_by")


def waiting_step(plan: Plan, state: State) -> StepProgress | None:
    """The step that would be next if only it had what it needs (a payment that nobody has checked yet)."""
    steps = (step for stage in progress(plan, state) for step in stage.steps if step.place == "waiting")
    return next((s for s in steps if s.reasons and {r.code for r in s.reasons} <= WAITS_FOR_SOMETHING), None)


def asked_of(
    plan: Plan, state: State, ready: tuple[NextStep, ...], before: list[dict[str, Any]], now: datetime
) -> list[dict[str, Any]]:
    """What is asked now. `ready`: the next steps; `before`: what was asked until now, for the dates."""
    since = {_which(entry): entry["since"] for entry in before}
    moment = now.isoformat()
    asked = [dict(zip(NAMES, entry, strict=True)) for entry in _entries(plan, state, ready)]
    return [entry | {"since": since.get(_which(entry), moment)} for entry in asked]


def _which(entry: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(str(entry[name]) for name in NAMES)


def _entries(plan: Plan, state: State, ready: tuple[NextStep, ...]) -> Iterator[tuple[Any, ...]]:
    standing = Standing(plan, state)
    for item in ready:
        why, not_by = item.act, ()
        step = standing.step(item.step) if item.step else None
        if step is not None and (item.act == "confirm" or step.not_by):
            why = "second" if item.act == "do" else item.act
            not_by = _makers(state, (*step.not_by, step.id))
        for person in item.persons:
            yield why, item.step, person, "", "", "", list(not_by)
        for role in item.who.roles if item.who else ():
            yield why, item.step, "", role, item.who.level or "" if item.who else "", "", list(not_by)
    if state.phase in ("open", "suspended"):
        for question in state.questions.values():
            for role in ANSWERERS.get(question.to_level, ()):
                yield (
                    "question",
                    question.id,
                    "",
                    role,
                    question.to_level,
                    question.field,
                    [question.asked_by],
                )


def _makers(state: State, steps: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({m for s in steps if s in state.steps for m in state.steps[s].makers}))
