"""Trays looked at by several processes: the same answer as one after another, in the time of as many processors.

Problem. `assess` is serial, and a tin of 70 trays takes two minutes of one processor while the other idles. Choice: looking
at a picture (decoding, measuring, naming) needs nothing of the other pictures, so it is done in child processes, which
inherit the prepared library by fork, 100 MB that nobody has to copy; joining and judging stay in `assess`. What comes
back names faces of the library instead of carrying them: some 100 kB a tray.

    answer = assess(look_each(jobs, library, workers=2), library, rules)

Every child works with one OpenCV thread, as the parent does while it waits. Where a platform cannot fork, with one picture
or one worker, and for whatever is left when a child dies (memory), the pictures are looked at here.

Left out: a pool that lives on between calls (starting one takes 20 ms).
"""

from __future__ import annotations

import io
import multiprocessing
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Literal

import cv2

from xiaoshi.core.notes import PreparedLibrary, TrayImage
from xiaoshi.core.notes.engine import look_at_scale
from xiaoshi.core.notes.faces import Face
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.notes.traywork import Looked
from xiaoshi.core.notes.twice import thumb
from xiaoshi.core.problems import Problem

Job = Callable[[], TrayImage | Problem]
"""Fetches one picture; called in the process that looks at it, so that only few pictures are in memory at once."""

AHEAD = 2
"""Pictures handed out beyond those being looked at: keeps every child busy, and the answers that wait few."""


@dataclass(frozen=True, slots=True)
class _Task:
    jobs: Sequence[Job]
    library: PreparedLibrary
    mm_per_px: float | Literal["file"] | None


_task: _Task | None = None
"""What the children inherit; set only while a pool is being started."""


def look_each(
    jobs: Sequence[Job],
    library: PreparedLibrary,
    mm_per_px: float | Literal["file"] | None = None,
    *,
    workers: int = 2,
) -> Iterator[Looked | Problem]:
    """What every picture tells, in the order of `jobs`. Read it to its end, or close it: the children go with it."""
    task = _Task(jobs, library, mm_per_px)
    done = 0
    if workers > 1 and len(jobs) > 1 and "fork" in multiprocessing.get_all_start_methods():
        for told in _by_children(task, min(workers, len(jobs))):
            done += 1
            yield told
    for number in range(done, len(jobs)):
        yield _look(task, number)


def _by_children(task: _Task, workers: int) -> Iterator[Looked | Problem]:
    """As far as the children get; ends early where one dies."""
    global _task
    threads = cv2.getNumThreads()
    # Before the fork: a child would inherit a pool of threads that do not exist in it.
    cv2.setNumThreads(1)
    _task = task
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork"))
    try:
        waiting: list[Future[bytes]] = []
        for number in range(len(task.jobs)):
            waiting.append(pool.submit(_look_here, number))
            if len(waiting) >= workers + AHEAD:
                yield _loads(waiting.pop(0).result(), task.library)
        while waiting:
            yield _loads(waiting.pop(0).result(), task.library)
    except BrokenProcessPool:
        return
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        _task = None
        cv2.setNumThreads(threads)


def _look_here(number: int) -> bytes:
    """In the child."""
    assert _task is not None
    return _dumps(_look(_task, number), _task.library)


def _look(task: _Task, number: int) -> Looked | Problem:
    image = task.jobs[number]()
    if isinstance(image, Problem):
        return image
    return Looked(image.name, thumb(image.pixels), look_at_scale(image, task.library, task.mm_per_px))


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, library: PreparedLibrary) -> None:
        super().__init__(file, protocol=5)
        self._names: dict[int, tuple[str, int]] = {}
        for number, face in enumerate(library.faces):
            self._names[id(face)] = ("face", number)
            self._names[id(face.reference)] = ("reference", number)

    def persistent_id(self, obj: Any) -> tuple[str, int] | None:
        """Faces and references of the library are named, everything else travels."""
        return self._names.get(id(obj)) if isinstance(obj, (Face, Reference)) else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, library: PreparedLibrary) -> None:
        super().__init__(file)
        self._library = library

    def persistent_load(self, pid: Any) -> Face | Reference:
        """The face or reference of this process's library."""
        kind, number = pid
        face: Face = self._library.faces[number]
        return face.reference if kind == "reference" else face


def _dumps(told: Looked | Problem, library: PreparedLibrary) -> bytes:
    file = io.BytesIO()
    _Pickler(file, library).dump(told)
    return file.getvalue()


def _loads(data: bytes, library: PreparedLibrary) -> Looked | Problem:
    told = _Unpickler(io.BytesIO(data), library).load()
    assert isinstance(told, (Looked, Problem))
    return told
