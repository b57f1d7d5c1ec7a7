"""Notes that touch, told apart where they hang together by a neck only.

Problem. Two notes laid down so that corners touch are one blob: one of them was measured, the other "hidden", and both
went to a person though the photo shows both whole. Worked example: two notes of 140 x 70 mm whose corners meet over 3 mm:
the blob has 19,600 mm2, the named note explains 9,800 of it.

Choice. What lies outside the named note's rectangle is another thing. The blob is eaten away from its edges until the two
hang together no more (`NECK_MM_MAX` at most), every grown-back pixel goes to the part it is nearest to, and the cut
is where they meet. A cut of 4 mm that lies half a millimetre off moves 2 mm2, 0.02 points of a note. Wider contacts
(notes that lie on each other, or side by side along an edge) are not cut: they are told and left to hands. A burnt note's
own necks are never cut: both sides of them lie inside one rectangle.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.identify import Pose
from xiaoshi.core.notes.pieces import CRUMB_MM2, Blob, Mask, blob_of
from xiaoshi.core.notes.reference import Reference

NECK_MM_MAX = 4.0
CUT_PX_PER_MM = 4.0
MARGIN_MM = 1.0
INSIDE_SHARE, OUTSIDE_SHARE = 0.97, 0.75
PART_MM2_MIN = 150.0


def inside_note(blob: Blob, pose: Pose, reference: Reference, px_per_mm: float, margin_mm: float) -> Mask:
    """Which pixels of the blob's window lie in the note's rectangle, `margin_mm` wider."""
    height, width = blob.mask.shape
    x = (np.arange(width) + blob.x + 0.5) / px_per_mm
    y = (np.arange(height) + blob.y + 0.5) / px_per_mm
    at = pose.turn * (x[None, :] + 1j * y[:, None]) + pose.shift
    return np.asarray(
        (at.real > -margin_mm)
        & (at.real < reference.width_mm + margin_mm)
        & (at.imag > -margin_mm)
        & (at.imag < reference.height_mm + margin_mm)
    )


def cut_at_necks(blob: Blob, pose: Pose, reference: Reference, px_per_mm: float) -> list[Blob] | None:
    """The blob in parts, the named note's first; None where no neck of `NECK_MM_MAX` parts it from the rest."""
    owned = inside_note(blob, pose, reference, px_per_mm, MARGIN_MM)
    if float((blob.mask & ~owned).sum()) / px_per_mm**2 < PART_MM2_MIN:
        return None
    scale = min(1.0, CUT_PX_PER_MM / px_per_mm)
    size = tuple(max(4, round(v * scale)) for v in (blob.mask.shape[1], blob.mask.shape[0]))
    small = cv2.resize(blob.mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA)
    mine = cv2.resize(owned.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    depth = cv2.distanceTransform(np.pad(small, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    per_mm = px_per_mm * scale
    for half_mm in np.arange(0.25, NECK_MM_MAX / 2 + 0.01, 0.25):
        parts = _parts(depth > half_mm * per_mm, mine, per_mm)
        if parts is not None:
            return _grown_back(blob, parts, px_per_mm)
    return None


def _parts(core: Mask, mine: Mask, per_mm: float) -> NDArray[np.int32] | None:
    """1 for the named note's share of what the eating left, 2, 3, ... for other things; None while they hang together."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(core.astype(np.uint8), connectivity=4)
    area = stats[:, cv2.CC_STAT_AREA] / per_mm**2
    inside = np.bincount(labels[mine], minlength=count) / np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    told = np.zeros(count, np.int32)
    others = 1
    for number in range(1, count):
        if inside[number] >= INSIDE_SHARE:
            told[number] = 1
        elif inside[number] <= 1 - OUTSIDE_SHARE:
            if area[number] >= 0.5 * PART_MM2_MIN:
                others += 1
                told[number] = others
        elif area[number] > 10.0:
            return None
    if others == 1 or not (told == 1).any():
        return None
    return np.asarray(told[labels], np.int32)


def _grown_back(blob: Blob, parts: NDArray[np.int32], px_per_mm: float) -> list[Blob]:
    """Every pixel of the blob to the nearest part."""
    _, nearest = cv2.distanceTransformWithLabels(
        (parts == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    owner = np.zeros(int(nearest.max()) + 1, np.int32)
    owner[nearest[parts > 0]] = parts[parts > 0]
    size = (blob.mask.shape[1], blob.mask.shape[0])
    whole = cv2.resize(owner[nearest].astype(np.float32), size, interpolation=cv2.INTER_NEAREST)
    blobs = []
    for part in range(1, int(parts.max()) + 1):
        count, labels, stats, _ = cv2.connectedComponentsWithStats(
            (blob.mask & (whole == part)).astype(np.uint8), connectivity=8
        )
        for number in range(1, count):
            x, y, w, h, area = (int(v) for v in stats[number])
            if area / px_per_mm**2 >= CRUMB_MM2:
                mask = labels[y : y + h, x : x + w] == number
                blobs.append(blob_of(mask, blob.x + x, blob.y + y, px_per_mm, blob.on_edge))
    return blobs
