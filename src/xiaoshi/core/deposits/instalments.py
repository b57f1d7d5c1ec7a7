"""零存整取, 整存零取, 存本取息: balances that move by plan, counted by products of yuan and days.

A plan of equal months is assumed, since the question names only a sum and a term: 零存整取 pays `principal_fen` in every month;
整存零取 takes an equal part of `principal_fen` out every month, the last part with the odd fen; 存本取息 leaves it as it is.
1,000 yuan a month for a year at 1.71 %: products 1,000 x (12 + 11 + ... + 1) months = 78,000 yuan-months, x 1.71 % / 12 = 111.15.
"""

from __future__ import annotations

from datetime import date

from xiaoshi.core.deposits import trouble
from xiaoshi.core.deposits.accrual import Stretch, pay
from xiaoshi.core.deposits.days import Mark, after_months
from xiaoshi.core.deposits.look import Look, Outcome
from xiaoshi.core.deposits.model import TERM_COLUMNS
from xiaoshi.core.problems import Problem
from xiaoshi.core.rules import deposit_rules as r

RULES = {
    "instalment_in": r.INSTALMENT_IN,
    "instalment_out": r.INSTALMENT_OUT,
    "interest_out": r.INTEREST_OUT,
}


def value_instalments(look: Look) -> Outcome | Problem:
    """The plan's balance at the opening day's rate; early: at the demand rate of the day; overdue: what is left at that rate."""
    deposit = look.deposit
    term = deposit.term_months or 0
    column = TERM_COLUMNS[deposit.product][term]
    if look.book.rate_on(deposit.opened_on, column) is None:
        return trouble.term_not_posted(look, column)
    start = look.mark(deposit.opened_on)
    maturity = after_months(start, term, deposit.day_count)
    end = look.mark(deposit.withdrawn_on)
    steps = _steps(look, start, term, min(end.day, maturity.day))
    put_in_fen = deposit.principal_fen
    if deposit.product == "instalment_in":
        # The instalment of the opening day was paid even if the deposit is closed on that day.
        put_in_fen = deposit.principal_fen * max(len(steps), 1)
    if end.day < maturity.day:
        ppm = look.demand_ppm(end.day) if start.day < end.day else 0
        rule = r.EARLY_FULL
        stretches = look.accrue(start, end, _yuan(steps), ppm, "demand", rule)
        look.note_rule(RULES[deposit.product])
        return Outcome((pay(stretches),), put_in_fen)
    found = look.rate(deposit.opened_on, column)
    assert found is not None
    look.note_clamped(deposit.opened_on, term)
    stretches = look.accrue(start, maturity, _yuan(steps), found.ppm, "instalment", RULES[deposit.product])
    stretches += _overdue(look, maturity, end, steps[-1][1])
    return Outcome((pay(stretches),), put_in_fen)


def _overdue(look: Look, maturity: Mark, end: Mark, left_fen: int) -> list[Stretch]:
    if maturity.day >= end.day:
        return []
    ppm = look.demand_ppm(end.day)
    return look.accrue(look.mark(maturity.day), end, left_fen // 100, ppm, "demand", r.OVERDUE)


def _steps(look: Look, start: Mark, term: int, until: date) -> list[tuple[Mark, int]]:
    """(from when, balance in fen) of the plan before the day `until`."""
    deposit = look.deposit
    marks = [after_months(start, month, deposit.day_count) for month in range(term)]
    if deposit.product == "interest_out":
        return [(start, deposit.principal_fen)]
    part_fen = deposit.principal_fen // term
    steps = []
    for month, at in enumerate(marks):
        if at.day >= until:
            break
        if deposit.product == "instalment_in":
            steps.append((at, deposit.principal_fen * (month + 1)))
        else:
            steps.append((at, deposit.principal_fen - part_fen * month))
    return steps


def _yuan(steps: list[tuple[Mark, int]]) -> list[tuple[Mark, int]]:
    return [(at, fen // 100) for at, fen in steps]
