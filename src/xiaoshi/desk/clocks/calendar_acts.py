"""Acts on calendars: hours, closures, the yearly notice. Each leaves an entry in its unit's timeline; clocks follow by a job."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from xiaoshi.core.clocks.outlets import read_closures, read_week
from xiaoshi.core.clocks.reading import Reader
from xiaoshi.core.clocks.weekdays import weekday_named
from xiaoshi.core.problems import Problem
from xiaoshi.desk.clocks.calendars import DEFAULT_ZONE, calendar_of, changed
from xiaoshi.desk.clocks.jobs import follow_now
from xiaoshi.desk.clocks.models import CalendarYear, Closure, OpeningHours, SwappedDay
from xiaoshi.desk.clocks.words import period_text, week_words
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import Invalid, NotFound, invalid, not_allowed, refuse
from xiaoshi.desk.organisation.models import Unit

KEEPS_CALENDAR = frozenset({"outlet_head", "supervisor", "city_specialist", "province_specialist"})
ANNOUNCES = frozenset({"province_specialist"})
REASON_MAX = 300
DAYS_MAX = 120
CLOSED_DAYS_MAX = 366


def _unit(ctx: Context, path: str) -> Unit:
    """The unit whose calendar it is: one's own when none is named, and never one outside one's own line."""
    found = Unit.objects.filter(path=path or ctx.person.unit.path).first()
    if found is None:
        zh, en = f"没有机构“{path[:80]}”。", f"There is no unit “{path[:80]}”."
        raise invalid("no_such_unit", zh, en, where="unit_path")
    if not found.path.startswith(ctx.person.unit.path):
        raise not_allowed(
            "other_units_calendar",
            "只能维护本机构及下级机构的日历，请联系该机构或其上级。",
            "You keep the calendar of your own unit and those below it; ask that unit or one above it.",
        )
    return found


def _reason(text: str, where: str = "reason") -> str:
    reason = " ".join(text.split())
    if not reason or len(reason) > REASON_MAX:
        raise invalid(
            "reason_missing",
            f"请写明原因，最长 {REASON_MAX} 个字。",
            f"Give the reason, in {REASON_MAX} characters at most.",
            where=where,
        )
    return reason


def _refuse_first(problems: list[Problem], where: str) -> None:
    """The engine's reader names each value that it cannot read; the act refuses with the first."""
    if problems:
        raise Invalid(Problem(problems[0].code, problems[0].words, where + problems[0].where))


def _changed(ctx: Context, path: str) -> None:
    changed(path, ctx.now)
    follow_now.defer()


@act("clock.set_hours", "设置营业时间", "Set opening hours", roles=KEEPS_CALENDAR, on_case=False)
def set_hours(
    ctx: Context, *, periods: dict[str, Any], unit_path: str = "", zone: str = DEFAULT_ZONE
) -> dict[str, Any]:
    """The plain week of a unit, for it and all below it without hours of their own.

    `periods`: by weekday, as `xiaoshi clock due --schema` describes; kept as `{"mon": [["09:00", "12:00"]]}`.
    """
    unit = _unit(ctx, unit_path)
    reader = Reader()
    found = reader.read_zone(zone, "zone")
    week = read_week(reader, periods, "periods")
    _refuse_first(reader.problems, "")
    if not isinstance(found, ZoneInfo):
        zh, en = "请填写时区名称，例如 Asia/Shanghai。", "Write the zone's name, such as Asia/Shanghai."
        raise invalid("zone_unknown", zh, en, where="zone")
    if not any(week):
        raise invalid(
            "never_open",
            "请至少填写一个营业时段；整天停业请登记停业。",
            "Enter at least one period; for days without work enter a closure.",
            where="periods",
        )
    kept = period_text(week)
    OpeningHours.objects.update_or_create(
        unit=unit,
        defaults={
            "periods": kept,
            "zone": found.key,
            "changed_by": ctx.person.login,
            "changed_at": ctx.now,
        },
    )
    words = week_words(week)
    ctx.unit_path = unit.path
    ctx.note(
        f"{unit.name_zh}营业时间：{words.zh}",
        f"Opening hours of {unit.name_en}: {words.en}",
        unit=unit.path,
        periods=kept,
        zone=found.key,
    )
    _changed(ctx, unit.path)
    return {"unit": unit.path, "periods": kept, "zone": found.key}


@act(
    "clock.inherit_hours", "沿用上级营业时间", "Take the hours of above", roles=KEEPS_CALENDAR, on_case=False
)
def inherit_hours(ctx: Context, *, unit_path: str = "") -> dict[str, Any]:
    """Give up the unit's own hours: those of the nearest unit above hold again."""
    unit = _unit(ctx, unit_path)
    if not OpeningHours.objects.filter(unit=unit).delete()[0]:
        raise refuse(
            "no_own_hours",
            "该机构没有单独的营业时间。",
            "The unit has no hours of its own.",
            where="unit_path",
        )
    ctx.unit_path = unit.path
    ctx.note(
        f"{unit.name_zh}改为沿用上级营业时间",
        f"{unit.name_en} follows the hours of the unit above",
        unit=unit.path,
    )
    _changed(ctx, unit.path)
    return {"unit": unit.path}


@act("clock.close_outlet", "登记停业", "Enter a closure", roles=KEEPS_CALENDAR, on_case=False)
def close_outlet(
    ctx: Context, *, closed: str | dict[str, Any], reason: str, unit_path: str = ""
) -> dict[str, Any]:
    """A one-off closure: `"2026-12-01"`, `{"from", "to"}` (days or moments) or `{"date", "from", "to"}`."""
    unit = _unit(ctx, unit_path)
    why = _reason(reason)
    reader = Reader()
    reader.zone = calendar_of(unit.path).outlet.zone
    days, spans = read_closures(reader, [closed], "closed")
    _refuse_first(reader.problems, "")
    if len(days) + len(spans) != 1:
        zh, en = "请每次登记一段停业。", "Enter one closure at a time."
        raise invalid("one_closure", zh, en, where="closed")
    row = Closure(unit=unit, reason=why, entered_by=ctx.person.login, entered_at=ctx.now)
    if days:
        row.first, row.last = days[0]
        if (row.last - row.first).days >= CLOSED_DAYS_MAX:
            zh = f"一次停业不超过 {CLOSED_DAYS_MAX} 天；长期停业请改营业时间。"
            en = f"A closure has {CLOSED_DAYS_MAX} days at most; for longer, change the hours."
            raise invalid("closure_too_long", zh, en, where="closed")
        when = f"{row.first}" if row.first == row.last else f"{row.first} — {row.last}"
    else:
        row.begin, row.end = spans[0].begin, spans[0].end
        if row.end is None or row.begin >= row.end:
            zh, en = "停业时段的结束应晚于开始。", "The closure has to end after it begins."
            raise invalid("ends_before_it_begins", zh, en, where="closed")
        begin, end = (at.astimezone(reader.zone) for at in (row.begin, row.end))
        when = f"{begin:%Y-%m-%d %H:%M} — {end:%Y-%m-%d %H:%M}"
    row.save()
    ctx.unit_path = unit.path
    ctx.note(
        f"{unit.name_zh}停业 {when}：{why}",
        f"{unit.name_en} closed {when}: {why}",
        unit=unit.path,
        closure=row.id,
        reason=why,
    )
    _changed(ctx, unit.path)
    return {"closure": row.id, "unit": unit.path, "when": when}


@act("clock.withdraw_closure", "取消停业", "Withdraw a closure", roles=KEEPS_CALENDAR, on_case=False)
def withdraw_closure(ctx: Context, *, closure: int, reason: str) -> dict[str, Any]:
    """The outlet opens after all. The row stays, with who withdrew it."""
    row = Closure.objects.select_related("unit").filter(id=closure).first() if 0 < closure < 2**63 else None
    if row is None:
        zh, en = "没有这条停业记录。", "There is no such closure."
        raise NotFound(invalid("no_such_closure", zh, en, where="closure").problem)
    unit = _unit(ctx, row.unit.path)
    why = _reason(reason)
    changed_rows = Closure.objects.filter(id=closure, withdrawn_at=None).update(
        withdrawn_by=ctx.person.login, withdrawn_at=ctx.now
    )
    if not changed_rows:
        zh, en = "这条停业已经取消。", "The closure was withdrawn already."
        raise refuse("closure_withdrawn", zh, en, where="closure")
    ctx.unit_path = unit.path
    ctx.note(
        f"取消{unit.name_zh}的停业：{why}",
        f"Withdrew a closure of {unit.name_en}: {why}",
        unit=unit.path,
        closure=row.id,
        reason=why,
    )
    _changed(ctx, unit.path)
    return {"closure": row.id}


@act("clock.announce_year", "录入放假调休通知", "Enter the yearly notice", roles=ANNOUNCES, on_case=False)
def announce_year(ctx: Context, *, year: int, days: list[Any], source: str) -> dict[str, Any]:
    """The notice of public holidays and swapped days of a year, for the whole bank; a second one replaces the first.

    `days`: `{"date", "off": true, "name"}` or `{"date", "works_as": "fri", "name"}`. `source`: the notice, as it is cited.
    """
    if ctx.person.unit.level != "province":
        raise not_allowed(
            "not_for_the_bank",
            "全行放假调休由省分行专家录入。",
            "The bank's yearly notice is entered by a specialist of the province branch.",
        )
    if not 2000 <= year <= ctx.now.year + 2:
        zh, en = (
            f"年份应在 2000 至 {ctx.now.year + 2} 之间。",
            f"A year from 2000 to {ctx.now.year + 2} is needed.",
        )
        raise invalid("year_out_of_range", zh, en, where="year")
    why = _reason(source, "source")
    rows = _days(year, days)
    CalendarYear.objects.update_or_create(
        year=year,
        defaults={
            "source": why,
            "status": "confirmed",
            "entered_by": ctx.person.login,
            "entered_at": ctx.now,
        },
    )
    SwappedDay.objects.filter(year_id=year).delete()
    SwappedDay.objects.filter(day__in=[r.day for r in rows]).delete()
    SwappedDay.objects.bulk_create(rows)
    off = sum(r.works_as is None for r in rows)
    ctx.note(
        f"录入 {year} 年放假调休：放假 {off} 天，调休上班 {len(rows) - off} 天（{why}）",
        f"Entered the notice for {year}: {off} days off, {len(rows) - off} swapped workdays ({why})",
        year=year,
        source=why,
        days=[[r.day.isoformat(), r.works_as] for r in rows],
    )
    _changed(ctx, "")
    return {"year": year, "off": off, "worked": len(rows) - off}


def _days(year: int, days: list[Any]) -> list[SwappedDay]:
    """The notice's days, each once, in the year itself or in the December before it."""
    found: dict[date, SwappedDay] = {}
    if not 0 < len(days) <= DAYS_MAX:
        zh, en = f"请填写 1 至 {DAYS_MAX} 天。", f"Enter 1 to {DAYS_MAX} days."
        raise invalid("days_missing", zh, en, where="days")
    for i, item in enumerate(days):
        table = item if isinstance(item, dict) else {"date": item, "off": True}
        reader = Reader()
        day = reader.read_date(table.get("date"), "days", i, "date")
        _refuse_first(reader.problems, "")
        assert day is not None
        works_as = _works_as(table, i)
        if day.year != year and not date(year - 1, 12, 1) <= day < date(year, 1, 1):
            zh, en = f"{day} 不属于 {year} 年的通知。", f"{day} does not belong to the notice for {year}."
            raise invalid("day_of_other_year", zh, en, where=f"/days/{i}/date")
        if day in found:
            zh, en = f"{day} 写了两次。", f"{day} is there twice."
            raise invalid("day_twice", zh, en, where=f"/days/{i}/date")
        name = " ".join(str(table.get("name") or "").split())[:80]
        named = name or ("放假" if works_as is None else "调休上班")
        english = name or ("day off" if works_as is None else "swapped workday")
        found[day] = SwappedDay(day=day, year_id=year, works_as=works_as, name_zh=named, name_en=english)
    return [found[day] for day in sorted(found)]


def _works_as(table: dict[str, Any], place: int) -> int | None:
    """Which weekday the day works as; None when it is off."""
    if table.get("off") is True and not table.get("works_as"):
        return None
    weekday = weekday_named(str(table.get("works_as", "")))
    if weekday is None:
        raise invalid(
            "weekday_unknown",
            f"第 {place + 1} 天：请写 off: true，或 works_as: mon—sun。",
            f"Day {place + 1}: write off: true, or works_as: mon to sun.",
            where=f"/days/{place}/works_as",
        )
    return weekday
