"""Places of a face: thread, window and number as seen on a piece, and as a bank states them.

A piece lies upright on the tray, 8 px a millimetre, and is what is left of a whole specimen of 100 yuan 2005; `gone` and
`charred` are boxes in mm (x0, y0, x1, y1) of the note.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from xiaoshi import library as store
from xiaoshi.core.notes import specimen
from xiaoshi.core.notes.features_seen import numbers_seen, thread_and_window
from xiaoshi.core.notes.reference import Reference, Zone
from xiaoshi.core.notes.register import CANVAS_PX_PER_MM, TERMS
from xiaoshi.core.notes.zones import number_cuts
from xiaoshi.core.problems import Problem
from xiaoshi.library_zones import read_zones

WIDE, HIGH = specimen.SIZE_MM[100]
PX = 8


@pytest.fixture(scope="module")
def face() -> Reference:
    image = specimen.draw_specimen(
        100, "2005", "front", px_per_mm=PX, serial="AB12345678", font=store.font_bytes()
    )
    return Reference("CNY", "5", "2005", 100, "front", WIDE, HIGH, image, specimen.zones(100, "front"))


def laid(face: Reference, *, gone=None, charred=None) -> Any:
    present = np.ones((round(HIGH * CANVAS_PX_PER_MM), round(WIDE * CANVAS_PX_PER_MM)), bool)
    for box in (gone,) if gone else ():
        x0, y0, x1, y1 = (round(v * CANVAS_PX_PER_MM) for v in box)
        present[y0:y1, x0:x1] = False
    legible = present.copy()
    for box in (charred,) if charred else ():
        x0, y0, x1, y1 = (round(v * CANVAS_PX_PER_MM) for v in box)
        legible[y0:y1, x0:x1] = False
    pose = SimpleNamespace(turn=1 + 0j, shift=0j)
    return SimpleNamespace(
        reference=face, present=present, legible=legible, pose=pose, coefficients=np.zeros((2, TERMS))
    )


def without_thread(face: Reference) -> np.ndarray:
    """The same print with the thread painted over by what stands 3 mm beside it."""
    zone = next(zone for zone in face.zones if zone.kind == "thread")
    x0, x1 = round((zone.x_mm - 0.5) * PX), round((zone.x_mm + zone.width_mm + 0.5) * PX)
    picture = face.image.copy()
    picture[:, x0:x1] = picture[:, x0 + 3 * PX : x1 + 3 * PX]
    return picture


SEEN = {  # gone, charred -> thread, window
    "whole": (None, None, "seen", "seen"),
    "left third gone": ((0, 0, 52, HIGH), None, "seen", "out_of_piece"),
    "only the left third": ((52, 0, WIDE, HIGH), None, "out_of_piece", "seen"),
    "left half charred": (None, (0, 0, 80, HIGH), "not_seen", "not_seen"),
    "lower half charred": (None, (0, 50, WIDE, HIGH), "seen", "seen"),
}


@pytest.mark.parametrize("case", SEEN.values(), ids=SEEN.keys())
def test_thread_and_window(face, case):
    gone, charred, thread, window = case
    told = thread_and_window(face.image, laid(face, gone=gone, charred=charred), PX)
    assert (told.thread, told.watermark_window) == (thread, window)


@pytest.mark.parametrize("light", [0.55, 0.8, 1.0])
def test_a_thread_that_is_not_there_is_not_seen_in_any_light(face, light):
    dimmed = (without_thread(face) * light).astype(np.uint8)
    assert thread_and_window(dimmed, laid(face), PX).thread == "not_seen"
    assert thread_and_window((face.image * light).astype(np.uint8), laid(face), PX).thread == "seen"


def test_face_without_zones_tells_nothing(face):
    bare = Reference(*face.key[:3], 100, "front", WIDE, HIGH, face.image)
    told = thread_and_window(face.image, laid(bare), PX)
    assert set(told.as_json().values()) == {None}
    assert number_cuts(face.image, laid(bare), PX) == ()


def test_number_s_place_that_is_gone_is_out_of_piece(face):
    everything = (0, 0, WIDE, HIGH)
    cuts = number_cuts(face.image, laid(face), PX)
    assert [each.number for each in cuts] == [1, 2]
    assert numbers_seen(cuts, ()) == "not_seen"
    assert numbers_seen(number_cuts(face.image, laid(face, gone=everything), PX), ()) == "out_of_piece"


def test_zones_are_kept_with_the_face(face, tmp_path):
    store.store(tmp_path, face)
    (again,), problems = store.load_library(tmp_path)
    assert problems == ()
    assert again.zones == face.zones


BOX = {"kind": "serial", "x_mm": 1.0, "y_mm": 2.0, "width_mm": 20.0, "height_mm": 4.0}
WRONG = {
    "no list": {"zones": 1},
    "no JSON": "{",
    "no object in it": [1],
    "kind unknown": [{**BOX, "kind": "portrait"}],
    "a field too many": [{**BOX, "colour": 1}],
    "no width": [{name: value for name, value in BOX.items() if name != "width_mm"}],
    "a text": [{**BOX, "x_mm": "1"}],
    "not a number": [{**BOX, "x_mm": float("nan")}],
    "beyond the note": [{**BOX, "x_mm": 150.0}],
    "nothing wide": [{**BOX, "width_mm": 0.0}],
    "a turn of 45": [{**BOX, "turn_deg": 45}],
    "hundreds": [BOX] * 300,
}


@pytest.mark.parametrize("stated", WRONG.values(), ids=WRONG.keys())
def test_wrong_zones_are_refused_with_words(tmp_path, stated):
    file = tmp_path / "zones.json"
    file.write_text(stated if isinstance(stated, str) else json.dumps(stated), "utf-8")
    zones, problems = read_zones(file, WIDE, HIGH)
    assert zones == ()
    (problem,) = problems
    assert isinstance(problem, Problem)
    assert problem.code == "zones_unusable"
    assert problem.where == str(file)


def test_stated_zones_are_read(tmp_path):
    file = tmp_path / "zones.json"
    file.write_text(json.dumps({"zones": [BOX, {**BOX, "turn_deg": 270}]}), "utf-8")
    assert read_zones(file, WIDE, HIGH) == (
        (Zone("serial", 1.0, 2.0, 20.0, 4.0), Zone("serial", 1.0, 2.0, 20.0, 4.0, 270)),
        [],
    )
    assert read_zones(tmp_path / "none.json", WIDE, HIGH)[1][0].code == "zones_unusable"


@pytest.fixture
def enrol(face, tmp_path, capsys):
    """`notes enrol` of the face with `--zones`: exit code and the JSON that was printed."""
    import cv2

    from xiaoshi.commands.notes import main

    scan = tmp_path / "scan.png"
    cv2.imwrite(str(scan), face.image)

    def enrolled(zones: object) -> tuple[int, Any]:
        words = ["--issuer", "CNY", "--series", "5", "--edition", "2005", "--denomination", "100"]
        words += ["--side", "front", "--width-mm", str(WIDE), "--height-mm", str(HIGH)]
        words += ["--image", str(scan), "--library", str(tmp_path / "lib"), "--zones", str(zones), "--json"]
        code = main(["enrol", *words])
        return code, json.loads(capsys.readouterr().out)

    return enrolled


def test_face_is_enrolled_with_its_zones(enrol, tmp_path):
    file = tmp_path / "zones.json"
    file.write_text(json.dumps([BOX]), "utf-8")
    code, told = enrol(file)
    assert (code, told["zones"]) == (0, [{**BOX, "turn_deg": 0}])
    assert store.load_library(tmp_path / "lib")[0][0].zones == (Zone("serial", 1.0, 2.0, 20.0, 4.0),)


def test_face_with_wrong_zones_is_not_enrolled(enrol, tmp_path):
    code, told = enrol(tmp_path / "none.json")
    assert code == 1
    assert [problem["code"] for problem in told["problems"]] == ["zones_unusable"]
    assert not (tmp_path / "lib").exists()


def test_place_of_the_number_is_found_at_enrolment(enrol):
    code, told = enrol("find")
    assert code == 0
    assert {zone["kind"] for zone in told["zones"]} == {"serial"}
