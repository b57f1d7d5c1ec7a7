"""How well burnt notes are measured: simulated trays with known truth, figures as JSON lines.

    python bench/notes.py --seed 31 --trays 4 [--notes-per-tray 9] [--damage burnt|torn|mixed|all] [--library DIR]

Each line is {"name", "value", "unit", "peer", "ratio", "size", "seed"}: `peer` is the figure of the spike that came
before this engine (null where it had none), `ratio` is value / peer, `size` how many notes, pieces or trays stand
behind it. The generator's parameters are those of `xiaoshi.core.notes.simulate` (12 MP photos, A3 or A2 mat, tilt up to
8 degrees, 0 to 4 % shrinkage); the library is the specimen currency unless one is given.

The factors of the interval come from `notes_calibration.py`.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from xiaoshi import library as store
from xiaoshi.core.notes import Assessment, Note, PreparedLibrary, assess, decode, prepare
from xiaoshi.core.notes import specimen as money
from xiaoshi.core.notes.model import TrayImage
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.notes.simulate import SimulatedTray, TrayOptions, simulate_each
from xiaoshi.core.rules.note_rules import rule_set

RULES = rule_set("cny-2026")
STRATA = ((2500.0, math.inf), (1200.0, 2500.0), (600.0, 1200.0), (300.0, 600.0), (0.0, 300.0))


@dataclass
class Tally:
    """What was seen over all trays; errors in percentage points."""

    errors: dict[str, list[float]] = field(default_factory=dict)
    named: dict[str, list[bool]] = field(default_factory=dict)
    wrong_names: int = 0
    false_pieces: int = 0
    pieces: int = 0
    covered: list[bool] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    notes: int = 0
    undecided: int = 0
    wrong: int = 0
    mixed: int = 0
    torn: int = 0
    joined: int = 0
    bounded: list[bool] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)


def main() -> None:
    """Simulate, assess, compare, print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--seed", type=int, default=31)
    options.add_argument("--trays", type=int, default=4, help="trays of each kind of damage")
    options.add_argument("--notes-per-tray", type=int, default=9)
    options.add_argument("--damage", choices=("burnt", "torn", "mixed", "all"), default="all")
    options.add_argument("--library", type=Path)
    args = options.parse_args()
    cv2.setNumThreads(1)
    references = _references(args.library)
    start = time.process_time()
    library = prepare(references)
    prepared_s = time.process_time() - start
    tally = Tally()
    for tray in _trays(references, args):
        _compare(tray, library, tally)
        print(f"{tray.name} {tally.cpu_s[-1]:.1f} s", file=sys.stderr)
    for line in _figures(tally, prepared_s, len(references)):
        line["seed"] = args.seed
        print(json.dumps(line))


def _references(folder: Path | None) -> list[Reference]:
    if folder is not None:
        return list(store.load_library(folder)[0])
    font = store.font_bytes()
    return [_drawn(number, *face, font) for number, face in enumerate(money.faces())]


def _drawn(number: int, denomination: int, edition: str, side: Any, font: bytes) -> Reference:
    serial = money.serial_number(number)
    image = money.draw_specimen(denomination, edition, side, px_per_mm=10, serial=serial, font=font)
    width, height = money.SIZE_MM[denomination]
    return Reference(money.ISSUER, money.SERIES, edition, denomination, side, width, height, image)


def _trays(references: list[Reference], args: argparse.Namespace) -> Iterator[SimulatedTray]:
    kinds = ("burnt", "torn", "mixed") if args.damage == "all" else (args.damage,)
    for offset, kind in enumerate(kinds):
        for tray in simulate_each(
            references,
            seed=1000 * args.seed + offset,
            trays=args.trays,
            notes_per_tray=args.notes_per_tray,
            damage=kind,
            options=TrayOptions(font=store.font_bytes()),
        ):
            if isinstance(tray, SimulatedTray):
                yield tray
            else:
                print(tray.words.en, file=sys.stderr)


def _compare(tray: SimulatedTray, library: PreparedLibrary, tally: Tally) -> None:
    assert RULES is not None
    image = decode(tray.name, tray.jpeg)
    assert isinstance(image, TrayImage)
    start = time.process_time()
    answer = assess([image], library, RULES)
    tally.cpu_s.append(time.process_time() - start)
    match = {piece.id: _truth_of(np.array(piece.polygon), tray) for piece in answer.pieces}
    tally.pieces += len(tray.pieces)
    tally.false_pieces += sum(index is None for index in match.values())
    named = {
        match[p.id]: p.identity for p in answer.pieces if match[p.id] is not None and p.identity is not None
    }
    for index, truth in enumerate(tray.pieces):
        stratum = next(f"{low:g}-{high:g}" for low, high in STRATA if low <= truth.area_mm2 < high)
        tally.named.setdefault(stratum, []).append(index in named)
        if index in named and named[index].reference.key != tray.notes[truth.note].reference.key:
            tally.wrong_names += 1
    for note in answer.notes:
        _compare_note(note, answer, tray, match, tally)
    paid = sum(note.amount_fen for note in tray.notes)
    tally.bounded.append(answer.totals.amount_low_fen <= paid <= answer.totals.amount_high_fen)
    whole = [sum(p.note == n for p in tray.pieces) for n in range(len(tray.notes))]
    tally.torn += sum(count > 1 for count in whole)


def _compare_note(
    note: Note, answer: Assessment, tray: SimulatedTray, match: dict[str, int | None], tally: Tally
) -> None:
    tally.notes += 1
    tally.undecided += note.verdict == "undecided"
    owners = {tray.pieces[index].note for index in (match[p] for p in note.pieces) if index is not None}
    tally.mixed += len(owners) > 1
    if len(owners) != 1 or note.share is None:
        return
    truth = tray.notes[owners.pop()]
    tally.covered.append(note.share.low <= truth.ratio <= note.share.high)
    tally.wrong += note.verdict not in ("undecided", truth.verdict)
    count = sum(tray.notes[p.note] is truth for p in tray.pieces)
    if len(note.pieces) != count:
        return
    tally.joined += count > 1
    error = note.share.value - truth.ratio
    clean = not any(reason.code == "may_belong_together" for reason in note.reasons)
    if clean:
        tally.widths.append(100 * (note.share.high - note.share.low))
    charred = truth.ratio - truth.legible_ratio
    name = "torn" if truth.kind == "torn" else "charred over 10 %" if charred > 0.1 else "burnt"
    for stratum in ("all", name, *(("in pieces",) if count > 1 else ())):
        tally.errors.setdefault(stratum, []).append(100 * abs(error))


def _truth_of(polygon: np.ndarray, tray: SimulatedTray) -> int | None:
    """The piece of the truth that overlaps most, at least half of the union."""
    best, found = 0.5, None
    for index, truth in enumerate(tray.pieces):
        low = np.minimum(polygon.min(axis=0), truth.polygon.min(axis=0))
        high = np.maximum(polygon.max(axis=0), truth.polygon.max(axis=0))
        if (polygon.max(axis=0) < truth.polygon.min(axis=0)).any() or (
            polygon.min(axis=0) > truth.polygon.max(axis=0)
        ).any():
            continue
        width, height = ((high - low) / 4 + 2).astype(int)
        masks = [np.zeros((height, width), np.uint8) for _ in range(2)]
        for mask, line in zip(masks, (polygon, truth.polygon), strict=True):
            cv2.fillPoly(mask, [np.rint((line - low) / 4).astype(np.int32)], 1)
        overlap = float((masks[0] & masks[1]).sum()) / max(float((masks[0] | masks[1]).sum()), 1.0)
        if overlap > best:
            best, found = overlap, index
    return found


def _figures(tally: Tally, prepared_s: float, faces: int) -> Iterator[dict[str, Any]]:
    def line(name: str, value: float, unit: str, size: int, peer: float | None = None) -> dict[str, Any]:
        ratio = None if not peer else round(value / peer, 3)
        return {
            "name": name,
            "value": round(float(value), 4),
            "unit": unit,
            "peer": peer,
            "ratio": ratio,
            "size": size,
        }

    peers = {"all": (0.34, 1.05, 1.62)}
    for stratum, errors in tally.errors.items():
        peer = peers.get(stratum, (None, None, None))
        for part, value, other in zip(
            ("median", "p95", "max"),
            (np.median(errors), np.percentile(errors, 95), max(errors)),
            peer,
            strict=True,
        ):
            yield line(f"area error, {stratum}, {part}", float(value), "points", len(errors), other)
    for stratum, seen in sorted(tally.named.items(), key=lambda item: -float(item[0].split("-")[0])):
        yield line(f"pieces named, {stratum} mm2", 100 * float(np.mean(seen)), "%", len(seen))
    yield line(
        "pieces named",
        100 * float(np.mean([seen for row in tally.named.values() for seen in row])),
        "%",
        tally.pieces,
        82.0,
    )
    yield line("pieces named wrongly", tally.wrong_names, "pieces", tally.pieces)
    yield line("pieces that are none", tally.false_pieces, "pieces", tally.pieces)
    yield line("torn notes joined", tally.joined, "notes", tally.torn)
    yield line("groups of two notes", tally.mixed, "notes", tally.notes)
    yield line("truth inside interval", 100 * float(np.mean(tally.covered)), "%", len(tally.covered), 98.2)
    yield line("interval width, median", float(np.median(tally.widths)), "points", len(tally.widths))
    yield line("undecided", 100 * tally.undecided / tally.notes, "%", tally.notes, 9.1)
    yield line("decided wrongly", tally.wrong, "notes", tally.notes)
    yield line("tin's amount inside bounds", 100 * float(np.mean(tally.bounded)), "%", len(tally.bounded))
    yield line("CPU a tray, median", float(np.median(tally.cpu_s)), "s", len(tally.cpu_s), 4.4)
    yield line("CPU a tray, max", max(tally.cpu_s), "s", len(tally.cpu_s))
    yield line("library prepared, CPU", prepared_s, "s", faces)
    yield line("memory, peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, "GB", 1)


if __name__ == "__main__":
    main()
