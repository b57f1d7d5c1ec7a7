"""What a person says of pieces: one note, or not one. The tray: p2 and p4 are proven parts of a 100, p1
and p3 of a 10; what is not proven is drawn (`drawn_parts`)."""

from __future__ import annotations

import pytest

from xiaoshi.core.notes import assess
from xiaoshi.core.notes.joining import join
from xiaoshi.core.notes.joins import JoinsTold, joins_of

from .conftest import picture_of, shoot
from .drawn_parts import left_of, parts_of, right_of


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


def test_proven_joins_are_told_with_their_weight(say):
    answer = say()
    assert shape(answer) == ["p1+p3", "p2+p4"]
    assert choices(answer) == [("p1+p3", True, False), ("p2+p4", True, False)]
    small, made = answer.as_json("zh")["joins"]
    assert made["contact_mm"] > 60
    assert made["gap_spread_mm"] < 0.2
    assert made["bits"] == made["margin_bits"] > 25 > small["margin_bits"] >= 10
    (reason,) = made["reasons"]
    assert reason["code"] == "edges_go_on"
    assert "撕裂边相接" in reason["text"]
    assert made["alternatives"] == [{"pieces": [name], "bits": -made["bits"]} for name in ("p2", "p4")]


def test_pairs_that_may_be_one_are_offered_the_likeliest_first():
    straight = [left_of(lambda y: 0 * y), right_of(lambda y: 0 * y), right_of(lambda y: 0 * y + 9)]
    groups = join(parts_of(straight))
    even, open_gap = (joined.as_json("zh") for joined in joins_of(groups, ["p1", "p2", "p3"], JoinsTold()))
    assert (even["pieces"], even["decided"]) == (["p1", "p2"], False)
    assert open_gap["pieces"] == ["p1", "p3"]
    assert even["contact_mm"] > 70 > 0 == open_gap["contact_mm"]
    assert even["bits"] > open_gap["bits"]
    assert [reason["code"] for reason in even["reasons"]] == ["may_be_one", "edges_straight"]
    assert "须人工认定" in even["reasons"][0]["text"]
    # p3 would take the place of p2
    assert even["alternatives"] == [{"pieces": ["p1", "p3"], "bits": open_gap["bits"]}]


def test_what_a_person_joins_is_one_note_with_the_area_of_both(say):
    apart, one = say(apart="p1+p3"), say(joined="p1+p3")
    assert shape(one) == ["p1+p3", "p2+p4"]
    assert choices(one) == [("p1+p3", True, True), ("p2+p4", True, False)]
    shares = {"+".join(note.pieces): note.share.value for note in (*apart.notes, *one.notes)}
    assert shares["p1+p3"] == pytest.approx(shares["p1"] + shares["p3"], abs=0.005)
    assert not one.problems


def test_what_a_person_keeps_apart_is_two_notes_and_is_not_offered_again(say):
    answer = say(apart="p2+p4")
    assert shape(answer) == ["p1+p3", "p2", "p4"]
    assert choices(answer) == [("p1+p3", True, False)]
    assert not any("may_belong" in reason.code for n in answer.notes for reason in n.reasons)


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
    assert shape(answer) == ["p1+p3", "p2+p4"]
    told = [(p.code, p.where) for p in answer.problems]
    assert (code, where) in told
    assert all(p.words.zh and p.words.en for p in answer.problems)
