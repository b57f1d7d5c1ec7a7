"""The enrolled faces made ready for matching: rootSIFT features in millimetres of the note.

Each face is brought to `FEATURE_PX_PER_MM` and keeps its strongest features, spread over the face by a grid so that a
scrap from a quiet corner still finds some. All descriptors stand in one matrix: one product of a piece's descriptors
with it screens every face at once. 36 faces take about 60 MB and 5 s on one core; callers keep the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.conflicts import library_conflicts
from xiaoshi.core.notes.reference import Picture, Reference
from xiaoshi.core.problems import Problem

Floats = NDArray[np.float32]

FEATURE_PX_PER_MM = 5.0
PER_FACE_MAX = 2600
SCREEN_PER_FACE, GLANCE_PER_FACE = 700, 300
FAINT_CONTRAST = 0.006
CELL_MM = 2.5
SAME_PLACE_MM = 1.5
KNOWN_FROM = 0.94
"""Similarity of two rootSIFT descriptors of one place; of 90 descriptors 9 to 43 have it in the right face, 2 to 9 in others."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Features of a picture: `at_mm` (n, 2), `angle` in radians, `descriptors` (n, 128) rootSIFT of unit length,
    strongest first."""

    at_mm: Floats
    angle: Floats
    descriptors: Floats

    def __len__(self) -> int:
        return len(self.at_mm)

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Features:
        """Some of them."""
        return Features(self.at_mm[which], self.angle[which], self.descriptors[which])


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where the features of a face lie, sorted into cells of `CELL_MM`, to find those near a point quickly.

    `order`: features by cell; `start`: (rows * columns + 1,) where each cell begins in it; `beside`: (n, k) the
    features within `SAME_PLACE_MM` of each, itself included, filled up with itself.
    """

    order: NDArray[np.intp]
    start: NDArray[np.intp]
    columns: int
    rows: int
    beside: NDArray[np.intp]

    def near(self, at_mm: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Pairs (index into `at_mm`, feature) of the same cell or a neighbouring one."""
        column, row = (np.floor(at_mm / CELL_MM).astype(np.intp) + 1).T
        points, found = [], []
        # The cells of one row stand side by side in `order`: three runs for each point.
        for down in (-1, 0, 1):
            at = row + down
            inside = (at >= 0) & (at < self.rows) & (column >= 0) & (column < self.columns)
            which = np.flatnonzero(inside)
            first = at[which] * self.columns
            low = self.start[first + np.maximum(column[which] - 1, 0)]
            high = self.start[first + np.minimum(column[which] + 1, self.columns - 1) + 1]
            count = high - low
            skip = np.repeat(np.cumsum(count) - count, count)
            points.append(np.repeat(which, count))
            found.append(self.order[np.arange(int(count.sum())) - skip + np.repeat(low, count)])
        return np.concatenate(points), np.concatenate(found)


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One enrolled face with its features; `small` is the face in grey at FEATURE_PX_PER_MM."""

    reference: Reference
    features: Features
    small: Picture
    places: Places


@dataclass(frozen=True, slots=True, eq=False)
class Screen:
    """Descriptors of all faces in one matrix `rows` (m, 128); `bounds`: where each face's rows begin and end."""

    rows: Floats
    bounds: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class PreparedLibrary:
    """All faces; `screen` and `glance` hold some and few descriptors of each; `conflicts`: faces that are one picture."""

    faces: tuple[Face, ...]
    screen: Screen
    glance: Screen
    conflicts: tuple[Problem, ...] = ()

    @property
    def largest_fen(self) -> int:
        """Face value of the largest enrolled note; 0 for an empty library."""
        return max((face.reference.denomination_fen for face in self.faces), default=0)

    @property
    def largest_mm2(self) -> float:
        """Area of the largest enrolled note."""
        return max((f.reference.width_mm * f.reference.height_mm for f in self.faces), default=0.0)

    @property
    def smallest_mm2(self) -> float:
        """Area of the smallest enrolled note."""
        return min((f.reference.width_mm * f.reference.height_mm for f in self.faces), default=0.0)


def features_of(
    grey: Picture,
    px_per_mm: float,
    *,
    mask: NDArray[np.uint8] | None = None,
    count_max: int = PER_FACE_MAX,
    contrast: float = 0.02,
) -> Features:
    """rootSIFT of a grey picture; `at_mm` has its origin at the picture's top left corner."""
    sift = cv2.SIFT.create(contrastThreshold=contrast, edgeThreshold=14)
    points = sift.detect(grey, mask)
    if not points:
        return Features(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros((0, 128), np.float32))
    at = (np.array([p.pt for p in points], np.float32) + 0.5) / np.float32(px_per_mm)
    response = np.array([p.response for p in points], np.float32)
    order = _spread(at, response)[:count_max]
    # Describing is the dear part: only what is kept is described.
    kept, descriptors = sift.compute(grey, [points[k] for k in order])
    at = (np.array([p.pt for p in kept], np.float32) + 0.5) / np.float32(px_per_mm)
    angle = np.deg2rad(np.array([p.angle for p in kept], np.float32))
    rows = np.asarray(descriptors, np.float32)
    rows = np.sqrt(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-6))
    return Features(at, angle, rows.astype(np.float32))


def _spread(at: Floats, response: Floats, cell_mm: float = 8.0) -> NDArray[np.intp]:
    """Strongest first, cell by cell in turn: the best of each cell, then the second of each, and so on."""
    cells = (at // cell_mm).astype(np.int64)
    key = cells[:, 1] * 100_000 + cells[:, 0]
    by_cell = np.lexsort((-response, key))
    sorted_key = key[by_cell]
    start = np.searchsorted(sorted_key, sorted_key)
    rank = np.arange(len(key)) - start
    turn = np.empty(len(key), np.int64)
    turn[by_cell] = rank
    return np.lexsort((-response, turn))


def places_of(at_mm: Floats) -> Places:
    """Sort the features of a face by where they lie."""
    cells = np.floor(at_mm / CELL_MM).astype(np.intp) + 1
    columns, rows = (int(cells[:, axis].max(initial=0)) + 2 for axis in (0, 1))
    key = cells[:, 1] * columns + cells[:, 0]
    order = np.argsort(key, kind="stable")
    start = np.searchsorted(key[order], np.arange(rows * columns + 1))
    bare = Places(order, start, columns, rows, np.zeros((0, 0), np.intp))
    one, other = bare.near(at_mm)
    close = np.hypot(*(at_mm[one] - at_mm[other]).T) <= SAME_PLACE_MM
    one, other = one[close], other[close]
    turn = np.argsort(one, kind="stable")
    one, other = one[turn], other[turn]
    place = np.arange(len(one)) - np.searchsorted(one, one)
    width = int(place.max(initial=0)) + 1
    beside = np.repeat(np.arange(len(at_mm))[:, None], width, axis=1)
    beside[one, place] = other
    return Places(order, start, columns, rows, beside)


def prepare(references: Sequence[Reference]) -> PreparedLibrary:
    """Compute the features of all faces, in the order of their keys. The cost is paid once; keep the result."""
    faces = []
    for reference in sorted(references, key=lambda r: r.key):
        width = max(16, round(reference.width_mm * FEATURE_PX_PER_MM))
        height = max(16, round(reference.height_mm * FEATURE_PX_PER_MM))
        shrinks = reference.image.shape[1] > width
        how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        small = cv2.resize(reference.image, (width, height), interpolation=how)
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
        features = features_of(grey, FEATURE_PX_PER_MM)
        if len(features) < PER_FACE_MAX:
            # Pale print, photographs: what little contrast they have tells them apart as well.
            features = features_of(grey, FEATURE_PX_PER_MM, contrast=FAINT_CONTRAST)
        faces.append(Face(reference, features, grey, places_of(features.at_mm)))
    screen, glance = _screen(faces, SCREEN_PER_FACE), _screen(faces, GLANCE_PER_FACE)
    return PreparedLibrary(tuple(faces), screen, glance, tuple(library_conflicts(references)))


def _screen(faces: list[Face], per_face: int) -> Screen:
    kept = [face.features.descriptors[:per_face] for face in faces]
    bounds = np.cumsum([0, *(len(rows) for rows in kept)]).astype(np.intp)
    return Screen(np.concatenate(kept) if kept else np.zeros((0, 128), np.float32), bounds)


def screened(screen: Screen, query: Features, best: int, sample: int = 250) -> list[int]:
    """Indices of the `best` faces that look most like the piece.

    Each of up to `sample` descriptors gives every face its highest similarity there; what stands above the average
    face counts. A pattern that all faces share therefore votes for none.
    """
    table = _likest(screen, query.take(np.arange(min(sample, len(query)))))
    if table.size == 0:
        return []
    above = np.clip(table - table.mean(axis=1, keepdims=True) - 0.01, 0, None) ** 1.5
    return [int(i) for i in np.argsort(-above.sum(axis=0), kind="stable")[:best]]


def come_near(screen: Screen, query: Features, share: float) -> list[int]:
    """Indices of the faces that know as many of the query's descriptors as the best face, or `share` of that many.

    Unlike the votes of `screened` this keeps notes of one family together: what they share speaks for each of them.
    """
    table = _likest(screen, query)
    if table.size == 0:
        return []
    known = (table > KNOWN_FROM).sum(axis=0) + 0.01 * table.mean(axis=0)
    order = np.argsort(-known, kind="stable")
    return [int(i) for i in order if known[i] >= share * known[order[0]]]


def _likest(screen: Screen, query: Features) -> Floats:
    """(descriptors of the query, faces): the highest similarity that each descriptor has in each face."""
    faces = len(screen.bounds) - 1
    table = np.zeros((len(query), faces), np.float32)
    if not table.size:
        return table
    similar = query.descriptors @ screen.rows.T
    for index in range(faces):
        low, high = screen.bounds[index], screen.bounds[index + 1]
        if high > low:
            table[:, index] = similar[:, low:high].max(axis=1)
    return table
