"""`xiaoshi notes`: the library of whole notes, the mat, simulated trays, and measuring (in `notes_assess`).

Exit codes: 0 done (warnings on stderr), 1 the input was refused (why, on stderr or with --json on stdout), 2 usage.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from xiaoshi import library as store
from xiaoshi.commands import notes_assess, notes_judge, notes_report, notes_simulate
from xiaoshi.core.notes import mat, simulate
from xiaoshi.core.notes.truth import truth_json
from xiaoshi.core.problems import Problem, Words


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Hang `notes` with its subcommands under `xiaoshi`."""
    parser = subparsers.add_parser(
        "notes", help="残币：票样、托盘垫、模拟、测量 burnt notes: library, mat, measuring"
    )
    sub = parser.add_subparsers(dest="notes_command", required=True, metavar="COMMAND")
    _enrol_parser(sub)
    _mat_parser(sub)
    _simulate_parser(sub)
    _specimen_parser(sub)
    notes_assess.add_parser(sub)
    notes_judge.add_parser(sub)
    notes_report.add_parsers(sub)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the subcommand that was chosen."""
    if args.notes_command == "assess":
        return int(notes_assess.run(args))
    if args.notes_command == "judge":
        return int(notes_judge.run(args))
    if args.notes_command in notes_report.COMMANDS:
        return int(notes_report.run(args))
    commands = {"enrol": _enrol, "mat": _mat, "simulate": _simulate, "specimen": _specimen}
    return commands[args.notes_command](args)


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m xiaoshi.commands.notes enrol ...`: this command alone, without the dispatcher."""
    parser = argparse.ArgumentParser(prog="python -m xiaoshi.commands")
    add_parser(parser.add_subparsers(dest="command", required=True))
    return run(parser.parse_args(["notes", *(sys.argv[1:] if argv is None else argv)]))


def _shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="JSON on stdout")
    parser.add_argument(
        "--lang", choices=("zh", "en"), default=None, help="language of messages (default: LANG, else zh)"
    )
    parser.add_argument("--home", type=Path, default=None, help="home of Xiaoshi (default: XIAOSHI_HOME)")


def _library_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--library", type=Path, default=None, metavar="DIR", help="library of notes (default: in the home)"
    )


def _enrol_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = sub.add_parser("enrol", help="录入一张完整票样的一面 enrol one face of a whole note")
    parser.add_argument("--issuer", required=True, help="CNY, EUR, ...")
    parser.add_argument("--series", required=True)
    parser.add_argument("--edition", required=True)
    parser.add_argument("--denomination", required=True, type=float, help="in yuan (the issuer's main unit)")
    parser.add_argument("--side", required=True, choices=("front", "back"))
    parser.add_argument("--width-mm", required=True, type=float)
    parser.add_argument("--height-mm", required=True, type=float)
    parser.add_argument("--image", required=True, type=Path, metavar="F")
    parser.add_argument(
        "--zones",
        type=_zones,
        default=None,
        metavar="FILE|find",
        help="冠字号码、安全线、水印窗的位置（JSON，毫米），find 自动找号码 where number, thread and watermark window"
        " stand (JSON, mm); find: look for the number",
    )
    _library_option(parser)
    _shared(parser)


def _zones(text: str) -> Path | Literal["find"]:
    return "find" if text == "find" else Path(text)


def _mat_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = sub.add_parser("mat", help="打印用托盘垫 the tray mat to print")
    parser.add_argument("--size", choices=mat.SIZES, default="A3")
    parser.add_argument("--colour", choices=mat.COLOURS, default="blue")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help="a .pdf, or a .png at 10 px/mm"
    )
    _shared(parser)


def _simulate_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = sub.add_parser("simulate", help="模拟托盘照片和真值 simulated tray photos with their truth")
    _library_option(parser)
    parser.add_argument("--seed", type=_whole(0), default=1, metavar="N")
    parser.add_argument("--trays", type=_whole(1), default=1, metavar="N")
    parser.add_argument("--notes-per-tray", type=_whole(1), default=8, metavar="N")
    notes_simulate.add_options(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    _shared(parser)


def _specimen_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = sub.add_parser("specimen", help="生成样张票样库 draw the specimen currency into a library")
    _library_option(parser)
    _shared(parser)


def _whole(least: int) -> Any:
    def whole(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{value} < {least}")
        return value

    whole.__name__ = "whole number"
    return whole


def _language(args: argparse.Namespace) -> str:
    if args.lang:
        return str(args.lang)
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if spoken.lower().startswith("en") else "zh"


def _library(args: argparse.Namespace) -> Path:
    if args.library is not None:
        return Path(args.library)
    return Path(args.home) / "library" if args.home is not None else store.default_library_dir()


def _answer(
    args: argparse.Namespace, result: dict[str, Any], problems: Sequence[Problem], done: Words | None
) -> int:
    """Print the outcome; `done` None means refused."""
    language = _language(args)
    if args.json:
        result = {**result, "ok": done is not None, "problems": [p.as_json(language) for p in problems]}
        print(json.dumps(result, ensure_ascii=False))  # noqa: T201
    else:
        for problem in problems:
            place = f"{problem.where}: " if problem.where else ""
            print(f"{place}{problem.words.in_language(language)}", file=sys.stderr)  # noqa: T201
        if done is not None:
            print(done.in_language(language))  # noqa: T201
    return 0 if done is not None else 1


def _progress(args: argparse.Namespace, zh: str, en: str, at: int, of: int) -> None:
    """One line that is written over, only where a person watches."""
    if sys.stderr.isatty():
        text = Words(f"{zh} {at}/{of}", f"{en} {at}/{of}").in_language(_language(args))
        print(f"\r{text}", end="\n" if at == of else "", file=sys.stderr, flush=True)  # noqa: T201


def _unwritable(path: Path, error: OSError) -> Problem:
    reason = error.strerror or str(error)
    words = Words(f"无法写入（{reason}）", f"cannot be written ({reason})")
    return Problem("output_unwritable", words, str(path))


def _enrol(args: argparse.Namespace) -> int:
    outcome = store.enrol(
        _library(args),
        args.image,
        issuer=args.issuer,
        series=args.series,
        edition=args.edition,
        denomination=args.denomination,
        side=args.side,
        width_mm=args.width_mm,
        height_mm=args.height_mm,
        zones=args.zones,
    )
    if outcome.reference is None:
        return _answer(args, {}, outcome.problems, None)
    face = outcome.reference
    result = {
        **face.identity_json(),
        "width_mm": face.width_mm,
        "height_mm": face.height_mm,
        "folder": str(outcome.folder),
        "replaced": outcome.replaced,
        "zones": [zone.as_json() for zone in face.zones],
    }
    name = " ".join(face.key)
    return _answer(args, result, outcome.problems, Words(f"已录入票样：{name}", f"enrolled: {name}"))


def _mat(args: argparse.Namespace) -> int:
    spec = mat.mat_spec(args.size, args.colour)
    out: Path = args.out
    if out.suffix.lower() not in (".pdf", ".png"):
        words = Words("输出文件须以 .pdf 或 .png 结尾", "the output file ends in .pdf or .png")
        return _answer(args, {}, [Problem("output_kind_unknown", words, str(out))], None)
    data = mat_pdf(spec) if out.suffix.lower() == ".pdf" else _mat_png(spec)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(data)
    except OSError as error:
        return _answer(args, {}, [_unwritable(out, error)], None)
    result = {"out": str(out), "size": spec.size, "colour": spec.colour, "width_mm": spec.width_mm}
    result["height_mm"] = spec.height_mm
    done = Words(
        f"已生成 {spec.size} 托盘垫：{out}；请按 100% 打印，并量下边标尺核对",
        f"{spec.size} mat written to {out}; print at 100 % and check the ruler on its lower edge",
    )
    return _answer(args, result, [], done)


def mat_pdf(spec: mat.MatSpec) -> bytes:
    """The mat as a vector PDF whose page is exactly the paper's size."""
    import typst

    font = store.font_path()
    made = typst.compile(
        mat.mat_typst(spec).encode(), font_paths=[str(font.parent)], ignore_system_fonts=True
    )
    assert isinstance(made, bytes)
    return made


def _mat_png(spec: mat.MatSpec) -> bytes:
    from io import BytesIO

    from PIL import Image

    picture = mat.mat_picture(spec, 10.0, store.font_bytes())
    file = BytesIO()
    Image.fromarray(np.ascontiguousarray(picture[..., ::-1])).save(file, "PNG", dpi=(254, 254))
    return file.getvalue()


def _simulate(args: argparse.Namespace) -> int:
    references, problems = store.load_library(_library(args))
    if not references:
        return _answer(args, {}, problems, None)
    out: Path = args.out
    font = store.font_bytes()
    made: list[simulate.SimulatedTray] = []
    results = notes_simulate.simulator(args)(
        references,
        seed=args.seed,
        trays=args.trays,
        notes_per_tray=args.notes_per_tray,
        damage=args.damage,
        options=notes_simulate.tray_options(args, font, store.specimen_reprint(font)),
    )
    try:
        out.mkdir(parents=True, exist_ok=True)
        _clear(out)
        for tray in results:
            if isinstance(tray, Problem):
                return _answer(args, {}, [*problems, tray], None)
            (out / tray.name).write_bytes(tray.jpeg)
            made.append(replace(tray, picture=np.zeros((0, 0, 3), np.uint8), jpeg=b""))
            _progress(args, "托盘", "tray", len(made), args.trays)
        text = json.dumps(truth_json(made, args.seed), ensure_ascii=False, indent=1)
        (out / "truth.json").write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        return _answer(args, {}, [*problems, _unwritable(out, error)], None)
    images = [str(out / tray.name) for tray in made]
    notes = sum(len(tray.notes) for tray in made)
    result = {
        "out": str(out),
        "seed": args.seed,
        "images": images,
        "truth": str(out / "truth.json"),
        "notes": notes,
    }
    done = Words(
        f"已生成 {len(made)} 盘、{notes} 张残币：{out}", f"{len(made)} trays with {notes} notes in {out}"
    )
    return _answer(args, result, problems, done)


def _clear(out: Path) -> None:
    """Take away the trays of an earlier run in this folder: its truth.json names them."""
    earlier = out / "truth.json"
    if not earlier.exists():
        return
    try:
        names = {str(entry["image"]) for entry in json.loads(earlier.read_bytes())["images"]}
    except (ValueError, KeyError, TypeError):
        return
    for name in names:
        if name.startswith("tray-") and name.endswith(".jpg") and Path(name).name == name:
            (out / name).unlink(missing_ok=True)
    earlier.unlink()


def _specimen(args: argparse.Namespace) -> int:
    library = _library(args)
    try:
        count = store.make_specimen_library(library, lambda at, of: _progress(args, "样张", "face", at, of))
    except OSError as error:
        return _answer(args, {}, [_unwritable(library, error)], None)
    done = Words(f"已生成样张票样 {count} 面：{library}", f"{count} specimen faces drawn into {library}")
    return _answer(args, {"library": str(library), "faces": count}, [], done)


if __name__ == "__main__":
    sys.exit(main())
