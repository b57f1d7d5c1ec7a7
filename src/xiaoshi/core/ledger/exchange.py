"""购汇: what a sum of foreign money costs at the rate in force at that minute, and the entry that books it.

**Problem.** A client buys 1 200.50 US dollars. The rate table changed at 10:30; it is 10:31; the bank quotes for 100 units.
Dollars and yuan each have to balance, and the bank's own position in dollars has to be seen.

**Worked example.** Row of 10:30: USD buys 709.12, sells 712.16 yuan for 100. The client pays 1 200.50 x 7.1216 = 8 549.4808,
rounded half up to the fen: 8 549.48 yuan.

| account | CNY fen | USD cents |
| --- | ---: | ---: |
| deposit of the client (CNY) | +854 948 | |
| position of the bank in CNY 外汇结售 | -854 948 | |
| position of the bank in USD 外汇头寸 | | +120 050 |
| deposit of the client (USD) | | -120 050 |

**Choice.** Rates are whole numbers: ten-thousandths of a yuan for 100 units (712.16 is 7 121 600), so no float touches money. The
bank sells at its selling rate (购汇) and buys at its buying rate (结汇). One entry, each currency summing to zero.

**Left out.** Cash rates (现钞价) beside transfer rates, cross rates, and the yearly quota of a person (便利化额度), which is asked of
the exchange office's system and not worked out here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from xiaoshi.core.ledger.model import Posting
from xiaoshi.core.money import AMOUNT_FEN_MAX
from xiaoshi.core.problems import Problem, Words

Direction = Literal["purchase", "sale"]
DECIMALS: dict[str, int] = {
    "USD": 2,
    "EUR": 2,
    "GBP": 2,
    "HKD": 2,
    "AUD": 2,
    "CAD": 2,
    "SGD": 2,
    "JPY": 0,
    "KRW": 0,
}
"""The currencies that can be quoted, and the decimals of their smallest unit (ISO 4217)."""
PER_UNITS = 100
RATE_SCALE = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """Yuan for 100 units of `currency`, in ten-thousandths: the bank buys at `buy_e4`, sells at `sell_e4`, from `valid_from` on."""

    currency: str
    buy_e4: int
    sell_e4: int
    valid_from: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Quote:
    """`foreign_minor`: in the currency's smallest unit. `amount_fen`: what the client pays (purchase) or gets (sale)."""

    direction: Direction
    currency: str
    foreign_minor: int
    amount_fen: int
    rate: Rate


def rate_problem(rate: Rate) -> Problem | None:
    """What is wrong with a row that somebody wants to set."""
    if rate.currency not in DECIMALS:
        known = "、".join(DECIMALS)
        return _problem(
            "currency_unknown",
            f"不办理这种货币。可办理：{known}。",
            f"Not a currency of this desk: {known}.",
            "currency",
        )
    if rate.buy_e4 <= 0 or rate.sell_e4 <= 0:
        return _problem("rate_not_positive", "汇率必须大于零。", "A rate is above zero.", "sell")
    if rate.sell_e4 < rate.buy_e4:
        return _problem(
            "rate_crossed",
            "卖出价低于买入价，请核对是否填反。",
            "The selling rate is below the buying rate: were they exchanged?",
            "sell",
        )
    if rate.sell_e4 > 2 * rate.buy_e4:
        return _problem(
            "spread_too_wide",
            "卖出价超过买入价的两倍，请核对小数位。",
            "The selling rate is more than twice the buying rate: check the decimals.",
            "sell",
        )
    if not rate.source.strip():
        return _problem("source_missing", "请填写牌价来源。", "Say where the rate comes from.", "source")
    return None


def rate_in_force(rates: Iterable[Rate], currency: str, at: datetime) -> Rate | None:
    """The newest row of the currency that holds at that moment."""
    rows = [r for r in rates if r.currency == currency and r.valid_from <= at]
    return max(rows, key=lambda r: r.valid_from, default=None)


def quote(
    rates: Iterable[Rate], direction: Direction, currency: str, foreign_minor: int, at: datetime
) -> Quote | Problem:
    """What that much foreign money costs or brings at this moment; `no_rate`, `currency_unknown`, `amount_missing`, `amount_too_large`."""
    if currency not in DECIMALS:
        known = "、".join(DECIMALS)
        return _problem(
            "currency_unknown",
            f"不办理这种货币。可办理：{known}。",
            f"Not a currency of this desk: {known}.",
            "currency",
        )
    if foreign_minor <= 0:
        return _problem(
            "amount_missing",
            "请填写大于零的外币金额。",
            "Enter an amount of foreign money above zero.",
            "amount",
        )
    rate = rate_in_force(rates, currency, at)
    if rate is None:
        return _problem(
            "no_rate",
            f"此刻没有{currency}牌价，不能办理。请先录入并复核牌价。",
            f"No rate of {currency} is in force now. Enter one and have it checked first.",
            "currency",
        )
    each_e4 = rate.sell_e4 if direction == "purchase" else rate.buy_e4
    amount_fen = fen_of(currency, foreign_minor, each_e4)
    if not 0 < amount_fen <= AMOUNT_FEN_MAX:
        return _problem(
            "amount_too_large",
            "金额超出可办理的范围，请核对。",
            "The amount is out of range; check it.",
            "amount",
        )
    return Quote(direction, currency, foreign_minor, amount_fen, rate)


def fen_of(currency: str, foreign_minor: int, rate_e4: int) -> int:
    """Foreign money in fen at a rate, half up: 120050 US cents at 712.1600 -> 854948."""
    numerator = foreign_minor * rate_e4 * 100
    denominator: int = 10 ** DECIMALS[currency] * PER_UNITS * RATE_SCALE
    return (2 * numerator + denominator) // (2 * denominator)


def exchange_postings(
    quote: Quote, client_cny: str, client_foreign: str, position_cny: str, position_foreign: str
) -> tuple[Posting, ...]:
    """The four lines of an exchange; of a sale they are the mirror of a purchase."""
    sign = 1 if quote.direction == "purchase" else -1
    fen, minor, currency = sign * quote.amount_fen, sign * quote.foreign_minor, quote.currency
    return (
        Posting(client_cny, fen),
        Posting(position_cny, -fen),
        Posting(position_foreign, minor, currency),
        Posting(client_foreign, -minor, currency),
    )


def _problem(code: str, zh: str, en: str, where: str) -> Problem:
    return Problem(code, Words(zh, en), where)
