"""Reading a TOML table into typed values, with a problem (line, what, what to do) for everything that is not as it should be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import get_args

from xiaoshi.core.casework.conditions import STEP_FIELDS, reads_of, syntax_fault
from xiaoshi.core.casework.model import (
    Clock,
    ClockUnit,
    Condition,
    Need,
    NeedKind,
    VoteRule,
    WaitingFor,
    Who,
)
from xiaoshi.core.casework.plan_lines import Lines, Path
from xiaoshi.core.casework.roles import LEVELS, READS_ONLY, ROLES
from xiaoshi.core.casework.votes import VOTERS_MIN
from xiaoshi.core.problems import Problem, Words

Table = Mapping[str, object]

ID = re.compile(r"[a-z][a-z0-9_]*\Z")
CLOCK_UNITS: tuple[ClockUnit, ...] = ("working_minutes", "working_days", "hours", "days")
NEED_KINDS: tuple[NeedKind, ...] = ("paper", "check", "decision", "answer")
TYPE_NAMES = {
    str: ("文字", "text"),
    int: ("整数", "a whole number"),
    bool: ("true 或 false", "true or false"),
}
MAX_CONDITION = 2000
WEIGHT_MAX = 1000
VOTERS_MAX = 20


class PlanReader:
    """Typed reading of one plan text; `problems` fill up as it goes, so one loading tells all that is wrong."""

    def __init__(self, lines: Lines, source: str) -> None:
        self.lines = lines
        self.source = source
        self.problems: list[Problem] = []

    def wrong(self, code: str, zh: str, en: str, *path: str | int, line: int = 0) -> None:
        """Note a problem at the path's line."""
        where = f"{self.source}:{line or self.lines.of(*path)}"
        self.problems.append(Problem(code, Words(zh, en), where))

    def known_keys(self, table: Table, known: Iterable[str], path: Path) -> None:
        """A key that the format does not have is a problem; the nearest known one is offered."""
        names = list(known)
        for key in table:
            if key not in names:
                hint_zh, hint_en = nearest(key, names)
                self.wrong(
                    "unknown_key", f"没有“{key}”这一项{hint_zh}", f"No such key “{key}”{hint_en}", *path, key
                )

    def table(self, table: Table, key: str, path: Path) -> Table:
        """A sub-table; empty when it is not there."""
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.wrong("wrong_type", f"“{key}”应为表", f"“{key}” has to be a table", *path, key)
        return {}

    def tables(self, table: Table, key: str) -> list[Table]:
        """An array of tables at the top."""
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return value
        self.wrong("wrong_type", f"“{key}”应写作 [[{key}]]", f"Write “{key}” as [[{key}]]", key)
        return []

    def value(self, table: Table, key: str, kind: type[str] | type[int] | type[bool], path: Path) -> object:
        """A plain value of this type, or None (with a problem when it has another type)."""
        value = table.get(key)
        if value is None or (isinstance(value, kind) and (kind is bool or not isinstance(value, bool))):
            return value
        zh, en = TYPE_NAMES[kind]
        self.wrong("wrong_type", f"“{key}”应为{zh}", f"“{key}” has to be {en}", *path, key)
        return None

    def flag(self, table: Table, key: str, path: Path) -> bool:
        """A true or false; false when it is not there."""
        return bool(self.value(table, key, bool, path))

    def id(self, table: Table, path: Path) -> str:
        """The `id` of a table: lower case letters, digits, underscores."""
        value = self.value(table, "id", str, path)
        if isinstance(value, str) and ID.match(value):
            return value
        self.wrong(
            "bad_id",
            f"需要 id，由小写字母、数字、下划线组成，现为“{value if value is not None else ''}”",
            f"An id of lower case letters, digits and underscores is needed, not “{value if value is not None else ''}”",
            *path,
            "id",
        )
        return ""

    def names(self, table: Table, key: str, path: Path) -> tuple[str, ...]:
        """A list of texts."""
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.wrong("wrong_type", f"“{key}”应为文字的列表", f"“{key}” has to be a list of texts", *path, key)
        return ()

    def words(self, table: Table, key: str, path: Path, *, required: bool = True) -> Words | None:
        """`{ zh = "...", en = "..." }`, both filled."""
        value = table.get(key)
        if value is None and not required:
            return None
        if isinstance(value, dict):
            self.known_keys(value, ("zh", "en"), (*path, key))
            zh, en = value.get("zh"), value.get("en")
            if isinstance(zh, str) and isinstance(en, str) and zh.strip() and en.strip():
                return Words(zh, en)
        self.wrong(
            "words_missing",
            f'“{key}”要写中英文：{{ zh = "…", en = "…" }}',
            f'“{key}” needs both languages: {{ zh = "…", en = "…" }}',
            *path,
            key,
        )
        return None

    def roles(self, table: Table, key: str, path: Path, *, required: bool = True) -> tuple[str, ...]:
        """A list of roles that may act."""
        names = self.names(table, key, path)
        if required and not names and isinstance(table.get(key, []), list):
            self.wrong(
                "nobody_can", f"“{key}”没有写任何岗位", f"“{key}” names no role: nobody could", *path, key
            )
        for name in names:
            if name not in ROLES:
                zh, en = nearest(name, list(ROLES))
                self.wrong("unknown_role", f"没有岗位“{name}”{zh}", f"No role “{name}”{en}", *path, key)
            elif name == READS_ONLY:
                self.wrong(
                    "role_reads_only",
                    "审计员只能查看，不能办理任何环节",
                    "An auditor only reads and may do nothing",
                    *path,
                    key,
                )
        return tuple(dict.fromkeys(names))

    def who(self, table: Table, key: str, path: Path) -> Who | None:
        """`{ roles = [...], level = "outlet" }`; each role has to exist at the level."""
        if key not in table:
            return None
        inner, at = self.table(table, key, path), (*path, key)
        self.known_keys(inner, ("roles", "level"), at)
        roles = self.roles(inner, "roles", at)
        level = self.value(inner, "level", str, at)
        if level is not None and level not in LEVELS:
            zh, en = nearest(str(level), list(LEVELS))
            self.wrong("unknown_level", f"没有层级“{level}”{zh}", f"No level “{level}”{en}", *at, "level")
            return Who(roles)
        for role in roles:
            if level is not None and role in ROLES and level not in ROLES[role].levels:
                self.wrong(
                    "role_not_at_level",
                    f"{LEVELS[level].zh}没有{ROLES[role].words.zh}",
                    f"There is no {ROLES[role].words.en} at {LEVELS[level].en} level",
                    *at,
                    "level",
                )
        return Who(roles, level)

    def needs(self, table: Table, path: Path) -> tuple[Need, ...]:
        """`paper:x`, `check:x?`, `decision:x`, `answer`."""
        found: list[Need] = []
        for text in self.names(table, "needs", path):
            kind, _, name = text.removesuffix("?").partition(":")
            if kind not in NEED_KINDS:
                zh, en = nearest(kind, list(NEED_KINDS))
                self.wrong(
                    "unknown_need_kind",
                    f"没有要件种类“{kind}”{zh}",
                    f"No kind of need “{kind}”{en}",
                    *path,
                    "needs",
                )
            elif (kind == "answer") == bool(name) or (name and not ID.match(name)):
                self.wrong(
                    "bad_need",
                    f"要件“{text}”应写作 {kind if kind == 'answer' else kind + ':名称'}",
                    f"Write the need “{text}” as {kind if kind == 'answer' else kind + ':name'}",
                    *path,
                    "needs",
                )
            else:
                found.append(Need(kind, name, required=not text.endswith("?")))
        return tuple(found)

    def clock(self, table: Table, key: str, path: Path) -> Clock | None:
        """One unit with its number, and perhaps `runs_for_client`, `pauses_for`, `at_risk_percent`."""
        if key not in table:
            return None
        inner, at = self.table(table, key, path), (*path, key)
        self.known_keys(inner, (*CLOCK_UNITS, "runs_for_client", "pauses_for", "at_risk_percent"), at)
        units = [unit for unit in CLOCK_UNITS if unit in inner]
        amount = self.value(inner, units[0], int, at) if len(units) == 1 else None
        if not isinstance(amount, int) or amount < 1:
            listed = "、".join(CLOCK_UNITS)
            self.wrong(
                "bad_clock",
                f"时限要用一个单位写一个正整数，单位：{listed}",
                f"A clock is one positive number in one unit: {', '.join(CLOCK_UNITS)}",
                *at,
            )
            return None
        pauses_for = self._pauses_for(inner, at)
        percent = self.value(inner, "at_risk_percent", int, at)
        if isinstance(percent, int) and not 1 <= percent <= 100:
            self.wrong(
                "bad_clock",
                "提醒比例应为 1 到 100",
                "The share has to be from 1 to 100",
                *at,
                "at_risk_percent",
            )
        return Clock(
            units[0],
            amount,
            self.flag(inner, "runs_for_client", at),
            pauses_for,
            percent if isinstance(percent, int) else 80,
        )

    def _pauses_for(self, table: Table, path: Path) -> tuple[WaitingFor, ...]:
        """For whom the case may wait without the clock running; the client when nothing is said."""
        if "pauses_for" not in table:
            return ("client",)
        known: dict[object, WaitingFor] = {name: name for name in get_args(WaitingFor)}
        names = table["pauses_for"]
        if not isinstance(names, list) or not all(isinstance(n, str) and n in known for n in names):
            self.wrong(
                "bad_clock",
                f"pauses_for 只能列出：{'、'.join(get_args(WaitingFor))}",
                f"pauses_for lists some of: {', '.join(get_args(WaitingFor))}",
                *path,
                "pauses_for",
            )
            return ("client",)
        return tuple(dict.fromkeys(known[name] for name in names))

    def votes(self, table: Table, key: str, path: Path) -> VoteRule | None:
        """`{ pass_at_percent = 60, weights = { outlet_head = 2 }, person_weights = { "li.min" = 1 }, voters_min = 3 }`."""
        if key not in table:
            return None
        inner, at = self.table(table, key, path), (*path, key)
        self.known_keys(inner, ("pass_at_percent", "weights", "person_weights", "voters_min"), at)
        share = self.value(inner, "pass_at_percent", int, at)
        if not isinstance(share, int) or share < 1:
            self.wrong(
                "bad_votes",
                "票签要写 pass_at_percent：达到全部票数的百分之几通过（1 到 100）",
                "Votes need pass_at_percent: the share of all weight that passes, from 1 to 100",
                *at,
                "pass_at_percent",
            )
            share = 1
        elif share > 100:
            self.wrong(
                "votes_never_pass",
                f"全部同意也只有100%，达不到 pass_at_percent = {share}",
                f"With all for it there are 100 %: pass_at_percent = {share} is never reached",
                *at,
                "pass_at_percent",
            )
        weights = self._weights(inner, "weights", at)
        if weights:
            self.roles({"weights": list(weights)}, "weights", at)
        least = self.value(inner, "voters_min", int, at) if "voters_min" in inner else VOTERS_MIN
        if not isinstance(least, int) or not VOTERS_MIN <= least <= VOTERS_MAX:
            self.wrong(
                "bad_votes",
                f"voters_min 应为 {VOTERS_MIN} 到 {VOTERS_MAX}：一人决定是签署，不是票签",
                f"voters_min has to be from {VOTERS_MIN} to {VOTERS_MAX}: what one person decides is a signature",
                *at,
                "voters_min",
            )
            least = VOTERS_MIN
        return VoteRule(share, weights, self._weights(inner, "person_weights", at), least)

    def _weights(self, table: Table, key: str, path: Path) -> dict[str, int]:
        """Name -> whole weight from 1."""
        found: dict[str, int] = {}
        for name, weight in self.table(table, key, path).items():
            if isinstance(weight, int) and not isinstance(weight, bool) and 1 <= weight <= WEIGHT_MAX:
                found[name] = weight
            else:
                self.wrong(
                    "bad_votes",
                    f"“{name}”的票数应为 1 到 {WEIGHT_MAX} 的整数",
                    f"The weight of “{name}” has to be a whole number from 1 to {WEIGHT_MAX}",
                    *path,
                    key,
                    name,
                )
        return found

    def condition(
        self, table: Table, key: str, path: Path, step_ids: Iterable[str], facts: Iterable[str]
    ) -> Condition | None:
        """A condition that parses and reads only what the plan declares."""
        text = self.value(table, key, str, path)
        if not isinstance(text, str):
            return None
        at = (*path, key)
        if len(text) > MAX_CONDITION:
            self.wrong(
                "condition_too_long",
                f"条件不能超过{MAX_CONDITION}字",
                f"A condition has at most {MAX_CONDITION} characters",
                *at,
            )
            return None
        fault = syntax_fault(text)
        if fault is not None:
            self.wrong(
                "condition_syntax",
                f"条件写法有误（条件内第{fault.line}行第{fault.column}列）：{fault.message}",
                f"The condition does not parse (line {fault.line}, column {fault.column} in it): {fault.message}",
                *at,
            )
            return None
        reads = reads_of(text)
        problems_before = len(self.problems)
        if reads.bare:
            self.wrong(
                "condition_not_by_name",
                f"条件要按名称读取，如 {reads.bare}.名称",
                f"A condition reads by name, as in {reads.bare}.name",
                *at,
            )
        if reads.loops > 1:
            self.wrong(
                "condition_unbounded",
                "一个条件最多逐项检查一个列表（all、exists、map、filter 只用一次），请拆成两个条件",
                "A condition walks at most one list (all, exists, map, filter: once); make two conditions of it",
                *at,
            )
        self.references("unknown_fact", "情况", "fact", reads.facts, facts, *at)
        self.references("unknown_step", "环节", "step", tuple(name for name, _ in reads.steps), step_ids, *at)
        for name, field in reads.steps:
            if field not in STEP_FIELDS:
                zh, en = nearest(field, list(STEP_FIELDS))
                self.wrong(
                    "unknown_step_field",
                    f"环节“{name}”没有“{field}”{zh}",
                    f"A step has no “{field}” (steps.{name}){en}",
                    *at,
                )
        if len(self.problems) > problems_before:
            return None
        return Condition(
            text, self.lines.of(*at), reads.facts, tuple(dict.fromkeys(n for n, _ in reads.steps))
        )

    def references(
        self, code: str, zh: str, en: str, names: Iterable[str], known: Iterable[str], *path: str | int
    ) -> None:
        """A problem for each name that is not declared."""
        declared = list(known)
        for name in names:
            if name not in declared:
                hint_zh, hint_en = nearest(name, declared)
                self.wrong(code, f"没有{zh}“{name}”{hint_zh}", f"No {en} “{name}”{hint_en}", *path)


def nearest(name: str, known: list[str]) -> tuple[str, str]:
    """`，是否要写“step”？` / ` (did you mean “step”?)`, or the whole list when it is short, or nothing."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"，是否要写“{close[0]}”？", f" (did you mean “{close[0]}”?)"
    if 0 < len(known) <= 12:
        return f"；可用：{'、'.join(get_args(WaitingFor))}", f"; there are: {', '.join(known)}"
    return "", ""
