"""The JSON form of a question to the clocks: `read(value)` gives the engine's values, `answer(value)` the answer.

What may be written is in `schema.py`; the tolerant reading of single values is in `reading.py` and `outlets.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xiaoshi.core.clocks.engine import reckon
from xiaoshi.core.clocks.model import AT_RISK_PERCENT, UNITS, Outlet, Reckoning, Span, Term, Unit
from xiaoshi.core.clocks.outlets import NO_WEEK, SPAN_KEYS, as_table, read_outlet, read_span
from xiaoshi.core.clocks.reading import Reader
from xiaoshi.core.problems import Problem

AMOUNT_MAX = 10**9
REQUEST_KEYS = frozenset(
    {*UNITS, "start", "outlet", "pauses", "client_zone", "runs_for_client", "extensions", "at_risk_percent"}
    | {"id", "name"}
)
TOLERATED = frozenset({"unknown_key", "periods_overlap", "swap_twice"})
"""Oddities beside which there still is an answer; an answer from half an input would be a guess."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question, read. `at_risk_percent` None: not asked for."""

    start: datetime
    term: Term
    outlet: Outlet
    pauses: tuple[Span, ...]
    at_risk_percent: int | None


def answer(value: Any, root: tuple[str | int, ...] = (), language: str = "zh") -> dict[str, Any]:
    """The answer to one question as JSON: `due`, `segments`, `problems` (and `at_risk` where it was asked for).

    `root`: where the question stands in the input, for the pointers; `language`: of `text` (`zh` and `en` are both there).
    """
    request, problems = read(value, root)
    if request is None:
        return {"due": None, "segments": [], "problems": [problem_json(p, language) for p in problems]}
    percent = request.at_risk_percent or AT_RISK_PERCENT
    found = reckon(request.start, request.term, request.outlet, request.pauses, percent)
    told = _answer(found, problems, root, language)
    if request.at_risk_percent is not None:
        told["at_risk"] = _iso(found.at_risk)
    return told


def _answer(
    found: Reckoning, problems: list[Problem], root: tuple[str | int, ...], language: str
) -> dict[str, Any]:
    prefix = "".join(f"/{part}" for part in root)
    return {
        "due": _iso(found.due),
        "segments": [{"from": _iso(s.begin), "to": _iso(s.end)} for s in found.segments],
        "problems": [problem_json(p, language) for p in problems]
        + [problem_json(p, language, prefix) for p in found.problems],
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def problem_json(problem: Problem, language: str, prefix: str = "") -> dict[str, str]:
    """The house's form of a problem, with both languages beside it."""
    words = {"zh": problem.words.zh, "en": problem.words.en}
    return {**problem.as_json(language), "where": prefix + problem.where, **words}


def read(value: Any, root: tuple[str | int, ...] = ()) -> tuple[Request | None, list[Problem]]:
    """The question and what is odd about it; None with problems when it cannot be answered."""
    reader = Reader(root)
    if not isinstance(value, dict):
        zh, en = "每个问题应为一个 JSON 对象。", "Each question has to be a JSON object."
        reader.wrong("not_an_object", zh, en)
        return None, reader.problems
    reader.unknown_keys(value, REQUEST_KEYS)
    outlet = read_outlet(reader, value.get("outlet"))
    start = _start(reader, value)
    term = _term(reader, value)
    pauses = _pauses(reader, value.get("pauses"))
    at_risk = value.get("at_risk_percent")
    percent = reader.read_whole(at_risk, 1, 100, "at_risk_percent") if at_risk is not None else None
    if term is not None:
        term = _extended(reader, value.get("extensions"), term)
    outlet = _for_client(reader, value, term, outlet)
    if start is None or term is None or outlet is None or {p.code for p in reader.problems} - TOLERATED:
        return None, reader.problems
    return Request(start, term, outlet, tuple(pauses), percent), reader.problems


def _start(reader: Reader, value: dict[str, Any]) -> datetime | None:
    if value.get("start") is None:
        reader.wrong("start_missing", "请写 start：从何时起算。", "Say from when it counts: start.", "start")
        return None
    return reader.read_moment(value["start"], "start")


def _term(reader: Reader, value: dict[str, Any]) -> Term | None:
    given: list[Unit] = [unit for unit in UNITS if value.get(unit) is not None]
    if len(given) != 1:
        reader.wrong(
            "term_missing" if not given else "term_twice",
            f"时限要用且只用一个单位：{'、'.join(UNITS)}。",
            f"The term needs one unit, and one only: {', '.join(UNITS)}.",
            given[1] if given else "working_minutes",
        )
        return None
    amount = reader.read_whole(value[given[0]], 0, AMOUNT_MAX, given[0])
    runs = value.get("runs_for_client", False)
    if not isinstance(runs, bool):
        reader.wrong("not_a_boolean", "请写 true 或 false。", "Write true or false.", "runs_for_client")
        return None
    return Term(given[0], amount, runs) if amount is not None else None


def _extended(reader: Reader, value: Any, term: Term) -> Term:
    """Extensions add `by` in the term's own unit; each names its reason and its authority."""
    amount = term.amount
    for i, item in enumerate(reader.read_items(value, "extensions")):
        if not isinstance(item, dict) or not item.get("reason") or not item.get("authority"):
            reader.wrong(
                "extension_unfounded",
                "每次延长都要写 by、reason（理由）和 authority（批准人或依据）。",
                "Each extension needs by, reason, and authority (who or what allows it).",
                "extensions",
                i,
            )
            continue
        amount += reader.read_whole(item.get("by"), 1, AMOUNT_MAX, "extensions", i, "by") or 0
    return Term(term.unit, amount, term.runs_for_client)


def _for_client(
    reader: Reader, value: dict[str, Any], term: Term | None, outlet: Outlet | None
) -> Outlet | None:
    """With `client_zone`, calendar days and the answer's offset are the client's, where the clock is elapsed time."""
    if value.get("client_zone") is None:
        return outlet
    zone = reader.read_zone(value["client_zone"], "client_zone")
    if zone is None or outlet is None or term is None:
        return outlet
    elapsed = term.unit in ("hours", "days") or term.runs_for_client
    return Outlet(zone, NO_WEEK) if elapsed else outlet


def _pauses(reader: Reader, value: Any) -> list[Span]:
    found = []
    for i, item in enumerate(reader.read_items(value, "pauses")):
        table = as_table(item)
        reader.unknown_keys(table, SPAN_KEYS, "pauses", i)
        span = read_span(reader, table, ("pauses", i), open_end=True)
        if span is not None:
            found.append(span)
    return found
