"""Interest of a stretch of days, split where the tax changes, and what a payment of several stretches rounds to.

Interest starts at 1 yuan: jiao and fen of a balance earn nothing. Interest of a stretch is yuan x days x rate / 360; in li that is
product * ppm / 360,000.

Rounding. A payment that is one stretch is computed once and rounded half-up to the fen: its li are cut, so that adding and
rounding gives the same fen as the exact sum (0.0045 yuan is 4 li and no fen; 5 li would make one). A payment of several
stretches keeps each to the li, half-up, adds, and rounds the sum half-up to the fen. Tax likewise, from the li of its stretch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from xiaoshi.core.deposits.days import Mark, mark
from xiaoshi.core.deposits.model import DayCount, Payment, Segment
from xiaoshi.core.rules.deposit_rules import TAX_DAYS, DepositRule, tax_percent

LI_DIVISOR = 360_000
Steps = Sequence[tuple[Mark, int]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch not yet rounded: `product` is yuan x days."""

    begin: date
    end: date
    days: int
    product: int
    base_yuan: int | None
    ppm: int
    kind: str
    rule: DepositRule


def accrue(
    start: Mark, end: Mark, steps: Steps | int, ppm: int, kind: str, rule: DepositRule, day_count: DayCount
) -> list[Stretch]:
    """Stretches from `start` up to `end`, cut at each change of the tax. `steps`: yuan, or (from when, yuan) in order of days."""
    cuts = [mark(day, day_count) for day in TAX_DAYS if start.day < day < end.day]
    stretches = []
    for a, b in zip([start, *cuts], [*cuts, end], strict=True):
        if a.day >= b.day:
            continue
        days = b.index - a.index
        if isinstance(steps, int):
            product, base = steps * days, steps
        else:
            product, base = _product(steps, a.index, b.index), None
        stretches.append(Stretch(a.day, b.day, days, product, base, ppm, kind, rule))
    return stretches


def _product(steps: Steps, begin: int, end: int) -> int:
    """Yuan x days between two indices of a balance that moves in steps."""
    total = 0
    for place, (at, yuan) in enumerate(steps):
        until = steps[place + 1][0].index if place + 1 < len(steps) else end
        total += yuan * max(0, min(until, end) - max(at.index, begin))
    return total


def half_up(numerator: int, divisor: int) -> int:
    """Rounded to the nearest whole, a half upwards; both at least 0."""
    return (2 * numerator + divisor) // (2 * divisor)


def pay(stretches: Sequence[Stretch]) -> Payment:
    """One payment of these stretches, rounded as the head of this file says."""
    lone = len(stretches) == 1
    segments = []
    for s in stretches:
        exact = s.product * s.ppm
        interest_li = exact // LI_DIVISOR if lone else half_up(exact, LI_DIVISOR)
        percent = tax_percent(s.begin)
        taxed = interest_li * percent
        tax_li = taxed // 100 if lone else half_up(taxed, 100)
        segments.append(
            Segment(s.begin, s.end, s.days, s.ppm, s.base_yuan, interest_li, percent, tax_li, s.kind, s.rule)
        )
    interest_fen = half_up(sum(s.interest_li for s in segments), 10)
    tax_fen = half_up(sum(s.tax_li for s in segments), 10)
    return Payment(tuple(segments), interest_fen, tax_fen)
