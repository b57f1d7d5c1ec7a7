"""`xiaoshi notes assess IMAGE...`: what is left of the notes on the trays, and what the rule pays for them.

Exit codes: 0 assessed (problems may be listed), 1 nothing could be assessed: no usable picture, unknown rule set, empty
library (with --json the answer is printed all the same), 2 usage. A person reads a table; a program reads --json.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import cv2

from xiaoshi import library as store
from xiaoshi import ocr
from xiaoshi.core.notes import Assessment, PreparedLibrary, TrayImage, assess, decode, overlay, prepare
from xiaoshi.core.notes.traywork import Looked
from xiaoshi.core.problems import Problem, Words
from xiaoshi.core.rules.note_rules import RULE_SETS, rule_set
from xiaoshi.tray_pool import look_each

FILE_BYTES_MAX = 400_000_000
_VERDICTS = {
    "full": Words("全额", "full"),
    "half": Words("半额", "half"),
    "none": Words("不予兑换", "none"),
    "undecided": Words("待人工认定", "undecided"),
}


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """The words of the command line, below `xiaoshi notes`."""
    parser = sub.add_parser("assess", help="测量托盘照片并按规则认定 measure tray photos and apply the rule")
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="tray photos or scans")
    parser.add_argument(
        "--rules", required=True, metavar="ID", help=", ".join(rules.id for rules in RULE_SETS)
    )
    parser.add_argument(
        "--library", type=Path, default=None, metavar="DIR", help="library of notes (default: in the home)"
    )
    parser.add_argument(
        "--mm-per-px",
        type=_scale,
        default=None,
        metavar="X|file",
        help="扫描件的比例，file 取文件头所记 scale of scans without a mat; file: as each file's header states it",
    )
    parser.add_argument(
        "--overlay", type=Path, default=None, metavar="DIR", help="write pictures with pieces and verdicts"
    )
    parser.add_argument(
        "--named",
        action="append",
        default=[],
        type=_named,
        metavar="PIECE=VALUE[:EDITION]",
        help="券别由人指认，按外形测量 a person says what a piece without print is (p3=100:2005): measured by its outline",
    )
    parser.add_argument(
        "--join",
        action="append",
        default=[],
        type=_together,
        metavar="PIECE+PIECE",
        help="由人认定为同一张 a person says that these pieces are one note (p1+p4)",
    )
    parser.add_argument(
        "--apart",
        action="append",
        default=[],
        type=_together,
        metavar="PIECE+PIECE",
        help="由人认定不是同一张 a person says that these pieces are not one note (p1+p4)",
    )
    parser.add_argument(
        "--workers",
        type=_workers,
        default=min(2, os.cpu_count() or 1),
        metavar="N",
        help="processes that look at pictures (1 to 16, default 2); the answer is the same",
    )
    parser.add_argument(
        "--no-serials",
        action="store_true",
        help="不读冠字号码 do not read the notes' numbers (they are read where the library says where they stand)",
    )
    parser.add_argument("--json", action="store_true", help="JSON on stdout")
    parser.add_argument(
        "--lang", choices=("zh", "en"), default=None, help="language (default: LANG, else zh)"
    )
    parser.add_argument("--home", type=Path, default=None, help="home of Xiaoshi (default: XIAOSHI_HOME)")
    return parser


def _scale(text: str) -> float | Literal["file"]:
    if text == "file":
        return "file"
    value = float(text)
    if not math.isfinite(value) or value <= 0:
        raise argparse.ArgumentTypeError(f"{text}: must be a positive number of millimetres")
    return value


def _named(text: str) -> tuple[str, tuple[float, str | None]]:
    """`p3=100:2005` or `p3=100`."""
    piece, equals, kind = text.partition("=")
    value, _, edition = kind.partition(":")
    try:
        denomination = float(value)
    except ValueError:
        denomination = math.nan
    if not piece or not equals or not math.isfinite(denomination) or denomination <= 0:
        raise argparse.ArgumentTypeError(f"{text}: must be like p3=100:2005 or p3=100")
    return piece, (denomination, edition or None)


def _together(text: str) -> tuple[str, ...]:
    """`p1+p4`."""
    pieces = tuple(piece.strip() for piece in text.split("+"))
    if len(pieces) < 2 or not all(pieces):
        raise argparse.ArgumentTypeError(f"{text}: must be like p1+p4")
    return pieces


def _workers(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 16:
        raise argparse.ArgumentTypeError(f"{text}: must be 1 to 16")
    return value


def run(args: argparse.Namespace) -> int:
    """Assess, write overlays, print."""
    language = _language(args)
    rules = rule_set(args.rules)
    if rules is None:
        known = ", ".join(each.id for each in RULE_SETS)
        words = Words(
            f"没有规则 {args.rules}；可用：{known}", f"there is no rule set {args.rules}; known: {known}"
        )
        return _refuse(args, language, [Problem("rules_unknown", words, "--rules")])
    folder = args.library or (Path(args.home) / "library" if args.home else store.default_library_dir())
    references, damaged = store.load_library(Path(folder))
    if not references:
        return _refuse(args, language, list(damaged))
    names = _names(args.images)
    library = prepare(references)
    recogniser, unread = (None, []) if args.no_serials else ocr.reader_for(references)
    answer = assess(
        _pictures(args.images, names, library, args, language),
        library,
        rules,
        mm_per_px=args.mm_per_px,
        named_by_person=dict(args.named),
        joined_by_person=args.join,
        kept_apart=args.apart,
        recogniser=recogniser,
    )
    problems = [*damaged, *unread]
    if args.overlay is not None:
        problems += _overlays(args.overlay, args.images, names, answer)
    if args.json:
        told = answer.as_json(language)
        told["problems"] = [problem.as_json(language) for problem in problems] + told["problems"]
        print(json.dumps(told, ensure_ascii=False))  # noqa: T201
    else:
        _table(answer, problems, language)
    return 0 if answer.scales else 1


def _language(args: argparse.Namespace) -> str:
    if args.lang:
        return str(args.lang)
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if spoken.lower().startswith("en") else "zh"


def _names(paths: Sequence[Path]) -> list[str]:
    """File names as they appear in the answer; whole paths where two files share a name."""
    short = [path.name for path in paths]
    return short if len(set(short)) == len(short) else [str(path) for path in paths]


def _pictures(
    paths: Sequence[Path],
    names: Sequence[str],
    library: PreparedLibrary,
    args: argparse.Namespace,
    language: str,
) -> Iterator[Looked | Problem]:
    """Each picture as it was looked at, in order; says where it is on a terminal."""
    jobs = [functools.partial(_read, path, name) for path, name in zip(paths, names, strict=True)]
    watched = sys.stderr.isatty()
    for done, told in enumerate(look_each(jobs, library, args.mm_per_px, workers=args.workers)):
        if watched:
            text = Words(
                f"已测量 {done + 1}/{len(paths)} {names[done]}",
                f"measured {done + 1}/{len(paths)} {names[done]}",
            )
            print(f"\r\x1b[K{text.in_language(language)}", end="", file=sys.stderr, flush=True)  # noqa: T201
        yield told
    if watched:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)  # noqa: T201


def _read(path: Path, name: str) -> TrayImage | Problem:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            words = Words("文件超过 400 MB，请压缩后重传", "the file is larger than 400 MB: make it smaller")
            return Problem("file_too_large", words, name)
        return decode(name, path.read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
        return Problem(
            "file_unreadable", Words(f"文件无法读取（{reason}）", f"the file cannot be read ({reason})"), name
        )


def _overlays(folder: Path, paths: Sequence[Path], names: Sequence[str], answer: Assessment) -> list[Problem]:
    """Write NAME-overlay.jpg for each picture that was looked at."""
    looked_at = {scale.image for scale in answer.scales}
    problems: list[Problem] = []
    for number, (path, name) in enumerate(zip(paths, names, strict=True)):
        image = _read(path, name) if name in looked_at else None
        if not isinstance(image, TrayImage):
            continue
        unique = path.stem if names[number] == path.name else f"{number + 1:03d}-{path.stem}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            drawn = cv2.imencode(".jpg", overlay(image, answer), [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
            (folder / f"{unique}-overlay.jpg").write_bytes(drawn.tobytes())
        except OSError as error:
            reason = error.strerror or str(error)
            words = Words(f"标注图无法写入（{reason}）", f"the overlay cannot be written ({reason})")
            problems.append(Problem("output_unwritable", words, str(folder)))
    return problems


def _refuse(args: argparse.Namespace, language: str, problems: Sequence[Problem]) -> int:
    """Nothing could be assessed: the contract's form with nothing in it."""
    if args.json:
        counts = ("full", "half", "none", "undecided", "amount_fen", "amount_low_fen", "amount_high_fen")
        empty: dict[str, Any] = {
            "rules": {"id": args.rules, "in_force_from": None},
            "scale": {"mm_per_px": None, "source": "none"},
            "pieces": [],
            "notes": [],
            "totals": dict.fromkeys(counts, 0),
            "problems": [problem.as_json(language) for problem in problems],
        }
        known = rule_set(args.rules)
        if known is not None and known.in_force_from is not None:
            empty["rules"]["in_force_from"] = known.in_force_from.isoformat()
        print(json.dumps(empty, ensure_ascii=False))  # noqa: T201
    else:
        _complain(problems, language)
    return 1


def _complain(problems: Sequence[Problem], language: str) -> None:
    for problem in problems:
        place = f"{problem.where}: " if problem.where else ""
        print(f"{place}{problem.words.in_language(language)}", file=sys.stderr)  # noqa: T201


def _table(answer: Assessment, problems: Sequence[Problem], language: str) -> None:
    """One line a note, then the totals; problems on stderr."""
    _complain([*problems, *answer.problems], language)
    for note in answer.notes:
        kind = "?" if note.denomination_fen is None else f"{note.denomination_fen / 100:g}"
        share = (
            "-"
            if note.share is None
            else f"{note.share.value:.1%} [{note.share.low:.1%}, {note.share.high:.1%}]"
        )
        verdict = _VERDICTS[note.verdict].in_language(language)
        reasons = "; ".join(reason.words.in_language(language) for reason in note.reasons)
        print(f"{note.id}\t{','.join(note.pieces)}\t{kind}\t{share}\t{verdict}\t{reasons}")  # noqa: T201
    totals = answer.totals
    yuan = [f"{fen / 100:.2f}" for fen in (totals.amount_fen, totals.amount_low_fen, totals.amount_high_fen)]
    words = Words(
        f"全额 {totals.full}，半额 {totals.half}，不予兑换 {totals.none}，待人工认定 {totals.undecided}；"
        f"已定金额 {yuan[0]}，合计在 {yuan[1]} 至 {yuan[2]} 之间",
        f"full {totals.full}, half {totals.half}, none {totals.none}, undecided {totals.undecided}; "
        f"decided {yuan[0]}, in all between {yuan[1]} and {yuan[2]}",
    )
    print(words.in_language(language))  # noqa: T201
