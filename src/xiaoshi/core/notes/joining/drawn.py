"""Torn notes in the note's own coordinates: many, fast, no photo, every piece with the note it came from.

Problem. How often two different notes fit each other by chance cannot be counted on a few dozen photos; it takes tens of
thousands of pairs. Choice: only outlines are drawn, at 12 px a millimetre, as the engine would see them after laying the
pieces into the note: torn along random walks, some parts burnt off, some tears widened by fire, and every piece laid in a
little wrong. Another method than `notes.damage` (walks and polygons, not noise fields), so that figures on simulated photos
are a second opinion.

    tear      a walk from border to border of the largest piece; roughness 0 (scissors) to 1.6 mm over 20 mm; paper lost
              along it 0 to 0.25 mm a side; one tear in seven goes along the fold in the middle of the note, almost straight
    burnt gap one tear in eight was opened by fire: a strip of 0.5 to 7 mm is gone, uneven
    fire      one note in three has lost a part from a border or corner
    laid in   shift 0.12 mm, turn 0.1 degrees, stretch 0.1 %, a bend of 0.08 mm (standard deviations)

Left out: pieces that lie face down (masks arrive as seen from the front), colours, print.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.register import CANVAS_PX_PER_MM

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

FINE = 2
"""Times the canvas' resolution at which tears are drawn."""
PIECE_MM2_MIN = 120.0


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPiece:
    """`note`: number of the note it came from; `mask`: where it was laid in, at CANVAS_PX_PER_MM."""

    note: int
    mask: Mask


def torn_notes(
    rng: np.random.Generator,
    count: int,
    *,
    size_mm: tuple[float, float] = (155.0, 77.0),
    parts: tuple[int, int] = (2, 5),
) -> list[DrawnPiece]:
    """The pieces of `count` notes of one kind, each torn in `parts` (least, most)."""
    pieces: list[DrawnPiece] = []
    for note in range(count):
        for mask in torn_note(rng, size_mm, int(rng.integers(parts[0], parts[1] + 1))):
            pieces.append(DrawnPiece(note, laid_in(rng, mask)))
    return pieces


def torn_note(rng: np.random.Generator, size_mm: tuple[float, float], count: int) -> list[Mask]:
    """Fine masks of the pieces of one note, where they truly belong."""
    scale = CANVAS_PX_PER_MM * FINE
    shape = (round(size_mm[1] * scale), round(size_mm[0] * scale))
    whole = ~_fire(rng, shape) if rng.random() < 1 / 3 else np.ones(shape, bool)
    pieces = [whole]
    for _ in range(count - 1):
        pieces.sort(key=lambda piece: -int(piece.sum()))
        largest = pieces.pop(0)
        side, lost = _tear(rng, largest)
        pieces += [largest & side & ~lost, largest & ~side & ~lost]
    out: list[Mask] = []
    for piece in pieces:
        number, labels, stats, _ = cv2.connectedComponentsWithStats(piece.astype(np.uint8), connectivity=4)
        out += [
            np.asarray(labels == n)
            for n in range(1, number)
            if stats[n, cv2.CC_STAT_AREA] >= PIECE_MM2_MIN * scale**2
        ]
    return out


def _walk(rng: np.random.Generator, count: int, rough_mm: float, scale: float) -> Floats:
    """A line of `count` px that leaves straightness by about `rough_mm` over 20 mm: midpoint displacement."""
    steps = 2 ** int(np.ceil(np.log2(max(count, 4))))
    line = np.zeros(steps + 1)
    span, size = steps, rough_mm * scale * (steps / (20 * scale)) ** 0.8
    while span > 1:
        half = span // 2
        line[half::span] = (line[:-1:span] + line[span::span]) / 2 + rng.normal(0, size, steps // span)
        span, size = half, size * 0.5**0.8
    return line[:count]


def _tear(rng: np.random.Generator, piece: Mask) -> tuple[Mask, Mask]:
    """One side of a tear across the piece, and the paper that is lost along it."""
    scale = CANVAS_PX_PER_MM * FINE
    height, width = piece.shape
    rows, columns = np.nonzero(piece[::16, ::16])
    points = np.stack([columns, rows], 1) * 16.0
    middle = points.mean(axis=0)
    axes = np.linalg.eigh(np.cov((points - middle).T) + np.eye(2))[1]
    reach = float(np.ptp((points - middle) @ axes[:, 1]))
    turn = float(np.arctan2(axes[1, 1], axes[0, 1])) + rng.normal(0, 0.3)
    at = middle + axes[:, 1] * rng.uniform(-0.18, 0.18) * reach
    rough = rng.uniform(0.25, 1.6)
    if rng.random() < 1 / 7:
        # along the fold that every wallet makes: all such tears lie at the same place
        at, turn, rough = np.array([width / 2 + rng.normal(0, 0.6 * scale), height / 2]), 0.0, 0.12
    elif rng.random() < 1 / 12:
        rough = 0.0
    count = int(np.hypot(width, height)) + 64
    along = np.arange(count) - count / 2
    across = _walk(rng, count, rough, scale) if rough else np.zeros(count)
    across = across - across[count // 2]
    normal, tangent = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    line = at + along[:, None] * tangent + across[:, None] * normal
    far = 2.0 * count * normal
    side = np.zeros(piece.shape, np.uint8)
    polygon = np.concatenate([line, (line + far)[::-1]])
    cv2.fillPoly(side, [np.rint(polygon).astype(np.int32)], 1)
    lost_mm = rng.uniform(0.02, 0.25)
    if rng.random() < 1 / 8:
        lost_mm = rng.uniform(0.25, 3.5)
    wide = lost_mm * (
        1 + 0.5 * _walk(rng, count, 1.0, 1.0) / max(float(np.ptp(_walk(rng, count, 1.0, 1.0))), 1e-6)
    )
    lost = np.zeros(piece.shape, np.uint8)
    for k in range(0, count - 8, 8):
        thick = max(1, round(2 * abs(float(wide[k])) * scale))
        cv2.line(lost, _px(line[k]), _px(line[k + 8]), 1, thick)
    return side > 0, lost > 0


def _px(point: Floats) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _fire(rng: np.random.Generator, shape: tuple[int, int]) -> Mask:
    """What burnt away, from a border or a corner."""
    grid = rng.standard_normal((8, 14)).astype(np.float32)
    size = (shape[1] // 4, shape[0] // 4)
    fine = rng.standard_normal((24, 48)).astype(np.float32)
    small = np.asarray(cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC), np.float32)
    small = small + np.float32(0.3) * np.asarray(
        cv2.resize(fine, size, interpolation=cv2.INTER_CUBIC), np.float32
    )
    y, x = np.mgrid[0 : small.shape[0], 0 : small.shape[1]].astype(np.float32)
    turn = rng.uniform(0, 2 * np.pi)
    field = x * np.cos(turn) + y * np.sin(turn) + 16.0 * small
    gone = field > np.quantile(field[::4, ::4], rng.uniform(0.55, 0.97))
    return np.asarray(
        cv2.resize(gone.astype(np.uint8), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST) > 0
    )


def laid_in(rng: np.random.Generator, mask: Mask) -> Mask:
    """A fine mask as registration would draw it on the canvas: a little wrong."""
    height, width = (round(v / FINE) for v in mask.shape)
    turn, stretch = np.deg2rad(rng.normal(0, 0.1)), 1 + rng.normal(0, 0.001, 2)
    shift = rng.normal(0, 0.12, 2) * CANVAS_PX_PER_MM
    bend = rng.normal(0, 0.08, (2, 3, 4)).astype(np.float32) * CANVAS_PX_PER_MM
    ys, xs = np.nonzero(mask[::16, ::16])
    cx, cy = xs.mean() * 16 / FINE, ys.mean() * 16 / FINE
    x, y = np.meshgrid(np.arange(width, dtype=np.float32) - cx, np.arange(height, dtype=np.float32) - cy)
    bends = [cv2.resize(layer, (width, height), interpolation=cv2.INTER_CUBIC) for layer in bend]
    at_x = (x * np.cos(turn) - y * np.sin(turn)) * stretch[0] + cx + shift[0] + bends[0]
    at_y = (x * np.sin(turn) + y * np.cos(turn)) * stretch[1] + cy + shift[1] + bends[1]
    at_x, at_y = ((v * FINE + (FINE - 1) / 2).astype(np.float32) for v in (at_x, at_y))
    soft = cv2.blur(mask.astype(np.float32), (FINE, FINE))
    return np.asarray(cv2.remap(soft, at_x, at_y, cv2.INTER_LINEAR, borderValue=0) > 0.5)
