"""One piece of a rectified picture: what it is, how it lies in its note, and whether it is one piece at all.

The order: matches (`identify`), told apart from faces that share print (`telling`), and where they do not suffice or the
piece is a scrap, the print itself (`texture`). A name is kept only when the print under the piece is the face's.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from xiaoshi.core.notes.apart import cut_at_necks
from xiaoshi.core.notes.faces import FAINT_CONTRAST, Features, PreparedLibrary, features_of
from xiaoshi.core.notes.ground import Ground
from xiaoshi.core.notes.identify import GUIDED, Found, identify
from xiaoshi.core.notes.model import Point, Reason
from xiaoshi.core.notes.outline import narrowest_of
from xiaoshi.core.notes.pieces import Blob
from xiaoshi.core.notes.plane import Plane
from xiaoshi.core.notes.reference import Picture, Reference
from xiaoshi.core.notes.register import Registered, register
from xiaoshi.core.notes.sightings import NOTHING_SEEN, FeaturesSeen, SerialReading
from xiaoshi.core.notes.stacks import sheets_at_least, stack_suspected
from xiaoshi.core.notes.telling import note_beside, settle
from xiaoshi.core.notes.texture import named_by_texture, proven
from xiaoshi.core.notes.zones import Cut
from xiaoshi.core.problems import Words

LARGE_MM2, LARGE_FEATURE_PX_PER_MM, LARGE_SCORE = 2000.0, 3.5, 40
"""A large piece has print enough: it is looked at more coarsely, unless that gives few matches."""
PIECE_FEATURE_PX_PER_MM = 5.0
SCRAP_FEATURE_PX_PER_MM = 8.0
SCRAP_MM2 = 1500.0
PROOF_MM2 = 2500.0
"""Below this a name needs the proof of `texture`; above it the dense look of `print_agrees` is enough."""
OUTSIDE_MM2_MAX = 150.0
STRANGE_MM2_MAX = 400.0
STRANGE_SHARE_MAX = 0.35
LIKENESS_MIN = 0.40
RIM_MM2, STRANGE_MM2_ASKED = 30.0, 80.0
"""Paper beyond the note, or strange print on it, from which a stack is thought of."""
CUTS_MAX = 4
FAINT_PER_MM2 = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class SeenPiece:
    """A piece of one picture. `area_mm2`, `perimeter_mm`, `registered` are None where nothing was measured; `doubts`:
    why people must look; `second`: another note recognised in the same piece; `sheets_at_least`: more than 1 where
    a stack is suspected; `narrowest_mm`: see `outline.narrowest_of`, 0 where it was not asked; `cuts`: the places of
    its number, let go once they are read (`numbers`); `features`: what of the note can be seen on it."""

    polygon: tuple[Point, ...]
    area_mm2: float | None
    perimeter_mm: float | None
    found: Found | None
    registered: Registered | None
    doubts: tuple[Reason, ...]
    second: Found | None = None
    sheets_at_least: int = 1
    narrowest_mm: float = 0.0
    cuts: tuple[Cut, ...] = ()
    features: FeaturesSeen = NOTHING_SEEN
    numbers: tuple[SerialReading, ...] = ()

    @property
    def orientation_deg(self) -> float | None:
        """How far the note is turned clockwise on the tray, 0 to 360; None without a name."""
        return None if self.found is None else float(-np.degrees(np.angle(self.found.pose.turn)) % 360)


def look_at(
    flat: Picture, blob: Blob, plane: Plane, px_per_mm: float, library: PreparedLibrary, ground: Ground
) -> list[SeenPiece]:
    """What a blob is: mostly one piece; several where notes that touch could be told apart at a neck."""
    return [
        _seen(part, found, plane, px_per_mm)
        for part, found in _told_apart(flat, blob, px_per_mm, library, ground, CUTS_MAX)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Named:
    """What is known of one part of a blob. `laid` and `found` are both there or both None."""

    found: Found | None
    laid: Registered | None
    second: Found | None
    touching: bool
    sheets: int


_NAMELESS = _Named(None, None, None, False, 1)


def _told_apart(
    flat: Picture, blob: Blob, px_per_mm: float, library: PreparedLibrary, ground: Ground, cuts: int
) -> list[tuple[Blob, _Named]]:
    """The parts of a blob with their names; a part that was cut off may be more than one thing itself."""
    features, found, beside = _named(flat, blob, px_per_mm, library)
    if found is None:
        return [(blob, _NAMELESS)]
    reference = found.identity.reference
    laid = register(flat, blob, found.pose, reference, px_per_mm, ground)
    if laid.outside_mm2 > OUTSIDE_MM2_MAX and cuts > 0:
        parts = cut_at_necks(blob, found.pose, reference, px_per_mm)
        if parts is not None:
            return [
                told
                for part in parts
                for told in _told_apart(flat, part, px_per_mm, library, ground, cuts - 1)
            ]
    if not print_agrees(laid, reference):
        return [(blob, _NAMELESS)]
    several = laid.outside_mm2 > OUTSIDE_MM2_MAX or laid.strange_mm2 > STRANGE_MM2_MAX or beside is not None
    sheets = 1
    if several or laid.outside_mm2 > RIM_MM2 or laid.strange_mm2 > STRANGE_MM2_ASKED:
        sheets = sheets_at_least(blob, found, features, library, px_per_mm)
    second = (beside or _second_note(features, found, library)) if several or sheets > 1 else None
    return [(blob, _Named(found, laid, second, several and sheets == 1, sheets))]


def _seen(blob: Blob, named: _Named, plane: Plane, px_per_mm: float) -> SeenPiece:
    outline = plane.rect_px_to_photo(blob.outline, px_per_mm)
    polygon = tuple((float(x), float(y)) for x, y in outline)
    doubts: list[Reason] = []
    if blob.on_edge:
        words = Words(
            "残币超出托盘或画面边缘，面积不全", "the piece runs over the tray's or the picture's border"
        )
        doubts.append(Reason("piece_over_edge", words))
    if named.touching:
        doubts.append(_touching())
    if named.sheets > 1:
        doubts.append(stack_suspected(named.sheets))
    return SeenPiece(
        polygon,
        blob.area_mm2,
        blob.perimeter_mm,
        named.found,
        named.laid,
        tuple(doubts),
        named.second,
        named.sheets,
        narrowest_of(blob.outline / px_per_mm),
    )


def _touching() -> Reason:
    words = Words(
        "这一块里可能不止一张（重叠、相连或拼接），须人工分开后重拍",
        "more than one note seems to be in this piece (lying on each other, touching or put together): part them "
        "and take the photo again",
    )
    return Reason("pieces_touch", words)


def _named(
    flat: Picture, blob: Blob, px_per_mm: float, library: PreparedLibrary
) -> tuple[Features, Found | None, Found | None]:
    """The piece's features, its name, and another note whose matches lie on other paper of the same blob."""
    features, found = _matched(flat, blob, px_per_mm, library)
    if found is not None and found.rivals:
        beside = note_beside(found)
        if beside is not None:
            return features, found, beside
    if found is not None and blob.area_mm2 < PROOF_MM2 and not proven(found, flat, blob, px_per_mm):
        found = None
    elif found is not None and found.rivals:
        return features, settle(found, flat, blob, px_per_mm), None
    if found is None:
        if blob.area_mm2 < SCRAP_MM2 and px_per_mm > PIECE_FEATURE_PX_PER_MM:
            features = _blob_features(flat, blob, px_per_mm, min(SCRAP_FEATURE_PX_PER_MM, px_per_mm), 0.008)
        found = named_by_texture(features, flat, blob, px_per_mm, library)
    return features, found, None


def _matched(
    flat: Picture, blob: Blob, px_per_mm: float, library: PreparedLibrary
) -> tuple[Features, Found | None]:
    """By matches, with more and fainter features as long as there is no name."""
    scale = min(PIECE_FEATURE_PX_PER_MM, px_per_mm)
    if blob.area_mm2 >= LARGE_MM2:
        features = _blob_features(
            flat, blob, px_per_mm, min(LARGE_FEATURE_PX_PER_MM, px_per_mm), 0.02, GUIDED
        )
        found = identify(features, library, contested=True)
        if found is not None and found.pose.score >= LARGE_SCORE:
            return features, found
    features = _blob_features(flat, blob, px_per_mm, scale, 0.015)
    found = identify(features, library, contested=True)
    if found is None and len(features) < FAINT_PER_MM2 * blob.area_mm2:
        features = _blob_features(flat, blob, px_per_mm, scale, FAINT_CONTRAST)
        found = identify(features, library, contested=True)
    if found is None and blob.area_mm2 < SCRAP_MM2 and px_per_mm > scale:
        features = _blob_features(flat, blob, px_per_mm, min(SCRAP_FEATURE_PX_PER_MM, px_per_mm), 0.008)
        found = identify(features, library, contested=True)
    return features, found


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
