"""`xiaoshi find`: the search of the page, from a terminal; and making its index anew."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from xiaoshi.commands.home import chosen_home
from xiaoshi.commands.people import person_named
from xiaoshi.house.django import prepare
from xiaoshi.house.trouble import USAGE, HouseError


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="查找案件、单据、材料、时间线；rebuild 重建索引。 / Find cases, papers, documents, entries; 'rebuild' makes the index anew.",
    )
    parser.add_argument(
        "text", nargs="+", metavar="TEXT|rebuild", help="要找的内容 / what to look for; rebuild: 重建索引"
    )
    parser.add_argument(
        "--as", dest="login", default="", metavar="LOGIN", help="以谁的身份查找 / on whose behalf"
    )
    parser.add_argument("--after", default="", metavar="CURSOR", help="从上一页给出的位置继续 / go on after")
    parser.add_argument(
        "--limit", type=int, default=20, metavar="N", help="案件数，至多 100 / cases, at most 100"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """0 searched (found or not), or rebuilt; 1 refused; 2 nobody named by --as."""
    if not args.login:
        if args.text == ["rebuild"]:
            return _rebuild(args)
        raise HouseError(
            "person_missing",
            "请用 --as 指明以谁的身份查找；各人只能查到自己有权看的案件。",
            "Say with --as on whose behalf: everybody finds only the cases that he or she may see.",
            "--as",
            exit_code=USAGE,
        )
    with prepare(chosen_home(args)):
        from xiaoshi.desk.find.as_json import found_as_json
        from xiaoshi.desk.find.searching import find_cases
        from xiaoshi.desk.guard.visibility import visible_to

        person = person_named(args.login)
        with visible_to(person):
            found = find_cases(person, " ".join(args.text), args.after, args.limit)
            told = found_as_json(found, args.lang)
    if args.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        _print(told)
    return 1 if found.problem else 0


def _print(told: dict[str, Any]) -> None:
    for problem in told["problems"]:
        sys.stderr.write(problem["text"] + "\n")
    for case in told["cases"]:
        sys.stdout.write(f"{case['number']}  {case['status']:<9}  {case['client']}\n")
        for hit in case["hits"]:
            sys.stdout.write(f"    {hit['kind']:<9} {hit['excerpt']}\n")
    if told["ok"] and not told["cases"]:
        sys.stdout.write("—\n")
    for note in told["notes"]:
        sys.stderr.write(note + "\n")
    if told["after"]:
        sys.stderr.write(f"--after {told['after']}\n")


def _rebuild(args: argparse.Namespace) -> int:
    with prepare(chosen_home(args), owner=True):
        from xiaoshi.desk.find.rebuilding import rebuild

        told = rebuild(lambda line: sys.stderr.write(line + "\n") and None)
    if args.json:
        sys.stdout.write(json.dumps({"ok": True, **told}) + "\n")
    else:
        sys.stdout.write(f"cases {told['cases']}\nrows  {told['rows']}\n")
    return 0
