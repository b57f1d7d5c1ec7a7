"""Facts forms: a paper that does not add up is not printed, and each wrong field of an input is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from xiaoshi.core.problems import Problem
from xiaoshi.desk.kinds.burnt_notes.papers import PAPERS, examples
from xiaoshi.desk.papers.facts import from_json, problems_of, to_json


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_through_json_and_back(name: str) -> None:
    given = examples.all_examples()[name]
    assert from_json(PAPERS[name].facts, to_json(given)) == given


SLIP = examples.exchange_slip()
WRONG: list[tuple[str, Any, str]] = [
    ("a total that is not the sum", replace(SLIP, amount_fen=SLIP.amount_fen + 1), "facts/amount_fen"),
    ("pieces that are not full + half + none", replace(SLIP, rows=(replace(SLIP.rows[0], full=342), *SLIP.rows[1:])), "facts/rows/0"),
    ("an amount above what the notes are worth", replace(SLIP, rows=(replace(SLIP.rows[0], amount_fen=9_999_999),)), "facts/rows/0"),
    ("one person for both", replace(SLIP, checked_by=SLIP.determined_by), "facts/checked_by"),
    ("a bag sealed and witnessed by one person", replace(examples.bag_label(), witnessed_by="李敏"), "facts/witnessed_by"),
    ("a bag whose pieces do not add up", replace(examples.bag_label(), pieces=1), "facts/pieces"),
    ("cash with an account", replace(examples.receipt(), way="cash"), "facts/account_masked"),
    ("an account in full", replace(examples.receipt(), account_masked="6222021234567890417"), "facts/account_masked"),
    ("a determination of nothing", replace(examples.determination_slip(), notes=(), amount_fen=0), "facts/notes"),
    ("a determination that does not add up", replace(examples.determination_slip(), amount_fen=1), "facts/amount_fen"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "where"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_what_does_not_add_up_is_named(facts: Any, where: str) -> None:
    assert where in [p.where for p in problems_of(facts)]


def changed(**fields: Any) -> dict[str, Any]:
    return {**to_json(examples.receipt()), **fields}


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ([], "facts"),
        (None, "facts"),
        (changed(extra=1), "facts/extra"),
        (changed(amount_fen="46845"), "facts/amount_fen"),
        (changed(amount_fen=True), "facts/amount_fen"),
        (changed(amount_fen=468.45), "facts/amount_fen"),
        (changed(way="cheque"), "facts/way"),
        (changed(paid_at="2026-11-23"), "facts/paid_at"),
        (changed(paid_at="2026-11-23T10:00:00"), "facts/paid_at"),
        (changed(holder_name="x" * 2001), "facts/holder_name"),
        (changed(holder_name=None), "facts/holder_name"),
        ({k: v for k, v in changed().items() if k != "pieces"}, "facts/pieces"),
    ],
)
def test_wrong_input_is_named(given: Any, where: str) -> None:
    found = from_json(PAPERS["receipt"].facts, given)
    assert isinstance(found, Problem)
    assert (found.code, found.where) == ("paper_field_wrong", where)


def test_wrong_input_deep_inside_is_named() -> None:
    given = to_json(SLIP)
    given["rows"][3]["half"] = "4"
    found = from_json(PAPERS["exchange_slip"].facts, given)
    assert isinstance(found, Problem)
    assert found.where == "facts/rows/3/half"
