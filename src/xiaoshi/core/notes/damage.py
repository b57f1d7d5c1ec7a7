"""What fire, hands and time do to one note, in the note's own coordinates.

Problem. An estimator of the remaining area is only as well tested as the damage it is tested on: a straight cut with
a black rim would flatter it. Choice: one scalar field per note, the reach of the fire `heat_mm`: by how many
millimetres a point lies inside the burnt region (negative: outside). It is the maximum over one to three fronts, each
coming from an edge, a corner or a point (a spark hole), bent by noise of several octaves, so its level lines are the
irregular, brittle edges that paper shows. A level is then chosen so that the wanted share of the note is left:

    heat > 0           consumed: gone
    -char < heat <= 0  carbonised: black, brittle, still joined: counts as present, not as legible
    beyond             scorched: brown, fading over `scorch_mm`: legible

Example: a 100-yuan note (11,935 mm2) asked to keep 0.62 loses 4,535 mm2; with a char of 6 mm along a front 90 mm long
some 500 mm2 more are black, so present is 0.62 and legible about 0.58. Islands under 60 mm2 that the fire cut off are
ash and do not count, so what is left is measured from the mask, never taken from what was asked.

Shrinkage, creases and curl move points but not identity: `Damaged.shift_mm` says where a point of the whole note has
gone to, and the ratio stays one of the note's own area.

Kinds: "burnt" and "torn" as above; burnt as well are "carbonised" (baked through), "folded" (burnt while folded in half:
the pattern is mirrored at the fold, and often the fold itself is gone), "soot", and "stack"/"stuck" (a bundle that burnt
together, see `bundle`); torn as well are "moth", "mouse", "mould", "water", "taped" (torn, then mended). What they are made
of stands in `gnawing` and `stains`, all parameters in README-simulators.md.

Left out: folds that hide a part, bubbles of plastic, ink that runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes import gnawing, stains
from xiaoshi.core.notes.fields import PX_PER_MM, Field, Mask, grid_mm, noise, smooth_noise
from xiaoshi.core.notes.reference import Picture, Reference

__all__ = [
    "ASH_MM2",
    "PX_PER_MM",
    "DamageOptions",
    "Damaged",
    "Kind",
    "bundle",
    "damage",
    "noise",
    "wanted_ratio",
]

Kind = Literal[
    "burnt",
    "torn",
    "carbonised",
    "folded",
    "soot",
    "stack",
    "stuck",
    "moth",
    "mouse",
    "mould",
    "water",
    "taped",
]
BURNT: frozenset[Kind] = frozenset({"burnt", "carbonised", "folded", "soot", "stack", "stuck"})

ASH_MM2 = 60.0
"""A part smaller than this that has lost its hold on the note is ash: the holder cannot bring it to the desk."""


@dataclass(frozen=True, slots=True, eq=False)
class Damaged:
    """A damaged note at PX_PER_MM, all arrays of the whole note's height and width.

    `picture`: BGR as the paper looks now; `labels`: 0 where nothing is left, 1..n the pieces (each one connected);
    `legible`: present and not carbonised; `shift_mm`: (h, w, 2) where heat and curl have moved each point to (x, y);
    `ratio`, `legible_ratio`: of the whole note's area, counted from the masks.
    """

    picture: Picture
    labels: NDArray[np.int32]
    legible: Mask
    shift_mm: Field
    ratio: float
    legible_ratio: float
    kind: Kind


@dataclass(frozen=True, slots=True)
class DamageOptions:
    """What is asked of the damage.

    `keep`: least and most share that is left before ash falls off (None: as `wanted_ratio` draws it); `torn_in`: least and
    most parts a note is torn in (None: 1 to 3, as `_tears` draws it); `shrink_max`: most linear shrinkage of burnt paper,
    0 to 0.06; `carbonised`: least and most degree of carbonisation; `sheets`: least and most notes in a bundle.
    """

    keep: tuple[float, float] | None = None
    torn_in: tuple[int, int] | None = None
    shrink_max: float = 0.04
    carbonised: tuple[float, float] = (0.3, 0.9)
    sheets: tuple[int, int] = (2, 5)


def wanted_ratio(rng: np.random.Generator) -> float:
    """How much of a note shall be left: 45 % of notes 0.75 to 1, 35 % 0.5 to 0.75, 20 % 0.15 to 0.5.

    Uniform inside each band: nearness to a threshold is left to chance (about 4 % of notes within one point of 0.75
    or 0.5).
    """
    band = rng.random()
    low, high = (0.75, 1.0) if band < 0.45 else (0.5, 0.75) if band < 0.80 else (0.15, 0.5)
    return float(rng.uniform(low, high))


def damage(
    reference: Reference,
    kind: Kind,
    rng: np.random.Generator,
    *,
    keep: float | None = None,
    options: DamageOptions | None = None,
    heat: Field | None = None,
) -> Damaged:
    """Burn, tear, soak or gnaw one note.

    `keep`: the share to be left before the options' bounds are asked; `heat`: reach of the fire in mm with the burnt edge
    at 0, where a bundle shares it (`bundle`).
    """
    options = options or DamageOptions()
    keep = _keep(rng, options) if keep is None else keep
    w, h = round(reference.width_mm * PX_PER_MM), round(reference.height_mm * PX_PER_MM)
    picture = _resized(reference.image, w, h)
    fire = kind in BURNT
    if heat is None:
        heat = _levelled(_field(rng, (h, w), kind), keep)
    present = heat <= 0
    if kind in ("moth", "mouse"):
        present = present & ~getattr(gnawing, kind)(rng, (h, w))
    tears, torn_edge = _torn(rng, present, kind, options)
    char_mm = _char_width(rng, (h, w)) if fire else np.zeros((h, w), np.float32)
    labels = _pieces(present, np.zeros_like(tears) if kind == "taped" else tears)
    whole = labels > 0
    char: Field = np.zeros((h, w), np.float32)
    if fire:
        char = np.asarray(np.clip(1.0 + heat / np.maximum(char_mm, 1e-3), 0.0, 1.0), np.float32)
    legible = whole & ~(char > 0.08)

    paper = _age(picture.astype(np.float32), rng)
    degree = 0.0
    if kind == "carbonised":
        degree = float(rng.uniform(*options.carbonised))
        paper, hidden = stains.carbonise(paper, degree, rng)
        legible &= ~hidden
    if fire:
        paper = _scorch(paper, heat, char, rng)
    paper = _torn_fibre(paper, torn_edge if fire else torn_edge | ~present, whole, rng)
    if kind == "soot":
        paper, hidden = stains.soot(paper, rng)
        legible &= ~hidden
    elif kind == "mould":
        paper = stains.mould(paper, rng)
    elif kind == "water":
        paper = stains.water(paper, rng)
    elif kind == "taped":
        paper = stains.tape(paper, torn_edge, rng)
    total = float(h * w)
    return Damaged(
        picture=np.clip(paper, 0, 255).astype(np.uint8),
        labels=labels,
        legible=legible,
        shift_mm=_shift(rng, heat, kind, options.shrink_max, degree),
        ratio=float(np.count_nonzero(whole)) / total,
        legible_ratio=float(np.count_nonzero(legible)) / total,
        kind=kind,
    )


def bundle(
    reference: Reference, rng: np.random.Generator, options: DamageOptions | None = None
) -> list[Field]:
    """One fire through a bundle, for each sheet from the top: the same pattern, 0 to 1.2 mm less at each sheet deeper,
    bent anew by 0.4 mm."""
    options = options or DamageOptions()
    shape = (round(reference.height_mm * PX_PER_MM), round(reference.width_mm * PX_PER_MM))
    heat = _levelled(_heat(rng, shape), _keep(rng, options))
    step = float(rng.uniform(0.0, 1.2))
    count = int(rng.integers(options.sheets[0], options.sheets[1] + 1))
    return [
        np.asarray(heat - np.float32(step * n) + np.float32(0.4) * smooth_noise(rng, shape, 90), np.float32)
        for n in range(count)
    ]


def _keep(rng: np.random.Generator, options: DamageOptions) -> float:
    return wanted_ratio(rng) if options.keep is None else float(rng.uniform(*options.keep))


def _field(rng: np.random.Generator, shape: tuple[int, int], kind: Kind) -> Field:
    if kind not in BURNT:
        return _tear_off(rng, shape)
    return _folded(rng, shape) if kind == "folded" else _heat(rng, shape)


def _levelled(heat: Field, keep: float) -> Field:
    """The same field with the edge of what is left at 0."""
    heat = heat - np.float32(np.quantile(heat[::4, ::4], keep))
    return np.minimum(heat, np.float32(-0.5)) if keep > 0.985 else heat


def _torn(
    rng: np.random.Generator, present: Mask, kind: Kind, options: DamageOptions
) -> tuple[NDArray[np.int32], Mask]:
    parts = (2, 3) if kind == "taped" and options.torn_in is None else options.torn_in
    if parts is not None:
        count = int(rng.integers(parts[0], parts[1] + 1))
        return gnawing.torn_in(rng, present, count)
    return _tears(rng, (present.shape[0], present.shape[1]), kind)


def _resized(image: Picture, width: int, height: int) -> Picture:
    shrink = image.shape[1] > width
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrink else cv2.INTER_CUBIC)
    return np.asarray(resized, np.uint8)


def _heat(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    """Reach of the fire in mm, up to a constant: fronts from edges and corners, and sometimes spark holes."""
    x, y = grid_mm(shape)
    wide, high = shape[1] / PX_PER_MM, shape[0] / PX_PER_MM
    bend = noise(rng, shape, 260, 6) * np.float32(rng.uniform(2.5, 5.5))
    heat = np.full(shape, -1e3, np.float32)
    for _ in range(int(rng.choice([1, 2, 3], p=[0.5, 0.35, 0.15]))):
        lead = np.float32(rng.uniform(0.0, 14.0))
        if rng.random() < 0.7:  # from one edge
            edge = int(rng.integers(0, 4))
            away = (x, wide - x, y, high - y)[edge] * np.float32(1.0 if edge < 2 else 1.7)
        else:  # from a corner
            cx, cy = (0.0, wide)[int(rng.integers(0, 2))], (0.0, high)[int(rng.integers(0, 2))]
            away = np.hypot(x - np.float32(cx), (y - np.float32(cy)) * np.float32(1.4))
        heat = np.maximum(heat, lead - away + bend)
    level = float(np.quantile(heat[::8, ::8], 0.7))
    for _ in range(int(rng.choice([0, 1, 2], p=[0.7, 0.2, 0.1]))):
        cx, cy = rng.uniform(0.2, 0.8) * wide, rng.uniform(0.2, 0.8) * high
        spot = np.float32(level + rng.uniform(2.0, 9.0)) - np.hypot(x - np.float32(cx), y - np.float32(cy))
        heat = np.maximum(heat, spot + 0.5 * bend)
    return heat


def _folded(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    """A fire that took the note folded in half across: one half's pattern, mirrored, and in half of the cases the fold."""
    heat, half = _heat(rng, shape), shape[1] // 2
    if rng.random() < 0.5:
        fold = np.abs(grid_mm(shape)[0] - np.float32(shape[1] / 2 / PX_PER_MM))
        lead = np.float32(np.quantile(heat[::8, ::8], 0.8) + rng.uniform(2.0, 8.0))
        heat = np.maximum(heat, lead - fold + np.float32(1.2) * noise(rng, shape, 160, 4))
    heat[:, -half:] = heat[:, :half][:, ::-1]
    return np.asarray(heat + np.float32(0.3) * smooth_noise(rng, shape, 120), np.float32)


def _tear_off(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    """The same field for a part torn away by hand: one slanting front, bent little and in long waves."""
    x, y = grid_mm(shape)
    turn = rng.uniform(0, 2 * np.pi)
    bend = noise(rng, shape, 220, 6) * np.float32(rng.uniform(1.2, 2.5))
    return np.asarray(x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn)) + bend, np.float32)


def _char_width(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    """Width in mm of the black band: some 1 to 9 mm, for one note in six up to about 30 (baked in the tin)."""
    base = rng.uniform(14.0, 30.0) if rng.random() < 1 / 6 else rng.uniform(1.2, 6.0)
    return np.asarray(np.clip(base * (1 + 0.45 * noise(rng, shape, 180, 3)), 0.6, None), np.float32)


def _tears(rng: np.random.Generator, shape: tuple[int, int], kind: Kind) -> tuple[NDArray[np.int32], Mask]:
    """Parts by tears across the note (0, 1, 2), and where the paper along them is lost or frayed."""
    count = int(rng.choice([0, 1, 2], p=[0.8, 0.15, 0.05] if kind in BURNT else [0.25, 0.5, 0.25]))
    x, y = grid_mm(shape)
    wide, high = shape[1] / PX_PER_MM, shape[0] / PX_PER_MM
    parts = np.zeros(shape, np.int32)
    line = np.zeros(shape, bool)
    for place in (
        np.sort(rng.uniform(0.25, 0.75, count))
        if count < 2
        else (rng.uniform(0.25, 0.4), rng.uniform(0.6, 0.75))
    ):
        turn = rng.normal(0, 0.35)
        bend = noise(rng, shape, 160, 6) * np.float32(rng.uniform(0.8, 2.0))
        side = (x - np.float32(place * wide)) * np.float32(np.cos(turn)) + (
            y - np.float32(high / 2)
        ) * np.float32(np.sin(turn))
        side = side + bend
        parts += (side > 0).astype(np.int32)
        line |= np.abs(side) < 0.08
    return np.where(line, -1, parts), line


def _pieces(present: Mask, parts: NDArray[np.int32]) -> NDArray[np.int32]:
    """Connected pieces of at least ASH_MM2, largest first; what is smaller is gone."""
    found: list[tuple[int, Mask]] = []
    for part in range(int(parts.max()) + 1):
        mask = (present & (parts == part)).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        for label in range(1, count):
            area = int(stats[label, cv2.CC_STAT_AREA])
            if area >= ASH_MM2 * PX_PER_MM**2:
                found.append((area, np.asarray(labels == label)))
    found.sort(key=lambda item: -item[0])
    out = np.zeros(present.shape, np.int32)
    for label, (_, mask) in enumerate(found, start=1):
        out[mask] = label
    return out


def _age(paper: Field, rng: np.random.Generator) -> Field:
    """Soil, wear and creases of a note that was in use before the fire."""
    shape = paper.shape[:2]
    soil = np.clip(0.06 + 0.05 * noise(rng, (shape[0] // 4 + 1, shape[1] // 4 + 1), 60, 4), 0, 0.3)
    soil = cv2.resize(soil, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)[..., None] * np.float32(
        rng.uniform(0.4, 2.0)
    )
    paper = paper * (1 - soil) + np.array((70, 95, 110), np.float32) * soil
    x, y = grid_mm((shape[0], shape[1]))
    light = np.ones((shape[0], shape[1]), np.float32)
    for _ in range(int(rng.integers(0, 5))):
        turn, depth = rng.uniform(0, np.pi), np.float32(rng.uniform(0.03, 0.14))
        cx, cy = rng.uniform(0, shape[1] / PX_PER_MM), rng.uniform(0, shape[0] / PX_PER_MM)
        d = (x - np.float32(cx)) * np.float32(np.cos(turn)) + (y - np.float32(cy)) * np.float32(np.sin(turn))
        light -= depth * np.exp(-np.abs(d) / np.float32(0.35)) - depth * np.float32(0.5) * np.exp(
            -np.abs(d - 0.8) / np.float32(1.2)
        )
    return np.asarray(paper * light[..., None], np.float32)


def _scorch(paper: Field, heat: Field, char: Field, rng: np.random.Generator) -> Field:
    """Brown fading into the sound paper, black where carbonised, a grey brittle lip at the very edge."""
    shape = (heat.shape[0], heat.shape[1])
    fade_mm = np.float32(rng.uniform(3.0, 12.0))
    fleck = noise(rng, shape, 40, 4)
    beyond = np.clip(-heat * (1 - char), 0, None)
    brown = np.clip(np.exp(-beyond / fade_mm) * (0.85 + 0.12 * fleck), 0, 0.92)[..., None]
    paper = paper * (1 - brown) + paper * np.array((0.16, 0.30, 0.46), np.float32) * brown
    # carbonised: the print is there as a faint relief, nothing that a teller would call legible
    black = (24 + 5 * fleck)[..., None] * np.array((0.95, 1.0, 1.06), np.float32) + 0.05 * paper
    cover = np.clip((char - 0.02) * 9, 0, 1)[..., None]
    paper = paper * (1 - cover) + black * cover
    lip = np.clip(1 - np.abs(heat) / 0.5, 0, 1)[..., None] * np.float32(0.35) * (fleck > 0.6)[..., None]
    return np.asarray(paper * (1 - lip) + 120 * lip, np.float32)


def _torn_fibre(paper: Field, edge: Mask, whole: Mask, rng: np.random.Generator) -> Field:
    """White fibre where paper was torn: 0.2 to 0.8 mm wide, on one side of the tear more than on the other."""
    if not edge.any():
        return paper
    away = cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, 3) / np.float32(PX_PER_MM)
    width = np.clip(0.45 + 0.3 * noise(rng, (edge.shape[0], edge.shape[1]), 30, 3), 0.12, 0.9)
    white = np.where(whole, np.clip(1.2 - away / width, 0, 1), 0).astype(np.float32)[..., None]
    return np.asarray(paper * (1 - white) + np.array((226, 234, 236), np.float32) * white, np.float32)


def _shift(
    rng: np.random.Generator, heat: Field, kind: Kind, shrink_max: float = 0.04, degree: float = 0.0
) -> Field:
    """Where points move: shrinkage towards the middle (0 to `shrink_max` linear, more near the fire and where the paper is
    baked through to `degree`), now and then a curl; wet paper cockles by 0.15 mm.

    Smooth by construction (bumps of some 60 mm), so that it can be inverted by a few fixed-point steps.
    """
    h, w = heat.shape
    step = 8
    small = (h // step + 1, w // step + 1)
    x = (np.arange(small[1], dtype=np.float32)[None, :] * step) / np.float32(PX_PER_MM) - np.float32(
        w / 2 / PX_PER_MM
    )
    y = (np.arange(small[0], dtype=np.float32)[:, None] * step) / np.float32(PX_PER_MM) - np.float32(
        h / 2 / PX_PER_MM
    )
    strain = np.zeros(small, np.float32)
    if kind in BURNT:
        most = rng.uniform(0.0, shrink_max)
        near = cv2.resize(heat, (small[1], small[0]), interpolation=cv2.INTER_AREA)
        near = cv2.GaussianBlur(np.exp(np.minimum(near, 0) / 25.0).astype(np.float32), (0, 0), 12)
        near = np.maximum(near, np.float32(degree))
        uneven = cv2.GaussianBlur(noise(rng, small, 60, 1), (0, 0), 8)
        strain = np.clip(most * (0.35 + 0.65 * near) * (1 + 0.25 * uneven), 0, shrink_max).astype(np.float32)
        strain = cv2.GaussianBlur(strain, (0, 0), 8)
    dx, dy = -strain * x, -strain * y
    if rng.random() < 0.2:  # a mild curl: the far end rises and looks shorter from above
        curl = np.float32(rng.uniform(0.002, 0.008) / (w / PX_PER_MM) * 2)
        dx = dx - curl * x * np.abs(x)
    if kind == "water":
        dx, dy = (
            d + np.float32(0.15) * cv2.GaussianBlur(noise(rng, small, 25, 1), (0, 0), 3) for d in (dx, dy)
        )
    small_shift = np.stack([dx + 0 * y, dy + 0 * x], -1).astype(np.float32)
    rows = (np.arange(h, dtype=np.float32) + 0.5) / step
    cols = (np.arange(w, dtype=np.float32) + 0.5) / step
    mx, my = np.meshgrid(cols, rows)
    return np.asarray(
        cv2.remap(small_shift, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
