"""Laying a piece into the note it came from: the remaining area in the note's own millimetres.

Fire shrinks paper by up to 4 % in length, more near the burnt edge, so square millimetres on the tray are up to 8 %
short. The print tells how much: matches say where points of the note have gone. The map from note to tray is

    tray = similarity^-1(note + D(note)),   D a cubic polynomial of each coordinate over the note

estimated as a Bayesian regression: D is small before anything is seen (constant 2 mm, linear 1.2 mm, quadratic 0.6,
cubic 0.3 at the note's edge), matches pull it away from that, and what they leave open stays open: the posterior says how sure the
map is, also where a charred flank carries no print. Maps drawn from it, each with its own area, give the spread that
goes into the interval. Worked example: a third of a 50 with 470 matches all over it: the draws spread by 0.04 points of
area, next to nothing beside the edge; few matches in one corner leave the far side open, and the draws show it.

The mask is drawn onto the note at `CANVAS_PX_PER_MM`. Paper that would lie outside the note's own rectangle belongs
to something else (`outside_mm2`): a second note that touches, or a wrong pose.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.ground import Ground
from xiaoshi.core.notes.identify import Pose
from xiaoshi.core.notes.lookalike import unseen_paper
from xiaoshi.core.notes.pieces import Blob
from xiaoshi.core.notes.reference import Picture, Reference

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

CANVAS_PX_PER_MM = 6.0
PAD_MM = 8.0
DRAWS = 16
_PRIOR_MM = np.array([2.0, 1.2, 1.2, 0.6, 0.6, 0.6, 0.3, 0.3, 0.3, 0.3])


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """A piece laid into its note.

    `present`, `legible`: masks of the note's canvas (height_mm x width_mm at CANVAS_PX_PER_MM); `ratio`,
    `legible_ratio`: their shares of the note; `map_spread`: standard deviation of the ratio over drawn maps;
    `rms_mm`: residual of the matches; `reach`: share of the present part within 12 mm of a match; `outside_mm2`: paper
    that falls outside the note; `likeness`: correlation of the print with the reference on the legible part, -1..1;
    `strange_mm2`: legible paper whose print does not agree with the reference although there is print to agree with;
    `growth`: mm on the note per mm on the tray; `coefficients`: (2, 10) of D; `unseen`: where paper may lie that looks
    like the ground (see `lookalike`), a mask like `present`.
    """

    reference: Reference
    present: Mask
    legible: Mask
    ratio: float
    legible_ratio: float
    map_spread: float
    rms_mm: float
    reach: float
    outside_mm2: float
    likeness: float
    strange_mm2: float
    growth: float
    pose: Pose
    coefficients: Floats
    unseen: Mask


def _basis(u: Floats, v: Floats) -> Floats:
    one = np.ones_like(u)
    return np.stack([one, u, v, u * u, u * v, v * v, u**3, u * u * v, u * v * v, v**3], axis=-1)


def _unit(note_mm: Floats, reference: Reference) -> tuple[Floats, Floats]:
    half_w, half_h = reference.width_mm / 2, reference.height_mm / 2
    # Both axes in units of half the width: a bend has the same size along and across the note.
    return (note_mm[..., 0] - half_w) / half_w, (note_mm[..., 1] - half_h) / half_w


def fit_displacement(pose: Pose, reference: Reference) -> tuple[Floats, Floats, float]:
    """Posterior of D: (2, 10) means, (10, 10) covariance of either coordinate, residual rms in mm. Student weights."""
    note = pose.note_mm.astype(np.float64)
    piece = pose.piece_mm[:, 0].astype(np.float64) + 1j * pose.piece_mm[:, 1]
    moved = pose.turn * piece + pose.shift
    target = np.stack([moved.real, moved.imag], axis=1) - note
    basis = _basis(*_unit(note, reference))
    weight, sigma, off = np.ones(len(note)), 0.4, np.zeros(len(note))
    prior = np.diag(1 / _PRIOR_MM**2)
    mean = np.zeros((10, 2))
    covariance = np.linalg.inv(prior)
    for _ in range(8 if len(note) else 0):
        precision = (basis * weight[:, None]).T @ basis / sigma**2 + prior
        covariance = np.linalg.inv(precision)
        mean = covariance @ ((basis * weight[:, None]).T @ target) / sigma**2
        off = np.linalg.norm(target - basis @ mean, axis=1)
        sigma = float(np.clip(1.48 * np.median(off) / 1.18, 0.10, 0.8))
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


def _canvas_grid(reference: Reference, px_per_mm: float) -> Floats:
    width, height = (round(v * px_per_mm) for v in (reference.width_mm, reference.height_mm))
    x, y = (np.arange(width) + 0.5) / px_per_mm, (np.arange(height) + 0.5) / px_per_mm
    return np.stack(np.meshgrid(x, y), axis=-1)


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
    soft = _soft_mask(blob)
    drawn = _draw(soft, blob, at) > 0.5
    inner = _inner(drawn)
    present = drawn[inner]
    outside = float(drawn.sum() - present.sum()) / CANVAS_PX_PER_MM**2 + _beyond_mm2(blob, at, px_per_mm)
    colour = _colour(picture, at[inner])
    known = _known(reference, present.shape[1], present.shape[0])
    legible, likeness, strange = _read(colour, present, known)
    unseen = np.zeros_like(present)
    if ground is not None:
        middle = (
            (blob.x + blob.mask.shape[1] / 2) / picture.shape[1],
            (blob.y + blob.mask.shape[0] / 2) / picture.shape[0],
        )
        unseen = unseen_paper(colour, known, present, legible, ground, middle)
    near = np.zeros(present.shape, np.uint8)
    for x, y in pose.note_mm * np.float32(CANVAS_PX_PER_MM):
        cv2.circle(near, (round(float(x)), round(float(y))), round(12 * CANVAS_PX_PER_MM), 1, -1)
    covered = float((present & (near > 0)).sum() / max(int(present.sum()), 1))
    return Registered(
        reference,
        present,
        legible,
        float(present.mean()),
        float(legible.mean()),
        _spread(soft, blob, coefficients, covariance, pose, reference, px_per_mm),
        rms,
        covered,
        outside,
        likeness,
        strange,
        abs(pose.turn),
        pose,
        coefficients,
        unseen,
    )


def _colour(picture: Picture, at: NDArray[np.float32]) -> Picture:
    """The photo drawn onto the canvas."""
    drawn = cv2.remap(picture, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(drawn, np.uint8)


def _known(reference: Reference, width: int, height: int) -> Picture:
    """The reference's face at the canvas' size."""
    how = cv2.INTER_AREA if reference.image.shape[1] > width else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(reference.image, (width, height), interpolation=how), np.uint8)


def agreement_at(
    places_mm: Floats, laid: Registered, picture: Picture, px_per_mm: float, window_mm: float
) -> NDArray[np.float32]:
    """How well the print agrees with the reference at places of the tray, -1..1; NaN where neither shows print, where
    nothing can be read, and outside the note. `places_mm`: (n, 2) mm of the rectified picture."""
    at = _smooth_map(laid.reference, laid.coefficients, laid.pose, px_per_mm)
    inner = _inner(np.zeros(at.shape[:2], np.bool_))
    colour = _colour(picture, at[inner])
    height, width = laid.present.shape
    seen = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY).astype(np.float32)
    known = cv2.cvtColor(_known(laid.reference, width, height), cv2.COLOR_BGR2GRAY).astype(np.float32)
    core = cv2.erode(laid.legible.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    local, own, theirs, amount = _local(_detail(seen), _detail(known), core, window_mm)
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


def _soft_mask(blob: Blob) -> NDArray[np.float32]:
    return np.pad(blob.mask.astype(np.float32), 2)


def _draw(soft: NDArray[np.float32], blob: Blob, at: NDArray[np.float32]) -> NDArray[np.float32]:
    own = at - np.array((blob.x - 2, blob.y - 2), np.float32)
    return np.asarray(cv2.remap(soft, own[..., 0], own[..., 1], cv2.INTER_LINEAR, borderValue=0), np.float32)


def _beyond_mm2(blob: Blob, at: NDArray[np.float32], px_per_mm: float) -> float:
    """Paper of the blob that lies beyond the padded canvas altogether: notes that hang on this one by a thread."""
    border = np.concatenate([at[0], at[1:, -1], at[-1, -2::-1], at[-2:0:-1, 0]])
    own = np.rint(border - np.array((blob.x, blob.y), np.float32)).astype(np.int32)
    covered = np.zeros(blob.mask.shape, np.uint8)
    cv2.fillPoly(covered, [own], 1)
    return float((blob.mask & (covered == 0)).sum()) / px_per_mm**2


def _inner(drawn: Mask) -> tuple[slice, slice]:
    """The note's own rectangle in the padded canvas."""
    pad = round(PAD_MM * CANVAS_PX_PER_MM)
    return slice(pad, drawn.shape[0] - pad), slice(pad, drawn.shape[1] - pad)


def _spread(
    soft: NDArray[np.float32],
    blob: Blob,
    coefficients: Floats,
    covariance: Floats,
    pose: Pose,
    reference: Reference,
    px_per_mm: float,
) -> float:
    """Standard deviation of the ratio over maps drawn from the posterior, on a coarse canvas."""
    grid = _canvas_grid(reference, 2.0)
    basis = _basis(*_unit(grid, reference)).astype(np.float32)
    # Matches of one neighbourhood share their errors: count four of them as one.
    root = np.linalg.cholesky(covariance * 4 + np.eye(10) * 1e-12)
    rng = np.random.default_rng(11)
    ratios = []
    for _ in range(DRAWS):
        drawn = coefficients + (root @ rng.standard_normal((10, 2))).T
        moved = grid + basis @ drawn.T.astype(np.float32)
        flat = (moved[..., 0] + 1j * moved[..., 1] - pose.shift) / pose.turn * px_per_mm
        at = np.stack([flat.real - 0.5, flat.imag - 0.5], axis=-1).astype(np.float32)
        ratios.append(float(_draw(soft, blob, at).mean()))
    return float(np.std(ratios))


def _read(colour: Picture, present: Mask, reference: Picture) -> tuple[Mask, float, float]:
    """Where print can still be read, and how well it agrees with the reference there.

    Char is paper much darker than the reference at the same place, once the sound paper of this piece is set equal to
    the reference's: less than a third of the expected light over half a millimetre.
    """
    known = cv2.cvtColor(reference, cv2.COLOR_BGR2GRAY)
    seen = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY).astype(np.float32)
    blur = 0.5 * CANVAS_PX_PER_MM
    known_soft = cv2.GaussianBlur(known.astype(np.float32), (0, 0), blur)
    light = cv2.GaussianBlur(seen, (0, 0), blur) / np.maximum(known_soft, 12.0)
    if not present.any():
        return present, 0.0, 0.0
    sound = float(np.percentile(light[present], 85))
    legible = present & (light > 0.34 * sound)
    core = cv2.erode(legible.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if core.sum() < 400:
        return np.asarray(legible), 0.0, 0.0
    a, b = _detail(seen), _detail(known.astype(np.float32))
    local, own, theirs, amount = _local(a, b, core, 10.0)
    # Judged only where both show print and most of the neighbourhood is legible paper.
    printed = core & (theirs > 0.25 * amount) & (own > 0.15 * amount) & (amount > 0.6)
    strange = float((printed & (local < 0.15)).sum()) / CANVAS_PX_PER_MM**2
    scale = float(np.sqrt((a[core] ** 2).sum() * (b[core] ** 2).sum()))
    return np.asarray(legible), float((a[core] * b[core]).sum() / scale) if scale > 0 else 0.0, strange


def _local(
    a: NDArray[np.float32], b: NDArray[np.float32], core: Mask, window_mm: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Correlation of two details in a window round every pixel, strength of either, and how much of it is `core`."""
    window = (round(window_mm * CANVAS_PX_PER_MM),) * 2
    weight = core.astype(np.float32)
    both = cv2.blur(a * b * weight, window)
    own, theirs = (np.asarray(cv2.blur(layer * layer * weight, window), np.float32) for layer in (a, b))
    local = np.asarray(both / np.sqrt(np.maximum(own * theirs, 1e-9)), np.float32)
    return local, own, theirs, np.asarray(cv2.blur(weight, window), np.float32)


def _detail(layer: NDArray[np.float32]) -> NDArray[np.float32]:
    """Print without light and soil: band-passed and scaled by its local strength."""
    band = cv2.GaussianBlur(layer, (0, 0), 1.2) - cv2.GaussianBlur(layer, (0, 0), 6.0)
    # A running sum can end a hair below zero.
    strength = np.sqrt(np.maximum(cv2.blur(band * band, (35, 35)), 0))
    return np.asarray(band / (strength + 4.0), np.float32)
