"""Scenes of `bench/notes.py`: simulated photos, what engine and spike say of them, and both laid beside the truth.

A scene is a few words and a seed, so that any process makes the same photo of it; only the answer's JSON is looked at,
never the engine's inside. A truth note is undecided when the answer's note that holds its largest piece is; a verdict is
wrong when an answer's note that is decided differs from the truth of a note whose piece it holds (so half of a torn note
paid as a note of its own is wrong as well), or holds no piece of any.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from notes_spike import Spike, SpikeTray
from xiaoshi import library as store
from xiaoshi import ocr
from xiaoshi.core.notes import PreparedLibrary, TrayImage, assess, decode, prepare
from xiaoshi.core.notes.camera import CameraOptions
from xiaoshi.core.notes.damage import DamageOptions
from xiaoshi.core.notes.mat import mat_spec
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.notes.sightings import Recogniser
from xiaoshi.core.notes.simulate import DamageMix, Reprint, SimulatedTray, TrayOptions, simulate_each
from xiaoshi.core.notes.truth import truth_json
from xiaoshi.core.rules.note_rules import rule_set

FACE = ("issuer", "series", "edition", "denomination", "side")


@dataclass(frozen=True, slots=True)
class Scene:
    """One photo to be made. `group`: which figures it serves; `peer`: whether the spike looks too; `maker`: simulator."""

    group: str
    seed: int
    notes: int = 1
    damage: DamageMix = "mixed"
    options: DamageOptions = field(default_factory=DamageOptions)
    single: bool = False
    peer: bool = True
    maker: str = "masks"
    camera: CameraOptions | None = None

    def tray_options(self) -> TrayOptions:
        """A single note lies on the A4 mat in a photo of 1250 x 800, several on A3 or A2 in one of 12 MP."""
        camera = self.camera or (CameraOptions(1250, height_px=800) if self.single else CameraOptions())
        mat = mat_spec("A4") if self.single else "auto"
        return TrayOptions(mat=mat, font=_font(), reprint=_reprint(), damage=self.options, camera=camera)


@dataclass(slots=True)
class Seen:
    """What one method said of one scene, beside the truth.

    `pieces`: (area in mm2, named, named wrongly) for each piece of the truth; `false_pieces`: things that are none;
    `errors`: (value - ratio, inside the interval) of notes whose pieces were put together rightly; `notes`: for each note
    of the truth (undecided, wrongly decided); `joins`: for each note in two and more pieces (ratio, joined rightly, rightly
    but for pieces under 300 mm2); `mixed`: answers that hold two notes; `ghosts`: decided answers that hold none; `cpu_s`.
    """

    pieces: list[tuple[float, bool, bool]] = field(default_factory=list)
    false_pieces: int = 0
    errors: list[tuple[float, bool]] = field(default_factory=list)
    notes: list[tuple[bool, bool]] = field(default_factory=list)
    joins: list[tuple[float, bool, bool]] = field(default_factory=list)
    mixed: int = 0
    ghosts: int = 0
    cpu_s: float = 0.0


@dataclass(slots=True)
class Outcome:
    """Both methods on one scene; `problem` where it could not be made."""

    scene: Scene
    engine: Seen | None = None
    spike: Seen | None = None
    problem: str | None = None


_LIBRARY: Path | None = None


def begin(library: str | None) -> None:
    """Once in each process: one thread, and which library (None: the specimen currency)."""
    global _LIBRARY
    cv2.setNumThreads(1)
    _LIBRARY = None if library is None else Path(library)


@lru_cache(maxsize=1)
def _font() -> bytes:
    return store.font_bytes()


@lru_cache(maxsize=1)
def _reprint() -> Reprint:
    return store.specimen_reprint(_font())


@lru_cache(maxsize=1)
def references() -> tuple[Reference, ...]:
    """The library's faces, or the specimen currency's as its library holds them."""
    if _LIBRARY is not None:
        return tuple(store.load_library(_LIBRARY)[0])
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        store.make_specimen_library(Path(folder))
        return tuple(store.load_library(Path(folder))[0])


@lru_cache(maxsize=1)
def prepared() -> PreparedLibrary:
    """The engine's library."""
    return prepare(references())


@lru_cache(maxsize=1)
def reader() -> Recogniser:
    """What reads the numbers, as in `xiaoshi notes assess`; one in each process."""
    return ocr.recogniser()


@lru_cache(maxsize=1)
def spike() -> Spike:
    """The peer's library."""
    return Spike(references())


def make(scene: Scene) -> SimulatedTray | str:
    """The scene's photo with its truth, or why there is none."""
    if scene.maker == "mesh":
        from xiaoshi.core.notes.simulate_mesh import simulate_mesh_each as each
    else:
        each = simulate_each
    made = next(
        iter(
            each(
                references(),
                seed=scene.seed,
                trays=1,
                notes_per_tray=scene.notes,
                damage=scene.damage,
                options=scene.tray_options(),
            )
        )
    )
    return made if isinstance(made, SimulatedTray) else made.words.en


def run(scene: Scene) -> Outcome:
    """Make the photo, let both methods look, compare."""
    tray = make(scene)
    if isinstance(tray, str):
        return Outcome(scene, problem=tray)
    truth = truth_json([tray], scene.seed)
    rules = rule_set("cny-2026")
    assert rules is not None
    image = decode(tray.name, tray.jpeg)
    assert isinstance(image, TrayImage)
    library = prepared()
    start = time.process_time()
    told = assess([image], library, rules, recogniser=reader()).as_json("en")
    outcome = Outcome(scene, compare(truth, told, time.process_time() - start))
    if scene.peer:
        peer = spike()
        start = time.process_time()
        seen = peer.measure(image.pixels)
        spent = time.process_time() - start
        outcome.spike = compare(truth, _spike_json(seen, peer.references), spent)
    return outcome


def with_peer(scenes: Sequence[Scene], count: int) -> list[Scene]:
    """The spike looks at the first `count` scenes only: it has no figure that needs more."""
    return [scene if n < count else replace(scene, peer=False) for n, scene in enumerate(scenes)]


def _spike_json(seen: SpikeTray, faces: Sequence[Reference]) -> dict[str, Any]:
    blank = dict.fromkeys(FACE)
    return {
        "pieces": [
            {
                "id": f"p{n}",
                "polygon": piece.polygon.tolist(),
                **(blank if piece.face is None else faces[piece.face].identity_json()),
            }
            for n, piece in enumerate(seen.pieces)
        ],
        "notes": [
            {
                "pieces": [f"p{n}" for n in note.pieces],
                "area_ratio": note.ratio,
                "area_ratio_low": note.low,
                "area_ratio_high": note.high,
                "verdict": note.verdict,
            }
            for note in seen.notes
        ],
    }


def compare(truth: Mapping[str, Any], told: Mapping[str, Any], cpu_s: float) -> Seen:
    """An answer beside the truth, both in the form of `xiaoshi notes assess --json`."""
    seen = Seen(cpu_s=cpu_s)
    outlines = {p["id"]: np.asarray(p["polygon"], np.float64) for p in truth["pieces"]}
    match = {p["id"]: _truth_of(np.asarray(p["polygon"], np.float64), outlines) for p in told["pieces"]}
    seen.false_pieces = sum(found is None for found in match.values())
    named = {match[p["id"]]: p for p in told["pieces"] if match[p["id"]] and p["denomination"] is not None}
    for piece in truth["pieces"]:
        other = named.get(piece["id"])
        wrong = other is not None and any(other[f] not in (None, piece[f]) for f in FACE)
        seen.pieces.append((piece["area_mm2"], other is not None, wrong))
    owner = {p["id"]: p["note"] for p in truth["pieces"]}
    area = {p["id"]: p["area_mm2"] for p in truth["pieces"]}
    notes = {n["id"]: n for n in truth["notes"]}
    undecided, wrong_of = dict.fromkeys(notes, True), dict.fromkeys(notes, False)
    whole: dict[str, set[str]] = {}
    for answer in told["notes"]:
        held = {match[p] for p in answer["pieces"]} - {None}
        owners = {owner[p] for p in held}
        seen.mixed += len(owners) > 1
        seen.ghosts += not owners and answer["verdict"] in ("full", "half")
        for one in owners:
            whole[one] = max(whole.get(one, set()), held if len(owners) == 1 else set(), key=len)
            largest = max(notes[one]["pieces"], key=lambda p: area[p])
            if largest in held:
                undecided[one] = answer["verdict"] == "undecided"
            wrong_of[one] |= answer["verdict"] not in ("undecided", notes[one]["verdict"])
        if len(owners) == 1 and answer["area_ratio"] is not None:
            note = notes[next(iter(owners))]
            if held == set(note["pieces"]):
                inside = answer["area_ratio_low"] <= note["area_ratio"] <= answer["area_ratio_high"]
                seen.errors.append((answer["area_ratio"] - note["area_ratio"], inside))
    for one, note in notes.items():
        seen.notes.append((undecided[one], wrong_of[one]))
        if len(note["pieces"]) > 1:
            got = whole.get(one, set())
            large = {p for p in note["pieces"] if area[p] >= 300}
            seen.joins.append((note["area_ratio"], got == set(note["pieces"]), got >= large))
    return seen


def _truth_of(polygon: NDArray[np.float64], outlines: Mapping[str, NDArray[np.float64]]) -> str | None:
    """The piece of the truth that overlaps most, at least half of the union."""
    best, found = 0.5, None
    for name, truth in outlines.items():
        low, high = (
            np.minimum(polygon.min(axis=0), truth.min(axis=0)),
            np.maximum(polygon.max(axis=0), truth.max(axis=0)),
        )
        if (polygon.max(axis=0) < truth.min(axis=0)).any() or (polygon.min(axis=0) > truth.max(axis=0)).any():
            continue
        step = max(1.0, float((high - low).max()) / 400)
        width, height = ((high - low) / step + 2).astype(int)
        masks = [np.zeros((height, width), np.uint8) for _ in range(2)]
        for mask, line in zip(masks, (polygon, truth), strict=True):
            cv2.fillPoly(mask, [np.rint((line - low) / step).astype(np.int32)], 1)
        overlap = float((masks[0] & masks[1]).sum()) / max(float((masks[0] | masks[1]).sum()), 1.0)
        if overlap > best:
            best, found = overlap, name
    return found
