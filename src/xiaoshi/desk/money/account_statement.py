"""对账单: what stood on an account before a period, each posting with the balance after it, and what stood at its end.

Every posting carries its number on the account, the balance after it and the bank's day (`migrations/0007_landing_laws.py`), so a
page reads its own lines and two single rows beside them, however many there are on the account. Sums are shown from the side
of the account: a client's deposit is positive.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from xiaoshi.core.ledger.exchange import DECIMALS
from xiaoshi.core.money import yuan
from xiaoshi.core.problems import Words
from xiaoshi.desk.money.models import Account, Posting

PAGE = 50
LINES_MAX = 20_000
"""The most lines of a file; a longer period is asked for in parts."""


@dataclass(frozen=True, slots=True)
class Line:
    """`out_fen` and `in_fen`: what left and what came, one of them 0; `balance_fen` after it."""

    seq: int
    on: date
    entry_id: str
    what: Words
    others: tuple[Words, ...]
    case_number: str
    out_fen: int
    in_fen: int
    balance_fen: int
    reverses: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of lines, oldest first; `after` is the cursor of the next page, 0 at the end."""

    account: Account
    first: date
    last: date
    opening_fen: int
    closing_fen: int
    lines: tuple[Line, ...]
    after: int

    @property
    def currency(self) -> str:
        return self.account.currency


def statement(account: Account, first: date, last: date, *, after: int = 0, limit: int = PAGE) -> Statement:
    """The lines of a period after a cursor. Always the same number of small queries, however long the account is."""
    before, end = _last_before(account, booked_on__lt=first), _last_before(account, booked_on__lte=last)
    low, high = (before.account_seq or 0) if before else 0, (end.account_seq or 0) if end else 0
    rows = (
        Posting.objects.filter(account=account, account_seq__gt=max(after, low), account_seq__lte=high)
        .order_by("account_seq")
        .select_related("entry__case")
        .prefetch_related("entry__postings__account")
    )
    found = list(rows[: limit + 1])
    shown = found[:limit]
    sign = -1 if account.kind in ("liability", "income") else 1
    return Statement(
        account,
        first,
        last,
        sign * (before.balance_after_fen or 0) if before else 0,
        sign * (end.balance_after_fen or 0) if end else 0,
        tuple(_line(row, sign) for row in shown),
        int(shown[-1].account_seq or 0) if len(found) > limit else 0,
    )


def _last_before(account: Account, **bound: date) -> Posting | None:
    rows = Posting.objects.filter(account=account, **bound).only("account_seq", "balance_after_fen")
    return rows.order_by("-booked_on", "-account_seq").first()


def _line(row: Posting, sign: int) -> Line:
    entry = row.entry
    change = sign * row.amount_fen
    others = tuple(p.account.words for p in entry.postings.all() if p.account_id != row.account_id)  # type: ignore[attr-defined]
    return Line(
        int(row.account_seq or 0),
        row.booked_on or entry.at.date(),
        str(entry.pk),
        entry.words,
        others,
        entry.case.number if entry.case else "",
        max(-change, 0),
        max(change, 0),
        sign * int(row.balance_after_fen or 0),
        entry.reverses_id is not None,  # type: ignore[attr-defined]
    )


def all_lines(account: Account, first: date, last: date) -> Iterator[Line]:
    """Every line of the period, read in portions."""
    after = 0
    while True:
        part = statement(account, first, last, after=after, limit=1_000)
        yield from part.lines
        after = part.after
        if not after:
            return


def figures(amount: int, currency: str) -> str:
    """Without thousands marks, for files: 123450 -> 1234.50, yen as they are."""
    return yuan(amount).replace(",", "") if DECIMALS.get(currency, 2) else str(amount)


HEADS: dict[str, tuple[str, ...]] = {
    "zh": ("日期", "序号", "摘要", "对方", "案件", "支出", "收入", "余额"),
    "en": ("Day", "No.", "What", "Other side", "Case", "Out", "In", "Balance"),
}


def as_csv(made: Statement, lines: list[Line], language: str) -> str:
    """A table that a spreadsheet opens as text and figures only: no cell can begin a formula."""
    chosen = "en" if language.startswith("en") else "zh"
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, lineterminator="\r\n")
    opening, closing = ("Opening balance", "Closing balance") if chosen == "en" else ("期初余额", "期末余额")
    writer.writerow(HEADS[chosen])
    writer.writerow(
        [made.first.isoformat(), "", opening, "", "", "", "", figures(made.opening_fen, made.currency)]
    )
    for line in lines:
        others = "、".join(w.in_language(chosen) for w in line.others)
        sums = [figures(s, made.currency) if s else "" for s in (line.out_fen, line.in_fen)]
        cells = [line.on.isoformat(), str(line.seq), line.what.in_language(chosen), others, line.case_number]
        writer.writerow([*(plain(c) for c in cells), *sums, figures(line.balance_fen, made.currency)])
    writer.writerow(
        [made.last.isoformat(), "", closing, "", "", "", "", figures(made.closing_fen, made.currency)]
    )
    return out.getvalue()


def plain(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: what begins like one gets an apostrophe before it."""
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@", "\t", "\r", "|", "%") else text


def as_facts(made: Statement, lines: list[Line], language: str) -> dict[str, Any]:
    """The statement for the typeset sheet: figures as texts."""
    chosen = "en" if language.startswith("en") else "zh"
    shown = {"amount": lambda fen: yuan(fen) if DECIMALS.get(made.currency, 2) else f"{fen:,}"}["amount"]
    return {
        "currency": made.currency,
        "account": made.account.words.in_language(chosen),
        "first": made.first.isoformat(),
        "last": made.last.isoformat(),
        "opening": shown(made.opening_fen),
        "closing": shown(made.closing_fen),
        "heads": list(HEADS[chosen]),
        "lines": [
            [
                line.on.isoformat(),
                str(line.seq),
                line.what.in_language(chosen),
                "、".join(w.in_language(chosen) for w in line.others),
                line.case_number,
                shown(line.out_fen) if line.out_fen else "",
                shown(line.in_fen) if line.in_fen else "",
                shown(line.balance_fen),
            ]
            for line in lines
        ],
    }
