"""Papers of the central bank as rows `face: full/half`, and what they make the bank pay."""

from __future__ import annotations

import pytest

from xiaoshi.core.ledger.appraised import AppraisedRow, appraised_fen
from xiaoshi.core.problems import Problem


def rows(text: str) -> list[AppraisedRow]:
    made = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        face, _, counts = part.partition(":")
        full, _, half = counts.partition("/")
        made.append(AppraisedRow(round(float(face) * 100), int(full), int(half)))
    return made


@pytest.mark.parametrize(
    ("paper", "fen"),
    [
        ("100: 3/2, 50: 0/1", 425_00),
        ("100: 1/0", 100_00),
        ("0.1: 0/1", 5),
        ("5: 0/3, 1: 2/1", 10_00),
        ("100: 0/0, 50: 1/0", 50_00),
    ],
)
def test_the_sum_of_a_paper(paper: str, fen: int) -> None:
    assert appraised_fen(rows(paper)) == fen


@pytest.mark.parametrize(
    ("paper", "code"),
    [
        ("", "nothing_appraised"),
        ("100: 0/0", "nothing_appraised"),
        ("30: 1/0", "face_unknown"),
        ("100: 1/0, 100: 1/0", "face_twice"),
        ("100: -1/0", "pieces_unusable"),
        ("100: 100001/0", "pieces_unusable"),
    ],
)
def test_papers_that_cannot_be_paid(paper: str, code: str) -> None:
    made = appraised_fen(rows(paper))
    assert isinstance(made, Problem)
    assert made.code == code
