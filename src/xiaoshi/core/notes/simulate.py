"""Trays of damaged notes with their truth: what the measuring engine is tried on.

Problem. Nobody publishes photos of burnt notes with the area that each had left, so the only known truth is one we
make. Choice: enrolled faces (any, not only the specimen's) are damaged in their own coordinates (`damage`), their
pieces laid on a mat without touching (`packing`), photographed (`camera`), and every figure of the truth is counted
from the masks that were drawn, never copied from a wish.

    note 100 x CNY x 5 x 2005, mask 1,193,500 px, 763,840 left -> ratio 0.64, verdict half, 5,000 fen

What is where: a ratio is of the note's own area (shrunk paper does not lose area), `area_mm2` of a piece is what
covers the mat in the photo (shrunk, holes left out), `polygon` is its outer edge in pixels of the JPEG. Present is
all that still hangs together, carbonised parts included (the order of 2026 counts them); `legible_ratio` leaves out
what is blacker than a teller could read. All pieces of one note lie with the same side up. Ash crumbs under 8 mm2
lie about and belong to nothing.

Shares (see `damage.wanted_ratio`): 45 % of notes keep 0.75 or more, 35 % 0.5 to 0.75, 20 % less; half of the notes lie
back up where both faces are enrolled; orientation is uniform over the circle while there is room, and nearly along
the edges of the tray when there is not. One seed gives the same bytes on the same machine and library versions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.camera import CameraOptions, Shot, aim, develop, expose
from xiaoshi.core.notes.damage import PX_PER_MM, Damaged, Kind, damage, noise
from xiaoshi.core.notes.mat import MatSpec, RectMm, mat_picture, mat_spec, tray_area_mm
from xiaoshi.core.notes.packing import Place, overlap_places, pack
from xiaoshi.core.notes.reference import Picture, Reference
from xiaoshi.core.problems import Problem, Words

DamageMix = Literal["burnt", "torn", "mixed"]
Verdict = Literal["full", "half", "none"]

RULES = {"id": "cny-2026", "in_force_from": "2026-03-31"}
_DESK_MM = 25.0


@dataclass(frozen=True, slots=True, eq=False)
class TruthPiece:
    """One piece on the photo. `note`: index in the tray's notes; `polygon`: (n, 2) pixels; areas in mm2."""

    note: int
    polygon: NDArray[np.float64]
    area_mm2: float
    note_area_mm2: float


@dataclass(frozen=True, slots=True, eq=False)
class TruthNote:
    """One note of a tray: which face lies up, and how much of the note is left."""

    reference: Reference
    kind: Kind
    ratio: float
    legible_ratio: float

    @property
    def verdict(self) -> Verdict:
        """By the order of 2026: see `verdict_of`."""
        return verdict_of(self.ratio)

    @property
    def amount_fen(self) -> int:
        """What the desk pays; half of an odd sum is rounded down, under one fen nothing."""
        face = self.reference.denomination_fen
        return {"full": face, "half": face // 2, "none": 0}[self.verdict]


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedTray:
    """A photo with its truth. `picture` is exactly what `jpeg` decodes to; `mat` None: laid on a bare desk."""

    name: str
    picture: Picture
    jpeg: bytes
    mm_per_px: float
    mat: MatSpec | None
    pieces: tuple[TruthPiece, ...]
    notes: tuple[TruthNote, ...]


@dataclass(frozen=True, slots=True)
class TrayOptions:
    """How a tray is laid and photographed.

    `mat`: "auto" takes the blue A3 mat, and A2 where the notes do not fit on A3; None a wooden desk; `overlap`: pieces
    lie on each other; `font`: bytes of a font with Chinese letters for the words on the mat.
    """

    mat: MatSpec | Literal["auto"] | None = "auto"
    overlap: bool = False
    camera: CameraOptions = field(default_factory=CameraOptions)
    font: bytes | None = None


@dataclass(frozen=True, slots=True)
class Simulation:
    """All trays of one run, or the problems that left it without (some of) them."""

    seed: int
    trays: tuple[SimulatedTray, ...]
    problems: tuple[Problem, ...]


def verdict_of(ratio: float) -> Verdict:
    """Full from three quarters, half from one half, else none (order of 2026, both bounds belong to the better side)."""
    return "full" if ratio >= 0.75 else "half" if ratio >= 0.5 else "none"


def simulate(
    references: Sequence[Reference],
    *,
    seed: int,
    trays: int,
    notes_per_tray: int,
    damage: DamageMix = "mixed",
    options: TrayOptions | None = None,
) -> Simulation:
    """All trays at once (a 12 MP tray takes some 60 MB; for many use `simulate_each`)."""
    made: list[SimulatedTray] = []
    problems: list[Problem] = []
    for result in simulate_each(
        references, seed=seed, trays=trays, notes_per_tray=notes_per_tray, damage=damage, options=options
    ):
        if isinstance(result, Problem):
            problems.append(result)
        else:
            made.append(result)
    return Simulation(seed, tuple(made), tuple(problems))


def simulate_each(
    references: Sequence[Reference],
    *,
    seed: int,
    trays: int,
    notes_per_tray: int,
    damage: DamageMix = "mixed",
    options: TrayOptions | None = None,
) -> Iterator[SimulatedTray | Problem]:
    """Trays one by one; a Problem ends the run."""
    options = options or TrayOptions()
    if not references:
        yield Problem(
            "library_empty",
            Words(
                "票样库里没有票样，无法模拟；请先录入票样（xiaoshi notes enrol）或生成样张（xiaoshi notes specimen）",
                "the library holds no note to simulate with; enrol some (xiaoshi notes enrol) or make the specimen"
                " library (xiaoshi notes specimen)",
            ),
        )
        return
    if trays < 1 or notes_per_tray < 1:
        yield Problem(
            "nothing_to_simulate",
            Words("盘数和每盘张数都至少为 1", "trays and notes per tray are each at least 1"),
        )
        return
    ordered = sorted(references, key=lambda r: r.key)
    for index in range(trays):
        result = _tray(ordered, (seed, index), f"tray-{index + 1:02d}.jpg", notes_per_tray, damage, options)
        yield result
        if isinstance(result, Problem):
            return


@dataclass(frozen=True, slots=True, eq=False)
class _Paper:
    """One piece as it lies flat: colour and cover (0 to 255) at PX_PER_MM, cut to its bounding box.

    `outline_mm`: (n, 2) its outer edge, `middle_mm` (the middle of the box) as origin; `note_area_mm2`: before the
    paper shrank.
    """

    note: int
    picture: Picture
    cover: Picture
    outline_mm: NDArray[np.float64]
    note_area_mm2: float


def _tray(
    references: Sequence[Reference],
    seed: tuple[int, int],
    name: str,
    notes_per_tray: int,
    mix: DamageMix,
    options: TrayOptions,
) -> SimulatedTray | Problem:
    rng = np.random.default_rng(np.random.SeedSequence([abs(seed[0]), seed[1]]))
    notes: list[TruthNote] = []
    papers: list[_Paper] = []
    for index in range(notes_per_tray):
        note, damaged = _draw_note(references, mix, rng)
        notes.append(note)
        papers += _papers(index, damaged)
    specs = (mat_spec("A3"), mat_spec("A2")) if options.mat == "auto" else (options.mat,)
    fitted = 0
    for spec in specs:
        page_mm, tray = _page(spec)
        masks = [paper.cover > 127 for paper in papers]
        lay = overlap_places if options.overlap else pack
        places = lay(masks, PX_PER_MM, (tray[2], tray[3]), rng)
        if isinstance(places, list):
            return _photograph(name, notes, papers, places, spec, page_mm, tray, rng, options)
        fitted = max(
            fitted, sum(1 for i in range(notes_per_tray) if papers[min(places, len(papers) - 1)].note > i)
        )
    return Problem(
        "tray_too_small",
        Words(
            f"一盘放不下 {notes_per_tray} 张：这样的碎片大约放得下 {fitted} 张，请减少每盘张数",
            f"{notes_per_tray} notes do not fit on one tray: about {fitted} of these do; ask for fewer a tray",
        ),
        name,
    )


def _draw_note(
    references: Sequence[Reference], mix: DamageMix, rng: np.random.Generator
) -> tuple[TruthNote, Damaged]:
    kinds = sorted({r.note_key for r in references})
    chosen = kinds[int(rng.integers(0, len(kinds)))]
    faces = [r for r in references if r.note_key == chosen]
    face = faces[int(rng.integers(0, len(faces)))]
    kind: Kind = ("burnt" if rng.random() < 0.65 else "torn") if mix == "mixed" else mix
    damaged = damage(face, kind, rng)
    while damaged.ratio == 0:  # all ash: such a note does not reach the desk
        damaged = damage(face, kind, rng)
    return TruthNote(face, kind, damaged.ratio, damaged.legible_ratio), damaged


def _page(spec: MatSpec | None) -> tuple[tuple[float, float], RectMm]:
    shape = spec or mat_spec("A3")
    return (shape.width_mm, shape.height_mm), tray_area_mm(shape)


def _papers(index: int, damaged: Damaged) -> list[_Paper]:
    """Shift every point to where heat and curl have moved it, and cut the pieces out."""
    h, w = damaged.labels.shape
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    move = damaged.shift_mm * np.float32(PX_PER_MM)
    map_x, map_y = x - move[..., 0], y - move[..., 1]
    for _ in range(2):  # the shift is smooth: three fixed-point steps leave less than 0.01 mm
        there = cv2.remap(move, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        map_x, map_y = x - there[..., 0], y - there[..., 1]
    flat = cv2.remap(damaged.picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    papers = []
    for label in range(1, int(damaged.labels.max()) + 1):
        mask = (damaged.labels == label).astype(np.uint8) * 255
        cover = cv2.remap(mask, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        x0, y0, bw, bh = cv2.boundingRect(cover)
        middle = ((x0 + bw / 2) / PX_PER_MM, (y0 + bh / 2) / PX_PER_MM)
        cut = (slice(y0, y0 + bh), slice(x0, x0 + bw))
        papers.append(
            _Paper(
                index,
                np.array(flat[cut], np.uint8),
                np.array(cover[cut], np.uint8),
                _outline_mm(mask, damaged.shift_mm) - np.array(middle),
                float(np.count_nonzero(mask)) / PX_PER_MM**2,
            )
        )
    return papers


def _photograph(
    name: str,
    notes: Sequence[TruthNote],
    papers: Sequence[_Paper],
    places: Sequence[Place],
    spec: MatSpec | None,
    page_mm: tuple[float, float],
    tray: RectMm,
    rng: np.random.Generator,
    options: TrayOptions,
) -> SimulatedTray:
    shot = aim(rng, page_mm, options.camera)
    plane_px_per_mm = min(PX_PER_MM, max(3.0, 1.1 * options.camera.width_px / page_mm[0]))
    plane = _ground(spec, page_mm, plane_px_per_mm, options.font, rng)
    _crumbs(plane, plane_px_per_mm, tray, papers, places, rng)
    pieces = []
    for paper, place in zip(papers, places, strict=True):
        at = (place.x_mm + tray[0], place.y_mm + tray[1])
        _lay_down(plane, plane_px_per_mm, paper, at, place.turn_rad, rng)
        c, s = np.cos(place.turn_rad), np.sin(place.turn_rad)
        outline = paper.outline_mm @ np.array([[c, s], [-s, c]]) + np.array(at)
        area = float(np.sum(paper.cover, dtype=np.float64)) / 255 / PX_PER_MM**2
        pieces.append(TruthPiece(paper.note, _polygon(shot, outline), area, paper.note_area_mm2))
    sharp = shot.take(plane, plane_px_per_mm, (-_DESK_MM, -_DESK_MM))
    jpeg, picture = develop(expose(sharp, rng, options.camera), rng, options.camera)
    return SimulatedTray(name, picture, jpeg, shot.mm_per_px(), spec, tuple(pieces), tuple(notes))


@lru_cache(maxsize=2)
def _printed(spec: MatSpec, px_per_mm: float, font: bytes | None) -> Picture:
    return mat_picture(spec, px_per_mm, font)


def _ground(
    spec: MatSpec | None,
    page_mm: tuple[float, float],
    px_per_mm: float,
    font: bytes | None,
    rng: np.random.Generator,
) -> Picture:
    """A wooden desk with the mat on it (or without)."""
    w, h = (round((edge + 2 * _DESK_MM) * px_per_mm) for edge in page_mm)
    grain = noise(rng, (h // 4 + 1, 64), 60, 5)
    grain = np.asarray(cv2.resize(grain, (w // 4 + 1, h // 4 + 1), interpolation=cv2.INTER_CUBIC), np.float32)
    tone = (1 + 0.10 * grain + 0.05 * np.sin(9 * grain))[..., None] * np.array((82, 122, 164), np.float32)
    plane = cv2.resize(np.clip(tone, 0, 255).astype(np.uint8), (w, h), interpolation=cv2.INTER_LINEAR)
    if spec is not None:
        printed = _printed(spec, px_per_mm, font)
        uneven = 1 + 0.012 * noise(rng, (printed.shape[0] // 16 + 1, printed.shape[1] // 16 + 1), 20, 4)
        factor = cv2.resize(uneven, printed.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        edge = round(_DESK_MM * px_per_mm)
        window = plane[edge : edge + printed.shape[0], edge : edge + printed.shape[1]]
        window[:] = cv2.multiply(printed, cv2.merge([factor] * 3), dtype=cv2.CV_8U)
    return np.asarray(plane, np.uint8)


def _crumbs(
    plane: Picture,
    px_per_mm: float,
    tray: RectMm,
    papers: Sequence[_Paper],
    places: Sequence[Place],
    rng: np.random.Generator,
) -> None:
    """Ash: dark flakes of 0.3 to 3 mm, away from the pieces so that no truth becomes a matter of taste."""
    for _ in range(int(rng.integers(4, 26))):
        x, y = rng.uniform(2, tray[2] - 2), rng.uniform(2, tray[3] - 2)
        size, points = float(np.clip(rng.exponential(0.6) + 0.15, 0.15, 1.5)), int(rng.integers(5, 9))
        radius = rng.uniform(0.5, 1.0, points) * size
        turn = np.sort(rng.uniform(0, 2 * np.pi, points))
        shade = int(rng.integers(15, 75))
        near = [
            np.hypot(x - place.x_mm, y - place.y_mm) < 3 + 0.5 * np.hypot(*paper.cover.shape) / PX_PER_MM
            for paper, place in zip(papers, places, strict=True)
        ]
        if any(near):
            continue
        flake = np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], 1)
        flake = (flake + np.array(tray[:2]) + _DESK_MM) * px_per_mm
        cv2.fillPoly(plane, [np.rint(flake * 16).astype(np.int32)], (shade, shade, shade + 4), cv2.LINE_AA, 4)


def _lay_down(
    plane: Picture,
    px_per_mm: float,
    paper: _Paper,
    at_mm: tuple[float, float],
    turn: float,
    rng: np.random.Generator,
) -> None:
    """Warp the piece onto the plane, its soft shadow first."""
    scale = px_per_mm / PX_PER_MM
    h, w = paper.cover.shape
    pad = round(4 * px_per_mm)
    c, s = abs(np.cos(turn)), abs(np.sin(turn))
    ww, wh = int((w * c + h * s) * scale) + 2 * pad, int((w * s + h * c) * scale) + 2 * pad
    centre = (np.array(at_mm) + _DESK_MM) * px_per_mm
    x0, y0 = (int(np.floor(v)) for v in centre - np.array([ww / 2, wh / 2]))
    x0, y0 = int(np.clip(x0, 0, plane.shape[1] - ww)), int(np.clip(y0, 0, plane.shape[0] - wh))
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * scale
    offset = centre - np.array([x0, y0]) - 0.5 - turned @ np.array([w / 2 - 0.5, h / 2 - 0.5])
    matrix = np.column_stack([turned, offset])
    colour = cv2.warpAffine(
        paper.picture, matrix, (ww, wh), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    cover = (
        cv2.warpAffine(paper.cover, matrix, (ww, wh), flags=cv2.INTER_LINEAR)[..., None].astype(np.float32)
        / 255
    )
    lift = rng.uniform(0.2, 0.9) * px_per_mm
    move = np.array([[1, 0, 0.6 * lift], [0, 1, 0.8 * lift]])
    shadow = cv2.GaussianBlur(cv2.warpAffine(cover, move, (ww, wh)), (0, 0), max(0.5, 0.7 * lift))[..., None]
    window = plane[y0 : y0 + wh, x0 : x0 + ww]
    ground = window * (1 - np.float32(0.42) * shadow)
    window[:] = np.clip(np.rint(ground + cover * (colour - ground)), 0, 255).astype(np.uint8)


def _outline_mm(mask: Picture, shift_mm: NDArray[np.float32]) -> NDArray[np.float64]:
    """The outer edge of a piece in the note's millimetres, through the corners of its pixels, moved as the paper was."""
    # the lattice of pixel corners: a corner belongs to the piece if one of its four pixels does
    lattice = cv2.dilate(np.pad(mask, 1), np.ones((2, 2), np.uint8), anchor=(1, 1))
    contours, _ = cv2.findContours(lattice, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    corners = max(contours, key=cv2.contourArea).reshape(-1, 2).astype(np.float32) - 1
    at = np.ascontiguousarray(corners - 0.5)
    shift = cv2.remap(
        shift_mm, at[:, 0].copy(), at[:, 1].copy(), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    ).reshape(-1, 2)
    return np.asarray(corners.astype(np.float64) / PX_PER_MM + shift, np.float64)


def _polygon(shot: Shot, outline_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    pixels = shot.pixel_of(outline_mm)
    simple = cv2.approxPolyDP(pixels.astype(np.float32).reshape(-1, 1, 2), 0.6, True).reshape(-1, 2)
    return np.asarray(np.round(simple.astype(np.float64), 1), np.float64)
