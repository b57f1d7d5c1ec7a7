"""Payments for many rows at once, rounded as `accrual.py` says: one stretch exactly, several each to the li.

Nearly every payment is one stretch in one tax period; those are done in a few operations. The rest is cut at the tax days.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xiaoshi.core.deposits.accrual import LI_DIVISOR
from xiaoshi.core.deposits.bulk.tables import TAX_PERCENTS, Anys, Bools, Calendar, Days, Ints, tax_cuts

Product = Callable[[Anys, Ints, Ints], Ints]
"""(which rows, from index, to index) -> yuan x days"""


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of each row: days, their indices, yuan (or a product of their own), rate. Where begin = end there is none."""

    begin: Days
    end: Days
    index_begin: Ints
    index_end: Ints
    yuan: Ints
    ppm: Ints
    product: Product | None = None

    def pieces(self, tables: Calendar) -> Ints:
        """Into how many pieces the tax cuts it."""
        there = self.begin < self.end
        last = np.where(there, self.end - 1, self.end)
        return np.where(there, tables.period[last] - tables.period[self.begin] + 1, 0).astype(np.int64)

    def amount(self, rows: Anys, begin: Ints, end: Ints) -> Ints:
        days_product = (
            self.yuan[rows] * (end - begin) if self.product is None else self.product(rows, begin, end)
        )
        worth: Ints = days_product * self.ppm[rows]
        return worth


def pay(parts: list[Part], actual: Bools, tables: Calendar) -> tuple[Ints, Ints]:
    """Interest and tax in fen of one payment for each row."""
    pieces = [part.pieces(tables) for part in parts]
    count = pieces[0] if len(pieces) == 1 else np.sum(pieces, axis=0)
    interest = np.zeros(len(count), dtype=np.int64)
    tax = np.zeros(len(count), dtype=np.int64)
    lone = count == 1
    for part, own in zip(parts, pieces, strict=True):
        rows: Anys = np.flatnonzero(lone if len(parts) == 1 else lone & (own == 1))
        if rows.size:
            li = part.amount(rows, part.index_begin[rows], part.index_end[rows]) // LI_DIVISOR
            percent = TAX_PERCENTS[tables.period[part.begin[rows]]]
            interest[rows] = (li + 5) // 10
            tax[rows] = (li * percent // 100 + 5) // 10
    several = np.flatnonzero(count > 1)
    if several.size:
        interest[several], tax[several] = _pay_several(parts, pieces, several, actual, tables)
    return interest, tax


def _pay_several(
    parts: list[Part], pieces: list[Ints], several: Anys, actual: Bools, tables: Calendar
) -> tuple[Ints, Ints]:
    interest_li = np.zeros(len(several), dtype=np.int64)
    tax_li = np.zeros(len(several), dtype=np.int64)
    cuts = tax_cuts()
    for part, own in zip(parts, pieces, strict=True):
        at = np.flatnonzero(own[several] > 0)
        rows = several[at]
        if not rows.size:
            continue
        begin, end = part.index_begin[rows], part.index_end[rows]
        first, last = tables.period[part.begin[rows]], tables.period[part.end[rows] - 1]
        for period, percent in enumerate(TAX_PERCENTS):
            inside = np.flatnonzero((first <= period) & (period <= last))
            if not inside.size:
                continue
            chosen = rows[inside]
            a, b = begin[inside], end[inside]
            real = actual[chosen]
            if period > 0:
                a = np.maximum(a, tables.index(np.full(len(chosen), cuts[period - 1]), real))
            if period < len(cuts):
                b = np.minimum(b, tables.index(np.full(len(chosen), cuts[period]), real))
            li = (part.amount(chosen, a, b) + LI_DIVISOR // 2) // LI_DIVISOR
            interest_li[at[inside]] += li
            tax_li[at[inside]] += (li * percent + 50) // 100
    return (interest_li + 5) // 10, (tax_li + 5) // 10
