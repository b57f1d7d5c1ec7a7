"""The nouns of clocks: when an outlet works, how long something may take, and what that gives.

Moments are aware datetimes; the engine counts in UTC and hands out the outlet's zone. A period belongs to the day on
which it begins, also the part of it that lies behind midnight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

from xiaoshi.core.problems import Problem

Unit = Literal["working_minutes", "working_days", "hours", "days"]
UNITS: tuple[Unit, ...] = ("working_minutes", "working_days", "hours", "days")

MINUTES_OF_DAY = 24 * 60
AT_RISK_PERCENT = 80


@dataclass(frozen=True, slots=True)
class Period:
    """Open from `begin` up to (not including) `end`, in minutes after the midnight with which its day begins.

    0 <= begin < 1440 and begin < end <= begin + 1440: 21:00-02:00 is (1260, 1560), and 1440 is 24:00.
    """

    begin: int
    end: int

    def __post_init__(self) -> None:
        if not (0 <= self.begin < MINUTES_OF_DAY and self.begin < self.end <= self.begin + MINUTES_OF_DAY):
            raise ValueError(f"not a period of one day: {self.begin}-{self.end}")


Periods = tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """From `begin` up to `end`; `end` None: still going on."""

    begin: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Outlet:
    """The calendar of one outlet.

    `week`: the periods of Monday to Sunday. `days`: dates that follow other hours than their weekday's (调休: the
    Saturday that works as a Wednesday has Wednesday's periods, the Wednesday off has none). `closed_days`: whole working
    days that the outlet is closed, first and last, both included. `closures`: closed for these hours only. `announced`:
    the years whose swapped days are known; None where that is no question.
    """

    zone: tzinfo
    week: tuple[Periods, Periods, Periods, Periods, Periods, Periods, Periods]
    days: Mapping[date, Periods] = field(default_factory=dict)
    closed_days: tuple[tuple[date, date], ...] = ()
    closures: tuple[Span, ...] = ()
    announced: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """How long: `amount` of `unit`. `runs_for_client`: the client's own clock, which nothing of ours stops."""

    unit: Unit
    amount: int
    runs_for_client: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time that was counted."""

    begin: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class Reckoning:
    """When it is due, and why: `segments` are what was counted, in order, and add up to the term.

    `due` is None where there is none; `problems` then says so. It may hold something beside a date too
    (`year_not_announced`: the plain week was used). `at_risk`: when the given share of the counted time is used up.
    """

    due: datetime | None
    at_risk: datetime | None
    segments: tuple[Segment, ...]
    problems: tuple[Problem, ...]
