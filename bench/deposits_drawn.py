"""Random deposits for bench, soak and tests: columns drawn with a seed, single ones made of them, and the comparison of both engines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from xiaoshi.core.deposits import PRODUCTS, Deposit, value
from xiaoshi.core.deposits.bulk import DOUBTS, NEVER, ODDITIES, REFUSALS, Columns, Results, number
from xiaoshi.core.deposits.bulk.tables import BEFORE_ALL
from xiaoshi.core.rules.deposit_rate_table import RateBook
from xiaoshi.core.rules.deposit_rates import BOOKS
from xiaoshi.core.rules.deposit_rules import TAX_DAYS

FIRST, LAST = number(date(1988, 9, 1)), number(date(2026, 11, 23))


def drawn(rows: int, seed: int) -> Columns:
    """Every product alike often, opened on any day since 1988-09-01, kept up to eleven years; one in eight in part, some impossible."""
    rng = np.random.default_rng(seed)
    product = rng.integers(0, len(PRODUCTS), rows).astype(np.int8)
    opened = rng.integers(FIRST, LAST, rows)
    edges = np.array(
        [number(d) for d in TAX_DAYS] + [number(d) for d in (date(1993, 3, 1), date(2005, 9, 21))]
    )
    near = rng.random(rows) < 0.05
    opened[near] = rng.choice(edges, int(near.sum())) + rng.integers(-400, 3, int(near.sum()))
    kept = np.where(rng.random(rows) < 0.3, rng.integers(0, 40, rows), rng.integers(0, 4000, rows))
    withdrawn = np.minimum(opened + kept, LAST + 1)
    back = rng.random(rows) < 0.002
    withdrawn[back] = opened[back] - 1
    principal = np.exp(rng.uniform(0, np.log(10**11), rows)).astype(np.int64) + 1
    names = np.array(PRODUCTS)[product]
    fixed, call = names == "fixed", np.char.startswith(names, "call")
    kinds = np.isin(names, ["instalment_in", "instalment_out", "interest_out"])
    principal[call] += 4_900_000
    term = np.where(fixed, rng.choice([3, 6, 12, 24, 36, 60, 96, 7], rows, p=[0.142] * 7 + [0.006]), 0)
    term = np.where(kinds, rng.choice([12, 36, 60], rows), term)
    ahead = rng.choice([1, 7, 1, 7, 0, 8], rows)
    notice = np.where(call & (rng.random(rows) < 0.7), withdrawn - ahead, NEVER)
    part = (rng.random(rows) < 0.12) & (fixed | call)
    return Columns(
        product,
        term.astype(np.int32),
        principal,
        opened.astype(np.int32),
        withdrawn.astype(np.int32),
        fixed & (rng.random(rows) < 0.5),
        rng.random(rows) < 0.5,
        notice.astype(np.int32),
        np.where(part, (principal * rng.uniform(0.01, 1.01, rows)).astype(np.int64) + 1, 0),
    )


def single(columns: Columns, row: int, posted: str = "big_banks") -> Deposit:
    """The deposit of one row for the scalar engine."""

    def day(of: int) -> date:
        return date.fromordinal(int(of) + BEFORE_ALL)

    notice = int(columns.notice[row])
    return Deposit(
        product=PRODUCTS[int(columns.product[row])],
        principal_fen=int(columns.principal_fen[row]),
        opened_on=day(columns.opened[row]),
        withdrawn_on=day(columns.withdrawn[row]),
        term_months=int(columns.term_months[row]) or None,
        auto_rollover=bool(columns.auto_rollover[row]),
        day_count="actual/360" if columns.actual[row] else "30/360",
        notice_given_on=None if notice == NEVER else day(notice),
        withdraw_fen=int(columns.withdraw_fen[row]) or None,
        posted=posted,
    )


def difference(
    columns: Columns,
    results: Results,
    row: int,
    posted: str = "big_banks",
    books: Mapping[str, RateBook] = BOOKS,
) -> str:
    """What the two engines say differently about a row; empty when they agree."""
    if results.scalar[row]:
        return ""
    one = value(single(columns, row, posted), books)
    refusal = REFUSALS[results.refusal[row]]
    stays = int(results.remaining_fen[row])
    many = (
        int(results.interest_fen[row]),
        int(results.tax_fen[row]),
        int(results.total_fen[row]),
        stays and (stays, date.fromordinal(int(results.remaining_opened[row]) + BEFORE_ALL)),
        {code for bit, code in enumerate(DOUBTS) if results.doubts[row] >> bit & 1},
        {code for bit, code in enumerate(ODDITIES) if results.oddities[row] >> bit & 1} | ({refusal} - {""}),
    )
    left = one.remaining
    alone = (
        one.interest_fen,
        one.tax_fen,
        one.total_fen,
        0 if left is None else (left.principal_fen, left.opened_on),
        {p.code for p in one.unconfirmed},
        {p.code for p in one.problems},
    )
    return "" if many == alone else f"{single(columns, row, posted)}: {many} by columns, {alone} alone"
