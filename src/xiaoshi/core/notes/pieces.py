"""The things on the tray: masks whose edge lies where the contrast falls to half.

Coarse masks come from the ground's paperness at a quarter of a millimetre (hysteresis: a pixel at 0.40 starts a piece,
0.20 continues it). A log scale, however, puts the edge of white paper too far out and that of char too far in: half
paper, half mat is 0.8 on it, half char 0.35. So in a band along the coarse edge each pixel is read again as a mixture
of the piece's own colour just inside (P) and the mat's just outside (M), in light (`light`: lenses do not mix levels):

    share = (I - M) . (P - M) / |P - M|^2,    the edge is share = 1/2

which left no bias on discs of white, brown and black (tests). Things below `CRUMB_MM2` are crumbs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.ground import Ground
from xiaoshi.core.notes.light import light_between
from xiaoshi.core.notes.reference import Picture

Mask = NDArray[np.bool_]

CRUMB_MM2 = 40.0
SPECK_MM2 = 0.1
"""Less is a few pixels of noise beside an edge, not even a crumb."""
START, GO_ON = 0.40, 0.20
BAND_MM = 0.55
BAND_PX_MIN = 3
"""How far from the edge paper and mat are read: nearer than 3 px blur has mixed them (0.02 to 0.04 mm of edge at 3.5 px a mm)."""
APART_LEVELS_MIN = 45.0
COARSE_OUT_MM = 0.3
"""How far outside the coarse edge is taken to lie (see `find_blobs`)."""
DARKENS, ONWARD, CHAR_LEVEL = 0.85, 2.0, np.float32(26)
"""Paper is burnt at its edge if it is so much darker there than deeper in; how far on its darkening goes; how dark char is."""
CONTACT = 0.25
"""How much darker the mat is right at the edge of burnt paper, in light: burnt edges stand off the mat and shade it."""
NOT_MAT = 0.3
"""Less of the mat's light than any shadow leaves: a pixel with so little of it is paper, however dark."""


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
    # The coarse edge lies 0.2 (char) to 0.7 mm (white paper, blurred) out, so the first pass looks for paper further in.
    fine = _refine(picture, _refine(picture, coarse, px_per_mm, COARSE_OUT_MM), px_per_mm, 0.0)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(fine.astype(np.uint8), connectivity=8)
    blind = cv2.dilate((~seen).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    blobs, crumbs = [], []
    for number in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[number])
        area_mm2 = area / px_per_mm**2
        if area_mm2 < CRUMB_MM2:
            crumbs += [area_mm2] if area_mm2 >= SPECK_MM2 else []
            continue
        mask = labels[y : y + h, x : x + w] == number
        touches = x <= 2 or y <= 2 or x + w >= fine.shape[1] - 2 or y + h >= fine.shape[0] - 2
        touches = touches or bool((blind[y : y + h, x : x + w] & mask).any())
        blobs.append(blob_of(mask, x, y, px_per_mm, touches))
    return blobs, crumbs


def blob_of(mask: Mask, x: int, y: int, px_per_mm: float, on_edge: bool) -> Blob:
    """A blob from its mask, whose window begins at (x, y)."""
    perimeter, outline = _edges(mask, px_per_mm)
    area_mm2 = float(mask.sum()) / px_per_mm**2
    return Blob(x, y, mask, area_mm2, perimeter, on_edge, outline + np.array((x, y)))


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


def _refine(picture: Picture, coarse: Mask, px_per_mm: float, out_mm: float) -> Mask:
    """Move the edges of `coarse` to where the mixture of inside and outside is one half.

    Only pixels of the band along the edges are read at full resolution (one in fifteen). P and M vary slowly beside
    them, so they are averaged on smaller pictures and read there between the pixels. `out_mm`: how far outside of the edge
    the coarse one lies.
    """
    reach = max(BAND_PX_MIN, round(BAND_MM * px_per_mm))
    out = min(round(out_mm * px_per_mm), reach - 1)
    window = coarse.astype(np.uint8)
    wide = np.asarray(cv2.dilate(window, _ball(reach - out)), np.uint8)
    inside = np.asarray(cv2.erode(window, _ball(reach + out)), np.uint8)
    band = cv2.findNonZero((wide != inside).astype(np.uint8))
    if band is None:
        return coarse
    xs, ys = band.reshape(-1, 2).T
    # Both change quickly towards a burnt edge, the paper by char and the mat by shadow, so they are taken close by.
    own, own_weight = _mean_beside(picture, inside, (xs, ys), 2, ("gauss", 0.5 * reach + out))
    mat, mat_weight = _mean_beside(picture, np.uint8(1) - wide, (xs, ys), 2, ("gauss", float(reach)))
    core = np.asarray(cv2.erode(inside, _ball(reach)), np.uint8)
    deep, deep_weight = _mean_beside(picture, core, (xs, ys), 4, ("gauss", float(reach)))
    own = _at_the_edge(own, np.where(deep_weight[:, None] > 2e-3, deep, own), mat)
    levels = picture[ys, xs].astype(np.float32)
    share = _share(levels, own, mat)
    # Thin necks have no inside of their own: they keep the coarse edge where nothing better is near.
    known = (own_weight > 2e-3) & (mat_weight > 2e-3) & (((own - mat) ** 2).sum(axis=1) > 30.0**2)
    fine = coarse.copy()
    fine[ys[known], xs[known]] = share[known] > 0.5
    return fine


def _ball(radius: int) -> NDArray[np.uint8]:
    return np.asarray(
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8
    )


def _mean_beside(
    picture: Picture,
    where: NDArray[np.uint8],
    at: tuple[NDArray[Any], NDArray[Any]],
    shrink: int,
    over: tuple[Literal["gauss", "box"], float],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean colour (n, 3) of the pixels `where` near the places `at` (x, y), and how much of them is near (n).

    Averaged on a picture `shrink` times smaller; `over`: a Gaussian of that sigma or a box of that edge, full px. The
    smaller pixels and the reading between them blur a little themselves, which the 0.87 takes off the Gaussian.
    """
    size = (max(1, picture.shape[1] // shrink), max(1, picture.shape[0] // shrink))
    few = cv2.merge([*cv2.split(cv2.copyTo(picture, where)), where * np.uint8(255)])
    small = cv2.resize(few, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    kind, width = over
    if kind == "gauss":
        near = cv2.GaussianBlur(small, (0, 0), 0.87 * width / shrink)
    else:
        edge = 2 * round((width / shrink - 1) / 2) + 1
        near = cv2.blur(small, (edge, edge))
    columns = 128
    rows = -(-len(at[0]) // columns)
    scale = (size[0] / picture.shape[1], size[1] / picture.shape[0])
    maps = [
        np.resize(((v + 0.5) * k - 0.5).astype(np.float32), (rows, columns))
        for v, k in zip(at, scale, strict=True)
    ]
    read = cv2.remap(near, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    values = np.asarray(read, np.float32).reshape(-1, 4)[: len(at[0])]
    weight = np.asarray(values[:, 3] / np.float32(255), np.float32)
    return np.asarray(values[:, :3] / np.maximum(weight, 1e-6)[:, None], np.float32), weight


def _at_the_edge(
    own: NDArray[np.float32], deep: NDArray[np.float32], mat: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The paper's colour at the very edge, from that beside the edge and that deeper in.

    Where fire stopped, paper darkens towards its edge, within 2 to 4 mm down to char. Taken beside the edge its colour is too
    light, and the half that is looked for lies 0.2 mm too far in. So the darkening is carried on to the edge, down to char;
    paper that does not darken keeps its colour, because carrying on print would only add noise. Whether it darkens is read
    in the mat's strongest channel: in the others a blurred edge, with mat in it, looks darker too.
    """
    strongest = int(np.argmax(mat.sum(axis=0)))
    darker = own[:, strongest] < DARKENS * deep[:, strongest]
    onward = np.maximum(own + ONWARD * (own - deep), np.minimum(own, CHAR_LEVEL))
    return np.where(darker[:, None], onward, own)


def _share(
    levels: NDArray[np.float32], own: NDArray[np.float32], mat: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How much of each pixel is the piece.

    Paper throws a shadow on the mat at its edge, and a darker mat looks like a little dark paper (0.1 mm of edge at 5 px
    a mm). So the mat may be of any brightness: levels = a own + b mat, least squares in both. Char has too little colour
    of its own apart from the mat's direction for that and is taken on the line between the two, the mat darker by CONTACT.
    All of it in light.
    """
    apart_levels = _apart(own, mat)[0]
    levels, own, mat = (light_between(each) for each in (levels, own, mat))
    apart, mm, oo, om = _apart(own, mat)
    lo, lm = (levels * own).sum(axis=-1), (levels * mat).sum(axis=-1)
    free = (lo - lm * om / np.maximum(mm, 1.0)) / np.maximum(apart, 1.0)
    k = np.float32(1 - CONTACT)
    line = (lo - k * (lm + om) + k * k * mm) / np.maximum(oo - 2 * k * om + k * k * mm, 1.0)
    # Dark print at the edge is little of the paper's light, and hardly any of the mat's: that is paper too.
    of_mat = (lm - lo * om / np.maximum(oo, 1.0)) / np.maximum(mm - om * om / np.maximum(oo, 1.0), 1.0)
    free = np.where(of_mat < NOT_MAT, np.maximum(free, 1 - of_mat), free)
    return np.asarray(np.where(apart_levels > APART_LEVELS_MIN**2, free, line), np.float32)


def _apart(
    own: NDArray[np.float32], mat: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Square of the part of `own` that is not of the mat's colour, and the products mat mat, own own, own mat."""
    mm, oo, om = (mat * mat).sum(axis=-1), (own * own).sum(axis=-1), (own * mat).sum(axis=-1)
    return np.asarray(oo - om * om / np.maximum(mm, 1.0), np.float32), mm, oo, om


def _edges(mask: Mask, px_per_mm: float) -> tuple[float, NDArray[np.float64]]:
    """Length of all edges in mm, and the outer contour in px of the window."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    # A chain of pixel steps is about 5 % longer than the smooth line through it.
    length = 0.95 * sum(cv2.arcLength(contour, True) for contour in contours) / px_per_mm
    outer = max(contours, key=cv2.contourArea)
    simple = cv2.approxPolyDP(outer, 0.12 * px_per_mm, True).reshape(-1, 2).astype(np.float64)
    return float(length), simple
