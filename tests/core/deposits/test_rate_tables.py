"""The national tables hold together, and a bank's own table is read or refused with line and column."""

from __future__ import annotations

from datetime import date

import pytest

from xiaoshi.core.deposits import Deposit, value
from xiaoshi.core.rules.deposit_rate_table import per_cent, read_rate_table
from xiaoshi.core.rules.deposit_rates import BENCHMARK, BIG_BANKS, NATIONAL, books_with
from xiaoshi.core.rules.deposit_rules import subsidy_ppm, tax_percent
from xiaoshi.core.rules.known import KNOWN_RULES, in_force_words

HEAD = "effective_from,demand,y1\n"


def test_every_row_has_the_demand_rate_and_longer_terms_never_pay_less():
    for table in NATIONAL.tables:
        for row in table.rows:
            assert "demand" in row.ppm
            terms = [row.ppm[c] for c in ("m3", "m6", "y1", "y2", "y3", "y5", "y8") if c in row.ppm]
            assert terms == sorted(terms), row
            assert row.unsure <= set(row.ppm) | {"m3", "call_1d", "call_7d", "i1", "i3", "i5"}


@pytest.mark.parametrize(
    ("day", "column", "expected"),
    [
        ("1988-09-01", "y1", "8.64"),
        ("1989-01-31", "y1", "8.64"),
        ("1989-02-01", "y1", "11.34"),
        ("2012-07-05", "y1", "3.25"),
        ("2012-07-06", "y1", "3.25"),
        ("2012-07-05", "y5", "5.10"),
        ("2012-07-06", "y5", "4.75"),
        ("2015-10-23", "m3", "2.85"),
        ("2015-10-24", "m3", "1.35"),
        ("2025-05-19", "y1", "1.10"),
        ("2025-05-20", "y1", "0.95"),
        ("2026-11-25", "i3", "0.85"),
    ],
)
def test_a_day_finds_the_row_in_force(day: str, column: str, expected: str) -> None:
    rate = NATIONAL.rate_on(date.fromisoformat(day), column)
    assert rate is not None
    assert per_cent(rate.ppm) == expected


def test_no_rate_before_the_first_row_and_for_terms_that_were_not_offered():
    assert NATIONAL.rate_on(date(1988, 8, 31), "demand") is None
    assert NATIONAL.rate_on(date(1996, 5, 1), "y8") is None
    assert BENCHMARK.row_on(date(2014, 11, 22)).ppm.get("y5") is None  # type: ignore[union-attr]
    assert BIG_BANKS.row_on(date(2012, 7, 5)) is None


def test_tax_and_subsidy_on_both_sides_of_their_days():
    sides = [("1999-10-31", 0), ("1999-11-01", 20), ("2007-08-14", 20), ("2007-08-15", 5), ("2008-10-08", 5), ("2008-10-09", 0)]  # fmt: skip
    assert [tax_percent(date.fromisoformat(day)) for day, _ in sides] == [tax for _, tax in sides]
    months = {"1994-02-28": 0, "1994-03-01": 11900, "1996-11-30": 40400, "1997-04-30": 1700, "1997-05-01": 0}
    assert {day: subsidy_ppm(date.fromisoformat(day)) for day in months} == months


OWN = HEAD + "2020-01-01,0.30,2.00\n2024-01-01,0.20,1.60\n"


def test_a_banks_own_table_is_laid_over_the_national_ones():
    table, problems = read_rate_table("\ufeff" + OWN, "ours")
    assert table is not None
    assert problems == []
    books = books_with((table,))

    def interest_fen(opened: date, withdrawn: date) -> int:
        deposit = Deposit("fixed", 1_000_000, opened, withdrawn, 12, posted="ours")
        return value(deposit, books).interest_fen

    assert interest_fen(date(2020, 1, 1), date(2021, 1, 1)) == 20000
    assert interest_fen(date(2019, 12, 31), date(2020, 12, 31)) == 17500  # the large banks' 1.75 %
    assert interest_fen(date(2011, 7, 7), date(2012, 7, 7)) == 35000
    assert interest_fen(date(2023, 12, 31), date(2024, 1, 31)) == 167  # early: the bank's own 0.20 %, 30 days
    # A column that the file does not have is the national one's, and says so; an empty cell is not offered.
    other = value(Deposit("fixed", 1_000_000, date(2020, 1, 1), date(2020, 7, 1), 6, posted="ours"), books)
    assert other.interest_fen == 7750
    assert "rate_of_other_table" in [p.code for p in other.unconfirmed]
    bare, _ = read_rate_table(OWN.replace(",2.00", ","), "bare")
    assert bare is not None
    years = Deposit("fixed", 1_000_000, date(2020, 1, 1), date(2021, 1, 1), 12, posted="bare")
    assert [p.code for p in value(years, books_with((bare,))).problems] == ["term_not_posted"]
    unknown = value(
        Deposit("fixed", 1_000_000, date(2020, 1, 1), date(2021, 1, 1), 12, posted="theirs"), books
    )
    assert [p.code for p in unknown.problems] == ["unknown_rate_table"]
    for name in ("big_banks", "benchmark", "ours"):
        assert name in unknown.problems[0].words.zh


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["column_missing:t:1:effective_from", "column_missing:t:1:demand"]),
        (HEAD, ["table_empty:t:1"]),
        (HEAD + "\n,,\n", ["table_empty:t:1"]),
        ("effective_from,demand,y7\n", ["column_unknown:t:1:y7"]),
        ("effective_from,demand,demand\n", ["column_twice:t:1:demand", "column_twice:t:1:demand"]),
        (HEAD + "2020-01-01,0.3,1,9\n", ["cells_too_many:t:2"]),
        (HEAD + "2020-02-30,0.3,1\n", ["day_unreadable:t:2:effective_from"]),
        (HEAD + "2020/01/01,0.3,1\n", ["day_unreadable:t:2:effective_from"]),
        (HEAD + "2020-01-01,,1\n", ["demand_missing:t:2:demand"]),
        (HEAD + "2020-01-01,0.3,1.5e0\n", ["rate_unreadable:t:2:y1"]),
        (HEAD + "2020-01-01,0.3,1.50001\n", ["rate_unreadable:t:2:y1"]),
        (HEAD + "2020-01-01,0.3,-1\n", ["rate_unreadable:t:2:y1"]),
        (HEAD + "2020-01-01,0.3,nan\n", ["rate_unreadable:t:2:y1"]),
        (HEAD + "2020-01-01,0.3,１.5\n", ["rate_unreadable:t:2:y1"]),
        (HEAD + "2020-01-01,30.01,30\n", ["rate_too_high:t:2:demand"]),
        (HEAD + "2020-01-01,0.3,1\n2020-01-01,0.2,1\n", ["day_twice:t:3:effective_from"]),
        (HEAD + "2020-01-02,0.3,1\n2020-01-01,0.2,1\n", ["days_out_of_order:t:3:effective_from"]),
        ('effective_from,demand\n"2020', ["csv_broken:t:1"]),
        (
            "effective_from,effective_to,demand\n2020-01-01,2020-12-31,0.3\n2021-01-02,,0.2\n",
            ["table_gap:t:3:effective_from"],
        ),
        (
            "effective_from,effective_to,demand\n2020-01-01,2020-12-31,0.3\n2020-12-31,,0.2\n",
            ["table_overlap:t:3:effective_from"],
        ),
        (
            "effective_from,effective_to,demand\n2020-01-02,2020-01-01,0.3\n",
            ["days_out_of_order:t:2:effective_to"],
        ),
    ],
)
def test_a_table_that_cannot_be_right_is_refused_with_its_place(text: str, said: list[str]) -> None:
    table, problems = read_rate_table(text, "t")
    assert table is None
    assert [f"{p.code}:{p.where}" for p in problems] == said
    assert all(p.words.zh and p.words.en for p in problems)


def test_last_days_may_be_written_and_everything_wrong_is_said_at_once():
    good = "effective_from,effective_to,demand\n2020-01-01,2020-12-31,0.3\n2021-01-01,,0.2\n"
    assert read_rate_table(good, "t")[0] is not None
    _, problems = read_rate_table(HEAD + "x,y,z\n2020-01-01,0.3,40\n", "t")
    assert len(problems) == 4


def test_an_answer_from_above_may_name_the_laws_of_deposits():
    assert KNOWN_RULES["call-1999"].in_force_on(date(2026, 11, 25))
    assert in_force_words(KNOWN_RULES["savings-1993"], date(1993, 2, 28))[1] == "not_yet"
    assert in_force_words(KNOWN_RULES["savings-1993"], date(2026, 11, 25))[1] == "in_force"
    assert in_force_words(KNOWN_RULES["interest-2005"], date(2026, 11, 25))[1] == "unsure"
