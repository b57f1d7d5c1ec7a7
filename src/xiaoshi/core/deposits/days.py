"""Counting days: the day of the deposit counts, the day of the withdrawal does not (算头不算尾).

`30/360`: every month has 30 days; the 31st counts as the 30th. 28 Feb to 1 Mar is 3 days, 31 Mar to 1 Apr is 1. A term runs from
day to same day (对年对月对日) and is whole months of 30 days, whatever the calendar says: 31 Aug and six months is the last of
February and 180 days. So a day on the time line is a `Mark`: the date beside its index, and the end of a term has the index that
the rule gives it. `actual/360`: the index is the calendar's own.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from xiaoshi.core.deposits.model import DayCount


@dataclass(frozen=True, slots=True)
class Mark:
    """A day and where it stands on the line on which days are counted."""

    day: date
    index: int


def index_30_360(day: date) -> int:
    """Days since year 0 with months of 30 days."""
    return day.year * 360 + day.month * 30 + min(day.day, 30)


def mark(day: date, day_count: DayCount) -> Mark:
    """The day as the day count sees it when no term leads to it."""
    return Mark(day, index_30_360(day) if day_count == "30/360" else day.toordinal())


def add_months(day: date, months: int) -> date:
    """The same day so many months on; the last of the month where that day is missing."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def after_months(start: Mark, months: int, day_count: DayCount) -> Mark:
    """The end of a term of so many months: under 30/360 exactly 30 days each."""
    day = add_months(start.day, months)
    return Mark(day, start.index + 30 * months if day_count == "30/360" else day.toordinal())


def is_clamped(start: date, months: int) -> bool:
    """Whether the month of maturity lacks the day of the opening."""
    return add_months(start, months).day != start.day
