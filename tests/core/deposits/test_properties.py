"""What must hold for every deposit, and the engine beside a walk over single days (`slow_walk.py`)."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from xiaoshi.core.deposits import PRODUCTS, Deposit, Valuation, value
from xiaoshi.core.deposits.accrual import half_up
from xiaoshi.core.deposits.days import index_30_360
from xiaoshi.core.deposits.model import TERM_COLUMNS
from xiaoshi.core.rules.deposit_rates import NATIONAL
from xiaoshi.core.rules.deposit_rules import TAX_DAYS

from .slow_walk import step, walk

EDGES = [
    date(y, m, d)
    for y in (1996, 1999, 2004, 2007, 2008, 2023)
    for m, d in ((2, 28), (3, 1), (8, 31), (10, 31))
]
EDGES += [date(1993, 2, 28), date(1993, 3, 1), date(2005, 6, 30), date(2005, 9, 20), date(2005, 12, 20)]
EDGES += [day + timedelta(days=n) for day in TAX_DAYS for n in (-1, 0)]
EDGES += [row.in_force_from for table in NATIONAL.tables for row in table.rows]


def days(first: date, last: date) -> st.SearchStrategy[date]:
    edges = st.sampled_from([d for d in EDGES if first <= d <= last])
    return st.one_of(st.dates(first, last), edges, edges.map(lambda d: min(d + timedelta(days=1), last)))


SUMS = st.one_of(st.integers(1, 10_000), st.integers(1, 10**9), st.integers(1, 10**14 - 1))


@st.composite
def deposits(
    draw: st.DrawFn, first: date = date(1988, 9, 1), products: tuple[str, ...] = PRODUCTS
) -> Deposit:
    """A deposit that the engine may or may not value."""
    product = draw(st.sampled_from(products))
    opened = draw(days(first, date(2026, 6, 1)))
    kept = draw(
        st.one_of(st.integers(0, 40), st.integers(0, 4000), st.sampled_from([0, 1, 6, 7, 90, 365, 366]))
    )
    withdrawn = min(opened + timedelta(days=kept), date(2026, 11, 23))
    terms = TERM_COLUMNS.get(product)  # type: ignore[call-overload]
    term = draw(st.sampled_from(sorted(terms))) if terms else None
    principal = draw(SUMS)
    call = product.startswith("call")
    notice = (
        withdrawn - timedelta(days=draw(st.sampled_from([0, 1, 6, 7, 8]))) if draw(st.booleans()) else None
    )
    part = draw(st.integers(1, principal)) if draw(st.booleans()) and (call or product == "fixed") else None
    return Deposit(
        product=product,  # type: ignore[arg-type]
        principal_fen=principal + (5_000_000 if call else 0),
        opened_on=opened,
        withdrawn_on=withdrawn,
        term_months=term,
        auto_rollover=product == "fixed" and draw(st.booleans()),
        day_count=draw(st.sampled_from(["30/360", "actual/360"])),
        notice_given_on=notice if call and notice is not None and notice >= opened else None,
        withdraw_fen=part,
        posted=draw(st.sampled_from(["big_banks", "big_banks", "benchmark"])),
    )


def valued(deposit: Deposit) -> Valuation:
    found = value(deposit)
    assume(found.payments is not None)
    return found


@settings(max_examples=220, deadline=None)
@given(deposits())
def test_nothing_is_raised_and_the_books_balance(deposit: Deposit) -> None:
    found = value(deposit)
    if found.payments is None:
        assert len(found.problems) == 1
        return
    assert found.interest_fen >= 0
    assert 0 <= found.tax_fen <= found.interest_fen
    left = found.remaining.principal_fen if found.remaining else 0
    assert found.total_fen + left == found.principal_fen + found.net_fen
    for payment in found.payments:
        assert payment.interest_fen == half_up(sum(s.interest_li for s in payment.segments), 10)
        assert payment.tax_fen == half_up(sum(s.tax_li for s in payment.segments), 10)
        for s in payment.segments:
            assert s.tax_li <= s.interest_li
            assert not any(s.begin < day < s.end for day in TAX_DAYS)
            if s.base_yuan is not None:
                assert abs(s.interest_li - s.base_yuan * s.ppm * s.days / 360_000) <= max(
                    1, s.interest_li * 1e-12
                )


@settings(max_examples=150, deadline=None)
@given(deposits())
def test_segments_follow_one_another_from_the_opening_to_the_withdrawal(deposit: Deposit) -> None:
    found = valued(deposit)
    assert found.payments is not None
    for line in (
        [s for p in found.payments for s in p.segments if s.kind != "subsidy"],
        [s for p in found.payments for s in p.segments if s.kind == "subsidy"],
    ):
        spans = sorted({(s.begin, s.end) for s in line})  # the parts of a call deposit run side by side
        assert all(a[1] <= b[0] for a, b in pairwise(spans))
    spans = sorted({(s.begin, s.end) for p in found.payments for s in p.segments if s.kind != "subsidy"})
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    if deposit.opened_on < deposit.withdrawn_on:
        assert (spans[0][0], spans[-1][1]) == (deposit.opened_on, deposit.withdrawn_on)
    else:
        assert spans == []


@settings(max_examples=150, deadline=None)
@given(deposits(), st.integers(1, 10**6))
def test_more_principal_never_earns_less(deposit: Deposit, more: int) -> None:
    """The same deposit in full; a call deposit stays above its minimum."""
    deposit = dataclasses.replace(deposit, withdraw_fen=None)
    larger = dataclasses.replace(deposit, principal_fen=deposit.principal_fen + more)
    a, b = valued(deposit), valued(larger)
    assert a.interest_fen <= b.interest_fen
    assert a.total_fen < b.total_fen


@settings(max_examples=220, deadline=None)
@given(deposits(first=date(1996, 4, 1), products=("fixed", "demand", "call_1d", "call_7d")))
@example(Deposit("fixed", 100, date(1999, 8, 31), date(2000, 2, 29), 6))
@example(Deposit("fixed", 12_345_678, date(1999, 8, 31), date(2003, 3, 1), 6, True))
@example(Deposit("demand", 12_345_678, date(2005, 6, 30), date(2009, 3, 1)))
def test_the_engine_is_the_walk(deposit: Deposit) -> None:
    deposit = dataclasses.replace(deposit, withdraw_fen=None, posted="big_banks")
    found = valued(deposit)
    assert (found.interest_fen, found.tax_fen) == walk(deposit)


@settings(max_examples=100, deadline=None)
@given(deposits(products=("demand",)), st.integers(0, 40))
def test_a_demand_deposit_cut_at_a_settlement_pays_the_same(deposit: Deposit, place: int) -> None:
    found = valued(deposit)
    assert found.payments is not None
    if len(found.payments) < 2:
        return
    cut = found.payments[place % (len(found.payments) - 1)].segments[-1].end
    before = valued(dataclasses.replace(deposit, withdrawn_on=cut))
    after = valued(dataclasses.replace(deposit, opened_on=cut, principal_fen=before.total_fen))
    assert after.total_fen == found.total_fen
    assert (before.interest_fen + after.interest_fen, before.tax_fen + after.tax_fen) == (
        found.interest_fen,
        found.tax_fen,
    )


@settings(max_examples=100, deadline=None)
@given(st.dates(date(1988, 1, 1), date(2030, 1, 1)), st.integers(0, 800))
def test_days_of_30_are_the_steps_of_a_walk(day: date, kept: int) -> None:
    end = day + timedelta(days=kept)
    steps = sum(step(day + timedelta(days=n), "30/360") for n in range(kept))
    assert index_30_360(end) - index_30_360(day) == steps


@settings(max_examples=150, deadline=None)
@given(deposits(products=("instalment_in",)))
def test_instalments_are_so_many_deposits(deposit: Deposit) -> None:
    """Month by month: what each instalment earns by itself, up to a fen of rounding for each."""
    deposit = dataclasses.replace(deposit, principal_fen=deposit.principal_fen // 100 * 100 + 100)
    found = valued(deposit)
    assert found.payments is not None
    whole = [s for p in found.payments for s in p.segments if s.kind == "instalment"]
    if deposit.withdrawn_on <= deposit.opened_on or not whole or deposit.day_count != "30/360":
        return
    term = deposit.term_months or 0
    yuan_days = deposit.principal_fen // 100 * 30 * term * (term + 1) // 2
    exact_li = yuan_days * whole[0].ppm / 360_000
    assert abs(sum(s.interest_li for s in whole) - exact_li) <= len(whole) + exact_li * 1e-9
