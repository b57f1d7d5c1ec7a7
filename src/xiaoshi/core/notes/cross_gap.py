"""A gap in the shape of a cross: four corners of a note, put together so that a quarter of it is missing.

Problem. The rule pays half for a note that lacks a quarter "in a regular cross" (纸币呈正十字形缺少四分之一), although three
quarters of it are there: that is how one note too many is made out of strips of several. By area alone it would be paid
in full.

What is measured, on the note's own canvas: an empty bar from top to bottom and one from side to side, how wide they are,
how empty they are, how whole the four corners are, and what share is missing. `clear` needs all of it: bars and corners
at least `SURE` empty and whole, the bars through the middle (`OFF_MIDDLE_MAX`), and a missing share of a quarter give or
take `OFF_QUARTER_MAX`. How far a cross may be off and still be "regular" stands in no rule that was read: those two limits are
the engine's own, narrow on purpose. Whatever else looks like a cross is `suspected`, and a person looks.

Worked example, 155 x 77 mm: a bar of 21 mm upright and one of 9.7 mm across take 0.135 + 0.126 - 0.017 = 0.244: clear, half.
The same bars 30 mm off the middle, or corners burnt away: suspected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.register import CANVAS_PX_PER_MM

Mask = NDArray[np.bool_]

BAR_EMPTY = 0.25
SURE = 0.97
OFF_MIDDLE_MAX = 0.08
QUARTER = 0.25
OFF_QUARTER_MAX = 0.04
SHARE_RANGE = (0.6, 0.92)


@dataclass(frozen=True, slots=True)
class CrossGap:
    """`upright_mm`, `across_mm`: widths of the bars; `missing`: share of the note that is not there; `clear`: see above."""

    upright_mm: float
    across_mm: float
    missing: float
    clear: bool


def cross_gap(mask: Mask) -> CrossGap | None:
    """The cross in what is missing; None where there is none."""
    share = float(mask.mean())
    if not SHARE_RANGE[0] <= share <= SHARE_RANGE[1]:
        return None
    upright, across = _bar(mask.mean(axis=0)), _bar(mask.mean(axis=1))
    if upright is None or across is None:
        return None
    inside = np.zeros_like(mask)
    inside[:, upright[0] : upright[1]] = True
    inside[across[0] : across[1]] = True
    # Bars end between two rows of pixels: the rows beside them belong to neither.
    corners = np.ones_like(mask)
    corners[:, max(0, upright[0] - 3) : upright[1] + 3] = False
    corners[max(0, across[0] - 3) : across[1] + 3] = False
    empty = 1 - float(mask[inside].mean())
    whole = float(mask[corners].mean()) if corners.any() else 0.0
    off = [
        abs(sum(bar) / 2 / length - 0.5)
        for bar, length in ((upright, mask.shape[1]), (across, mask.shape[0]))
    ]
    clear = (
        empty >= SURE
        and whole >= SURE
        and max(off) <= OFF_MIDDLE_MAX
        and abs(1 - share - QUARTER) <= OFF_QUARTER_MAX
    )
    upright_mm, across_mm = ((bar[1] - bar[0]) / CANVAS_PX_PER_MM for bar in (upright, across))
    return CrossGap(upright_mm, across_mm, 1 - share, clear)


def _bar(filled: NDArray[np.float64]) -> tuple[int, int] | None:
    """(first, end) of an almost empty stretch of 3 to 30 % in the inner three fifths, with paper on both sides of it."""
    n = len(filled)
    empty = np.flatnonzero(filled[n // 5 : n - n // 5] < BAR_EMPTY) + n // 5
    if not 0.03 * n <= len(empty) <= 0.30 * n or empty[-1] - empty[0] + 1 > 1.15 * len(empty):
        return None
    if filled[: empty[0]].mean() <= 0.55 or filled[empty[-1] + 1 :].mean() <= 0.55:
        return None
    return int(empty[0]), int(empty[-1]) + 1
