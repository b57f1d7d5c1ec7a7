"""Joining on drawn notes: how often pieces find their note, how often two notes become one. No photo, thousands of pieces.

    python bench/notes_joining.py [--seed 601] [--tins 20] [--notes 12] [--parts 2-5] [--densities]

A tin: notes of one kind, each torn and laid in a little wrong (`joining.drawn`), lying apart on one tray, so that only their
edges speak. Beside it the method of the first trial: join whatever is one kind and does not overlap, the best contact first.
`--densities` counts instead what evidence.py rests on: bits and agreement of right and wrong pairs.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from xiaoshi.core.notes.identify import Pose
from xiaoshi.core.notes.joining import Part, contact, join, may_be_one
from xiaoshi.core.notes.joining.drawn import DrawnPiece, torn_notes
from xiaoshi.core.notes.joining.edges import Shape, meet
from xiaoshi.core.notes.joining.parts import free_of_each_other, single, united
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.notes.register import TERMS, Bits, Registered

SIZE_MM = (155.0, 77.0)


def show(name: str, value: float, unit: str, **more: Any) -> None:
    print(
        json.dumps({"bench": "notes_joining", "name": name, "value": round(value, 3), "unit": unit, **more}),
        flush=True,
    )


def part(index: int, piece: DrawnPiece) -> Part:
    """A drawn piece as the engine would hand it over; each lies elsewhere on the tray."""
    kind = Reference("CNY", "5", "2015", 100, "front", *SIZE_MM, np.zeros((77, 155, 3), np.uint8))
    ratio, mask = float(piece.mask.mean()), Bits.of(piece.mask)
    empty = np.zeros((0, 2), np.float32)
    pose = Pose(np.exp(1j * np.deg2rad(37.0 * index)), 40j * index, empty, empty, np.zeros(0, np.intp), 0)
    laid = Registered(
        kind, mask, mask, Bits.of(np.zeros_like(piece.mask)), ratio, ratio, 0.0, 0.001, 0.001, 0.1, 1.0, 0.0, 0.9,
        0.0, 1.0, pose, np.zeros((2, TERMS)),
    )  # fmt: skip
    return Part(index, 0, laid, True)


def tins(args: argparse.Namespace) -> Iterator[tuple[list[DrawnPiece], list[Part]]]:
    low, _, high = args.parts.partition("-")
    for n in range(args.tins):
        rng = np.random.default_rng([args.seed, n])
        pieces = torn_notes(rng, args.notes, size_mm=SIZE_MM, parts=(int(low), int(high or low)))
        yield pieces, [part(k, piece) for k, piece in enumerate(pieces)]


def greedy(parts: list[Part]) -> list[frozenset[int]]:
    """The first trial's way: the longest contact first, whatever does not overlap."""
    groups = [single(each) for each in parts]
    while True:
        best, pair = 0.0, None
        for i in range(len(groups)):
            for j in range(i + 1, len(groups)):
                if may_be_one(groups[i], groups[j]):
                    found = contact(groups[i].mask, groups[j].mask)
                    if found is not None and found.length_mm > best:
                        best, pair = found.length_mm, (i, j)
        if pair is None:
            return [group.indices for group in groups]
        made = united([groups[k] for k in pair])
        groups = [group for k, group in enumerate(groups) if k not in pair] + [made]


def tally(pieces: list[DrawnPiece], groups: list[frozenset[int]], into: Counter[str]) -> None:
    shares = Counter[int]()
    whole: dict[int, set[int]] = {}
    for n, piece in enumerate(pieces):
        shares[piece.note] += int(np.count_nonzero(piece.mask))
        whole.setdefault(piece.note, set()).add(n)
    size = pieces[0].mask.size
    for note, mine in whole.items():
        if len(mine) < 2 or shares[note] < 0.6 * size:
            continue
        into["torn"] += 1
        into["right"] += frozenset(mine) in groups
        into["mixed"] += any(group & mine and not group <= mine for group in groups)
    for group in groups:
        if len(group) > 1:
            into["joins"] += 1
            into["wrong"] += len({pieces[n].note for n in group}) > 1


def measure(args: argparse.Namespace) -> None:
    ours, theirs, doubts = Counter[str](), Counter[str](), 0
    for number, (pieces, parts) in enumerate(tins(args)):
        groups = join(parts)
        doubts += sum(len(group.maybe) for group in groups) // 2
        tally(pieces, [group.indices for group in groups], ours)
        if number < 3:
            tally(pieces, greedy(parts), theirs)
    size = {"tins": args.tins, "notes": args.notes, "parts": args.parts}
    for name, found, peer in (("right", "right", "torn"), ("wrong", "wrong", "joins")):
        share = ours[found] / max(ours[peer], 1)
        other = theirs[found] / max(theirs[peer], 1)
        show(
            f"torn_notes_joined_{name}", 100 * share, "%", of=ours[peer], count=ours[found],
            peer="greedy by contact (3 tins)", peer_value=round(100 * other, 1),
            ratio=round(share / other, 3) if other else None, work_size=size, seed=args.seed,
        )  # fmt: skip
    show("pairs_left_to_a_person", doubts, "pairs", work_size=size, seed=args.seed)


def densities(args: argparse.Namespace) -> None:
    rows = []
    for pieces, _ in tins(args):
        shapes = [Shape.of(piece.mask) for piece in pieces]
        for i in range(len(pieces)):
            for j in range(i + 1, len(pieces)):
                if free_of_each_other(pieces[i].mask, pieces[j].mask):
                    found = meet(shapes[i], shapes[j])
                    rows.append((pieces[i].note == pieces[j].note, found))
    size = {"tins": args.tins, "notes": args.notes, "parts": args.parts}
    for right in (True, False):
        mine = [found for same, found in rows if same == right]
        near = [found for found in mine if found is not None]
        agreements = np.array([found.agreement for found in near] or [0.0])
        steps = {str(k): int((agreements >= k).sum()) for k in (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 30)}
        uneven = sum(found.whole_spread_mm > 0.26 and found.length_mm >= 10 for found in near)
        show(
            f"{'right' if right else 'wrong'}_pairs", len(mine), "pairs", near=len(near), agreement_at_least=steps,
            uneven=uneven, work_size=size, seed=args.seed,
        )  # fmt: skip
    tail = sorted((f.agreement for same, f in rows if not same and f is not None), reverse=True)[:12]
    show(
        "largest_agreement_of_wrong_pairs",
        tail[0] if tail else math.nan,
        "agreement",
        next=[round(t, 1) for t in tail[1:]],
    )


def main() -> None:
    cv2.setNumThreads(1)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=601)
    parser.add_argument("--tins", type=int, default=20)
    parser.add_argument("--notes", type=int, default=12)
    parser.add_argument("--parts", default="2-5")
    parser.add_argument("--densities", action="store_true")
    args = parser.parse_args()
    densities(args) if args.densities else measure(args)


if __name__ == "__main__":
    main()
