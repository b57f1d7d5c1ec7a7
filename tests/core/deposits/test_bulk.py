"""The engine on arrays gives the scalar engine's answer to every row: figures, remainders, doubts and refusals."""

from __future__ import annotations

import importlib.util
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaoshi.core.deposits import PRODUCTS, Deposit
from xiaoshi.core.deposits.answer import answer
from xiaoshi.core.deposits.bulk import NEVER, Columns, number, rates_of, value_columns
from xiaoshi.core.deposits.bulk.block import EPOCH, Field, Labels, Numbers, row_json, value_block
from xiaoshi.core.deposits.bulk.tables import calendar
from xiaoshi.core.deposits.days import add_months, index_30_360
from xiaoshi.core.rules.deposit_rate_table import read_rate_table
from xiaoshi.core.rules.deposit_rates import BOOKS, books_with
from xiaoshi.core.rules.deposit_rules import tax_percent

from .test_properties import deposits

BENCH = Path(__file__).resolve().parents[3] / "bench" / "deposits_drawn.py"


@pytest.fixture(scope="module")
def drawing() -> Any:
    """The generator of the bench: the soak runs a million of its rows."""
    spec = importlib.util.spec_from_file_location("deposits_drawn", BENCH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def columns_of(many: list[Deposit]) -> Columns:
    def days(values: list[date | None]) -> Any:
        return np.array([NEVER if d is None else number(d) for d in values], dtype=np.int32)

    return Columns(
        np.array([PRODUCTS.index(d.product) for d in many], dtype=np.int8),
        np.array([d.term_months or 0 for d in many], dtype=np.int32),
        np.array([d.principal_fen for d in many], dtype=np.int64),
        days([d.opened_on for d in many]),
        days([d.withdrawn_on for d in many]),
        np.array([d.auto_rollover for d in many]),
        np.array([d.day_count == "actual/360" for d in many]),
        days([d.notice_given_on for d in many]),
        np.array([d.withdraw_fen or 0 for d in many], dtype=np.int64),
    )


@pytest.mark.parametrize("posted", list(BOOKS))
def test_drawn_deposits_are_answered_alike(drawing: Any, posted: str) -> None:
    columns = drawing.drawn(4000, 20260101)
    results = value_columns(columns, rates_of(BOOKS[posted]))
    assert [d for row in range(4000) if (d := drawing.difference(columns, results, row, posted))] == []
    assert results.scalar.mean() < 0.02
    assert (results.refusal == 0).mean() > 0.7


@settings(max_examples=60, deadline=None)
@given(st.lists(deposits(), min_size=1, max_size=25))
def test_any_deposits_are_answered_alike(drawing: Any, many: list[Deposit]) -> None:
    columns = columns_of(many)
    results = value_columns(columns, rates_of(BOOKS["big_banks"]))
    assert [d for row in range(len(many)) if (d := drawing.difference(columns, results, row))] == []


def test_the_arrays_know_the_same_calendar():
    tables = calendar()
    rng = np.random.default_rng(7)
    numbers = rng.integers(0, number(date(2100, 12, 31)), 3000)
    months = rng.integers(0, 97, 3000)
    days = [date.fromordinal(int(n) + date(1985, 1, 1).toordinal()) for n in numbers]
    assert tables.index_30[numbers].tolist() == [index_30_360(d) for d in days]
    ends = tables.add_months(numbers, months)
    assert ends.tolist() == [number(add_months(d, int(m))) for d, m in zip(days, months, strict=True)]
    assert [(0, 20, 5, 0)[p] for p in tables.period[numbers]] == [tax_percent(d) for d in days]


def test_a_banks_own_table_is_the_same_to_both(drawing: Any) -> None:
    text = "effective_from,demand,m3,y1,call_7d\n1995-02-03,2.5,3.1,4.2,2.7\n2013-01-01,0.4,,2.9,1.1\n"
    table, _ = read_rate_table(text, "ours")
    assert table is not None
    books = books_with((table,))
    columns = drawing.drawn(3000, 5)
    results = value_columns(columns, rates_of(books["ours"]))
    assert [d for row in range(3000) if (d := drawing.difference(columns, results, row, "ours", books))] == []
    assert (results.doubts & 32).any()


def test_what_64_bits_cannot_hold_is_left_to_the_scalar_engine():
    opened, withdrawn = date(1990, 1, 1), date(2026, 1, 1)
    sums = [10**10, 10**12, 10**14 - 1]
    columns = columns_of([Deposit("demand", fen, opened, withdrawn) for fen in sums])
    results = value_columns(columns, rates_of(BOOKS["big_banks"]))
    assert results.scalar.tolist() == [False, True, True]


def test_a_balance_that_grows_too_wide_on_the_way_is_noticed():
    """At 30 % for thirty years a sum that fits at the opening does not fit at the end."""
    table, _ = read_rate_table("effective_from,demand,m3\n1990-01-01,30,30\n", "steep")
    assert table is not None
    book = books_with((table,))["steep"]
    roll = Deposit("fixed", 2 * 10**10, date(1990, 1, 1), date(2026, 1, 1), 3, auto_rollover=True)
    results = value_columns(columns_of([roll]), rates_of(book))
    assert results.scalar.tolist() == [True]


def field_of(name: str, values: list[Any]) -> Field:
    """A column as a file would give it."""
    given = [v for v in values if v is not None]
    missing = np.array([v is None for v in values])
    if given and all(isinstance(v, date) for v in given):
        whole = [0 if v is None else v.toordinal() - EPOCH for v in values]
        return Numbers(np.array(whole, dtype=np.int64), missing, "days")
    if given and isinstance(given[0], str):
        names = tuple(dict.fromkeys(given))
        return Labels(np.array([-1 if v is None else names.index(v) for v in values]), names)
    return Numbers(np.array([0 if v is None else int(v) for v in values], dtype=np.int64), missing)


ROWS: list[dict[str, Any]] = [
    {},
    {"product": "saving"},
    {"product": None},
    {"term_months": None},
    {"term_months": 7},
    {"term_months": 0},
    {"term_months": -12},
    {"term_months": 2**40},
    {"principal_fen": 0},
    {"principal_fen": -5},
    {"principal_fen": None},
    {"principal_fen": 10**14},
    {"principal_fen": 10**14 - 1},
    {"principal_fen": 2**63 - 1},
    {"opened_on": "2001-02-31"},
    {"opened_on": None},
    {"opened_on": "0001-01-01"},
    {"opened_on": "1987-01-01"},
    {"withdrawn_on": "1999-06-09"},
    {"withdrawn_on": "2100-12-31"},
    {"withdrawn_on": "2101-01-01"},
    {"withdrawn_on": "later"},
    {"auto_rollover": True},
    {"auto_rollover": None},
    {"day_count": "actual/360"},
    {"day_count": "30/365"},
    {"day_count": None},
    {"posted": "benchmark"},
    {"posted": "nobody"},
    {"withdraw_fen": 5},
    {"withdraw_fen": 0},
    {"withdraw_fen": 1_000_001},
    {"product": "demand", "day_count": None},
    {"product": "demand", "term_months": None, "day_count": None, "withdrawn_on": "2009-01-01"},
    {"product": "demand", "withdraw_fen": 5},
    {"product": "demand", "notice_given_on": "2000-06-01"},
    {"product": "call_7d", "term_months": None, "day_count": None},
    {"product": "call_7d", "term_months": 0, "principal_fen": 9_000_000, "withdraw_fen": 6_000_000},
    {"product": "call_7d", "term_months": 0, "notice_given_on": "2000-06-11", "principal_fen": 9_000_000},
    {"product": "instalment_in", "withdraw_fen": 1_000_000},
]


@pytest.mark.parametrize("as_dates", [False, True])
def test_rows_of_a_file_are_answered_as_json_is(as_dates: bool) -> None:
    plain: dict[str, Any] = {
        "product": "fixed", "term_months": 12, "principal_fen": 1_000_000, "opened_on": "1999-06-10", "withdrawn_on": "2000-06-10",
        "auto_rollover": False, "day_count": "30/360", "notice_given_on": None, "withdraw_fen": None, "posted": None,
    }  # fmt: skip
    rows = [plain | row for row in ROWS]
    names = list(plain)
    if as_dates:
        for row in rows:
            for name in ("opened_on", "withdrawn_on", "notice_given_on"):
                try:
                    row[name] = date.fromisoformat(row[name])
                except (TypeError, ValueError):
                    row[name] = None
    block = {name: field_of(name, [row[name] for row in rows]) for name in names}
    answers = value_block(block, len(rows), BOOKS, {name: rates_of(book) for name, book in BOOKS.items()})
    for place, row in enumerate(rows):
        told = answer(row_json(block, place))
        said = answers.combinations[answers.problems[place]]
        assert len(said) == len(set(said))
        assert set(said) == {p["code"] for p in told["problems"]}, row
        doubts = answers.combinations[answers.unconfirmed[place]]
        assert set(doubts) == {p["code"] for p in told["unconfirmed"]}, row
        assert bool(answers.valued[place]) == (told["interest_fen"] is not None), row
        if told["interest_fen"] is not None:
            found = (answers.interest_fen[place], answers.tax_fen[place], answers.total_fen[place])
            assert tuple(map(int, found)) == (told["interest_fen"], told["tax_fen"], told["total_fen"]), row
            left = told["remaining"]
            assert int(answers.remaining_fen[place]) == (left["principal_fen"] if left else 0)
            if left:
                assert (
                    int(answers.remaining_opened[place]) + EPOCH
                    == date.fromisoformat(left["opened_on"]).toordinal()
                )
    assert 0 < answers.scalar < len(rows)


def test_decimals_are_told_except_where_a_missing_number_made_them():
    """A table without empty cells turns whole optional numbers into decimals; a sum that was put in is never one."""
    plain = [
        ("product", Labels(np.array([0, 0]), ("fixed",))),
        ("opened_on", field_of("", ["2000-01-01"] * 2)),
    ]
    plain += [("withdrawn_on", field_of("", ["2001-01-01"] * 2))]
    plain += [("term_months", field_of("", [12, 12])), ("principal_fen", field_of("", [100, 100]))]
    for name, value, code in (
        ("term_months", 12.0, ""),
        ("term_months", 12.5, "not_a_whole_number"),
        ("term_months", np.inf, "not_a_whole_number"),
        ("withdraw_fen", 100.0, ""),
        ("withdraw_fen", 50.5, "not_a_whole_number"),
        ("withdraw_fen", 1e18, "not_a_whole_number"),
        ("withdraw_fen", 0.0, "sum_zero"),
        ("withdraw_fen", -1.0, "sum_negative"),
        ("principal_fen", 100.0, "not_a_whole_number"),
        ("opened_on", 12.0, "day_unreadable"),
        ("product", 12.0, "unknown_product"),
    ):
        decimals = Numbers(np.array([value, np.nan]), np.array([False, True]), "float")
        block: dict[str, Field] = dict(plain) | {name: decimals}
        answers = value_block(block, 2, BOOKS, {key: rates_of(book) for key, book in BOOKS.items()})
        assert answers.combinations[answers.problems[0]] == ((code,) if code else ()), (name, value)
        assert bool(answers.valued[0]) == (not code)
        assert bool(answers.valued[1]) == (name == "withdraw_fen"), name


def test_missing_columns_count_as_empty_and_days_beyond_the_calendar_are_told():
    block: dict[str, Field] = {
        "product": Labels(np.array([0, 0]), ("demand",)),
        "principal_fen": field_of("principal_fen", [100, 100]),
        "opened_on": Numbers(np.array([20_000, -(10**9)]), np.zeros(2, dtype=bool), "days"),
        "withdrawn_on": Numbers(np.array([20_001, 20_001]), np.zeros(2, dtype=bool), "days"),
    }
    answers = value_block(block, 2, BOOKS, {name: rates_of(book) for name, book in BOOKS.items()})
    assert answers.valued.tolist() == [True, False]
    assert answers.combinations[answers.problems[1]] == ("day_unreadable",)
