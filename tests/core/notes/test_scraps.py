"""Scraps: named by their print down to 300 mm2, whichever way they lie; never named where the print is not there."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_notes import drawn, face, photo, scrap

from xiaoshi.core.notes import TrayImage, assess, piecework, prepare
from xiaoshi.core.notes.pieces import blob_of
from xiaoshi.core.notes.texture import fitted, likeness, matrix_of, scrap_of

PLACES = ((40, 30), (95, 40))
TURNS = (140, 251)


@pytest.fixture(scope="module")
def faces():
    return [face(drawn(31), 50), face(drawn(32), 20), face(drawn(33), 10, side="back")]


@pytest.fixture(scope="module")
def known(faces):
    return prepare(faces)


def _laid(faces):
    papers = []
    for k, reference in enumerate(faces):
        for n, (x_mm, y_mm) in enumerate(PLACES):
            image, mask = scrap(reference.image, x_mm, y_mm, 10.5, 7 * k + n)
            # The middle of the note is where it is laid; the scrap lies beside it by its place in the note.
            turn = np.radians(TURNS[n] + 20 * k)
            off = np.array([x_mm - 70, y_mm - 35])
            c, s = np.cos(turn), np.sin(turn)
            at = np.array([80 + 65 * k, 70 + 65 * n]) - np.array([[c, -s], [s, c]]) @ off
            papers.append((image, *at, np.degrees(turn), mask))
    return photo(*papers, size="A4")


def _named(page, library, cny):
    told = assess([TrayImage("t", page)], library, cny)
    return [(p.identity.reference.key[3:], p.orientation_deg, p) if p.identity else None for p in told.pieces]


def _right(named):
    """Pieces stand in rows of the same place; columns are faces."""
    return [name for name in named if name is not None]


def test_scraps_of_350_mm2_are_named_whichever_way_they_lie(faces, known, cny):
    named = _named(_laid(faces), known, cny)
    told = _right(named)
    assert len(told) == len(named) == 6
    for key, deg, piece in told:
        column = round((np.mean([x for x, _ in piece.polygon]) / 8 - 80) / 65)
        row = round((np.mean([y for _, y in piece.polygon]) / 8 - 70) / 65)
        assert key == faces[column].key[3:]
        assert abs((deg - TURNS[row] - 20 * column + 180) % 360 - 180) < 2.0
        assert 200 < piece.area_mm2 < 500


def test_print_alone_names_them_too(faces, known, cny, monkeypatch):
    monkeypatch.setattr(piecework, "identify", lambda *_, **__: None)
    told = assess([TrayImage("t", _laid(faces[:2]))], known, cny)
    assert {piece.identity.route for piece in told.pieces} == {"texture"}
    assert sorted(piece.identity.reference.denomination for piece in told.pieces) == [20, 20, 50, 50]
    for piece in told.as_json()["pieces"]:
        assert piece["identity_route"] == "texture"


def test_scraps_of_no_enrolled_note_stay_without_a_name(faces, cny):
    strangers = [face(drawn(seed), denomination) for seed, denomination in ((41, 50), (42, 20), (43, 100))]
    assert _right(_named(_laid(faces), prepare(strangers), cny)) == []


def test_a_training_note_with_the_same_numerals_is_no_note(cny):
    """练功券: one corner is the real note's, the rest is its own."""
    real = drawn(50, 110, 55)
    training = drawn(51, 110, 55)
    training[: 18 * 8, : 30 * 8] = real[: 18 * 8, : 30 * 8]
    page = photo((training, 90, 65, 0), (training, 200, 135, 190), size="A4")
    told = assess([TrayImage("t", page)], [face(real, 100)], cny)
    assert [note.denomination_fen for note in told.notes] == [None, None]
    assert told.totals.amount_fen == 0


def test_a_scrap_that_is_half_shared_print_stays_without_a_name(known, faces, cny):
    """Half of it agrees with an enrolled note in every point; a note of no enrolled kind is all that it can be."""
    stranger = drawn(52)
    stranger[:, : 40 * 8] = faces[0].image[:, : 40 * 8]
    image, mask = scrap(stranger, 40, 35, 11, 3)
    told = assess([TrayImage("t", photo((image, 120, 100, 30, mask), size="A4"))], known, cny)
    assert [piece.identity for piece in told.pieces] == [None]


def test_black_scraps_stay_without_a_name(faces, known, cny):
    chance = np.random.default_rng(5)
    black = np.clip(chance.normal(30, 5, faces[0].image.shape), 0, 255).astype(np.uint8)
    burnt = [face(black, 50), face(black, 20)]
    assert _right(_named(_laid(burnt), known, cny)) == []


def test_print_laid_half_a_millimetre_off_is_pulled_to_its_place(known):
    image = drawn(31)
    flat = np.full((700, 1300, 3), (196, 84, 12), np.uint8)
    flat[60:620, 60:1180] = image
    patch = np.zeros((160, 160), bool)
    patch[4:-4, 4:-4] = True
    blob = blob_of(patch, 400, 300, 8.0, False)
    piece = scrap_of(flat, blob, 8.0, 5.0)
    fifty = next(f for f in known.faces if f.reference.denomination == 50)
    off = matrix_of(1.0 + 0.01j, complex(-60 / 8 + 0.4, -60 / 8 - 0.3) - 0.01j * complex(60, 47))
    before, after = likeness(piece, fifty, off), likeness(piece, fifty, fitted(piece, fifty, off))
    assert before.agreement < 0.9
    assert after.agreement > 0.97
    assert after.correlation > 0.9
    assert np.allclose(after.matrix @ [60, 47, 1], [60 - 7.5, 47 - 7.5], atol=0.1)
