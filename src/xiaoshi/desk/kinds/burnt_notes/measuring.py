"""Measuring in a process of its own, with a memory limit, so that a hostile picture cannot take the worker with it.

The child keeps the prepared reference library between trays (preparing takes longer than measuring) and is replaced
after `TRAYS_PER_CHILD` trays. What the engine cannot do is a problem in its answer; only a dead child raises.
"""

from __future__ import annotations

import multiprocessing
import resource
import threading
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from xiaoshi.core.notes import Assessment, PreparedLibrary, assess, decode, prepare
from xiaoshi.core.notes.beside import beside
from xiaoshi.core.problems import Problem
from xiaoshi.core.rules.note_rules import rule_set
from xiaoshi.desk.kinds.burnt_notes.picturing import MadePicture, sheet_of, shown_photo
from xiaoshi.library import load_library
from xiaoshi.ocr import reader_for

MEMORY_LIMIT_BYTES = 6 * 1024**3
TRAYS_PER_CHILD = 40
TIME_LIMIT_S = 240


class MeasuringDied(Exception):  # noqa: N818
    """The measuring process ended without an answer (memory limit, time limit, killed)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What came back: the engine's name, size of the picture, the assessment in its JSON form (both languages, `beside`
    of a note telling where it is on the sheet), and the pictures that were made."""

    engine: str
    width_px: int
    height_px: int
    assessment: dict[str, Any]
    pictures: tuple[MadePicture, ...] = ()


_lock = threading.Lock()
# One tray at a time: the time limit counts measuring, not waiting for another tray of the same worker.
_turn = threading.Lock()
_pool: ProcessPoolExecutor | None = None


def measure(
    name: str, content: bytes, library_dir: str, rules_id: str, hints: dict[str, Any] | None = None
) -> Measured:
    """Measure one tray picture. Blocks for seconds; raises `MeasuringDied` when the child gave no answer.

    `hints`: what people told about the tray, as further arguments of the engine (`hints.py`).
    """
    with _turn:
        try:
            answer = _the_pool().submit(_measure_here, name, content, library_dir, rules_id, hints or {})
            return answer.result(timeout=TIME_LIMIT_S)
        except Exception as error:
            # A dead child, the time limit, or memory that ran out inside a library: whichever it was, a new child starts.
            stop()
            raise MeasuringDied(f"{type(error).__name__}: {error}") from error


def _the_pool() -> ProcessPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            _pool = ProcessPoolExecutor(
                max_workers=1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_limit_memory,
                max_tasks_per_child=TRAYS_PER_CHILD,
            )
        return _pool


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


# Folder -> (time of its newest record, prepared library): kept in the child between trays.
_prepared: dict[str, tuple[float, PreparedLibrary]] = {}


def _library(folder: str) -> PreparedLibrary:
    newest = max((p.stat().st_mtime for p in Path(folder).glob("references/*")), default=0.0)
    known = _prepared.get(folder)
    if known is None or known[0] != newest:
        references, _damaged = load_library(Path(folder))
        known = _prepared[folder] = (newest, prepare(references))
    return known[1]


def _measure_here(
    name: str, content: bytes, library_dir: str, rules_id: str, hints: dict[str, Any]
) -> Measured:
    """Runs in the child: decode, assess, draw, and put both languages beside each other."""
    rules = rule_set(rules_id)
    assert rules is not None, rules_id
    picture = decode(name, content)
    seen: list[tuple[Any, Any]] = []
    library = _library(library_dir)
    recogniser, unread = reader_for(face.reference for face in library.faces)
    answer = assess(
        [picture],
        library,
        rules,
        recogniser=recogniser,
        watch=lambda tin, groups: seen.append((tin, groups)),
        **hints,
    )
    answer = replace(answer, problems=(*answer.problems, *unread))
    told = _in_both_languages(answer)
    if isinstance(picture, Problem):
        return Measured(answer.engine_version, 0, 0, told)
    sheet, places = sheet_of([pair for tin, groups in seen for pair in beside(picture, tin, groups)])
    for note in told["notes"]:
        note["beside"] = places.get(tuple(note["pieces"]))
    shown = shown_photo(content, picture.pixels)
    height, width = picture.pixels.shape[:2]
    made = tuple(one for one in (sheet, shown) if one is not None)
    return Measured(answer.engine_version, int(width), int(height), told, made)


def _in_both_languages(answer: Assessment) -> dict[str, Any]:
    """The JSON form, with `text_en` beside every `text`."""
    zh, en = answer.as_json("zh"), answer.as_json("en")
    _beside_each_other(zh, en)
    return zh


def _beside_each_other(mine: Any, other: Any) -> None:
    if isinstance(mine, dict):
        for key in list(mine):
            _beside_each_other(mine[key], other[key])
        if isinstance(mine.get("text"), str) and "code" in mine:
            mine["text_en"] = other["text"]
    elif isinstance(mine, list):
        for one, translated in zip(mine, other, strict=True):
            _beside_each_other(one, translated)
