"""The engine against a walk that knows nothing of spans: it asks of every single minute whether the outlet works then.

The walk reads a wall clock minute by minute in UTC. A door opens at the first minute at which the clock has reached the
period's begin on its day (or has jumped over it), and closes at the first at which it has reached the end.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from xiaoshi.core.clocks import Outlet, Period, Span, Term, merged_days, reckon, worked

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
WALK_DAYS = 16


@cache
def door_minutes(day: date, period: Period, zone: ZoneInfo) -> frozenset[datetime]:
    """The minutes (UTC) at which the door of one period is open, found by looking at a clock every minute."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + period.begin * MINUTE - timedelta(hours=15)
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - what a wall clock shows
    open_now, found = False, set()
    for _ in range(5 * 24 * 60):
        shown = (at.astimezone(zone).replace(tzinfo=None) - midnight) // MINUTE
        if shown >= period.end:
            return frozenset(found)
        if shown >= period.begin:
            open_now = True
        if open_now:
            found.add(at)
        at += MINUTE
    raise AssertionError("the door never closes")


def open_minutes(outlet: Outlet, first: date, days: int) -> tuple[set[datetime], dict[date, datetime]]:
    """All open minutes, and the last closing moment of each working day."""
    assert isinstance(outlet.zone, ZoneInfo)
    found: set[datetime] = set()
    ends: dict[date, datetime] = {}
    for i in range(-2, days):
        day = first + i * DAY
        if any(a <= day <= b for a, b in outlet.closed_days):
            continue
        periods = outlet.days[day] if day in outlet.days else outlet.week[day.weekday()]
        minutes = {m for period in periods for m in door_minutes(day, period, outlet.zone)}
        minutes = {m for m in minutes if not any(s.begin <= m < s.end for s in outlet.closures if s.end)}
        if minutes:
            found |= minutes
            ends[day] = max(minutes) + MINUTE
    return found, ends


def paused(at: datetime, pauses: list[Span]) -> bool:
    return any(p.begin <= at and (p.end is None or at < p.end) for p in pauses)


def walk(start: datetime, minutes: int, opened: set[datetime], pauses: list[Span]) -> datetime | None:
    left = minutes
    for at in sorted(opened):
        if at >= start and not paused(at, pauses):
            left -= 1
            if left == 0:
                return at + MINUTE
    return None


def walk_days(start: datetime, days: int, outlet: Outlet, ends: dict[date, datetime], pauses: list[Span]):
    """The closing moments one after the other; the minute before each tells whether the clock was paused."""
    left = days
    for day in sorted(ends):
        if day > start.astimezone(outlet.zone).date() and not paused(ends[day] - MINUTE, pauses):
            left -= 1
            if left == 0:
                return ends[day]
    return None


ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]
# Weeks in which these zones put their clocks forward or back, and one around the Golden Week.
STARTS = [
    datetime(2026, 9, 28, tzinfo=UTC),
    datetime(2026, 3, 27, tzinfo=UTC),
    datetime(2026, 10, 23, tzinfo=UTC),
    datetime(2026, 3, 6, tzinfo=UTC),
    datetime(2026, 10, 30, tzinfo=UTC),
    datetime(2026, 4, 2, tzinfo=UTC),
    datetime(2026, 4, 22, tzinfo=UTC),
]
quarter = st.integers(0, 95).map(lambda q: q * 15)
period = st.builds(lambda b, n: Period(b, b + n * 15), quarter, st.integers(1, 40))
periods = st.lists(period, max_size=2).map(tuple)


@st.composite
def outlets(draw: st.DrawFn, first: date) -> Outlet:
    week = tuple(draw(st.lists(periods, min_size=7, max_size=7)))
    near = st.integers(0, 9).map(lambda i: first + i * DAY)
    swapped = draw(st.dictionaries(near, st.one_of(st.just(()), st.sampled_from(week)), max_size=3))
    closed = draw(st.lists(near.map(lambda d: (d, d)), max_size=2))
    spans = draw(st.lists(spans_near(first), max_size=2))
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    return Outlet(zone, week, swapped, merged_days(closed), tuple(spans))  # type: ignore[arg-type]


def spans_near(first: date) -> st.SearchStrategy[Span]:
    at = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return st.builds(
        lambda a, n: Span(at + a * 10 * MINUTE, at + (a + n) * 10 * MINUTE),
        st.integers(0, 1000),
        st.integers(0, 400),
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[datetime, Outlet, list[Span]]:
    week_start = draw(st.sampled_from(STARTS))
    start = week_start + draw(st.integers(0, 3 * 24 * 12)) * 5 * MINUTE
    outlet = draw(outlets(start.date()))
    pauses = draw(st.lists(spans_near(start.date()), max_size=2))
    if draw(st.integers(0, 5)) == 0:
        pauses.append(Span(start + draw(st.integers(0, 2000)) * MINUTE, None))
    return start, outlet, pauses


WEEK_OF_NIGHTS = ((Period(1260, 1560),),) * 7
NIGHT_OUTLET = Outlet(ZoneInfo("Europe/Berlin"), WEEK_OF_NIGHTS, {}, ((date(2026, 10, 24),) * 2,))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(questions(), st.integers(1, 2500))
@example((datetime(2026, 10, 23, tzinfo=UTC), NIGHT_OUTLET, []), 700)
@example(
    (datetime(2026, 3, 27, tzinfo=UTC), NIGHT_OUTLET, [Span(datetime(2026, 3, 28, tzinfo=UTC), None)]), 900
)
def test_working_minutes_are_what_a_walk_counts(
    question: tuple[datetime, Outlet, list[Span]], minutes: int
) -> None:
    start, outlet, pauses = question
    opened, _ends = open_minutes(outlet, start.date(), WALK_DAYS)
    found = reckon(start, Term("working_minutes", minutes), outlet, pauses)
    expected = walk(start, minutes, opened, pauses)
    walked_to = datetime(start.year, start.month, start.day, tzinfo=UTC) + (WALK_DAYS - 2) * DAY
    if expected is None or expected > walked_to:
        assert found.due is None or found.due > walked_to
        return
    assert found.due == expected
    assert sum((s.length for s in found.segments), timedelta(0)) == minutes * MINUTE
    for segment in found.segments:
        inside = {segment.begin.astimezone(UTC), segment.end.astimezone(UTC) - MINUTE}
        assert inside <= opened
        assert not any(paused(m, pauses) for m in inside)
    assert all(a.end < b.begin for a, b in zip(found.segments, found.segments[1:], strict=False))
    counted = {m for m in opened if start <= m < found.due and not paused(m, pauses)}
    assert worked(start, found.due, outlet, pauses) == len(counted) * MINUTE == minutes * MINUTE


@settings(max_examples=30, deadline=None, derandomize=True)
@given(questions(), st.integers(1, 6))
def test_working_days_are_closing_moments_that_are_not_paused(
    question: tuple[datetime, Outlet, list[Span]], days: int
) -> None:
    start, outlet, pauses = question
    opened, ends = open_minutes(outlet, start.astimezone(outlet.zone).date(), WALK_DAYS)
    found = reckon(start, Term("working_days", days), outlet, pauses)
    expected = walk_days(start, days, outlet, ends, pauses)
    if expected is None:
        assert found.due is None or found.due.astimezone(outlet.zone).date() >= max(ends, default=date.min)
        return
    assert found.due == expected
    counted = {m for m in opened if start <= m < expected and not paused(m, pauses)}
    assert sum((s.length for s in found.segments), timedelta(0)) == len(counted) * MINUTE


@settings(max_examples=60, deadline=None, derandomize=True)
@given(questions(), st.integers(0, 200), st.booleans())
def test_hours_do_not_stop_at_night_and_the_clients_own_not_for_pauses(
    question: tuple[datetime, Outlet, list[Span]], hours: int, for_client: bool
) -> None:
    start, outlet, pauses = question
    found = reckon(start, Term("hours", hours, for_client), outlet, pauses)
    if for_client:
        assert found.due == start + timedelta(hours=hours)
    elif found.due is not None:
        assert sum((s.length for s in found.segments), timedelta(0)) == timedelta(hours=hours)
