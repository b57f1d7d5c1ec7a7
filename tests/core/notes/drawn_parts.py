"""Pieces laid into a note of 150 x 75 mm without a photo: masks drawn in the note's own millimetres."""

from __future__ import annotations

import numpy as np

from xiaoshi.core.notes.identify import Pose
from xiaoshi.core.notes.joining import Part
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.notes.register import CANVAS_PX_PER_MM, TERMS, Bits, Registered

SIZE_MM = (150.0, 75.0)
SHAPE = (round(SIZE_MM[1] * CANVAS_PX_PER_MM), round(SIZE_MM[0] * CANVAS_PX_PER_MM))


def note_kind(edition="2015", denomination=100, side="front"):
    blank = np.zeros((75, 150, 3), np.uint8)
    return Reference("CNY", "5", edition, denomination, side, *SIZE_MM, blank)


def laid(mask, kind=None, *, turn=1.0, at=0j):
    """A registered piece with this mask; `turn`, `at`: how it lies on the tray (the same for pieces that lie as one)."""
    none = Bits.of(np.zeros_like(mask))
    empty = np.zeros((0, 2), np.float32)
    used = np.zeros(0, np.intp)
    pose = Pose(np.exp(1j * np.deg2rad(turn)), complex(at), empty, empty, used, 0)
    ratio = float(mask.mean())
    return Registered(
        kind or note_kind(), Bits.of(mask), Bits.of(mask), none, ratio, ratio, 0.0, 0.001, 0.001, 0.1, 1.0, 0.0, 0.9,
        0.0, 1.0, pose, np.zeros((2, TERMS)),
    )  # fmt: skip


def parts_of(masks, kind=None, *, image=0, numbers=None, edition_certain=True):
    """One part for each mask, all turned differently on the tray."""
    return [
        Part(
            n, image, laid(mask, kind, turn=37.0 * n, at=40j * n), edition_certain, (numbers or {}).get(n, ())
        )
        for n, mask in enumerate(masks)
    ]


def grid_mm():
    y, x = (np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]] + 0.5) / CANVAS_PX_PER_MM
    return x, y


def wave(seed, size_mm=1.0):
    """A tear: millimetres beside straight, as a function of millimetres along."""
    rng = np.random.default_rng(seed)
    waves = [(rng.uniform(0.2, 0.6) * size_mm, rng.uniform(4, 25), rng.uniform(0, 6)) for _ in range(8)]
    return lambda along: sum(a * np.sin(2 * np.pi * along / length + phase) for a, length, phase in waves)


def left_of(tear, at_mm=75.0, gap_mm=0.16):
    x, y = grid_mm()
    return x < at_mm + tear(y) - gap_mm / 2


def right_of(tear, at_mm=75.0, gap_mm=0.16):
    x, y = grid_mm()
    return x > at_mm + tear(y) + gap_mm / 2
