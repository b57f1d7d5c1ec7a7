"""The tin of `bench/notes.py`: 900 notes on 70 trays through `xiaoshi notes assess`, as a desk would have it assessed.

The trays are made first (two processes, on disk) and are not counted. `tin_900_s` is the command's wall time, library
loaded and answer written; `tin_900_cpu_s` what all of its processes computed; `tin_900_peak_mib` the most memory that they
held together, seen ten times a second. The spike looks at a few of the trays one by one; its time is taken for two
processes and scaled to all.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import cv2

import notes_scenes as scenes
from notes_scenes import Scene
from xiaoshi import library as store
from xiaoshi.core.notes.damage import DamageOptions

NOTES_A_TRAY = 13


def tin_figures(seed: int, trays: int, peer: int, library: str | None) -> Iterator[dict[str, Any]]:
    """The tin's lines, `peer` left to the caller."""
    with tempfile.TemporaryDirectory(prefix="xiaoshi-tin-") as name:
        folder = Path(name)
        shelf = Path(library) if library else folder / "library"
        if library is None:
            store.make_specimen_library(shelf)
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
            counts = list(pool.map(_make, [(seed, n, name) for n in range(trays)]))
        photos = sorted(folder.glob("tray-*.jpg"))
        notes, pieces = (sum(count) for count in zip(*counts, strict=True))
        print(f"tin: {notes} notes in {pieces} pieces on {len(photos)} trays", file=sys.stderr, flush=True)
        wall, cpu, peak, told = _assess(photos, shelf)
        spike_s = _spike_s(photos[:peer]) * len(photos) / max(1, peer) / 2 if peer else None
        totals = told["totals"]
        size = {"work_size": notes, "seed": seed}
        rows = (
            ("tin_900_s", wall, "s", spike_s),
            ("tin_900_cpu_s", cpu, "s", None if spike_s is None else 2 * spike_s),
            ("tin_900_peak_mib", peak, "MiB", None),
            ("tin_900_notes_per_s", notes / wall, "notes/s", None if spike_s is None else notes / spike_s),
            ("tin_900_undecided", float(totals["undecided"]), "notes", None),
        )
        for figure, value, unit, beside in rows:
            yield {
                "name": figure,
                "value": round(value, 2),
                "unit": unit,
                "peer_value": None if beside is None else round(beside, 2),
                "ratio": round(value / beside, 3) if beside else None,
                **size,
            }


def _make(job: tuple[int, int, str]) -> tuple[int, int]:
    seed, number, folder = job
    options = DamageOptions(torn_in=(1, 2))
    for notes in range(NOTES_A_TRAY, 0, -1):
        tray = scenes.make(Scene("tin", seed * 100_000 + 90_000 + number, notes=notes, options=options))
        if not isinstance(tray, str):
            (Path(folder) / f"tray-{number:03d}.jpg").write_bytes(tray.jpeg)
            return len(tray.notes), len(tray.pieces)
    raise RuntimeError(f"tray {number}: not even one note fits")


def _assess(photos: list[Path], shelf: Path) -> tuple[float, float, float, dict[str, Any]]:
    """Wall s, CPU s, peak MiB and answer of the command."""
    command = [sys.executable, "-m", "xiaoshi.cli", "notes", "assess", "--rules", "cny-2026", "--json"]
    command += ["--library", str(shelf), *map(str, photos)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start, peak = time.monotonic(), 0.0
    with tempfile.TemporaryFile() as answer:
        child = subprocess.Popen(command, stdout=answer, stderr=subprocess.DEVNULL)
        while child.poll() is None:
            peak = max(peak, _resident_mib(child.pid))
            time.sleep(0.1)
        wall = time.monotonic() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        answer.seek(0)
        told = json.loads(answer.read())
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if not peak:
        peak = after.ru_maxrss / 1024  # no /proc: the largest child alone
    return wall, cpu, peak, told


def _resident_mib(pid: int) -> float:
    """Memory of a process and its children, pages shared by fork counted once (Linux; else 0)."""
    total = 0
    for one in (pid, *_children(pid)):
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _spike_s(photos: list[Path]) -> float:
    peer = scenes.spike()
    start = time.process_time()
    for photo in photos:
        picture = cv2.imread(os.fspath(photo))
        assert picture is not None
        peer.measure(picture)
    return time.process_time() - start
