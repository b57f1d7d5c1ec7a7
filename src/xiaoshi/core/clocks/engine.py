"""When something is due: working time of an outlet, counted forward from a moment.

Problem. "Within 120 working minutes", "in three working days", "in 72 hours" mean something only with a calendar: an
outlet works in several periods a day with a break between them, perhaps past midnight; the State Council swaps workdays
(调休) once a year and announces the next year late in this one; an outlet closes for an afternoon; the desk cannot work
while the client has to act; and the client, who may live in another zone, does not stop waiting for our holidays.

Worked example. Hours 09:00-12:00 and 13:30-17:30 on weekdays, 60 working minutes from Wednesday 30 September 2026, 17:00.
30 minutes are left until 17:30. The 1st to the 7th of October are off (swapped or public), so it goes on on Thursday, the
8th, at 09:00: due at 09:30. Two segments, 17:00-17:30 and 09:00-09:30, together 60 minutes.

Choice. Open time is made day by day as spans of moments in UTC and consumed span by span, so a million minutes cost some
two thousand days of arithmetic and not a million steps. The rules, in one place:

- A period belongs to the day on which it begins. A swapped day gives its periods away as a whole, a whole-day closure
  closes all of them, with their part behind midnight; a closure by the hour takes out exactly these hours.
- Working minutes are used up inside open, unpaused time. What ends with a period is due at its end, not next morning.
- Working days: the day of the start does not count (Civil Code art 201). Each later day counts whose last closing moment
  comes while the clock is not paused; the term is due at the last closing moment of the last of them (art 203: business
  hours end the day). So a pause within a day changes nothing, and one over three closing moments gives three days more.
- Hours are elapsed time. Days end at the same time of day, `amount` days later, in the zone given. Nights, closures and
  swapped days stop neither; pauses do, unless the clock runs for the client.
- Working units of a clock that runs for the client are elapsed minutes and days: nothing of ours stops it.
- A year whose swapped days are not announced counts by the plain week, with the problem `year_not_announced` beside the
  date: it is worked out again when the notice comes.

Left out: several outlets that share one piece of work; hours that change from a date on (a calendar is handed in as it
is; whoever changes it works the running clocks out again); half days that count as half a working day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

from xiaoshi.core.clocks import trouble
from xiaoshi.core.clocks.model import AT_RISK_PERCENT, Outlet, Reckoning, Segment, Span, Term
from xiaoshi.core.clocks.opening import DAY, Blocked, open_spans, working_days
from xiaoshi.core.clocks.wall import MINUTE, local_day, moment, moment_of_day
from xiaoshi.core.problems import Problem

HORIZON_DAYS = 50 * 366
"""How far the engine looks. Whatever is not due by then has no date; the answer says so instead of searching on."""

LAST_DAY = date(9990, 12, 31)
NOTHING = timedelta(0)


def reckon(
    start: datetime,
    term: Term,
    outlet: Outlet,
    pauses: Sequence[Span] = (),
    at_risk_percent: int = AT_RISK_PERCENT,
) -> Reckoning:
    """When `term` from `start` (aware) is due. `pauses`: while the client must act, in any order; the last may be open.

    Raises ValueError for a naive start, an amount below 0 or a share that is no percentage: a programmer's error.
    """
    if start.tzinfo is None or term.amount < 0 or not 0 < at_risk_percent <= 100:
        raise ValueError(f"cannot reckon {term} from {start} at {at_risk_percent} %")
    begin = start.astimezone(UTC)
    if begin.date() >= LAST_DAY or begin.date() <= date(2, 1, 1):
        return Reckoning(None, None, (), (trouble.beyond_horizon(50),))
    last = min(local_day(begin, outlet.zone) + HORIZON_DAYS * DAY, LAST_DAY)
    end_of_time = moment_of_day(last, 9 * 24 * 60, UTC)
    stopped = () if term.runs_for_client else pauses
    blocked = Blocked(stopped, end_of_time)
    due, segments = _count(begin, term, outlet, blocked, min(last, _nothing_after(begin, outlet, stopped)))
    problems = _problems(due, begin, term, outlet, stopped)
    if due is None and problems[0].code != "still_paused":
        segments = []  # fifty years of them would explain nothing
    at_risk = at_share(segments, at_risk_percent) if due is not None else None
    return Reckoning(
        _shown(due, outlet.zone),
        _shown(at_risk if at_risk is not None else due, outlet.zone),
        tuple(Segment(s.begin.astimezone(outlet.zone), s.end.astimezone(outlet.zone)) for s in segments),
        problems,
    )


def _nothing_after(begin: datetime, outlet: Outlet, stopped: Sequence[Span]) -> date:
    """A day after which nothing can count because a pause has no end: a clock at rest need not look at fifty years."""
    for_good = min((span.begin for span in stopped if span.end is None), default=None)
    if for_good is None or for_good.date() >= LAST_DAY - 3 * DAY:
        return LAST_DAY
    return local_day(max(for_good.astimezone(UTC), begin), outlet.zone) + 2 * DAY


def _shown(at: datetime | None, zone: tzinfo) -> datetime | None:
    return at.astimezone(zone) if at is not None else None


def _count(
    begin: datetime, term: Term, outlet: Outlet, blocked: Blocked, last: date
) -> tuple[datetime | None, list[Segment]]:
    if term.unit == "working_days" and not term.runs_for_client:
        return _by_days(begin, term.amount, outlet, blocked, last)
    if term.unit == "working_minutes" and not term.runs_for_client:
        spans = open_spans(outlet, begin, last) if _ever_opens(outlet) else iter(())
        return _use_up(begin, _amount(begin, term, outlet.zone, last), spans, blocked)
    always = iter([(begin, moment_of_day(last, 0, UTC))])
    return _use_up(begin, _amount(begin, term, outlet.zone, last), always, blocked)


def _amount(begin: datetime, term: Term, zone: tzinfo, last: date) -> timedelta:
    """The term as a length of time; what passes the horizon is cut behind it."""
    amount = min(term.amount, (HORIZON_DAYS + 2) * 24 * 60)
    if term.unit == "working_minutes":
        return amount * MINUTE
    if term.unit == "hours":
        return min(amount, (HORIZON_DAYS + 2) * 24) * 60 * MINUTE
    wall = begin.astimezone(zone).replace(tzinfo=None)
    return moment(wall + min(amount, HORIZON_DAYS + 2) * DAY, zone) - begin


def _use_up(
    begin: datetime, left: timedelta, spans: Iterator[tuple[datetime, datetime]], blocked: Blocked
) -> tuple[datetime | None, list[Segment]]:
    segments: list[Segment] = []
    if left <= NOTHING:
        return begin, segments
    for span_begin, span_end in spans:
        for piece in blocked.cut(span_begin, span_end):
            if piece.length >= left:
                due = piece.begin + left
                segments.append(Segment(piece.begin, due))
                return due, segments
            left -= piece.length
            segments.append(piece)
    return None, segments


def _by_days(
    begin: datetime, amount: int, outlet: Outlet, blocked: Blocked, last: date
) -> tuple[datetime | None, list[Segment]]:
    """The closing moment of the `amount`-th working day after the day of the start."""
    if amount == 0:
        return begin, []
    day_of_start = local_day(begin, outlet.zone)
    left, due = amount, None
    days = []
    if _ever_opens(outlet):
        for work in working_days(outlet, day_of_start - 2 * DAY, last):
            days.append(work)
            if work.day > day_of_start and not blocked.covers(work.end):
                left -= 1
                if left == 0:
                    due = work.end
                    break
    segments = [
        piece
        for span_begin, span_end in open_spans(outlet, begin, last, days)
        if due is None or span_begin < due
        for piece in blocked.cut(span_begin, min(span_end, due) if due is not None else span_end)
    ]
    return due, segments


def _ever_opens(outlet: Outlet) -> bool:
    return any(outlet.week) or any(outlet.days.values())


def at_share(segments: Iterable[Segment], percent: int) -> datetime | None:
    """When this share of the counted time is used up; None when nothing was counted."""
    counted = list(segments)
    left = sum((s.length for s in counted), NOTHING) * percent / 100
    for segment in counted:
        if segment.length >= left:
            return segment.begin + left
        left -= segment.length
    return counted[-1].end if counted else None


def _problems(
    due: datetime | None, begin: datetime, term: Term, outlet: Outlet, stopped: Sequence[Span]
) -> tuple[Problem, ...]:
    if due is None:
        open_pause = next((i for i, span in enumerate(stopped) if span.end is None), None)
        working = term.unit in ("working_minutes", "working_days") and not term.runs_for_client
        if working and not _ever_opens(outlet):
            return (trouble.never_open(),)
        if open_pause is not None:
            return (trouble.still_paused(open_pause),)
        return (trouble.beyond_horizon(50),)
    if outlet.announced is None or term.runs_for_client or term.unit in ("hours", "days"):
        return ()
    first, final = local_day(begin, outlet.zone).year, local_day(due, outlet.zone).year
    unknown = [year for year in range(first, final + 1) if year not in outlet.announced]
    return (trouble.year_not_announced(unknown),) if unknown else ()


# ---- other questions to the same calendar ---------------------------------------------------------------------------


def worked(begin: datetime, end: datetime, outlet: Outlet, pauses: Sequence[Span] = ()) -> timedelta:
    """How much working time of the outlet lies between two moments, pauses not counted."""
    start, stop = begin.astimezone(UTC), end.astimezone(UTC)
    blocked = Blocked(pauses, stop + DAY)
    total = NOTHING
    for span_begin, span_end in open_spans(outlet, start, local_day(stop, outlet.zone)):
        total += sum((p.length for p in blocked.cut(span_begin, min(span_end, stop))), NOTHING)
    return total


def next_open(at: datetime, outlet: Outlet, within_days: int = 366) -> datetime | None:
    """`at` itself when the outlet is open then, else when it opens next; None when it does not within so many days."""
    start = at.astimezone(UTC)
    last = local_day(start, outlet.zone) + within_days * DAY
    if not _ever_opens(outlet):
        return None
    return next((begin.astimezone(outlet.zone) for begin, _end in open_spans(outlet, start, last)), None)
