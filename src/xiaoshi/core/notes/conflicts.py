"""Two enrolled faces that are one picture: the library names one note twice, or once more upside down.

Problem. A face enrolled under two names makes every piece of that note doubtful (neither name can be beaten), and nobody
sees why. Worked example: the 50 of 2005 enrolled once more as a 20: all its pieces come out without a name.

Choice. Faces of nearly one shape are brought to a raster of 160 px along the note and compared in blocks of about 20 mm, at
0 and at 180 degrees, give or take 2 px for another crop: a conflict is where *every* printed block agrees
(correlation above `BLOCK_AGREES`). Notes of one family, or editions that differ in a numeral, have a block that does not.
34 faces take 0.3 s.

Left out: a face that is enrolled upside down alone. Nothing in the library says so; areas and verdicts do not change.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.problems import Problem, Words

Field = NDArray[np.float32]

LONG_PX = 160
SHIFT_PX = 2
ALIKE_MIN = 0.6
BLOCK_AGREES = 0.55
BLOCKS = (8, 4)
SHAPE_OFF_MAX = 0.06


def library_conflicts(references: Sequence[Reference], new: Reference | None = None) -> list[Problem]:
    """One problem for each two faces that are one picture; with `new` only those that it is part of."""
    ordered = sorted(references, key=lambda r: r.key)
    rasters = [_raster(reference) for reference in ordered]
    problems = []
    for k, one in enumerate(ordered):
        for j in range(k):
            other = ordered[j]
            if new is not None and new.key not in (one.key, other.key):
                continue
            if one.key == other.key or abs(np.log(_shape(one) / _shape(other))) > SHAPE_OFF_MAX:
                continue
            height = min(len(rasters[k]), len(rasters[j]))
            a, b = rasters[k][:height], rasters[j][:height]
            for turned in (False, True):
                if _one_picture(a, np.ascontiguousarray(b[::-1, ::-1]) if turned else b):
                    problems.append(_conflict(other, one, turned))
                    break
    return problems


def _shape(reference: Reference) -> float:
    return reference.width_mm / reference.height_mm


def _raster(reference: Reference) -> Field:
    """The print of a face without its light, coarse."""
    size = (LONG_PX, max(16, round(LONG_PX / _shape(reference))))
    grey = cv2.cvtColor(cv2.resize(reference.image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    layer = grey.astype(np.float32)
    # Softened by a millimetre, so that lines finer than the raster do not depend on where they fall in it.
    return np.asarray(cv2.GaussianBlur(layer, (0, 0), 1.2) - cv2.GaussianBlur(layer, (0, 0), 6.0), np.float32)


def _one_picture(one: Field, other: Field) -> bool:
    inner = np.ascontiguousarray(other[SHIFT_PX:-SHIFT_PX, SHIFT_PX:-SHIFT_PX])
    if float(one.std()) < 1.0 or float(inner.std()) < 1.0:
        return False
    score = cv2.matchTemplate(one, inner, cv2.TM_CCOEFF_NORMED)
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    if float(score[row, column]) < ALIKE_MIN:
        return False
    under = one[row : row + inner.shape[0], column : column + inner.shape[1]]
    for rows_a, rows_b in zip(
        np.array_split(under, BLOCKS[1]), np.array_split(inner, BLOCKS[1]), strict=True
    ):
        for a, b in zip(
            np.array_split(rows_a, BLOCKS[0], axis=1), np.array_split(rows_b, BLOCKS[0], axis=1), strict=True
        ):
            strength = float(a.std()), float(b.std())
            if max(strength) < 1.5:
                continue
            agreed = float(((a - a.mean()) * (b - b.mean())).mean()) / max(strength[0] * strength[1], 1e-6)
            if agreed < BLOCK_AGREES:
                return False
    return True


def _conflict(one: Reference, other: Reference, turned: bool) -> Problem:
    names = [" ".join(reference.key) for reference in (one, other)]
    zh, en = ("（其中一面上下颠倒）", " (one of them upside down)") if turned else ("", "")
    words = Words(
        f"票样库中“{names[0]}”与“{names[1]}”是同一图案{zh}：该券的残币无法定名；请核对并删除录错的一面",
        f"{names[0]} and {names[1]} in the library are one and the same picture{en}: pieces of that note cannot be "
        "named; check them and remove the one that was enrolled wrongly",
    )
    return Problem("library_conflict", words, " | ".join(names))
