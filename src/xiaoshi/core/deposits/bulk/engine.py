"""`value_columns(columns, rates)`: the scalar engine's answers for many rows, product by product, in whole numbers of 64 bits.

A row whose sum x rate x days might not fit into 64 bits is marked `scalar` and left to the scalar engine, as are deposits that lie
outside of the calendar; so no figure depends on how wide a number is.
"""

from __future__ import annotations

import numpy as np

from xiaoshi.core.deposits.bulk.columns import (
    NOT_USED,
    PRODUCT_MAX,
    PRODUCT_NUMBER,
    REFUSAL_NUMBER,
    Columns,
    Results,
    widest_fen,
)
from xiaoshi.core.deposits.bulk.fixed import COLUMN_OF_TERM, value_fixed, value_fixed_or_demand
from xiaoshi.core.deposits.bulk.others import COLUMN_OF_KIND, value_call, value_demand, value_instalments
from xiaoshi.core.deposits.bulk.tables import COLUMN_NUMBER, N_DAYS, NEVER, NO_COLUMN, Anys, Bools, Rates
from xiaoshi.core.deposits.model import PARTIAL, TERM_COLUMNS

_TERMED = [PRODUCT_NUMBER[p] for p in TERM_COLUMNS]
_PARTIAL = [PRODUCT_NUMBER[p] for p in PARTIAL]
_KINDS = [PRODUCT_NUMBER[p] for p in ("instalment_in", "instalment_out", "interest_out")]
_KIND_COLUMNS = [COLUMN_NUMBER[name] for name in ("i1", "i3", "i5", "demand")]
_CALLS = [PRODUCT_NUMBER[p] for p in ("call_1d", "call_7d")]
_WAYS = (
    ([PRODUCT_NUMBER["fixed"]], value_fixed),
    ([PRODUCT_NUMBER["demand"]], value_demand),
    ([PRODUCT_NUMBER["fixed_or_demand"]], value_fixed_or_demand),
    (_KINDS, value_instalments),
    (_CALLS, value_call),
)


def value_columns(columns: Columns, rates: Rates) -> Results:
    """Answers in the order of the rows."""
    out = Results.empty(len(columns))
    refusal = _refused(columns, rates)
    scalar = _too_wide(columns, rates)
    open_rows = (refusal == 0) & ~scalar
    for products, way in _WAYS:
        rows: Anys = np.flatnonzero(np.isin(columns.product, products) & open_rows)
        if rows.size:
            out.put(rows, way(columns.take(rows), rates))
    out.refusal[~open_rows] = refusal[~open_rows]
    out.scalar |= scalar
    refused = out.refusal != 0
    for figures in (
        out.interest_fen,
        out.tax_fen,
        out.put_in_fen,
        out.remaining_fen,
        out.doubts,
        out.oddities,
    ):
        figures[refused] = 0
    out.remaining_opened[refused] = NEVER
    out.oddities |= _not_used(columns)
    return out


def _too_wide(columns: Columns, rates: Rates) -> Bools:
    """Rows that 64 bits or the calendar might not hold."""
    widest = widest_fen(columns, rates)
    into = np.flatnonzero(columns.product == PRODUCT_NUMBER["instalment_in"])
    if into.size:
        # The plan puts the sum in every month, at rates of its own.
        term = np.clip(columns.term_months[into].astype(np.int64), 1, 96)
        days = np.maximum(columns.withdrawn[into].astype(np.int64) - columns.opened[into], term * 31) + 31
        widest[into] = PRODUCT_MAX // (days * rates.ppm[_KIND_COLUMNS].max() * term) * 100
    outside = (columns.opened < 0) | (columns.withdrawn < 0) | (columns.withdrawn >= N_DAYS - 3660)
    wide: Bools = (columns.principal_fen > widest) | outside
    return wide


def _refused(columns: Columns, rates: Rates) -> Anys:
    """What is wrong whatever the product's rule says; the first reason in the scalar engine's order counts."""
    refusal = np.zeros(len(columns), dtype=np.int8)
    in_part = columns.withdraw_fen > 0
    whole = (columns.product != PRODUCT_NUMBER["instalment_in"]) & (
        columns.withdraw_fen == columns.principal_fen
    )
    term = np.clip(columns.term_months, 0, 96)
    kind = np.isin(columns.product, _KINDS)
    column = np.where(kind, COLUMN_OF_KIND[term], COLUMN_OF_TERM[term])
    unknown = (column == NO_COLUMN) | (columns.term_months != term)
    for code, wrong in (
        ("part_not_for_product", in_part & ~np.isin(columns.product, _PARTIAL) & ~whole),
        ("before_first_rate", columns.opened < rates.first_day),
        ("term_never_existed", np.isin(columns.product, _TERMED) & unknown),
        ("withdrawal_before_opening", columns.withdrawn < columns.opened),
    ):
        refusal[wrong] = REFUSAL_NUMBER[code]
    return refusal


def _not_used(columns: Columns) -> Anys:
    """Fields that say what the product does not have."""
    odd = (columns.term_months != 0) & ~np.isin(columns.product, _TERMED)
    odd |= columns.auto_rollover & (columns.product != PRODUCT_NUMBER["fixed"])
    odd |= (columns.notice != NEVER) & ~np.isin(columns.product, _CALLS)
    bits: Anys = (NOT_USED * odd).astype(np.uint8)
    return bits
