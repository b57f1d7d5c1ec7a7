"""Where pieces lie on the tray: turned at random, a gap between any two, none outside."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

GAP_MM = 4.0
_CELL_MM = 1.0


@dataclass(frozen=True, slots=True)
class Place:
    """A piece is turned by `turn_rad` about its middle, which then lies at (`x_mm`, `y_mm`) of the tray."""

    x_mm: float
    y_mm: float
    turn_rad: float


def pack(
    masks: list[NDArray[np.bool_]], px_per_mm: float, tray_mm: tuple[float, float], rng: np.random.Generator
) -> list[Place] | int:
    """Places for all masks (each cut to its bounding box), in their order; or how many of them fitted at best.

    First thrown at random; when that leaves no room, laid corner to corner, pieces nearly along the tray's edges.
    """
    best = 0
    for tight in (False, False, True, True, True, True):
        places = _try(masks, px_per_mm, tray_mm, rng, tight)
        if isinstance(places, list):
            return places
        best = max(best, places)
    return best


def overlap_places(
    masks: list[NDArray[np.bool_]], px_per_mm: float, tray_mm: tuple[float, float], rng: np.random.Generator
) -> list[Place]:
    """Places that put each second piece onto the one before it, for photos an engine has to refuse."""
    places: list[Place] = []
    for index, mask in enumerate(masks):
        half = 0.5 * float(np.hypot(*mask.shape)) / px_per_mm
        low = min(half, min(tray_mm) / 2)
        x, y = rng.uniform(low, tray_mm[0] - low), rng.uniform(low, tray_mm[1] - low)
        if index % 2:
            x = float(np.clip(places[-1].x_mm + rng.uniform(-25, 25), low, tray_mm[0] - low))
            y = float(np.clip(places[-1].y_mm + rng.uniform(-15, 15), low, tray_mm[1] - low))
        places.append(Place(float(x), float(y), float(rng.uniform(0, 2 * np.pi))))
    return places


def _try(
    masks: list[NDArray[np.bool_]],
    px_per_mm: float,
    tray_mm: tuple[float, float],
    rng: np.random.Generator,
    tight: bool,
) -> list[Place] | int:
    taken = np.zeros((int(tray_mm[1] / _CELL_MM), int(tray_mm[0] / _CELL_MM)), np.uint8)
    places: dict[int, Place] = {}
    for index in sorted(range(len(masks)), key=lambda i: -int(masks[i].sum())):
        place = _lay(masks[index], px_per_mm, taken, rng, tight)
        if place is None:
            return len(places)
        places[index] = place
    return [places[i] for i in range(len(masks))]


def _lay(
    mask: NDArray[np.bool_],
    px_per_mm: float,
    taken: NDArray[np.uint8],
    rng: np.random.Generator,
    tight: bool,
) -> Place | None:
    """Find room for one piece and mark it as taken (with half the gap round it)."""
    choices: list[tuple[float, int, int, float, NDArray[np.uint8]]] = []
    for attempt in range(8 if tight else 6):
        if tight:
            turn = (attempt % 4) * np.pi / 2 + np.radians(rng.uniform(-4, 4))
        else:
            turn = rng.uniform(0, 2 * np.pi)
        stamp = _stamp(mask, px_per_mm, float(turn))
        sh, sw = stamp.shape
        if sh > taken.shape[0] or sw > taken.shape[1]:
            continue
        hits = cv2.matchTemplate(taken.astype(np.float32), stamp.astype(np.float32), cv2.TM_CCORR)
        ys, xs = np.nonzero(hits < 0.5)
        if len(ys) == 0:
            continue
        if not tight:
            pick = int(rng.integers(0, len(ys)))
            choices.append((0.0, int(xs[pick]), int(ys[pick]), float(turn), stamp))
            break
        reach = (xs + sw) + 1.3 * (ys + sh)
        pick = int(np.argmin(reach))
        choices.append((float(reach[pick]), int(xs[pick]), int(ys[pick]), float(turn), stamp))
    if not choices:
        return None
    _, x, y, turn, stamp = min(choices, key=lambda c: c[0])
    sh, sw = stamp.shape
    taken[y : y + sh, x : x + sw] |= stamp
    return Place((x + sw / 2) * _CELL_MM, (y + sh / 2) * _CELL_MM, turn)


def _stamp(mask: NDArray[np.bool_], px_per_mm: float, turn: float) -> NDArray[np.uint8]:
    """The turned piece on the packing grid, grown by half the gap; its middle is the stamp's middle."""
    scale = 1.0 / (px_per_mm * _CELL_MM)
    h, w = mask.shape
    c, s = abs(np.cos(turn)), abs(np.sin(turn))
    grow = int(np.ceil(GAP_MM / 2 / _CELL_MM)) + 1
    sw, sh = (
        int(np.ceil((w * c + h * s) * scale)) + 2 * grow,
        int(np.ceil((w * s + h * c) * scale)) + 2 * grow,
    )
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * scale
    offset = np.array([sw / 2 - 0.5, sh / 2 - 0.5]) - turned @ np.array([w / 2 - 0.5, h / 2 - 0.5])
    cells = cv2.warpAffine(
        cv2.blur(mask.astype(np.uint8) * 255, (2 * int(0.5 / scale) + 1,) * 2),
        np.column_stack([turned, offset]),
        (sw, sh),
        flags=cv2.INTER_LINEAR,
    )
    size = 2 * int(np.ceil(GAP_MM / 2 / _CELL_MM)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.dilate((cells > 8).astype(np.uint8), kernel), np.uint8)
