"""How wide the interval of a remaining share has to be: split conformal calibration, stratum by stratum.

    python bench/notes_calibration.py --seed 11 --singles 600 --trays 8            # factors, for core/notes/interval.py
    python bench/notes_calibration.py --seed 511 --singles 600 --trays 8 --check   # what today's factors cover

Two kinds of scene: single notes on an A4 mat in photos 1,250 px wide (4 px a millimetre, cheap: 0.5 s each), and 12 MP
trays of nine. Half of the notes are burnt, half torn (singles) or mixed (trays). Each rightly named and wholly joined note
gives a score |error| / unit; the factor of a stratum is the score of rank ceil(level (n + 1)), so that a fresh note of the
same kind is covered with at least that probability. JSON lines: {"stratum", "notes", "factor", "worst", "median_unit"} or, with
--check, {"stratum", "notes", "covered", "below", "above", "width_median", "error_median", "error_p95", "error_max"} in
percentage points. Use other seeds for figures than for factors; seeds of 500 and more are for judging only.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from xiaoshi import library as store
from xiaoshi.core.notes import assess, decode, prepare
from xiaoshi.core.notes import specimen as money
from xiaoshi.core.notes.camera import CameraOptions
from xiaoshi.core.notes.interval import doubt_of
from xiaoshi.core.notes.joining import Group
from xiaoshi.core.notes.mat import mat_spec
from xiaoshi.core.notes.model import TrayImage
from xiaoshi.core.notes.noting import Tin
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.notes.simulate import DamageMix, SimulatedTray, TrayOptions, simulate_each
from xiaoshi.core.rules.note_rules import rule_set

LEVEL = 0.99


@dataclass(frozen=True)
class Row:
    """One note, rightly named and whole: shares in 0..1."""

    stratum: str
    error: float
    unit: float
    low: float
    high: float
    truth: float


def main() -> None:
    """Simulate, assess, print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--seed", type=int, default=11)
    options.add_argument("--singles", type=int, default=600)
    options.add_argument("--trays", type=int, default=8)
    options.add_argument("--level", type=float, default=LEVEL)
    options.add_argument("--check", action="store_true", help="coverage of the factors in force")
    args = options.parse_args()
    cv2.setNumThreads(1)
    start = time.process_time()
    rows = list(_rows(args))
    names = sorted({row.stratum for row in rows})
    for name in (*names, "all"):
        mine = [row for row in rows if name in (row.stratum, "all")]
        told = _checked(mine) if args.check else _factor(mine, args.level)
        print(json.dumps({"stratum": name, "notes": len(mine), **told, "seed": args.seed}))
    print(f"{time.process_time() - start:.0f} s CPU", file=sys.stderr)


def _factor(rows: Sequence[Row], level: float) -> dict[str, float]:
    scores = np.sort([abs(row.error) / row.unit for row in rows])
    rank = min(len(scores), math.ceil(level * (len(scores) + 1))) - 1
    return {
        "factor": round(float(scores[rank]), 3),
        "worst": round(float(scores[-1]), 3),
        "median_unit": round(100 * float(np.median([row.unit for row in rows])), 4),
    }


def _checked(rows: Sequence[Row]) -> dict[str, float]:
    errors = np.array([100 * row.error for row in rows])
    return {
        "covered": round(100 * float(np.mean([row.low <= row.truth <= row.high for row in rows])), 2),
        "below": sum(row.truth < row.low for row in rows),
        "above": sum(row.truth > row.high for row in rows),
        "width_median": round(100 * float(np.median([row.high - row.low for row in rows])), 3),
        "error_median": round(float(np.median(np.abs(errors))), 3),
        "error_p95": round(float(np.percentile(np.abs(errors), 95)), 3),
        "error_max": round(float(np.abs(errors).max()), 3),
        "bias": round(float(errors.mean()), 3),
    }


def _rows(args: argparse.Namespace) -> Iterator[Row]:
    references = _references()
    library = prepare(references)
    rules = rule_set("cny-2026")
    assert rules is not None
    for tray in _scenes(references, args):
        image = decode(tray.name, tray.jpeg)
        assert isinstance(image, TrayImage)
        seen: list[tuple[Tin, Sequence[Group]]] = []
        answer = assess([image], library, rules, watch=lambda tin, groups: seen.append((tin, groups)))  # noqa: B023
        tin, groups = seen[0]
        by_first = {tin.ids[group.parts[0].index]: group for group in groups}
        place = {piece.id: np.array(piece.polygon).mean(axis=0) for piece in answer.pieces}
        middles = np.array([piece.polygon.mean(axis=0) for piece in tray.pieces])
        for note in answer.notes:
            group = by_first.get(note.pieces[0])
            if group is None or note.share is None:
                continue
            owners = {
                tray.pieces[int(np.linalg.norm(middles - place[p], axis=1).argmin())].note
                for p in note.pieces
            }
            truth = tray.notes[min(owners)]
            whole = sum(piece.note == min(owners) for piece in tray.pieces) == len(note.pieces)
            if len(owners) == 1 and whole and group.parts[0].registered.reference.key == truth.reference.key:
                scale = tin.trays[group.parts[0].image].scale.mm_per_px or 0.0
                doubt = doubt_of([part.registered for part in group.parts], scale)
                yield Row(
                    doubt.stratum,
                    note.share.value - truth.ratio,
                    doubt.unit,
                    note.share.low,
                    note.share.high,
                    truth.ratio,
                )


def _scenes(references: Sequence[Reference], args: argparse.Namespace) -> Iterator[SimulatedTray]:
    small = TrayOptions(mat=mat_spec("A4"), camera=CameraOptions(width_px=1250))
    runs: list[tuple[int, int, int, DamageMix, TrayOptions]] = [
        (0, args.singles - args.singles // 2, 1, "burnt", small),
        (1, args.singles // 2, 1, "torn", small),
        (2, args.trays - args.trays // 2, 9, "burnt", TrayOptions()),
        (3, args.trays // 2, 9, "mixed", TrayOptions()),
    ]
    for offset, count, notes, damage, options in runs:
        if not count:
            continue
        made: Any = simulate_each(
            references,
            seed=1000 * args.seed + offset,
            trays=count,
            notes_per_tray=notes,
            damage=damage,
            options=options,
        )
        yield from (tray for tray in made if isinstance(tray, SimulatedTray))


def _references() -> list[Reference]:
    font = store.font_bytes()
    drawn = []
    for number, (denomination, edition, side) in enumerate(money.faces()):
        serial = money.serial_number(number)
        image = money.draw_specimen(denomination, edition, side, px_per_mm=10, serial=serial, font=font)
        width, height = money.SIZE_MM[denomination]
        drawn.append(Reference(money.ISSUER, money.SERIES, edition, denomination, side, width, height, image))
    return drawn


if __name__ == "__main__":
    main()
