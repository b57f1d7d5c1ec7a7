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

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.camera import CameraOptions, Shot, aim, develop, expose
from xiaoshi.core.notes.damage import PX_PER_MM, Damaged, DamageOptions, Kind, bundle, damage
from xiaoshi.core.notes.fields import Field
from xiaoshi.core.notes.laying import DESK_MM, Paper, crumbs, ground, lay_down, papers_of, stuck_paper
from xiaoshi.core.notes.mat import MatSpec, RectMm, mat_spec, tray_area_mm
from xiaoshi.core.notes.packing import Place, overlap_places, pack
from xiaoshi.core.notes.reference import Picture, Reference
from xiaoshi.core.problems import Problem, Words

DamageMix = Kind | Literal["mixed", "any"]
"""One kind for all notes; "mixed": 65 % burnt, the rest torn; "any": every kind but "stuck" (see `ANY`)."""
ANY: dict[Kind, float] = {
    "burnt": 0.25,
    "torn": 0.2,
    "carbonised": 0.1,
    "folded": 0.1,
    "soot": 0.07,
    "stack": 0.04,
    "moth": 0.06,
    "mouse": 0.04,
    "mould": 0.05,
    "water": 0.05,
    "taped": 0.04,
}
Verdict = Literal["full", "half", "none"]

Reprint = Callable[[Reference, int], "tuple[Picture, str] | None"]
"""Face and seed to the same face with a number of its own, and that number; None when it cannot be drawn anew."""

RULES = {"id": "cny-2026", "in_force_from": "2026-03-31"}


@dataclass(frozen=True, slots=True, eq=False)
class TruthPiece:
    """One piece on the photo. `note`: index in the tray's notes; `polygon`: (n, 2) pixels; areas in mm2; `sheets`: of a stuck
    stack, whose `note` is the top one."""

    note: int
    polygon: NDArray[np.float64]
    area_mm2: float
    note_area_mm2: float
    sheets: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class TruthNote:
    """One note of a tray: which face lies up, how much of the note is left, its number where it has its own.

    `bundle`, `layer`: notes that burnt together share the first and count the second from the top; `under`: index of the
    note whose piece this one is glued beneath, and so has none of its own.
    """

    reference: Reference
    kind: Kind
    ratio: float
    legible_ratio: float
    serial: str | None = None
    bundle: int | None = None
    layer: int = 0
    under: int | None = None

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
    lie on each other; `reprint`: draws a face with a serial number of its own (without it every note carries its
    reference's); `font`: bytes of a font with Chinese letters for the words on the mat; `damage`: bounds of the damage;
    `crumbs`: least and most flakes of ash lying about.
    """

    mat: MatSpec | Literal["auto"] | None = "auto"
    overlap: bool = False
    reprint: Reprint | None = None
    camera: CameraOptions = field(default_factory=CameraOptions)
    font: bytes | None = None
    damage: DamageOptions = field(default_factory=DamageOptions)
    crumbs: tuple[int, int] = (4, 25)


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
    papers: list[Paper] = []
    specs = (mat_spec("A3"), mat_spec("A2")) if options.mat == "auto" else (options.mat,)
    trays = [_page(spec)[1] for spec in specs]
    room_mm2, laid_mm2 = max(tray.width_mm * tray.height_mm for tray in trays), 0.0
    while len(notes) < notes_per_tray:
        first, drawn = len(notes), _draw(references, mix, rng, options)[: notes_per_tray - len(notes)]
        notes += [
            note if note.bundle is None else _of_bundle(note, first, n) for n, (note, _) in enumerate(drawn)
        ]
        if drawn[0][0].kind == "stuck":
            made = [stuck_paper(first, [damaged for _, damaged in drawn], rng)]
        else:
            made = [paper for n, (_, damaged) in enumerate(drawn) for paper in papers_of(first + n, damaged)]
        papers += made
        laid_mm2 += sum(float((paper.cover > 127).sum()) for paper in made) / PX_PER_MM**2
        if laid_mm2 > room_mm2 and not options.overlap:
            # More paper than tray: no need to draw the rest of a hundred notes to say so.
            return _too_small(name, notes_per_tray, first)
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
    return _too_small(name, notes_per_tray, fitted)


def _too_small(name: str, wanted: int, fitted: int) -> Problem:
    return Problem(
        "tray_too_small",
        Words(
            f"一盘放不下 {wanted} 张：这样的碎片大约放得下 {fitted} 张，请减少每盘张数",
            f"{wanted} notes do not fit on one tray: about {fitted} of these do; ask for fewer a tray",
        ),
        name,
    )


def _draw(
    references: Sequence[Reference], mix: DamageMix, rng: np.random.Generator, options: TrayOptions
) -> list[tuple[TruthNote, Damaged]]:
    """One damaged note, or a bundle of notes of one kind that burnt together, from the top."""
    kinds = sorted({r.note_key for r in references})
    chosen = kinds[int(rng.integers(0, len(kinds)))]
    faces = [r for r in references if r.note_key == chosen]
    face = faces[int(rng.integers(0, len(faces)))]
    kind = _kind(mix, rng)
    if kind not in ("stack", "stuck"):
        return [_draw_note(face, kind, rng, options)]
    heats = bundle(face, rng, options.damage)
    drawn = []
    for heat in heats:
        note, damaged = _draw_note(face, kind, rng, options, heat)
        if damaged.ratio > 0:
            if kind == "stuck":
                damaged = _largest_only(damaged)
            drawn.append(
                (replace(note, ratio=damaged.ratio, legible_ratio=damaged.legible_ratio, bundle=0), damaged)
            )
    return drawn or _draw(references, mix, rng, options)


def _kind(mix: DamageMix, rng: np.random.Generator) -> Kind:
    if mix == "mixed":
        return "burnt" if rng.random() < 0.65 else "torn"
    if mix == "any":
        return list(ANY)[int(rng.choice(len(ANY), p=list(ANY.values())))]
    return mix


def _draw_note(
    face: Reference, kind: Kind, rng: np.random.Generator, options: TrayOptions, heat: Field | None = None
) -> tuple[TruthNote, Damaged]:
    number = int(rng.integers(0, 2**31))
    own = options.reprint(face, number) if options.reprint is not None else None
    printed = face if own is None else replace(face, image=own[0])
    damaged = damage(printed, kind, rng, options=options.damage, heat=heat)
    while damaged.ratio == 0 and heat is None:  # all ash: such a note does not reach the desk
        damaged = damage(printed, kind, rng, options=options.damage)
    serial = None if own is None else own[1]
    return TruthNote(face, kind, damaged.ratio, damaged.legible_ratio, serial), damaged


def _largest_only(damaged: Damaged) -> Damaged:
    """A sheet of a stuck stack: what fell off the stack is lost."""
    first = damaged.labels == 1
    legible = damaged.legible & first
    return replace(
        damaged,
        labels=first.astype(np.int32),
        legible=legible,
        ratio=float(first.mean()),
        legible_ratio=float(legible.mean()),
    )


def _of_bundle(note: TruthNote, first: int, layer: int) -> TruthNote:
    under = first if note.kind == "stuck" and layer else None
    return replace(note, bundle=first, layer=layer, under=under)


def _page(spec: MatSpec | None) -> tuple[tuple[float, float], RectMm]:
    shape = spec or mat_spec("A3")
    return (shape.width_mm, shape.height_mm), tray_area_mm(shape)


def _photograph(
    name: str,
    notes: Sequence[TruthNote],
    papers: Sequence[Paper],
    places: Sequence[Place],
    spec: MatSpec | None,
    page_mm: tuple[float, float],
    tray: RectMm,
    rng: np.random.Generator,
    options: TrayOptions,
) -> SimulatedTray:
    shot = aim(rng, page_mm, options.camera)
    plane_px_per_mm = min(PX_PER_MM, max(3.0, 1.1 * options.camera.width_px / page_mm[0]))
    plane = ground(spec, page_mm, plane_px_per_mm, options.font, rng)
    crumbs(plane, plane_px_per_mm, tray, papers, places, rng, options.crumbs)
    pieces = []
    for paper, place in zip(papers, places, strict=True):
        at = (place.x_mm + tray[0], place.y_mm + tray[1])
        lay_down(plane, plane_px_per_mm, paper, at, place.turn_rad, rng)
        c, s = np.cos(place.turn_rad), np.sin(place.turn_rad)
        outline = paper.outline_mm @ np.array([[c, s], [-s, c]]) + np.array(at)
        area = float(np.sum(paper.cover, dtype=np.float64)) / 255 / PX_PER_MM**2
        pieces.append(
            TruthPiece(paper.note, _polygon(shot, outline), area, paper.note_area_mm2, paper.sheets)
        )
    sharp = shot.take(plane, plane_px_per_mm, (-DESK_MM, -DESK_MM))
    jpeg, picture = develop(expose(sharp, rng, options.camera), rng, options.camera)
    return SimulatedTray(name, picture, jpeg, shot.mm_per_px(), spec, tuple(pieces), tuple(notes))


def _polygon(shot: Shot, outline_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    pixels = shot.pixel_of(outline_mm)
    simple = cv2.approxPolyDP(pixels.astype(np.float32).reshape(-1, 1, 2), 0.6, True).reshape(-1, 2)
    return np.asarray(np.round(simple.astype(np.float64), 1), np.float64)
