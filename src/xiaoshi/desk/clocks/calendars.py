"""The calendar of a unit: hours from the nearest unit above that has some, closures of the whole line, swapped days.

A calendar is read once for each version: its version is the newest change of it or of anything above it, so whoever knows
the version (one small look) need not read the rest. Two changes never get their numbers at once (`changed` takes a lock),
so a version is never smaller than what it was made from.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from xiaoshi.core.clocks import Outlet, Span, merged_days
from xiaoshi.core.clocks.outlets import Week, read_week
from xiaoshi.core.clocks.reading import Reader
from xiaoshi.desk.clocks.models import CalendarChange, CalendarYear, Closure, OpeningHours, SwappedDay

DEFAULT_ZONE = "Asia/Shanghai"
DEFAULT_PERIODS: dict[str, Any] = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
"""What holds where nobody has entered hours; the page says so."""

KEPT = 2000


@dataclass(frozen=True, slots=True)
class Calendar:
    """`outlet` for the engine. `hours_from`: path of the unit whose hours they are, None for the default."""

    path: str
    version: int
    outlet: Outlet
    periods: dict[str, Any]
    hours_from: str | None


class _Kept:
    """The newest calendars by database and path; small, and safe for the threads of a web process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.calendars: OrderedDict[tuple[str, str], Calendar] = OrderedDict()

    def get(self, key: tuple[str, str], version: int) -> Calendar | None:
        with self.lock:
            found = self.calendars.get(key)
            return found if found is not None and found.version == version else None

    def put(self, key: tuple[str, str], calendar: Calendar) -> None:
        with self.lock:
            self.calendars[key] = calendar
            self.calendars.move_to_end(key)
            while len(self.calendars) > KEPT:
                self.calendars.popitem(last=False)


_kept = _Kept()


def line_of(path: str) -> list[str]:
    """The paths from the whole bank (empty) down to this unit."""
    parts = path.split("/")[:-1]
    return ["", *("/".join(parts[: i + 1]) + "/" for i in range(len(parts)))]


def version_of(path: str) -> int:
    newest = (
        CalendarChange.objects.filter(path__in=line_of(path)).order_by("-id").values_list("id", flat=True)
    )
    return newest.first() or 0


def calendar_of(path: str, version: int | None = None) -> Calendar:
    """The calendar of the unit at this path. With `version` (just read), without a query when it is the one kept."""
    wanted = version_of(path) if version is None else version
    key = (f"{connection.settings_dict['HOST']}/{connection.settings_dict['NAME']}", path)
    found = _kept.get(key, wanted)
    if found is None:
        found = _read(path, wanted)
        _kept.put(key, found)
    return found


def _read(path: str, version: int) -> Calendar:
    line = line_of(path)
    hours = list(OpeningHours.objects.filter(unit__path__in=line).select_related("unit"))
    nearest = max(hours, key=lambda h: len(h.unit.path), default=None)
    periods = nearest.periods if nearest else DEFAULT_PERIODS
    zone = ZoneInfo(nearest.zone if nearest else DEFAULT_ZONE)
    week = _week(periods)
    closures = list(Closure.objects.filter(unit__path__in=line, withdrawn_at=None))
    outlet = Outlet(
        zone=zone,
        week=week,
        days={
            d.day: week[d.works_as] if d.works_as is not None else ()
            for d in SwappedDay.objects.only("day", "works_as")
        },
        closed_days=merged_days((c.first, c.last) for c in closures if c.first and c.last),
        closures=tuple(Span(c.begin, c.end) for c in closures if c.begin and c.end),
        announced=frozenset(CalendarYear.objects.values_list("year", flat=True)),
    )
    return Calendar(path, version, outlet, periods, nearest.unit.path if nearest else None)


def _week(periods: dict[str, Any]) -> Week:
    """The stored week; it was checked when it was entered."""
    return read_week(Reader(), periods, "periods")


def changed(path: str, now: datetime) -> None:
    """Note that calendars at and below this path changed, inside the act that changes them; running clocks follow."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('clocks/calendar', 0))")
    CalendarChange.objects.create(path=path, at=now)
