"""JSON Schema 2020-12 of `xiaoshi deposits value`: what may be written, with examples, and what is answered."""

from __future__ import annotations

from typing import Any

from xiaoshi.core.deposits.model import DAY_COUNTS, PRODUCTS
from xiaoshi.core.money import AMOUNT_FEN_MAX

_DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "description": "A day that exists, YYYY-MM-DD."}
_FEN = {"type": "integer", "minimum": 1, "maximum": AMOUNT_FEN_MAX}


def _or_null(form: dict[str, Any], description: str) -> dict[str, Any]:
    return {"anyOf": [form, {"type": "null"}], "description": description}


REQUEST: dict[str, Any] = {
    "type": "object",
    "required": ["product", "principal_fen", "opened_on", "withdrawn_on"],
    "properties": {
        "id": {"type": ["string", "integer", "null"], "description": "Comes back as it is."},
        "product": {
            "enum": list(PRODUCTS),
            "description": "fixed 整存整取, demand 活期, fixed_or_demand 定活两便, instalment_in 零存整取, instalment_out 整存零取,"
            " interest_out 存本取息, call_1d and call_7d 通知存款.",
        },
        "term_months": {
            "type": ["integer", "null"],
            "description": "fixed: 3, 6, 12, 24, 36, 60, 96; instalment_in, instalment_out, interest_out: 12, 36, 60;"
            " other products have none.",
        },
        "principal_fen": _FEN
        | {
            "description": "What was put in at the opening. instalment_in: the monthly instalment, paid on the opening day of each"
            " month, none missed. instalment_out: the sum put in, taken out in equal monthly parts. interest_out: the sum put in."
        },
        "opened_on": _DAY,
        "withdrawn_on": _DAY,
        "auto_rollover": {
            "type": ["boolean", "null"],
            "default": False,
            "description": "fixed: renewed at maturity for the same term, net interest joined.",
        },
        "day_count": {
            "enum": [*DAY_COUNTS, None],
            "description": "30/360: every month 30 days, a term is whole months. actual/360: real days. Left out: real days for"
            " call deposits and for demand deposits withdrawn since 2005-09-21, else 30/360.",
        },
        "notice_given_on": _or_null(_DAY, "Call deposits: the notice for this withdrawal."),
        "withdraw_fen": _or_null(_FEN, "fixed and call: a part. Left out: all."),
        "posted": {
            "type": ["string", "null"],
            "default": "big_banks",
            "description": "Rate table: big_banks (the benchmark until 2012-07-05, then what the large banks posted), benchmark,"
            " or the name of a table given with --rates.",
        },
        "notice_fen": _or_null(
            _FEN, "Call deposits: the sum that the notice named. Left out: what is withdrawn."
        ),
        "idle_notices_on": {
            "type": ["array", "null"],
            "items": _DAY,
            "description": "Call deposits: notices that were given and never used; their periods earn nothing.",
        },
    },
}

_PROBLEM = {
    "type": "object",
    "required": ["code", "text", "where", "zh", "en"],
    "properties": {name: {"type": "string"} for name in ("code", "text", "where", "zh", "en")},
}

SEGMENT: dict[str, Any] = {
    "type": "object",
    "required": ["from", "to", "days", "rate_pct", "basis", "interest_li", "tax_pct", "tax_li", "rule"],
    "properties": {
        "from": _DAY,
        "to": _DAY | {"description": "The first day that does not count any more."},
        "days": {"type": "integer"},
        "rate_pct": {
            "type": "number",
            "description": "Per cent a year, an exact decimal of four places at most.",
        },
        "basis": {"enum": list(DAY_COUNTS)},
        "interest_li": {
            "type": "integer",
            "description": "Thousandths of a yuan. The segments of one payment add up to its interest, rounded half-up to the fen.",
        },
        "tax_pct": {"type": "integer"},
        "tax_li": {"type": "integer"},
        "rule": {"type": "string", "description": "The rule and its source, in the language asked for."},
        "rule_id": {"type": "string"},
        "tax_rule": {
            "type": ["string", "null"],
            "description": "The law behind the tax, where there is one to pay.",
        },
        "rate_kind": {
            "enum": ["fixed", "demand", "call", "fixed_or_demand", "instalment", "subsidy", "none"],
            "description": "subsidy and the parts of a call deposit run beside other segments; all others follow one another.",
        },
        "base_yuan": {
            "type": ["integer", "null"],
            "description": "Whole yuan that earn; null: the balance moved by plan.",
        },
        "payment": {
            "type": "integer",
            "description": "Which settlement, rollover or withdrawal it belongs to, from 0.",
        },
    },
}

ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["id", "interest_fen", "tax_fen", "net_fen", "total_fen", "remaining", "segments", "unconfirmed", "problems"],
    "properties": {
        "id": {"type": ["string", "integer", "null"]},
        "interest_fen": {
            "type": ["integer", "null"],
            "description": "All interest until the withdrawal, what was credited or joined before included. Null: refused.",
        },
        "tax_fen": {"type": ["integer", "null"]},
        "net_fen": {"type": ["integer", "null"]},
        "total_fen": {
            "type": ["integer", "null"],
            "description": "Paid out: principal (or part) and net interest. With what remains it is principal + net.",
        },
        "remaining": {
            "anyOf": [
                {
                    "type": "object",
                    "required": ["principal_fen", "opened_on"],
                    "properties": {"principal_fen": {"type": "integer"}, "opened_on": _DAY},
                },
                {"type": "null"},
            ]
        },
        "segments": {"type": "array", "items": {"$ref": "#/$defs/segment"}},
        "unconfirmed": {
            "type": "array",
            "items": _PROBLEM,
            "description": "Every rate and rule under the figures that was not confirmed.",
        },
        "problems": {
            "type": "array",
            "items": _PROBLEM,
            "description": "remainder_below_minimum, below_call_minimum, field_not_used and unknown_key stand beside figures; every"
            " other one in place of them.",
        },
    },
}  # fmt: skip

EXAMPLE: dict[str, Any] = {
    "id": "1",
    "product": "fixed",
    "term_months": 12,
    "principal_fen": 1_000_000,
    "opened_on": "1999-06-10",
    "withdrawn_on": "2000-06-10",
    "auto_rollover": False,
    "day_count": "30/360",
    "notice_given_on": None,
    "withdraw_fen": None,
    "posted": None,
}

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "xiaoshi deposits value",
    "description": "Input: a list of deposits (or one). Output: one answer for each, in the same order (#/$defs/answer)."
    " Problems are in Chinese and English.",
    "anyOf": [{"type": "array", "items": {"$ref": "#/$defs/request"}}, {"$ref": "#/$defs/request"}],
    "examples": [[EXAMPLE]],
    "$defs": {"request": REQUEST, "segment": SEGMENT, "answer": ANSWER},
}
