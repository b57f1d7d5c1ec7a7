"""Swapped days that the library `holidays` knows, for a first calendar. The bank's own notice takes their place.

The library works out public holidays for any year, but knows the swapped days only of years whose notice was published
when it was released: those are the years taken here. A day that it calls "off (worked on …)" tells for which weekday the
other one works. It names public holidays and swapped days, not the Sundays between them.
"""

from __future__ import annotations

import importlib.metadata
import re
from dataclasses import dataclass
from datetime import date

FIRST_YEAR = 2024
SUBSTITUTE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


@dataclass(frozen=True, slots=True)
class KnownDay:
    """`works_as`: 0 for Monday; None: off."""

    day: date
    works_as: int | None
    name_zh: str
    name_en: str


def source() -> str:
    return f"Python holidays {importlib.metadata.version('holidays')}"


def known_years() -> tuple[int, ...]:
    """The years whose notice the library knows, from `FIRST_YEAR` on."""
    # A quarter of a second at each start, for what is asked once a day.
    from holidays.countries.china import ChinaStaticHolidays

    return tuple(sorted(y for y in ChinaStaticHolidays.special_public_holidays if y >= FIRST_YEAR))


def days_of(year: int) -> tuple[KnownDay, ...]:
    """The year's days off and swapped workdays, in order."""
    import holidays

    chinese = holidays.China(years=year, language="zh_CN")
    english = holidays.China(years=year, language="en_US")
    found = {day: KnownDay(day, None, name, english.get(day, "")) for day, name in chinese.items()}
    for day, name in chinese.items():
        worked = SUBSTITUTE.search(name)
        if worked:
            instead = date(*(int(part) for part in worked.groups()))
            found[day] = KnownDay(
                day,
                None,
                f"调休放假（{instead.month}月{instead.day}日上班）",
                f"off, worked on {instead.isoformat()} instead",
            )
            found[instead] = KnownDay(
                instead,
                day.weekday(),
                f"调休上班（{day.month}月{day.day}日休息）",
                f"worked in place of {day.isoformat()}",
            )
    return tuple(found[day] for day in sorted(found) if day.year == year)
