"""A second engine that knows no segments: it walks every single day, keeps exact fractions, and rounds when a sum is paid.

Written from the rules' words, not from the engine: days are counted on a calendar of 30-day months by stepping through it, rates
are looked up by reading the table from its top, tax by asking each day. Only 整存整取, 活期 and 通知存款.
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from xiaoshi.core.deposits import Deposit
from xiaoshi.core.rules.deposit_rates import BENCHMARK, BIG_BANKS

DAY = timedelta(days=1)
COLUMN = {3: "m3", 6: "m6", 12: "y1", 24: "y2", 36: "y3", 60: "y5", 96: "y8"}


def percent(day: date, column: str) -> Fraction | None:
    table = BENCHMARK if day < date(2012, 7, 6) else BIG_BANKS
    ppm = None
    for row in table.rows:
        if row.in_force_from <= day:
            ppm = row.ppm.get(column)
    return None if ppm is None else Fraction(ppm, 10_000)


def tax_of(day: date) -> Fraction:
    if day < date(1999, 11, 1) or day >= date(2008, 10, 9):
        return Fraction(0)
    return Fraction(1, 5) if day < date(2007, 8, 15) else Fraction(1, 20)


def days_by_tax(
    opened: date, end: date, day_count: str, whole: int | None = None
) -> list[tuple[Fraction, int]]:
    """(tax, days) in order; `whole`: the days of a whole term, the last piece gives or takes what the walk missed."""
    pieces: list[list] = []
    day = opened
    while day < end:
        if not pieces or pieces[-1][0] != tax_of(day):
            pieces.append([tax_of(day), 0])
        pieces[-1][1] += step(day, day_count)
        day += DAY
    if whole is not None and pieces:
        pieces[-1][1] += whole - sum(days for _, days in pieces)
    return [(tax, days) for tax, days in pieces]


def step(day: date, day_count: str) -> int:
    """How far the counted calendar moves from this day to the next one."""
    if day_count == "actual/360":
        return 1
    morrow = day + DAY
    if morrow.day == 31:
        return 0  # the 31st is the 30th
    if morrow.day == 1:
        return 31 - min(day.day, 30)  # to the first of the next month, past a missing 29th or 30th
    return 1


def paid(pieces: list[tuple[int, Fraction, Fraction, int]]) -> tuple[int, int]:
    """Interest and tax in fen of (yuan, per cent, tax, days): lone exactly, several each to the li, halves upwards."""
    li = [Fraction(yuan) * rate / 100 * days / 360 * 1000 for yuan, rate, _, days in pieces]
    if len(li) != 1:
        li = [Fraction((2 * x.numerator + x.denominator) // (2 * x.denominator)) for x in li]
        taxes = [round_half_up(x * tax) for x, (_, _, tax, _) in zip(li, pieces, strict=True)]
    else:
        taxes = [Fraction(int(int(li[0]) * pieces[0][2]))]
    return int(round_half_up(sum(li, Fraction()) / 10)), int(round_half_up(sum(taxes, Fraction()) / 10))


def round_half_up(x: Fraction) -> Fraction:
    return Fraction(int(x + Fraction(1, 2)))


def stretch(
    fen: int, rate: Fraction, opened: date, end: date, day_count: str, whole: int | None = None
) -> list[tuple[int, Fraction, Fraction, int]]:
    return [(fen // 100, rate, tax, days) for tax, days in days_by_tax(opened, end, day_count, whole)]


def months_on(day: date, months: int) -> date:
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    for number in (day.day, 30, 29, 28):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    raise AssertionError(day)


def walk(deposit: Deposit) -> tuple[int, int]:
    """Interest and tax in fen of a withdrawal in full. Fixed ones opened since 1996-04-01 (no subsidies), up to five years."""
    if deposit.product == "demand":
        return walk_demand(deposit)
    if deposit.product.startswith("call"):
        return walk_call(deposit)
    count, term = deposit.day_count, deposit.term_months or 0
    balance, opened, interest, tax = deposit.principal_fen, deposit.opened_on, 0, 0
    while True:
        maturity = months_on(opened, term)
        rate = percent(opened, COLUMN[term])
        assert rate is not None
        demand = percent(deposit.withdrawn_on, "demand")
        assert demand is not None
        if deposit.withdrawn_on < maturity:
            pieces = stretch(balance, demand, opened, deposit.withdrawn_on, count)
            last = True
        else:
            pieces = stretch(balance, rate, opened, maturity, count, term * 30 if count == "30/360" else None)
            last = not deposit.auto_rollover or deposit.withdrawn_on == maturity
            if last:
                pieces += stretch(balance, demand, maturity, deposit.withdrawn_on, count)
        more, taxed = paid(pieces)
        interest, tax, balance, opened = interest + more, tax + taxed, balance + more - taxed, maturity
        if last:
            return interest, tax


def settles(day: date) -> bool:
    """Whether interest up to and with this day is credited on the morrow."""
    if day < date(2005, 9, 21):
        return (day.month, day.day) == (6, 30)
    return day.day == 20 and day.month in (3, 6, 9, 12) and day != date(2005, 9, 20)


def walk_demand(deposit: Deposit) -> tuple[int, int]:
    balance, since, interest, tax = deposit.principal_fen, deposit.opened_on, 0, 0
    day = deposit.opened_on
    while day < deposit.withdrawn_on:
        day += DAY
        settled = settles(day - DAY)
        if settled or day == deposit.withdrawn_on:
            rate = percent(day - DAY if settled else day, "demand")
            assert rate is not None
            more, taxed = paid(stretch(balance, rate, since, day, deposit.day_count))
            interest, tax, balance, since = interest + more, tax + taxed, balance + more - taxed, day
    return interest, tax


def walk_call(deposit: Deposit) -> tuple[int, int]:
    ahead = timedelta(days=1 if deposit.product == "call_1d" else 7)
    in_time = deposit.notice_given_on is not None and deposit.notice_given_on + ahead == deposit.withdrawn_on
    kept = deposit.withdrawn_on - deposit.opened_on >= ahead
    rate = percent(deposit.withdrawn_on, deposit.product if in_time and kept else "demand")
    assert rate is not None
    return paid(
        stretch(deposit.principal_fen, rate, deposit.opened_on, deposit.withdrawn_on, deposit.day_count)
    )
