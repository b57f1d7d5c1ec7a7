"""`xiaoshi plan`: check a plan file, list the published ones, show one. Checking needs no database."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from xiaoshi.commands.home import chosen_home
from xiaoshi.core.casework.plan_load import load_plan
from xiaoshi.core.problems import Problem, Words
from xiaoshi.house.django import prepare


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog, description="流程:检查、列出、查看。 / Plans: check, list, show."
    )
    works = parser.add_subparsers(dest="work", required=True, metavar="check|list|show")
    check = works.add_parser(
        "check", help="检查 plan.toml,逐条指出行号和原因 / check files, name line and reason"
    )
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    works.add_parser("list", help="已发布的流程 / published plans")
    show = works.add_parser("show", help="一个已发布流程的文本 / the text of a published plan")
    show.add_argument("kind")
    show.add_argument("--version", type=int, default=None)
    return parser


def run(args: argparse.Namespace) -> int:
    """0 fine; 1 a plan has problems or is not there."""
    if args.work == "check":
        return _check(args)
    with prepare(chosen_home(args)):
        return _list(args) if args.work == "list" else _show(args)


def _print(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def _check(args: argparse.Namespace) -> int:
    told, bad = [], False
    for path in args.files:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            words = Words(
                f"不是 UTF-8 文本（第 {error.start + 1} 个字节起），请另存为 UTF-8",
                f"is no UTF-8 text (from byte {error.start + 1} on): save it as UTF-8",
            )
            problems: tuple[Problem, ...] = (Problem("file_not_text", words, str(path)),)
            plan = None
        except OSError as error:
            words = _unreadable(path, error)
            problems = (Problem("file_unreadable", words, str(path)),)
            plan = None
        else:
            loaded = load_plan(text, source=str(path))
            problems, plan = loaded.problems, loaded.plan
        bad = bad or plan is None
        told.append(
            {
                "file": str(path),
                "ok": plan is not None,
                "kind": plan.kind if plan else None,
                "version": plan.version if plan else None,
                "steps": len(plan.steps) if plan else 0,
                "problems": [p.as_json(args.lang) for p in problems],
            }
        )
    if args.json:
        _print({"ok": not bad, "plans": told})
        return 1 if bad else 0
    for row in told:
        sys.stdout.write(f"{'✓' if row['ok'] else '✗'} {row['file']}\n")
        for problem in row["problems"]:
            sys.stdout.write(f"  {problem['where']}  {problem['text']}\n")
    return 1 if bad else 0


def _unreadable(path: Path, error: OSError) -> Words:
    if path.is_dir():
        return Words("这是文件夹，请给出 plan.toml 文件", "is a folder: name the file plan.toml in it")
    if isinstance(error, FileNotFoundError):
        return Words("没有这个文件", "there is no such file")
    return Words(f"无法读取：{error.strerror}", f"cannot be read: {error.strerror}")


def _list(args: argparse.Namespace) -> int:
    from xiaoshi.desk.cases.models import PlanVersion

    rows = [
        {"kind": p.kind, "version": p.version, "published_at": p.published_at.isoformat(), "digest": p.digest}
        for p in PlanVersion.objects.order_by("kind", "version")
    ]
    if args.json:
        _print({"ok": True, "plans": rows})
    else:
        for row in rows:
            sys.stdout.write(f"{row['kind']:<24} v{row['version']}  {row['published_at'][:16]}\n")
    return 0


def _show(args: argparse.Namespace) -> int:
    from xiaoshi.desk.cases.models import PlanVersion

    rows = PlanVersion.objects.filter(kind=args.kind).order_by("-version")
    row = rows.filter(version=args.version).first() if args.version is not None else rows.first()
    if row is None:
        words = Words(f"没有已发布的流程“{args.kind}”。", f"There is no published plan “{args.kind}”.")
        problem = Problem("no_such_plan", words, args.kind)
        if args.json:
            _print({"ok": False, "problems": [problem.as_json(args.lang)]})
        else:
            sys.stderr.write(words.in_language(args.lang) + "\n")
        return 1
    if args.json:
        _print({"ok": True, "kind": row.kind, "version": row.version, "text": row.text})
    else:
        sys.stdout.write(row.text)
    return 0
