"""When an outlet is open: its periods as moments, day after day, with swapped days, closures and pauses taken out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from xiaoshi.core.clocks.model import Outlet, Periods, Segment, Span
from xiaoshi.core.clocks.wall import local_day, moment_of_day

DAY = timedelta(days=1)


def periods_of(day: date, outlet: Outlet) -> Periods:
    """The periods that begin on this day: none on a closed day, another weekday's on a swapped one."""
    place = bisect_right(outlet.closed_days, day, key=lambda closed: closed[0])
    if place and outlet.closed_days[place - 1][1] >= day:
        return ()
    if day in outlet.days:
        return outlet.days[day]
    return outlet.week[day.weekday()]


def merged(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same time as few spans in order, none touching the next."""
    found: list[tuple[datetime, datetime]] = []
    for begin, end in sorted(spans):
        if begin >= end:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def merged_days(ranges: Iterable[tuple[date, date]]) -> tuple[tuple[date, date], ...]:
    """Ranges of days in order, none overlapping: what `Outlet.closed_days` has to be."""
    found: list[tuple[date, date]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


class Blocked:
    """Times that do not count, looked up from left to right. A span without an end blocks for ever."""

    def __init__(self, spans: Iterable[Span], end_of_time: datetime) -> None:
        self.spans = merged((span.begin, span.end or end_of_time) for span in spans)
        self._ends = [end for _begin, end in self.spans]

    def covers(self, at: datetime) -> bool:
        """Whether the stretch that ends at this moment is blocked (a closing moment on the edge belongs to what it ends)."""
        place = bisect_right(self.spans, at, key=lambda span: span[0])
        return any(begin < at <= end for begin, end in self.spans[max(place - 1, 0) : place + 1])

    def cut(self, begin: datetime, end: datetime) -> Iterator[Segment]:
        """What is left of a span."""
        for place in range(bisect_right(self._ends, begin), len(self.spans)):
            from_, to = self.spans[place]
            if from_ >= end:
                break
            if from_ > begin:
                yield Segment(begin, from_)
            begin = max(begin, to)
        if begin < end:
            yield Segment(begin, end)


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """One day with something left of its hours, closures taken out. `end`: its last closing moment."""

    day: date
    spans: tuple[tuple[datetime, datetime], ...]

    @property
    def end(self) -> datetime:
        return self.spans[-1][1]


def working_days(outlet: Outlet, first: date, last: date) -> Iterator[WorkingDay]:
    """Each day from `first` to `last` on which the outlet works at all, in order."""
    end_of_time = moment_of_day(last, 3 * 24 * 60, outlet.zone)
    closed = Blocked(outlet.closures, end_of_time)
    day = first
    while day <= last:
        periods = periods_of(day, outlet)
        if periods:
            spans = merged(
                (moment_of_day(day, p.begin, outlet.zone), moment_of_day(day, p.end, outlet.zone))
                for p in periods
            )
            left = [(s.begin, s.end) for begin, end in spans for s in closed.cut(begin, end)]
            if left:
                yield WorkingDay(day, tuple(left))
        day += DAY


def open_spans(
    outlet: Outlet, start: datetime, last: date, days: Iterable[WorkingDay] | None = None
) -> Iterator[tuple[datetime, datetime]]:
    """Open time from `start` on, in order and without overlap, of the days up to `last`.

    Begins two days early: a period may reach behind midnight, and a day of the zone is not one of UTC.
    """
    first = local_day(start, outlet.zone) - 2 * DAY
    waiting: list[tuple[datetime, datetime]] = []
    for work in days if days is not None else working_days(outlet, first, last):
        day_begin = work.spans[0][0]
        # A night that reaches into the next morning's hours is one stretch with them.
        done = [span for span in waiting if span[1] < day_begin]
        waiting = merged([*waiting[len(done) :], *work.spans])
        yield from ((max(begin, start), end) for begin, end in done if end > start)
    yield from ((max(begin, start), end) for begin, end in waiting if end > start)
