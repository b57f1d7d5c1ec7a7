"""From the text of a `plan.toml` to a plan, or to everything that is wrong with it, each with its line.

Three rounds, the next only when the one before found nothing: the text (TOML, keys, names, conditions that parse), the
plan as a whole (`plan_check.py`: cycles, types of conditions, hands that can never meet), and whether a case of it
can come to an end (`plan_finish.py`).
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from typing import cast

from xiaoshi.core.casework.facts import TYPE_WORDS
from xiaoshi.core.casework.model import (
    CloseRule,
    FactSpec,
    FactType,
    Milestone,
    Plan,
    ReopenRule,
    SetBy,
    Stage,
    Step,
    Who,
)
from xiaoshi.core.casework.plan_check import check_plan, direct_dependents
from xiaoshi.core.casework.plan_finish import check_finish
from xiaoshi.core.casework.plan_lines import Lines
from xiaoshi.core.casework.plan_reader import ID, PlanReader, Table, nearest
from xiaoshi.core.problems import Problem, Words

TOP_KEYS = (
    "kind",
    "version",
    "title",
    "opens",
    "reminder_gap",
    "need_words",
    "facts",
    "stages",
    "steps",
    "milestones",
    "close",
    "reopen",
)
STEP_KEYS = (
    "id",
    "stage",
    "title",
    "client_words",
    "by",
    "after",
    "when",
    "needs",
    "form",
    "four_eyes",
    "confirm_by",
    "not_by",
    "clock",
    "optional",
    "repeats",
    "skip_by",
    "irreversible",
    "renamed_from",
    "votes",
)
FACT_KEYS = ("type", "choices", "zh", "en", "set_by")
SET_BY = ("person", "act")
MAX_STEPS = 120
NO_WORDS = Words("", "")
_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")


@dataclass(frozen=True, slots=True)
class PlanLoad:
    """`plan` only when there are no `problems`. `warnings` do not refuse: what could not be shown, or looks unmeant."""

    plan: Plan | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def load_plan(text: str, *, source: str = "plan.toml") -> PlanLoad:
    """The plan in this text. `source` names the file in `where` (`plan.toml:12`). Never raises for a bad text."""
    try:
        top = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return PlanLoad(None, (_toml_problem(str(error), text, source),))
    reader = PlanReader(Lines(text), source)
    plan = _read(reader, top)
    if reader.problems:
        return PlanLoad(None, _ordered(reader.problems))
    check_plan(plan, reader)
    if reader.problems:
        return PlanLoad(None, _ordered(reader.problems))
    warnings = check_finish(plan, reader)
    if reader.problems:
        return PlanLoad(None, _ordered(reader.problems), warnings)
    return PlanLoad(plan, (), warnings)


def _ordered(problems: list[Problem]) -> tuple[Problem, ...]:
    """In the order of the lines, as an author reads."""
    return tuple(sorted(problems, key=lambda p: int(p.where.rpartition(":")[2] or 0)))


def _toml_problem(message: str, text: str, source: str) -> Problem:
    found = _TOML_PLACE.search(message)
    line = int(found.group(1)) if found and found.group(1) else text.count("\n") + 1
    said = _TOML_PLACE.sub("", message)
    column = f"第{found.group(2)}列" if found and found.group(2) else "末尾"
    return Problem(
        "plan_syntax",
        Words(f"不是有效的 TOML（{column}）：{said}", f"Not valid TOML: {message}"),
        f"{source}:{line}",
    )


def _read(reader: PlanReader, top: Table) -> Plan:
    reader.known_keys(top, TOP_KEYS, ())
    kind = reader.value(top, "kind", str, ())
    if not isinstance(kind, str) or not ID.match(kind):
        reader.wrong(
            "bad_kind",
            "kind 应为业务种类名，由小写字母、数字、下划线组成，如 lost_passbook",
            "kind has to be a name of lower case letters, digits and underscores, such as lost_passbook",
            "kind",
        )
    version = reader.value(top, "version", int, ())
    if not isinstance(version, int) or version < 1:
        reader.wrong(
            "bad_version", "version 应为从1起的整数", "version has to be a whole number from 1", "version"
        )
    facts = _facts(reader, reader.table(top, "facts", ()))
    stages = _stages(reader, top)
    steps = _steps(reader, top, stages, facts)
    milestones = _milestones(reader, top, steps, facts)
    gap = reader.table(top, "reminder_gap", ())
    reader.known_keys(gap, ("hours", "minutes"), ("reminder_gap",))
    minutes = _gap_minutes(reader, gap) if "reminder_gap" in top else 240
    return Plan(
        kind=str(kind),
        version=version if isinstance(version, int) else 0,
        title=reader.words(top, "title", ()) or NO_WORDS,
        opens=reader.roles(top, "opens", ()),
        facts=facts,
        stages=stages,
        steps=steps,
        milestones=milestones,
        close=_close(reader, top, steps, facts),
        reminder_gap_minutes=minutes,
        need_words=_need_words(reader, reader.table(top, "need_words", ()), steps),
        needs_by_act=_needs_by_act(reader, reader.table(top, "need_words", ())),
        reopen=_reopen(reader, reader.table(top, "reopen", ())),
        dependents=direct_dependents(steps),
    )


def _gap_minutes(reader: PlanReader, gap: Table) -> int:
    hours = reader.value(gap, "hours", int, ("reminder_gap",)) or 0
    minutes = reader.value(gap, "minutes", int, ("reminder_gap",)) or 0
    total = cast(int, hours) * 60 + cast(int, minutes)
    if total < 1:
        reader.wrong("bad_clock", "催办间隔应为正数", "The reminder gap has to be positive", "reminder_gap")
    return total


def _facts(reader: PlanReader, table: Table) -> dict[str, FactSpec]:
    facts: dict[str, FactSpec] = {}
    for name in table:
        at = ("facts", name)
        inner = reader.table(table, name, ("facts",))
        reader.known_keys(inner, FACT_KEYS, at)
        kind = reader.value(inner, "type", str, at)
        if not ID.match(name):
            reader.wrong(
                "bad_id",
                f"情况名“{name}”应由小写字母、数字、下划线组成",
                f"The fact's name “{name}” has to be lower case letters, digits and underscores",
                *at,
            )
        if kind not in TYPE_WORDS:
            zh, en = nearest(str(kind or ""), list(TYPE_WORDS))
            reader.wrong(
                "unknown_type", f"没有类型“{kind or ''}”{zh}", f"No type “{kind or ''}”{en}", *at, "type"
            )
            kind = "text"
        choices = reader.names(inner, "choices", at)
        if (kind == "choice") != bool(choices):
            reader.wrong(
                "bad_choices",
                "choice 类型须列出 choices，其他类型不写",
                "Type choice needs choices; the other types have none",
                *at,
            )
        words = reader.words({"words": {k: inner[k] for k in ("zh", "en") if k in inner}}, "words", at)
        facts[name] = FactSpec(
            name, cast(FactType, kind), words or NO_WORDS, choices, _set_by(reader, inner, at)
        )
    return facts


def _set_by(reader: PlanReader, table: Table, at: tuple[str | int, ...]) -> SetBy:
    """`person` unless the plan says `act`: then only an act of the kind establishes it."""
    value = reader.value(table, "set_by", str, at) or "person"
    reader.references("unknown_set_by", "登记方式", "way to set", (str(value),), SET_BY, *at, "set_by")
    return "act" if value == "act" else "person"


def _stages(reader: PlanReader, top: Table) -> tuple[Stage, ...]:
    stages = []
    for i, table in enumerate(reader.tables(top, "stages")):
        at = ("stages", i)
        reader.known_keys(table, ("id", "title"), at)
        stages.append(Stage(reader.id(table, at), reader.words(table, "title", at) or NO_WORDS))
    _unique(reader, "stages", [stage.id for stage in stages])
    return tuple(stages)


def _unique(reader: PlanReader, key: str, ids: list[str]) -> None:
    counts = Counter(ids)
    seen: set[str] = set()
    for i, name in enumerate(ids):
        if name and counts[name] > 1 and name in seen:
            reader.wrong("duplicate_id", f"id“{name}”重复", f"The id “{name}” is there twice", key, i, "id")
        seen.add(name)


def _steps(
    reader: PlanReader, top: Table, stages: tuple[Stage, ...], facts: dict[str, FactSpec]
) -> dict[str, Step]:
    tables = reader.tables(top, "steps")
    if not tables:
        reader.wrong("no_steps", "流程没有任何环节", "The plan has no steps", "steps")
    if len(tables) > MAX_STEPS:
        reader.wrong(
            "plan_too_large",
            f"环节不能超过{MAX_STEPS}个",
            f"A plan has at most {MAX_STEPS} steps",
            "steps",
            MAX_STEPS,
        )
        return {}
    ids = [reader.id(table, ("steps", i)) for i, table in enumerate(tables)]
    _unique(reader, "steps", ids)
    reserved = next((i for i, name in enumerate(ids) if name.startswith("added_")), None)
    if reserved is not None:
        reader.wrong(
            "bad_id",
            "added_ 开头的 id 留给临时增加的环节",
            "Ids with added_ are kept for added steps",
            "steps",
            reserved,
            "id",
        )
    steps: dict[str, Step] = {}
    for i, table in enumerate(tables):
        step = _step(reader, table, i, ids, tuple(stage.id for stage in stages), facts)
        steps.setdefault(step.id, step)
    _earlier_names(reader, steps, ids)
    return steps


def _earlier_names(reader: PlanReader, steps: dict[str, Step], ids: list[str]) -> None:
    """An earlier id belongs to one step, and to none that still bears it: a case that is moved must know where to go."""
    claimed: dict[str, str] = {}
    for step in steps.values():
        for name in step.renamed_from:
            other = claimed.get(name, name if name in steps else "")
            if other:
                reader.wrong(
                    "renamed_from_taken",
                    f"renamed_from 写的“{name}”现由环节“{other}”使用",
                    f"renamed_from names “{name}”, which the step “{other}” has",
                    "steps",
                    ids.index(step.id),
                    "renamed_from",
                )
            claimed.setdefault(name, step.id)


def _step(
    reader: PlanReader,
    table: Table,
    i: int,
    ids: list[str],
    stage_ids: tuple[str, ...],
    facts: dict[str, FactSpec],
) -> Step:
    at = ("steps", i)
    reader.known_keys(table, STEP_KEYS, at)
    stage = str(reader.value(table, "stage", str, at) or "")
    reader.references("unknown_stage", "阶段", "stage", (stage,), stage_ids, *at, "stage")
    after, not_by = reader.names(table, "after", at), reader.names(table, "not_by", at)
    reader.references("unknown_step", "环节", "step", after, ids, *at, "after")
    reader.references("unknown_step", "环节", "step", not_by, ids, *at, "not_by")
    by = reader.who(table, "by", at)
    if by is None:
        reader.wrong("nobody_can", "缺 by：没有写由谁办理", "by is missing: nobody could do this step", *at)
    four_eyes = reader.flag(table, "four_eyes", at)
    confirm_by = reader.who(table, "confirm_by", at)
    if confirm_by is not None and not four_eyes:
        reader.wrong(
            "confirm_without_four_eyes",
            "有 confirm_by 就要 four_eyes = true",
            "confirm_by needs four_eyes = true",
            *at,
        )
    return Step(
        id=ids[i],
        stage=stage,
        title=reader.words(table, "title", at) or NO_WORDS,
        by=by or Who(()),
        client_words=reader.words(table, "client_words", at, required=False),
        after=after,
        when=reader.condition(table, "when", at, ids, facts),
        needs=reader.needs(table, at),
        form=str(reader.value(table, "form", str, at) or ""),
        four_eyes=four_eyes,
        confirm_by=confirm_by,
        not_by=not_by,
        clock=reader.clock(table, "clock", at),
        optional=reader.flag(table, "optional", at),
        repeats=reader.flag(table, "repeats", at),
        skip_by=reader.roles(table, "skip_by", at, required="skip_by" in table),
        irreversible=reader.flag(table, "irreversible", at),
        line=reader.lines.of(*at),
        renamed_from=reader.names(table, "renamed_from", at),
        votes=reader.votes(table, "votes", at),
    )


def _need_words(reader: PlanReader, table: Table, steps: dict[str, Step]) -> dict[str, Words]:
    """`[need_words.machine]` with `zh` and `en`: what the need `check:machine` is called."""
    known = {need.name for step in steps.values() for need in step.needs if need.name}
    found: dict[str, Words] = {}
    for name in table:
        at = ("need_words", name)
        reader.references("unknown_need", "要件", "need", (name,), known, *at)
        inner = reader.table(table, name, ("need_words",))
        reader.known_keys(inner, ("zh", "en", "set_by"), at)
        found[name] = (
            reader.words({"words": {k: inner[k] for k in ("zh", "en") if k in inner}}, "words", at)
            or NO_WORDS
        )
    return found


def _needs_by_act(reader: PlanReader, table: Table) -> frozenset[str]:
    found = set()
    for name in table:
        at = ("need_words", name)
        if _set_by(reader, reader.table(table, name, ("need_words",)), at) == "act":
            found.add(name)
    return frozenset(found)


def _reopen(reader: PlanReader, table: Table) -> ReopenRule:
    """`[reopen]`: `by` roles, `within_days` after the end."""
    reader.known_keys(table, ("by", "within_days"), ("reopen",))
    days = reader.value(table, "within_days", int, ("reopen",)) if "within_days" in table else 0
    if not isinstance(days, int) or days < 0 or ("within_days" in table and days == 0):
        reader.wrong(
            "bad_days",
            "within_days 应为正整数（天）",
            "within_days has to be a positive number of days",
            "reopen",
            "within_days",
        )
        days = 0
    return ReopenRule(reader.roles(table, "by", ("reopen",), required="by" in table), days)


def _milestones(
    reader: PlanReader, top: Table, steps: dict[str, Step], facts: dict[str, FactSpec]
) -> tuple[Milestone, ...]:
    found = []
    ids = []
    for i, table in enumerate(reader.tables(top, "milestones")):
        at = ("milestones", i)
        reader.known_keys(table, ("id", "title", "when"), at)
        ids.append(reader.id(table, at))
        if "when" not in table:
            reader.wrong("missing_key", "里程碑要写 when", "A milestone needs when", *at)
        words = reader.words(table, "title", at) or NO_WORDS
        condition = reader.condition(table, "when", at, steps, facts)
        if condition is not None:
            found.append(Milestone(ids[-1], words, condition))
    _unique(reader, "milestones", ids)
    return tuple(found)


def _close(reader: PlanReader, top: Table, steps: dict[str, Step], facts: dict[str, FactSpec]) -> CloseRule:
    if "close" not in top:
        reader.wrong(
            "missing_key",
            "缺 [close]：没有写何时由谁办结",
            "[close] is missing: who closes, and when",
            "close",
        )
        return CloseRule(None, ())
    table = reader.table(top, "close", ())
    reader.known_keys(table, ("when", "by", "words"), ("close",))
    return CloseRule(
        reader.condition(table, "when", ("close",), steps, facts),
        reader.roles(table, "by", ("close",)),
        reader.words(table, "words", ("close",), required=False),
    )
