"""How well numbers of notes are read: simulated trays whose notes carry numbers of their own, figures as JSON lines.

    python bench/notes_serials.py --seed 500 --trays 4 [--notes-per-tray 9] [--damage burnt|torn|all] [--px 8|5|all]

Torn notes are the clean ones (no burn). `px` is the photo's resolution in pixels a millimetre, made by the width of the
photo. Places are counted, not notes: a front has its number twice. Of the places of which at least one sign lies on the
piece: read wholly (all ten signs), partly, not at all, and those with a sign that is wrong and not `?`. The peer is the
same recogniser's plain line for the same strip, taken as it comes where it has ten signs: what one gets by cutting the
zone out and calling OCR.

`--strips N` leaves the tray out: N damaged fronts for each kind, turned, scaled, blurred, with noise and JPEG, and their
zones cut out with an error of 0.15 mm. Only so are there signs enough to see one wrong sign in a thousand. Each line is {"name", "value", "unit", "peer", "size", "seed"}.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from xiaoshi import library as store
from xiaoshi import ocr
from xiaoshi.core.notes import PreparedLibrary, assess, decode, prepare
from xiaoshi.core.notes import specimen as money
from xiaoshi.core.notes.camera import CameraOptions
from xiaoshi.core.notes.damage import PX_PER_MM, Damaged, damage
from xiaoshi.core.notes.model import TrayImage
from xiaoshi.core.notes.reference import Picture, Reference, Zone
from xiaoshi.core.notes.serials import read_numbers
from xiaoshi.core.notes.sightings import Line
from xiaoshi.core.notes.simulate import SimulatedTray, TrayOptions, simulate_each
from xiaoshi.core.notes.zones import AIR, AIR_ENDS, CUT_PX_PER_MM, Cut
from xiaoshi.core.rules.note_rules import rule_set

WIDTH_PX = {8: 3600, 5: 2250}


@dataclass
class Tally:
    """Counts over places of numbers and over signs."""

    places: int = 0
    whole: int = 0
    partly: int = 0
    nothing: int = 0
    wrong_places: int = 0
    signs: int = 0
    wrong_signs: int = 0
    plain_tens: int = 0
    plain_right: int = 0
    fronts: int = 0
    alarms: int = 0
    cpu_s: float = 0.0


class Listening:
    """Keeps every plain line that the recogniser gave, and how long it took."""

    def __init__(self) -> None:
        self.reader = ocr.recogniser()
        self.plain: list[str] = []
        self.cpu_s = 0.0

    def read(self, strips: Sequence[Picture]) -> list[Line]:
        start = time.process_time()
        lines = self.reader.read(strips)
        self.cpu_s += time.process_time() - start
        self.plain += ["".join(glyph.likely[0][0] for glyph in line) for line in lines]
        return lines


def main() -> None:
    """Simulate, read, compare, print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--seed", type=int, default=500)
    options.add_argument("--trays", type=int, default=4, help="trays of each kind of damage and resolution")
    options.add_argument("--notes-per-tray", type=int, default=9)
    options.add_argument("--damage", choices=("burnt", "torn", "all"), default="all")
    options.add_argument("--px", choices=("8", "5", "all"), default="all")
    options.add_argument("--strips", type=int, default=0, metavar="NOTES", help="see above")
    args = options.parse_args()
    cv2.setNumThreads(1)
    font = store.font_bytes()
    references = [_reference(*face, font) for face in money.faces()]
    if args.strips:
        _strips(references, args, font)
        return
    library = prepare(references)
    for kind in ("torn", "burnt") if args.damage == "all" else (args.damage,):
        for px in (8, 5) if args.px == "all" else (int(args.px),):
            tally = Tally()
            for tray in _trays(references, args, kind, px, font):
                _compare(tray, library, tally)
            for line in _figures(tally, f"{kind}_{px}px"):
                print(json.dumps({**line, "seed": args.seed}))


def _reference(denomination: int, edition: str, side: str, font: bytes) -> Reference:
    face = next(f for f in money.faces() if f == (denomination, edition, side))
    image = store.library_face(*face, font)
    width, height = money.SIZE_MM[denomination]
    zones = money.zones(denomination, face[2])
    return Reference(money.ISSUER, money.SERIES, edition, denomination, face[2], width, height, image, zones)


def _trays(
    references: list[Reference], args: argparse.Namespace, damage: str, px: int, font: bytes
) -> Iterator[SimulatedTray]:
    camera = CameraOptions(width_px=WIDTH_PX[px])
    options = TrayOptions(font=font, reprint=store.specimen_reprint(font), camera=camera)
    seed = 1000 * args.seed + 10 * px + (damage == "burnt")
    for tray in simulate_each(
        references,
        seed=seed,
        trays=args.trays,
        notes_per_tray=args.notes_per_tray,
        damage=damage,
        options=options,
    ):
        if isinstance(tray, SimulatedTray):
            yield tray
        else:
            print(tray.words.en, file=sys.stderr)


def _compare(tray: SimulatedTray, library: PreparedLibrary, tally: Tally) -> None:
    rules = rule_set("cny-2026")
    image = decode(tray.name, tray.jpeg)
    assert rules is not None
    assert isinstance(image, TrayImage)
    listening = Listening()
    answer = assess([image], library, rules, recogniser=listening)
    tally.cpu_s += listening.cpu_s
    tally.alarms += sum(problem.code == "serial_twice" for problem in answer.problems)
    owner = {piece.id: _owner(np.array(piece.polygon), tray) for piece in answer.pieces}
    own = {note.serial for note in tray.notes if note.serial is not None}
    tens = [text for text in listening.plain if len(text) == 10]
    tally.plain_tens += len(tens)
    tally.plain_right += sum(text in own for text in tens)
    fronts = [p for p in answer.pieces if p.identity is not None and p.identity.reference.side == "front"]
    tally.fronts += len(fronts)
    tally.places += len(listening.plain)
    read = [(piece, each) for note in answer.notes for piece, each in note.serials]
    tally.nothing += len(listening.plain) - len(read)
    for piece, each in read:
        index = owner[piece]
        truth = None if index is None else tray.notes[index].serial
        if truth is None:
            tally.wrong_places += 1
            continue
        _count(each.text, truth, tally, f"{tray.name} {piece} {each.zone}")


def _owner(polygon: np.ndarray, tray: SimulatedTray) -> int | None:
    """The note of the truth's piece whose middle is nearest."""
    middle = (polygon.min(axis=0) + polygon.max(axis=0)) / 2
    away = [
        float(np.linalg.norm((p.polygon.min(axis=0) + p.polygon.max(axis=0)) / 2 - middle))
        for p in tray.pieces
    ]
    nearest = int(np.argmin(away))
    return tray.pieces[nearest].note if away[nearest] < 60 else None


def _strips(references: list[Reference], args: argparse.Namespace, font: bytes) -> None:
    fronts = [reference for reference in references if reference.side == "front"]
    reprint = store.specimen_reprint(font)
    for kind in ("torn", "burnt") if args.damage == "all" else (args.damage,):
        for px in (8, 5) if args.px == "all" else (int(args.px),):
            rng = np.random.default_rng([args.seed, px, kind == "burnt"])
            tally, listening = Tally(), Listening()
            for n in range(args.strips):
                own = reprint(fronts[n % len(fronts)], int(rng.integers(0, 2**31)))
                assert own is not None
                printed = replace(fronts[n % len(fronts)], image=own[0])
                _read_strips(printed, own[1], damage(printed, kind, rng), px, rng, tally, listening)
            tally.cpu_s = listening.cpu_s
            tens = [text for text in listening.plain if len(text) == 10]
            tally.plain_tens = len(tens)
            for line in _figures(tally, f"strips_{kind}_{px}px"):
                print(json.dumps({**line, "seed": args.seed}), flush=True)


def _read_strips(
    printed: Reference,
    truth: str,
    damaged: Damaged,
    px: int,
    rng: np.random.Generator,
    tally: Tally,
    listening: Listening,
) -> None:
    zones = [zone for zone in printed.zones if zone.kind == "serial"]
    for label in range(1, int(damaged.labels.max()) + 1):
        present = damaged.labels == label
        if present.sum() < 600 * PX_PER_MM**2:
            continue
        seen, back = _photo(damaged.picture, present, px, rng)
        cuts = [
            _cut(seen, back, zone, n, present, present & damaged.legible, rng)
            for n, zone in enumerate(zones, 1)
        ]
        cuts = [each for each in cuts if each.legible.mean() > 0.03]
        before = len(listening.plain)
        (readings,) = read_numbers([cuts], [printed], listening)
        tally.fronts += 1
        tally.places += len(cuts)
        tally.plain_right += sum(text == truth for text in listening.plain[before:])
        tally.nothing += len(cuts) - len(readings)
        for each in readings:
            _count(each.text, truth, tally, f"{printed.key}")


def _photo(
    picture: Picture, present: np.ndarray, px: int, rng: np.random.Generator
) -> tuple[Picture, np.ndarray]:
    """The piece on a blue mat, turned anyhow, as a camera of `px` pixels a millimetre sees it; and the way from mm to its
    pixels."""
    paper = np.where(present[..., None], picture, np.array([150, 70, 20], np.uint8))
    scale = px / PX_PER_MM
    turn = rng.uniform(0, 2 * np.pi)
    height, width = present.shape
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    away = scale * np.hypot(height, width) / 2
    way = np.array(
        [[c, -s, away - c * width / 2 + s * height / 2], [s, c, away - s * width / 2 - c * height / 2]]
    )
    soft = cv2.GaussianBlur(paper, (0, 0), 0.45 / scale)
    size = (round(2 * away), round(2 * away))
    seen = cv2.warpAffine(soft, way, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    light = seen.astype(np.float32) * rng.uniform(0.75, 1.05) + rng.normal(0, 2.5, seen.shape)
    _, jpeg = cv2.imencode(".jpg", np.clip(light, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 88])
    back = way.copy()
    back[:, :2] *= PX_PER_MM
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8), back


def _cut(
    seen: Picture,
    way: np.ndarray,
    zone: Zone,
    number: int,
    present: np.ndarray,
    legible: np.ndarray,
    rng: np.random.Generator,
) -> Cut:
    """The zone as `zones.cut` gives it, with the error that the engine's map has."""
    ends, sides = AIR_ENDS * zone.height_mm, AIR * zone.height_mm
    width, height = zone.width_mm + 2 * ends, zone.height_mm + 2 * sides
    size = (round(width * CUT_PX_PER_MM), round(height * CUT_PX_PER_MM))
    x = zone.x_mm - ends + (np.arange(size[0]) + 0.5) / CUT_PX_PER_MM
    y = zone.y_mm - sides + (np.arange(size[1]) + 0.5) / CUT_PX_PER_MM
    note = np.stack(np.meshgrid(x, y), axis=-1) + rng.normal(0, 0.15, 2)
    at = (note @ way[:, :2].T + way[:, 2] - 0.5).astype(np.float32)
    picture = cv2.remap(seen, at[..., 0], at[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    index = np.floor(note * PX_PER_MM).astype(int)
    rows = np.clip(index[..., 1], 0, present.shape[0] - 1)
    columns = np.clip(index[..., 0], 0, present.shape[1] - 1)
    air = ends / width
    return Cut(
        zone,
        number,
        np.asarray(picture, np.uint8),
        present[rows, columns],
        legible[rows, columns],
        air,
        1 - air,
    )


def _count(text: str, truth: str, tally: Tally, where: str) -> None:
    wrong = sum(sign not in ("?", true) for sign, true in zip(text, truth, strict=True))
    tally.signs += sum(sign != "?" for sign in text)
    tally.wrong_signs += wrong
    tally.wrong_places += wrong > 0
    tally.whole += text == truth
    tally.partly += text != truth and wrong == 0
    if wrong:
        print(f"{where}: {text} for {truth}", file=sys.stderr)


def _figures(tally: Tally, name: str) -> Iterator[dict[str, object]]:
    def line(what: str, value: float, unit: str, size: int, peer: float | None = None) -> dict[str, object]:
        return {
            "name": f"{what}_{name}",
            "value": round(float(value), 4),
            "unit": unit,
            "peer": None if peer is None else round(peer, 4),
            "size": size,
        }

    places = max(tally.places, 1)
    plain = tally.plain_right / places
    yield line("number_read_whole", tally.whole / places, "share of places", places, plain)
    yield line("number_read_partly", tally.partly / places, "share of places", places)
    yield line("number_not_read", tally.nothing / places, "share of places", places)
    wrong = (tally.plain_tens - tally.plain_right) / places
    yield line("number_with_wrong_sign", tally.wrong_places / places, "share of places", places, wrong)
    yield line("wrong_signs", tally.wrong_signs / max(tally.signs, 1), "share of signs told", tally.signs)
    yield line("number_twice_alarms", tally.alarms, "alarms", tally.fronts)
    yield line("reading_cpu", tally.cpu_s / max(tally.fronts, 1), "s a front", tally.fronts)


if __name__ == "__main__":
    main()
