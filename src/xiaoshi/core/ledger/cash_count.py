"""清点: a drawer counted piece by piece, and what a difference from the books becomes.

**Worked example.** The books say 12 345.00. Counted: 120 x 100, 6 x 50, 2 x 20, 5 x 1 yuan = 12 345.00: no difference. With one
hundred-yuan note less the count is 12 245.00; the difference -100.00 (短款) is booked to 待处理现金长短款 with its reason and
two people, so that drawer and books agree again and the hundred yuan stay visible until somebody has found them.

A surplus (长款) is booked the other way. A difference is never set off against another drawer's or another day's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xiaoshi.core.ledger.model import Posting
from xiaoshi.core.money import AMOUNT_FEN_MAX
from xiaoshi.core.problems import Problem, Words

# Notes and coins that circulate, by face value in fen; a 1-yuan coin is counted apart from a 1-yuan note.
PIECES: dict[str, tuple[int, Words]] = {
    "note_10000": (10_000, Words("100元", "100 yuan")),
    "note_5000": (5_000, Words("50元", "50 yuan")),
    "note_2000": (2_000, Words("20元", "20 yuan")),
    "note_1000": (1_000, Words("10元", "10 yuan")),
    "note_500": (500, Words("5元", "5 yuan")),
    "note_100": (100, Words("1元纸币", "1 yuan (note)")),
    "note_50": (50, Words("5角纸币", "5 jiao (note)")),
    "note_10": (10, Words("1角纸币", "1 jiao (note)")),
    "coin_100": (100, Words("1元硬币", "1 yuan (coin)")),
    "coin_50": (50, Words("5角硬币", "5 jiao (coin)")),
    "coin_10": (10, Words("1角硬币", "1 jiao (coin)")),
    "coin_5": (5, Words("5分硬币", "5 fen (coin)")),
    "coin_2": (2, Words("2分硬币", "2 fen (coin)")),
    "coin_1": (1, Words("1分硬币", "1 fen (coin)")),
}
COUNT_MAX = 10_000_000


@dataclass(frozen=True, slots=True)
class Counted:
    """`pieces`: how many of each kind, zeros left out. `difference_fen`: counted less books (below zero: 短款)."""

    pieces: dict[str, int]
    total_fen: int
    difference_fen: int


def count_cash(pieces: Mapping[str, int], book_fen: int) -> Counted | Problem:
    """The sum of a count beside the books; `piece_unknown`, `count_negative`, `count_too_large` as problems."""
    total = 0
    for name, number in pieces.items():
        if name not in PIECES:
            return _problem(
                "piece_unknown", "清点表中有不认识的券别。", "The count names an unknown kind of money.", name
            )
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            return _problem(
                "count_negative",
                "张（枚）数应为零或正整数。",
                "A number of pieces is zero or more, and whole.",
                name,
            )
        if number > COUNT_MAX:
            return _problem(
                "count_too_large", "张（枚）数过大，请核对位数。", "Too many pieces: check the figures.", name
            )
        total += number * PIECES[name][0]
    if total > AMOUNT_FEN_MAX:
        return _problem(
            "count_too_large", "清点合计过大，请核对位数。", "The total is too large: check the figures.", ""
        )
    return Counted({n: c for n, c in pieces.items() if c}, total, total - book_fen)


def difference_postings(difference_fen: int, drawer: str, differences: str) -> tuple[Posting, ...]:
    """The two lines that bring the books to the count: 短款 debits the account of differences, 长款 credits it."""
    return (Posting(drawer, difference_fen), Posting(differences, -difference_fen))


def _problem(code: str, zh: str, en: str, where: str) -> Problem:
    return Problem(code, Words(zh, en), where)
