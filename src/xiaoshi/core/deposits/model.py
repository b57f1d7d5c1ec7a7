"""The nouns of the deposit engine: what is asked, segments, payments, what is answered. Sums in fen, interest in li (0.001 yuan)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from xiaoshi.core.problems import Problem
from xiaoshi.core.rules.deposit_rules import DepositRule

Product = Literal[
    "fixed",
    "demand",
    "fixed_or_demand",
    "instalment_in",
    "instalment_out",
    "interest_out",
    "call_1d",
    "call_7d",
]
DayCount = Literal["30/360", "actual/360"]
PRODUCTS: tuple[Product, ...] = get_args(Product)
DAY_COUNTS: tuple[DayCount, ...] = get_args(DayCount)
TERM_COLUMNS: dict[Product, dict[int, str]] = {
    "fixed": {3: "m3", 6: "m6", 12: "y1", 24: "y2", 36: "y3", 60: "y5", 96: "y8"},
    "instalment_in": {12: "i1", 36: "i3", 60: "i5"},
    "instalment_out": {12: "i1", 36: "i3", 60: "i5"},
    "interest_out": {12: "i1", 36: "i3", 60: "i5"},
}
"""Product -> term in months -> column of the rate table; products that are not here have no term."""

PARTIAL: frozenset[Product] = frozenset({"fixed", "call_1d", "call_7d"})
"""Products from which a part may be withdrawn."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """One deposit and its withdrawal.

    `principal_fen`: what was put in at the opening; for `instalment_in` the monthly instalment. `withdraw_fen`: a part; None: all.
    `notice_given_on`: of a call deposit, the notice for this withdrawal; `notice_fen`: the sum that it named (None: what is
    withdrawn); `idle_notices_on`: notices that were never used. `posted`: which rate table (a key of the books).
    """

    product: Product
    principal_fen: int
    opened_on: date
    withdrawn_on: date
    term_months: int | None = None
    auto_rollover: bool = False
    day_count: DayCount = "30/360"
    notice_given_on: date | None = None
    withdraw_fen: int | None = None
    posted: str = "big_banks"
    notice_fen: int | None = None
    idle_notices_on: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """Interest of one stretch at one rate and one tax. `end` does not count. `base_yuan` None: the balance moved within it.

    `kind`: of the rate: fixed, demand, call, fixed_or_demand, instalment, subsidy, none.
    """

    begin: date
    end: date
    days: int
    ppm: int
    base_yuan: int | None
    interest_li: int
    tax_percent: int
    tax_li: int
    kind: str
    rule: DepositRule


@dataclass(frozen=True, slots=True)
class Payment:
    """Interest that falls due at one time: its segments added, rounded half-up to the fen, tax likewise."""

    segments: tuple[Segment, ...]
    interest_fen: int
    tax_fen: int

    @property
    def net_fen(self) -> int:
        return self.interest_fen - self.tax_fen


@dataclass(frozen=True, slots=True)
class Remaining:
    """What stays on deposit after a part was withdrawn; `opened_on`: from when its term counts."""

    principal_fen: int
    opened_on: date


@dataclass(frozen=True, slots=True)
class Valuation:
    """What a deposit pays. `principal_fen`: all that was put in, so that total + remaining = principal + interest - tax.

    Refused: `payments` is None and `problems` says why. Otherwise `problems` are oddities that leave the figures standing, and
    `unconfirmed` is every row and rule under them that nobody has confirmed.
    """

    payments: tuple[Payment, ...] | None
    principal_fen: int = 0
    remaining: Remaining | None = None
    unconfirmed: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def interest_fen(self) -> int:
        return sum(p.interest_fen for p in self.payments or ())

    @property
    def tax_fen(self) -> int:
        return sum(p.tax_fen for p in self.payments or ())

    @property
    def net_fen(self) -> int:
        return self.interest_fen - self.tax_fen

    @property
    def total_fen(self) -> int:
        """What is paid out: principal (or the part) and net interest; interest that was joined to the principal included."""
        stays = self.remaining.principal_fen if self.remaining else 0
        return self.principal_fen + self.net_fen - stays
