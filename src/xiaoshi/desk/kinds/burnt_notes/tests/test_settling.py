"""When a note is settled, as a table.

    <proposal> | <answers> -> <stage> [yuan]

`full100`: full value, 100 yuan. `?100`: undecided, the denomination is known; `?`: not even that. An answer is
`li=full100`; `none` with or without a denomination is the same answer.
"""

from __future__ import annotations

import re

import pytest

from xiaoshi.desk.kinds.burnt_notes.settling import Answer, Proposal, Settled, settle

VERDICTS = {"full": "full", "half": "half", "none": "none", "?": "undecided"}


def verdict_of(text: str) -> tuple[str, int | None]:
    found = re.fullmatch(r"(full|half|none|\?)([\d.]*)", text)
    assert found, text
    return VERDICTS[found[1]], round(float(found[2]) * 100) if found[2] else None


def answer_of(text: str) -> Answer:
    person, _, said = text.partition("=")
    return Answer(person, *verdict_of(said))


def play(line: str) -> tuple[Settled, list[str]]:
    given, _, expected = line.partition("->")
    proposal, _, answers = given.partition("|")
    said = [answer_of(a) for a in answers.split()]
    return settle(Proposal(*verdict_of(proposal.strip())), said), expected.split()


TABLE = """
    full100 |                                            -> first
    ?100    |                                            -> first
    full100 | li=full100                                 -> settled 100
    half100 | li=half100                                 -> settled 50
    none100 | li=none100                                 -> settled 0
    none100 | li=none                                    -> settled 0
    half0.5 | li=half0.5                                 -> settled 0.25
    full100 | li=half100                                 -> second
    full100 | li=full50                                  -> second
    full100 | li=none                                    -> second
    none    | li=full10                                  -> second
    ?100    | li=full100                                 -> second
    ?       | li=full100                                 -> second
    ?       | li=none                                    -> second
    ?100    | li=full100 xu=full100                      -> settled 100
    full100 | li=half100 xu=half100                      -> settled 50
    ?       | li=none xu=none20                          -> settled 0
    full100 | li=half100 xu=full100                      -> third
    ?100    | li=full100 xu=full50                       -> third
    ?100    | li=full100 xu=half100                      -> third
    ?100    | li=full100 xu=half100 qian=half100         -> settled 50
    ?100    | li=full100 xu=half100 qian=none            -> settled 0
    ?100    | li=full100 xu=half100 qian=full20          -> settled 20
"""


@pytest.mark.parametrize("line", [line.strip() for line in TABLE.strip().splitlines()])
def test_a_note_is_settled(line: str) -> None:
    settled, expected = play(line)
    assert settled.stage == expected[0]
    if settled.stage == "settled":
        assert settled.amount_fen == round(float(expected[1]) * 100)
    else:
        assert settled.answer is None
        assert settled.amount_fen == 0


def test_the_settled_answer_is_the_settlers_where_two_differ() -> None:
    settled, _ = play("?100 | li=full100 xu=half100 qian=none -> settled 0")
    assert settled.answer is not None
    assert settled.answer.person == "qian"


def test_an_edition_is_for_sorting_and_settles_nothing() -> None:
    proposal = Proposal("full", 100_00, "2005")
    assert settle(proposal, [Answer("li", "full", 100_00, "2015")]).stage == "settled"


def test_half_of_an_odd_sum_is_rounded_down() -> None:
    assert Settled("settled", Answer("li", "half", 25)).amount_fen == 12
