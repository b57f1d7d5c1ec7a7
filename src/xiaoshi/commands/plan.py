"""`xiaoshi plan`: check, compare and draw plan files; list, publish and carry over those of the house; move its cases.

Checking, comparing and exporting files needs no database; `kind@version` names a published plan of the house.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path
from typing import Any

from xiaoshi.commands.home import chosen_home
from xiaoshi.commands.people import add_person_option
from xiaoshi.commands.plan_sources import (
    Read,
    is_published,
    print_json,
    read_file,
    read_published,
    refuse,
    told,
)
from xiaoshi.core.casework.plan_diff import diff_plans
from xiaoshi.core.problems import Problem, Words
from xiaoshi.house.django import prepare


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="流程:检查、比较、列出、发布、导出、改版。 / Plans: check, compare, list, publish, export, move cases.",
    )
    works = parser.add_subparsers(
        dest="work",
        required=True,
        metavar="check|diff|list|show|draft|publish|export|import|migrate",
    )
    check = works.add_parser(
        "check", help="检查 plan.toml,逐条指出行号和原因 / check files, name line and reason"
    )
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    diff = works.add_parser("diff", help="两版流程的差异 / what differs, and what running cases feel of it")
    diff.add_argument("old", metavar="OLD", help="文件或 业务@版本 / file or kind@version")
    diff.add_argument("new", metavar="NEW", help="文件或 业务@版本 / file or kind@version")
    works.add_parser("list", help="已发布的流程 / published plans")
    show = works.add_parser("show", help="一个已发布流程的文本 / the text of a published plan")
    show.add_argument("kind")
    show.add_argument("--version", type=int, default=None)
    _add_publishing(works)
    _add_migrate(works)
    return parser


def _add_publishing(works: Any) -> None:
    draft = works.add_parser(
        "draft", help="存为草稿,待另一人发布 / keep a file as a draft, for another person"
    )
    draft.add_argument("file", type=Path, metavar="FILE")
    publish = works.add_parser(
        "publish", help="发布他人写的草稿 / publish a draft that somebody else wrote (kind, or the same file)"
    )
    publish.add_argument("what", metavar="KIND|FILE")
    publish.add_argument(
        "--in-force-from", default="", metavar="DATE", help="施行日期,默认今天 / first day, today by default"
    )
    export = works.add_parser(
        "export", help="导出流程包或 BPMN 2.0 / a package for another house, or BPMN 2.0"
    )
    export.add_argument("what", metavar="KIND|KIND@VERSION|FILE")
    export.add_argument("--bpmn", action="store_true", help="BPMN 2.0 (XML)")
    export.add_argument("--out", type=Path, default=None, metavar="F", help="写入文件 / file to write")
    taken = works.add_parser("import", help="导入流程包为草稿 / take a package in as a draft")
    taken.add_argument("file", type=Path, metavar="FILE")
    taken.add_argument("--dry-run", action="store_true", help="只核对,不保存 / only say what is missing here")
    for work in (draft, publish, taken):
        add_person_option(work)
        work.add_argument("--key", default="", help="防重编号 / idempotency key (default: a fresh one)")


def _add_migrate(works: Any) -> None:
    migrate = works.add_parser(
        "migrate", help="在办案件改用另一版流程 / move running cases to another version of their plan"
    )
    migrate.add_argument("kind", metavar="KIND")
    migrate.add_argument(
        "--from", dest="from_version", required=True, metavar="N", help="版本或文件 / version, or a plan file"
    )
    migrate.add_argument(
        "--to", dest="to_version", required=True, metavar="M", help="版本或文件 / version, or a plan file"
    )
    migrate.add_argument(
        "--cases",
        type=Path,
        default=None,
        metavar="F",
        help="案件编号(每行一个)或案件 JSON / case numbers, one a line, or cases as JSON",
    )
    migrate.add_argument(
        "--dry-run", action="store_true", help="只看差异,不改 / show the difference, move nothing"
    )
    migrate.add_argument("--reason", default="", help="原因 / why")
    migrate.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="环节对应 / step that takes a step's place",
    )
    migrate.add_argument(
        "--as", dest="login", default="", metavar="LOGIN", help="以谁的身份 / on whose behalf"
    )


def run(args: argparse.Namespace) -> int:
    """0 fine; 1 problems, or refused (with words); 2 wrong use."""
    if args.work == "check":
        return _check(args)
    if args.work == "diff":
        return _diff(args)
    if args.work == "migrate":
        from xiaoshi.commands import plan_migrate

        return plan_migrate.run(args)
    if args.work == "export" and Path(args.what).is_file():
        return _export_file(args)
    with prepare(chosen_home(args)):
        from xiaoshi.commands import plan_house
        from xiaoshi.desk.guard.refusals import Refused

        try:
            return int(
                getattr(plan_house, f"{args.work}_plan" if args.work != "list" else "list_plans")(args)
            )
        except Refused as refused:
            return refuse(args, refused.problem)


def _check(args: argparse.Namespace) -> int:
    rows = []
    for path in args.files:
        read = read_file(path)
        rows.append(
            {
                "file": str(path),
                "ok": read.plan is not None,
                "kind": read.plan.kind if read.plan else None,
                "version": read.plan.version if read.plan else None,
                "steps": len(read.plan.steps) if read.plan else 0,
                "problems": [told(p, args.lang) for p in read.problems],
                "warnings": [told(p, args.lang) for p in read.warnings],
            }
        )
    ok = all(row["ok"] for row in rows)
    if args.json:
        # One file: its answer stands at the top as well, so that a program need not unpack a list of one.
        print_json({**(rows[0] if len(rows) == 1 else {}), "ok": ok, "plans": rows})
        return 0 if ok else 1
    for row in rows:
        sys.stdout.write(f"{'✓' if row['ok'] else '✗'} {row['file']}\n")
        for problem in (*row["problems"], *row["warnings"]):
            sys.stdout.write(f"  {problem['where']}  {problem['text']}\n")
    return 0 if ok else 1


def _diff(args: argparse.Namespace) -> int:
    needs_house = is_published(args.old) or is_published(args.new)
    with prepare(chosen_home(args)) if needs_house else contextlib.nullcontext():
        old, new = (
            read_published(t) if is_published(t) else read_file(Path(t)) for t in (args.old, args.new)
        )
    if old.plan is None or new.plan is None:
        return _unusable(args, (old, new))
    changes = diff_plans(old.plan, new.plan)
    if args.json:
        sides = {
            side: {"kind": r.plan.kind, "version": r.plan.version, "source": r.source}
            for side, r in (("old", old), ("new", new))
            if r.plan is not None
        }
        print_json({"ok": True, **sides, "same": not changes, "changes": [c.as_json() for c in changes]})
        return 0
    if not changes:
        sys.stdout.write(Words("没有差异。", "No difference.").in_language(args.lang) + "\n")
    for change in changes:
        sys.stdout.write(f"• {change.words.in_language(args.lang)}\n")
        sys.stdout.write(f"    → {change.meaning.in_language(args.lang)}\n")
    return 0


def _unusable(args: argparse.Namespace, reads: tuple[Read, ...]) -> int:
    problems = [p for read in reads for p in read.problems]
    if args.json:
        print_json({"ok": False, "problems": [told(p, args.lang) for p in problems]})
    else:
        for problem in problems:
            sys.stderr.write(f"{problem.where}  {problem.words.in_language(args.lang)}\n")
    return 1


def _export_file(args: argparse.Namespace) -> int:
    """A file drawn as BPMN; it cannot be packed, because nobody has published it."""
    read = read_file(Path(args.what))
    if read.plan is None:
        return _unusable(args, (read,))
    if not args.bpmn:
        words = Words(
            "只有已发布的流程才能导出为流程包；文件可用 --bpmn 导出",
            "Only a published plan is exported as a package; a file can be exported with --bpmn",
        )
        return refuse(args, Problem("not_published", words, args.what), 2)
    from xiaoshi.core.bpmn.export import bpmn_of

    return written(args, bpmn_of(read.plan), read.plan.kind, read.plan.version)


def written(args: argparse.Namespace, text: str, kind: str, version: int) -> int:
    """To `--out`, or to the standard output."""
    if args.out is None:
        sys.stdout.write(text)
        return 0
    try:
        args.out.write_text(text, encoding="utf-8")
    except OSError as error:
        words = Words(
            f"无法写入 {args.out}：{error.strerror}", f"{args.out} cannot be written: {error.strerror}"
        )
        return refuse(args, Problem("file_unwritable", words, str(args.out)))
    if args.json:
        print_json({"ok": True, "kind": kind, "version": version, "file": str(args.out)})
    else:
        sys.stdout.write(f"✓ {args.out}\n")
    return 0
