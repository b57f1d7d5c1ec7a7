"""Foreign exchange against a hand-worked table, and cash counts against the books."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaoshi.core.ledger.cash_count import PIECES, Counted, count_cash, difference_postings
from xiaoshi.core.ledger.exchange import (
    Quote,
    Rate,
    exchange_postings,
    fen_of,
    quote,
    rate_in_force,
    rate_problem,
)
from xiaoshi.core.problems import Problem


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-25T{clock}:00").replace(tzinfo=UTC)


# Yuan for 100 units, as a rate sheet prints them: currency, buys, sells, from.
SHEET = """
USD 708.50 711.50 09:30
USD 709.12 712.16 10:30
JPY   4.5432 4.5767 09:30
HKD  90.86  91.23 23:00
"""


def rates() -> list[Rate]:
    def e4(text: str) -> int:
        whole, _, rest = text.partition(".")
        return int(whole) * 10_000 + int(rest.ljust(4, "0"))

    rows = (line.split() for line in SHEET.strip().splitlines())
    return [Rate(c, e4(buy), e4(sell), at(since), "总行牌价") for c, buy, sell, since in rows]


@pytest.mark.parametrize(
    ("clock", "direction", "currency", "minor", "fen"),
    [
        ("10:31", "purchase", "USD", 1_200_50, 8_549_48),  # 8 549.4808
        ("10:29", "purchase", "USD", 1_200_50, 8_541_56),  # 8 541.5575
        ("10:30", "sale", "USD", 1_200_50, 8_512_99),  # 8 512.9856
        ("12:00", "purchase", "JPY", 10_001, 457_72),  # 457.7158; yen have no cents
        ("12:00", "purchase", "USD", 1, 7),  # 0.071216
    ],
)
def test_a_sum_at_the_rate_of_the_minute(
    clock: str, direction: str, currency: str, minor: int, fen: int
) -> None:
    made = quote(rates(), direction, currency, minor, at(clock))  # type: ignore[arg-type]
    assert isinstance(made, Quote)
    assert made.amount_fen == fen


@pytest.mark.parametrize(
    ("clock", "currency", "minor", "code"),
    [
        ("09:29", "USD", 100, "no_rate"),
        ("12:00", "HKD", 100, "no_rate"),
        ("12:00", "XAU", 100, "currency_unknown"),
        ("12:00", "USD", 0, "amount_missing"),
        ("12:00", "USD", -1, "amount_missing"),
        ("12:00", "USD", 10**17, "amount_too_large"),
        ("12:00", "JPY", 0, "amount_missing"),
    ],
)
def test_what_cannot_be_quoted(clock: str, currency: str, minor: int, code: str) -> None:
    made = quote(rates(), "purchase", currency, minor, at(clock))
    assert isinstance(made, Problem)
    assert made.code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"currency": "CNY"}, "currency_unknown"),
        ({"buy_e4": 0}, "rate_not_positive"),
        ({"sell_e4": 7_091_199}, "rate_crossed"),
        ({"sell_e4": 71_216_000}, "spread_too_wide"),
        ({"source": " "}, "source_missing"),
    ],
)
def test_rows_that_are_refused(change: dict[str, object], code: str) -> None:
    row = {
        "currency": "USD",
        "buy_e4": 7_091_200,
        "sell_e4": 7_121_600,
        "valid_from": at("09:00"),
        "source": "总行",
    }
    assert rate_problem(Rate(**row)) is None  # type: ignore[arg-type]
    problem = rate_problem(Rate(**row | change))  # type: ignore[arg-type]
    assert problem is not None
    assert problem.code == code


def test_the_newest_row_counts_and_an_exchange_balances_in_each_currency() -> None:
    row = rate_in_force(rates(), "USD", at("10:30"))
    assert row is not None
    assert row.sell_e4 == 7_121_600
    for direction in ("purchase", "sale"):
        made = quote(rates(), direction, "USD", 1_200_50, at("11:00"))  # type: ignore[arg-type]
        assert isinstance(made, Quote)
        lines = exchange_postings(made, "c/cny", "c/usd", "p/cny", "p/usd")
        assert {c: sum(p.amount_fen for p in lines if p.currency == c) for c in ("CNY", "USD")} == {
            "CNY": 0,
            "USD": 0,
        }


@given(st.integers(1, 10**12), st.integers(1, 10**8))
def test_rounding_is_half_up_to_the_fen(minor: int, rate_e4: int) -> None:
    millionths = minor * rate_e4  # of a fen: minor/100 units, rate/10^4 yuan for 100 of them, 100 fen a yuan
    error = fen_of("USD", minor, rate_e4) * 10**6 - millionths
    assert -(10**6) < 2 * error <= 10**6, "half goes up"


@pytest.mark.parametrize(
    ("pieces", "difference_fen"),
    [
        ({"note_10000": 120, "note_5000": 6, "note_2000": 2, "note_100": 5}, 0),
        ({"note_10000": 119, "note_5000": 6, "note_2000": 2, "note_100": 5}, -100_00),
        ({"note_10000": 120, "note_5000": 6, "note_2000": 2, "coin_100": 5, "coin_1": 1, "note_10": 0}, 1),
        ({}, -12_345_00),
    ],
)
def test_a_count_beside_the_books(pieces: dict[str, int], difference_fen: int) -> None:
    made = count_cash(pieces, 12_345_00)
    assert isinstance(made, Counted)
    assert made.difference_fen == difference_fen
    assert made.total_fen == 12_345_00 + difference_fen
    assert 0 not in made.pieces.values()
    lines = difference_postings(difference_fen, "drawer", "differences")
    assert sum(p.amount_fen for p in lines) == 0
    assert lines[0].amount_fen == difference_fen


@pytest.mark.parametrize(
    ("pieces", "code", "where"),
    [
        ({"note_300": 1}, "piece_unknown", "note_300"),
        ({"note_100": -1}, "count_negative", "note_100"),
        ({"note_100": True}, "count_negative", "note_100"),
        ({"note_100": 1.0}, "count_negative", "note_100"),
        ({"note_100": 10_000_001}, "count_too_large", "note_100"),
    ],
)
def test_counts_that_cannot_be(pieces: dict[str, int], code: str, where: str) -> None:
    made = count_cash(pieces, 0)
    assert isinstance(made, Problem)
    assert (made.code, made.where) == (code, where)


def test_faces_are_what_their_names_say() -> None:
    assert all(int(name.partition("_")[2]) == face for name, (face, _words) in PIECES.items())
