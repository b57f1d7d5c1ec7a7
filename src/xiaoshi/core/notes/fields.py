"""Scalar fields over one note, at PX_PER_MM: what the simulator's damages are made of.

A field is (height, width) float32 in the note's own pixels; a point is the middle of a pixel. Lengths are millimetres.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Mask = NDArray[np.bool_]

PX_PER_MM = 10.0


def noise(rng: np.random.Generator, shape: tuple[int, int], cell_px: float, octaves: int = 4) -> Field:
    """Fractal noise of about zero mean and unit spread; the coarsest bumps are `cell_px` wide."""
    h, w = shape
    total = np.zeros(shape, np.float32)
    weight_sum = 0.0
    for octave in range(octaves):
        step = max(cell_px / 2**octave, 1.0)
        grid = rng.standard_normal((int(h / step) + 4, int(w / step) + 4)).astype(np.float32)
        weight = 0.55**octave
        full = cv2.resize(
            grid,
            (int(grid.shape[1] * step) + 1, int(grid.shape[0] * step) + 1),
            interpolation=cv2.INTER_CUBIC,
        )
        oy, ox = int(rng.integers(0, max(1, int(step)))), int(rng.integers(0, max(1, int(step))))
        total += weight * full[oy : oy + h, ox : ox + w]
        weight_sum += weight**2
    return total / np.float32(0.75 * np.sqrt(weight_sum))


def grid_mm(shape: tuple[int, int]) -> tuple[Field, Field]:
    """x as one row, y as one column: the middles of the pixels in mm."""
    x = (np.arange(shape[1], dtype=np.float32)[None, :] + 0.5) / np.float32(PX_PER_MM)
    y = (np.arange(shape[0], dtype=np.float32)[:, None] + 0.5) / np.float32(PX_PER_MM)
    return x, y


def away_mm(mask: Mask) -> Field:
    """How far each point is from the nearest point of the mask."""
    if not mask.any():
        return np.full(mask.shape, np.float32(1e3), np.float32)
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(away / np.float32(PX_PER_MM), np.float32)


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, int], cell_px: float, octaves: int = 3, step: int = 4
) -> Field:
    """`noise` drawn on every `step`th pixel and enlarged: for what has no fine detail."""
    small = noise(rng, (shape[0] // step + 2, shape[1] // step + 2), cell_px / step, octaves)
    return np.asarray(
        cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR).astype(np.float32), np.float32
    )
