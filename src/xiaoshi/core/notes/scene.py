"""What is wrong with the scene rather than with a piece: copies, a mat of another size, a screen, reflections.

Looked at once the pieces of a photo are named and laid in. Each finding becomes a problem of the photo with what to do, and a
doubt of the pieces that it touches, so that people decide on them and nothing of it counts for certain. A few per
cent of a tray's time (all at 2 px a millimetre).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.copies import LOOK_PX_PER_MM, PaperLook, copy_words, look_at_paper
from xiaoshi.core.notes.mat_light import whites_of
from xiaoshi.core.notes.mat_scale import LARGER_OFF, larger_words, mat_scale, scale_words, sheet_size
from xiaoshi.core.notes.model import Reason
from xiaoshi.core.notes.piecework import SeenPiece
from xiaoshi.core.notes.plane import Plane
from xiaoshi.core.notes.reference import Picture
from xiaoshi.core.notes.screen import AMPLITUDE_MIN, grid_on_white, screen_words
from xiaoshi.core.problems import Problem, Words

Mask = NDArray[np.bool_]

SATURATED, OVER_WHITE, WHITE_MAX = 251.0, 1.2, 242.0
GLARE_MM2_MIN = 12.0


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A photo with a mat: its name and pixels, and the rectified tray."""

    name: str
    pixels: Picture
    plane: Plane
    flat: Picture
    px_per_mm: float


def with_scene_doubts(scene: Scene, pieces: Sequence[SeenPiece]) -> tuple[list[SeenPiece], list[Problem]]:
    """The pieces with the doubts of the scene, and its problems. A scan without a mat is told nothing here."""
    mat = scene.plane.mat
    if mat is None:
        return list(pieces), []
    whites = whites_of(scene.pixels, scene.plane, mat)
    if not len(whites):
        return list(pieces), []
    scale = LOOK_PX_PER_MM / scene.px_per_mm
    flat = np.asarray(
        cv2.resize(scene.flat, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
    )
    covers = [_cover(piece, scene.plane, flat.shape) for piece in pieces]
    white = np.median(whites, axis=0)
    looks = [
        None if piece.registered is None else look_at_paper(piece.registered, flat, cover, white)
        for piece, cover in zip(pieces, covers, strict=True)
    ]
    doubts: list[list[Reason]] = [[] for _ in pieces]
    problems: list[Problem] = []
    _copies(scene.name, looks, doubts, problems)
    _scale(scene, pieces, looks, doubts, problems)
    _glare(scene.name, flat, whites.astype(np.float64), covers, doubts, problems)
    if grid_on_white(scene.pixels, scene.plane) > AMPLITUDE_MIN:
        problems.append(Problem("screen_suspected", screen_words(), scene.name))
        for told in doubts:
            told.append(Reason("screen_suspected", screen_words()))
    doubted = [
        replace(piece, doubts=(*piece.doubts, *told)) if told else piece
        for piece, told in zip(pieces, doubts, strict=True)
    ]
    return doubted, problems


def _cover(piece: SeenPiece, plane: Plane, shape: tuple[int, ...]) -> Picture:
    """255 where the piece lies on the small rectified tray."""
    at = plane.to_mm(np.array(piece.polygon)) - (plane.area.x_mm, plane.area.y_mm)
    cover = np.zeros(shape[:2], np.uint8)
    line = np.rint((at * LOOK_PX_PER_MM - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(cover, [line], (255,), cv2.LINE_8, 4)
    return cover


def _copies(
    name: str, looks: Sequence[PaperLook | None], doubts: list[list[Reason]], problems: list[Problem]
) -> None:
    for n, look in enumerate(looks):
        words = None if look is None else copy_words(look)
        if words is not None:
            doubts[n].append(Reason("copy_suspected", words))
            problems.append(Problem("copy_suspected", words, f"{name}#{n + 1}"))


def _scale(
    scene: Scene,
    pieces: Sequence[SeenPiece],
    looks: Sequence[PaperLook | None],
    doubts: list[list[Reason]],
    problems: list[Problem],
) -> None:
    sizes = {n: look.size for n, look in enumerate(looks) if look is not None and look.size is not None}
    told = mat_scale(sheet_size(scene.pixels, scene.plane), list(sizes.values()))
    if told is not None:
        words = scale_words(told)
        problems.append(Problem("mat_scale_off", words, scene.name))
        for n, piece in enumerate(pieces):
            # what the print measures does not depend on the mat's scale; outlines do
            if piece.registered is None or (told.printed < 1 and not told.sure):
                doubts[n].append(Reason("mat_scale_off", words))
    mat_is = 1.0 if told is None else 1 / told.printed
    for n, size in sizes.items():
        if size > mat_is * (1 + LARGER_OFF):
            doubts[n].append(Reason("larger_than_its_kind", larger_words(size)))
            problems.append(Problem("larger_than_its_kind", larger_words(size), f"{scene.name}#{n + 1}"))


def _glare(
    name: str,
    flat: Picture,
    whites: NDArray[np.float64],
    covers: Sequence[Picture],
    doubts: list[list[Reason]],
    problems: list[Problem],
) -> None:
    """Reflections that lie on a piece, or beside it, where they look like paper."""
    brightest = np.percentile(whites, 95, axis=0)
    if brightest.min() > WHITE_MAX:
        return
    over = np.asarray((flat >= np.minimum(OVER_WHITE * brightest, SATURATED)).all(axis=2), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(over, connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= GLARE_MM2_MIN * LOOK_PX_PER_MM**2
    large[0] = False
    if not large[:count].any():
        return
    near = cv2.dilate(large[labels].astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    for n, cover in enumerate(covers):
        if (near & (cover > 0)).any():
            doubts[n].append(Reason("glare_on_piece", glare_words()))
            problems.append(Problem("glare_on_piece", glare_words(), f"{name}#{n + 1}"))


def glare_words() -> Words:
    """Why a piece under a reflection is not decided."""
    return Words(
        "残币上或旁边有反光，分不清是纸还是亮光，面积不作准；请移开灯光，取下玻璃或塑料膜后重拍",
        "a reflection lies on the piece or beside it and looks like paper: its area is not to be relied on; move the lamp, take "
        "glass or film away and take the photo again",
    )
