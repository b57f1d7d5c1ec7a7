"""`xiaoshi audit`: verify every timeline, make the daily anchor, export a case's entries. Reads as the owner."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from xiaoshi.commands.home import chosen_home
from xiaoshi.house.django import prepare
from xiaoshi.house.trouble import REFUSED, HouseError


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog, description="校验时间线,生成每日锚定值。 / Verify the timelines, make the daily anchor."
    )
    works = parser.add_subparsers(dest="work", required=True, metavar="verify|anchor|check|export")
    works.add_parser(
        "verify", help="逐条校验,指出第一条被改动的记录 / check every entry, name the first bad one"
    )
    anchor = works.add_parser(
        "anchor", help="生成锚定值(交由外部保存) / make the anchor that leaves the house"
    )
    anchor.add_argument("--out", metavar="FILE", help="写入文件 / write it to a file, to be kept elsewhere")
    check = works.add_parser(
        "check", help="用外部保存的锚定文件核对 / lay an anchor that left the house beside the database"
    )
    check.add_argument("file", metavar="FILE")
    export = works.add_parser(
        "export", help="导出一个案件的时间线(每行一条 JSON) / a case's entries, one JSON a line"
    )
    export.add_argument("case", help="案件编号 / number of the case")
    return parser


def run(args: argparse.Namespace) -> int:
    """0 sound; 1 something is wrong (the first bad row is named)."""
    with prepare(chosen_home(args), owner=True):
        return {"verify": _verify, "anchor": _anchor, "check": _check, "export": _export}[args.work](args)


def _print(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def _verify(args: argparse.Namespace) -> int:
    from xiaoshi.desk.audit.verify import verify_timeline

    found = verify_timeline()
    if args.json:
        _print(found.as_json(args.lang))
    elif found.first_bad is None:
        zh = f"✓ {found.chains} 条链、{found.entries} 条记录无误"
        sys.stdout.write(
            (zh if args.lang != "en" else f"✓ {found.chains} chains, {found.entries} entries: sound") + "\n"
        )
    else:
        bad = found.first_bad
        sys.stdout.write(f"✗ {bad.case or bad.chain}#{bad.seq}: {bad.words.in_language(args.lang)}\n")
    return 0 if found.ok else 1


def _anchor(args: argparse.Namespace) -> int:
    from django.utils import timezone

    from xiaoshi.desk.audit.anchoring import export, make_anchor

    told = export(make_anchor(timezone.now()))
    if args.out:
        try:
            with open(args.out, "x", encoding="utf-8") as file:
                file.write(json.dumps(told) + "\n")
        except OSError as error:
            raise HouseError(
                "anchor_not_written",
                f"锚定值已生成，但无法写入 {args.out}（{error.strerror}）。",
                f"The anchor was made, but {args.out} cannot be written ({error.strerror}).",
                args.out,
                REFUSED,
            ) from error
    if args.json:
        _print({name: value for name, value in told.items() if name != "heads"} | {"file": args.out})
    else:
        sys.stdout.write(f"{told['at']}  {told['root']}\n")
    return 0


def _check(args: argparse.Namespace) -> int:
    from xiaoshi.desk.audit.anchoring import check_export

    try:
        with open(args.file, encoding="utf-8") as file:
            told = json.load(file)
    except (OSError, ValueError):
        told = None
    problems = check_export(told)
    if args.json:
        _print({"ok": not problems, "problems": [p.as_json(args.lang) for p in problems]})
    else:
        for problem in problems:
            sys.stdout.write(f"✗ {problem.words.in_language(args.lang)}\n")
        if not problems:
            sys.stdout.write(
                ("✓ anchored entries are all there" if args.lang == "en" else "✓ 锚定的记录都在") + "\n"
            )
    return 1 if problems else 0


def _export(args: argparse.Namespace) -> int:
    from xiaoshi.desk.audit.models import TimelineEntry

    found = 0
    for entry in TimelineEntry.objects.using("owner").filter(case__number=args.case).order_by("seq"):
        found += 1
        _print(
            {
                "seq": entry.seq,
                "at": entry.at.isoformat(),
                "act": entry.act,
                "actor": entry.actor,
                "channel": entry.channel,
                "body": entry.body,
                "previous_hash": bytes(entry.previous_hash).hex(),
                "hash": bytes(entry.hash).hex(),
            }
        )
    if not found:
        words = (
            f"没有编号为 {args.case} 的案件。"
            if args.lang != "en"
            else f"There is no case numbered {args.case}."
        )
        sys.stderr.write(words + "\n")
    return 0 if found else 1
