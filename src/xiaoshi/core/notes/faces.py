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

from xiaoshi.core.notes.reference import Picture, Reference

Floats = NDArray[np.float32]

FEATURE_PX_PER_MM = 5.0
PER_FACE_MAX = 2600
SCREEN_PER_FACE = 700
FAINT_CONTRAST = 0.006


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
class Face:
    """One enrolled face with its features; `small` is the face in grey at FEATURE_PX_PER_MM."""

    reference: Reference
    features: Features
    small: Picture


@dataclass(frozen=True, slots=True, eq=False)
class PreparedLibrary:
    """All faces; `screen` (m, 128) holds some descriptors of each, `bounds` where each face's rows begin and end."""

    faces: tuple[Face, ...]
    screen: Floats
    bounds: NDArray[np.intp]

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
    points, descriptors = cv2.SIFT.create(contrastThreshold=contrast, edgeThreshold=14).detectAndCompute(
        grey, mask
    )
    if descriptors is None or not points:
        return Features(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros((0, 128), np.float32))
    at = (np.array([p.pt for p in points], np.float32) + 0.5) / np.float32(px_per_mm)
    response = np.array([p.response for p in points], np.float32)
    angle = np.deg2rad(np.array([p.angle for p in points], np.float32))
    order = _spread(at, response)[:count_max]
    rows = descriptors[order].astype(np.float32)
    rows = np.sqrt(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-6))
    return Features(at[order], angle[order], rows.astype(np.float32))


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
        faces.append(Face(reference, features, grey))
    kept = [face.features.descriptors[:SCREEN_PER_FACE] for face in faces]
    bounds = np.cumsum([0, *(len(rows) for rows in kept)]).astype(np.intp)
    screen = np.concatenate(kept) if kept else np.zeros((0, 128), np.float32)
    return PreparedLibrary(tuple(faces), screen, bounds)


def screened(library: PreparedLibrary, query: Features, best: int, sample: int = 250) -> list[int]:
    """Indices of the `best` faces that look most like the piece.

    Each of up to `sample` descriptors gives every face its highest similarity there; what stands above the average
    face counts. A pattern that all faces share therefore votes for none.
    """
    if len(query) == 0 or not library.faces:
        return []
    similar = query.descriptors[:sample] @ library.screen.T
    table = np.full((len(similar), len(library.faces)), 0.0, np.float32)
    for index in range(len(library.faces)):
        low, high = library.bounds[index], library.bounds[index + 1]
        if high > low:
            table[:, index] = similar[:, low:high].max(axis=1)
    above = np.clip(table - table.mean(axis=1, keepdims=True) - 0.01, 0, None) ** 1.5
    return [int(i) for i in np.argsort(-above.sum(axis=0), kind="stable")[:best]]
