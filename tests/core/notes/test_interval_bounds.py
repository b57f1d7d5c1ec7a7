"""What may add to a note, and what loose pieces can be worth: by masks and areas that can be worked out on paper.

The note is 100 x 50 mm (5,000 mm2, 600 x 300 px at 6 px a millimetre), so 50 mm2 are one point.
"""

from __future__ import annotations

import numpy as np
import pytest

from xiaoshi.core.notes.bounds import MeasuredNote, scraps_most_fen
from xiaoshi.core.notes.faces import Face, Features, PreparedLibrary
from xiaoshi.core.notes.gains import Scrap, from_others, from_scraps, scrap_of
from xiaoshi.core.notes.joining import Group
from xiaoshi.core.notes.model import Share
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.rules.note_rules import rule_set

WHOLE = 5000.0


def _mask(left_mm: float, right_mm: float, top_mm: float = 0, bottom_mm: float = 50):
    mask = np.zeros((300, 600), bool)
    mask[round(top_mm * 6) : round(bottom_mm * 6), round(left_mm * 6) : round(right_mm * 6)] = True
    return mask


def test_pieces_that_overlap_add_their_place_once():
    own, one, two = _mask(0, 60), _mask(60, 90), _mask(65, 100)
    assert from_others(own, [one]) == pytest.approx(0.30)
    assert from_others(own, [one, two]) == pytest.approx(0.40), "not 0.65"
    assert from_others(own, []) == 0


GAINS = """
# what is there                 scrap mm2   disc mm   may add
  0 75                          200         7         0.052
  0 75                          1400        12        0.25
  0 75                          1600        12        0.0
  0 75                          100         13.6      0.026
  0 75                          100         15.0      0.0
"""


@pytest.mark.parametrize("row", [line.split() for line in GAINS.strip().splitlines()[1:]])
def test_a_scrap_needs_the_area_and_the_width(row):
    """A strip of 25 mm is missing (1,250 mm2, disc of 12.5 mm); 1,600 mm2 on the tray are at least 1,360 of the note."""
    left, right, area, disc, expected = (float(v) for v in row)
    group = Group((), _mask(left, right))
    assert from_scraps(group, [Scrap(area, disc)], WHOLE) == pytest.approx(expected, abs=0.003)


def test_a_round_scrap_does_not_go_into_a_burnt_rim():
    rim = _mask(7, 93, 7, 43)  # 0.62 left, 7 mm gone all round
    assert from_scraps(Group((), rim), [Scrap(300, 9.0)], WHOLE) == 0
    assert from_scraps(Group((), rim), [Scrap(300, 3.0)], WHOLE) == pytest.approx(0.078)


def test_scraps_never_fill_more_than_is_missing():
    group = Group((), _mask(0, 95))
    assert from_scraps(group, [Scrap(150, 2.0)] * 9, WHOLE) == pytest.approx(0.05)


def test_disc_of_a_square():
    square = [(100.0, 100.0), (180.0, 100.0), (180.0, 180.0), (100.0, 180.0)]
    assert scrap_of(square, 400.0, 0.25).disc_mm == pytest.approx(10.0, abs=0.5)


def _library(*notes):
    blank = Features(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros((0, 128), np.float32))
    faces = []
    for denomination, width, height in notes:
        image = np.zeros((8, 8, 3), np.uint8)
        reference = Reference("CNY", "5", "2005", denomination, "front", width, height, image)
        faces.append(Face.__new__(Face))
        object.__setattr__(faces[-1], "reference", reference)
        object.__setattr__(faces[-1], "features", blank)
    library = PreparedLibrary.__new__(PreparedLibrary)
    object.__setattr__(library, "faces", tuple(faces))
    return library


LIBRARY = _library((100, 155.0, 77.0), (1, 130.0, 63.0))


@pytest.mark.parametrize(
    ("scraps", "expected"),
    [
        ([(0, 300.0)] * 3, [0, 0, 0]),  # 1,170 mm2 are less than half of 8,190
        ([(0, 300.0)] * 20, [436] * 20),  # 390 mm2 of 8,951 mm2 that pay 10,000 fen
        ([(0, 40.0)] * 78, [0] * 78),  # 4,056 mm2: just under
    ],
)
def test_scraps_alone(scraps, expected):
    assert scraps_most_fen(scraps, [], LIBRARY, rule_set("cny-2026")) == expected


def test_a_scrap_may_lift_a_note_of_another_tray():
    note = MeasuredNote(0, 100.0, 11935.0, Share(0.735, 0.731, 0.739, 0.7), 5000)
    rules = rule_set("cny-2026")
    assert scraps_most_fen([(1, 200.0)], [note], LIBRARY, rules) == [5000]
    assert scraps_most_fen([(0, 200.0)], [note], LIBRARY, rules) == [0], (
        "its own tray: stands in the note's upper end"
    )
    assert scraps_most_fen([(1, 50.0)], [note], LIBRARY, rules) == [0], "65 mm2 are half a point"


def test_a_rule_of_the_largest_piece_adds_nothing():
    note = MeasuredNote(0, 100.0, 11935.0, Share(0.735, 0.731, 0.739, 0.7), 5000)
    assert scraps_most_fen([(1, 900.0)] * 20, [note], LIBRARY, rule_set("inr-2018")) == [0] * 20
