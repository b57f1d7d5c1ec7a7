"""Small trays with known truth: eight faces of the specimen currency, an A4 mat, photos of 2,400 px.

Seeds and sizes are fixed here, so every expectation in this folder can be checked by hand: 8 px a millimetre, tilt up to
8 degrees, JPEG 88-95, shrinkage 0-4 % on burnt notes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import pytest

from xiaoshi import library as store
from xiaoshi.core.notes import PreparedLibrary, TrayImage, assess, decode, prepare, specimen
from xiaoshi.core.notes.camera import CameraOptions
from xiaoshi.core.notes.mat import mat_spec
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.notes.simulate import SimulatedTray, TrayOptions, simulate
from xiaoshi.core.rules.note_rules import RuleSet, rule_set

sys.path.insert(0, str(Path(__file__).resolve().parent))

FACES = [
    (d, e, s)
    for d, e in ((100, "2005"), (100, "2015"), (50, "2005"), (10, "2019"))
    for s in ("front", "back")
]


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


@pytest.fixture(scope="session")
def cny() -> RuleSet:
    rules = rule_set("cny-2026")
    assert rules is not None
    return rules


@pytest.fixture(scope="session")
def references() -> list[Reference]:
    font = store.font_bytes()
    made = []
    for number, (denomination, edition, side) in enumerate(FACES):
        serial = specimen.serial_number(number)
        image = specimen.draw_specimen(denomination, edition, side, px_per_mm=8, serial=serial, font=font)
        width, height = specimen.SIZE_MM[denomination]
        made.append(Reference("CNY", "5", edition, denomination, side, width, height, image))
    return made


@pytest.fixture(scope="session")
def prepared(references) -> PreparedLibrary:
    return prepare(references)


def shoot(references, *, seed: int, notes: int = 2, damage: str = "burnt", **options) -> SimulatedTray:
    """One simulated tray; raises if the notes did not fit."""
    camera = options.pop("camera", CameraOptions(width_px=2400))
    laid = TrayOptions(mat=options.pop("mat", mat_spec("A4")), camera=camera, **options)
    run = simulate(references, seed=seed, trays=1, notes_per_tray=notes, damage=damage, options=laid)
    assert not run.problems, run.problems
    return run.trays[0]


def picture_of(tray: SimulatedTray) -> TrayImage:
    decoded = decode(tray.name, tray.jpeg)
    assert isinstance(decoded, TrayImage)
    return decoded


@pytest.fixture(scope="session")
def burnt(references) -> SimulatedTray:
    return shoot(references, seed=5)


@pytest.fixture(scope="session")
def burnt_told(burnt, prepared, cny):
    return assess([picture_of(burnt)], prepared, cny)
