"""`xiaoshi retention`: what may be destroyed (a dry run), the acts around it, and carrying out what two people approved."""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

from xiaoshi.commands.done_words import WHAT_KEEPS, retention_done
from xiaoshi.commands.home import chosen_home
from xiaoshi.commands.people import add_person_option, person_named
from xiaoshi.house.django import prepare
from xiaoshi.house.trouble import REFUSED, USAGE, HouseError

LIMIT_MAX = 10_000
ACT_WORDS = ("hold", "lift", "propose", "approve", "reject", "withdraw", "period")


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="保存期限与销毁:试算、暂停、批次、执行。 / Retention: dry run, holds, batches, destruction.",
    )
    works = parser.add_subparsers(dest="work", required=True, metavar="due|rules|run|" + "|".join(ACT_WORDS))
    due = works.add_parser(
        "due", help="试算哪些案件可以销毁,不写入任何数据 / a dry run: which cases may go, and why others stay"
    )
    due.add_argument("--on", metavar="DATE", help="按哪一天计算,缺省今天 / as of this day, today by default")
    due.add_argument(
        "--limit", type=int, default=100, help="最多列出多少个 / how many are named, 100 by default"
    )
    due.add_argument(
        "--after", default="", metavar="CURSOR", help="上次输出的 next / `next` of the page before"
    )
    rules = works.add_parser("rules", help="保存期限、依据与状态 / periods with source and status")
    rules.add_argument("--on", metavar="DATE")
    works.add_parser("run", help="执行已由两人批准的批次 / carry out the batches that two people approved")
    _add_acts(works)
    return parser


def _add_acts(works: Any) -> None:
    hold = works.add_parser("hold", help="暂停销毁 / hold a case")
    hold.add_argument("case", help="案件编号 / number of the case")
    hold.add_argument("--authority", required=True, help="依据 / on whose word")
    hold.add_argument("--until", default="", metavar="DATE")
    lift = works.add_parser("lift", help="解除暂停 / lift a hold")
    lift.add_argument("case", help="案件编号 / number of the case")
    lift.add_argument("hold", type=int, help="编号 / number of the hold")
    propose = works.add_parser("propose", help="提请销毁 / propose cases for destruction")
    propose.add_argument("cases", nargs="+", metavar="CASE", help="案件编号 / numbers of cases")
    approve = works.add_parser("approve", help="同意销毁(另一人) / approve a batch (another person)")
    approve.add_argument("batch", type=int)
    approve.add_argument(
        "--cases", type=int, required=True, help="核对后的案件数 / how many cases, as counted"
    )
    for name, text in (
        ("reject", "不同意销毁 / reject a batch"),
        ("withdraw", "撤回批次 / withdraw a batch"),
    ):
        works.add_parser(name, help=text).add_argument("batch", type=int)
    period = works.add_parser("period", help="设定本行更长的期限 / the bank keeps something longer")
    period.add_argument("what", help="identity|transactions|documents|record")
    period.add_argument("years", type=int)
    period.add_argument("--source", required=True, help="依据 / which decision of the bank")
    period.add_argument("--kind", default="*")
    period.add_argument("--from", dest="first", default="", metavar="DATE")
    for name in ACT_WORDS:
        parser = works.choices[name]
        add_person_option(parser)
        if name != "period":
            parser.add_argument("--reason", required=True, help="理由 / why")


def run(args: argparse.Namespace) -> int:
    """0 done; 1 refused, or a run that some case hindered; 2 wrong use."""
    with prepare(chosen_home(args), owner=args.work in ("due", "run")):
        match args.work:
            case "due":
                return _due(args)
            case "rules":
                return _rules(args)
            case "run":
                return _run(args)
            case _:
                return _act(args)


def _day(text: str | None) -> date:
    from django.utils import timezone

    from xiaoshi.desk.retention.due import day_of

    if not text:
        return day_of(timezone.now())
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise HouseError(
            "day_unreadable",
            f"“{text}”不是日期，请写成 2036-11-26。",
            f"“{text}” is no day: write it as 2036-11-26.",
            "--on",
            USAGE,
        ) from None


def _print(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def _due(args: argparse.Namespace) -> int:
    from xiaoshi.desk.audit.verify import OWNER
    from xiaoshi.desk.retention.telling import dry_run, read_cursor

    after = read_cursor(args.after) if args.after else None
    if args.after and after is None:
        raise HouseError(
            "cursor_unreadable",
            "--after 不是上次输出的 next。",
            "--after is no `next` of ours.",
            "--after",
            USAGE,
        )
    if not 1 <= args.limit <= LIMIT_MAX:
        zh, en = f"--limit 须为 1 至 {LIMIT_MAX}。", f"--limit must be 1 to {LIMIT_MAX}."
        raise HouseError("limit_out_of_range", zh, en, "--limit", USAGE)
    told = dry_run(_day(args.on), limit=args.limit, after=after, language=args.lang, alias=OWNER)
    if args.json:
        _print(told)
        return 0
    english = args.lang == "en"
    due, kept = told["due"], told["kept"]
    out = sys.stdout.write
    out(f"{told['on']}: {due['total']} may go, {kept['total']} stay (nothing was written)\n" if english else f"{told['on']}：{due['total']} 个可以销毁，{kept['total']} 个不可（只是试算，未写入数据）\n")  # fmt: skip
    for line in _counted(due, kept, args.lang):
        out(f"  {line}\n")
    for row in (*due["cases"], *kept["cases"]):
        why = " ".join(p["text"] for p in row["why_not"]) or ("may go" if english else "可以销毁")
        out(f"  {row['number']}  {row['closed_on']}  {why}\n")
    if told["next"]:
        out(f"  --after {told['next']}\n")
    return 0


def _counted(due: dict[str, Any], kept: dict[str, Any], language: str) -> Iterator[str]:
    from xiaoshi.desk.kinds import KINDS, kind_named

    english = language == "en"
    for name, count in due["by_kind"].items():
        words = kind_named(name).words.in_language(language) if name in KINDS else name
        yield f"may go, {words}: {count}" if english else f"可以销毁，{words}：{count}"
    for year, count in due["by_year_closed"].items():
        yield f"may go, closed in {year}: {count}" if english else f"可以销毁，{year} 年办结：{count}"
    for code, count in kept["by_reason"].items():
        why = WHAT_KEEPS[code].in_language(language) if code in WHAT_KEEPS else code
        yield f"stay, {why}: {count}" if english else f"不可销毁，{why}：{count}"


def _rules(args: argparse.Namespace) -> int:
    from xiaoshi.desk.retention.telling import period_words, rule_json, rules_now

    rules = rules_now(_day(args.on))
    if args.json:
        _print({"rules": [rule_json(rule, args.lang) for rule in rules], "problems": []})
        return 0
    for rule in rules:
        unsure = (
            "" if rule.status == "confirmed" else (" [unconfirmed]" if args.lang == "en" else "〔未证实〕")
        )
        words = f"{rule.words.in_language(args.lang)}: {period_words(rule).in_language(args.lang)}"
        sys.stdout.write(f"{words}; {rule.source.in_language(args.lang)}{unsure}\n")
    return 0


def _run(args: argparse.Namespace) -> int:
    from django.utils import timezone

    from xiaoshi.desk.retention.destroying import run as run_batches

    report = run_batches(timezone.now())
    told = {
        "ok": not report.problems,
        "destroyed": len(report.destroyed),
        "kept": [{"case": case, **why.as_json(args.lang)} for case, why in report.kept],
        "batches_done": report.batches_done,
        "blobs_removed": report.blobs_removed,
        "rows": report.rows,
        "problems": [p.as_json(args.lang) for p in report.problems],
    }
    if args.json:
        _print(told)
    else:
        zh = f"已销毁 {told['destroyed']} 个案件，保留 {len(report.kept)} 个，删除 {report.blobs_removed} 份文件内容"
        en = f"{told['destroyed']} cases destroyed, {len(report.kept)} kept, {report.blobs_removed} blobs removed"
        sys.stdout.write((en if args.lang == "en" else zh) + "\n")
        for why in (*(w for _case, w in report.kept), *report.problems):
            sys.stdout.write(f"  {why.words.in_language(args.lang)}\n")
    return 0 if told["ok"] else 1


def _act(args: argparse.Namespace) -> int:
    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.guard.refusals import Refused
    from xiaoshi.desk.retention import batches, holds

    person = person_named(args.login)
    match args.work:
        case "hold":
            what, fields = (
                holds.hold,
                {"reason": args.reason, "authority": args.authority, "until": args.until},
            )
        case "lift":
            what, fields = holds.lift_hold, {"hold": args.hold, "reason": args.reason}
        case "propose":
            numbered = _cases(args.cases, person)
            what, fields = batches.propose, {"cases": numbered, "reason": args.reason}
        case "approve":
            what, fields = batches.approve, {"batch": args.batch, "cases": args.cases, "reason": args.reason}
        case "period":
            what, fields = batches.set_period, {"subject": args.what, "years": args.years, "source": args.source, "kind": args.kind, "in_force_from": args.first}  # fmt: skip
        case _:
            what = batches.reject if args.work == "reject" else batches.withdraw
            fields = {"batch": args.batch, "reason": args.reason}
    on_case = {"case_id": _cases([args.case], person)[0]} if what.on_case else {}
    try:
        outcome = perform(what, person, str(uuid.uuid4()), channel="cli", **on_case, **fields)
    except Refused as refused:
        problem = refused.problem
        raise HouseError(
            problem.code, problem.words.zh, problem.words.en, problem.where, REFUSED
        ) from refused
    if args.json:
        _print({"ok": True, **outcome.result, "problems": []})
    else:
        sys.stdout.write(retention_done(args.work, outcome.result).in_language(args.lang) + "\n")
    return 0


def _cases(numbers: list[str], person: Any) -> list[str]:
    """Ids of cases by their numbers, as this person sees them. Raises HouseError for one that is not there."""
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.guard.visibility import visible_to

    with visible_to(person):
        known = dict(Case.objects.filter(number__in=numbers).values_list("number", "id"))
    for number in numbers:
        if number not in known:
            raise HouseError(
                "case_not_found",
                f"没有案件 {number}，或它不在您的管辖范围内。",
                f"There is no case {number} in your part of the bank.",
                number,
                REFUSED,
            )
    return [str(known[number]) for number in numbers]
