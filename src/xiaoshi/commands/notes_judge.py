"""`xiaoshi notes judge PHOTO...`: is this photo fit to be measured, and if not, how is that mended?

Exit codes: 0 every photo can be measured (warnings may be listed), 1 one or more cannot, 2 usage.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from xiaoshi import library as store
from xiaoshi.commands.notes_assess import _language, _names, _read
from xiaoshi.core.notes.capture import Judged, judge_photo
from xiaoshi.core.notes.reference import Reference

_SIGN = {"ok": "✓", "warn": "!", "refuse": "✗"}


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """The words of the command line, below `xiaoshi notes`."""
    parser = sub.add_parser("judge", help="照片能不能用、怎么补救 is this photo fit to be measured")
    parser.add_argument("images", nargs="+", type=Path, metavar="PHOTO", help="tray photos")
    parser.add_argument(
        "--denomination",
        type=float,
        action="append",
        default=[],
        metavar="YUAN",
        help="notes that are expected (may be given again): is the mat's colour right for them?",
    )
    parser.add_argument(
        "--library", type=Path, default=None, metavar="DIR", help="library of notes (default: in the home)"
    )
    parser.add_argument("--json", action="store_true", help="JSON on stdout")
    parser.add_argument(
        "--lang", choices=("zh", "en"), default=None, help="language (default: LANG, else zh)"
    )
    parser.add_argument("--home", type=Path, default=None, help="home of Xiaoshi (default: XIAOSHI_HOME)")
    return parser


def run(args: argparse.Namespace) -> int:
    """Judge one photo after another."""
    language = _language(args)
    expected = _expected(args)
    judged: list[Judged] = []
    for path, name in zip(args.images, _names(args.images), strict=True):
        one = judge_photo(_read(path, name), expected)
        judged.append(one)
        if not args.json:
            _say(one, language)
    if args.json:
        told = {"photos": [one.as_json(language) for one in judged]}
        print(json.dumps(told, ensure_ascii=False))  # noqa: T201
    return 1 if any(one.level == "refuse" for one in judged) else 0


def _expected(args: argparse.Namespace) -> list[Reference]:
    if not args.denomination:
        return []
    folder = args.library or (Path(args.home) / "library" if args.home else store.default_library_dir())
    references, _ = store.load_library(Path(folder))
    return [face for face in references if face.denomination in args.denomination]


def _say(judged: Judged, language: str) -> None:
    """The faults first, then what is well."""
    print(f"{_SIGN[judged.level]} {judged.image}")  # noqa: T201
    for finding in sorted(judged.findings, key=lambda f: ("refuse", "warn", "ok").index(f.level)):
        print(f"  {_SIGN[finding.level]} {finding.words.in_language(language)}")  # noqa: T201
