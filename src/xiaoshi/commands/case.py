"""`xiaoshi case`: the same acts as the pages, from a terminal. Every change passes the same boundary."""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from xiaoshi.commands.home import chosen_home
from xiaoshi.commands.people import add_person_option, person_named
from xiaoshi.core.problems import Problem, Words
from xiaoshi.house.django import prepare


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog, description="案件:查询、受理、办理。 / Cases: look up, open, act on."
    )
    works = parser.add_subparsers(dest="work", required=True, metavar="list|show|open|do|bulk|acts")
    listed = works.add_parser(
        "list", help="看得到的案件,新的在前 / cases that the person may see, newest first"
    )
    listed.add_argument("--status", default="", choices=["", "open", "suspended", "closed", "cancelled"])
    listed.add_argument("--limit", type=int, default=50, metavar="N")
    show = works.add_parser(
        "show", help="一个案件:现状、下一步、时间线 / one case: state, what is next, timeline"
    )
    show.add_argument("case", help="编号或标识 / number or id")
    opened = works.add_parser("open", help="受理一个案件 / open a case")
    opened.add_argument("kind", help="业务种类 / kind, e.g. burnt_notes")
    opened.add_argument("--client", required=True, help="客户姓名 / client's name")
    opened.add_argument(
        "--unit", default="", metavar="PATH", help="网点路径(上级受理时) / outlet, when opened from above"
    )
    opened.add_argument("--facts", default="{}", metavar="JSON", help="案件事实 / facts as JSON")
    done = works.add_parser("do", help="对案件执行一个操作 / do an act on a case")
    done.add_argument("case", help="编号或标识 / number or id")
    done.add_argument("act", help="操作名,见 acts / name of the act, see acts")
    done.add_argument("--fields", default="{}", metavar="JSON", help="操作的字段 / fields of the act as JSON")
    done.add_argument(
        "--version", type=int, default=None, metavar="N", help="所见版本 / version of the case as it was seen"
    )
    many = works.add_parser(
        "bulk", help="对多个案件执行同一操作,逐案给出结果 / one act on many cases, a result for each"
    )
    many.add_argument("act", help="操作名,如 case.hand_over / name of the act, e.g. case.hand_over")
    many.add_argument(
        "--cases",
        required=True,
        metavar="FILE",
        help="每行一个编号或标识,可加空格和版本;- 为标准输入 / a number or id a line, then a version if you like; - reads standard input",
    )
    many.add_argument("--fields", default="{}", metavar="JSON", help="操作的字段 / fields of the act as JSON")
    works.add_parser("acts", help="全部操作 / all acts")
    for work in (listed, show, opened, done, many):
        add_person_option(work)
    for work in (opened, done, many):
        work.add_argument("--key", default="", help="防重编号 / idempotency key (default: a fresh one)")
    return parser


def run(args: argparse.Namespace) -> int:
    """0 done; 1 refused (with words), in bulk: at least one case was not done; 2 fields or a list that cannot be read."""
    with prepare(chosen_home(args)):
        from xiaoshi.desk.guard.refusals import Refused

        try:
            works = {"list": _list, "show": _show, "open": _open, "do": _do, "bulk": _bulk, "acts": _acts}
            return works[args.work](args)
        except Refused as refused:
            return _refuse(args, refused.problem, 1)


def _refuse(args: argparse.Namespace, problem: Problem, code: int) -> int:
    if args.json:
        _print({"ok": False, "problems": [problem.as_json(args.lang)]})
    else:
        sys.stderr.write(problem.words.in_language(args.lang) + "\n")
    return code


def _print(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def _fields(args: argparse.Namespace, text: str, option: str) -> dict[str, Any] | Problem:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{option}:{error.lineno}:{error.colno}"
        return Problem(
            "not_json", Words(f"{option} 不是 JSON：{error.msg}", f"{option} is no JSON: {error.msg}"), where
        )
    if not isinstance(value, dict):
        return Problem(
            "not_an_object", Words(f"{option} 应为 JSON 对象", f"{option} must be a JSON object"), option
        )
    return value


def _find(args: argparse.Namespace) -> Any:
    from django.db.models import Q

    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.guard.refusals import case_not_found

    try:
        which = Q(id=uuid.UUID(args.case))
    except ValueError:
        which = Q(number=args.case)
    case = Case.objects.filter(which).first()
    if case is None:
        raise case_not_found()
    return case


def _row(case: Any) -> dict[str, Any]:
    return {
        "id": str(case.id),
        "number": case.number,
        "kind": case.kind,
        "client": case.client_name,
        "status": case.status,
        "step": case.step,
        "owner": case.owner,
        "due_at": case.due_at.isoformat() if case.due_at else None,
        "version": case.version,
    }


def _list(args: argparse.Namespace) -> int:
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.guard.visibility import visible_to

    with visible_to(person_named(args.login)):
        query = Case.objects.order_by("-opened_at", "-id")
        if args.status:
            query = query.filter(status=args.status)
        rows = [_row(c) for c in query[: max(0, min(args.limit, 1000))]]
    if args.json:
        _print({"ok": True, "cases": rows})
        return 0
    for row in rows:
        sys.stdout.write(
            f"{row['number']}  {row['status']:<9}  {row['step']:<14}  {row['owner']:<10}  {row['client']}\n"
        )
    return 0


def _show(args: argparse.Namespace) -> int:
    from django.utils import timezone

    from xiaoshi.core.casework.views import next_steps
    from xiaoshi.desk.audit.models import TimelineEntry
    from xiaoshi.desk.cases.plans import plan_of
    from xiaoshi.desk.cases.snapshots import read_state
    from xiaoshi.desk.cases.timeline import tell
    from xiaoshi.desk.guard.visibility import visible_to

    person = person_named(args.login)
    with visible_to(person):
        case = _find(args)
        ready = next_steps(plan_of(case), read_state(case))
        facts = _facts_shown(case, person)
        told = tell(list(TimelineEntry.objects.filter(case=case).order_by("seq")))
    following = [{"step": n.step, "act": n.act, "title": n.title.in_language(args.lang)} for n in ready]
    entries = [
        {
            "seq": e.seq,
            "at": e.at.isoformat(),
            "actor": e.login,
            "channel": e.channel,
            "text": e.words.in_language(args.lang),
        }
        for e in told
    ]
    if args.json:
        _print(
            {
                "ok": True,
                "case": _row(case),
                "facts": facts,
                "next": following,
                "timeline": entries,
            }
        )
        return 0
    sys.stdout.write(f"{case.number}  {case.client_name}  {case.status}\n")
    for item in following:
        sys.stdout.write(f"→ {item['title']}\n")
    for entry in entries:
        at = timezone.localtime(datetime.fromisoformat(entry["at"]))
        sys.stdout.write(f"{entry['seq']:>4}  {at:%Y-%m-%d %H:%M}  {entry['actor']:<12} {entry['text']}\n")
    return 0


def _facts_shown(case: Any, person: Any) -> dict[str, Any]:
    """The facts as the page shows them: no sums for a second person who has yet to count."""
    from xiaoshi.desk.cases.views.found import find
    from xiaoshi.desk.cases.views.pages import hides_sums
    from xiaoshi.desk.money.standing import sums_hidden

    found = find(case.id)
    hidden = hides_sums(found, person.as_actor()) or sums_hidden(case, person)
    return {
        name: None if hidden and found.plan.facts[name].type == "amount_fen" else value
        for name, value in found.state.facts.items()
    }


def _open(args: argparse.Namespace) -> int:
    from xiaoshi.desk.cases.opening import open_case
    from xiaoshi.desk.guard.boundary import perform

    facts = _fields(args, args.facts, "--facts")
    if isinstance(facts, Problem):
        return _refuse(args, facts, 2)
    key = args.key or f"cli/{uuid.uuid4()}"
    person = person_named(args.login)
    outcome = perform(
        open_case,
        person,
        key,
        channel="cli",
        kind=args.kind,
        client_name=args.client,
        facts=facts,
        unit_path=args.unit,
    )
    return _done(args, outcome)


def _do(args: argparse.Namespace) -> int:
    from xiaoshi.desk.guard.boundary import ACTS, perform
    from xiaoshi.desk.guard.visibility import visible_to

    _load_acts()
    fields = _fields(args, args.fields, "--fields")
    if isinstance(fields, Problem):
        return _refuse(args, fields, 2)
    if args.act not in ACTS or not ACTS[args.act].on_case:
        zh, en = (
            f"没有“{args.act}”这个操作，见 xiaoshi case acts。",
            f"There is no act “{args.act}”: see xiaoshi case acts.",
        )
        return _refuse(args, Problem("unknown_act", Words(zh, en), "act"), 2)
    person = person_named(args.login)
    with visible_to(person):
        case = _find(args)
    outcome = perform(
        ACTS[args.act],
        person,
        args.key or f"cli/{uuid.uuid4()}",
        case_id=case.id,
        expected_version=args.version,
        channel="cli",
        **fields,
    )
    return _done(args, outcome)


def _done(args: argparse.Namespace, outcome: Any) -> int:
    told = {
        "ok": True,
        "case": str(outcome.case_id),
        "version": outcome.version,
        "replayed": outcome.replayed,
        "result": outcome.result,
    }
    if args.json:
        _print(told)
    else:
        sys.stdout.write(f"✓ {json.dumps(outcome.result, ensure_ascii=False)}\n")
    return 0


def _bulk(args: argparse.Namespace) -> int:
    """One line of JSON for each case and a summary at the end; without --json one line of words for each."""
    from xiaoshi.desk.cases.bulk import counted, perform_bulk

    _load_acts()
    fields = _fields(args, args.fields, "--fields")
    if isinstance(fields, Problem):
        return _refuse(args, fields, 2)
    try:
        text = sys.stdin.read() if args.cases == "-" else Path(args.cases).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        words = Words(
            f"读不出案件名单 {args.cases}：{error}", f"Cannot read the list of cases {args.cases}: {error}"
        )
        return _refuse(args, Problem("list_unreadable", words, "--cases"), 2)
    person = person_named(args.login)
    items = _cases_listed(text, person)
    if isinstance(items, Problem):
        return _refuse(args, items, 2)
    key = args.key or f"cli/{uuid.uuid4()}"
    results = perform_bulk(args.act, person, key, items, channel="cli", **fields)
    for result in results:
        if args.json:
            told = {"case": result.case_id, "number": result.number, "ok": result.ok, "state": result.state}
            problems = [result.problem.as_json(args.lang)] if result.problem else []
            _print(told | {"version": result.version, "problems": problems})
        else:
            words = result.problem.words.in_language(args.lang) if result.problem else ""
            sys.stdout.write(f"{'✓' if result.ok else '✗'} {result.number or result.case_id}  {words}\n")
    counts = counted(results)
    if args.json:
        _print({"ok": counts["done"] == len(results), "key": key, "cases": len(results), **counts})
    else:
        done, changed, refused = counts.values()
        zh = f"完成 {done} 件，期间有人办理过而未执行 {changed} 件，未予办理 {refused} 件。"
        en = f"Done: {done}. Changed meanwhile, left alone: {changed}. Refused: {refused}."
        sys.stdout.write(Words(zh, en).in_language(args.lang) + "\n")
    return 0 if counts["done"] == len(results) else 1


def _cases_listed(text: str, person: Any) -> list[tuple[Any, int | None]] | Problem:
    """`XS-0103-261124-007` or an id on each line, with a version after a blank; numbers are looked up as this person sees."""
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.guard.visibility import visible_to

    rows: list[tuple[str, int | None]] = []
    for n, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if len(words) > 2 or (len(words) == 2 and not (words[1].isdecimal() and len(words[1]) < 10)):
            zh = f"名单第 {n} 行应为“编号”或“编号 版本”：{line[:60]}"
            en = f"Line {n} of the list should be a number, or a number and a version: {line[:60]}"
            return Problem("line_unreadable", Words(zh, en), f"--cases:{n}")
        rows.append((words[0], int(words[1]) if len(words) == 2 else None))
    with visible_to(person):
        known = dict(Case.objects.filter(number__in=[name for name, _v in rows]).values_list("number", "id"))
    return [(known.get(name, name), version) for name, version in rows]


def _acts(args: argparse.Namespace) -> int:
    from inspect import signature

    from xiaoshi.desk.guard.boundary import ACTS

    _load_acts()
    rows = []
    for name, act in sorted(ACTS.items()):
        if act.on_case:
            names = [p for p in signature(act.function).parameters if p != "ctx"]
            rows.append(
                {
                    "act": name,
                    "words": act.words.in_language(args.lang),
                    "fields": names,
                    "roles": sorted(act.roles),
                }
            )
    if args.json:
        _print({"ok": True, "acts": rows})
    else:
        for row in rows:
            sys.stdout.write(f"{row['act']:<32} {row['words']}  ({', '.join(row['fields'])})\n")
    return 0


def _load_acts() -> None:
    """Acts register when their module is imported; the address table imports them all."""
    from importlib import import_module

    import_module("xiaoshi.desk.urls")
