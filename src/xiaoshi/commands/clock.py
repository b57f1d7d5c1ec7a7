"""`xiaoshi clock`: when something is due, and the calendars of the outlets. `due` needs neither home nor database."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from xiaoshi.commands.calendars import add_calendar_works, run_on_calendar
from xiaoshi.core.clocks.request import answer, problem_json
from xiaoshi.core.clocks.schema import SCHEMA
from xiaoshi.core.problems import Problem, Words

BYTES_MAX = 20 * 1024 * 1024
QUESTIONS_MAX = 10_000


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog, description="时限:到期时间、网点日历。 / Clocks: due times, calendars of the outlets."
    )
    works = parser.add_subparsers(
        dest="work", required=True, metavar="due|show|hours|inherit|close|open|announce|extend"
    )
    due = works.add_parser(
        "due",
        help="何时到期(读 JSON) / when something is due, from JSON",
        description="从标准输入或文件读一个问题(或一组),答何时到期;格式见 --schema。"
        " / Reads one question (or a list) from stdin or FILE; --schema prints the whole form.",
    )
    due.add_argument(
        "file", nargs="?", default="-", metavar="FILE", help="文件,缺省为标准输入 / default: stdin"
    )
    due.add_argument("--schema", action="store_true", help="输出 JSON Schema / print the JSON Schema")
    add_calendar_works(works)
    return parser


def run(args: argparse.Namespace) -> int:
    """0 every question has a due date; 1 one has none, or an act was refused; 2 the input is no JSON."""
    return _due(args) if args.work == "due" else run_on_calendar(args)


def _due(args: argparse.Namespace) -> int:
    if args.schema:
        _print(SCHEMA)
        return 0
    value, problem = _read(args.file)
    if problem is not None:
        told = {"due": None, "segments": [], "problems": [problem_json(problem, args.lang)]}
        _tell(told, args)
        return 2
    if not isinstance(value, list):
        told = answer(value, (), args.lang)
        _tell(told, args)
        return 0 if told["due"] is not None else 1
    answers = [answer(question, (i,), args.lang) for i, question in enumerate(value)]
    if args.json:
        _print(answers)
    else:
        for told in answers:
            _tell(told, args)
    return 0 if all(told["due"] is not None for told in answers) else 1


def _read(name: str) -> tuple[Any, Problem | None]:
    try:
        if name == "-":
            content = sys.stdin.buffer.read(BYTES_MAX + 1)
        else:
            with open(name, "rb") as file:
                content = file.read(BYTES_MAX + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        words = Words(f"无法读取 {name}：{reason}。", f"{name} cannot be read: {reason}.")
        return None, Problem("file_unreadable", words)
    except ValueError:
        words = Words("文件名不能含有空字符。", "A file name cannot hold a null character.")
        return None, Problem("file_unreadable", words)
    if len(content) > BYTES_MAX:
        words = Words("输入超过 20 MB，请分批。", "The input is over 20 MB: send it in parts.")
        return None, Problem("too_large", words)
    try:
        value = json.loads(content.decode("utf-8-sig"), parse_constant=_no_number)
    except UnicodeDecodeError:
        words = Words("输入不是 UTF-8 文本。", "The input is not UTF-8 text.")
        return None, Problem("not_utf8", words)
    except json.JSONDecodeError as error:
        place = f"{error.lineno}:{error.colno}"
        words = Words(
            f"输入不是 JSON（第 {error.lineno} 行第 {error.colno} 列）。",
            f"The input is no JSON (at {place}).",
        )
        return None, Problem("not_json", words)
    except (ValueError, RecursionError):
        words = Words(
            "输入不是可用的 JSON：数字过长、非数字，或嵌套过深。",
            "The input is no usable JSON: a number that is too long or none, or nested too deeply.",
        )
        return None, Problem("not_json", words)
    if isinstance(value, list) and len(value) > QUESTIONS_MAX:
        words = Words(
            f"一次最多 {QUESTIONS_MAX} 个问题，请分批。",
            f"At most {QUESTIONS_MAX} questions at once: send parts.",
        )
        return None, Problem("too_many", words)
    return value, None


def _no_number(name: str) -> float:
    raise ValueError(name)


def _print(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def _tell(told: dict[str, Any], args: argparse.Namespace) -> None:
    if args.json:
        _print(told)
        return
    english = args.lang == "en"
    none = "nothing is due" if english else "没有到期时间"
    sys.stdout.write(f"{told['due'] or none}\n")
    for segment in told["segments"][:20]:
        sys.stdout.write(f"  {segment['from']} – {segment['to']}\n")
    more = len(told["segments"]) - 20
    if more > 0:
        sys.stdout.write(f"  … {more} more\n" if english else f"  … 另有 {more} 段\n")
    for problem in told["problems"]:
        sys.stdout.write(f"  ! {problem['en' if english else 'zh']} {problem['where']}\n")
