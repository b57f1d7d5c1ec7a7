"""The things on the tray: masks whose edge lies where the contrast falls to half.

Coarse masks come from the ground's paperness at a quarter of a millimetre (hysteresis: a pixel at 0.40 starts a piece,
0.20 continues it). A log scale, however, puts the edge of white paper too far out and that of char too far in: half
paper, half mat is 0.8 on it, half char 0.35. So in a band along the coarse edge each pixel is read again as a mixture
of the piece's own colour just inside (P) and the mat's just outside (M), in plain levels:

    share = (I - M) . (P - M) / |P - M|^2,    the edge is share = 1/2

which left no bias on discs of white, brown and black (tests). Things below `CRUMB_MM2` are crumbs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.ground import Ground
from xiaoshi.core.notes.reference import Picture

Mask = NDArray[np.bool_]

CRUMB_MM2 = 40.0
START, GO_ON = 0.40, 0.20
BAND_MM = 0.55
APART_LEVELS_MIN = 45.0


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    """One connected thing on the rectified picture.

    `x`, `y`: top left of its window in rectified px; `mask`: its pixels there; `area_mm2`; `perimeter_mm`: length of
    all its edges, holes included; `on_edge`: it runs over the border of what is looked at; `outline`: outer contour in
    rectified px, (n, 2).
    """

    x: int
    y: int
    mask: Mask
    area_mm2: float
    perimeter_mm: float
    on_edge: bool
    outline: NDArray[np.float64]


def find_blobs(
    picture: Picture, seen: Mask, ground: Ground, px_per_mm: float
) -> tuple[list[Blob], list[float]]:
    """Blobs in reading order of their windows' top left, and the areas (mm2) of the crumbs that were left out."""
    coarse = _coarse(picture, seen, ground, px_per_mm)
    # The coarse edge lies up to half a millimetre out, so the first pass reads P and M too near the true edge.
    fine = _refine(picture, _refine(picture, coarse, px_per_mm), px_per_mm)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(fine.astype(np.uint8), connectivity=8)
    blind = cv2.dilate((~seen).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    blobs, crumbs = [], []
    for number in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[number])
        area_mm2 = area / px_per_mm**2
        if area_mm2 < CRUMB_MM2:
            crumbs.append(area_mm2)
            continue
        mask = labels[y : y + h, x : x + w] == number
        touches = x <= 2 or y <= 2 or x + w >= fine.shape[1] - 2 or y + h >= fine.shape[0] - 2
        touches = touches or bool((blind[y : y + h, x : x + w] & mask).any())
        perimeter, outline = _edges(mask, px_per_mm)
        blobs.append(Blob(x, y, mask, area_mm2, perimeter, touches, outline + np.array((x, y))))
    return blobs, crumbs


def _coarse(picture: Picture, seen: Mask, ground: Ground, px_per_mm: float) -> Mask:
    """Hysteresis threshold at 4 px per mm, brought back to the full picture."""
    scale = min(1.0, 4.0 / px_per_mm)
    small = (
        cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture
    )
    soft = cv2.GaussianBlur(small, (0, 0), 0.7)
    paper = ground.paperness(np.asarray(soft, np.uint8))
    low = paper > max(GO_ON, 4.5 * ground.noise)
    high = paper > max(START, 6.0 * ground.noise)
    low = cv2.morphologyEx(low.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0
    count, labels = cv2.connectedComponents(low.astype(np.uint8), connectivity=8)
    started = np.bincount(labels[high & low].ravel(), minlength=count) > 3
    started[0] = False
    mask = started[labels]
    if scale < 1:
        size = (picture.shape[1], picture.shape[0])
        mask = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) > 0.5
    return np.asarray(mask & seen)


def _refine(picture: Picture, coarse: Mask, px_per_mm: float) -> Mask:
    """Move the edges of `coarse` to where the mixture of inside and outside is one half."""
    reach = max(2, round(BAND_MM * px_per_mm))
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    fine = coarse.copy()
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        cv2.dilate(coarse.astype(np.uint8), ball), connectivity=8
    )
    room = 4 * reach
    for number in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[number])
        if area / px_per_mm**2 < CRUMB_MM2 / 2:
            continue
        rows = slice(max(0, y - room), min(coarse.shape[0], y + h + room))
        columns = slice(max(0, x - room), min(coarse.shape[1], x + w + room))
        window = coarse[rows, columns].astype(np.uint8)
        inside, outside = cv2.erode(window, ball) > 0, cv2.dilate(window, ball) == 0
        band = ~inside & ~outside
        # Thin necks have no inside of their own: they keep the coarse edge where nothing better is near.
        levels = picture[rows, columns].astype(np.float32)
        # The piece changes quickly towards its charred edge, so its colour is taken close by; the mat does not.
        own, own_weight = _local_mean(
            levels, inside, lambda layer: cv2.GaussianBlur(layer, (0, 0), 0.5 * reach)
        )
        mat, mat_weight = _local_mean(levels, outside, lambda layer: cv2.blur(layer, (5 * reach + 1,) * 2))
        span = own - mat
        length2 = (span**2).sum(axis=2)
        share = _share(levels, own, mat)
        known = band & (own_weight > 1e-3) & (mat_weight > 1e-3) & (length2 > 30.0**2)
        refined = np.where(known, share > 0.5, window > 0)
        # Only pixels of the band belonging to this window's blobs change; a neighbour's band is refined in its turn.
        fine[rows, columns] = np.where(band, refined, fine[rows, columns])
    return fine


def _share(
    levels: NDArray[np.float32], own: NDArray[np.float32], mat: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How much of each pixel is the piece.

    Paper throws a shadow on the mat at its edge, and a darker mat looks like a little dark paper (0.1 mm of edge at 5 px
    a mm). So the mat may be of any brightness: levels = a own + b mat, least squares in both. Char has too little colour
    of its own apart from the mat's direction for that and is taken on the line between the two.
    """
    mm, oo, om = (mat * mat).sum(axis=2), (own * own).sum(axis=2), (own * mat).sum(axis=2)
    lo, lm = (levels * own).sum(axis=2), (levels * mat).sum(axis=2)
    apart = oo - om * om / np.maximum(mm, 1.0)
    free = (lo - lm * om / np.maximum(mm, 1.0)) / np.maximum(apart, 1.0)
    line = (lo - lm - om + mm) / np.maximum(oo - 2 * om + mm, 1.0)
    return np.asarray(np.where(apart > APART_LEVELS_MIN**2, free, line), np.float32)


def _local_mean(
    levels: NDArray[np.float32], where: Mask, blur: Callable[[cv2.typing.MatLike], cv2.typing.MatLike]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean colour of the pixels `where`, nearby as `blur` has it; and how much of them is nearby."""
    weight = where.astype(np.float32)
    total, amount = blur(levels * weight[..., None]), blur(weight)
    return np.asarray(total / np.maximum(amount, 1e-6)[..., None], np.float32), np.asarray(amount, np.float32)


def _edges(mask: Mask, px_per_mm: float) -> tuple[float, NDArray[np.float64]]:
    """Length of all edges in mm, and the outer contour in px of the window."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    # A chain of pixel steps is about 5 % longer than the smooth line through it.
    length = 0.95 * sum(cv2.arcLength(contour, True) for contour in contours) / px_per_mm
    outer = max(contours, key=cv2.contourArea)
    simple = cv2.approxPolyDP(outer, 0.12 * px_per_mm, True).reshape(-1, 2).astype(np.float64)
    return float(length), simple
