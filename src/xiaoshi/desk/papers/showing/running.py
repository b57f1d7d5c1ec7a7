"""Starting the worker on one file, with its limits, and telling in words why a file cannot be shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.papers.showing import worker

CPU_SECONDS = 20
WALL_SECONDS = 30
MEMORY_BYTES = 2 * 1024**3
AT_ONCE = 2
"""Workers of one desk process at the same time; who comes third waits for a turn."""
TURN_SECONDS = 20

_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the worker made: `told` as `worker.py` says for each order, and bytes (a picture, a part of a file)."""

    told: dict[str, Any]
    body: bytes


class NotShown(Exception):  # noqa: N818
    """The file cannot be shown or read. `problem` has the words; `lasting`: trying again will not help."""

    def __init__(self, problem: Problem, *, lasting: bool = True, log: str = "") -> None:
        super().__init__(problem.code)
        self.problem, self.lasting, self.log = problem, lasting, log


def order(do: str, kind: str, content: bytes, *, cpu_seconds: int = CPU_SECONDS, **more: Any) -> Answer:
    """Have one thing made of a file of this content type. Raises `NotShown`."""
    wall = WALL_SECONDS + max(0, cpu_seconds - CPU_SECONDS)
    if not _turns.acquire(timeout=TURN_SECONDS):
        raise NotShown(problem_of("busy"), lasting=False)
    try:
        head = json.dumps(
            {
                "do": do,
                "kind": kind,
                "limits": {"cpu_seconds": cpu_seconds, "memory_bytes": MEMORY_BYTES},
                **more,
            }
        ).encode()
        done = subprocess.run(
            [sys.executable, "-I", "-B", worker.__file__],
            input=len(head).to_bytes(8) + head + content,
            capture_output=True,
            timeout=wall,
            check=False,
            # Nothing of the desk's environment (paths of secrets) goes into a process that opens strangers' files.
            env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8", "PATH": os.defpath},
        )
    except subprocess.TimeoutExpired:
        raise NotShown(problem_of("too_much"), log=f"no answer within {wall} s") from None
    finally:
        _turns.release()
    return _answer(done)


def _answer(done: subprocess.CompletedProcess[bytes]) -> Answer:
    length = int.from_bytes(done.stdout[:8]) if len(done.stdout) >= 8 else -1
    if length < 0 or 8 + length > len(done.stdout):
        log = done.stderr.decode(errors="replace")[-500:]
        raise NotShown(problem_of("too_much"), log=f"status {done.returncode}: {log}")
    told: dict[str, Any] = json.loads(done.stdout[8 : 8 + length])
    if "cannot" in told:
        raise NotShown(problem_of(told["cannot"]), log=told.get("log", ""))
    return Answer(told, done.stdout[8 + length :])


_WORDS = {
    "busy": (
        "同时打开的材料太多，请过几秒再试。",
        "Too many documents are being opened at once. Try again in a few seconds.",
    ),
    "too_much": (
        "这份文件打开时占用过多时间或内存（可能是特意构造的文件），已停止。请下载后在隔离的电脑上查看，或请客户重新提供。",
        "Opening this file took too much time or memory (it may be made so on purpose) and was stopped. Download it and look"
        " at it on a separate computer, or ask for it again.",
    ),
    "broken": (
        "这份文件已损坏，或不是它所说的格式，无法显示。请下载查看，或请客户重新提供。",
        "This file is damaged, or not of the format that it says, and cannot be shown. Download it, or ask for it again.",
    ),
    "has_password": (
        "这份 PDF 设有密码，无法显示。请客户另存为无密码的 PDF 后重交。",
        "This PDF is protected by a password and cannot be shown. Ask for a copy without one.",
    ),
    "has_entities": (
        "这个 SVG 引用了文件外的内容，不予显示。请客户改交 PDF 或 PNG。",
        "This SVG refers to things outside of itself and is not shown. Ask for PDF or PNG.",
    ),
    "too_many_pixels": (
        "图片像素过多，无法显示。请下载查看，或请客户降低分辨率后重交。",
        "The picture has too many pixels to be shown. Download it, or ask for it at a lower resolution.",
    ),
    "too_many_pages": (
        "页数过多，请分成几份上传。",
        "Too many pages: hand it in as several files.",
    ),
    "no_such_page": ("没有这一页。", "There is no such page."),
    "empty": ("文件里没有可显示的页。", "The file has no page to show."),
    "not_of_this_kind": (
        "这种文件不能在页面上显示，请下载查看。",
        "This kind of file cannot be shown on a page: download it.",
    ),
    "reached_out": (
        "这份文件试图联网或写文件，已被拦下，不予显示。请交系统管理员核查。",
        "This file tried to reach the network or to write a file, and was stopped. Have the system's keeper look at it.",
    ),
}


def problem_of(code: str) -> Problem:
    """The words for a reason of the worker's."""
    zh, en = _WORDS.get(code, _WORDS["broken"])
    return Problem(f"document_{code}", Words(zh, en))
