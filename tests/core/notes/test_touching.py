"""Notes that touch: told apart where they hang together at a corner, said where they lie on each other."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_notes import drawn, face, photo

from xiaoshi.core.notes import TrayImage, assess, prepare

FIFTY, TWENTY = drawn(21, 110, 55), drawn(22, 110, 55)


@pytest.fixture(scope="module")
def known():
    return prepare([face(FIFTY, 50), face(TWENTY, 20)])


def _told(known, cny, *papers):
    return assess([TrayImage("t", photo(*papers, size="A4"))], known, cny)


def test_notes_that_touch_at_a_corner_are_measured_each(known, cny):
    told = _told(known, cny, (FIFTY, 90, 70, 0), (TWENTY, 90 + 109.2, 70 + 54.2, 0))
    assert sorted((note.denomination_fen, note.verdict) for note in told.notes) == [
        (2000, "full"),
        (5000, "full"),
    ]
    assert told.problems == ()
    for note in told.notes:
        assert note.share.value == pytest.approx(1.0, abs=0.007)  # blue ink runs over the border here
    assert [piece.area_mm2 for piece in told.pieces] == pytest.approx([6050, 6050], rel=0.007)


def test_two_of_one_kind_are_told_apart_too(known, cny):
    told = _told(known, cny, (FIFTY, 90, 70, 0), (FIFTY, 90 + 109.2, 70 + 54.2, 180))
    assert [(note.denomination_fen, note.verdict) for note in told.notes] == [(5000, "full")] * 2


@pytest.mark.parametrize(
    "second", [(TWENTY, 150, 105, 25), (TWENTY, 90, 124.5, 0)], ids=["lying on it", "along an edge"]
)
def test_what_is_no_neck_is_said_and_not_cut(known, cny, second):
    told = _told(known, cny, (FIFTY, 90, 70, 0), second)
    assert "pieces_overlap" in [problem.code for problem in told.problems]
    assert {note.verdict for note in told.notes} == {"undecided"}
    assert told.totals.amount_fen == 0
    assert told.totals.amount_high_fen >= 7000


def test_a_burnt_neck_of_one_note_is_not_cut(known, cny):
    left = np.full(FIFTY.shape[:2], 255, np.uint8)
    cv2.rectangle(left, (50 * 8, 0), (54 * 8, 26 * 8), 0, -1)
    cv2.rectangle(left, (50 * 8, 28 * 8), (54 * 8, 55 * 8), 0, -1)
    told = _told(known, cny, (FIFTY, 145, 105, 30, left))
    (piece,) = told.pieces
    assert piece.area_mm2 == pytest.approx(6050 - 4 * 53, rel=0.01)
    assert [note.verdict for note in told.notes] == ["full"]
