"""The part of `xiaoshi clock` that works on the calendars of a home, through the same acts as the pages."""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from datetime import date
from pathlib import Path
from typing import Any

from xiaoshi.commands.done_words import clock_done
from xiaoshi.commands.home import chosen_home
from xiaoshi.commands.people import add_person_option, person_named
from xiaoshi.core.problems import Problem, Words
from xiaoshi.house.django import prepare

ACTS = ("hours", "inherit", "close", "open", "announce", "extend")


def add_calendar_works(works: Any) -> None:
    """show, and one word for each act."""
    show = works.add_parser("show", help="机构的营业时间和全年日历 / hours and year of a unit")
    show.add_argument(
        "unit", nargs="?", default="", metavar="PATH", help="机构路径,缺省为本机构 / default: one's own"
    )
    show.add_argument("--year", type=int, default=None, metavar="YYYY")
    hours = works.add_parser("hours", help="设置营业时间 / set opening hours")
    hours.add_argument(
        "periods", metavar="JSON", help='例如 / for example \'{"mon-fri": "09:00-12:00,13:30-17:30"}\''
    )
    hours.add_argument("--zone", default="Asia/Shanghai", metavar="ZONE")
    inherit = works.add_parser("inherit", help="沿用上级营业时间 / take the hours of the unit above")
    close = works.add_parser("close", help="登记停业 / enter a closure")
    close.add_argument("first", metavar="FROM", help="日期或时刻 / a date, or a moment 2026-06-03T10:00")
    close.add_argument(
        "last", nargs="?", default="", metavar="TO", help="缺省为同一天 / default: the same day"
    )
    opened = works.add_parser("open", help="取消停业 / withdraw a closure")
    opened.add_argument("closure", type=int, metavar="NUMBER", help="停业编号,见 show / its number, see show")
    announce = works.add_parser(
        "announce",
        help="录入放假调休通知 / enter the yearly notice",
        description='FILE 为 JSON / is JSON: {"year", "source", "days": [{"date", "off": true | "works_as": "fri", "name"}]}',
    )
    announce.add_argument("file", metavar="FILE", help="- 为标准输入 / - is stdin")
    extend = works.add_parser("extend", help="延长一个环节的时限 / give a step more time")
    extend.add_argument("case", help="案件编号或标识 / number or id of the case")
    extend.add_argument("step", help="环节 / step")
    extend.add_argument("amount", type=int, help="新时限(按原单位) / the new limit, in its own unit")
    extend.add_argument("--authority", required=True, help="批准人或依据 / who or what allows it")
    for work in (close, opened, extend):
        work.add_argument("--reason", required=True, help="原因 / reason")
    for work in (hours, inherit, close):
        work.add_argument(
            "--unit", default="", metavar="PATH", help="机构路径 / the unit, default: one's own"
        )
    for work in (show, hours, inherit, close, opened, announce, extend):
        add_person_option(work)
        if work is not show:
            work.add_argument("--key", default="", help="防重编号 / idempotency key")


def run_on_calendar(args: argparse.Namespace) -> int:
    """0 done; 1 refused (with words); 2 input that is no JSON."""
    with prepare(chosen_home(args)):
        from xiaoshi.desk.guard.refusals import Refused

        try:
            if args.work == "show":
                return _show(args)
            return _act(args)
        except Refused as refused:
            return _refuse(args, refused.problem, 1)


def _refuse(args: argparse.Namespace, problem: Problem, code: int) -> int:
    if args.json:
        _print({"ok": False, "problems": [problem.as_json(args.lang)]})
    else:
        where = f" ({problem.where})" if problem.where else ""
        sys.stderr.write(problem.words.in_language(args.lang) + where + "\n")
    return code


def _print(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def _json(text: str, where: str) -> dict[str, Any] | Problem:
    """A JSON object, or what is wrong with the text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return value
    return Problem(
        "not_an_object", Words(f"{where} 应为 JSON 对象。", f"{where} must be a JSON object."), where
    )


def _fields(args: argparse.Namespace) -> dict[str, Any] | Problem:
    """The act's fields from the words of the command line."""
    match args.work:
        case "hours":
            periods = _json(args.periods, "periods")
            if isinstance(periods, Problem):
                return periods
            return {"periods": periods, "zone": args.zone, "unit_path": args.unit}
        case "inherit":
            return {"unit_path": args.unit}
        case "close":
            closed = {"from": args.first, "to": args.last or args.first}
            return {"closed": closed, "reason": args.reason, "unit_path": args.unit}
        case "open":
            return {"closure": args.closure, "reason": args.reason}
        case "announce":
            return _notice(args.file)
        case _:
            return {
                "step": args.step,
                "amount": args.amount,
                "reason": args.reason,
                "authority": args.authority,
            }


def _notice(name: str) -> dict[str, Any] | Problem:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        return Problem(
            "file_unreadable", Words(f"无法读取 {name}：{why}。", f"{name} cannot be read: {why}."), name
        )
    return _json(text, name)


def _act(args: argparse.Namespace) -> int:
    from xiaoshi.desk.clocks import calendar_acts, case_acts
    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.guard.visibility import visible_to

    acts = {
        "hours": calendar_acts.set_hours,
        "inherit": calendar_acts.inherit_hours,
        "close": calendar_acts.close_outlet,
        "open": calendar_acts.withdraw_closure,
        "announce": calendar_acts.announce_year,
        "extend": case_acts.extend_clock,
    }
    fields = _fields(args)
    if isinstance(fields, Problem):
        return _refuse(args, fields, 2)
    person = person_named(args.login)
    case_id = None
    if args.work == "extend":
        with visible_to(person):
            case_id = _case_id(args.case)
    outcome = perform(
        acts[args.work], person, args.key or str(uuid.uuid4()), case_id=case_id, channel="cli", **fields
    )
    if args.json:
        _print({"ok": True, **outcome.result})
    else:
        told = outcome.result
        done = clock_done(args.work, told, _unit_words(told.get("unit", "")))
        sys.stdout.write(done.in_language(args.lang) + "\n")
    return 0


def _unit_words(path: str) -> Words:
    from xiaoshi.desk.organisation.models import Unit

    unit = Unit.objects.filter(path=path).first() if path else None
    return Words(unit.name_zh, unit.name_en) if unit else Words(path, path)


def _case_id(text: str) -> Any:
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.guard.refusals import case_not_found

    try:
        found = Case.objects.filter(id=uuid.UUID(text)).first()
    except ValueError:
        found = Case.objects.filter(number=text).first()
    if found is None:
        raise case_not_found()
    return found.id


def _show(args: argparse.Namespace) -> int:
    from django.utils import timezone

    from xiaoshi.desk.clocks.calendars import calendar_of, line_of
    from xiaoshi.desk.clocks.models import CalendarYear, Closure, SwappedDay
    from xiaoshi.desk.clocks.words import DAYS
    from xiaoshi.desk.clocks.year import year_of
    from xiaoshi.desk.guard.refusals import invalid
    from xiaoshi.desk.guard.visibility import visible_to
    from xiaoshi.desk.organisation.models import Unit

    person = person_named(args.login)
    path = args.unit or person.unit.path
    year = timezone.now().year if args.year is None else args.year
    if not date.min.year < year < 9000:
        raise invalid("year_out_of_range", f"没有 {year} 年。", f"There is no year {year}.", where="--year")
    with visible_to(person):
        if "\0" in path or not Unit.objects.filter(path=path).exists():
            raise invalid("no_such_unit", f"没有机构“{path}”。", f"There is no unit “{path}”.", where="unit")
        shown = calendar_of(path)
        swapped = list(SwappedDay.objects.filter(day__year=year).order_by("day"))
        notice = CalendarYear.objects.filter(year=year).first()
        closures = list(
            Closure.objects.filter(unit__path__in=line_of(path), withdrawn_at=None).order_by("id")
        )
    months = year_of(shown, year, swapped)
    told = {
        "ok": True,
        "unit": path,
        "zone": str(shown.outlet.zone),
        "periods": shown.periods,
        "hours_from": shown.hours_from,
        "year": year,
        "announced": notice is not None,
        "source": notice.source if notice else None,
        "status": notice.status if notice else None,
        "working_days": {m.number: m.days for m in months},
        "swaps": [
            {"date": d.day, "off": True, "name": d.name_zh}
            if d.works_as is None
            else {"date": d.day, "works_as": DAYS[d.works_as].en.lower(), "name": d.name_zh}
            for d in swapped
        ],
        "closures": [
            {"closure": c.id, "from": c.first or c.begin, "to": c.last or c.end, "reason": c.reason}
            for c in closures
        ],
    }
    if args.json:
        _print(told)
    else:
        _tell(told, args.lang == "en")
    return 0


def _tell(told: dict[str, Any], english: bool) -> None:
    out = sys.stdout.write
    out(f"{told['unit']}  {told['zone']}\n")
    for day, periods in told["periods"].items():
        out(f"  {day}  {', '.join('–'.join(p) for p in periods)}\n")
    if not told["announced"]:
        out(
            f"  {told['year']}: not announced yet, counted by the plain week\n"
            if english
            else f"  {told['year']} 年放假调休尚未公布，按普通周历计算\n"
        )
    for month, days in told["working_days"].items():
        out(f"  {told['year']}-{month:02d}  {days}\n")
    for swap in told["swaps"]:
        out(f"  {swap['date']}  {swap.get('works_as') or ('off' if english else '休')}  {swap['name']}\n")
    for closure in told["closures"]:
        out(f"  #{closure['closure']}  {closure['from']} – {closure['to']}  {closure['reason']}\n")
