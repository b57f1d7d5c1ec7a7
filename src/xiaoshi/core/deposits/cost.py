"""What it costs to take money out before its time: beside what is paid, what the same days would have earned at the agreed rate.

100,000 yuan out of a seven-day call deposit after 59 days without notice: 0.25 % pays 40.97, with notice 1.00 % would have paid 163.89;
the price of not waiting is 122.92. For a fixed deposit the same: demand rate of the day against the rate of the opening day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from xiaoshi.core.deposits.accrual import accrue, pay
from xiaoshi.core.deposits.days import mark
from xiaoshi.core.deposits.engine import value
from xiaoshi.core.deposits.model import TERM_COLUMNS, Deposit, Valuation
from xiaoshi.core.rules.deposit_rate_table import RateBook
from xiaoshi.core.rules.deposit_rates import BOOKS
from xiaoshi.core.rules.deposit_rules import CALL_NOTICE_DAYS, FIXED_TERM


@dataclass(frozen=True, slots=True)
class Cost:
    """Net interest in fen of what is withdrawn now: `paid_fen`, and at the agreed rate for the same days."""

    paid_fen: int
    agreed_fen: int

    @property
    def lost_fen(self) -> int:
        return max(0, self.agreed_fen - self.paid_fen)


def cost_of_haste(deposit: Deposit, books: Mapping[str, RateBook] = BOOKS) -> Cost | None:
    """The price of withdrawing now; None where nothing is early, or the deposit is refused."""
    now = value(deposit, books)
    if not now.payments:
        return None
    if deposit.product == "fixed":
        return _fixed(deposit, now, books)
    if deposit.product in CALL_NOTICE_DAYS:
        notice_days = timedelta(days=CALL_NOTICE_DAYS[deposit.product])
        if deposit.withdrawn_on - deposit.opened_on < notice_days:
            return None
        with_notice = replace(deposit, notice_given_on=deposit.withdrawn_on - notice_days, notice_fen=None)
        waited = value(with_notice, books)
        if not waited.payments or waited.net_fen == now.net_fen:
            return None
        return Cost(now.net_fen, waited.net_fen)
    return None


def _fixed(deposit: Deposit, now: Valuation, books: Mapping[str, RateBook]) -> Cost | None:
    assert now.payments
    last = now.payments[-1]
    first = last.segments[0]
    if not first.rule.id.startswith("early") or first.base_yuan is None:
        return None
    rate = books[deposit.posted].rate_on(first.begin, TERM_COLUMNS["fixed"][deposit.term_months or 0])
    assert rate is not None
    start, end = mark(first.begin, deposit.day_count), mark(last.segments[-1].end, deposit.day_count)
    kept = pay(accrue(start, end, first.base_yuan, rate.ppm, "fixed", FIXED_TERM, deposit.day_count))
    return Cost(last.net_fen, kept.net_fen)
