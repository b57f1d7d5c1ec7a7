"""JSON Schema 2020-12 of `xiaoshi clock due`: what may be written, with examples, and what is answered.

The schema describes the forms that we promise to read. The reader itself is a little more patient (`21:00~02:00`, `mon-fri`).
"""

from __future__ import annotations

from typing import Any

TIME = "Time of day, 00:00 to 24:00 (24:00 is the end of the day; 26:00 is 02:00 of the next day)."
WEEKDAY = "mon to sun, monday to sunday, 1 to 7 (ISO: 1 is Monday), 周一 to 周日."
MOMENT = "ISO 8601. Without an offset it is the wall time of the outlet's zone."


def _text(description: str, *examples: str) -> dict[str, Any]:
    return {"type": "string", "description": description, "examples": list(examples)}


def _one_of(description: str, *forms: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "anyOf": list(forms)}


def _table(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


_REF_TIME = {"$ref": "#/$defs/time"}
_REF_DATE = {"$ref": "#/$defs/date"}
_REF_MOMENT = {"$ref": "#/$defs/moment"}
_REF_PERIODS = {"$ref": "#/$defs/periods_of_day"}
_REF_WEEKDAY = {"$ref": "#/$defs/weekday"}

PERIOD = _one_of(
    "One period, from the first time up to (not including) the second. An end that is not later lies behind midnight:"
    ' ["21:00","02:00"]. A period belongs to the day on which it begins, also its part behind midnight.',
    {"type": "array", "items": _REF_TIME, "minItems": 2, "maxItems": 2},
    _table(["from", "to"], **{"from": _REF_TIME, "to": _REF_TIME}),
    {"type": "string", "examples": ["09:00-12:00", "09:00-12:00,13:30-17:30"]},
)

CLOSURE = _one_of(
    "A one-off closure. A date closes the working day that begins on it with all its periods (their part behind midnight"
    " too); from and to as dates close all days from the first to the last, both included; from and to as moments, or a"
    " date with times, close exactly these hours.",
    _REF_DATE,
    _table(["from", "to"], **{"from": _REF_DATE, "to": _REF_DATE}),
    _table(["from", "to"], **{"from": _REF_MOMENT, "to": _REF_MOMENT}),
    _table(["date"], date=_REF_DATE, **{"from": _REF_TIME, "to": _REF_TIME}),
)

SWAP = _one_of(
    "A swapped day 调休: the whole working day that begins on this date follows another weekday's periods, has periods of"
    " its own, or is off. A closure of the same day counts more. `as` and `like` are read as `works_as`, `day` as `date`.",
    _table(["date", "works_as"], date=_REF_DATE, works_as=_REF_WEEKDAY),
    _table(["date", "off"], date=_REF_DATE, off={"const": True}),
    _table(["date", "periods"], date=_REF_DATE, periods=_REF_PERIODS),
    {
        **_table(["work", "off"], work=_REF_DATE, off=_REF_DATE),
        "description": "`work` is worked in place of `off`, with its weekday's periods; `off` is off.",
    },
)

PAUSE = _table(["from"], **{"from": _REF_MOMENT, "to": {"anyOf": [_REF_MOMENT, {"type": "null"}]}}) | {
    "description": "The client had to act: this time does not count. `to` null or left out: the pause still goes on.",
}

EXTENSION = _table(
    ["by", "reason", "authority"],
    by={"type": "integer", "minimum": 1, "description": "Added to the term, in the term's own unit."},
    reason={"type": "string", "minLength": 1},
    authority={"type": "string", "minLength": 1, "description": "Who allowed it, or what rule does."},
)

OUTLET = _table(
    ["periods"],
    zone=_text("IANA name or offset.", "Asia/Shanghai", "+08:00") | {"default": "Asia/Shanghai"},
    periods=_one_of(
        "The plain week. A weekday that is left out is closed.",
        {
            "type": "object",
            "description": f"Keys: {WEEKDAY} Also groups: mon-fri, 周一至周五, weekdays, weekend, daily.",
            "additionalProperties": _REF_PERIODS,
        },
        {
            "type": "array",
            "items": _REF_PERIODS,
            "minItems": 7,
            "maxItems": 7,
            "description": "Monday first.",
        },
        {"type": "array", "items": _table(["day"], day=_REF_WEEKDAY)},
    ),
    closures={"type": ["array", "null"], "items": CLOSURE, "default": []},
    swaps={"type": ["array", "null"], "items": SWAP, "default": []},
    announced_years={
        "type": "array",
        "items": {"type": "integer"},
        "description": "Years whose swapped days are known. Another year that the count touches is counted by the plain"
        " week, with the problem year_not_announced. Left out: with swaps, every year up to that of the newest one;"
        " without swaps, the question is not asked.",
    },
)

REQUEST = _table(
    ["start", "outlet"],
    start=_REF_MOMENT | {"description": "From when it counts."},
    working_minutes={
        "type": "integer",
        "minimum": 0,
        "description": "Used up inside open, unpaused time; what ends with a period is due at its end.",
    },
    working_days={
        "type": "integer",
        "minimum": 0,
        "description": "The day of the start does not count. Each later working day counts whose last closing moment is"
        " not paused; due at the last closing moment of the last of them.",
    },
    hours={"type": "integer", "minimum": 0, "description": "Elapsed; nights and closures do not stop it."},
    days={
        "type": "integer",
        "minimum": 0,
        "description": "Elapsed: the same time of day so many days later, in client_zone or the outlet's zone.",
    },
    outlet=OUTLET,
    pauses={"type": ["array", "null"], "items": PAUSE, "default": []},
    extensions={"type": ["array", "null"], "items": EXTENSION, "default": []},
    runs_for_client={
        "type": "boolean",
        "default": False,
        "description": "The client's own clock: neither pauses nor our calendar stop it; working units are elapsed ones.",
    },
    client_zone=_text("The client's zone, for elapsed terms.", "America/Toronto"),
    at_risk_percent={
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "description": "Asks for at_risk too: when this share of the counted time is used up.",
    },
) | {
    "description": "One question, with exactly one of working_minutes, working_days, hours, days.",
    "oneOf": [{"required": [unit]} for unit in ("working_minutes", "working_days", "hours", "days")],
}

SEGMENT = _table(["from", "to"], **{"from": _REF_MOMENT, "to": _REF_MOMENT})

PROBLEM = _table(
    ["code", "text", "where", "zh", "en"],
    code={"type": "string", "description": "Stable name for programs."},
    text={"type": "string"},
    where={
        "type": "string",
        "description": "JSON pointer into the input; empty when it is about the whole.",
    },
    zh={"type": "string"},
    en={"type": "string"},
)

ANSWER = _table(
    ["due", "segments", "problems"],
    due={
        "anyOf": [_REF_MOMENT, {"type": "null"}],
        "description": "In the outlet's zone; null: see problems.",
    },
    at_risk={"anyOf": [_REF_MOMENT, {"type": "null"}], "description": "Only when at_risk_percent was given."},
    segments={
        "type": "array",
        "items": SEGMENT,
        "description": "What was counted, in order, without overlap; with working_minutes and hours they add up to the term.",
    },
    problems={
        "type": "array",
        "items": PROBLEM,
        "description": "year_not_announced, periods_overlap, swap_twice and unknown_key stand beside a due date; every"
        " other one in place of it.",
    },
)

EXAMPLE: dict[str, Any] = {
    "start": "2026-09-30T17:00",
    "working_minutes": 60,
    "outlet": {
        "zone": "Asia/Shanghai",
        "periods": {
            day: [["09:00", "12:00"], ["13:30", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")
        },
        "closures": [{"from": "2026-10-01", "to": "2026-10-05"}],
        "swaps": [
            {"date": "2026-10-06", "off": True},
            {"work": "2026-10-10", "off": "2026-10-07"},
        ],
    },
    "pauses": [{"from": "2026-09-30T17:10", "to": "2026-09-30T17:20"}],
}

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "xiaoshi clock due",
    "description": "Input: one request or a list of them. Output: one answer, or a list of them in the same order"
    " (#/$defs/answer). Problems are in Chinese and English.",
    "anyOf": [{"$ref": "#/$defs/request"}, {"type": "array", "items": {"$ref": "#/$defs/request"}}],
    "examples": [EXAMPLE],
    "$defs": {
        "request": REQUEST,
        "answer": ANSWER,
        "period": PERIOD,
        "periods_of_day": _one_of(
            "The periods of one day; an empty list or null: closed.",
            {"type": "array", "items": {"$ref": "#/$defs/period"}},
            {"$ref": "#/$defs/period"},
            {"type": "null"},
        ),
        "weekday": {"type": ["string", "integer"], "description": WEEKDAY, "examples": ["fri", "5", "周五"]},
        "time": _text(TIME, "09:00", "24:00") | {"pattern": r"^\d{1,2}:\d{2}(:00)?$"},
        "date": _text("A calendar date.", "2026-10-01") | {"pattern": r"^\d{4}-\d{1,2}-\d{1,2}$"},
        "moment": _text(MOMENT, "2026-09-30T17:00", "2026-09-30T09:00:00Z"),
    },
}
