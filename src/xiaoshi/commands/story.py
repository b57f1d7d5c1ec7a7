"""`xiaoshi story NAME`: walk a whole case with the demo's people, through the same acts as the pages."""

from __future__ import annotations

import argparse
import importlib
import json
import secrets
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from xiaoshi.core.problems import Problem, Words
from xiaoshi.house.django import prepare
from xiaoshi.house.home import Home


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="用示例人员走完一个案件,打印经过、金额、单据与校验结果。 / Walk a whole case with the demo's people.",
    )
    parser.add_argument("name", metavar="NAME", help="burnt_notes, urgent_payment")
    parser.add_argument(
        "--seed", type=int, default=None, metavar="N", help="随机种子 / seed (default: a fresh one)"
    )
    parser.add_argument(
        "--core",
        choices=("embedded", "sandbox"),
        default="embedded",
        help="账务在本系统内,或另连一个沙箱核心 / the embedded ledger alone, or a sandbox core bank behind it",
    )
    return parser


@contextmanager
def core_bank(which: str) -> Iterator[None]:
    """A fresh sandbox core for the time of the story, or nothing: the embedded ledger is the core then."""
    if which != "sandbox":
        yield
        return
    from django.conf import settings

    from xiaoshi.sandbox.core_books import OWN_BANK, CoreBooks
    from xiaoshi.sandbox.core_server import CoreServer

    with tempfile.TemporaryDirectory(prefix="xiaoshi-core-") as folder:
        server = CoreServer(("127.0.0.1", 0), CoreBooks(Path(folder) / "state.sqlite", OWN_BANK), 1.0, "")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        settings.CORE_URL, settings.BANK_NUMBER = f"http://127.0.0.1:{server.server_address[1]}", OWN_BANK
        settings.CORE_TOKEN_FILE = ""
        try:
            yield
        finally:
            settings.CORE_URL = ""
            server.shutdown()
            server.server_close()
            thread.join(10)


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
        with core_bank(args.core):
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
