"""`xiaoshi deposits`: what a deposit pays, one by one from JSON or by millions from Parquet. Needs neither home nor database."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from xiaoshi.commands.deposits_batch import add_batch, say, value_batch
from xiaoshi.core.deposits.answer import answer, problem_json
from xiaoshi.core.deposits.schema import SCHEMA
from xiaoshi.core.money import yuan
from xiaoshi.core.problems import Problem, Words
from xiaoshi.core.rules.deposit_rate_table import RateBook, RateTable, name_problem, per_cent, read_rate_table
from xiaoshi.core.rules.deposit_rates import BOOKS, books_with

BYTES_MAX = 200 * 1024 * 1024
DEPOSITS_MAX = 200_000
RATES_BYTES_MAX = 5 * 1024 * 1024


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog, description="存款:计算本息并逐段说明。 / Deposits: interest to the fen, explained."
    )
    works = parser.add_subparsers(dest="work", required=True, metavar="value|value-batch")
    valued = works.add_parser(
        "value",
        help="计算利息(读 JSON) / value deposits, from JSON",
        description="从标准输入或文件读一组存款,逐笔答利息、税、分段和依据;格式见 --schema。"
        " / Reads a list of deposits from stdin or FILE; --schema prints the whole form.",
    )
    valued.add_argument(
        "file", nargs="?", default="-", metavar="FILE", help="文件,缺省为标准输入 / default: stdin"
    )
    valued.add_argument("--schema", action="store_true", help="输出 JSON Schema / print the JSON Schema")
    add_rates_option(valued)
    add_rates_option(add_batch(works))
    return parser


def add_rates_option(parser: argparse.ArgumentParser) -> None:
    """A bank's own posted rates, one file or several."""
    parser.add_argument(
        "--rates",
        action="append",
        default=[],
        metavar="[NAME=]FILE.csv",
        help="本行挂牌利率表,posted 用其名字 / the bank's own table; `posted` names it (default: the file's name)",
    )


def run(args: argparse.Namespace) -> int:
    """0 every deposit was valued; 1 some were refused; 2 the input or a rate table cannot be read."""
    if args.work == "value-batch":
        return _batch(args)
    if args.schema:
        _print(SCHEMA)
        return 0
    books, problems = read_books(args.rates)
    value, problem = (None, None) if problems else _read(args.file)
    if problem is not None:
        problems = [problem]
    if problems:
        return refuse(problems, args)
    if not isinstance(value, list):
        told = answer(value, books, args.lang)
        _tell(told, args)
        sys.stdout.write("\n" if args.json else "")
        return 0 if told["interest_fen"] is not None else 1
    return _many(value, books, args)


def _many(given: list[Any], books: dict[str, RateBook], args: argparse.Namespace) -> int:
    """Answer by answer: the segments of a hundred thousand rollovers need not stand in memory at once."""
    refused = False
    sys.stdout.write("[" if args.json else "")
    for place, one in enumerate(given):
        told = answer(one, books, args.lang, at=f"/{place}")
        sys.stdout.write(", " if args.json and place else "")
        _tell(told, args)
        refused |= told["interest_fen"] is None
    sys.stdout.write("]\n" if args.json else "")
    return 1 if refused else 0


def _batch(args: argparse.Namespace) -> int:
    books, problems = read_books(args.rates)
    if problems:
        return refuse(problems, args)
    told = value_batch(args, books)
    if isinstance(told, Problem):
        return refuse([told], args)
    if args.json:
        _print(told)
    else:
        say(told, args.lang == "en")
    return 1 if told["refused"] else 0


def read_books(files: list[str]) -> tuple[dict[str, RateBook], list[Problem]]:
    """The rate books with the bank's own tables, or what is wrong with these."""
    tables: list[RateTable] = []
    problems: list[Problem] = []
    for word in files:
        name, _, path = word.rpartition("=")
        name = name or Path(path).stem
        taken = name_problem(name, [*BOOKS, *(t.name for t in tables)])
        if taken is not None:
            problems.append(taken)
            continue
        text, problem = _text(path, RATES_BYTES_MAX)
        if problem is not None:
            problems.append(problem)
            continue
        table, wrong = read_rate_table(text, name, path)
        problems += wrong
        if table is not None:
            tables.append(table)
    return books_with(tuple(tables)), problems


def refuse(problems: list[Problem], args: argparse.Namespace, code: int = 2) -> int:
    """Nothing was valued: say why, as JSON or as lines."""
    if args.json:
        _print(
            {"ok": False, "problems": [{**problem_json(p, args.lang), "where": p.where} for p in problems]}
        )
    else:
        for problem in problems:
            where = f" ({problem.where})" if problem.where else ""
            sys.stderr.write(problem.words.in_language(args.lang) + where + "\n")
    return code


def _text(name: str, bytes_max: int) -> tuple[str, Problem | None]:
    """The text of a file or of stdin; a byte-order mark is let pass."""
    try:
        if name == "-":
            content = sys.stdin.buffer.read(bytes_max + 1)
        else:
            with open(name, "rb") as file:
                content = file.read(bytes_max + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        words = Words(f"无法读取 {name}：{reason}。", f"{name} cannot be read: {reason}.")
        return "", Problem("file_unreadable", words, name)
    if len(content) > bytes_max:
        most = f"{bytes_max // 1024 // 1024} MB"
        words = Words(
            f"{name} 超过 {most}，请分批，或用 value-batch。",
            f"{name} is over {most}: send parts, or use value-batch.",
        )
        return "", Problem("too_large", words, name)
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        words = Words(f"{name} 不是 UTF-8 文本。", f"{name} is not UTF-8 text.")
        return "", Problem("not_utf8", words, name)


def _read(name: str) -> tuple[Any, Problem | None]:
    text, problem = _text(name, BYTES_MAX)
    if problem is not None:
        return None, problem
    try:
        value = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        words = Words(
            f"输入不是 JSON（第 {error.lineno} 行第 {error.colno} 列）。",
            f"The input is no JSON (line {error.lineno}, column {error.colno}).",
        )
        return None, Problem("not_json", words, name)
    except (ValueError, RecursionError):
        words = Words(
            "输入不是可用的 JSON：数字过长、非数字，或嵌套过深。",
            "The input is no usable JSON: a number that is too long or none, or nested too deeply.",
        )
        return None, Problem("not_json", words, name)
    if isinstance(value, list) and len(value) > DEPOSITS_MAX:
        words = Words(
            f"一次最多 {DEPOSITS_MAX} 笔，请分批，或用 value-batch。",
            f"At most {DEPOSITS_MAX} deposits at once: send parts, or use value-batch.",
        )
        return None, Problem("too_many", words, name)
    return value, None


def _no_number(name: str) -> float:
    raise ValueError(name)


def _print(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def _tell(told: dict[str, Any], args: argparse.Namespace) -> None:
    if args.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False))
    else:
        sys.stdout.write("\n".join(_lines(told, args.lang == "en")) + "\n")


def _lines(told: dict[str, Any], english: bool) -> list[str]:
    name = told["id"] if told["id"] is not None else "-"
    lines = []
    if told["interest_fen"] is not None:
        figures = [yuan(told[k]) for k in ("interest_fen", "tax_fen", "total_fen")]
        if english:
            lines.append(f"{name}  interest {figures[0]}  tax {figures[1]}  paid {figures[2]}")
        else:
            lines.append(f"{name}  利息 {figures[0]}  税 {figures[1]}  本息合计 {figures[2]}")
    else:
        lines.append(f"{name}  " + ("refused" if english else "不能计算"))
    if told["remaining"]:
        rest = told["remaining"]
        words = "remains" if english else "余额"
        lines.append(f"  {words} {yuan(rest['principal_fen'])}  {rest['opened_on']}")
    for s in told["segments"]:
        rate = per_cent(round(s["rate_pct"] * 10_000))
        lines.append(
            f"  {s['from']} – {s['to']}  {s['days']}  {rate}%  {s['interest_li'] / 1000:.3f}  "
            f"{s['tax_pct']}% {s['tax_li'] / 1000:.3f}  {s['rule']}"
        )
    for mark, found in (("?", told["unconfirmed"]), ("!", told["problems"])):
        lines += [f"  {mark} {p['en' if english else 'zh']} {p['where']}".rstrip() for p in found]
    return lines
