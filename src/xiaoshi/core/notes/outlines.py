"""Whether two outlines are those of one piece of paper, seen twice or from both sides.

Problem. A piece on two photos has the same outline, moved and turned; its other side has the mirrored one. Straight-cut
rectangles (whole notes) all look alike, so an outline proves nothing for them: `plain` says so.

Choice: outlines in millimetres, walked at even steps, laid over each other by closest points (translation and turn
only, paper does not change its size between two photos), started from the main axes both ways round, or from where the
piece lies. Told is how far apart the two lines are: 90th percentile and largest, both directions.

Worked example: a burnt third of a note on two photos (A3, 12 MP): 0.08 mm at the 90th percentile, 0.3 mm at most;
the nearest other piece of that tray 2.9 mm.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

STEP_MM = 1.5
FINE_MM = 0.3
PLAIN_FILL = 0.975
AREA_DIFFERS, LENGTH_DIFFERS = 0.06, 0.12


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """`points`: (n, 2) mm at even steps; `fine`: the same line in finer steps; `plain`: nearly a rectangle."""

    points: Points
    fine: Points
    area_mm2: float
    length_mm: float
    plain: bool

    @property
    def middle(self) -> Points:
        """Mean of the line's points."""
        return np.asarray(self.fine.mean(axis=0))


@dataclass(frozen=True, slots=True)
class Fit:
    """One outline laid on another: turned by `turn_rad` about its middle and moved by `move_mm`; how far apart the lines
    are then (mm)."""

    turn_rad: float
    move_mm: tuple[float, float]
    off_mm: float
    worst_mm: float

    @property
    def moved_mm(self) -> float:
        """How far the middle went."""
        return float(np.hypot(*self.move_mm))


def outline_of(polygon_mm: Points) -> Outline | None:
    """An outline from its corners; None for fewer than three or no area."""
    corners = np.asarray(polygon_mm, np.float64).reshape(-1, 2)
    if len(corners) < 3 or not np.isfinite(corners).all():
        return None
    loop = corners.astype(np.float32).reshape(-1, 1, 2)
    area, length = float(cv2.contourArea(loop)), float(cv2.arcLength(loop, True))
    if area < 1.0 or length < 4 * STEP_MM:
        return None
    (_, (width, height), _) = cv2.minAreaRect(loop)
    plain = area >= PLAIN_FILL * max(width * height, 1e-6)
    return Outline(_walk(corners, length, STEP_MM), _walk(corners, length, FINE_MM), area, length, plain)


def mirrored(outline: Outline) -> Outline:
    """The outline as the other side shows it."""
    flip = np.array([-1.0, 1.0])
    return Outline(
        outline.points * flip, outline.fine * flip, outline.area_mm2, outline.length_mm, outline.plain
    )


def may_be_alike(a: Outline, b: Outline) -> bool:
    """Cheap look at size: False where the two cannot be one piece."""
    return abs(a.area_mm2 - b.area_mm2) <= AREA_DIFFERS * max(a.area_mm2, b.area_mm2) and abs(
        a.length_mm - b.length_mm
    ) <= LENGTH_DIFFERS * max(a.length_mm, b.length_mm)


def lay_on(a: Outline, b: Outline, *, in_place: bool = False) -> Fit:
    """Lay `a` on `b`; `in_place`: start from where it lies, else from the main axes, both ways round."""
    turns = (0.0,) if in_place else _starts(a, b)
    fits = [_closest(a, b, turn, in_place) for turn in turns]
    return min(fits, key=lambda fit: fit.off_mm)


def _walk(corners: Points, length: float, step: float) -> Points:
    """Points along the closed line at even distances."""
    closed = np.vstack([corners, corners[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    at = np.linspace(0.0, along[-1], max(8, round(length / step)), endpoint=False)
    return np.stack([np.interp(at, along, closed[:, k]) for k in (0, 1)], axis=1)


def _starts(a: Outline, b: Outline) -> tuple[float, ...]:
    """Turns worth trying: main axis on main axis, both ways; all round for a shape without a long axis."""
    angles, longest = [], 1e9
    for outline in (a, b):
        centred = outline.fine - outline.middle
        values, axes = np.linalg.eigh(centred.T @ centred)
        angles.append(float(np.arctan2(axes[1, 1], axes[0, 1])))
        longest = min(longest, float(values[1] / max(values[0], 1e-9)))
    first = angles[1] - angles[0]
    count = 2 if longest > 1.6 else 12
    return tuple(first + 2 * np.pi * k / count for k in range(count))


def _closest(a: Outline, b: Outline, turn: float, in_place: bool) -> Fit:
    """Iterated closest points from one start."""
    middle = a.middle
    move = np.zeros(2) if in_place else b.middle - middle
    centred = a.points - middle
    for target in (b.points, b.points, b.points, b.points, b.fine, b.fine, b.fine):
        now = centred @ _turned(turn).T + middle + move
        near = target[_nearest(now, target)]
        off = np.linalg.norm(near - now, axis=1)
        keep = off <= max(1.0, 2.5 * float(np.median(off)))
        turn, move = _rigid(centred[keep], near[keep], middle)
    laid = (a.fine - middle) @ _turned(turn).T + middle + move
    there = _distance(laid[::3], b.fine)
    back = _distance(b.fine[::3], laid)
    both = np.concatenate([there, back])
    wrapped = float((turn + np.pi) % (2 * np.pi) - np.pi)
    return Fit(wrapped, (float(move[0]), float(move[1])), float(np.percentile(both, 90)), float(both.max()))


def _turned(turn: float) -> Points:
    return np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])


def _rigid(centred: Points, near: Points, middle: Points) -> tuple[float, Points]:
    """Turn about `middle` and move that bring the points to their neighbours, least squares."""
    own, theirs = centred.mean(axis=0), near.mean(axis=0)
    p, q = centred - own, near - theirs
    turn = float(np.arctan2((p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum(), (p * q).sum()))
    return turn, np.asarray(theirs - _turned(turn) @ own - middle)


def _nearest(points: Points, target: Points) -> NDArray[np.intp]:
    return np.asarray(_squared(points, target).argmin(axis=1))


def _distance(points: Points, target: Points) -> Points:
    return np.asarray(np.sqrt(np.maximum(_squared(points, target).min(axis=1), 0.0)), np.float64)


def _squared(points: Points, target: Points) -> NDArray[np.float32]:
    """(n, m) squared distances; positions are taken from the points' middle, so that single precision suffices."""
    middle = points.mean(axis=0)
    p, t = (points - middle).astype(np.float32), (target - middle).astype(np.float32)
    return np.asarray((p**2).sum(axis=1)[:, None] + (t**2).sum(axis=1)[None, :] - 2 * (p @ t.T), np.float32)
