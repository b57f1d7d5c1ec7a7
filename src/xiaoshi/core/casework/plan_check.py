"""The plan as a whole: cycles, conditions of the wrong type, work that no two hands could share."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping

import cel

from xiaoshi.core.casework.conditions import reads_of, run, said
from xiaoshi.core.casework.model import Condition, Facts, FactSpec, FactValue, Plan, Step, Who
from xiaoshi.core.casework.plan_reader import PlanReader, nearest

ONE_PERSON = ("outlet_head",)
"""Roles that one person of a unit holds alone: two of them never meet on a case."""

SAMPLES_MAX = 1500
STEP_SAMPLES: tuple[dict[str, object], ...] = (
    {"done": False, "skipped": False, "result": {}, "round": 1, "sent_back": 0},
    {"done": True, "skipped": False, "result": {}, "round": 1, "sent_back": 0},
    {"done": False, "skipped": True, "result": {}, "round": 2, "sent_back": 1},
)
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")


def direct_dependents(steps: Mapping[str, Step]) -> dict[str, tuple[str, ...]]:
    """Step -> the steps that lean on it directly."""
    found: dict[str, list[str]] = {}
    for step in steps.values():
        leans_on = (*step.after, *(step.when.steps if step.when else ()), *step.not_by)
        for name in dict.fromkeys(leans_on):
            found.setdefault(name, []).append(step.id)
    return {name: tuple(names) for name, names in found.items()}


def check_plan(plan: Plan, reader: PlanReader) -> None:
    """Note every problem of the plan as a whole."""
    order = {step_id: i for i, step_id in enumerate(plan.steps)}
    _cycles(plan, reader, order)
    for step in plan.steps.values():
        _hands(plan, step, reader, order[step.id])
        _voters(step, reader, order[step.id])
        if step.when is not None:
            _condition(plan, step.when, reader, "steps", order[step.id], "when")
    for i, milestone in enumerate(plan.milestones):
        _condition(plan, milestone.when, reader, "milestones", i, "when")
    if plan.close.when is not None:
        _condition(plan, plan.close.when, reader, "close", "when")


def in_order(plan: Plan) -> list[Step]:
    """The steps so that each comes after those it waits for (`after`, `when`); a plan with a cycle gives fewer."""
    waits = {
        step.id: set(step.after) | set(step.when.steps if step.when else ()) for step in plan.steps.values()
    }
    done: dict[str, Step] = {}
    while ready := [s for s in plan.steps.values() if s.id not in done and waits[s.id] <= done.keys()]:
        done.update((step.id, step) for step in ready)
    return list(done.values())


def _cycles(plan: Plan, reader: PlanReader, order: Mapping[str, int]) -> None:
    left = set(plan.steps) - {step.id for step in in_order(plan)}
    if not left:
        return
    # Walk back inside what is left until a step comes again: that is a cycle, not merely behind one.
    path = [next(step_id for step_id in plan.steps if step_id in left)]
    while True:
        step = plan.steps[path[-1]]
        back = next(n for n in (*step.after, *(step.when.steps if step.when else ())) if n in left)
        if back in path:
            cycle = path[path.index(back) :]
            break
        path.append(back)
    first = min(cycle, key=lambda name: order[name])
    at = cycle.index(first)
    shown = " → ".join([*cycle[at:], *cycle[:at], first])
    reader.wrong(
        "cycle",
        f"环节互相等待，谁也不能先办：{shown}",
        f"Steps wait for one another, none can come first: {shown}",
        "steps",
        order[first],
        "after" if plan.steps[first].after else "when",
    )


def _alone(who: Who) -> bool:
    return bool(who.roles) and all(role in ONE_PERSON for role in who.roles)


def _hands(plan: Plan, step: Step, reader: PlanReader, i: int) -> None:
    confirm = step.confirm_by or step.by
    if step.four_eyes and _alone(step.by) and _alone(confirm):
        reader.wrong(
            "nobody_can",
            "双人复核要两个人，而网点负责人只有一人；请写 confirm_by",
            "Four eyes need two persons, and an outlet has one head; write confirm_by",
            "steps",
            i,
            "four_eyes",
        )
    for name in step.not_by:
        if name == step.id:
            reader.wrong(
                "nobody_can",
                "not_by 不能写本环节",
                "not_by cannot name the step itself",
                "steps",
                i,
                "not_by",
            )
        elif _alone(step.by) and _alone(plan.steps[name].by):
            reader.wrong(
                "nobody_can",
                f"“{name}”与本环节都只能由网点负责人办理，另一人无从找起",
                f"“{name}” and this step are both for the one outlet head; there is no other person",
                "steps",
                i,
                "not_by",
            )


def _voters(step: Step, reader: PlanReader, i: int) -> None:
    """Enough persons with a vote can be there at all, beside whoever does the step."""
    rule = step.votes
    if rule is None or not (rule.weights or rule.person_weights):
        return
    if any(role not in ONE_PERSON for role in rule.weights):
        return
    alone = len(rule.weights) - (_alone(step.by) and bool(rule.weights))
    most = alone + len(rule.person_weights)
    if most < rule.voters_min:
        reader.wrong(
            "votes_never_pass",
            f"按 weights 最多只有{most}人能投票，不足 voters_min = {rule.voters_min}，永远不能通过",
            f"By weights at most {most} can vote, fewer than voters_min = {rule.voters_min}: it can never pass",
            "steps",
            i,
            "votes",
        )


# ---- conditions on typed samples ------------------------------------------------------------------------------------


def fact_samples(spec: FactSpec, conditions: Iterable[Condition]) -> tuple[FactValue, ...]:
    """Values of the fact at which these conditions can change: both booleans, every choice, each literal and its neighbours."""
    if spec.type == "bool":
        return (False, True)
    if spec.type == "choice":
        return spec.choices
    reads = [reads_of(condition.source) for condition in conditions]
    texts = [text for r in reads for name, text in r.compared if name == spec.name]
    if spec.type in ("int", "amount_fen"):
        numbers = {0, 1} | {
            n + d for r in reads for name, n in r.numbers if name == spec.name for d in (-1, 0, 1)
        }
        return tuple(sorted(n for n in numbers if n >= 0 or spec.type == "int"))
    if spec.type == "date":
        named = (d for c in conditions for d in re.findall(r"\d{4}-\d\d-\d\d", c.source))
        return tuple(dict.fromkeys(("1998-06-01", "2026-03-01", "2099-12-31", *named)))
    if spec.type == "list":
        in_text = (
            t
            for c in conditions
            for pair in re.findall(r"'([^']*)'|\"([^\"]*)\"", c.source)
            for t in pair
            if t
        )
        return ((), ("x",), *((text,) for text in dict.fromkeys(in_text)))
    return tuple(dict.fromkeys(("", "x", *texts)))


def assignments(
    specs: Mapping[str, FactSpec], names: Iterable[str], conditions: list[Condition], limit: int
) -> Iterator[Facts]:
    """Samples of these facts together: all of them, or `limit` spread evenly over all."""
    chosen = [(name, fact_samples(specs[name], conditions)) for name in names]
    total = math.prod(len(values) for _, values in chosen)
    # An odd stride that shares no factor with the total walks over all corners instead of the first ones.
    stride = next(
        s for s in itertools.count(total // limit | 1 if total > limit else 1) if math.gcd(s, total) == 1
    )
    for k in range(min(total, limit)):
        index, picked = (k * stride) % total, {}
        for name, values in chosen:
            index, at = divmod(index, len(values))
            picked[name] = values[at]
        yield picked


def _condition(plan: Plan, condition: Condition, reader: PlanReader, *path: str | int) -> None:
    reads = reads_of(condition.source)
    bound = set(_BOUND.findall(condition.source))
    loose = [
        v for v in cel.compile(condition.source).variables() if v not in ("facts", "steps") and v not in bound
    ]
    if loose:
        reader.wrong(
            "unknown_name",
            f"条件里没有“{loose[0]}”；只能读 facts.名称 和 steps.名称.done 等",
            f"A condition has no “{loose[0]}”; it reads facts.name and steps.name.done",
            *path,
        )
        return
    for name, text in reads.compared:
        spec = plan.facts[name]
        if spec.type == "choice" and text not in spec.choices:
            zh, en = nearest(text, list(spec.choices))
            reader.wrong(
                "unknown_choice",
                f"“{name}”没有选项“{text}”{zh}",
                f"“{name}” has no choice “{text}”{en}",
                *path,
            )
            return
    verdicts = set()
    step_parts = max(1, len(STEP_SAMPLES) ** len(condition.steps))
    for facts in assignments(
        plan.facts, condition.facts, [condition], max(1, SAMPLES_MAX // min(step_parts, 27))
    ):
        for picked in itertools.islice(
            itertools.product(*(_attainable(plan, n) for n in condition.steps)), 243
        ):
            verdict, reason = _sample(plan, condition, facts, dict(zip(condition.steps, picked, strict=True)))
            if verdict in ("types", "not_boolean", "unknown_function"):
                _wrong_sample(reader, verdict, reason, facts, *path)
                return
            verdicts.add(verdict)
    _never_true(plan, condition, reader, verdicts, *path)


def _attainable(plan: Plan, step_id: str) -> tuple[dict[str, object], ...]:
    """A step that nobody may skip is never skipped."""
    return STEP_SAMPLES if plan.steps[step_id].skip_by else STEP_SAMPLES[:2]


def _sample(plan: Plan, condition: Condition, facts: Facts, steps: Mapping[str, object]) -> tuple[str, str]:
    try:
        value = run(condition, plan.facts, facts, steps)
    except LookupError:
        return "open", ""  # it reads a step's result, whose shape the form knows, not the plan
    except (TypeError, ValueError) as error:
        return "types", said(error)
    except RuntimeError as error:
        return "unknown_function", said(error)
    except ArithmeticError:
        return "open", ""
    if not isinstance(value, bool):
        return "not_boolean", str(value)
    return ("true" if value else "false"), ""


def _wrong_sample(reader: PlanReader, verdict: str, reason: str, facts: Facts, *path: str | int) -> None:
    shown = ", ".join(f"{name} = {value!r}" for name, value in facts.items())
    if verdict == "not_boolean":
        reader.wrong(
            "condition_not_boolean",
            f"条件应得出是或否，却得出 {reason}（{shown}）",
            f"A condition has to give true or false; this one gave {reason} (with {shown})",
            *path,
        )
    else:
        code = "condition_types" if verdict == "types" else "unknown_name"
        reader.wrong(
            code,
            f"条件无法计算（{shown}）：{reason}",
            f"The condition cannot be worked out (with {shown}): {reason}",
            *path,
        )


def _never_true(
    plan: Plan, condition: Condition, reader: PlanReader, verdicts: set[str], *path: str | int
) -> None:
    """Only claimed where the samples are all there is: booleans, choices and steps."""
    finite = all(plan.facts[name].type in ("bool", "choice") for name in condition.facts)
    if finite and verdicts == {"false"} and len(condition.steps) <= 5 and not _reads_counts(condition):
        reader.wrong(
            "condition_never_true",
            "条件永远不成立",
            "This condition can never be true",
            *path,
        )


def _reads_counts(condition: Condition) -> bool:
    return any(field in ("round", "sent_back", "result") for _, field in reads_of(condition.source).steps)
