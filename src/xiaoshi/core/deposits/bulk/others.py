"""活期, 通知存款 and the instalment kinds for many rows; the rules are those of `demand.py`, `call.py`, `instalments.py`."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import numpy as np

from xiaoshi.core.deposits.bulk.columns import (
    BELOW_MINIMUM,
    CLAMPED,
    PRODUCT_NUMBER,
    REFUSAL_NUMBER,
    REMAINDER,
    RULE,
    Columns,
    Results,
    widest_fen,
)
from xiaoshi.core.deposits.bulk.paying import Part, pay
from xiaoshi.core.deposits.bulk.tables import (
    COLUMN_NUMBER,
    DEMAND,
    FIRST,
    LAST,
    NEVER,
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

COLUMN_OF_KIND = columns_of_terms(TERM_COLUMNS["instalment_in"])


@cache
def settlement_days() -> tuple[int, ...]:
    """All settlement days of demand deposits, as numbers."""
    days, day = [], FIRST
    while day < LAST - timedelta(days=400):
        day = r.settlement_after(day)
        days.append(number(day))
        day += timedelta(days=1)
    return tuple(days)


def value_demand(columns: Columns, rates: Rates) -> Results:
    """Settlement by settlement through the years; the rows that are open then are those opened by it and not closed."""
    tables, out = calendar(), Results.empty(len(columns))
    order = np.argsort(columns.opened, kind="stable")
    rows = columns.take(order)
    balance, since = rows.principal_fen.copy(), rows.opened.copy()
    since_index = tables.index(since, rows.actual)
    interest, tax = np.zeros_like(balance), np.zeros_like(balance)
    doubts = np.zeros(len(rows), dtype=np.uint8)
    widest, wide = widest_fen(rows, rates), np.zeros(len(rows), dtype=np.bool_)
    last = int(rows.withdrawn.max(initial=0))
    for settled in settlement_days():
        if settled >= last:
            break
        opened_by = int(np.searchsorted(rows.opened, settled, side="right"))
        active: Anys = np.flatnonzero(rows.withdrawn[:opened_by] > settled)
        if not active.size:
            continue
        day = np.full(active.size, settled, dtype=np.int32)
        ppm, unsure = rates.on(day, DEMAND)
        actual = rows.actual[active]
        end, end_index = day + np.int32(1), tables.index(day + 1, actual)
        part = Part(since[active], end, since_index[active], end_index, balance[active] // 100, ppm)
        more, taxed = pay([part], actual, tables)
        interest[active] += more
        tax[active] += taxed
        balance[active] += more - taxed
        wide[active] |= balance[active] > widest[active]
        since[active], since_index[active] = end, end_index
        doubts[active] |= unsure | np.uint8(RULE * (settled < REGULATION))
    ppm, unsure = rates.on(rows.withdrawn, DEMAND)
    part = Part(
        since, rows.withdrawn, since_index, tables.index(rows.withdrawn, rows.actual), balance // 100, ppm
    )
    more, taxed = pay([part], rows.actual, tables)
    closing = np.where(rows.withdrawn < REGULATION, unsure | np.uint8(RULE), unsure)
    out.scalar[order] = wide
    out.put_in_fen[order] = rows.principal_fen
    out.interest_fen[order] = interest + more
    out.tax_fen[order] = tax + taxed
    out.doubts[order] = doubts | np.where(since < rows.withdrawn, closing, np.uint8(0))
    return out


def value_call(columns: Columns, rates: Rates) -> Results:
    """通知存款: what is withdrawn at the call or the demand rate, a remainder under the minimum at the demand rate."""
    tables, out = calendar(), Results.empty(len(columns))
    one_day = columns.product == PRODUCT_NUMBER["call_1d"]
    ahead = np.where(one_day, 1, 7)
    column = np.where(one_day, COLUMN_NUMBER["call_1d"], COLUMN_NUMBER["call_7d"])
    principal, withdrawn = columns.principal_fen, columns.withdrawn
    part = np.where(columns.withdraw_fen > 0, columns.withdraw_fen, principal)
    noticed = columns.notice != NEVER
    called = (withdrawn - columns.opened >= ahead) & noticed & (columns.notice + ahead == withdrawn)
    called &= part >= r.CALL_LEAST_WITHDRAWAL_FEN
    demand_ppm, demand_doubts = rates.on(withdrawn, DEMAND)
    call_ppm, call_doubts = rates.on(withdrawn, column)
    ppm = np.where(called, call_ppm, demand_ppm)
    for code, refused in (
        ("no_rate", ppm < 0),
        ("notice_before_opening", noticed & (columns.notice < columns.opened)),
        ("notice_after_withdrawal", noticed & (columns.notice > withdrawn)),
        ("withdraw_above_principal", part > principal),
        ("product_not_yet", columns.opened < number(r.CALL_FIRST_DAY)),
    ):
        out.refusal[refused] = REFUSAL_NUMBER[code]
    rest = np.maximum(principal - part, 0)
    closed = (rest > 0) & (rest < r.CALL_MINIMUM_FEN)
    out.oddities[:] = BELOW_MINIMUM * (principal < r.CALL_MINIMUM_FEN) + REMAINDER * closed
    out.put_in_fen[:] = principal
    out.remaining_fen[:] = np.where(closed, 0, rest)
    stays = out.remaining_fen > 0
    out.remaining_opened[stays] = columns.opened[stays]
    index, index_end = (tables.index(day, columns.actual) for day in (columns.opened, withdrawn))
    yuan = part // 100
    # Whole yuan of all parts together: the cents of both may make a yuan.
    others = np.where(closed, principal // 100 - yuan, 0)
    until = np.where(closed, withdrawn, columns.opened).astype(np.int32)
    parts = [
        Part(columns.opened, withdrawn, index, index_end, yuan, np.maximum(ppm, 0)),
        Part(columns.opened, until, index, np.where(closed, index_end, index), others, demand_ppm),
    ]
    out.interest_fen[:], out.tax_fen[:] = pay(parts, columns.actual, tables)
    doubts = np.where(called, call_doubts, demand_doubts) | np.where(closed, demand_doubts, np.uint8(0))
    out.doubts[:] = np.where(columns.opened < withdrawn, doubts, np.uint8(0))
    return out


class _Plan:
    """The balance of a plan of months, as products of yuan and days between two indices of each row."""

    def __init__(self, columns: Columns, months_kept: Ints) -> None:
        self.columns, self.tables = columns, calendar()
        self.months_kept = months_kept
        self.pays_in = columns.product == PRODUCT_NUMBER["instalment_in"]
        self.stands = columns.product == PRODUCT_NUMBER["interest_out"]
        self.part = np.where(self.stands, 0, columns.principal_fen // np.maximum(columns.term_months, 1))
        self.index = self.tables.index(columns.opened, columns.actual)

    def mark(self, rows: Anys, month: int) -> Ints:
        day = self.tables.add_months(self.columns.opened[rows], month)
        return self.tables.after_months(self.index[rows], day, month, self.columns.actual[rows])

    def yuan(self, rows: Anys, month: int) -> Ints:
        principal = self.columns.principal_fen[rows]
        into = principal * (month + 1)
        out_of = principal - self.part[rows] * month
        balance: Ints = np.where(self.pays_in[rows], into, out_of) // 100
        return balance

    def product(self, rows: Anys, begin: Ints, end: Ints) -> Ints:
        """Yuan x days from `begin` to `end`, month by month while any row has a month left."""
        total = np.zeros(len(rows), dtype=np.int64)
        kept = self.months_kept[rows]
        live: Anys = np.flatnonzero(kept > 0)
        at = self.mark(rows[live], 0)
        for month in range(int(kept.max(initial=0))):
            chosen = rows[live]
            until = self.mark(chosen, month + 1)
            # The last step of a plan stands to the end of the stretch.
            stop = np.minimum(np.where(kept[live] == month + 1, end[live], until), end[live])
            days = np.maximum(stop - np.maximum(at, begin[live]), 0)
            total[live] += self.yuan(chosen, month) * days
            on = kept[live] > month + 1
            live, at = live[on], until[on]
        return total


def value_instalments(columns: Columns, rates: Rates) -> Results:
    """零存整取, 整存零取, 存本取息 by their plan."""
    out = Results.empty(len(columns))
    column = COLUMN_OF_KIND[columns.term_months]
    ppm, doubts = rates.on(columns.opened, column)
    out.refusal[ppm < 0] = REFUSAL_NUMBER["term_not_posted"]
    fine: Anys = np.flatnonzero(ppm >= 0)
    if fine.size:
        out.put(fine, _planned(columns.take(fine), rates, ppm[fine], doubts[fine]))
    return out


def _planned(columns: Columns, rates: Rates, ppm: Ints, doubts: Anys) -> Results:
    table, out = calendar(), Results.empty(len(columns))
    opened, withdrawn, term, actual = columns.opened, columns.withdrawn, columns.term_months, columns.actual
    matures = table.add_months(opened, term)
    early: Bools = withdrawn < matures
    until: Days = np.minimum(withdrawn, matures)
    # Months of the plan that began before `until`: all of earlier calendar months, and this one's if its day has passed.
    months = np.maximum(table.month[until] - table.month[opened], 0)
    months_kept = np.minimum(months + (table.add_months(opened, months) < until), term).astype(np.int64)
    plan = _Plan(columns, np.where(columns.product == PRODUCT_NUMBER["interest_out"], 1, months_kept))
    demand_ppm, demand_doubts = rates.on(withdrawn, DEMAND)
    index_end = np.where(
        early, table.index(withdrawn, actual), table.after_months(plan.index, matures, term, actual)
    )
    used = np.where(early, demand_ppm, ppm)
    parts = [Part(opened, until, plan.index, index_end, plan.part, used, plan.product)]
    last_month = np.maximum(plan.months_kept - 1, 0)
    left = np.where(
        plan.pays_in,
        columns.principal_fen * (last_month + 1),
        columns.principal_fen - plan.part * last_month,
    )
    over = np.where(early, withdrawn, matures).astype(np.int32)
    parts.append(
        Part(
            over,
            withdrawn,
            table.index(over, actual),
            table.index(withdrawn, actual),
            left // 100,
            demand_ppm,
        )
    )
    out.interest_fen[:], out.tax_fen[:] = pay(parts, actual, table)
    out.put_in_fen[:] = columns.principal_fen * np.where(plan.pays_in, np.maximum(months_kept, 1), 1)
    clamped = ~early & (table.day_of_month[matures] != table.day_of_month[opened])
    late = matures < withdrawn
    unsure = np.where(early & (opened < withdrawn), demand_doubts, np.uint8(0)) | np.where(
        early, np.uint8(0), doubts
    )
    unsure |= np.where(late, demand_doubts, np.uint8(0))
    out.doubts[:] = unsure | np.uint8(RULE) | (CLAMPED * clamped).astype(np.uint8)
    return out
