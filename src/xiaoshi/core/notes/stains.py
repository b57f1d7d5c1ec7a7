"""What lies on the paper or has soaked into it: soot, carbonisation, mould, water, tape. Colour only, no loss of area.

| damage | parameters (drawn uniformly) | legible |
| --- | --- | --- |
| soot | film of 0.15 to 0.75 at its darkest, bumps of 45 mm, fading over the note; 0 to 3 smears 6 to 14 mm wide | under 0.85 |
| carbonised | degree 0.3 to 0.9, uneven by 0.08; print keeps 1 - degree of its contrast | degree under 0.6 |
| mould | 4 to 14 colonies of 3 to 22 mm, greenish, black or pinkish grey, cover up to 0.85, speckled | all |
| water | 1 to 3 tide lines 0.8 to 2 mm wide, pale inside, brown; wrinkles of 12 mm as shading +-10 % | all |
| tape | strip 12 to 19 mm wide along each tear, yellowed by 0.04 to 0.18, a matt gloss of up to 0.25, edges as fine lines | all |

Order of 2026: what of a note can still be read is for a person to say; the limits above are the simulator's own.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.fields import PX_PER_MM, Field, Mask, away_mm, grid_mm, noise, smooth_noise

CHAR_LEGIBLE_MAX = 0.6
SOOT_LEGIBLE_MAX = 0.85


def _size(paper: Field) -> tuple[int, int]:
    return paper.shape[0], paper.shape[1]


def soot(paper: Field, rng: np.random.Generator) -> tuple[Field, Mask]:
    """Smoke film and smears of fingers; and where it is too thick to read."""
    shape = _size(paper)
    x, y = grid_mm(shape)
    turn, most = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.75)
    across = (np.cos(turn) * x / x.max() + np.sin(turn) * y / y.max()).astype(np.float32)
    across = (across - across.min()) / max(float(np.ptp(across)), 1e-6)
    film = most * (0.25 + 0.75 * across) * (1 + 0.35 * smooth_noise(rng, shape, 450, 4))
    for _ in range(int(rng.integers(0, 4))):
        way, wide = rng.uniform(0, np.pi), rng.uniform(3.0, 7.0)
        cx, cy = rng.uniform(0, x.max()), rng.uniform(0, y.max())
        aside = (x - cx) * np.cos(way) + (y - cy) * np.sin(way)
        along = -(x - cx) * np.sin(way) + (y - cy) * np.cos(way)
        film = film + rng.uniform(-0.25, 0.3) * np.exp(-((aside / wide) ** 2) - (along / (4 * wide)) ** 2)
    film = np.clip(film, 0, 0.92).astype(np.float32)
    grain = (18 + 5 * noise(rng, shape, 8, 2))[..., None]
    return np.asarray(paper * (1 - film[..., None]) + grain * film[..., None], np.float32), np.asarray(
        film > SOOT_LEGIBLE_MAX
    )


def carbonise(paper: Field, degree: float, rng: np.random.Generator) -> tuple[Field, Mask]:
    """Baked through: brown to black, print as a relief of 1 - degree of its contrast; and where it cannot be read."""
    shape = _size(paper)
    local = np.clip(degree + 0.08 * smooth_noise(rng, shape, 300, 3), 0.05, 0.96).astype(np.float32)
    ash = (22 + 4 * noise(rng, shape, 25, 3))[..., None] * np.array((0.94, 1.0, 1.07), np.float32)
    baked = paper * (1 - 0.55 * local[..., None] * np.array((1.0, 0.8, 0.6), np.float32))
    return np.asarray(baked * (1 - local[..., None]) + ash * local[..., None], np.float32), np.asarray(
        local > CHAR_LEGIBLE_MAX
    )


def mould(paper: Field, rng: np.random.Generator) -> Field:
    """Colonies with a soft, speckled border."""
    shape = _size(paper)
    x, y = grid_mm(shape)
    hues = np.array(((70, 105, 90), (48, 52, 50), (150, 140, 165), (95, 120, 130)), np.float32)
    rough = noise(rng, shape, 30, 4)
    for _ in range(int(rng.integers(4, 15))):
        cx, cy, radius = rng.uniform(0, x.max()), rng.uniform(0, y.max()), rng.uniform(1.5, 11.0)
        inside = radius - np.hypot(x - np.float32(cx), y - np.float32(cy)) + 1.2 * rough
        cover = np.clip(inside / (0.5 * radius), 0, 1) * rng.uniform(0.35, 0.85) * (0.75 + 0.25 * (rough > 0))
        hue = hues[int(rng.integers(0, len(hues)))]
        paper = paper * (1 - cover[..., None]) + hue * cover[..., None]
    return np.asarray(paper, np.float32)


def water(paper: Field, rng: np.random.Generator) -> Field:
    """Tide lines, washed out inside; wrinkles as light and shade."""
    shape = _size(paper)
    x, y = grid_mm(shape)
    bend = smooth_noise(rng, shape, 220, 4)
    for _ in range(int(rng.integers(1, 4))):
        cx, cy, reach = rng.uniform(0, x.max()), rng.uniform(0, y.max()), rng.uniform(12, 45)
        inside = reach - np.hypot(x - np.float32(cx), y - np.float32(cy)) + 4 * bend
        pale = (np.clip(inside / 6, 0, 1) * rng.uniform(0.05, 0.25))[..., None]
        paper = paper * (1 - pale) + np.array((205, 218, 222), np.float32) * pale
        wide = rng.uniform(0.4, 1.0)
        tide = (np.exp(-((inside / wide) ** 2)) * rng.uniform(0.25, 0.6))[..., None]
        paper = paper * (1 - tide) + np.array((62, 92, 118), np.float32) * tide
    wrinkle = smooth_noise(rng, shape, 120, 2)
    slope = cv2.Sobel(wrinkle, cv2.CV_32F, 1, 0, ksize=5) + cv2.Sobel(wrinkle, cv2.CV_32F, 0, 1, ksize=5)
    shade = 1 + 0.05 * np.clip(slope / max(float(slope.std()), 1e-6), -2, 2)
    return np.asarray(paper * shade[..., None], np.float32)


def tape(paper: Field, tear: Mask, rng: np.random.Generator) -> Field:
    """Clear tape along the tears: yellowed, a little glossy, with the fine line of its own edges."""
    if not tear.any():
        return paper
    half = np.float32(rng.uniform(6.0, 9.5))
    tilt: NDArray[np.bool_] = tear
    away = away_mm(tilt) + 0.15 * smooth_noise(rng, _size(paper), 200, 2)
    strip = (away < half)[..., None].astype(np.float32)
    yellow = strip * np.float32(rng.uniform(0.04, 0.18))
    paper = paper * (1 - yellow) + np.array((120, 205, 225), np.float32) * yellow
    sheen = np.clip(0.5 + 0.5 * smooth_noise(rng, _size(paper), 260, 2), 0, 1) * rng.uniform(0.0, 0.25)
    paper = paper + strip * sheen[..., None] * (235 - paper)
    rim = (np.abs(away - half) < 0.5 / PX_PER_MM * 2)[..., None] * np.float32(0.25)
    return np.asarray(paper * (1 - rim) + 90 * rim, np.float32)
