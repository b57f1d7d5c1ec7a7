"""整存整取 and 定活两便 for many rows; the rules and their order are those of `deposits/fixed.py`."""

from __future__ import annotations

import numpy as np

from xiaoshi.core.deposits.bulk.columns import (
    CLAMPED,
    PART_LATE,
    REFUSAL_NUMBER,
    RULE,
    Columns,
    Results,
    widest_fen,
)
from xiaoshi.core.deposits.bulk.paying import Part, pay
from xiaoshi.core.deposits.bulk.tables import (
    COLUMN_NUMBER,
    DEMAND,
    REGULATION,
    Anys,
    Bools,
    Days,
    Ints,
    Rates,
    calendar,
    columns_of_terms,
    number,
)
from xiaoshi.core.deposits.model import TERM_COLUMNS
from xiaoshi.core.rules import deposit_rules as r

_TERMS = TERM_COLUMNS["fixed"]
COLUMN_OF_TERM = columns_of_terms(_TERMS)
_SUBSIDY_DAYS = np.array([number(d) for d in r.SUBSIDY_DAYS])
_SUBSIDY_PPM = np.array([0, *r.SUBSIDY_PPM], dtype=np.int64)


class _State:
    """The rows still under way: where they stand in the answer, and balance, day and index at which their term began."""

    def __init__(self, columns: Columns, rates: Rates) -> None:
        self.columns, self.rates, self.tables = columns, rates, calendar()
        self.balance = columns.principal_fen.copy()
        self.widest_fen = widest_fen(columns, rates)
        self.began = columns.opened.copy()
        self.out = Results.empty(len(columns))
        self.out.put_in_fen[:] = columns.principal_fen

    def doubt(self, rows: Anys, bits: Anys) -> None:
        self.out.doubts[rows] |= bits.astype(np.uint8)

    def pay(self, rows: Anys, parts: list[Part]) -> None:
        interest, tax = pay(parts, self.columns.actual[rows], self.tables)
        self.out.interest_fen[rows] += interest
        self.out.tax_fen[rows] += tax
        self.balance[rows] += interest - tax
        self.out.scalar[rows] |= self.balance[rows] > self.widest_fen[rows]


def value_fixed(columns: Columns, rates: Rates) -> Results:
    """Term by term: rows that end drop out, rows that roll over begin again."""
    state = _State(columns, rates)
    column = COLUMN_OF_TERM[columns.term_months]
    ppm, _ = rates.on(columns.opened, column)
    state.out.refusal[ppm < 0] = REFUSAL_NUMBER["term_not_posted"]
    rows: Anys = np.flatnonzero(ppm >= 0)
    while rows.size:
        rows = _one_term(state, rows, column)
    return state.out


def _one_term(state: _State, rows: Anys, column: Ints) -> Anys:
    """Counts one term of these rows; those that roll over come back."""
    columns, tables = state.columns, state.tables
    began, withdrawn = state.began[rows], columns.withdrawn[rows]
    ppm, doubts = state.rates.on(began, column[rows])
    term = columns.term_months[rows]
    gone = ppm < 0
    matures = tables.add_months(began, term)
    early = ~gone & (withdrawn < matures)
    _close(state, rows[gone], began[gone], None, RULE)
    _close_early(state, rows[early])
    ripe = np.flatnonzero(~gone & ~early)
    rows, began, matures, ppm, term = rows[ripe], began[ripe], matures[ripe], ppm[ripe], term[ripe]
    state.doubt(rows, doubts[ripe])
    state.doubt(rows, CLAMPED * (tables.day_of_month[matures] != tables.day_of_month[began]))
    state.doubt(rows, RULE * (began < REGULATION))
    actual = columns.actual[rows]
    index = tables.index(began, actual)
    index_end = tables.after_months(index, matures, term, actual)
    on = columns.auto_rollover[rows] & (columns.withdrawn[rows] > matures)
    # A part earns for itself; a term that is renewed earned for the whole balance.
    some = columns.withdraw_fen[rows]
    yuan = np.where(~on & (some > 0), some, state.balance[rows]) // 100
    parts = [Part(began, matures, index, index_end, yuan, ppm)]
    parts += _subsidy(state, rows, began, matures, index, index_end, yuan)
    ends = np.flatnonzero(~on)
    _close(state, rows[ends], matures[ends], [_some(part, ends) for part in parts], 0)
    rolls = np.flatnonzero(on)
    state.pay(rows[rolls], [_some(part, rolls) for part in parts])
    state.began[rows[rolls]] = matures[rolls]
    again: Anys = rows[rolls]
    return again


def _some(part: Part, rows: Anys) -> Part:
    return Part(
        part.begin[rows],
        part.end[rows],
        part.index_begin[rows],
        part.index_end[rows],
        part.yuan[rows],
        part.ppm[rows],
    )


def _above_balance(state: _State, rows: Anys) -> Bools:
    """Rows that want more than there is: refused."""
    part = state.columns.withdraw_fen[rows]
    above: Bools = part > state.balance[rows]
    state.out.refusal[rows[above]] = REFUSAL_NUMBER["withdraw_above_principal"]
    return above


def _close(state: _State, rows: Anys, matured: Days, parts: list[Part] | None, bits: int) -> None:
    """The withdrawal at or after the end of the last term; the demand rate of the day from there."""
    fine = np.flatnonzero(~_above_balance(state, rows))
    rows, matured = rows[fine], matured[fine]
    parts = [_some(part, fine) for part in parts or []]
    columns, tables = state.columns, state.tables
    balance, withdrawn, actual = state.balance[rows], columns.withdrawn[rows], columns.actual[rows]
    late = matured < withdrawn
    ppm, doubts = state.rates.on(withdrawn, DEMAND)
    state.doubt(rows, np.where(late, doubts | np.uint8(bits), 0))
    begin, end = tables.index(matured, actual), tables.index(withdrawn, actual)
    some = columns.withdraw_fen[rows]
    part = np.where(some > 0, some, balance)
    left = balance - part
    state.pay(rows, [*parts, Part(matured, withdrawn, begin, end, part // 100, ppm)])
    state.out.remaining_fen[rows] = left
    state.out.remaining_opened[rows[left > 0]] = state.began[rows][left > 0]
    state.doubt(rows, PART_LATE * (left > 0))


def _close_early(state: _State, rows: Anys) -> None:
    """Before maturity: all or a part at the demand rate of the day, or by the rule before 1993."""
    rows = rows[~_above_balance(state, rows)]
    columns, tables = state.columns, state.tables
    began, withdrawn, actual = state.began[rows], columns.withdrawn[rows], columns.actual[rows]
    ppm, doubts = state.rates.on(withdrawn, DEMAND)
    older = np.flatnonzero((began < REGULATION) & (began < withdrawn))
    if older.size:
        ppm, doubts = ppm.copy(), doubts.copy()
        for months, name in sorted(_TERMS.items()):
            own, unsure = state.rates.on(began[older], COLUMN_NUMBER[name])
            kept = (tables.add_months(began[older], months) <= withdrawn[older]) & (own >= 0)
            ppm[older[kept]], doubts[older[kept]] = own[kept], unsure[kept]
        doubts[older] |= RULE
    state.doubt(rows, np.where(began < withdrawn, doubts, 0))
    some = columns.withdraw_fen[rows]
    balance = state.balance[rows]
    part = np.where(some > 0, some, balance)
    index, index_end = tables.index(began, actual), tables.index(withdrawn, actual)
    state.pay(rows, [Part(began, withdrawn, index, index_end, part // 100, ppm)])
    left = balance - part
    state.out.remaining_fen[rows] = left
    state.out.remaining_opened[rows[left > 0]] = began[left > 0]


def _subsidy(
    state: _State, rows: Anys, began: Days, matures: Days, index: Ints, index_end: Ints, yuan: Ints
) -> list[Part]:
    """保值贴补 of terms that came to their end; none when no row can have it."""
    terms = np.isin(state.columns.term_months[rows], r.SUBSIDY_TERMS) & (began < number(r.SUBSIDY_ENDED))
    if not terms.any():
        return []
    ppm = np.where(terms, _SUBSIDY_PPM[np.searchsorted(_SUBSIDY_DAYS, matures, side="right")], 0)
    state.doubt(rows, RULE * (terms & (matures >= number(r.SUBSIDY_UNSURE_FROM))))
    stopped, resumed = number(r.SUBSIDY_STOPPED), number(r.SUBSIDY_RESUMED)
    state.doubt(rows, RULE * ((ppm > 0) & (began >= stopped)))
    paid = (ppm > 0) & ~((stopped <= began) & (began < resumed))
    first = number(r.SUBSIDY_FIRST_DAY)
    late = began < first
    begin = np.where(paid, np.where(late, first, began), matures).astype(np.int32)
    start = np.where(late, state.tables.index(np.full(len(rows), first), state.columns.actual[rows]), index)
    return [Part(begin, matures, start, index_end, yuan, ppm)]


def value_fixed_or_demand(columns: Columns, rates: Rates) -> Results:
    """定活两便 by the bracket that was kept."""
    tables, out = calendar(), Results.empty(len(columns))
    out.put_in_fen[:] = columns.principal_fen
    ppm, doubts = (x.copy() for x in rates.on(columns.withdrawn, DEMAND))
    for months, name in ((3, "m3"), (6, "m6"), (12, "y1")):
        kept = tables.add_months(columns.opened, months) <= columns.withdrawn
        own, unsure = rates.on(columns.withdrawn, COLUMN_NUMBER[name])
        ppm[kept], doubts[kept] = np.where(own >= 0, own * 6 // 10, -1)[kept], unsure[kept] | RULE
    refused = ppm < 0
    out.refusal[refused] = REFUSAL_NUMBER["no_rate"]
    same_day = columns.opened == columns.withdrawn
    out.doubts[:] = np.where(refused | same_day, 0, doubts)
    index, index_end = (tables.index(day, columns.actual) for day in (columns.opened, columns.withdrawn))
    part = Part(
        columns.opened, columns.withdrawn, index, index_end, columns.principal_fen // 100, np.maximum(ppm, 0)
    )
    out.interest_fen[:], out.tax_fen[:] = pay([part], columns.actual, tables)
    return out
