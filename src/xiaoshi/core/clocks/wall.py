"""From the clock on the wall to a moment, across daylight saving.

A wall time that comes twice (clocks go back) means the first of the two; one that never comes (clocks go forward) means
the moment of the jump. So an outlet that opens at 01:15 and closes at 02:00 is open without a gap in the night in which
01:00-02:00 comes twice, and one that opens at 02:30 opens at 03:00 in the night without a 02:30.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def moment(wall: datetime, zone: tzinfo) -> datetime:
    """The moment (in UTC) at which a clock in `zone` shows the naive `wall`."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return first
    return _jump(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def moment_of_day(day: date, minutes: int, zone: tzinfo) -> datetime:
    """The moment that is shown as `minutes` after the midnight of `day`; may be more than a day's minutes."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall time
    return moment(midnight + minutes * MINUTE, zone)


def local_day(at: datetime, zone: tzinfo) -> date:
    return at.astimezone(zone).date()


def _jump(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The first whole second, between two moments, from which the zone has the later offset."""
    later = after.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // 2 // SECOND * SECOND
        if middle == before:
            break
        if middle.astimezone(zone).utcoffset() == later:
            after = middle
        else:
            before = middle
    return after
