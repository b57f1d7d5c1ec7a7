"""Trays with a known truth, made from textures that are no money of ours (issuer XTS).

Trays here: photos of 1,800 px, blue A3 mat, notes of 120 x 60 and 90 x 50 mm.
"""

import json

import cv2
import numpy as np
import pytest

from xiaoshi.core.notes.camera import CameraOptions
from xiaoshi.core.notes.mat import detector_dictionary, marker_corners_mm, mat_spec
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.notes.simulate import SimulatedTray, TrayOptions, simulate
from xiaoshi.core.notes.truth import truth_json
from xiaoshi.core.problems import Problem

SMALL = CameraOptions(width_px=1800)


def texture(seed, width, height):
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(
        rng.integers(60, 255, (height // 3, width // 3, 3), np.uint8), (width * 4, height * 4)
    )
    return np.asarray(coarse, np.uint8)


LIBRARY = [
    Reference("XTS", "1", "2001", denomination, side, w, h, texture(denomination + len(side), w, h))
    for denomination, w, h in ((20, 120, 60), (5, 90, 50))
    for side in ("front", "back")
]


def trays(seed=4, count=1, notes=5, damage="torn", **options):
    result = simulate(
        LIBRARY,
        seed=seed,
        trays=count,
        notes_per_tray=notes,
        damage=damage,
        options=TrayOptions(camera=SMALL, **options),
    )
    assert not result.problems
    return result.trays


@pytest.fixture(scope="module")
def torn():
    return trays(count=2)


@pytest.fixture(scope="module")
def burnt():
    return trays(seed=9, notes=6, damage="burnt")[0]


def test_one_seed_gives_the_same_bytes_and_another_seed_others(torn):
    again, other = trays(count=2), trays(seed=5, count=1)
    assert [t.jpeg for t in again] == [t.jpeg for t in torn]
    assert json.dumps(truth_json(again, 4)) == json.dumps(truth_json(torn, 4))
    assert other[0].jpeg != torn[0].jpeg
    assert torn[0].jpeg != torn[1].jpeg


def test_the_picture_is_what_the_jpeg_holds(torn):
    decoded = cv2.imdecode(np.frombuffer(torn[0].jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert (decoded == torn[0].picture).all()
    assert decoded.shape == (1350, 1800, 3)


def test_polygons_measured_on_the_mat_have_the_area_of_the_truth(torn):
    """The mat's markers as seen in the photo, not the simulator's camera, turn pixels into millimetres."""
    for tray in torn:
        back = _page_of(tray)
        for piece in tray.pieces:
            mm = cv2.perspectiveTransform(piece.polygon.reshape(-1, 1, 2), back).astype(np.float32)
            assert cv2.contourArea(mm) == pytest.approx(piece.area_mm2, rel=0.012, abs=4)


def test_polygons_follow_the_shrunk_paper(burnt):
    back = _page_of(burnt)
    mm = [
        cv2.perspectiveTransform(p.polygon.reshape(-1, 1, 2), back).astype(np.float32) for p in burnt.pieces
    ]
    over = [cv2.contourArea(m) / p.area_mm2 for m, p in zip(mm, burnt.pieces, strict=True)]
    assert min(over) > 0.985
    assert np.median(over) < 1.012


def test_polygons_lie_where_the_paper_is(torn):
    """The ground's saturation is high, paper's is low; the polygon is the border between them."""
    tray = torn[0]
    saturation = cv2.cvtColor(cv2.GaussianBlur(tray.picture, (0, 0), 1), cv2.COLOR_BGR2HSV)[..., 1]
    drawn = np.zeros(saturation.shape, np.uint8)
    for piece in tray.pieces:
        cv2.fillPoly(drawn, [np.rint(piece.polygon).astype(np.int32)], 1)
    ground = saturation[(cv2.dilate(drawn, np.ones((9, 9))) > 0) & (cv2.dilate(drawn, np.ones((5, 5))) == 0)]
    assert np.percentile(ground, 5) > 150
    tight = saturation[(cv2.dilate(drawn, np.ones((5, 5))) > 0) & (cv2.dilate(drawn, np.ones((3, 3))) == 0)]
    assert (tight > 150).mean() > 0.98
    inside = cv2.erode(drawn, np.ones((7, 7))) > 0
    assert np.median(saturation[inside]) < 130


def test_pieces_keep_apart_unless_asked_to_overlap(torn, burnt):
    assert all(_most_layers(tray) == 1 for tray in (*torn, burnt))
    assert _most_layers(trays(overlap=True)[0]) > 1


def test_a_notes_ratio_is_the_sum_of_its_pieces(torn, burnt):
    for tray in (*torn, burnt):
        for index, note in enumerate(tray.notes):
            own = sum(p.note_area_mm2 for p in tray.pieces if p.note == index)
            assert own / (note.reference.width_mm * note.reference.height_mm) == pytest.approx(
                note.ratio, abs=1e-9
            )
            assert note.legible_ratio <= note.ratio


def test_burnt_paper_shrinks_and_torn_paper_hardly(torn, burnt):
    def shrunk(tray):
        return sum(p.area_mm2 for p in tray.pieces) / sum(p.note_area_mm2 for p in tray.pieces)

    assert 0.92 < shrunk(burnt) < 0.999
    assert 0.985 < shrunk(torn[0]) < 1.002


def test_the_truth_has_the_form_of_the_assessment(burnt):
    truth = truth_json([burnt], 9)
    assert json.loads(json.dumps(truth)) == truth
    assert truth["rules"] == {"id": "cny-2026", "in_force_from": "2026-03-31"}
    assert truth["scale"]["source"] == "truth"
    assert [n["id"] for n in truth["notes"]] == [f"n{i + 1}" for i in range(6)]
    piece_ids = [p["id"] for p in truth["pieces"]]
    assert sorted(i for n in truth["notes"] for i in n["pieces"]) == sorted(piece_ids)
    assert len(set(piece_ids)) == len(piece_ids)
    for piece in truth["pieces"]:
        assert piece["issuer"] == "XTS"
        assert piece["denomination"] in (5, 20)
        assert piece["image"] == "tray-01.jpg"
        assert len(piece["polygon"]) >= 4
    totals = truth["totals"]
    assert totals["full"] + totals["half"] + totals["none"] == 6
    assert totals["undecided"] == 0
    assert totals["amount_fen"] == totals["amount_low_fen"] == sum(n["amount_fen"] for n in truth["notes"])
    for note in truth["notes"]:
        bound = {"full": note["area_ratio"] >= 0.75, "none": note["area_ratio"] < 0.5}
        assert bound.get(note["verdict"], 0.5 <= note["area_ratio"] < 0.75)


def test_without_a_mat_there_is_no_marker():
    bare = trays(mat=None)[0]
    assert bare.mat is None
    assert _markers(bare) == {}


def test_light_and_blur_of_bad_photos():
    dark = simulate(
        LIBRARY,
        seed=4,
        trays=1,
        notes_per_tray=2,
        options=TrayOptions(camera=CameraOptions(width_px=900, exposure=0.04)),
    ).trays[0]
    assert dark.picture.mean() < 12
    soft = simulate(
        LIBRARY, seed=4, trays=1, notes_per_tray=2, options=TrayOptions(camera=CameraOptions(900, blur_px=40))
    ).trays[0]
    sharp = simulate(
        LIBRARY, seed=4, trays=1, notes_per_tray=2, options=TrayOptions(camera=CameraOptions(900))
    ).trays[0]
    assert _sharpness(soft) < 0.3 * _sharpness(sharp)


def test_what_does_not_fit_is_a_problem_that_says_how_many_do():
    result = simulate(
        LIBRARY,
        seed=1,
        trays=3,
        notes_per_tray=40,
        damage="torn",
        options=TrayOptions(mat=mat_spec("A4"), camera=SMALL),
    )
    assert result.trays == ()
    (problem,) = result.problems
    assert problem.code == "tray_too_small"
    assert problem.where == "tray-01.jpg"
    fitted = int(problem.words.en.split("about ")[1].split()[0])
    assert 2 <= fitted < 40


def test_nothing_to_work_with_is_a_problem():
    empty = simulate([], seed=1, trays=1, notes_per_tray=3)
    none = simulate(LIBRARY, seed=1, trays=0, notes_per_tray=3)
    assert [p.code for p in (*empty.problems, *none.problems)] == ["library_empty", "nothing_to_simulate"]
    assert all(isinstance(p, Problem) for p in empty.problems)


def _markers(tray: SimulatedTray):
    corners, ids, _ = cv2.aruco.ArucoDetector(detector_dictionary()).detectMarkers(tray.picture)
    return {} if ids is None else {int(i): c.reshape(4, 2) for i, c in zip(ids.ravel(), corners, strict=True)}


def _page_of(tray: SimulatedTray):
    page, seen = marker_corners_mm(tray.mat), _markers(tray)
    assert len(seen) >= 10
    pixels = np.concatenate([seen[i] for i in seen]).astype(np.float64)
    back, _ = cv2.findHomography(pixels, np.concatenate([page[i] for i in seen]), 0)
    return back


def _most_layers(tray: SimulatedTray):
    layers = np.zeros(tray.picture.shape[:2], np.uint8)
    for piece in tray.pieces:
        one = np.zeros_like(layers)
        cv2.fillPoly(one, [np.rint(piece.polygon).astype(np.int32)], 1)
        layers += one
    return int(layers.max())


def _sharpness(tray: SimulatedTray):
    return float(np.abs(cv2.Laplacian(cv2.resize(tray.picture, (450, 338)).astype(np.float32), -1)).mean())
