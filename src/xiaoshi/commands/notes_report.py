"""`xiaoshi notes report FILE...` and `xiaoshi notes register FILE...`: the whole tin, from what `notes assess --json` printed.

FILE is such an answer, `-` is standard input; several files are the trays of one tin (their notes are then called
`1.n1`, `2.n1`, ...). Exit codes: 0 done, 1 a file is no assessment, 2 usage.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xiaoshi.core.money import daxie
from xiaoshi.core.notes.report import Report, ReportNote, ReportRow, notes_of_json, report_of
from xiaoshi.core.problems import Problem, Words

COMMANDS = ("report", "register")
FILE_BYTES_MAX = 100_000_000


def add_parsers(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The words of the command line, below `xiaoshi notes`."""
    helps = {
        "report": "整罐汇总：各券别张数、金额（含大写）、理由 the whole tin: counts, sum (in 大写 too), reasons",
        "register": "冠字号码登记表 the register of numbers of a tin",
    }
    for name in COMMANDS:
        parser = sub.add_parser(name, help=helps[name])
        parser.add_argument(
            "assessments",
            nargs="+",
            metavar="FILE",
            help="notes assess --json 的输出，- 为标准输入 what notes assess --json printed, - for standard input",
        )
        parser.add_argument("--json", action="store_true", help="JSON on stdout")
        parser.add_argument(
            "--lang", choices=("zh", "en"), default=None, help="language (default: LANG, else zh)"
        )
        parser.add_argument("--home", type=Path, default=None, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Read, put together, print."""
    language = _language(args)
    made = _report(args.assessments)
    if isinstance(made, Problem):
        if args.json:
            print(json.dumps({"ok": False, "problems": [made.as_json(language)]}, ensure_ascii=False))  # noqa: T201
        else:
            print(f"{made.where}: {made.words.in_language(language)}", file=sys.stderr)  # noqa: T201
        return 1
    if args.json:
        told = made.as_json(language)
        if args.notes_command == "register":
            told = {name: told[name] for name in ("numbers", "numbers_twice")}
        print(json.dumps({"ok": True, **told, "problems": []}, ensure_ascii=False))  # noqa: T201
    else:
        lines = _register(made, language) if args.notes_command == "register" else _text(made, language)
        print("\n".join(lines))  # noqa: T201
    return 0


def _report(names: Sequence[str]) -> Report | Problem:
    notes: list[ReportNote] = []
    rules: list[str] = []
    for n, name in enumerate(names, start=1):
        told = _read(name)
        if isinstance(told, Problem):
            return told
        found = notes_of_json(told, f"{n}." if len(names) > 1 else "")
        if isinstance(found, Problem):
            where = f"{name}#{found.where}" if found.where else name
            return Problem(found.code, found.words, where)
        notes += found
        stated = told.get("rules")
        rules.append(str(stated.get("id")) if isinstance(stated, dict) else "")
    if len(set(rules)) > 1:
        listed = "、".join(sorted(set(rules)))
        words = Words(
            f"各份测量结果所用规则不同（{listed}），不能合计；请用同一规则重新测量",
            f"the assessments were made under different rules ({', '.join(sorted(set(rules)))}) and cannot be added up:"
            " measure again under one rule",
        )
        return Problem("rules_differ", words, names[rules.index(next(r for r in rules if r != rules[0]))])
    return report_of(notes, rules[0])


def _read(name: str) -> dict[str, Any] | Problem:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(FILE_BYTES_MAX + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(FILE_BYTES_MAX + 1)
        if len(data) > FILE_BYTES_MAX:
            raise ValueError(f"> {FILE_BYTES_MAX // 1_000_000} MB")
        told = json.loads(data)
        if not isinstance(told, dict):
            raise ValueError(f"{type(told).__name__}, {{...}}")
        return told
    except OSError as error:
        why = error.strerror or str(error)
    except (ValueError, RecursionError) as error:
        why = str(error)
    words = Words(
        f"文件无法读取（{why}）；请用 xiaoshi notes assess --json 的输出",
        f"the file cannot be read ({why}): use what `xiaoshi notes assess --json` prints",
    )
    return Problem("assessment_unusable", words, name)


def _language(args: argparse.Namespace) -> str:
    if args.lang:
        return str(args.lang)
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if spoken.lower().startswith("en") else "zh"


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"


def _kind(row: ReportRow | ReportNote, language: str) -> str:
    if row.denomination_fen is None:
        return Words("券别未定", "not named").in_language(language)
    edition = row.edition or "?"
    return f"{row.issuer or ''} {row.denomination_fen / 100:g} ({edition})".strip()


def _text(report: Report, language: str) -> list[str]:
    """A table for a terminal: kinds, sum, then every note that is not full with its reasons."""
    head = Words(
        "券别\t张数\t全额\t半额\t不予兑换\t待认定\t金额\t最少\t最多",
        "note\tcount\tfull\thalf\tnone\tundecided\tamount\tleast\tmost",
    )
    lines = [head.in_language(language)]
    named = [(_kind(row, language), row) for row in report.rows]
    for name, row in [*named, (Words("合计", "total").in_language(language), report.total)]:
        amounts = map(_yuan, (row.amount_fen, row.amount_low_fen, row.amount_high_fen))
        counts = map(str, (row.count, row.full, row.half, row.none, row.undecided))
        lines.append("\t".join((name, *counts, *amounts)))
    lines.append(
        Words(
            f"大写：{daxie(report.total.amount_fen)}", f"in words: {daxie(report.total.amount_fen)}"
        ).in_language(language)
    )
    verdicts = {
        "half": Words("半额", "half"),
        "none": Words("不予兑换", "none"),
        "undecided": Words("待人工认定", "undecided"),
    }
    for note in report.not_full:
        share = "-" if note.share is None else "{:.1%} [{:.1%}, {:.1%}]".format(*note.share)
        why = "; ".join(words.in_language(language) for _, words in note.reasons)
        verdict = verdicts[note.verdict].in_language(language)
        lines.append("\t".join((note.id, _kind(note, language), share, verdict, why)))
    return lines + _twice(report, language)


def _register(report: Report, language: str) -> list[str]:
    lines = [
        "\t".join((str(note.number), note.id, _kind(note, language), f"{note.number_confidence:.2f}"))
        for note in report.notes
        if note.number is not None
    ]
    return [*lines, *_twice(report, language)] or [
        Words("没有读出冠字号码", "no number was read").in_language(language)
    ]


def _twice(report: Report, language: str) -> list[str]:
    return [
        Words(
            f"号码 {number} 出现在 {'、'.join(ids)} 上，请核对",
            f"number {number} stands on {', '.join(ids)}: look at them",
        ).in_language(language)
        for number, ids in report.twice
    ]
