"""Reading values that people write in several ways: dates, moments, times of day, periods. Problems are collected.

Every method answers None (or leaves out the item) for what cannot be read and notes a problem with a JSON pointer, so one
run names all that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from xiaoshi.core.clocks.model import MINUTES_OF_DAY, Period, Periods
from xiaoshi.core.clocks.wall import moment
from xiaoshi.core.problems import Problem, Words

PROBLEMS_MAX = 50
ITEMS_MAX = 20_000
YEARS = (1900, 9000)
ANNOTATIONS = frozenset({"reason", "note", "name", "title", "source", "status", "type", "id", "by", "why"})
"""Keys that people add for people."""
FROM = ("from", "start", "begin", "open")
TO = ("to", "end", "until", "close")

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|(\d{2})(\d{2}))$")
_TIME = re.compile(r"(\d{1,2})[:：](\d{2})(?::(\d{2})(?:\.0+)?)?$")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$")
_BETWEEN = re.compile(r"\s*(?:-|–|—|~|～|至|到|\bto\b)\s*")
_AND = re.compile(r"\s*[,，、;；]\s*")


def pointer(*path: str | int) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def shown(value: Any) -> str:
    """The value as it is quoted in a problem; long ones are cut."""
    text = repr(value) if not isinstance(value, str) else value
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= 40 else text[:40] + "…"


def first_of(table: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, Any]:
    """The first of these keys that the table has, with its value; the first name and None when it has none."""
    return next(((name, table[name]) for name in names if name in table), (names[0], None))


class Reader:
    """Collects problems; `zone` is the outlet's, for moments without an offset."""

    def __init__(self, root: tuple[str | int, ...] = ()) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.zone: tzinfo = UTC

    def wrong(self, code: str, zh: str, en: str, *path: str | int) -> None:
        problem = Problem(code, Words(zh, en), pointer(*self.root, *path))
        if len(self.problems) < PROBLEMS_MAX and problem not in self.problems:
            self.problems.append(problem)

    def unknown_keys(self, table: Mapping[str, Any], known: frozenset[str], *path: str | int) -> None:
        """Keys that are not known are named, so that a misspelt one is not left out in silence; `x-…` and `_…` are free."""
        for key in table:
            if key not in known and not key.startswith(("x-", "$", "_")):
                self.wrong(
                    "unknown_key",
                    f"不认识“{shown(key)}”，未使用；可用：{'、'.join(sorted(known))}。",
                    f"“{shown(key)}” is not known and was not used; known: {', '.join(sorted(known))}.",
                    *path,
                    key,
                )

    def read_whole(self, value: Any, least: int, most: int, *path: str | int) -> int | None:
        """A whole number in a range; 30.0 is one, "30" and true are not."""
        if isinstance(value, float) and abs(value) <= most and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.wrong(
                "not_a_whole_number",
                f"“{shown(value)}”不合适：应为 {least} 到 {most} 的整数。",
                f"“{shown(value)}” does not fit: a whole number from {least} to {most} is needed.",
                *path,
            )
            return None
        return value

    def read_items(self, value: Any, *path: str | int) -> list[Any]:
        """A list; null is an empty one, a single text or object a list of one."""
        if value is None:
            return []
        if isinstance(value, (str, dict)):
            value = [value]
        if isinstance(value, list) and len(value) <= ITEMS_MAX:
            return value
        self.wrong(
            "not_a_list",
            f"这里应为列表，至多 {ITEMS_MAX} 项。",
            f"A list is needed here, of {ITEMS_MAX} items at most.",
            *path,
        )
        return []

    def read_zone(self, value: Any, *path: str | int) -> tzinfo | None:
        """An IANA name, `UTC`, or an offset such as `+08:00`."""
        if isinstance(value, str):
            text = value.strip()
            offset = _OFFSET.fullmatch(text)
            if text.upper() in ("UTC", "Z", "GMT"):
                return UTC
            if offset and int(offset[2]) < 24 and int(offset[3] or 0) < 60:
                away = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
                return timezone(away if offset[1] == "+" else -away)
            try:
                return ZoneInfo(text)
            except (ValueError, OSError, LookupError):
                pass
        self.wrong(
            "zone_unknown",
            f"没有“{shown(value)}”这个时区；请写 Asia/Shanghai 这样的名称或 +08:00。",
            f"There is no zone “{shown(value)}”: write a name such as Asia/Shanghai, or +08:00.",
            *path,
        )
        return None

    def read_date(self, value: Any, *path: str | int) -> date | None:
        """`2026-10-01`, also with slashes or without marks."""
        found = _DATE.match(value.strip()) if isinstance(value, str) else None
        if found:
            year, month, day = (int(part) for part in found.groups() if part)
            try:
                if YEARS[0] <= year <= YEARS[1]:
                    return date(year, month, day)
            except ValueError:
                pass
        self.wrong(
            "date_unreadable",
            f"“{shown(value)}”不是日期；请写 2026-10-01 这样的日期（{YEARS[0]}—{YEARS[1]} 年）。",
            f"“{shown(value)}” is no date: write one such as 2026-10-01 (years {YEARS[0]} to {YEARS[1]}).",
            *path,
        )
        return None

    def is_date(self, value: Any) -> bool:
        return isinstance(value, str) and _DATE.match(value.strip()) is not None

    def read_moment(self, value: Any, *path: str | int) -> datetime | None:
        """ISO 8601 with offset or `Z`; without one it is the wall time of the outlet's zone. A date alone is its midnight."""
        at: datetime | None = None
        if isinstance(value, str):
            text = value.strip()
            end_of_day = re.fullmatch(r"(.{8,10})[T ]24:00(?::00)?", text)
            try:
                if end_of_day and self.is_date(end_of_day[1]):
                    at = datetime.fromisoformat(end_of_day[1]) + timedelta(days=1)
                elif len(text) >= 8:
                    at = datetime.fromisoformat(text)
            except (ValueError, OverflowError):
                at = None
        if at is not None and YEARS[0] <= at.year <= YEARS[1]:
            return at.astimezone(UTC) if at.tzinfo is not None else moment(at, self.zone)
        self.wrong(
            "moment_unreadable",
            f"“{shown(value)}”不是时刻；请写 2026-09-30T17:00 或带时差的 2026-09-30T17:00+08:00。",
            f"“{shown(value)}” is no moment: write 2026-09-30T17:00, or 2026-09-30T17:00+08:00 with its offset.",
            *path,
        )
        return None

    def read_minutes(self, value: Any, *path: str | int) -> int | None:
        """A time of day in minutes after midnight; 24:00 is the day's end, 26:00 two hours after it."""
        found = _TIME.match(value.strip()) if isinstance(value, str) else None
        if found and int(found[2]) < 60 and int(found[3] or 0) == 0:
            minutes = int(found[1]) * 60 + int(found[2])
            if minutes <= 2 * MINUTES_OF_DAY:
                return minutes
        self.wrong(
            "time_unreadable",
            f"“{shown(value)}”不是钟点；请写 09:00、17:30 或 24:00（不计秒）。",
            f"“{shown(value)}” is no time of day: write 09:00, 17:30 or 24:00 (no seconds).",
            *path,
        )
        return None

    def read_period(self, begin_value: Any, end_value: Any, *path: str | int) -> Period | None:
        """From one time of day to another; an end that is not later lies behind midnight."""
        begin, end = self.read_minutes(begin_value, *path), self.read_minutes(end_value, *path)
        if begin is None or end is None:
            return None
        if end < begin:
            end += MINUTES_OF_DAY
        try:
            return Period(begin, end)
        except ValueError:
            self.wrong(
                "period_empty",
                f"“{shown(begin_value)}–{shown(end_value)}”不是一天之内的时段；全天请写 00:00–24:00。",
                f"“{shown(begin_value)}–{shown(end_value)}” is no period of one day: for the whole day write 00:00–24:00.",
                *path,
            )
            return None

    def read_periods(self, value: Any, *path: str | int) -> Periods:
        """The periods of one day, in any of the forms that the schema lists; null, false or an empty list: none."""
        found: list[Period] = []
        for begin, end, place in self._pairs(value, path):
            period = self.read_period(begin, end, *place)
            if period is not None:
                found.append(period)
        found.sort(key=lambda p: p.begin)
        if any(later.begin < earlier.end for earlier, later in pairwise(found)):
            self.wrong(
                "periods_overlap",
                "同一天的时段互相重叠，重叠部分只计一次；请核对。",
                "Periods of one day overlap; the common part counts once. Check them.",
                *path,
            )
        return tuple(found)

    def _pairs(self, value: Any, path: tuple[str | int, ...]) -> list[tuple[Any, Any, tuple[str | int, ...]]]:
        if value is None or value is False or value in ("", "closed", "off", "休息", "休"):
            return []
        if isinstance(value, str):
            parts = [_BETWEEN.split(part) for part in _AND.split(value.strip()) if part]
            return [(p[0], p[1], path) if len(p) == 2 else (value, value, path) for p in parts]
        if isinstance(value, dict):
            (_, begin), (_, end) = first_of(value, FROM), first_of(value, TO)
            return [(begin, end, path)]
        if isinstance(value, list):
            if len(value) == 2 and all(
                isinstance(v, str) and len(_BETWEEN.split(v.strip())) == 1 for v in value
            ):
                return [(value[0], value[1], path)]
            return [pair for i, item in enumerate(value) for pair in self._pairs(item, (*path, i))]
        self.wrong(
            "periods_unreadable",
            f'“{shown(value)}”不是时段；请写 ["09:00","12:00"] 这样的起止。',
            f'“{shown(value)}” is no period: write its two ends, ["09:00","12:00"].',
            *path,
        )
        return []
