"""Paper on the mat: pieces as heat has shrunk them, turned, laid down with their shadows, and ash between them.

All drawing happens in the plane of the tray, before the camera; the outline of every piece is carried along in
millimetres, so that the truth's polygons come from the masks and never from the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.damage import PX_PER_MM, Damaged, noise
from xiaoshi.core.notes.light import levels_of, light_of
from xiaoshi.core.notes.mat import MatSpec, RectMm, mat_picture
from xiaoshi.core.notes.packing import Place
from xiaoshi.core.notes.reference import Picture

DESK_MM = 25.0
"""How much of the desk round the page is drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Paper:
    """One piece as it lies flat: colour and cover (0 to 255) at PX_PER_MM, cut to its bounding box.

    `outline_mm`: (n, 2) its outer edge, `middle_mm` (the middle of the box) as origin; `note_area_mm2`: before the
    paper shrank; `sheets`: how many lie glued on each other.
    """

    note: int
    picture: Picture
    cover: Picture
    outline_mm: NDArray[np.float64]
    note_area_mm2: float
    sheets: int = 1


def papers_of(index: int, damaged: Damaged) -> list[Paper]:
    """Shift every point to where heat and curl have moved it, and cut the pieces out."""
    h, w = damaged.labels.shape
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    move = damaged.shift_mm * np.float32(PX_PER_MM)
    map_x, map_y = x - move[..., 0], y - move[..., 1]
    for _ in range(2):  # the shift is smooth: three fixed-point steps leave less than 0.01 mm
        there = cv2.remap(move, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        map_x, map_y = x - there[..., 0], y - there[..., 1]
    flat = cv2.remap(damaged.picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    papers = []
    for label in range(1, int(damaged.labels.max()) + 1):
        mask = (damaged.labels == label).astype(np.uint8) * 255
        cover = cv2.remap(mask, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        x0, y0, bw, bh = cv2.boundingRect(cover)
        middle = ((x0 + bw / 2) / PX_PER_MM, (y0 + bh / 2) / PX_PER_MM)
        cut = (slice(y0, y0 + bh), slice(x0, x0 + bw))
        papers.append(
            Paper(
                index,
                np.array(flat[cut], np.uint8),
                np.array(cover[cut], np.uint8),
                _outline_mm(mask, damaged.shift_mm) - np.array(middle),
                float(np.count_nonzero(mask)) / PX_PER_MM**2,
            )
        )
    return papers


def stuck_paper(index: int, sheets: Sequence[Damaged], rng: np.random.Generator) -> Paper:
    """Sheets that heat or water has glued into one thing, the first on top: each lower one 0.2 to 2 mm aside and up to 1
    degree turned, a dark line where one ends above another."""
    pad = round(4 * PX_PER_MM)
    h, w = (n + 2 * pad for n in sheets[0].labels.shape)
    picture, cover = np.zeros((h, w, 3), np.float32), np.zeros((h, w), np.float32)
    for depth in range(len(sheets) - 1, -1, -1):
        flat, sheet = _flat(sheets[depth])
        aside = rng.uniform(0.2, 2.0) * PX_PER_MM if depth else 0.0
        way, turn = rng.uniform(0, 2 * np.pi), (np.degrees(rng.uniform(-0.018, 0.018)) if depth else 0.0)
        move = np.asarray(cv2.getRotationMatrix2D((w / 2 - pad, h / 2 - pad), float(turn), 1.0), np.float64)
        move[:, 2] += pad + aside * np.array([np.cos(way), np.sin(way)])
        colour = cv2.warpAffine(flat, move, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        over = cv2.warpAffine(sheet, move, (w, h), flags=cv2.INTER_LINEAR).astype(np.float32) / 255
        edge = cv2.GaussianBlur(over, (0, 0), 0.35 * PX_PER_MM)[..., None] * (1 - over[..., None])
        picture = picture * (1 - 0.7 * edge)
        picture += over[..., None] * (colour - picture)
        cover = np.maximum(cover, over)
    whole = np.rint(cover * 255).astype(np.uint8)
    x0, y0, bw, bh = cv2.boundingRect(whole)
    cut = (slice(y0, y0 + bh), slice(x0, x0 + bw))
    middle = np.array([x0 + bw / 2, y0 + bh / 2]) / PX_PER_MM
    outline = _outline_mm((whole > 127).astype(np.uint8) * 255, np.zeros((h, w, 2), np.float32)) - middle
    shown = np.clip(picture[cut], 0, 255).astype(np.uint8)
    return Paper(
        index, shown, np.array(whole[cut]), outline, float((whole > 127).sum()) / PX_PER_MM**2, len(sheets)
    )


def _flat(damaged: Damaged) -> tuple[Picture, Picture]:
    """The whole note as heat has moved it: colour and cover."""
    h, w = damaged.labels.shape
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    move = damaged.shift_mm * np.float32(PX_PER_MM)
    map_x, map_y = x - move[..., 0], y - move[..., 1]
    flat = cv2.remap(damaged.picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = (damaged.labels > 0).astype(np.uint8) * 255
    cover = cv2.remap(mask, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(flat, np.uint8), np.asarray(cover, np.uint8)


@lru_cache(maxsize=2)
def _printed(spec: MatSpec, px_per_mm: float, font: bytes | None) -> Picture:
    return mat_picture(spec, px_per_mm, font)


def ground(
    spec: MatSpec | None,
    page_mm: tuple[float, float],
    px_per_mm: float,
    font: bytes | None,
    rng: np.random.Generator,
) -> Picture:
    """A wooden desk with the mat on it (or without)."""
    w, h = (round((edge + 2 * DESK_MM) * px_per_mm) for edge in page_mm)
    grain = noise(rng, (h // 4 + 1, 64), 60, 5)
    grain = np.asarray(cv2.resize(grain, (w // 4 + 1, h // 4 + 1), interpolation=cv2.INTER_CUBIC), np.float32)
    tone = (1 + 0.10 * grain + 0.05 * np.sin(9 * grain))[..., None] * np.array((82, 122, 164), np.float32)
    plane = cv2.resize(np.clip(tone, 0, 255).astype(np.uint8), (w, h), interpolation=cv2.INTER_LINEAR)
    if spec is not None:
        printed = _printed(spec, px_per_mm, font)
        uneven = 1 + 0.012 * noise(rng, (printed.shape[0] // 16 + 1, printed.shape[1] // 16 + 1), 20, 4)
        factor = cv2.resize(uneven, printed.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        edge = round(DESK_MM * px_per_mm)
        window = plane[edge : edge + printed.shape[0], edge : edge + printed.shape[1]]
        window[:] = cv2.multiply(printed, cv2.merge([factor] * 3), dtype=cv2.CV_8U)
    return np.asarray(plane, np.uint8)


def crumbs(
    plane: Picture,
    px_per_mm: float,
    tray: RectMm,
    papers: Sequence[Paper],
    places: Sequence[Place],
    rng: np.random.Generator,
    count: tuple[int, int] = (4, 25),
) -> None:
    """Ash: `count` (least, most) dark flakes of 0.3 to 3 mm, away from the pieces so that no truth becomes a matter of taste."""
    for _ in range(int(rng.integers(count[0], count[1] + 1))):
        x, y = rng.uniform(2, tray[2] - 2), rng.uniform(2, tray[3] - 2)
        size, points = float(np.clip(rng.exponential(0.6) + 0.15, 0.15, 1.5)), int(rng.integers(5, 9))
        radius = rng.uniform(0.5, 1.0, points) * size
        turn = np.sort(rng.uniform(0, 2 * np.pi, points))
        shade = int(rng.integers(15, 75))
        near = [
            np.hypot(x - place.x_mm, y - place.y_mm) < 3 + 0.5 * np.hypot(*paper.cover.shape) / PX_PER_MM
            for paper, place in zip(papers, places, strict=True)
        ]
        if any(near):
            continue
        flake = np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], 1)
        flake = (flake + np.array(tray[:2]) + DESK_MM) * px_per_mm
        cv2.fillPoly(plane, [np.rint(flake * 16).astype(np.int32)], (shade, shade, shade + 4), cv2.LINE_AA, 4)


def lay_down(
    plane: Picture,
    px_per_mm: float,
    paper: Paper,
    at_mm: tuple[float, float],
    turn: float,
    rng: np.random.Generator,
) -> None:
    """Warp the piece onto the plane, its soft shadow first."""
    scale = px_per_mm / PX_PER_MM
    h, w = paper.cover.shape
    pad = round(4 * px_per_mm)
    c, s = abs(np.cos(turn)), abs(np.sin(turn))
    ww, wh = int((w * c + h * s) * scale) + 2 * pad, int((w * s + h * c) * scale) + 2 * pad
    centre = (np.array(at_mm) + DESK_MM) * px_per_mm
    x0, y0 = (int(np.floor(v)) for v in centre - np.array([ww / 2, wh / 2]))
    x0, y0 = int(np.clip(x0, 0, plane.shape[1] - ww)), int(np.clip(y0, 0, plane.shape[0] - wh))
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * scale
    offset = centre - np.array([x0, y0]) - 0.5 - turned @ np.array([w / 2 - 0.5, h / 2 - 0.5])
    matrix = np.column_stack([turned, offset])
    colour = cv2.warpAffine(
        paper.picture, matrix, (ww, wh), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    cover = (
        cv2.warpAffine(paper.cover, matrix, (ww, wh), flags=cv2.INTER_LINEAR)[..., None].astype(np.float32)
        / 255
    )
    lift = rng.uniform(0.2, 0.9) * px_per_mm
    move = np.array([[1, 0, 0.6 * lift], [0, 1, 0.8 * lift]])
    shadow = cv2.GaussianBlur(cv2.warpAffine(cover, move, (ww, wh)), (0, 0), max(0.5, 0.7 * lift))[..., None]
    window = plane[y0 : y0 + wh, x0 : x0 + ww]
    ground = light_of(np.rint(window * (1 - np.float32(0.42) * shadow)).astype(np.uint8)).astype(np.float32)
    paper_light = light_of(np.asarray(colour, np.uint8)).astype(np.float32)
    window[:] = levels_of(np.rint(ground + cover * (paper_light - ground)).astype(np.uint16))


def _outline_mm(mask: Picture, shift_mm: NDArray[np.float32]) -> NDArray[np.float64]:
    """The outer edge of a piece in the note's millimetres, through the corners of its pixels, moved as the paper was."""
    # the lattice of pixel corners: a corner belongs to the piece if one of its four pixels does
    lattice = cv2.dilate(np.pad(mask, 1), np.ones((2, 2), np.uint8), anchor=(1, 1))
    contours, _ = cv2.findContours(lattice, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    corners = max(contours, key=cv2.contourArea).reshape(-1, 2).astype(np.float32) - 1
    at = np.ascontiguousarray(corners - 0.5)
    shift = cv2.remap(
        shift_mm, at[:, 0].copy(), at[:, 1].copy(), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    ).reshape(-1, 2)
    return np.asarray(corners.astype(np.float64) / PX_PER_MM + shift, np.float64)
