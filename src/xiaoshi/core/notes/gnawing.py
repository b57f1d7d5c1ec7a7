"""What insects, mice and hands take away: masks of loss in the note's own coordinates.

| damage | parameters |
| --- | --- |
| moth | 6 to 40 grazed patches of 0.6 to 4 mm radius, two thirds in clusters, a third from the edges inwards, borders ragged by 0.3 mm |
| mouse | 1 to 3 runs of bites along an edge or corner: scallops of 1.5 to 3.5 mm radius, 2 to 25 mm deep, then shreds |
| torn in k | k - 1 cuts, each through the largest part there is, near its middle, across its longer side +-0.6 rad, bent by 0.8 to 2 mm; 0.16 mm of paper is lost along each |

How much is left is counted from the mask that comes out (`damage`), never taken from these figures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.fields import PX_PER_MM, Field, Mask, grid_mm, noise

TEAR_HALF_MM = 0.08


def moth(rng: np.random.Generator, shape: tuple[int, int]) -> Mask:
    """Small ragged holes, in clusters and along the edges."""
    x, y = grid_mm(shape)
    wide, high = float(x.max()), float(y.max())
    rough = noise(rng, shape, 12, 3) * np.float32(0.3)
    lost = np.zeros(shape, bool)
    clusters = rng.uniform((0, 0), (wide, high), (3, 2))
    for _ in range(int(rng.integers(6, 41))):
        kind = rng.random()
        if kind < 0.33:
            at = np.array([rng.uniform(0, wide), rng.choice([0.0, high]) + rng.normal(0, 1.5)])
        else:
            at = clusters[int(rng.integers(0, 3))] + rng.normal(0, 9, 2)
        radius = float(np.clip(rng.exponential(1.3) + 0.6, 0.6, 4.0))
        _carve(lost, x, y, rough, at, radius)
    return lost


def mouse(rng: np.random.Generator, shape: tuple[int, int]) -> Mask:
    """Runs of bites from the edge inwards."""
    x, y = grid_mm(shape)
    wide, high = float(x.max()), float(y.max())
    rough = noise(rng, shape, 20, 3) * np.float32(0.25)
    lost = np.zeros(shape, bool)
    for _ in range(int(rng.integers(1, 4))):
        far, depth = rng.uniform(8, 45), rng.uniform(2, 25)
        start, side = rng.uniform(0, 1), int(rng.integers(0, 4))
        for along in np.arange(-far, far, 2.0):
            deep = depth * (1 - (along / far) ** 2) * rng.uniform(0.6, 1.1)
            for inward in np.arange(-1.0, deep, 2.2):
                place = {
                    0: (start * wide + along, inward),
                    1: (start * wide + along, high - inward),
                    2: (inward, start * high + along),
                    3: (wide - inward, start * high + along),
                }[side]
                at = np.array(place) + rng.normal(0, 0.5, 2)
                _carve(lost, x, y, rough, at, float(rng.uniform(1.5, 3.5)))
    return lost


def _carve(lost: Mask, x: Field, y: Field, rough: Field, at: NDArray[np.float64], radius: float) -> None:
    """Take a ragged disc out, looking only at the window it can reach."""
    reach = radius + 1.5
    x0, x1 = (int(np.clip((at[0] + d) * PX_PER_MM, 0, lost.shape[1])) for d in (-reach, reach))
    y0, y1 = (int(np.clip((at[1] + d) * PX_PER_MM, 0, lost.shape[0])) for d in (-reach, reach))
    if x1 <= x0 or y1 <= y0:
        return
    away = np.hypot(x[:, x0:x1] - np.float32(at[0]), y[y0:y1] - np.float32(at[1]))
    lost[y0:y1, x0:x1] |= away + rough[y0:y1, x0:x1] < radius


def torn_in(rng: np.random.Generator, present: Mask, count: int) -> tuple[NDArray[np.int32], Mask]:
    """Parts 0..count-1 (-1 where paper is lost along a tear), and the tears."""
    shape = (present.shape[0], present.shape[1])
    x, y = grid_mm(shape)
    parts = np.zeros(shape, np.int32)
    line = np.zeros(shape, bool)
    for number in range(1, count):
        sizes = np.bincount(parts[present & (parts >= 0)], minlength=number)
        largest = int(np.argmax(sizes))
        rows, columns = np.nonzero((parts == largest)[::8, ::8] & present[::8, ::8])
        if len(rows) < 8:
            break
        points = np.stack([columns, rows], 1) * (8 / PX_PER_MM)
        middle = points.mean(axis=0)
        axes = np.linalg.eigh(np.cov((points - middle).T))[1]
        long_way = float(np.arctan2(axes[1, 1], axes[0, 1]))
        turn = long_way + rng.normal(0, 0.3)
        reach = np.ptp((points - middle) @ axes[:, 1])
        at = middle + axes[:, 1] * rng.uniform(-0.16, 0.16) * reach
        bend = noise(rng, shape, 160, 6) * np.float32(rng.uniform(0.8, 2.0))
        side = (x - np.float32(at[0])) * np.float32(np.cos(turn)) + (y - np.float32(at[1])) * np.float32(
            np.sin(turn)
        )
        side = side + bend
        here = parts == largest
        parts[here & (side > 0)] = number
        line |= here & (np.abs(side) < TEAR_HALF_MM)
    return np.where(line, -1, parts), line
