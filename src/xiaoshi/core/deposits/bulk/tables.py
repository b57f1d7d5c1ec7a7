"""Calendar and rates as arrays, so that a million days are looked up by their numbers.

A day is a number from `FIRST`. For each day of 125 years: month, day of the month, its place on the 30/360 line, its tax period;
for each month its first day and length. A rate book becomes two small tables [column, stretch of days]: rate and doubts, made
by asking the scalar book at every day on which anything changes, so that both engines read the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from xiaoshi.core.deposits.days import index_30_360
from xiaoshi.core.rules.deposit_rate_table import COLUMNS, RateBook
from xiaoshi.core.rules.deposit_rules import REGULATION_FIRST_DAY, TAX_DAYS, TAX_PERCENT

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Days = npt.NDArray[np.int32]
Anys = npt.NDArray[Any]

FIRST = date(1985, 1, 1)
LAST = date(2110, 12, 31)
BEFORE_ALL = FIRST.toordinal()
N_DAYS = LAST.toordinal() - BEFORE_ALL + 1
NEVER = -1

COLUMN_NUMBER = {name: place for place, name in enumerate(COLUMNS)}
NO_COLUMN = len(COLUMN_NUMBER)
DEMAND = COLUMN_NUMBER["demand"]

DOUBT_BITS = {"rate_unconfirmed": 1, "row_unconfirmed": 2, "rate_of_other_table": 32}


@dataclass(frozen=True, slots=True)
class Calendar:
    """`month`: months since FIRST's; `index_30`: place on the 30/360 line; `period`: number of the tax period."""

    month: Days
    day_of_month: Days
    index_30: Ints
    period: Days
    month_first: Days
    month_length: Days

    def add_months(self, day: Anys, months: Anys | int) -> Days:
        """The same day so many months on, the last of the month where it is missing."""
        month = self.month[day] + months
        on: Days = self.month_first[month] + np.minimum(self.day_of_month[day], self.month_length[month]) - 1
        return on

    def index(self, day: Anys, actual: Anys) -> Ints:
        """Where a day stands on its row's own line."""
        line: Ints = np.where(actual, day.astype(np.int64), self.index_30[day])
        return line

    def after_months(self, index: Ints, end: Days, months: Anys | int, actual: Anys) -> Ints:
        """The index of a term's end: 30 days a month under 30/360, else the calendar's."""
        line: Ints = np.where(actual, end.astype(np.int64), index + 30 * np.asarray(months, dtype=np.int64))
        return line


@cache
def calendar() -> Calendar:
    days = [date.fromordinal(BEFORE_ALL + n) for n in range(N_DAYS)]
    first_month = FIRST.year * 12 + FIRST.month - 1
    month = np.array([d.year * 12 + d.month - 1 - first_month for d in days], dtype=np.int32)
    starts = np.flatnonzero(np.diff(month, prepend=-1)).astype(np.int32)
    lengths = np.diff(starts, append=N_DAYS).astype(np.int32)
    return Calendar(
        month,
        np.array([d.day for d in days], dtype=np.int32),
        np.array([index_30_360(d) for d in days], dtype=np.int64),
        np.searchsorted(tax_cuts(), np.arange(N_DAYS), side="right").astype(np.int32),
        starts,
        lengths,
    )


def number(day: date) -> int:
    """The number of a day; outside of the calendar it is negative or too large, and the caller looks."""
    return day.toordinal() - BEFORE_ALL


def tax_cuts() -> Days:
    return np.array([number(d) for d in TAX_DAYS], dtype=np.int32)


def columns_of_terms(terms: Mapping[int, str]) -> Ints:
    """Months of a term, 0 to 96, to the rate column they are paid by; NO_COLUMN for a term that there is not."""
    found = np.full(97, NO_COLUMN, dtype=np.int64)
    for months, name in terms.items():
        found[months] = COLUMN_NUMBER[name]
    return found


REGULATION = number(REGULATION_FIRST_DAY)
TAX_PERCENTS: Ints = np.array(TAX_PERCENT, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Rates:
    """One book. `ppm[column, stretch]`: -1 where not offered; the column `NO_COLUMN` offers nothing. `doubts`: bits."""

    stretch_of_day: npt.NDArray[np.int16]
    ppm: Ints
    doubts: npt.NDArray[np.uint8]
    ppm_max: int
    first_day: int

    def on(self, day: Anys, column: Anys | int) -> tuple[Ints, npt.NDArray[np.uint8]]:
        """Rate and doubts of a column (or one for each row) on these days."""
        stretch = self.stretch_of_day[day]
        return self.ppm[column, stretch], self.doubts[column, stretch]


def rates_of(book: RateBook) -> Rates:
    """The book as arrays; before its first day nothing is offered."""
    changes = {FIRST}
    for table in book.tables:
        for row in table.rows:
            changes |= {row.in_force_from, row.doubt_from}
    days = sorted(d for d in changes if FIRST <= d <= LAST)
    ppm = np.full((NO_COLUMN + 1, len(days)), -1, dtype=np.int64)
    doubts = np.zeros((NO_COLUMN + 1, len(days)), dtype=np.uint8)
    for stretch, day in enumerate(days):
        for name, column in COLUMN_NUMBER.items():
            rate = book.rate_on(day, name)
            if rate is not None:
                ppm[column, stretch] = rate.ppm
                doubts[column, stretch] = sum({DOUBT_BITS[p.code] for p in rate.doubts})
    numbers = np.array([number(d) for d in days])
    stretch_of_day = (np.searchsorted(numbers, np.arange(N_DAYS), side="right") - 1).astype(np.int16)
    return Rates(stretch_of_day, ppm, doubts, int(ppm.max()), number(book.tables[0].first_day))
