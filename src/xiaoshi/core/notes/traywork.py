"""One picture: from pixels to pieces that are named and laid into their notes.

Three ways lead through here, chosen by what the picture offers: with a mat (scale and plane from its markers), as a
scan (scale given by the caller), or without scale (`naming`: names, never areas). What cannot be done becomes a
problem with words; the pieces that were found stay in the answer even where nothing can be said about them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.faces import PreparedLibrary, features_of
from xiaoshi.core.notes.ground import contrast_problem, fit_ground
from xiaoshi.core.notes.identify import Found, identify, strongest
from xiaoshi.core.notes.model import Point, Scale, TrayImage
from xiaoshi.core.notes.pieces import Blob, find_blobs
from xiaoshi.core.notes.piecework import SeenPiece as SeenPiece
from xiaoshi.core.notes.piecework import look_at, print_agrees
from xiaoshi.core.notes.plane import Plane, find_mat, plane_of_scan
from xiaoshi.core.notes.quality import blurred, mat_partly_hidden, mat_unsound, no_mat, two_mats, unfit
from xiaoshi.core.notes.reading_numbers import with_zones
from xiaoshi.core.notes.reference import Picture
from xiaoshi.core.notes.register import register
from xiaoshi.core.notes.scene import Scene, with_scene_doubts
from xiaoshi.core.problems import Problem, Words

WORK_PX_PER_MM = 8.0
WORK_PIXELS_MAX = 40e6
MM_PER_PX_RANGE = (0.005, 0.6)
SCALE_CONFLICT = 0.03
CRUMBS_MM2_TOLD = 100.0
UNSURE_SHARE_TOLD = 0.005
NAMING_GROWTH = (0.04, 1.0)
"""Millimetres of note per pixel of a photo without scale."""


@dataclass(frozen=True, slots=True, eq=False)
class SeenTray:
    """All of one picture. `looked_at`: False where the picture was refused altogether; `hides_char`: char cannot be
    seen on its ground; `plane`: None where nothing was measured."""

    scale: Scale
    pieces: tuple[SeenPiece, ...]
    problems: tuple[Problem, ...]
    looked_at: bool
    hides_char: bool = False
    plane: Plane | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A picture that was looked at elsewhere: `small` is its thumb (see `twice`), `tray` what `look` told of it."""

    name: str
    small: NDArray[np.float32] | None
    tray: SeenTray


def look(image: TrayImage, library: PreparedLibrary, mm_per_px: float | None) -> SeenTray:
    """Everything that one picture tells. Never raises on a picture, however odd."""
    nothing = Scale(image.name, None, "none")
    refusal = unfit(image)
    if refusal is not None:
        return SeenTray(nothing, (), (refusal,), looked_at=False)
    plane = find_mat(image.pixels)
    soft = blurred(image, plane)
    if soft is not None:
        return SeenTray(nothing, (), (soft,), looked_at=False)
    problems: list[Problem] = []
    if plane is not None:
        unsound = mat_unsound(plane, image.name)
        if plane.other_mat:
            problems.append(two_mats(image.name))
            plane = None
        elif unsound is not None:
            problems.append(unsound)
            plane = None
        elif mm_per_px is not None and abs(plane.mm_per_px() / mm_per_px - 1) > SCALE_CONFLICT:
            problems.append(_scale_conflict(plane.mm_per_px(), mm_per_px, image.name))
    elif mm_per_px is not None:
        if MM_PER_PX_RANGE[0] <= mm_per_px <= MM_PER_PX_RANGE[1]:
            plane = plane_of_scan(image.pixels, mm_per_px)
        else:
            problems.append(_scale_absurd(mm_per_px, image.name))
    else:
        problems.append(no_mat(image.name))
    measured = None if plane is None else _measure(image, plane, library, problems)
    return measured or _name_only(image, library, problems)


def _scale_conflict(seen: float, given: float, where: str) -> Problem:
    words = Words(
        f"给定比例 {given:g} 毫米/像素与托盘垫测得的 {seen:.4f} 不符，已按托盘垫计算；请核对打印是否为 100%",
        f"the scale given ({given:g} mm per pixel) and the mat's ({seen:.4f}) disagree; the mat was used: check that it "
        "was printed at 100 %",
    )
    return Problem("scale_conflict", words, where)


def _scale_absurd(given: float, where: str) -> Problem:
    low, high = MM_PER_PX_RANGE
    words = Words(
        f"比例 {given:g} 毫米/像素不合理（应在 {low}–{high} 之间），未测量",
        f"{given:g} mm per pixel is no usable scale ({low} to {high}): nothing was measured",
    )
    return Problem("scale_out_of_range", words, where)


def _measure(
    image: TrayImage, plane: Plane, library: PreparedLibrary, problems: list[Problem]
) -> SeenTray | None:
    """The way with a scale; None (and a problem) where paper cannot be told from the ground."""
    px_per_mm = _work_scale(plane)
    flat, seen = plane.rectify(image.pixels, px_per_mm)
    sure = None if plane.mat is None else plane.sure(*seen.shape)
    if sure is not None:
        if float((seen & ~sure).mean()) > UNSURE_SHARE_TOLD:
            problems.append(mat_partly_hidden(float((seen & ~sure).mean()), image.name))
        seen = seen & sure
    ground = fit_ground(flat, seen, None if plane.mat is None else plane.mat.colour)
    poor = contrast_problem(ground, image.name)
    if poor is not None or ground is None:
        problems += [] if poor is None else [poor]
        return None
    blobs, crumbs = find_blobs(flat, seen, ground, px_per_mm)
    if sum(crumbs) > CRUMBS_MM2_TOLD:
        problems.append(_crumbs_left(len(crumbs), sum(crumbs), image.name))
    pieces = [
        with_zones(piece, flat, px_per_mm)
        for blob in blobs
        for piece in look_at(flat, blob, plane, px_per_mm, library, ground)
    ]
    pieces.sort(key=lambda p: _reading(p.polygon, 40.0 / plane.mm_per_px()))
    if not pieces:
        problems.append(_nothing_there(image.name))
    scene = Scene(image.name, image.pixels, plane, flat, px_per_mm)
    pieces, of_scene = with_scene_doubts(scene, pieces)
    problems += of_scene
    for number, piece in enumerate(pieces):
        codes = {reason.code: reason.words for reason in piece.doubts}
        if "pieces_touch" in codes or "stack_suspected" in codes:
            problems.append(_overlap(f"{image.name}#{number + 1}"))
        if "stack_suspected" in codes:
            problems.append(
                Problem("stack_suspected", codes["stack_suspected"], f"{image.name}#{number + 1}")
            )
        if "piece_over_edge" in codes:
            problems.append(_over_edge(f"{image.name}#{number + 1}"))
    if ground.hides_char:
        words = Words(
            "底色太深，炭化部分可能看不出来：面积上限未知",
            "the ground is too dark for char to be seen: areas have no upper bound",
        )
        problems.append(Problem("ground_hides_char", words, image.name))
    scale = Scale(image.name, plane.mm_per_px(), "given" if plane.mat is None else "mat", plane.marker_rms_mm)
    return SeenTray(
        scale, tuple(pieces), tuple(problems), looked_at=True, hides_char=ground.hides_char, plane=plane
    )


def _work_scale(plane: Plane) -> float:
    """Resolution to work at: 8 px per mm, less where the picture shows less or the area would be too large."""
    native = 1 / plane.mm_per_px()
    area = max(plane.area.width_mm * plane.area.height_mm, 1.0)
    return float(min(WORK_PX_PER_MM, max(4.0, 1.25 * native), np.sqrt(WORK_PIXELS_MAX / area)))


def _reading(polygon: tuple[Point, ...], row_px: float) -> tuple[int, float]:
    return int(min(y for _, y in polygon) // row_px), min(x for x, _ in polygon)


def _name_only(image: TrayImage, library: PreparedLibrary, problems: list[Problem]) -> SeenTray:
    """Names of the notes in a picture without scale: found one after another, each a patch of agreeing matches."""
    shrink = min(1.0, 2000 / max(image.pixels.shape[:2]))
    small = image.pixels
    if shrink < 1:
        small = np.asarray(
            cv2.resize(small, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8
        )
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    features = features_of(np.asarray(grey, np.uint8), 1.0, count_max=4000, contrast=0.02)
    pieces: list[SeenPiece] = []
    free = np.ones(len(features), bool)
    while len(pieces) < 20 and free.sum() >= 20:
        rest = np.flatnonzero(free)
        best = strongest(features.take(rest), library, NAMING_GROWTH, sample=600)
        if best is None or len(best.piece_mm) < 3:
            break
        hull = np.asarray(cv2.convexHull(best.piece_mm.astype(np.float32)), np.float32).reshape(-1, 1, 2)
        at = features.at_mm[rest]
        inside = rest[[cv2.pointPolygonTest(hull, (float(x), float(y)), False) >= 0 for x, y in at]]
        found = identify(features.take(inside), library, NAMING_GROWTH)
        free[inside] = False
        free[rest[best.used]] = False
        outline = (hull.reshape(-1, 2) - 0.5) / shrink
        if found is not None and len(outline) >= 3 and _named_rightly(small, hull, found):
            polygon = tuple((float(x), float(y)) for x, y in outline)
            pieces.append(SeenPiece(polygon, None, None, found, None, ()))
    if not pieces:
        problems.append(_nothing_there(image.name))
    pieces.sort(key=lambda p: _reading(p.polygon, 0.12 * image.pixels.shape[0]))
    return SeenTray(Scale(image.name, None, "none"), tuple(pieces), tuple(problems), looked_at=True)


def _named_rightly(small: Picture, hull: NDArray[np.float32], found: Found) -> bool:
    """The dense look at the print, inside the hull of the matches; lengths are pixels here, which does no harm."""
    x, y, width, height = cv2.boundingRect(hull)
    mask = np.zeros((height + 1, width + 1), np.uint8)
    cv2.fillConvexPoly(mask, np.rint(hull - np.array([x, y], np.float32)).astype(np.int32), 1)
    blob = Blob(x, y, mask > 0, float(mask.sum()), 0.0, False, hull.reshape(-1, 2).astype(np.float64))
    reference = found.identity.reference
    return print_agrees(register(small, blob, found.pose, reference, 1.0), reference)


def _nothing_there(where: str) -> Problem:
    words = Words("图中没有发现纸币或残片", "no note or piece was found in the picture")
    return Problem("no_note_found", words, where)


def _overlap(where: str) -> Problem:
    words = Words(
        "有纸币重叠或相连，请分开摆放后重拍",
        "notes lie on each other or touch: lay them apart and take the photo again",
    )
    return Problem("pieces_overlap", words, where)


def _over_edge(where: str) -> Problem:
    words = Words(
        "有残币超出托盘或画面边缘，请移到托盘内重拍",
        "a piece runs over the border: move it inside and take the photo again",
    )
    return Problem("piece_over_edge", words, where)


def _crumbs_left(count: int, area_mm2: float, where: str) -> Problem:
    words = Words(
        f"有 {count} 片碎屑（共约 {area_mm2:.0f} 平方毫米）太小，未计入",
        f"{count} crumbs (about {area_mm2:.0f} mm² in all) are too small and were left out",
    )
    return Problem("crumbs_left_out", words, where)
