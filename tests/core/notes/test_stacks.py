"""A stack that is stuck together is never one note in silence; a single sheet is never a stack."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_notes import drawn, face, photo

from xiaoshi.core.notes import TrayImage, assess, prepare

TOP, SECOND, LARGE = drawn(21, 110, 55), drawn(22, 110, 55), drawn(23, 118, 61)
BURNT = np.full(TOP.shape[:2], 255, np.uint8)
cv2.ellipse(BURNT, (TOP.shape[1], 0), (320, 240), 0, 0, 360, 0, -1)

STACKS = {
    "another a millimetre beyond": ((SECOND, 146.5, 107, 1), (TOP, 145, 105, 0)),
    "three of one kind": ((TOP, 148.5, 109, 2), (TOP, 146.5, 107, 1), (TOP, 145, 105, 0)),
    "a larger one below": ((LARGE, 145, 106, 0), (TOP, 145, 105, 0)),
    "seen through a burnt corner": ((SECOND, 145, 105, 0.5), (TOP, 145, 105, 0, BURNT)),
}


@pytest.fixture(scope="module")
def known():
    return prepare([face(TOP, 50), face(SECOND, 20), face(LARGE, 100)])


@pytest.mark.parametrize("papers", STACKS.values(), ids=STACKS.keys())
def test_stack_is_said_and_nothing_of_it_paid(known, cny, papers):
    told = assess([TrayImage("t", photo(*papers, size="A4"))], known, cny)
    (piece,) = told.pieces
    assert 2 <= piece.sheets_at_least <= len(papers)
    assert "stack_suspected" in [problem.code for problem in told.problems]
    assert len(told.notes) == piece.sheets_at_least
    assert {note.verdict for note in told.notes} == {"undecided"}
    assert told.totals.amount_fen == told.totals.amount_low_fen == 0
    worth = sum({TOP.shape: 5000, LARGE.shape: 10000}[paper[0].shape] for paper in papers[-2:])
    assert told.totals.amount_high_fen >= min(worth, 7000)
    assert told.as_json()["pieces"][0]["sheets_at_least"] == piece.sheets_at_least


def test_single_sheets_are_no_stack(known, cny):
    papers = ((SECOND, 92, 74, 190, BURNT), (LARGE, 205, 130, 5))
    told = assess([TrayImage("t", photo(*papers, size="A4"))], known, cny)
    assert [piece.sheets_at_least for piece in told.pieces] == [1, 1]
    assert told.problems == ()
