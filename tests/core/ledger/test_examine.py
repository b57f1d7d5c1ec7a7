"""Books that somebody altered: each finding by its code, and the first bad entry first."""

from __future__ import annotations

import dataclasses

import pytest

from xiaoshi.core.ledger import Account, Entry, Posting, examine
from xiaoshi.core.problems import Words

WORDS = Words("试", "try")
ACCOUNTS = (
    Account("drawer", "asset", WORDS, no_overdraft=True),
    Account("damaged", "asset", WORDS, no_overdraft=True),
    Account("clearing", "suspense", WORDS),
)
FILL = Entry("e1", WORDS, "li", "zhou", (Posting("drawer", 500), Posting("clearing", -500)))
PAID = Entry("e2", WORDS, "li", "zhou", (Posting("damaged", 350), Posting("drawer", -350)))
BACK = Entry("e3", WORDS, "li", "zhou", (Posting("damaged", -350), Posting("drawer", 350)), reverses="e2")
BALANCES = {"drawer": 500, "clearing": -500, "damaged": 0}


def _codes(entries: list[Entry], balances: dict[str, int]) -> list[tuple[str, str]]:
    return [(f.id, f.code) for f in examine(ACCOUNTS, entries, balances)]


def test_sound_books_have_no_findings() -> None:
    assert _codes([FILL, PAID, BACK], BALANCES) == []


def test_remembering_only_what_is_reversed_finds_the_same() -> None:
    again = dataclasses.replace(BACK, id="e4")
    for entries in ([FILL, PAID, BACK], [FILL, PAID, BACK, again], [FILL, BACK]):
        reversed_ids = {e.reverses for e in entries if e.reverses}
        assert examine(ACCOUNTS, entries, BALANCES, reversed_ids) == examine(ACCOUNTS, entries, BALANCES)


def test_an_altered_balance_is_found() -> None:
    assert _codes([FILL, PAID, BACK], {**BALANCES, "drawer": 499}) == [("drawer", "balance_differs")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"postings": (Posting("damaged", 350), Posting("drawer", -349))}, "not_zero_sum"),
        ({"postings": (Posting("damaged", 0), Posting("drawer", 0))}, "zero_amount"),
        ({"postings": ()}, "one_sided"),
        ({"postings": (Posting("damaged", 9), Posting("nobody", -9))}, "unknown_account"),
        ({"postings": (Posting("damaged", 501), Posting("drawer", -501))}, "overdraft"),
        ({"checker": "li"}, "maker_is_checker"),
        ({"checker": ""}, "person_missing"),
    ],
)
def test_an_altered_entry_is_found_first(change: dict[str, object], code: str) -> None:
    altered = dataclasses.replace(PAID, **change)  # type: ignore[arg-type]
    assert _codes([FILL, altered], BALANCES)[0] == ("e2", code)


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([FILL, BACK], "unknown_entry"),
        ([FILL, PAID, BACK, dataclasses.replace(BACK, id="e4", reverses="e3")], "reversal_of_reversal"),
        ([FILL, PAID, BACK, dataclasses.replace(BACK, id="e4")], "already_reversed"),
        (
            [FILL, PAID, dataclasses.replace(BACK, postings=(Posting("damaged", -1), Posting("drawer", 1)))],
            "not_the_mirror",
        ),
    ],
)
def test_reversals_pair_up(entries: list[Entry], code: str) -> None:
    assert _codes(entries, BALANCES)[0] == (entries[-1].id, code)
