"""Conditions of a plan: CEL over the facts and steps of one case.

A condition reads `facts.NAME` and `steps.ID.{done, skipped, result, round, sent_back}`, always by name, so that what it
reads is known when the plan is loaded. Beside CEL's own functions there is `date('2026-03-01')`.

Three answers, not two. A fact that nobody has set yet is absent: `has(facts.x)` is false and a bare `facts.x` has no
value. CEL's own logic then decides whether it matters: `false && facts.x` is false, `true && facts.x` is not known. "Not
known" counts as false for doing anything, and says which facts it waits for. The same trick tells "not any more" from
"not yet": with the steps that are still under way left out, `facts.special && steps.intake.done` is false for good
when special is false, and not known while intake is under way.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import cel

from xiaoshi.core.casework.model import Condition, Facts, FactSpec, FactValue

STEP_FIELDS = ("done", "skipped", "result", "round", "sent_back")
LOOPS = ("all", "exists", "exists_one", "map", "filter")
"""CEL's macros that walk a list. One inside another multiplies: seven of them over nine elements are five million steps."""

_TOKEN = re.compile(
    r"""(?P<string>[rRbB]{0,2}(?:\"\"\".*?\"\"\"|'''.*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))"""
    r"""|(?P<comment>//[^\n]*)|(?P<name>[A-Za-z_]\w*)|(?P<number>\d[\w.]*)|(?P<sign>==|!=|<=|>=|&&|\|\||\S)""",
    re.DOTALL,
)
_PLACE = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")


@dataclass(frozen=True, slots=True)
class Truth:
    """`value` None: not known. `missing`: the unset facts that the condition reads; `error`: it failed otherwise."""

    value: bool | None
    missing: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Reads:
    """What a condition names: facts, (step, field) pairs, (fact, text it is compared with) pairs, and the first place
    where `facts` or `steps` stands alone; `loops`: how many of CEL's macros that walk a list it uses."""

    facts: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]
    compared: tuple[tuple[str, str], ...]
    numbers: tuple[tuple[str, int], ...]
    bare: str = ""
    loops: int = 0


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """Where CEL stopped reading, counted from 1 inside the condition, and what it said."""

    line: int
    column: int
    message: str


def syntax_fault(source: str) -> SyntaxFault | None:
    """The first place where the text is no CEL, or None."""
    try:
        cel.compile(source)
    except ValueError as error:
        found = _PLACE.search(str(error))
        if found is None:
            return SyntaxFault(1, 1, str(error).splitlines()[0][:200])
        message = found.group(3).split(" expecting ")[0].strip()[:160]
        if "Recursion" in message:
            message = "nested too deeply"
        return SyntaxFault(int(found.group(1)), int(found.group(2)), message)
    return None


def reads_of(source: str) -> Reads:
    """What the text names, found by its tokens (the library tells only `facts` and `steps`, not what of them)."""
    tokens = [(m.lastgroup or "", m.group()) for m in _TOKEN.finditer(source) if m.lastgroup != "comment"]
    facts: list[str] = []
    steps: list[tuple[str, str]] = []
    compared: list[tuple[str, str]] = []
    numbers: list[tuple[str, int]] = []
    bare = ""
    for i, (kind, text) in enumerate(tokens):
        if kind != "name" or text not in ("facts", "steps") or (i and tokens[i - 1][1] == "."):
            continue
        name, after = _member(tokens, i + 1)
        if not name:
            bare = bare or text
        elif text == "facts":
            facts.append(name)
            _comparison(tokens, after, name, compared, numbers)
        else:
            steps.append((name, _member(tokens, after)[0]))
    loops = sum(
        text in LOOPS and i > 0 and tokens[i - 1][1] == "." and tokens[i + 1 : i + 2] == [("sign", "(")]
        for i, (_, text) in enumerate(tokens)
    )
    return Reads(
        tuple(dict.fromkeys(facts)), tuple(dict.fromkeys(steps)), tuple(compared), tuple(numbers), bare, loops
    )


def _member(tokens: list[tuple[str, str]], at: int) -> tuple[str, int]:
    """The name after a `.` or inside `['...']` at this place, and the place behind it."""
    window = tokens[at : at + 3]
    if len(window) >= 2 and window[0][1] == "." and window[1][0] == "name":
        return window[1][1], at + 2
    if len(window) == 3 and window[0][1] == "[" and window[1][0] == "string" and window[2][1] == "]":
        return window[1][1].strip("\"'"), at + 3
    return "", at


def _comparison(
    tokens: list[tuple[str, str]],
    at: int,
    name: str,
    compared: list[tuple[str, str]],
    numbers: list[tuple[str, int]],
) -> None:
    if len(tokens) <= at + 1:
        return
    sign, (kind, literal) = tokens[at][1], tokens[at + 1]
    if sign in ("==", "!=") and kind == "string":
        compared.append((name, literal.strip("\"'")))
    elif sign in ("==", "!=", "<", "<=", ">", ">=") and kind == "number" and literal.isdigit():
        numbers.append((name, int(literal)))


def said(error: Exception) -> str:
    """The first sentence of a library's error, short enough for a screen."""
    return str(error).split(". ")[0][:160]


@functools.lru_cache(maxsize=4096)
def _program(source: str) -> Any:
    return cel.compile(source)


def _date(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), datetime.min.time(), tzinfo=UTC)


def _cel_value(value: FactValue, spec: FactSpec | None) -> object:
    if spec is not None and spec.type == "date" and isinstance(value, str):
        return _date(value)
    return list(value) if isinstance(value, tuple) else value


def run(
    condition: Condition, specs: Mapping[str, FactSpec], facts: Facts, steps: Mapping[str, object]
) -> object:
    """The bare value of the condition; raises whatever CEL raises. For checking plans; cases use `evaluate`."""
    known = {name: _cel_value(facts[name], specs.get(name)) for name in condition.facts if name in facts}
    context = cel.Context({"facts": known, "steps": steps})
    if "date(" in condition.source:
        context.add_function("date", _date)
    return _program(condition.source).execute(context)


def evaluate(
    condition: Condition, specs: Mapping[str, FactSpec], facts: Facts, steps: Mapping[str, object]
) -> Truth:
    """The condition's answer on these facts and steps. Never raises: what cannot be worked out is not known.

    `steps`: step id -> its fields; a step that is left out has no value yet, as an unset fact has none.
    """
    try:
        value = run(condition, specs, facts, steps)
    except Exception as error:  # the library raises many kinds: index, key, type, overflow, its own
        missing = tuple(name for name in condition.facts if name not in facts)
        awaited = any(step not in steps for step in condition.steps)
        return Truth(None, missing, "" if missing or awaited else said(error))
    if isinstance(value, bool):
        return Truth(value)
    return Truth(None, error=f"the condition gave {type(value).__name__}, not true or false")
