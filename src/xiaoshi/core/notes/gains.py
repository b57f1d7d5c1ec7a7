"""What a note may still gain: pieces that may be its own, and scraps that nobody could name.

Problem. An upper end that takes in every loose piece of a tray is right and useless: with one scrap of 500 mm2 beside nine
notes, all of them would be undecided. So each is asked whether it physically can be part of the note:

- pieces of the same kind that were not joined: only what they cover outside the note's own pieces, and where two of them
  lie on each other the place counts once (a note of 0.60 beside pieces of 0.30 and 0.35 that overlap gains 0.35, not 0.65);
- scraps: the place that is missing must have the area (shrunk paper allowed for) and must be wide enough: the largest
  disc inside the scrap has to fit somewhere into what is missing. A round scrap of 20 mm does not go into a burnt rim of 8 mm.
  All scraps together never fill more than is missing.

Only the upper end moves, so a note that is `full` already stays so, and one that cannot reach the next band does too.
Worked example, 100 yuan (11,935 mm2): 0.740 and an unnamed scrap of 400 mm2 on the tray: up to 0.784, undecided. 0.60
and the same scrap: up to 0.644, half. 0.740 with the missing quarter burnt off as a rim of 9 mm all round, scrap 20 mm
wide: half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.joining import Group
from xiaoshi.core.notes.model import Point
from xiaoshi.core.notes.register import CANVAS_PX_PER_MM

Mask = NDArray[np.bool_]

GROWTH_AREA_MAX = 1.30
"""A scrap's square millimetres on the tray were at most this many on the note (12 % shorter each way)."""
SCRAP_FITS = 0.85
WIDTH_SLACK = 0.90
"""The disc in a scrap is measured in the photo's pixels at the scale of the tray's middle: tilt makes it this much wrong."""
COARSE = 3


@dataclass(frozen=True, slots=True)
class Scrap:
    """A piece without a place in any note: its area and the radius of the largest disc inside it, mm2 and mm."""

    area_mm2: float
    disc_mm: float


def scrap_of(polygon: Sequence[Point], area_mm2: float, mm_per_px: float) -> Scrap:
    """`polygon` in pixels of the photo; `mm_per_px` at the tray's middle."""
    line = np.array(polygon, np.float64) * mm_per_px * 2.0
    line -= line.min(axis=0) - 2.0
    width, height = (int(v) + 3 for v in line.max(axis=0))
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.rint(line).astype(np.int32)], 1)
    return Scrap(area_mm2, float(cv2.distanceTransform(mask, cv2.DIST_L2, 5).max()) / 2.0)


def from_others(mask: Mask, others: Sequence[Mask]) -> float:
    """Share of the note that `others` (masks of the same note) cover beside `mask`."""
    if not others:
        return 0.0
    united = np.zeros_like(mask)
    for other in others:
        if other.shape == mask.shape:
            united |= other
    return float((united & ~mask).mean())


def from_scraps(group: Group, scraps: Sequence[Scrap], whole_mm2: float) -> float:
    """Share of the note that scraps could fill."""
    if not scraps:
        return 0.0
    room = (1 - float(group.mask.mean())) * whole_mm2
    missing = np.pad(~group.mask[::COARSE, ::COARSE], 1).astype(np.uint8)
    widest = float(cv2.distanceTransform(missing, cv2.DIST_L2, 5).max()) * COARSE / CANVAS_PX_PER_MM
    fitting = [
        scrap.area_mm2 * GROWTH_AREA_MAX
        for scrap in scraps
        if scrap.area_mm2 * SCRAP_FITS <= room and scrap.disc_mm * WIDTH_SLACK <= widest + 0.5
    ]
    return min(sum(fitting), room) / whole_mm2
