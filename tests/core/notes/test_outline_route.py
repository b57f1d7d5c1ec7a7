"""A black note that a person names: measured by its outline in mm2, with 0 to 6 % of shrinkage left open.

The tray is drawn here without the simulator: an A4 mat at 6 px a millimetre, seen straight from above, and one
rectangle of char on it. The note's size and the rectangle's are the whole known truth.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from xiaoshi.core.notes import TrayImage, assess
from xiaoshi.core.notes.mat import mat_picture, mat_spec

PX = 6.0
HUNDRED_MM2 = 155.0 * 77.0


def _tray(width_mm: float, height_mm: float) -> TrayImage:
    picture = mat_picture(mat_spec("A4"), PX, None)
    x, y = picture.shape[1] / 2, picture.shape[0] / 2
    w, h = width_mm * PX / 2, height_mm * PX / 2
    corners = np.array([[x - w, y - h], [x + w, y - h], [x + w, y + h], [x - w, y + h]])
    cv2.fillPoly(picture, [np.rint(corners * 16).astype(np.int32)], (28, 30, 32), cv2.LINE_AA, 4)
    return TrayImage("black.png", cv2.GaussianBlur(picture, (0, 0), 0.7))


def _told(width_mm, height_mm, prepared, cny, named):
    answer = assess([_tray(width_mm, height_mm)], prepared, cny, named_by_person=named)
    assert len(answer.notes) == 1
    return answer, answer.notes[0]


TABLE = """
# mm x mm     share at no shrinkage, at the most    verdict    fen
  155  77     1.000  1.012                          full       10000
  140  70     0.821  0.929                          full       10000
  120  76     0.764  0.819                          full       10000
  115  76     0.732  0.785                          undecided  0
  120  66     0.664  0.751                          undecided  0
  110  64     0.590  0.668                          half       5000
  100  56     0.469  0.531                          undecided  0
   90  50     0.377  0.427                          none       0
"""
"""A piece 76 mm wide of a note 77 mm high shrank by at most 2 x (1.3 % + 0.3 %) + 0.6 % a side: 0.764 / 0.966^2 = 0.819."""


@pytest.mark.parametrize("row", [line.split() for line in TABLE.strip().splitlines()[1:]])
def test_share_by_outline(row, prepared, cny):
    width, height, low, high = (float(v) for v in row[:4])
    _, note = _told(width, height, prepared, cny, {"p1": (100, "2005")})
    assert note.share.low == pytest.approx(min(low, 1.0), abs=0.012)
    assert note.share.high == pytest.approx(min(high, 1.0), abs=0.012)
    assert note.share.low <= min(1.0, width * height / HUNDRED_MM2) <= note.share.high
    assert (note.verdict, note.amount_fen, note.denomination_fen) == (row[4], int(row[5]), 10000)
    assert note.route == "outline"
    assert {"named_by_person", "outline_route"} <= {reason.code for reason in note.reasons}


def test_without_a_name_it_is_never_measured(prepared, cny):
    _, note = _told(140, 70, prepared, cny, None)
    assert (note.share, note.verdict, note.amount_fen, note.route) == (None, "undecided", 0, None)


def test_edition_left_open_takes_all_enrolled_sizes(prepared, cny):
    _, known = _told(140, 70, prepared, cny, {"p1": (100, "2005")})
    _, open_ = _told(140, 70, prepared, cny, {"p1": (100, None)})
    assert open_.share.low <= known.share.low
    assert open_.share.high >= known.share.high


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ({"p9": (100, None)}, "named_piece_unknown"),
        ({"p1": (200, None)}, "named_kind_not_enrolled"),
        ({"p1": (100, "1911")}, "named_kind_not_enrolled"),
    ],
)
def test_what_cannot_be_used_is_told(named, code, prepared, cny):
    answer, note = _told(140, 70, prepared, cny, named)
    assert code in [problem.code for problem in answer.problems]
    assert note.verdict == "undecided"


def test_print_against_person(burnt, burnt_told, prepared, cny):
    """A piece that the print names 50 and a person 10: undecided, and the share of the print stays."""
    from .conftest import picture_of

    first = burnt_told.notes[0]
    other = 10 if first.denomination_fen != 1000 else 50
    answer = assess([picture_of(burnt)], prepared, cny, named_by_person={first.pieces[0]: (other, None)})
    note = answer.notes[0]
    assert note.verdict == "undecided"
    assert "named_otherwise_by_person" in [reason.code for reason in note.reasons]
    assert note.share == first.share
