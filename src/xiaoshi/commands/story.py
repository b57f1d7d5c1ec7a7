"""`xiaoshi story NAME`: walk a whole case with the demo's people, through the same acts as the pages."""

from __future__ import annotations

import argparse
import importlib
import json
import secrets
import sys
from collections.abc import Callable

from xiaoshi.core.problems import Problem, Words
from xiaoshi.house.django import prepare
from xiaoshi.house.home import Home


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="用示例人员走完一个案件,打印经过、金额、单据与校验结果。 / Walk a whole case with the demo's people.",
    )
    parser.add_argument("name", metavar="NAME", help="burnt_notes")
    parser.add_argument(
        "--seed", type=int, default=None, metavar="N", help="随机种子 / seed (default: a fresh one)"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """0 every check is true; 1 a check failed; 2 there is no such story."""
    with prepare(Home.chosen(args.home), owner=True):
        from xiaoshi.desk.demo.loading import load_if_empty
        from xiaoshi.desk.kinds import all_kinds

        stories = {kind.name: kind.story for kind in all_kinds() if kind.story}
        if args.name not in stories:
            known = ", ".join(stories)
            words = Words(
                f"没有“{args.name}”这个故事;现有:{known}。",
                f"There is no story '{args.name}'; there are: {known}.",
            )
            return _refuse(args, Problem("unknown_story", words, "NAME"), 2)
        load_if_empty()
        seed = secrets.randbelow(2**31) if args.seed is None else args.seed
        told = importlib.import_module(stories[args.name]).run(seed, _say(args))
    if args.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        for name, value in told["checks"].items():
            sys.stdout.write(f"{'✓' if value else '✗'} {name}\n")
        sys.stdout.write(f"{told['case']}  seed {told['seed']}  {'ok' if told['ok'] else 'NOT ok'}\n")
    return 0 if told["ok"] else 1


def _say(args: argparse.Namespace) -> Callable[[str], None]:
    def say(line: str) -> None:
        if not args.json or sys.stderr.isatty():
            sys.stderr.write(line + "\n")

    return say


def _refuse(args: argparse.Namespace, problem: Problem, code: int) -> int:
    if args.json:
        sys.stdout.write(
            json.dumps({"ok": False, "problems": [problem.as_json(args.lang)]}, ensure_ascii=False) + "\n"
        )
    else:
        sys.stderr.write(problem.words.in_language(args.lang) + "\n")
    return code
