"""Reading the calendar of an outlet: its week, swapped days and closures, in the forms that `schema.py` lists."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any

from xiaoshi.core.clocks.model import Outlet, Periods, Span
from xiaoshi.core.clocks.opening import merged_days
from xiaoshi.core.clocks.reading import ANNOTATIONS, FROM, TO, Reader, first_of, shown
from xiaoshi.core.clocks.swaps import read_swaps
from xiaoshi.core.clocks.wall import moment, moment_of_day
from xiaoshi.core.clocks.weekdays import weekdays_named

Path = tuple[str | int, ...]
Week = tuple[Periods, Periods, Periods, Periods, Periods, Periods, Periods]
DEFAULT_ZONE = "Asia/Shanghai"
OUTLET_KEYS = frozenset({"zone", "periods", "closures", "swaps", "announced_years", "name", "id"})
SPAN_KEYS = frozenset({*FROM, *TO, *ANNOTATIONS})
CLOSURE_KEYS = SPAN_KEYS | {"date", "day", "periods"}
NO_WEEK: Week = ((), (), (), (), (), (), ())


def read_outlet(reader: Reader, value: Any) -> Outlet | None:
    """The calendar of an outlet; its zone is the reader's from here on."""
    if not isinstance(value, dict):
        reader.wrong(
            "outlet_missing",
            "请写 outlet：网点的营业时间。",
            "Describe the outlet's hours: outlet.",
            "outlet",
        )
        return None
    reader.unknown_keys(value, OUTLET_KEYS, "outlet")
    zone = reader.read_zone(DEFAULT_ZONE if value.get("zone") is None else value["zone"], "outlet", "zone")
    # An unknown zone does not keep us from naming what else is wrong.
    reader.zone = zone or UTC
    week = read_week(reader, value.get("periods"), "outlet", "periods")
    closed_days, closures = read_closures(reader, value.get("closures"), "outlet", "closures")
    days = read_swaps(reader, _swap_items(reader, value.get("swaps")), week)
    announced = _announced(reader, value.get("announced_years"), days)
    if zone is None:
        return None
    return Outlet(zone, week, days, merged_days(closed_days), tuple(closures), announced)


def _swap_items(reader: Reader, value: Any) -> list[Any]:
    """Swaps as a list, or as a table from date to weekday."""
    if isinstance(value, dict) and value and all(reader.is_date(key) for key in value):
        return [{"date": key, "works_as": as_} for key, as_ in value.items()]
    return reader.read_items(value, "outlet", "swaps")


def _announced(reader: Reader, value: Any, days: dict[date, Periods]) -> frozenset[int] | None:
    """Given: these years. Not given: with swapped days, every year up to the newest of them; without, no question."""
    if value is None:
        return frozenset(range(1900, max(days).year + 1)) if days else None
    years = [
        reader.read_whole(y, 1900, 9000, "outlet", "announced_years", i)
        for i, y in enumerate(value if isinstance(value, list) else [value])
    ]
    return frozenset(y for y in years if y is not None)


def read_week(reader: Reader, value: Any, *path: str | int) -> Week:
    """The week's periods: a table by weekday, a list of seven days from Monday on, or a list of objects with `day`."""
    week: list[list[Any]] = [[] for _ in range(7)]
    for names, day, place in _entries(reader, value, path):
        for weekday in _weekdays(reader, names, *path, place):
            week[weekday].extend(reader.read_periods(_of_day(day), *path, place))
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = (tuple(day) for day in week)
    return monday, tuesday, wednesday, thursday, friday, saturday, sunday


def _entries(reader: Reader, value: Any, path: Path) -> list[tuple[Any, Any, str | int]]:
    """Weekday or weekdays, what is written for them, and where."""
    if isinstance(value, dict):
        return [(key, day, key) for key, day in value.items()]
    if isinstance(value, list) and len(value) == 7 and not any(isinstance(d, dict) for d in value):
        return [(str(i + 1), day, i) for i, day in enumerate(value)]
    if isinstance(value, list) and all(isinstance(d, dict) for d in value):
        names = ("day", "days", "weekday", "weekdays")
        return [(first_of(d, names)[1], d, i) for i, d in enumerate(value)]
    reader.wrong(
        "periods_missing",
        '请写 periods：每个星期几的营业时段，如 {"mon": [["09:00","12:00"]]}。',
        'Write the periods of each weekday, as {"mon": [["09:00","12:00"]]}.',
        *path,
    )
    return []


def _of_day(day: Any) -> Any:
    return day["periods"] if isinstance(day, dict) and "periods" in day else day


def _weekdays(reader: Reader, names: Any, *path: str | int) -> tuple[int, ...]:
    found: list[int] = []
    for name in names if isinstance(names, list) else [names]:
        readable = isinstance(name, (str, int)) and not isinstance(name, bool)
        named = weekdays_named(str(name)) if readable else None
        if named is None:
            reader.wrong(
                "weekday_unknown",
                f"“{shown(name)}”不是星期几；请写 mon—sun、1—7（1 为周一）或 周一—周日。",
                f"“{shown(name)}” is no weekday: write mon to sun, 1 to 7 (1 is Monday), or 周一 to 周日.",
                *path,
            )
            return ()
        found.extend(named)
    return tuple(dict.fromkeys(found))


# ---- closures, and spans such as pauses -----------------------------------------------------------------------------


def read_closures(reader: Reader, value: Any, *path: str | int) -> tuple[list[tuple[date, date]], list[Span]]:
    """Whole working days that are closed, and closures by the hour."""
    days: list[tuple[date, date]] = []
    spans: list[Span] = []
    for i, item in enumerate(reader.read_items(value, *path)):
        for closure in _closure(reader, as_table(item), (*path, i)):
            if isinstance(closure, Span):
                spans.append(closure)
            else:
                days.append(closure)
    return days, spans


def as_table(item: Any) -> dict[str, Any]:
    """`"a/b"` and `["a", "b"]` as `{"from": a, "to": b}`, a text alone as `{"date": text}`; {} for anything else."""
    if isinstance(item, str):
        parts = item.split("/")
        return {"from": parts[0], "to": parts[1]} if len(parts) == 2 else {"date": item}
    if isinstance(item, list) and len(item) == 2:
        return {"from": item[0], "to": item[1]}
    return item if isinstance(item, dict) else {}


def _closure(reader: Reader, item: dict[str, Any], path: Path) -> list[tuple[date, date] | Span]:
    reader.unknown_keys(item, CLOSURE_KEYS, *path)
    (from_key, begin), (to_key, end) = first_of(item, FROM), first_of(item, TO)
    _, day = first_of(item, ("date", "day"))
    if day is not None and begin is None and end is None and "periods" not in item:
        only = reader.read_date(day, *path)
        return [(only, only)] if only else []
    if day is not None:
        return list(_parts_of_day(reader, day, item, path))
    if begin is None:
        reader.wrong(
            "closure_unreadable",
            '停业请写日期 "2026-10-01"、{"from","to"} 或 {"date","from","to"}。',
            'Write a closure as a date "2026-10-01", as {"from","to"}, or as {"date","from","to"}.',
            *path,
        )
        return []
    if reader.is_date(begin) and (end is None or reader.is_date(end)):
        first = reader.read_date(begin, *path, from_key)
        last = reader.read_date(end, *path, to_key) if end is not None else first
        if first is None or last is None or not _in_order(reader, first, last, path):
            return []
        return [(first, last)]
    span = read_span(reader, item, path, open_end=False)
    return [span] if span is not None else []


def _parts_of_day(reader: Reader, day: Any, item: dict[str, Any], path: Path) -> list[Span]:
    """Closed for a part of one day: from the day's beginning where `from` is left out, to its end where `to` is."""
    only = reader.read_date(day, *path, "date")
    if "periods" in item:
        periods = reader.read_periods(item["periods"], *path, "periods")
    else:
        begin, end = first_of(item, FROM)[1], first_of(item, TO)[1]
        one = reader.read_period("00:00" if begin is None else begin, "24:00" if end is None else end, *path)
        periods = (one,) if one is not None else ()
    if only is None:
        return []
    zone = reader.zone
    return [Span(moment_of_day(only, p.begin, zone), moment_of_day(only, p.end, zone)) for p in periods]


def _in_order(reader: Reader, begin: Any, end: Any, path: Path) -> bool:
    if begin <= end:
        return True
    reader.wrong("ends_before_it_begins", "结束早于开始。", "It ends before it begins.", *path)
    return False


def read_span(reader: Reader, item: dict[str, Any], path: Path, *, open_end: bool) -> Span | None:
    """From one moment to another; a date as the end means the end of that day; with `open_end` it may be left out."""
    (from_key, begin_value), (to_key, end_value) = first_of(item, FROM), first_of(item, TO)
    begin = reader.read_moment(begin_value, *path, from_key)
    if end_value is None and open_end:
        return Span(begin, None) if begin is not None else None
    end = reader.read_moment(end_value, *path, to_key)
    if begin is None or end is None:
        return None
    if reader.is_date(end_value):
        end = moment(end.astimezone(reader.zone).replace(tzinfo=None) + timedelta(days=1), reader.zone)
    return Span(begin, end) if _in_order(reader, begin, end, path) else None
