"""Is this photo fit to be used? Said before it is used, so that it can be taken again while the tray still lies there.

Runs in a process of its own (as measuring does), because a hostile picture must not take the web process with it; the
process stays, so that only the first photo waits for it to start.
"""

from __future__ import annotations

import multiprocessing
import resource
import threading
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Literal

from xiaoshi.core.notes.capture import judge_photo
from xiaoshi.core.notes.decode import decode
from xiaoshi.core.problems import Words

MEMORY_LIMIT_BYTES = 3 * 1024**3
PHOTOS_PER_CHILD = 100
TIME_LIMIT_S = 30

Level = Literal["warn", "refuse"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a photo, with how to mend it. `refuse`: nothing can be made of such a photo."""

    code: str
    level: Level
    words: Words

    def as_json(self, language: str) -> dict[str, str]:
        return {"code": self.code, "level": self.level, "text": self.words.in_language(language)}

    def as_fact(self) -> dict[str, str]:
        """As the act takes it and the tray keeps it: both languages."""
        return {"code": self.code, "level": self.level, "text": self.words.zh, "text_en": self.words.en}


NOT_JUDGED = Finding(
    "photo_not_judged",
    "warn",
    Words(
        "照片没能预检（过大或内存不足）。可以重拍一张较小的，也可以直接采用，以测量结果为准。",
        "The photo could not be judged beforehand (too large, or memory short). Take a smaller one, or use it and see what"
        " is measured.",
    ),
)

_lock = threading.Lock()
_pool: ProcessPoolExecutor | None = None


def judge(name: str, content: bytes) -> tuple[Finding, ...]:
    """What is wrong with the photo; nothing for a good one. Blocks for about a second; never raises on a picture."""
    global _pool
    with _lock:
        if _pool is None:
            _pool = ProcessPoolExecutor(
                max_workers=1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_limit_memory,
                max_tasks_per_child=PHOTOS_PER_CHILD,
            )
        pool = _pool
    try:
        return pool.submit(_judge_here, name, content).result(timeout=TIME_LIMIT_S)
    except Exception:
        # The child died or hangs on this photo: the next one gets a new child, this one goes on to be measured.
        stop()
        return (NOT_JUDGED,)


def stop() -> None:
    """End the child (a next call starts a new one)."""
    global _pool
    with _lock:
        if _pool is not None:
            for child in list((_pool._processes or {}).values()):
                child.kill()
            _pool.shutdown(wait=False, cancel_futures=True)
            _pool = None


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))


def _judge_here(name: str, content: bytes) -> tuple[Finding, ...]:
    """Runs in the child. What is well is not told."""
    judged = judge_photo(decode(name, content))
    return tuple(
        Finding(one.code, "refuse" if one.level == "refuse" else "warn", one.words)
        for one in judged.findings
        if one.level != "ok"
    )
