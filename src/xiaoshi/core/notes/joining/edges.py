"""How the edges of two pieces meet, in the note's own millimetres.

For every point of one outline the signed distance to the other piece is looked up (`Shape.signed`, positive outside). Where
it is small over a length, the edges run side by side. The second piece may have been laid in a little wrong: a shift, a turn and
an even gap that fit best are taken out first (priors 0.25 mm, 0.3 degrees, 0.3 mm), so that what is left is shape.

Two numbers say how much shape there is and how well it agrees, both after waves longer than about 12 mm are taken off, because
long waves agree by chance wherever two lines happen to run side by side: `rough_mm` of the line and `gap_spread_mm` of the
gap. A tear that goes on: rough 0.25, gap 0.06. Two tears that cross: rough 0.25, gap 0.35. A cut with scissors: 0.05 and
0.05, which says nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.register import CANVAS_PX_PER_MM

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

REACH_MM = 1.0
FACING_MM = 4.0
RUN_MM_MIN = 4.0
BREAK_MM = 1.0
WAVE_MM = 4.0
"""Standard deviation of the smoothing that takes long waves off."""
STRETCH_MM = 3.0
"""Length of edge over which the shape of a tear is new."""
GRID_MM, GAP_FLOOR_MM = 0.06, 0.04
"""Roughness that the steps of the canvas give to any slanting line, and an evenness that is as good as perfect."""
SHIFT_MM, TURN_RAD, GAP_MM = 0.25, np.deg2rad(0.3), 0.3
_FAR = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A mask prepared for being compared: its outlines (each (n, 2), mm, x and y, closed) and the signed distance to it
    in mm at every px of the canvas, cut to the box of the piece and `FACING_MM` round it (`corner`: px of that box)."""

    outlines: tuple[Floats, ...]
    signed: NDArray[np.float32]
    corner: tuple[int, int]

    @classmethod
    def of(cls, mask: Mask) -> Shape:
        """Prepare a mask of the canvas."""
        x0, y0, width, height = cv2.boundingRect(mask.astype(np.uint8))
        pad = round((FACING_MM + 1) * CANVAS_PX_PER_MM)
        cut = np.pad(mask[y0 : y0 + height, x0 : x0 + width], pad).astype(np.uint8)
        outside = cv2.distanceTransform(1 - cut, cv2.DIST_L2, 5)
        within = cv2.distanceTransform(cut, cv2.DIST_L2, 5)
        signed = np.where(cut > 0, 0.5 - within, outside - 0.5) / np.float32(CANVAS_PX_PER_MM)
        found, _ = cv2.findContours(cut, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        corner = (x0 - pad, y0 - pad)
        lines = tuple(
            (each.reshape(-1, 2).astype(np.float64) + corner + 0.5) / CANVAS_PX_PER_MM
            for each in found
            if len(each) >= RUN_MM_MIN * CANVAS_PX_PER_MM
        )
        return cls(lines, signed.astype(np.float32), corner)

    def distance(self, at_mm: Floats) -> Floats:
        """Signed distance at places of the note, mm; `_FAR` away from the piece."""
        x = (at_mm[:, 0] * CANVAS_PX_PER_MM - 0.5 - self.corner[0]).astype(np.float32)
        y = (at_mm[:, 1] * CANVAS_PX_PER_MM - 0.5 - self.corner[1]).astype(np.float32)
        told = cv2.remap(
            self.signed, x[None], y[None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=_FAR
        )
        return np.asarray(told[0], np.float64)


@dataclass(frozen=True, slots=True)
class Contact:
    """How two edges meet, all mm: `length_mm` side by side (all stretches together), `facing_mm` how much of the edge
    looks at the other within 4 mm, `gap_mm` the even gap, `gap_spread_mm` and `rough_mm` as explained above,
    `whole_spread_mm` the spread of the gap with its long waves, `shift_mm` how far the piece had to be moved."""

    length_mm: float
    facing_mm: float
    gap_mm: float
    gap_spread_mm: float
    rough_mm: float
    whole_spread_mm: float
    shift_mm: float

    @property
    def agreement(self) -> float:
        """How many doublings of evenness over roughness, once for every `STRETCH_MM`; what tables turn into bits."""
        shape_mm = math.sqrt(max(self.rough_mm**2 - GRID_MM**2, 0.0))
        if shape_mm <= self.gap_spread_mm:
            return 0.0
        return self.length_mm / STRETCH_MM * math.log2(shape_mm / max(self.gap_spread_mm, GAP_FLOOR_MM))


def contact(a: Mask, b: Mask) -> Contact | None:
    """How the edges of two masks of one note meet; None where they nowhere come within a millimetre."""
    return meet(Shape.of(a), Shape.of(b))


def meet(a: Shape, b: Shape) -> Contact | None:
    """`contact` of prepared shapes."""
    best: Contact | None = None
    facing = 0.0
    stretches: list[Floats] = []
    for line in b.outlines:
        away = a.distance(line)
        close = np.abs(away) < FACING_MM
        if not close.any():
            continue
        facing += float(close.sum()) / CANVAS_PX_PER_MM
        near = np.abs(away) < REACH_MM
        if near.any():
            near &= _opposite(a, b, line)
        stretches += [line[run] for run in _runs(near)]
    if stretches:
        best = _describe(a, stretches, facing)
    return best


def _opposite(a: Shape, b: Shape, line: Floats) -> NDArray[np.bool_]:
    """Where the outline of `b` looks straight at `a`: not round its corners, nor along a border that both have."""
    toward, outward = _slope(a, line), _slope(b, line)
    scale = np.linalg.norm(toward, axis=1) * np.linalg.norm(outward, axis=1)
    return np.asarray((toward * outward).sum(axis=1) < -0.75 * np.maximum(scale, 1e-9))


def _slope(a: Shape, at: Floats) -> Floats:
    """Gradient of the signed distance, over a millimetre."""
    steps = (np.array([0.5, 0.0]), np.array([0.0, 0.5]))
    return np.stack([a.distance(at + step) - a.distance(at - step) for step in steps], axis=1)


def _runs(near: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Index runs of a closed line on which `near` holds, breaks of `BREAK_MM` bridged, at least `RUN_MM_MIN` long."""
    n = len(near)
    if not near.any():
        return []
    if near.all():
        return [np.arange(n)]
    start = int(np.flatnonzero(~near)[0])
    order = (np.arange(n) + start) % n
    index = np.flatnonzero(near[order])
    breaks = np.flatnonzero(np.diff(index) > BREAK_MM * CANVAS_PX_PER_MM)
    long_enough = RUN_MM_MIN * CANVAS_PX_PER_MM
    return [
        order[np.arange(run[0], run[-1] + 1)]
        for run in np.split(index, breaks + 1)
        if len(run) >= long_enough
    ]


def _describe(a: Shape, stretches: list[Floats], facing_mm: float) -> Contact:
    points = np.concatenate(stretches)
    middle = points.mean(axis=0)
    moved = np.zeros(4)
    for _ in range(3):
        at = _moved(points, middle, moved)
        away = a.distance(at)
        slope = np.stack(
            [
                (a.distance(at + step) - a.distance(at - step)) / (2 * float(step.sum()))
                for step in (np.array([0.2, 0.0]), np.array([0.0, 0.2]))
            ],
            axis=1,
        )
        lever = (slope * np.stack([-(at - middle)[:, 1], (at - middle)[:, 0]], 1)).sum(axis=1)
        design = np.column_stack([slope, lever, -np.ones(len(points))])
        rest = away - moved[3]
        weight = 1 / (1 + (rest / 0.3) ** 2)
        weight[np.abs(away) > 3 * REACH_MM] = 0
        # Neighbouring points of an outline tell the same: count one for each half millimetre.
        weight *= 2.0 / CANVAS_PX_PER_MM / 0.15**2
        prior = np.diag([1 / SHIFT_MM**2, 1 / SHIFT_MM**2, 1 / TURN_RAD**2, 1 / GAP_MM**2])
        goal = -(design * weight[:, None]).T @ rest - prior @ moved
        moved = moved + np.linalg.solve((design * weight[:, None]).T @ design + prior, goal)
    rough: list[Floats] = []
    spread: list[Floats] = []
    whole: list[Floats] = []
    length = 0.0
    for stretch in stretches:
        rest = a.distance(_moved(stretch, middle, moved)) - moved[3]
        rest = np.clip(rest, -1.5 * REACH_MM, 1.5 * REACH_MM)
        flat, waves = _waves(stretch), rest - _smoothed(rest)
        rough.append(flat)
        spread.append(waves)
        whole.append(rest)
        length += _length(stretch)
    return Contact(
        length,
        max(facing_mm, length),
        float(moved[3]),
        _spread(np.concatenate(spread)),
        _spread(np.concatenate(rough)),
        float(np.sqrt(np.mean(np.concatenate(whole) ** 2))),
        float(np.hypot(moved[0], moved[1])),
    )


def _moved(points: Floats, middle: Floats, moved: Floats) -> Floats:
    own = points - middle
    turned = np.stack([-own[:, 1], own[:, 0]], 1)
    return np.asarray(middle + own + moved[2] * turned + moved[:2], np.float64)


def _length(line: Floats) -> float:
    """Along the smoothed line, so that steps of pixels do not count."""
    smooth = np.stack([_smoothed(line[:, k], 1.0) for k in (0, 1)], axis=1)
    return float(np.linalg.norm(np.diff(smooth, axis=0), axis=1).sum())


def _smoothed(values: Floats, sigma_mm: float = WAVE_MM) -> Floats:
    """Local straight lines through the values, so that the ends do not sag."""
    sigma = min(sigma_mm * CANVAS_PX_PER_MM, len(values) / 3)
    reach = int(3 * sigma)
    # Mirror through the end points keeps value and slope.
    head = 2 * values[0] - values[min(reach, len(values) - 1) : 0 : -1]
    tail = 2 * values[-1] - values[-2 : -2 - min(reach, len(values) - 1) : -1]
    longer = np.concatenate([head, values, tail])
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weight = np.convolve(np.ones(len(longer)), kernel, "same")
    smooth: Floats = np.convolve(longer, kernel, "same") / weight
    return np.asarray(smooth[len(head) : len(head) + len(values)], np.float64)


def _waves(line: Floats) -> Floats:
    """How far the line lies beside its own smoothed course."""
    smooth = np.stack([_smoothed(line[:, k]) for k in (0, 1)], axis=1)
    course = np.gradient(smooth, axis=0)
    course /= np.maximum(np.linalg.norm(course, axis=1, keepdims=True), 1e-9)
    off = line - smooth
    return np.asarray(off[:, 0] * -course[:, 1] + off[:, 1] * course[:, 0])


def _spread(values: Floats) -> float:
    """Root mean square of the inner nineteen twentieths: a flake more or less is no other tear."""
    inner = np.sort(np.abs(values))[: max(1, round(0.95 * len(values)))]
    return float(np.sqrt(np.mean(inner**2)) * 1.10)
