"""The JSON answer to one deposit: figures, segments, and what is not confirmed, with words in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xiaoshi.core.deposits.engine import value
from xiaoshi.core.deposits.model import Segment, Valuation
from xiaoshi.core.deposits.reading import read
from xiaoshi.core.problems import Problem
from xiaoshi.core.rules.deposit_rate_table import PPM_PER_PERCENT, RateBook
from xiaoshi.core.rules.deposit_rates import BOOKS
from xiaoshi.core.rules.deposit_rules import TAX_SOURCE


def answer(
    given: Any, books: Mapping[str, RateBook] = BOOKS, language: str = "zh", at: str = ""
) -> dict[str, Any]:
    """The answer to one deposit as JSON. `at`: JSON pointer of its place in the input; `language`: of `text`."""
    deposit, odd = read(given)
    found = value(deposit, books) if deposit is not None else Valuation(None)
    problems = [*odd, *found.problems]
    name = given.get("id") if isinstance(given, dict) else None
    refused = found.payments is None
    return {
        "id": name if isinstance(name, str | int) and not isinstance(name, bool) else None,
        "interest_fen": None if refused else found.interest_fen,
        "tax_fen": None if refused else found.tax_fen,
        "net_fen": None if refused else found.net_fen,
        "total_fen": None if refused else found.total_fen,
        "remaining": None
        if found.remaining is None
        else {
            "principal_fen": found.remaining.principal_fen,
            "opened_on": found.remaining.opened_on.isoformat(),
        },
        "segments": [
            segment_json(segment, place, deposit.day_count, language)
            for place, payment in enumerate(found.payments or ())
            for segment in payment.segments
        ]
        if deposit is not None
        else [],
        "unconfirmed": [{**problem_json(p, language), "where": p.where} for p in found.unconfirmed],
        "problems": [problem_json(p, language, at) for p in problems],
    }


def segment_json(segment: Segment, payment: int, day_count: str, language: str) -> dict[str, Any]:
    """One line of the calculation sheet. `payment`: which settlement it belongs to, counted from 0; `basis`: the day count."""
    return {
        "from": segment.begin.isoformat(),
        "to": segment.end.isoformat(),
        "days": segment.days,
        # A decimal of at most four places: the nearest double prints as exactly that decimal.
        "rate_pct": segment.ppm / PPM_PER_PERCENT,
        "basis": day_count,
        "interest_li": segment.interest_li,
        "tax_pct": segment.tax_percent,
        "tax_li": segment.tax_li,
        "rule": segment.rule.text(language),
        "rule_id": segment.rule.id,
        "tax_rule": TAX_SOURCE.in_language(language) if segment.tax_percent else None,
        "rate_kind": segment.kind,
        "base_yuan": segment.base_yuan,
        "payment": payment,
    }


def problem_json(problem: Problem, language: str, at: str = "") -> dict[str, str]:
    """The house's form of a problem, with both languages beside it."""
    where = (
        f"{at}/{problem.where}" if problem.where and not problem.where.startswith("/") else at + problem.where
    )
    words = {"zh": problem.words.zh, "en": problem.words.en}
    return {**problem.as_json(language), "where": where, **words}
