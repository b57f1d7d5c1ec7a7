"""Where `xiaoshi plan` finds a plan: a file, or `kind@version` in the house; and how a problem is printed."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xiaoshi.core.casework.model import Plan
from xiaoshi.core.casework.plan_load import load_plan
from xiaoshi.core.problems import Problem, Words

PUBLISHED = re.compile(r"([a-z][a-z0-9_]*)@(\d{1,6})\Z")


@dataclass(frozen=True)
class Read:
    """A text with its plan, or with what is wrong with it."""

    source: str
    text: str
    plan: Plan | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def told(problem: Problem, language: str) -> dict[str, Any]:
    """A problem in the form of every `--json` answer, with both languages beside the reader's."""
    return {**problem.as_json(language), "words": {"zh": problem.words.zh, "en": problem.words.en}}


def refuse(args: argparse.Namespace, problem: Problem, code: int = 1) -> int:
    if args.json:
        print_json({"ok": False, "problems": [told(problem, args.lang)]})
    else:
        where = f"{problem.where}  " if problem.where else ""
        sys.stderr.write(f"{where}{problem.words.in_language(args.lang)}\n")
    return code


def is_published(text: str) -> bool:
    """Whether this names a version in the house (`kind@version`) and no file."""
    return PUBLISHED.match(text) is not None and not Path(text).exists()


def read_file(path: Path) -> Read:
    """The plan in a file; what cannot be read is a problem, never a traceback."""
    name = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        words = Words(
            f"不是 UTF-8 文本（第 {error.start + 1} 个字节起），请另存为 UTF-8",
            f"is no UTF-8 text (from byte {error.start + 1} on): save it as UTF-8",
        )
        return Read(name, "", None, (Problem("file_not_text", words, name),))
    except OSError as error:
        return Read(name, "", None, (Problem("file_unreadable", _unreadable(path, error), name),))
    loaded = load_plan(text, source=name)
    return Read(name, text, loaded.plan, loaded.problems, loaded.warnings)


def _unreadable(path: Path, error: OSError) -> Words:
    if path.is_dir():
        return Words("这是文件夹，请给出 plan.toml 文件", "is a folder: name the file plan.toml in it")
    if isinstance(error, FileNotFoundError):
        return Words("没有这个文件", "there is no such file")
    return Words(f"无法读取：{error.strerror}", f"cannot be read: {error.strerror}")


def read_published(text: str) -> Read:
    """`kind@version` from the house; the house has to be prepared."""
    from xiaoshi.desk.cases.models import PlanVersion

    found = PUBLISHED.match(text)
    assert found is not None
    row = PlanVersion.objects.filter(kind=found[1], version=int(found[2])).first()
    if row is None:
        words = Words(f"没有已发布的流程“{text}”。", f"There is no published plan “{text}”.")
        return Read(text, "", None, (Problem("no_such_plan", words, text),))
    loaded = load_plan(row.text, source=text)
    return Read(text, row.text, loaded.plan, loaded.problems, loaded.warnings)
