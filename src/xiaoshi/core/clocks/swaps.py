"""Reading swapped days 调休: which dates follow another weekday's hours, have hours of their own, or are off."""

from __future__ import annotations

from datetime import date
from typing import Any

from xiaoshi.core.clocks.model import Periods
from xiaoshi.core.clocks.reading import ANNOTATIONS, Reader, first_of, shown
from xiaoshi.core.clocks.weekdays import weekday_named

AS = ("works_as", "as", "like", "works_like", "weekday")
OFF_WORDS = frozenset({"off", "closed", "holiday", "rest", "none", "休", "休息", "放假"})
KEYS = frozenset(
    {"date", "day", "off", "work", "works", "working", "workday", "open", "type", "kind", "status", "periods"}
    | {*AS, *ANNOTATIONS}
)
WORK_WORDS = frozenset({"work", "workday", "working", "works", "on", "上班", "补班", "工作日"})

Week = tuple[Periods, ...]


def read_swaps(reader: Reader, items: list[Any], week: Week) -> dict[date, Periods]:
    """Date -> its periods. Two entries that differ on one date: the later one counts, and a problem says so."""
    days: dict[date, Periods] = {}
    for i, item in enumerate(items):
        for day, periods in _swap(reader, item, week, ("outlet", "swaps", i)):
            if days.get(day, periods) != periods:
                reader.wrong(
                    "swap_twice",
                    f"{day} 有两条不同的调休，按后一条计算；请核对。",
                    f"{day} is swapped in two different ways; the later entry counts. Check them.",
                    "outlet",
                    "swaps",
                    i,
                )
            days[day] = periods
    return days


def _swap(reader: Reader, item: Any, week: Week, path: tuple[str | int, ...]) -> list[tuple[date, Periods]]:
    if isinstance(item, str):
        item = {"date": item}
    if isinstance(item, dict) and {"work", "off"} <= item.keys() and not isinstance(item["off"], bool):
        return _pair(reader, item, week, path)
    if not isinstance(item, dict):
        item = {}
    reader.unknown_keys(item, KEYS, *path)
    key, value = first_of(item, ("date", "day"))
    day = reader.read_date(value, *path, key)
    if day is None:
        return []
    periods = _periods(reader, item, day, week, path)
    return [(day, periods)] if periods is not None else []


def _pair(
    reader: Reader, item: dict[str, Any], week: Week, path: tuple[str | int, ...]
) -> list[tuple[date, Periods]]:
    """`work` is worked in place of `off`: with that day's hours."""
    work = reader.read_date(item["work"], *path, "work")
    off = reader.read_date(item["off"], *path, "off")
    if work is None or off is None:
        return []
    return [(work, week[off.weekday()]), (off, ())]


def _periods(
    reader: Reader, item: dict[str, Any], day: date, week: Week, path: tuple[str | int, ...]
) -> Periods | None:
    if "periods" in item:
        return reader.read_periods(item["periods"], *path, "periods")
    if item.get("off") is True or any(item.get(k) is False for k in ("works", "working", "workday", "open")):
        return ()
    key, value = first_of(item, AS)
    if key in item:
        return _as(reader, value, week, (*path, key))
    word = str(first_of(item, ("type", "kind", "status"))[1] or "").strip().lower()
    if word in OFF_WORDS:
        return ()
    if word in WORK_WORDS or any(item.get(k) is True for k in ("works", "working", "workday", "open")):
        return _plain_workday(week)
    # Nothing but a date: the day is swapped, so it is the other way round than its weekday.
    return () if week[day.weekday()] else _plain_workday(week)


def _as(reader: Reader, value: Any, week: Week, path: tuple[str | int, ...]) -> Periods | None:
    if value is None or value is False or str(value).strip().lower() in OFF_WORDS:
        return ()
    if value is True or str(value).strip().lower() in WORK_WORDS:
        return _plain_workday(week)
    weekday = weekday_named(str(value)) if isinstance(value, (str, int)) else None
    if weekday is None and reader.is_date(value):
        other = reader.read_date(value, *path)
        weekday = other.weekday() if other is not None else None
    if weekday is None:
        reader.wrong(
            "weekday_unknown",
            f"“{shown(value)}”不是星期几，也不是日期；请写 mon—sun、1—7、周一—周日、off 或一个日期。",
            f"“{shown(value)}” is neither a weekday nor a date: write mon to sun, 1 to 7, 周一 to 周日, off, or a date.",
            *path,
        )
        return None
    return week[weekday]


def _plain_workday(week: Week) -> Periods:
    """The hours of the first weekday that has any: a swapped day that does not say for which weekday it works."""
    return next((periods for periods in week if periods), ())
