"""The method of the spike that came before the note engine: the peer of `bench/notes.py`, built from its notes alone.

    homography from ArUco corners (minMarkerDistanceRate 0.01, light blur, refused over 0.15 mm), tray laid flat
    mat as a quadratic field in log colour, fitted robustly; chroma and brightness apart, so shadows are no paper
    edge where the contrast of chroma falls to half of what it is inside; components of 40 mm2 and more
    rootSIFT, 250 descriptors a piece screened against all faces by one matrix product, the best three to RANSAC:
    similarity with scale 0.88 to 1.06; named with 8 inliers and 1.3 times the second best; quadratic refinement
    pieces in the same pose are one; other pieces of a face joined greedily: contact and no overlap
    interval: one conformal band of 1.36 points, the worst of its 70 calibration notes

Nothing here comes from the engine but the geometry of the mat and how a photo is decoded (both are the input's form).
Known weak on purpose, as it was: no lens distortion, nothing below SIFT, joins by contact, one width for all intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.mat import detector_dictionary, marker_corners_mm, spec_of_marker, tray_area_mm
from xiaoshi.core.notes.reference import Reference

BAND = 0.0136
PIECE_MM2_MIN = 40.0
SCALE = (0.88, 1.06)
INLIERS_MIN, MARGIN_MIN = 8, 1.3
CONTACT_MM, CONTACT_LENGTH_MM, OVERLAP_MAX = 1.5, 10.0, 0.03
MASK_PX_PER_MM = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class SpikePiece:
    """`polygon`: px of the photo; `face`: index of the face or None; `laid`: its mask in the face, 4 px a millimetre."""

    polygon: NDArray[np.float64]
    area_mm2: float
    face: int | None
    pose: NDArray[np.float64] | None = None
    laid: NDArray[np.bool_] | None = None


@dataclass(slots=True)
class SpikeNote:
    """Pieces of one note, as the spike saw it; `ratio` None where nothing was named."""

    pieces: list[int]
    face: int | None
    ratio: float | None = None

    @property
    def low(self) -> float:
        """Lower end of the one band."""
        return max(0.0, (self.ratio or 0.0) - BAND)

    @property
    def high(self) -> float:
        """Upper end."""
        return min(1.0, (self.ratio or 0.0) + BAND)

    @property
    def verdict(self) -> str:
        """full, half, none or undecided under three quarters and one half."""
        if self.ratio is None:
            return "undecided"
        ends = {"full" if r >= 0.75 else "half" if r >= 0.5 else "none" for r in (self.low, self.high)}
        return ends.pop() if len(ends) == 1 else "undecided"


@dataclass(slots=True)
class SpikeTray:
    """What one photo gave; empty where it was refused."""

    pieces: list[SpikePiece] = field(default_factory=list)
    notes: list[SpikeNote] = field(default_factory=list)


class Spike:
    """The faces' descriptors, made once; then one tray after another."""

    def __init__(self, references: Sequence[Reference]) -> None:
        self.references = list(references)
        self.sift = cv2.SIFT_create(nfeatures=2500)
        self.points: list[NDArray[np.float32]] = []
        stack, owner = [], []
        for number, reference in enumerate(self.references):
            places, words = self._features(reference.image, None)
            self.points.append((places + 0.5) / np.float32(reference.px_per_mm))
            stack.append(words)
            owner.append(np.full(len(words), number))
        self.words, self.owner = np.concatenate(stack), np.concatenate(owner)
        self.first = np.searchsorted(self.owner, np.arange(len(self.references)))

    def measure(self, pixels: NDArray[np.uint8]) -> SpikeTray:
        """Photo in, notes out."""
        cv2.setRNGSeed(1)
        plane = _plane(pixels)
        if plane is None:
            return SpikeTray()
        to_px, area, px_per_mm = plane
        shift = np.array([[1 / px_per_mm, 0, area.x_mm], [0, 1 / px_per_mm, area.y_mm], [0, 0, 1]])
        back = to_px @ shift
        size = (round(area.width_mm * px_per_mm), round(area.height_mm * px_per_mm))
        flat = cv2.warpPerspective(pixels, back, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        mask = _paper(flat, px_per_mm)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        pieces = []
        for label in range(1, count):
            if stats[label, cv2.CC_STAT_AREA] < PIECE_MM2_MIN * px_per_mm**2:
                continue
            x, y, w, h = (int(v) for v in stats[label, :4])
            own = (labels[y : y + h, x : x + w] == label).astype(np.uint8)
            pieces.append(self._piece(flat[y : y + h, x : x + w], own, (x, y), px_per_mm, back))
        return SpikeTray(pieces, _group(pieces, self.references))

    def _features(
        self, picture: NDArray[np.uint8], mask: NDArray[np.uint8] | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        found, words = self.sift.detectAndCompute(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), mask)
        if words is None:
            return np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32)
        root = np.sqrt(words / np.maximum(words.sum(axis=1, keepdims=True), 1e-6))
        return np.array([p.pt for p in found], np.float32).reshape(-1, 2), np.asarray(root, np.float32)

    def _piece(
        self,
        picture: NDArray[np.uint8],
        own: NDArray[np.uint8],
        at: tuple[int, int],
        px_per_mm: float,
        back: NDArray[np.float64],
    ) -> SpikePiece:
        outer, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        line = max(outer, key=len).reshape(-1, 1, 2).astype(np.float64) + at
        polygon = cv2.perspectiveTransform(line, back).reshape(-1, 2)
        area = float(own.sum()) / px_per_mm**2
        places, words = self._features(picture, own)
        places = (places + 0.5) / np.float32(px_per_mm)
        named = self._name(places, words)
        if named is None:
            return SpikePiece(polygon, area, None)
        face, here, there, pose = named
        laid = self._lay(own, px_per_mm, face, here, there, pose)
        whole = np.vstack([pose, [0, 0, 1]]) @ np.array(
            [[1, 0, -at[0] / px_per_mm], [0, 1, -at[1] / px_per_mm], [0, 0, 1]]
        )
        return SpikePiece(polygon, area, face, whole, laid)

    def _name(
        self, places: NDArray[np.float32], words: NDArray[np.float32]
    ) -> tuple[int, NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]] | None:
        if len(words) < INLIERS_MIN:
            return None
        sample = np.arange(len(words))[:: max(1, len(words) // 250)][:250]
        likeness = words[sample] @ self.words.T
        best = np.maximum.reduceat(likeness, self.first, axis=1)
        votes = np.bincount(best.argmax(axis=1), minlength=len(self.references)).astype(float)
        votes += np.clip(best - 0.8, 0, None).sum(axis=0)
        tried = []
        for face in np.argsort(-votes)[:3]:
            stop = self.first[face + 1] if face + 1 < len(self.first) else len(self.words)
            pairs = words @ self.words[self.first[face] : stop].T
            two = np.argpartition(-pairs, 1, axis=1)[:, :2]
            near = np.take_along_axis(pairs, two, axis=1)
            flip = near[:, 1] > near[:, 0]
            first = np.where(flip, two[:, 1], two[:, 0])
            top, second = near.max(axis=1), near.min(axis=1)
            # unit vectors: distance squared is 2 - 2 x likeness; ratio test at 0.85
            good = (2 - 2 * top) < 0.85**2 * (2 - 2 * second)
            if good.sum() < 4:
                tried.append((0, int(face), None))
                continue
            here, there = places[good], self.points[face][first[good]]
            pose, inside = cv2.estimateAffinePartial2D(
                here, there, method=cv2.RANSAC, ransacReprojThreshold=0.8, maxIters=3000, confidence=0.999
            )
            if pose is None or not 1 / SCALE[1] <= float(np.hypot(pose[0, 0], pose[1, 0])) <= 1 / SCALE[0]:
                tried.append((0, int(face), None))
                continue
            kept = inside.ravel() > 0
            tried.append((int(kept.sum()), int(face), (here[kept], there[kept], pose)))
        tried.sort(key=lambda row: -row[0])
        count, face, found = tried[0]
        if found is None or count < INLIERS_MIN or count < MARGIN_MIN * max(tried[1][0], 1):
            return None
        return face, *found

    def _lay(
        self,
        own: NDArray[np.uint8],
        px_per_mm: float,
        face: int,
        here: NDArray[np.float32],
        there: NDArray[np.float32],
        pose: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        """The piece's mask in the face: similarity, then what is left as a quadratic field where matches bear it."""
        reference = self.references[face]

        def similar(points: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(points @ pose[:, :2].T + pose[:, 2])

        def terms(points: NDArray[np.float64]) -> NDArray[np.float64]:
            x, y = (points / 80.0).T
            return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], 1)

        start = similar(here.astype(np.float64))
        rest = there - start
        weight = np.zeros((6, 2))
        if len(here) >= 20:
            keep = np.ones(len(here), bool)
            for _ in range(3):
                matrix = terms(start[keep])
                weight = np.linalg.solve(matrix.T @ matrix + 1e-3 * np.eye(6), matrix.T @ rest[keep])
                off = np.linalg.norm(rest - terms(start) @ weight, axis=1)
                keep = off < max(0.15, 2.5 * float(np.median(off)))
        size = (round(reference.width_mm * MASK_PX_PER_MM), round(reference.height_mm * MASK_PX_PER_MM))
        laid = np.zeros(size[::-1], np.uint8)
        lattice = cv2.dilate(np.pad(own, 1), np.ones((2, 2), np.uint8), anchor=(1, 1))
        lines, tree = cv2.findContours(lattice, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        for value, holes in ((1, False), (0, True)):
            for line, row in zip(lines, tree[0], strict=True):
                if (row[3] >= 0) != holes:
                    continue
                points = similar((line.reshape(-1, 2) - 1.0 + (0.5 if holes else 0.0)) / px_per_mm)
                points = points + terms(points) @ weight
                # fillPoly takes pixel middles: shift by half a pixel
                at = np.rint((points * MASK_PX_PER_MM - 0.5) * 16).astype(np.int32)
                cv2.fillPoly(laid, [at], (value,), cv2.LINE_8, 4)
        return laid > 0


def _plane(pixels: NDArray[np.uint8]):  # type: ignore[no-untyped-def]
    """Homography mm to px, the tray's inside, px a millimetre."""
    settings = cv2.aruco.DetectorParameters()
    settings.minMarkerDistanceRate = 0.01
    settings.adaptiveThreshWinSizeMin, settings.adaptiveThreshWinSizeMax = 23, 63
    settings.adaptiveThreshWinSizeStep = 20
    grey = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), (0, 0), 1.0)
    shrink = max(1.0, max(grey.shape) / 2000)
    small = cv2.resize(grey, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    corners, ids, _ = cv2.aruco.ArucoDetector(detector_dictionary(), settings).detectMarkers(small)
    if ids is None or len(ids) < 4:
        return None
    spec = spec_of_marker(int(ids.ravel()[0]))
    if spec is None:
        return None
    page = marker_corners_mm(spec)
    largest: dict[
        int, NDArray[np.float64]
    ] = {}  # this mat's borders are read twice, from inside and from outside
    for marker, four in zip(ids.ravel().tolist(), corners, strict=True):
        quad = (four.reshape(4, 2).astype(np.float64) + 0.5) * shrink - 0.5
        if marker in page and (marker not in largest or np.ptp(quad) > np.ptp(largest[marker])):
            largest[marker] = quad
    mm, seen = [page[marker] for marker in largest], list(largest.values())
    if len(mm) < 4:
        return None
    points = np.concatenate(seen).astype(np.float32).reshape(-1, 1, 2)
    cell = float(np.ptp(seen[0], axis=0).mean()) / 7
    window = int(np.clip(0.35 * cell, 2, 10))
    points = cv2.cornerSubPix(grey, points, (window, window), (-1, -1), (3, 40, 0.01))
    px = points.reshape(-1, 2).astype(np.float64)
    flat = np.concatenate(mm)
    to_px, inside = cv2.findHomography(flat, px, cv2.RANSAC, 1.0)
    if to_px is None:
        return None
    back = cv2.perspectiveTransform(px.reshape(-1, 1, 2), np.linalg.inv(to_px)).reshape(-1, 2)
    off = np.linalg.norm(back - flat, axis=1)[inside.ravel() > 0]
    area = tray_area_mm(spec)
    middle = np.array([[area.x_mm + area.width_mm / 2, area.y_mm + area.height_mm / 2]])
    pair = cv2.perspectiveTransform(np.stack([middle, middle + np.array([1.0, 0.0])]), to_px).reshape(2, 2)
    px_per_mm = float(np.linalg.norm(pair[1] - pair[0]))
    # 0.15 mm as in the spike; coarse photos, whose white borders swallow half a pixel of black, are given three quarters of one
    if float(np.sqrt((off**2).mean())) > max(0.15, 0.75 / px_per_mm):
        return None
    return to_px, area, min(10.0, px_per_mm)


def _paper(flat: NDArray[np.uint8], px_per_mm: float) -> NDArray[np.uint8]:
    """1 where the chroma leaves the mat's by more than half of the contrast near by."""
    colour = cv2.GaussianBlur(flat, (0, 0), 0.6)
    table = np.log(np.arange(256, dtype=np.float32) + 8)
    logs = cv2.LUT(colour, table)
    chroma = np.stack([logs[..., 0] - logs[..., 2], logs[..., 1] - logs[..., 2]], -1)
    step = max(4, round(2 * px_per_mm))
    sample = chroma[::step, ::step]
    y, x = np.mgrid[0 : sample.shape[0], 0 : sample.shape[1]].astype(np.float32)
    x, y = x / sample.shape[1] - 0.5, y / sample.shape[0] - 0.5
    field_ = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1).reshape(-1, 6)
    values = sample.reshape(-1, 2)
    # the mat is the most saturated thing on it: start from the bluest (or greenest) quarter
    strength = np.abs(
        values - np.median(values[np.argsort(-np.abs(values).sum(1))[: len(values) // 4]], axis=0)
    ).sum(1)
    keep = strength < np.quantile(strength, 0.4)
    weight = np.zeros((6, 2), np.float32)
    for _ in range(6):
        weight, *_ = np.linalg.lstsq(field_[keep], values[keep], rcond=None)
        off = np.linalg.norm(values - field_ @ weight, axis=1)
        keep = off < max(0.05, 3 * float(np.median(off[keep])))
    spread = max(0.02, float(np.median(off[keep])))
    model = cv2.resize(
        (field_ @ weight).reshape(*sample.shape).astype(np.float32),
        flat.shape[1::-1],
        interpolation=cv2.INTER_LINEAR,
    )
    away = np.linalg.norm(chroma - model, axis=-1)
    # half of the contrast is half of the paper only where light adds up: there the edge is read, and shadow stays out by log
    blue, green, red = (colour[..., n].astype(np.float32) for n in range(3))
    mat = np.exp(model) * np.median((red + 8)[away < 0.2]) if (away < 0.2).any() else np.exp(model) * 28
    plain = np.stack([blue - red, green - red], -1)
    ground = mat - np.float32(np.median((red + 8)[away < 0.2]) if (away < 0.2).any() else 28)
    linear = np.linalg.norm(plain - ground, axis=-1) / np.maximum(np.linalg.norm(ground, axis=-1), 1)
    reach = 2 * round(0.6 * px_per_mm) + 1
    inside = cv2.dilate(
        cv2.GaussianBlur(linear, (0, 0), 0.7), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    )
    paper = ((linear > 0.5 * np.clip(inside, 0.5, 1.1)) & (away > max(0.25, 8 * spread))).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(paper, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)), np.uint8)


def _group(pieces: Sequence[SpikePiece], references: Sequence[Reference]) -> list[SpikeNote]:
    """Same pose first, then greedily by contact, largest first."""
    notes: list[SpikeNote] = []
    masks: list[NDArray[np.bool_]] = []
    for n in sorted(range(len(pieces)), key=lambda i: -pieces[i].area_mm2):
        piece = pieces[n]
        if piece.face is None or piece.laid is None:
            notes.append(SpikeNote([n], None))
            masks.append(np.zeros((1, 1), bool))
            continue
        for note, mask in zip(notes, masks, strict=True):
            if note.face == piece.face and _one_note(
                piece, [pieces[i] for i in note.pieces], mask, references
            ):
                note.pieces.append(n)
                mask |= piece.laid
                break
        else:
            notes.append(SpikeNote([n], piece.face))
            masks.append(piece.laid.copy())
    for note, mask in zip(notes, masks, strict=True):
        if note.face is not None:
            note.ratio = float(mask.mean())
    return notes


def _one_note(
    piece: SpikePiece, others: Sequence[SpikePiece], mask: NDArray[np.bool_], references: Sequence[Reference]
) -> bool:
    assert piece.laid is not None
    assert piece.face is not None
    assert piece.pose is not None
    overlap = float((mask & piece.laid).sum()) / max(float(piece.laid.sum()), 1.0)
    if overlap > OVERLAP_MAX:
        return False
    reference = references[piece.face]
    corners = np.array([[0, 0], [reference.width_mm, 0], [0, reference.height_mm]], np.float64)
    back = [
        cv2.perspectiveTransform(corners.reshape(-1, 1, 2), np.linalg.inv(p.pose)).reshape(-1, 2)
        for p in (piece, *others)
        if p.pose is not None
    ]
    if any(float(np.abs(back[0] - other).max()) < 2.5 for other in back[1:]):
        return True
    size = 2 * round(CONTACT_MM * MASK_PX_PER_MM) + 1
    near = cv2.dilate(mask.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    rim = piece.laid & (cv2.erode(piece.laid.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    return float((rim & (near > 0)).sum()) / MASK_PX_PER_MM >= CONTACT_LENGTH_MM
