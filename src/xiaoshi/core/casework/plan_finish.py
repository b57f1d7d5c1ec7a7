"""Whether a case of this plan can come to an end.

The question is asked of an abstract case: facts take the values at which the plan's conditions can change, a step is
open, done or skipped, needs are met when they are needed (people can record or waive them), and a condition that reads a
step's result may go either way. First round, quick: for each set of facts walk the steps in their order, doing all, all
but the optional ones, or skipping what may be skipped. If one walk closes, the plan can finish. If none does, the second
round searches all orders with facts that may change on the way. Exhausted without an end: refused, which is a proof as
far as the abstraction goes (complete for booleans and choices; numbers, dates and texts by their literals). Bound reached
first: a warning that the end could not be shown, no refusal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from xiaoshi.core.casework.conditions import Truth, reads_of
from xiaoshi.core.casework.model import Condition, Facts, Plan, State, Step, StepPhase, StepState
from xiaoshi.core.casework.plan_check import assignments, in_order
from xiaoshi.core.casework.plan_reader import PlanReader
from xiaoshi.core.casework.standing import Hindrance, Standing
from xiaoshi.core.problems import Problem, Words

WALK_BUDGET, WALK_FACTS_MAX = 1200, 96
SEARCH_FACTS_MAX = 24
SEARCH_BUDGET, SEARCH_STATES_MAX = 4800, 400
"""The budgets are in steps: a plan of 12 steps is walked with 96 sets of facts, one of 120 steps with 10."""

MET_BY_PEOPLE = ("missing_need", "not_called_up", "to_answer")


@dataclass(frozen=True, slots=True)
class Way:
    """How a walk behaves: does it call up optional steps, skip what it may, and what does it make of step results."""

    optional: bool
    skips: bool
    results: bool


WAYS = tuple(
    Way(optional, skips, results)
    for results in (True, False)
    for optional, skips in ((False, False), (True, False), (False, True), (True, True))
)


class AbstractStanding(Standing):
    """A standing in which conditions on step results are answered by the walk's guess."""

    def __init__(self, plan: Plan, state: State, results: bool) -> None:
        super().__init__(plan, state)
        self._results = results

    def _truth(self, condition: Condition, steps: tuple[str, ...]) -> Truth:
        if any(field == "result" for _, field in reads_of(condition.source).steps):
            return Truth(self._results)
        return super()._truth(condition, steps)


def check_finish(plan: Plan, reader: PlanReader) -> tuple[Problem, ...]:
    """Note a problem when the plan can never finish; give back warnings."""
    conditions = _conditions(plan)
    names = tuple(dict.fromkeys(name for c in conditions for name in c.facts))
    order = in_order(plan)
    finished: list[Facts] = []
    tried: list[Facts] = []
    left: tuple[Hindrance, ...] = ()
    ways = [way for way in WAYS if way.results] if not _reads_results(conditions) else list(WAYS)
    limit = min(WALK_FACTS_MAX, max(8, WALK_BUDGET // len(plan.steps)))
    for facts in assignments(plan.facts, names, conditions, limit):
        tried.append(facts)
        for way in ways:
            hindrances = _walk(plan, order, facts, way)
            if not hindrances:
                finished.append(facts)
                break
            left = left if left and len(left) <= len(hindrances) else hindrances
    if finished:
        return tuple(_dead_values(plan, tried, finished, reader))
    outcome = _search(plan, list(assignments(plan.facts, names, conditions, SEARCH_FACTS_MAX)))
    words_zh = "；".join(h.words.zh for h in left)
    words_en = "; ".join(h.words.en for h in left)
    if outcome == "never":
        reader.wrong(
            "never_finishes",
            f"按此流程的案件永远不能办结。{words_zh}",
            f"A case of this plan can never be closed. {words_en}",
            "close",
            "when",
        )
        return ()
    if outcome == "unknown":
        line = reader.lines.of("close")
        return (
            Problem(
                "finish_not_shown",
                Words(
                    "流程较大，未能证明案件可以办结",
                    "The plan is large; it could not be shown that a case can be closed",
                ),
                f"{reader.source}:{line}",
            ),
        )
    return ()


def _conditions(plan: Plan) -> list[Condition]:
    found = [step.when for step in plan.steps.values() if step.when is not None]
    return [*found, *([plan.close.when] if plan.close.when is not None else [])]


def _reads_results(conditions: list[Condition]) -> bool:
    return any(field == "result" for c in conditions for _, field in reads_of(c.source).steps)


def _standing(plan: Plan, facts: Facts, steps: Mapping[str, StepState], results: bool) -> Standing:
    return AbstractStanding(plan, State(phase="open", facts=facts, steps=steps), results)


def _can_do(standing: Standing, step: Step) -> bool:
    called = replace(step, optional=False) if step.optional else step
    return all(h.code in MET_BY_PEOPLE for h in standing.hindrances(called))


def _walk(plan: Plan, order: list[Step], facts: Facts, way: Way) -> tuple[Hindrance, ...]:
    steps: dict[str, StepState] = {}
    for step in order:
        if step.optional and not way.optional:
            continue
        standing = _standing(plan, facts, steps, way.results)
        if way.skips and step.skip_by and standing.applies(step)[0] != "no":
            steps[step.id] = StepState(phase="skipped")
        elif _can_do(standing, step):
            steps[step.id] = StepState(phase="done")
    return _standing(plan, facts, steps, way.results).close_hindrances()


def _search(plan: Plan, all_facts: list[Facts]) -> str:
    """`ends`, `never` (all states seen) or `unknown` (too many)."""
    guesses = (True, False) if _reads_results(_conditions(plan)) else (True,)
    seen: set[tuple[StepPhase, ...]] = set()
    todo: list[dict[str, StepState]] = [{}]
    while todo:
        steps = todo.pop()
        key = tuple(steps[s].phase if s in steps else "open" for s in plan.steps)
        if key in seen:
            continue
        seen.add(key)
        if len(seen) > min(SEARCH_STATES_MAX, SEARCH_BUDGET // len(plan.steps)):
            return "unknown"
        for facts in all_facts:
            for results in guesses:
                standing = _standing(plan, facts, steps, results)
                if not standing.close_hindrances():
                    return "ends"
                todo.extend({**steps, **move} for move in _moves(plan, standing, steps))
    return "never"


def _moves(plan: Plan, standing: Standing, steps: Mapping[str, StepState]) -> Iterator[dict[str, StepState]]:
    for step in plan.steps.values():
        if step.id in steps:
            continue
        if _can_do(standing, step):
            yield {step.id: StepState(phase="done")}
        if step.skip_by and standing.applies(step)[0] != "no":
            yield {step.id: StepState(phase="skipped")}


def _dead_values(
    plan: Plan, tried: list[Facts], finished: list[Facts], reader: PlanReader
) -> Iterator[Problem]:
    """A value of a yes/no or choice fact with which no walk closed. Facts that closing itself asks for are meant so."""
    asked = plan.close.when.facts if plan.close.when is not None else ()
    for name in tried[0]:
        if name in asked or plan.facts[name].type not in ("bool", "choice"):
            continue
        for value in dict.fromkeys(facts[name] for facts in tried):
            if not any(facts[name] == value for facts in finished):
                shown = str(value).lower() if isinstance(value, bool) else str(value)
                yield Problem(
                    "cannot_close_when",
                    Words(
                        f"当“{plan.facts[name].words.zh}”为 {shown} 时，未找到可办结的路径",
                        f"No way to close was found while “{plan.facts[name].words.en}” is {shown}",
                    ),
                    f"{reader.source}:{reader.lines.of('facts', name)}",
                )
