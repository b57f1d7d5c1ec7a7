"""A unit's year as a page shows it: each month's working days, days off, swapped workdays and closures."""

from __future__ import annotations

import calendar as months
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from xiaoshi.core.clocks.opening import working_days
from xiaoshi.core.problems import Words
from xiaoshi.desk.clocks.calendars import Calendar
from xiaoshi.desk.clocks.models import SwappedDay
from xiaoshi.desk.clocks.words import DAYS


@dataclass
class Month:
    """`off` and `worked`: the notice's days with their words."""

    number: int
    days: int = 0
    off: list[Words] = field(default_factory=list)
    worked: list[Words] = field(default_factory=list)


def year_of(calendar: Calendar, year: int, swapped: Iterable[SwappedDay]) -> list[Month]:
    """The twelve months. Closures count: a day without anything left of its hours is no working day."""
    counted: defaultdict[int, int] = defaultdict(int)
    for work in working_days(calendar.outlet, date(year, 1, 1), date(year, 12, 31)):
        counted[work.day.month] += 1
    found = [Month(n, counted[n]) for n in range(1, 13)]
    for row in swapped:
        month = found[row.day.month - 1]
        if row.works_as is None:
            month.off.append(Words(f"{row.day.day}日 {row.name_zh}", f"{row.day.day}: {row.name_en}"))
        else:
            as_ = DAYS[row.works_as]
            month.worked.append(
                Words(
                    f"{row.day.day}日（{DAYS[row.day.weekday()].zh}）按{as_.zh}",
                    f"{row.day.day} ({DAYS[row.day.weekday()].en}) as {as_.en}",
                )
            )
    return found


def name_of(month: int, language: str) -> str:
    return months.month_name[month] if language.startswith("en") else f"{month}月"
