"""Notes, trays and calls that our specimen currency does not show: each failed once.

Faces are lines, rings and figures drawn here; notes are laid straight onto the picture of the A4 mat at 8 px a millimetre,
so the share that is left is a count of columns.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from xiaoshi.core.notes import TrayImage, assess, prepare, simulate
from xiaoshi.core.notes.mat import mat_picture, mat_spec
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.rules.note_rules import rule_set

PX = 8
MAT_BLUE = mat_spec("A4").ground_bgr


def drawn(seed, width_mm=140, height_mm=70):
    chance = np.random.default_rng(seed)
    wide, high = width_mm * PX, height_mm * PX
    picture = np.full((high, wide, 3), 225, np.uint8)
    for _ in range(150):
        colour = tuple(int(v) for v in chance.integers(30, 180, 3))
        one, two = (tuple(int(v) for v in chance.integers(0, (wide, high))) for _ in "ab")
        cv2.line(picture, one, two, colour, 2, cv2.LINE_AA)
        cv2.putText(picture, str(chance.integers(0, 10**4)), one, cv2.FONT_HERSHEY_SIMPLEX, 0.9, colour, 2)
    return picture


def face(image, denomination=50, issuer="CNY", edition="2005"):
    height, width = (v / PX for v in image.shape[:2])
    return Reference(issuer, "5", edition, denomination, "front", width, height, image)


def tray(*laid, size="A4"):
    """(picture, left mm, top mm) of each paper; a photo of the mat with them."""
    page = mat_picture(mat_spec(size), PX)
    for picture, x_mm, y_mm in laid:
        x, y = round(x_mm * PX), round(y_mm * PX)
        page[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    noise = np.random.default_rng(0).normal(0, 2, page.shape)
    return np.clip(cv2.GaussianBlur(page, (0, 0), 0.7) + noise, 0, 255).astype(np.uint8)


def codes(note):
    return [reason.code for reason in note.reasons]


def test_ink_of_the_mats_colour_is_no_hole(cny):
    image = drawn(1)
    cv2.rectangle(image, (30 * PX, 20 * PX), (60 * PX, 55 * PX), MAT_BLUE, -1)
    left = image[:, : 77 * PX]
    told = assess([TrayImage("t", tray((left, 40, 60)))], [face(image)], cny)
    (note,) = told.notes
    assert note.share.value < 0.46, "the patch of 30 x 35 mm is not seen"
    assert note.share.high > 0.55
    assert note.verdict == "undecided"
    assert "print_like_ground" in codes(note)


def test_notes_that_a_pen_joins_are_not_one_note(cny):
    image = drawn(2, 120, 50)
    page = tray((image, 40, 40), (image, 40, 110))
    cv2.line(page, (90 * PX, 80 * PX), (90 * PX, 120 * PX), (40, 40, 200), 6 * PX)
    told = assess([TrayImage("t", page)], [face(image)], cny)
    assert {note.verdict for note in told.notes} == {"undecided"}
    assert "pieces_overlap" in [problem.code for problem in told.problems]
    assert told.totals.amount_high_fen >= 10000


def test_the_same_photo_twice_is_counted_once(cny):
    image = drawn(3)
    page = tray((image[:, : 90 * PX], 40, 60))
    again = cv2.imdecode(cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, 75])[1], cv2.IMREAD_COLOR)
    told = assess([TrayImage("a", page), TrayImage("b", again)], [face(image)], cny)
    assert [(problem.code, problem.where) for problem in told.problems] == [("image_given_twice", "b")]
    assert [note.verdict for note in told.notes] == ["half"]


def test_one_note_on_two_photos_is_not_paid_twice(cny):
    image = drawn(3)
    torn = image[:, : 90 * PX]
    turned = np.ascontiguousarray(torn[::-1, ::-1])
    pages = [TrayImage(name, tray(paper)) for name, paper in (("a", (torn, 40, 60)), ("b", (turned, 90, 70)))]
    told = assess(pages, [face(image)], cny)
    assert [note.verdict for note in told.notes] == ["half", "undecided"]
    assert "seen_on_another_photo" in codes(told.notes[1])
    assert told.totals.amount_low_fen == told.totals.amount_fen == 2500


def test_rule_of_the_largest_piece_never_pays_both_halves():
    image = drawn(4)
    cut = 75 * PX
    page = tray((image[:, :cut], 40, 30), (image[:, cut:], 150, 105))
    told = assess([TrayImage("t", page)], [face(image, 500, "INR")], rule_set("inr-2018"))
    assert sorted(note.verdict for note in told.notes) == ["half", "undecided"]
    assert told.totals.amount_fen == told.totals.amount_low_fen == 25000


@pytest.fixture(scope="module")
def family():
    """A 20 and a 50 alike but for a numeral's corner of 35 x 20 mm."""
    twenty, other = drawn(5), drawn(6)
    fifty = twenty.copy()
    fifty[: 20 * PX, : 35 * PX] = other[: 20 * PX, : 35 * PX]
    return prepare([face(twenty, 20), face(fifty, 50)])


def test_notes_that_share_their_print_are_told_by_what_differs(family, cny):
    for reference in (known.reference for known in family.faces):
        piece = reference.image[:, : 85 * PX]
        told = assess([TrayImage("t", tray((piece, 40, 60)))], family, cny)
        assert [(n.denomination_fen, n.verdict) for n in told.notes] == [(reference.denomination_fen, "half")]


def test_what_notes_share_names_none_of_them(family, cny):
    piece = family.faces[0].reference.image[:, 50 * PX :]
    told = assess([TrayImage("t", tray((piece, 40, 60)))], family, cny)
    assert [(note.denomination_fen, note.verdict) for note in told.notes] == [(None, "undecided")]


def test_editions_are_told_by_a_corner_and_left_open_without_it(cny):
    old, other = drawn(7), drawn(8)
    new = old.copy()
    new[: 20 * PX, : 35 * PX] = other[: 20 * PX, : 35 * PX]
    faces = [face(old), face(new, edition="2015")]
    page = tray((new[:, : 85 * PX], 30, 30), (new[:, 50 * PX :], 150, 105))
    told = assess([TrayImage("t", page)], faces, cny)
    assert [piece.identity.as_json()["edition"] for piece in told.pieces] == ["2015", None]


def test_faint_print_is_named(cny):
    chance = np.random.default_rng(9)
    layers = [
        cv2.resize(
            chance.normal(0, size, (560 // grain, 1120 // grain)), (1120, 560), interpolation=cv2.INTER_CUBIC
        )
        for grain, size in ((6, 1.2), (14, 2.0), (100, 25.0))
    ]
    image = np.repeat(np.clip(130 + sum(layers), 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    told = assess([TrayImage("t", tray((image[:, : 90 * PX], 40, 60)))], [face(image)], cny)
    assert [note.verdict for note in told.notes] == ["half"]


def test_a_hundred_notes_are_refused_before_they_are_drawn(monkeypatch):
    drawn_notes = []
    draw = simulate._draw_note
    monkeypatch.setattr(simulate, "_draw_note", lambda *a: drawn_notes.append(1) or draw(*a))
    options = simulate.TrayOptions(mat=mat_spec("A4"))
    made = simulate.simulate([face(drawn(1))], seed=1, trays=1, notes_per_tray=100, options=options)
    assert [problem.code for problem in made.problems] == ["tray_too_small"]
    assert len(drawn_notes) < 20
