"""How far off the edges of a piece can lie, edge by edge.

An edge is placed where the mixture of piece and mat is one half. Noise, blur and a piece that grows darker towards its
edge move that place; the more so, the less piece and mat differ there. So every pixel of the edge is asked how far apart
the colours on its two sides are:

    doubt = EDGE_MM x (APART_LEVELS / apart)^(1/2),  between half and three times EDGE_MM; EDGE_PX of a photo's pixel at least

White paper on blue is some 190 levels apart (0.04 mm), char some 110 (0.05 mm), scorched paper of the mat's brightness 60
(0.07 mm). Summed along all edges of a piece this is an area; the errors of one edge are alike all the way round, so they
add up and do not cancel.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.reference import Picture

Mask = NDArray[np.bool_]

EDGE_MM = 0.05
EDGE_PX = 0.25
APART_LEVELS = 110.0
SIDE_MM = 0.8
STEP = 2


def edge_share(colour: Picture, drawn: Mask, px_per_mm: float, work_px_per_mm: float) -> float:
    """Area in mm2 by which the edges of `drawn` may be off. `colour`: the photo on the same canvas; `work_px_per_mm`: of
    what was looked at."""
    mask = drawn[::STEP, ::STEP].astype(np.uint8)
    levels = colour[::STEP, ::STEP].astype(np.float32)
    scale = px_per_mm / STEP
    reach = max(1, round(SIDE_MM * scale))
    window = (2 * reach + 1,) * 2
    weight = mask.astype(np.float32)
    near = cv2.blur(weight, window)
    inside = cv2.blur(levels * weight[..., None], window) / np.maximum(near, 1e-3)[..., None]
    outside = cv2.blur(levels * (1 - weight)[..., None], window) / np.maximum(1 - near, 1e-3)[..., None]
    edge = (mask > 0) & (cv2.erode(mask, np.ones((3, 3), np.uint8)) == 0)
    apart = np.sqrt(((inside - outside)[edge] ** 2).sum(axis=1))
    doubt = EDGE_MM * np.sqrt(APART_LEVELS / np.maximum(apart, 1.0))
    doubt = np.clip(doubt, max(0.5 * EDGE_MM, EDGE_PX / work_px_per_mm), 3 * EDGE_MM)
    # A chain of edge pixels is about 1.1 px of smooth line each.
    return float(doubt.sum()) * 1.1 / scale
