"""What the mat's own white says of the light: read beside its markers, in the photo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.mat import MatSpec, marker_corners_mm
from xiaoshi.core.notes.plane import Plane
from xiaoshi.core.notes.reference import Picture

Floats = NDArray[np.float64]


def levels_at(pixels: Picture, plane: Plane, places_mm: Floats, reach: int) -> Floats:
    """(n, 3) mean BGR round each place that lies in the photo; places outside are left out."""
    height, width = pixels.shape[:2]
    told = []
    for x, y in np.rint(plane.to_px(places_mm)).astype(int):
        if reach <= x < width - reach and reach <= y < height - reach:
            told.append(
                pixels[y - reach : y + reach + 1, x - reach : x + reach + 1].reshape(-1, 3).mean(axis=0)
            )
    return np.asarray(told, np.float64).reshape(-1, 3)


def whites_of(pixels: Picture, plane: Plane, mat: MatSpec) -> Floats:
    """BGR of the paper white beside each marker that was read."""
    corners = marker_corners_mm(mat)
    places = []
    for number in plane.markers:
        middle = corners[number].mean(axis=0)
        out = mat.marker_mm / 2 + mat.quiet_mm / 2
        places += [middle + np.array(way) * out for way in ((0, -1), (1, 0), (0, 1), (-1, 0))]
    reach = max(0, int(0.2 * mat.quiet_mm / plane.mm_per_px()))
    return levels_at(pixels, plane, np.array(places), reach)
