"""What a person says of pieces: one note, or not one. The tray: p2 and p4 are proven parts of a 100, p1 and p3 may be a 10."""

from __future__ import annotations

import pytest

from xiaoshi.core.notes import assess

from .conftest import picture_of, shoot


@pytest.fixture(scope="module")
def torn(references):
    return picture_of(shoot(references, seed=3, damage="torn"))


@pytest.fixture(scope="module")
def say(torn, prepared, cny):
    """The answer when something was said; pieces as `p1+p3`."""

    def said(joined="", apart=""):
        pairs = {name: [text.split("+")] if text else [] for name, text in (("j", joined), ("a", apart))}
        return assess([torn], prepared, cny, joined_by_person=pairs["j"], kept_apart=pairs["a"])

    return said


def shape(answer):
    return sorted("+".join(note.pieces) for note in answer.notes)


def choices(answer):
    return [("+".join(j.pieces), j.decided, j.by_person) for j in answer.joins]


def test_proven_joins_are_told_and_pairs_that_fit_are_offered(say):
    answer = say()
    assert shape(answer) == ["p1", "p2+p4", "p3"]
    assert choices(answer) == [("p2+p4", True, False), ("p1+p3", False, False)]
    made, offered = answer.as_json("zh")["joins"]
    assert made["contact_mm"] > 60
    assert made["gap_spread_mm"] < 0.2
    assert "须人工认定" in offered["reasons"][0]["text"]


def test_what_a_person_joins_is_one_note_with_the_area_of_both(say):
    apart, one = say(), say(joined="p1+p3")
    assert shape(one) == ["p1+p3", "p2+p4"]
    assert choices(one) == [("p1+p3", True, True), ("p2+p4", True, False)]
    shares = {"+".join(note.pieces): note.share.value for note in (*apart.notes, *one.notes)}
    assert shares["p1+p3"] == pytest.approx(shares["p1"] + shares["p3"], abs=0.005)
    assert not one.problems


def test_what_a_person_keeps_apart_is_two_notes_and_is_not_offered_again(say):
    answer = say(apart="p2+p4")
    assert shape(answer) == ["p1", "p2", "p3", "p4"]
    assert choices(answer) == [("p1+p3", False, False)]
    assert not any("may_belong" in reason.code for n in answer.notes if n.id == "n2" for reason in n.reasons)


@pytest.mark.parametrize(
    ("joined", "code", "where"),
    [
        ("p1+p2", "join_impossible", "p1+p2"),
        ("p1+p9", "join_unusable", "p1+p9"),
        ("p1+p1", "join_unusable", "p1+p1"),
    ],
)
def test_what_cannot_be_one_stays_apart_and_is_said(say, joined, code, where):
    answer = say(joined=joined)
    assert shape(answer) == ["p1", "p2+p4", "p3"]
    told = [(p.code, p.where) for p in answer.problems]
    assert (code, where) in told
    assert all(p.words.zh and p.words.en for p in answer.problems)
