"""One note as a mesh: fire that spreads over it, cuts along its edges, heat that shrinks and bends it.

Problem. A simulator that paints masks and an engine that reads masks may agree for the wrong reason. Choice: another make
throughout. The note is a grid of vertices CELL_MM apart, two triangles a cell. Fire is run, not drawn: temperature T
diffuses from vertex to vertex, a vertex whose T passes its own ignition point burns, gives heat and uses up its fuel:

    T += 0.2 lap(T) - 0.03 T + 0.55 burning,   fuel -= 0.12 burning,   until the wanted share of the area is consumed

What is left is where fuel, linear on each triangle, is above one half; its area is summed triangle by triangle, exactly:
a triangle whose corners are at +1, -1, -1 keeps 1 / ((1 + 1) (1 + 1)) = 1/4. A tear is a random walk over mesh edges from
border to border, so nothing is lost along it, and each side becomes a mesh of its own. The peak temperature shrinks the
paper: lengths along each row and column are integrated anew. Curl is height: a cylinder over the whole piece, and
more where it burnt; the camera sees it (`mesh_camera`).

Example: 155 x 77 mm is 195 x 97 vertices and 37,248 triangles; asked for 0.62 the fire ends at the first step that leaves
no more, and the truth is what that step left, 0.6187 say, less the parts under 60 mm2 that fell off.

Left out: folds over themselves, stuck stacks, water, mould, tape (the first simulator has them).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.damage import ASH_MM2, DamageOptions, wanted_ratio

CELL_MM = 0.8
LEGIBLE_BELOW = 0.72
"""Peak temperature (ignition is about 1) from which the paper counts as carbonised."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MeshNote:
    """A note before it is laid: all arrays over the grid of (rows, columns) vertices.

    `at_mm`: (r, c, 2) place in the whole note; `now_mm`: (r, c, 2) after shrinking, `height_mm`: over the mat; `fuel`: what
    is left where above 0 (linear on triangles); `peak`: peak temperature; `parts`: (r - 1, c - 1, 2) part of each triangle;
    `down`: (r - 1, c - 1) whether a cell's diagonal runs from top left to bottom right; `cuts`: the tears in mm.
    """

    at_mm: Floats
    now_mm: Floats
    height_mm: Floats
    fuel: Floats
    peak: Floats
    parts: NDArray[np.int32]
    down: NDArray[np.bool_]
    cuts: tuple[Floats, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MeshPiece:
    """One connected piece: triangles as (n, 3) indices into the flattened grid, and its area in the whole note in mm2."""

    triangles: NDArray[np.int64]
    area_mm2: float
    legible_mm2: float


def make_mesh(
    width_mm: float, height_mm: float, kind: str, rng: np.random.Generator, options: DamageOptions
) -> MeshNote:
    """Burn, tear or gnaw one note. `kind`: burnt, carbonised, soot, torn or moth."""
    columns, rows = round(width_mm / CELL_MM) + 1, round(height_mm / CELL_MM) + 1
    x, y = np.linspace(0, width_mm, columns), np.linspace(0, height_mm, rows)
    at = np.stack(np.meshgrid(x, y), -1)
    keep = wanted_ratio(rng) if options.keep is None else float(rng.uniform(*options.keep))
    peak = np.zeros((rows, columns))
    if kind in ("burnt", "carbonised", "soot"):
        fuel, peak = _fire(at, keep, rng)
        if kind == "carbonised":
            degree = float(rng.uniform(*options.carbonised))
            peak = np.maximum(peak, degree * 0.95 + 0.025 * _waves(at, rng, 60.0))
    else:
        fuel = _hand(at, keep, rng)
    if kind == "moth":
        fuel = np.minimum(fuel, _moth(at, rng))
    cut = _Cuts(at, rng)
    low, high = options.torn_in or ((1, 3) if kind in ("torn", "moth") else (1, 2))
    cut.into(int(rng.integers(low, high + 1)), fuel)
    now = _shrunk(at, peak, float(rng.uniform(0, options.shrink_max)))
    return MeshNote(at, now, _curl(at, peak, rng), fuel, peak, cut.parts, cut.down, tuple(cut.lines))


def pieces_of(note: MeshNote) -> list[MeshPiece]:
    """Connected pieces of at least ASH_MM2, largest first."""
    rows, columns = note.fuel.shape
    alive = (note.fuel > 0).astype(np.uint8)
    index = np.arange(rows * columns).reshape(rows, columns)
    triangles, part = _triangles(index, note.down), note.parts.reshape(-1)
    area = _left(note.fuel.ravel()[triangles]) * _triangle_mm2(note)
    sound = _left(np.minimum(note.fuel, LEGIBLE_BELOW - note.peak).ravel()[triangles]) * _triangle_mm2(note)
    found: list[MeshPiece] = []
    for number in range(int(part.max()) + 1):
        own = part == number
        here = np.zeros(rows * columns, np.uint8)
        here[triangles[own].ravel()] = 1
        count, label = cv2.connectedComponents(here.reshape(rows, columns) & alive, connectivity=4)
        of_vertex = label.ravel()[triangles[own]].max(axis=1)
        for one in range(1, count):
            mine = of_vertex == one
            total = float(area[own][mine].sum())
            if total >= ASH_MM2:
                found.append(MeshPiece(triangles[own][mine], total, float(sound[own][mine].sum())))
    return sorted(found, key=lambda piece: -piece.area_mm2)


def _triangle_mm2(note: MeshNote) -> float:
    """Area of one triangle in the whole note, mm2."""
    return float(
        (note.at_mm[0, 1, 0] - note.at_mm[0, 0, 0]) * (note.at_mm[1, 0, 1] - note.at_mm[0, 0, 1]) / 2
    )


def _triangles(index: NDArray[np.int64], down: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(cells x 2, 3): the lower left and the upper right triangle of each cell, row by row."""
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    lower = np.where(down[..., None], np.stack([a, c, d], -1), np.stack([a, c, b], -1))
    upper = np.where(down[..., None], np.stack([a, d, b], -1), np.stack([b, c, d], -1))
    return np.stack([lower, upper], 2).reshape(-1, 3)


def _left(fuel: Floats) -> Floats:
    """Share of each triangle on which a linear function with these corner values (n, 3) is above 0."""
    f = np.sort(fuel, axis=1)
    low, mid, high = f.T
    with np.errstate(divide="ignore", invalid="ignore"):
        one = high**2 / ((high - low) * (high - mid))
        two = 1 - low**2 / ((low - mid) * (low - high))
    return np.asarray(np.where(low >= 0, 1.0, np.where(high <= 0, 0.0, np.where(mid > 0, two, one))))


def _waves(at: Floats, rng: np.random.Generator, length_mm: float, count: int = 24) -> Floats:
    """Sum of plane waves of random direction with lengths from a fourth of `length_mm` on: zero mean, unit spread."""
    way = rng.uniform(0, 2 * np.pi, count)
    k = 2 * np.pi / (length_mm * 4 ** -rng.random(count))
    phase = (
        at[..., 0, None] * (k * np.cos(way))
        + at[..., 1, None] * (k * np.sin(way))
        + rng.uniform(0, 6.28, count)
    )
    return np.asarray(np.cos(phase).sum(axis=-1) * np.sqrt(2 / count))


def _fire(at: Floats, keep: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Run the fire until no more than `keep` is left; fuel over one half, and peak temperature."""
    rows, columns = at.shape[:2]
    hot, fuel, peak = np.zeros((rows, columns)), np.ones((rows, columns)), np.zeros((rows, columns))
    ignition = 0.75 * np.exp(0.3 * _waves(at, rng, 30.0) + 0.35 * rng.standard_normal((rows, columns)))
    damp = np.clip(1 + 0.5 * _waves(at, rng, 90.0), 0.3, 2.0)
    for _ in range(int(rng.integers(1, 4))):
        edge, along, wide = int(rng.integers(0, 4)), rng.random(), int(rng.integers(4, 40))
        r = {0: 0, 1: rows - 1}.get(edge, int(along * rows))
        c = {2: 0, 3: columns - 1}.get(edge, int(along * columns))
        reach = (slice(max(0, r - wide), r + wide), slice(max(0, c - wide), c + wide))
        border = np.zeros((rows, columns), bool)
        border[:2], border[-2:], border[:, :2], border[:, -2:] = True, True, True, True
        hot[reach] = np.where(border[reach], 6.0, hot[reach])
    draught = rng.normal(0, 0.05, 2)
    for step in range(4000):
        padded = np.pad(hot, 1, mode="edge")
        spread = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:] - 4 * hot
        wind = draught[0] * (padded[2:, 1:-1] - padded[:-2, 1:-1]) + draught[1] * (
            padded[1:-1, 2:] - padded[1:-1, :-2]
        )
        burning = (hot > ignition) & (fuel > 0)
        hot = np.clip(hot + 0.2 * spread + wind - 0.03 * damp * hot + 0.55 * burning, 0, 8)
        fuel = np.where(burning, fuel - 0.12, fuel)
        peak = np.maximum(peak, hot)
        left = float((fuel > 0.5).mean())
        if left <= keep or (step > 60 and not burning.any() and keep < left):
            if left <= keep:
                break
            # it went out: somebody holds a match to what is hottest
            hot = np.where((hot >= np.quantile(hot[fuel > 0.5], 0.98)) & (fuel > 0.5), 3.0, hot)
    soft = cv2.GaussianBlur(fuel, (0, 0), 0.6)
    # smoke-hot air went on browning what the flame did not reach
    glow = cv2.GaussianBlur((fuel <= 0.5).astype(np.float64), (0, 0), float(rng.uniform(2.0, 8.0)))
    reached = np.maximum(np.minimum(peak / np.maximum(ignition, 0.2), 1.0), np.minimum(1.6 * glow, 0.9))
    brown = cv2.GaussianBlur(np.where(fuel > 0.5, reached, 1.0), (0, 0), 0.7)
    return np.asarray(soft - 0.5, np.float64), np.asarray(brown, np.float64)


def _hand(at: Floats, keep: float, rng: np.random.Generator) -> Floats:
    """A corner or an end torn away by hand: a straight front with waves."""
    way = rng.uniform(0, 2 * np.pi)
    front = at[..., 0] * np.cos(way) + at[..., 1] * np.sin(way) + 1.3 * _waves(at, rng, 18.0)
    return np.asarray(np.quantile(front, keep) - front if keep < 0.985 else np.full(front.shape, 9.0))


def _moth(at: Floats, rng: np.random.Generator) -> Floats:
    """Distance from the nearest of 5 to 30 grazed discs."""
    away = np.full(at.shape[:2], 99.0)
    for _ in range(int(rng.integers(5, 31))):
        middle = rng.uniform((0, 0), at[-1, -1])
        away = np.minimum(away, np.hypot(*(at - middle).transpose(2, 0, 1)) - float(rng.uniform(0.8, 3.5)))
    return np.asarray(away + 0.25 * _waves(at, rng, 4.0))


class _Cuts:
    """Random walks over mesh edges; the part of every triangle."""

    def __init__(self, at: Floats, rng: np.random.Generator) -> None:
        rows, columns = at.shape[:2]
        self.at, self.rng = at, rng
        self.parts = np.zeros((rows - 1, columns - 1, 2), np.int32)
        self.down = rng.random((rows - 1, columns - 1)) < 0.5
        self.lines: list[Floats] = []
        self.taken = np.zeros((rows - 1, columns - 1), bool)

    def into(self, count: int, fuel: Floats) -> None:
        """Cut the largest part again until there are `count`."""
        cell = (fuel[:-1, :-1] > 0).astype(np.float64)
        for number in range(1, count):
            sizes = [float((cell[..., None] * (self.parts == n)).sum()) for n in range(number)]
            target = int(np.argmax(sizes))
            own = (self.parts == target).any(axis=2) & (cell > 0)
            r, c = np.nonzero(own)
            if len(r) < 400:
                return
            across = bool(np.ptp(c) >= np.ptp(r) * 0.8)
            middle = float(np.median(c if across else r)) + self.rng.normal(0, 0.1) * np.ptp(
                c if across else r
            )
            self._cut(target, number, across, middle)

    def _cut(self, target: int, number: int, across: bool, start: float) -> None:
        """A walk down the rows (`across` the note) or along the columns; what lies right of (below) it is new."""
        parts = self.parts if across else self.parts.transpose(1, 0, 2)[..., ::-1]
        down = self.down if across else self.down.T
        taken = self.taken if across else self.taken.T
        rows, columns = down.shape
        drift, momentum = self.rng.normal(0, 0.35), 0.0
        at = start - drift * rows / 2
        walk = [int(np.clip(round(at), 1, columns - 1))]
        for row in range(rows):
            momentum = 0.8 * momentum + self.rng.normal(0, 0.45)
            at += drift + momentum
            step = int(np.clip(round(at) - walk[-1], -1, 1))
            here = walk[-1]
            cell = here if step > 0 else here - 1
            if step and (not 0 <= cell < columns or not 1 <= here + step <= columns - 1 or taken[row, cell]):
                step = 0
            if step:
                down[row, cell] = step > 0
                taken[row, cell] = True
            walk.append(here + step)
            right = np.arange(columns) >= (here if step >= 0 else here - 1)
            side = np.stack([right, right], -1)
            if step:
                # the cell that the walk crosses: one triangle on either side (turned, a falling diagonal swaps them twice)
                side[cell] = (False, True) if across or step > 0 else (True, False)
            mine = parts[row] == target
            parts[row][mine & side] = number
        line = np.array([(r, c) if across else (c, r) for r, c in enumerate(walk)])
        self.lines.append(self.at[line[:, 0], line[:, 1]])


def _shrunk(at: Floats, peak: Floats, most: float) -> Floats:
    """Lengths along rows and columns integrated with the strain that the peak temperature left."""
    strain = most * np.clip(cv2.GaussianBlur(peak, (0, 0), 8.0), 0, 1)
    hold = cv2.GaussianBlur(strain, (0, 0), 25.0)
    out = np.empty_like(at)
    for axis in (0, 1):
        along = 1 if axis == 0 else 0
        steps = np.diff(at[..., axis], axis=along)
        inner = hold[:, 1:] if along == 1 else hold[1:]
        length = np.cumsum(steps * (1 - inner), axis=along)
        pad = [(0, 0), (0, 0)]
        pad[along] = (1, 0)
        line = np.pad(length, pad)
        middle = line[:, line.shape[1] // 2][:, None] if along == 1 else line[line.shape[0] // 2][None]
        out[..., axis] = line - middle
    return out


def _curl(at: Floats, peak: Floats, rng: np.random.Generator) -> Floats:
    """Height over the mat: a cylinder (up to 3 mm at the far end), more where it burnt (up to 2 mm), cockles of 0.15 mm, and
    on every other note the ridge of a fold (up to 1.5 mm)."""
    way = rng.uniform(0, np.pi)
    along = at[..., 0] * np.cos(way) + at[..., 1] * np.sin(way)
    along = (along - along.mean()) / max(float(np.ptp(along)) / 2, 1e-6)
    bend = rng.uniform(0, 3.0) if rng.random() < 0.5 else rng.uniform(0, 0.6)
    height = bend * along**2 + rng.uniform(0, 2.0) * cv2.GaussianBlur(peak, (0, 0), 6.0) ** 2
    height = height + 0.15 * _waves(at, rng, 35.0)
    if rng.random() < 0.5:
        # folded once and smoothed out again: a roof whose ridge is sharp
        way, ridge = rng.uniform(0, np.pi), rng.uniform((0.2, 0.2), (0.8, 0.8)) * at[-1, -1]
        off = np.abs((at[..., 0] - ridge[0]) * np.cos(way) + (at[..., 1] - ridge[1]) * np.sin(way))
        height = height + rng.uniform(0.3, 1.5) * np.exp(-off / 12.0)
    return np.asarray(height - height.min() + 0.05)
