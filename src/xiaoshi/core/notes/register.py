"""Laying a piece into the note it came from: the remaining area in the note's own millimetres.

Fire shrinks paper by up to 4 % in length, more near the burnt edge, so square millimetres on the tray are up to 8 %
short. The print tells how much: matches say where points of the note have gone. The map from note to tray is

    tray = similarity^-1(note + D(note)),   D a quartic polynomial of each coordinate over the note

estimated as a Bayesian regression: before anything is seen D is 0 give or take 3 mm (constant, linear and quadratic terms
at the note's edge), 2 mm (cubic), 1 mm (quartic); matches pull it away from that, and what they leave open stays open: the
posterior says how sure the map is, also where a charred flank carries no print. Paper shrinks most where it burnt, beyond
the last match: with a tighter prior and without the quartic terms burnt notes came out 0.07 points too small. Worked
example: a third of a 50 with 470 matches all over it: the area is sure to 0.04 points, next to nothing beside the
edge; few matches in one corner leave the far side open, and the spread shows it.

The mask is drawn onto the note at `CANVAS_PX_PER_MM`. Paper up to `FRINGE_MM` beyond the note's own rectangle is counted:
notes are cut that much off their print, and a border that is laid in 0.1 mm too far out would otherwise be lost while one too far in
is not made up for (0.1 points too small on the mean). What lies farther out belongs to something else (`outside_mm2`): a
second note that touches, or a wrong pose.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.edges import edge_share
from xiaoshi.core.notes.ground import Ground
from xiaoshi.core.notes.identify import Pose
from xiaoshi.core.notes.lookalike import unseen_paper
from xiaoshi.core.notes.pieces import Blob
from xiaoshi.core.notes.reading import READ_PX_PER_MM, detail, known_at, local_agreement, read
from xiaoshi.core.notes.reference import Picture, Reference

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

CANVAS_PX_PER_MM = 6.0
PAD_MM = 8.0
FRINGE_MM = 0.8
FRINGE_SHARE_MAX = 0.012
TERMS = 15
_PRIOR_MM = np.repeat([3.0, 3.0, 3.0, 2.0, 1.0], [1, 2, 3, 4, 5])
SIGMA_MM_MIN = 0.07


@dataclass(frozen=True, slots=True, eq=False)
class Bits:
    """A mask kept in an eighth of its size: a tin of 1,400 pieces holds three of each."""

    packed: NDArray[np.uint8]
    shape: tuple[int, int]

    @classmethod
    def of(cls, mask: Mask) -> Bits:
        """Pack a mask."""
        return cls(np.packbits(mask), (mask.shape[0], mask.shape[1]))

    @property
    def mask(self) -> Mask:
        """The mask again, an array of its own."""
        count = self.shape[0] * self.shape[1]
        return np.unpackbits(self.packed, count=count).view(np.bool_).reshape(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """A piece laid into its note.

    `present`, `legible`: masks of the note's canvas (height_mm x width_mm at CANVAS_PX_PER_MM); `ratio`,
    `legible_ratio`: their shares of the note, `fringe` included; `fringe`: share of paper that lies up to FRINGE_MM beyond
    the note's rectangle (cut or laid in that much off); `map_spread`: standard deviation of the ratio over the map's
    posterior; `edge_share`: what its edges come to when each lies as far off as its contrast lets expect;
    `rms_mm`: residual of the matches; `reach`: share of the present part within 12 mm of a match; `outside_mm2`: paper
    that falls outside the note; `likeness`: correlation of the print with the reference on the legible part, -1..1;
    `strange_mm2`: legible paper whose print does not agree with the reference although there is print to agree with;
    `growth`: mm on the note per mm on the tray; `coefficients`: (2, TERMS) of D; `unseen`: where paper may lie that looks
    like the ground (see `lookalike`), a mask like `present`.
    """

    reference: Reference
    present_bits: Bits
    legible_bits: Bits
    unseen_bits: Bits
    ratio: float
    legible_ratio: float
    fringe: float
    map_spread: float
    edge_share: float
    rms_mm: float
    reach: float
    outside_mm2: float
    likeness: float
    strange_mm2: float
    growth: float
    pose: Pose
    coefficients: Floats

    @property
    def present(self) -> Mask:
        """All that still hangs together."""
        return self.present_bits.mask

    @property
    def legible(self) -> Mask:
        """The part of it that can be read."""
        return self.legible_bits.mask

    @property
    def unseen(self) -> Mask:
        """Where paper may lie unseen."""
        return self.unseen_bits.mask


def _basis(u: Floats, v: Floats) -> Floats:
    one = np.ones_like(u)
    u2, v2, uv = u * u, v * v, u * v
    low = [one, u, v, u2, uv, v2, u2 * u, u2 * v, u * v2, v2 * v]
    return np.stack([*low, u2 * u2, u2 * uv, u2 * v2, uv * v2, v2 * v2], axis=-1)


def _unit(note_mm: Floats, reference: Reference) -> tuple[Floats, Floats]:
    half_w, half_h = reference.width_mm / 2, reference.height_mm / 2
    # Both axes in units of half the width: a bend has the same size along and across the note.
    return (note_mm[..., 0] - half_w) / half_w, (note_mm[..., 1] - half_h) / half_w


def fit_displacement(pose: Pose, reference: Reference) -> tuple[Floats, Floats, float]:
    """Posterior of D: (2, TERMS) means, (TERMS, TERMS) covariance of either coordinate, residual rms in mm. Student weights."""
    note = pose.note_mm.astype(np.float64)
    piece = pose.piece_mm[:, 0].astype(np.float64) + 1j * pose.piece_mm[:, 1]
    moved = pose.turn * piece + pose.shift
    target = np.stack([moved.real, moved.imag], axis=1) - note
    basis = _basis(*_unit(note, reference))
    weight, sigma, off = np.ones(len(note)), 0.4, np.zeros(len(note))
    prior = np.diag(1 / _PRIOR_MM**2)
    mean = np.zeros((TERMS, 2))
    covariance = np.linalg.inv(prior)
    for _ in range(8 if len(note) else 0):
        precision = (basis * weight[:, None]).T @ basis / sigma**2 + prior
        covariance = np.linalg.inv(precision)
        mean = covariance @ ((basis * weight[:, None]).T @ target) / sigma**2
        off = np.linalg.norm(target - basis @ mean, axis=1)
        sigma = float(np.clip(1.48 * np.median(off) / 1.18, SIGMA_MM_MIN, 0.8))
        weight = 1 / (1 + (off / (2.5 * sigma)) ** 2) ** 2
    rms = float(np.sqrt((weight * off**2).sum() / max(weight.sum(), 1e-9))) if len(note) else 0.0
    return np.asarray(mean.T), np.asarray(covariance, np.float64), rms


def _tray_px(
    note_mm: Floats, coefficients: Floats, pose: Pose, reference: Reference, px_per_mm: float
) -> Floats:
    """Note mm to px of the rectified picture; last axis (x, y)."""
    moved = note_mm + _basis(*_unit(note_mm, reference)) @ coefficients.T
    at = (moved[..., 0] + 1j * moved[..., 1] - pose.shift) / pose.turn
    return np.stack([at.real, at.imag], axis=-1) * px_per_mm - 0.5


def tray_mm(note_mm: Floats, laid: Registered) -> Floats:
    """Where points of the note lie on the tray: mm of the rectified picture, last axis (x, y)."""
    return _tray_px(note_mm, laid.coefficients, laid.pose, laid.reference, 1.0) + 0.5


def _smooth_map(
    reference: Reference, coefficients: Floats, pose: Pose, px_per_mm: float
) -> NDArray[np.float32]:
    """`_tray_px` of every pixel of the padded canvas, computed every 8 px and interpolated (off by under 0.01 px)."""
    step = 8
    width, height = (
        round((v + 2 * PAD_MM) * CANVAS_PX_PER_MM) for v in (reference.width_mm, reference.height_mm)
    )
    # One block more on each side, because resizing repeats the outermost values.
    x = (np.arange(-1, width // step + 2) * step + step / 2) / CANVAS_PX_PER_MM - PAD_MM
    y = (np.arange(-1, height // step + 2) * step + step / 2) / CANVAS_PX_PER_MM - PAD_MM
    coarse = _tray_px(np.stack(np.meshgrid(x, y), axis=-1), coefficients, pose, reference, px_per_mm)
    size = (len(x) * step, len(y) * step)
    full = cv2.resize(coarse.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(full[step : step + height, step : step + width])


def register(
    picture: Picture,
    blob: Blob,
    pose: Pose,
    reference: Reference,
    px_per_mm: float,
    ground: Ground | None = None,
) -> Registered:
    """Lay `blob` (of the rectified `picture` at `px_per_mm`) into `reference` by its matches.

    `pose.piece_mm` are millimetres of the rectified picture: (px + 0.5) / px_per_mm. `ground`: what the piece lies on,
    None where nothing is measured.
    """
    coefficients, covariance, rms = fit_displacement(pose, reference)
    at = _smooth_map(reference, coefficients, pose, px_per_mm)
    drawn = _draw(blob, at) > 0.5
    inner = _inner(drawn)
    present = np.ascontiguousarray(drawn[inner])
    beyond = int(drawn.sum()) - int(present.sum())
    colour = _colour(picture, at)
    small, size = _shrunk(colour[inner], present)
    legible, likeness, strange = read(small, size, reference)
    unseen = np.zeros_like(size)
    if ground is not None:
        middle = (
            (blob.x + blob.mask.shape[1] / 2) / picture.shape[1],
            (blob.y + blob.mask.shape[0] / 2) / picture.shape[0],
        )
        known = known_at(reference, size.shape[1], size.shape[0])
        unseen = unseen_paper(small, known, size, legible, ground, middle)
    fringe = min(FRINGE_SHARE_MAX, _fringe_px(drawn, inner) / present.size)
    whole = present.shape
    legible_full = _enlarged(legible, whole) & present
    return Registered(
        reference,
        Bits.of(present),
        Bits.of(legible_full),
        Bits.of(_enlarged(unseen, whole) & ~present),
        min(1.0, float(present.mean()) + fringe),
        min(
            1.0, float(legible_full.mean()) + fringe * float(legible_full.sum()) / max(int(present.sum()), 1)
        ),
        fringe,
        _spread(drawn, covariance, reference),
        edge_share(colour, drawn, CANVAS_PX_PER_MM, px_per_mm) / (reference.width_mm * reference.height_mm),
        rms,
        _reach(pose, present),
        beyond / CANVAS_PX_PER_MM**2 + _beyond_mm2(blob, at, px_per_mm),
        likeness,
        strange,
        abs(pose.turn),
        pose,
        coefficients,
    )


def _colour(picture: Picture, at: NDArray[np.float32]) -> Picture:
    """The photo drawn onto the canvas."""
    drawn = cv2.remap(picture, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(drawn, np.uint8)


def _shrunk(colour: Picture, present: Mask) -> tuple[Picture, Mask]:
    """Both at `READ_PX_PER_MM`."""
    ratio = READ_PX_PER_MM / CANVAS_PX_PER_MM
    height, width = present.shape
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    small = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(present.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) > 127
    return np.asarray(small, np.uint8), np.asarray(mask)


def _enlarged(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """A mask at the canvas' size again."""
    big = cv2.resize(mask.astype(np.uint8), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(big > 0)


def _fringe_px(drawn: Mask, inner: tuple[slice, slice]) -> int:
    """Paper up to FRINGE_MM beyond the note's rectangle, in px of the canvas."""
    reach = round(FRINGE_MM * CANVAS_PX_PER_MM)
    rows, columns = (slice(s.start - reach, s.stop + reach) for s in inner)
    return int(drawn[rows, columns].sum()) - int(drawn[inner].sum())


def _reach(pose: Pose, present: Mask) -> float:
    """Share of the present part that lies within 12 mm of a match; looked at every millimetre."""
    step = round(CANVAS_PX_PER_MM)
    coarse = present[step // 2 :: step, step // 2 :: step]
    if not len(pose.note_mm) or not coarse.any():
        return 0.0
    free = np.ones(coarse.shape, np.uint8)
    at = np.floor(pose.note_mm).astype(int)
    at = at[((at >= 0) & (at < np.array([coarse.shape[1], coarse.shape[0]]))).all(axis=1)]
    free[at[:, 1], at[:, 0]] = 0
    near = cv2.distanceTransform(free, cv2.DIST_L2, 5) <= 12
    return float((coarse & near).sum() / coarse.sum())


def agreement_at(
    places_mm: Floats, laid: Registered, picture: Picture, px_per_mm: float, window_mm: float
) -> NDArray[np.float32]:
    """How well the print agrees with the reference at places of the tray, -1..1; NaN where neither shows print, where
    nothing can be read, and outside the note. `places_mm`: (n, 2) mm of the rectified picture."""
    at = _smooth_map(laid.reference, laid.coefficients, laid.pose, px_per_mm)
    legible = laid.legible
    height, width = legible.shape
    colour = _colour(picture, at[_inner(at)])
    seen = np.asarray(cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY), np.float32)
    known = np.asarray(cv2.cvtColor(known_at(laid.reference, width, height), cv2.COLOR_BGR2GRAY), np.float32)
    core = cv2.erode(legible.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    local, own, theirs, amount = local_agreement(
        detail(seen, CANVAS_PX_PER_MM), detail(known, CANVAS_PX_PER_MM), core, window_mm, CANVAS_PX_PER_MM
    )
    local = np.where(
        core & (amount > 0.6) & ((own > 0.15 * amount) | (theirs > 0.15 * amount)), local, np.nan
    )
    moved = laid.pose.turn * (places_mm[:, 0] + 1j * places_mm[:, 1]) + laid.pose.shift
    goal = np.stack([moved.real, moved.imag], axis=1)
    note = goal
    for _ in range(3):
        note = goal - _basis(*_unit(note, laid.reference)) @ laid.coefficients.T
    index = np.floor(note * CANVAS_PX_PER_MM).astype(int)
    inside = (index >= 0).all(axis=1) & (index[:, 0] < width) & (index[:, 1] < height)
    told = np.full(len(places_mm), np.nan, np.float32)
    told[inside] = local[index[inside, 1], index[inside, 0]]
    return told


def _draw(blob: Blob, at: NDArray[np.float32]) -> NDArray[np.float32]:
    own = at - np.array((blob.x - 2, blob.y - 2), np.float32)
    soft = np.pad(blob.mask.astype(np.float32), 2)
    return np.asarray(cv2.remap(soft, own[..., 0], own[..., 1], cv2.INTER_LINEAR, borderValue=0), np.float32)


def _beyond_mm2(blob: Blob, at: NDArray[np.float32], px_per_mm: float) -> float:
    """Paper of the blob that lies beyond the padded canvas altogether: notes that hang on this one by a thread."""
    border = np.concatenate([at[0], at[1:, -1], at[-1, -2::-1], at[-2:0:-1, 0]])
    own = np.rint(border - np.array((blob.x, blob.y), np.float32)).astype(np.int32)
    covered = np.zeros(blob.mask.shape, np.uint8)
    cv2.fillPoly(covered, [own], 1)
    return float((blob.mask & (covered == 0)).sum()) / px_per_mm**2


def _inner(drawn: NDArray[np.generic]) -> tuple[slice, slice]:
    """The note's own rectangle in the padded canvas."""
    pad = round(PAD_MM * CANVAS_PX_PER_MM)
    return slice(pad, drawn.shape[0] - pad), slice(pad, drawn.shape[1] - pad)


def _spread(drawn: Mask, covariance: Floats, reference: Reference) -> float:
    """Standard deviation of the ratio over the map's posterior.

    A map that is off by d(x) moves the area by the integral of d over the mask's edge, along its normal; with d = basis
    times coefficients that is linear in them, so the posterior's covariance goes straight through (maps drawn one by one gave
    the same to a tenth, at fifteen times the cost).
    """
    scale = 2.0
    size = tuple(round(n * scale / CANVAS_PX_PER_MM) for n in drawn.shape[::-1])
    small = cv2.resize(drawn.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    slope = np.stack([cv2.Sobel(small, cv2.CV_32F, *axis, ksize=3) / 8 for axis in ((1, 0), (0, 1))])
    ys, xs = np.nonzero(np.abs(slope).max(axis=0) > 1e-3)
    note = np.asarray((np.stack([xs, ys], axis=1) + 0.5) / scale - PAD_MM, np.float64)
    by_term = np.dot(slope[:, ys, xs], _basis(*_unit(note, reference)))
    # Matches of one neighbourhood share their errors: count four of them as one.
    variance = 4 * np.einsum("ij,jk,ik->", by_term, covariance, by_term)
    # The slope is per px, and a px is 1 / scale mm: the integral is the sum over the scale.
    return float(np.sqrt(max(variance, 0.0)) / scale / (reference.width_mm * reference.height_mm))
