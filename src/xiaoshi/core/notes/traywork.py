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

from xiaoshi.core.notes.faces import FAINT_CONTRAST, Features, PreparedLibrary, features_of
from xiaoshi.core.notes.ground import Ground, contrast_problem, fit_ground
from xiaoshi.core.notes.identify import GUIDED, Found, identify, strongest
from xiaoshi.core.notes.model import Point, Reason, Scale, TrayImage
from xiaoshi.core.notes.pieces import Blob, find_blobs
from xiaoshi.core.notes.plane import Plane, find_mat, plane_of_scan
from xiaoshi.core.notes.quality import blurred, mat_unsound, no_mat, unfit
from xiaoshi.core.notes.reference import Picture, Reference
from xiaoshi.core.notes.register import Registered, register
from xiaoshi.core.notes.telling import note_beside, settle
from xiaoshi.core.problems import Problem, Words

WORK_PX_PER_MM = 8.0
WORK_PIXELS_MAX = 40e6
MM_PER_PX_RANGE = (0.005, 0.6)
SCALE_CONFLICT = 0.03
LARGE_MM2, LARGE_FEATURE_PX_PER_MM, LARGE_SCORE = 2000.0, 4.0, 40
"""A large piece has print enough: it is looked at more coarsely, unless that gives few matches."""
PIECE_FEATURE_PX_PER_MM = 5.0
SCRAP_FEATURE_PX_PER_MM = 8.0
SCRAP_MM2 = 1500.0
OUTSIDE_MM2_MAX = 150.0
STRANGE_MM2_MAX = 400.0
STRANGE_SHARE_MAX = 0.35
LIKENESS_MIN = 0.40
FAINT_PER_MM2 = 0.15
CRUMBS_MM2_TOLD = 100.0
NAMING_GROWTH = (0.04, 1.0)
"""Millimetres of note per pixel of a photo without scale."""


@dataclass(frozen=True, slots=True, eq=False)
class SeenPiece:
    """A piece of one picture. `area_mm2`, `perimeter_mm`, `registered` are None where nothing was measured; `doubts`:
    why people must look; `second`: another note recognised in the same piece."""

    polygon: tuple[Point, ...]
    area_mm2: float | None
    perimeter_mm: float | None
    found: Found | None
    registered: Registered | None
    doubts: tuple[Reason, ...]
    second: Found | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SeenTray:
    """All of one picture. `looked_at`: False where the picture was refused altogether; `hides_char`: char cannot be
    seen on its ground."""

    scale: Scale
    pieces: tuple[SeenPiece, ...]
    problems: tuple[Problem, ...]
    looked_at: bool
    hides_char: bool = False


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
        if unsound is not None:
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
    ground = fit_ground(flat, seen, None if plane.mat is None else plane.mat.colour)
    poor = contrast_problem(ground, image.name)
    if poor is not None or ground is None:
        problems += [] if poor is None else [poor]
        return None
    blobs, crumbs = find_blobs(flat, seen, ground, px_per_mm)
    if sum(crumbs) > CRUMBS_MM2_TOLD:
        problems.append(_crumbs_left(len(crumbs), sum(crumbs), image.name))
    pieces = [_piece(flat, blob, plane, px_per_mm, library, ground) for blob in blobs]
    pieces.sort(key=lambda p: _reading(p.polygon, 40.0 / plane.mm_per_px()))
    if not pieces:
        problems.append(_nothing_there(image.name))
    for number, piece in enumerate(pieces):
        if any(reason.code == "pieces_touch" for reason in piece.doubts):
            problems.append(_overlap(f"{image.name}#{number + 1}"))
        if any(reason.code == "piece_over_edge" for reason in piece.doubts):
            problems.append(_over_edge(f"{image.name}#{number + 1}"))
    if ground.hides_char:
        words = Words(
            "底色太深，炭化部分可能看不出来：面积上限未知",
            "the ground is too dark for char to be seen: areas have no upper bound",
        )
        problems.append(Problem("ground_hides_char", words, image.name))
    scale = Scale(image.name, plane.mm_per_px(), "given" if plane.mat is None else "mat", plane.marker_rms_mm)
    return SeenTray(scale, tuple(pieces), tuple(problems), looked_at=True, hides_char=ground.hides_char)


def _work_scale(plane: Plane) -> float:
    """Resolution to work at: 8 px per mm, less where the picture shows less or the area would be too large."""
    native = 1 / plane.mm_per_px()
    area = max(plane.area.width_mm * plane.area.height_mm, 1.0)
    return float(min(WORK_PX_PER_MM, max(4.0, 1.25 * native), np.sqrt(WORK_PIXELS_MAX / area)))


def _reading(polygon: tuple[Point, ...], row_px: float) -> tuple[int, float]:
    return int(min(y for _, y in polygon) // row_px), min(x for x, _ in polygon)


def _piece(
    flat: Picture, blob: Blob, plane: Plane, px_per_mm: float, library: PreparedLibrary, ground: Ground
) -> SeenPiece:
    outline = plane.rect_px_to_photo(blob.outline, px_per_mm)
    polygon = tuple((float(x), float(y)) for x, y in outline)
    doubts: list[Reason] = []
    if blob.on_edge:
        words = Words(
            "残币超出托盘或画面边缘，面积不全", "the piece runs over the tray's or the picture's border"
        )
        doubts.append(Reason("piece_over_edge", words))
    scale = min(PIECE_FEATURE_PX_PER_MM, px_per_mm)
    found = None
    if blob.area_mm2 >= LARGE_MM2:
        features = _blob_features(
            flat, blob, px_per_mm, min(LARGE_FEATURE_PX_PER_MM, px_per_mm), 0.02, GUIDED
        )
        found = identify(features, library, contested=True)
    if found is None or found.pose.score < LARGE_SCORE:
        features = _blob_features(flat, blob, px_per_mm, scale, 0.015)
        found = identify(features, library, contested=True)
    if found is None and len(features) < FAINT_PER_MM2 * blob.area_mm2:
        features = _blob_features(flat, blob, px_per_mm, scale, FAINT_CONTRAST)
        found = identify(features, library, contested=True)
    if found is None and blob.area_mm2 < SCRAP_MM2 and px_per_mm > scale:
        features = _blob_features(flat, blob, px_per_mm, min(SCRAP_FEATURE_PX_PER_MM, px_per_mm), 0.008)
        found = identify(features, library, contested=True)
    beside = None
    if found is not None and found.rivals:
        beside = note_beside(found)
        found = found if beside is not None else settle(found, flat, blob, px_per_mm)
    if found is None:
        return SeenPiece(polygon, blob.area_mm2, blob.perimeter_mm, None, None, tuple(doubts))
    laid = register(flat, blob, found.pose, found.identity.reference, px_per_mm, ground)
    if not print_agrees(laid, found.identity.reference):
        return SeenPiece(polygon, blob.area_mm2, blob.perimeter_mm, None, None, tuple(doubts))
    second = None
    if laid.outside_mm2 > OUTSIDE_MM2_MAX or laid.strange_mm2 > STRANGE_MM2_MAX or beside is not None:
        second = beside or _second_note(features, found, library)
        words = Words(
            "这一块里可能不止一张（重叠、相连或拼接），须人工分开后重拍",
            "more than one note seems to be in this piece (lying on each other, touching or put together): part them "
            "and take the photo again",
        )
        doubts.append(Reason("pieces_touch", words))
    return SeenPiece(polygon, blob.area_mm2, blob.perimeter_mm, found, laid, tuple(doubts), second)


def print_agrees(laid: Registered, reference: Reference) -> bool:
    """Whether the print under the piece is the reference's, looked at densely once the pose is known.

    Matches alone are not enough: words and numerals that all notes carry agree with each other in the right order. A
    note of no enrolled kind got up to 35 matches on a wrong face that way, with a likeness of at most 0.31 and strange
    print on more than a third of it; right faces had 0.82 and more, and none.
    """
    area = laid.ratio * reference.width_mm * reference.height_mm
    return laid.likeness >= LIKENESS_MIN and laid.strange_mm2 <= STRANGE_SHARE_MAX * area


def _blob_features(
    flat: Picture, blob: Blob, px_per_mm: float, scale: float, contrast: float, count_max: int = 1500
) -> Features:
    """Features of the piece's inside; positions in mm of the rectified picture."""
    height, width = blob.mask.shape
    rows, columns = slice(blob.y, blob.y + height), slice(blob.x, blob.x + width)
    grey = cv2.cvtColor(flat[rows, columns], cv2.COLOR_BGR2GRAY)
    mask = blob.mask.astype(np.uint8) * 255
    shrink = scale / px_per_mm
    if shrink < 1:
        size = (max(8, round(width * shrink)), max(8, round(height * shrink)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        mask = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 200, np.uint8) * 255
    inside = np.asarray(cv2.erode(np.pad(mask, 1), np.ones((3, 3), np.uint8))[1:-1, 1:-1], np.uint8)
    features = features_of(
        np.asarray(grey, np.uint8), 1.0, mask=inside, count_max=count_max, contrast=contrast
    )
    # The two directions are rounded to whole pixels apart, so each has its own scale.
    step = np.array([width / grey.shape[1], height / grey.shape[0]], np.float32) / np.float32(px_per_mm)
    origin = np.array([blob.x, blob.y], np.float32) / np.float32(px_per_mm)
    return Features(features.at_mm * step + origin, features.angle, features.descriptors)


def _second_note(features: Features, found: Found, library: PreparedLibrary) -> Found | None:
    """Another note among the features that the first one does not explain."""
    rest = np.ones(len(features), bool)
    rest[found.pose.used] = False
    other = identify(features.take(rest), library)
    if other is None:
        return None
    if other.face is found.face:
        middle = complex(found.identity.reference.width_mm / 2, found.identity.reference.height_mm / 2)
        places = [(middle - pose.shift) / pose.turn for pose in (found.pose, other.pose)]
        if abs(places[0] - places[1]) < 6 and abs(np.angle(found.pose.turn / other.pose.turn)) < 0.1:
            return None
    return other


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
