"""One tray on several photos: five pieces (a ten torn in three, a burnt fifty, a whole fifty), photographed again from
another angle, in parts, after a jolt, with one piece moved; and another tray on the same mat."""

from __future__ import annotations

import numpy as np
import pytest

from xiaoshi.core.notes import assess
from xiaoshi.core.notes.outlines import lay_on, mirrored, outline_of
from xiaoshi.core.notes.traywork import Looked, look

from .laid_trays import AREA, photo, sheets

PLACES = [(50, 130, 12), (150, 140, -20), (240, 150, 40), (270, 60, 8), (95, 50, 2)]


@pytest.fixture(scope="module")
def papers(references):
    face = {(r.denomination, r.edition, r.side): r for r in references}
    ten = (face[10, "2019", "front"], face[10, "2019", "back"])
    fifty = (face[50, "2005", "front"], face[50, "2005", "back"])
    laid = [*sheets(*ten, "torn", 3), *sheets(*fifty, "burnt", 1), *sheets(*fifty, "torn", 8)]
    assert len(laid) == len(PLACES)
    return [sheet.up for sheet in laid]


@pytest.fixture(scope="module")
def seen(papers, prepared):
    """Photos by name, each looked at once."""
    known: dict[str, Looked] = {}

    def of(name, places=PLACES, which=range(5), cut=slice(None), **shot):
        if name not in known:
            image = photo(name, [papers[n] for n in which], places, **shot)
            image = type(image)(name, np.ascontiguousarray(image.pixels[:, cut]))
            known[name] = Looked(name, None, look(image, prepared, None))
        return known[name]

    return of


@pytest.fixture(scope="module")
def told(prepared, cny):
    return lambda *photos, **options: assess(photos, prepared, cny, **options)


@pytest.fixture(scope="module")
def alone(seen, told):
    return told(seen("first"))


def _codes(answer):
    return [problem.code for problem in answer.problems]


def _sums(answer):
    totals = answer.totals
    return (
        totals.full,
        totals.half,
        totals.none,
        totals.amount_fen,
        totals.amount_low_fen,
        totals.amount_high_fen,
    )


def test_another_angle_counts_nothing_twice(seen, told, alone):
    answer = told(seen("first"), seen("angle", seed=2, tilt=14))
    assert len(answer.pieces) == 10
    assert [piece.same_as is not None for piece in answer.pieces].count(True) == 5
    assert _sums(answer) == _sums(alone)
    assert _codes(answer) == ["same_tray_photographed"]
    used = {piece.id for piece in answer.pieces if piece.same_as is None}
    assert {name for note in answer.notes for name in note.pieces} == used
    assert answer.pieces[-1].as_json()["same_as"] in used


def test_the_same_in_the_other_order(seen, told, alone):
    assert _sums(told(seen("angle", seed=2, tilt=14), seen("first"))) == _sums(alone)


def test_another_tray_on_the_same_mat_loses_nothing(seen, told, alone):
    other = seen("other", places=[(70, 60, 30), (260, 60, -50)], which=(0, 3), seed=3)
    both, single = told(seen("first"), other), told(other)
    assert not any(piece.same_as for piece in both.pieces)
    assert "same_tray_photographed" not in _codes(both)
    assert len(both.notes) == len(alone.notes) + len(single.notes)


def test_parts_of_a_tray_make_a_whole(seen, told, alone):
    left = seen("left", cut=slice(0, 1750))
    right = seen("right", cut=slice(700, None), seed=2)
    answer = told(left, right)
    assert "same_tray_photographed" in _codes(answer)
    assert sum(piece.same_as is None for piece in answer.pieces) == 5
    assert _sums(answer) == _sums(alone)


def test_one_piece_moved_is_told_and_counted_once(seen, told, alone):
    places = [*PLACES[:2], (290, 170, 75), *PLACES[3:]]
    answer = told(seen("first"), seen("moved", places=places, seed=4))
    assert _codes(answer).count("piece_moved_between_photos") == 1
    assert sum(piece.same_as is None for piece in answer.pieces) == 5
    assert _sums(answer)[:4] == _sums(alone)[:4]


def _jolted(places, dx, dy, degrees):
    middle = np.array([AREA.width_mm / 2, AREA.height_mm / 2])
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return [
        (*(np.array([[c, -s], [s, c]]) @ (np.array([x, y]) - middle) + middle + (dx, dy)), turn + degrees)
        for x, y, turn in places
    ]


def test_all_pieces_jolted_together(seen, told, alone):
    answer = told(seen("first"), seen("jolted", places=_jolted(PLACES, 5, -4, 2.5), seed=5))
    assert "tray_moved_between_photos" in _codes(answer)
    assert sum(piece.same_as is None for piece in answer.pieces) == 5
    assert _sums(answer) == _sums(alone)


def test_a_piece_added_to_a_tray_known_already_is_doubted(seen, told):
    fewer = seen("fewer", places=PLACES[:4], which=range(4), seed=6)
    answer = told(fewer, seen("first"))
    new = [note for note in answer.notes if any(r.code == "piece_new_on_second_photo" for r in note.reasons)]
    assert len(new) == 1
    assert new[0].verdict == "undecided"
    assert new[0].amount_fen == 0
    assert new[0].amount_low_fen == 0
    assert new[0].amount_high_fen == 5000


def test_whole_notes_at_one_place_are_doubted_not_merged(seen, told):
    """A jig lays every note at one place: nothing but the number tells whether it is the same one."""
    one = seen("jig one", places=[(95, 50, 2)], which=(4,), seed=7)
    two = seen("jig two", places=[(95, 50, 2)], which=(4,), seed=8)
    answer = told(one, two)
    assert not any(piece.same_as for piece in answer.pieces)
    assert [note.verdict for note in answer.notes] == ["full", "undecided"]
    assert any(reason.code == "seen_on_another_photo" for reason in answer.notes[1].reasons)


def test_what_a_person_said_of_a_repeated_view_holds_for_the_piece(seen, told):
    answer = told(seen("first"), seen("angle", seed=2, tilt=14), named_by_person={"p7": (50, None)})
    assert "named_piece_unknown" not in _codes(answer)


def test_outlines_laid_on_each_other():
    rng = np.random.default_rng(2)
    around = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius = 30 + rng.normal(0, 4, 40)
    shape = np.stack([1.7 * radius * np.cos(around), radius * np.sin(around)], axis=1)
    one = outline_of(shape)
    turn = np.radians(130)
    turned = shape @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + (80, -15)
    assert lay_on(one, outline_of(turned)).off_mm < 0.2
    flipped = outline_of(turned * (-1, 1))
    assert lay_on(one, flipped).off_mm > 1.5
    assert lay_on(mirrored(flipped), one).off_mm < 0.2
    assert not one.plain
    assert outline_of(np.array([[0, 0], [150, 0], [150, 70], [0, 70.0]])).plain
    assert outline_of(np.zeros((2, 2))) is None
