"""A valuation as lines for the page and for the printed sheet: every text ready, in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from xiaoshi.core.deposits import Cost, Deposit, Valuation
from xiaoshi.core.money import daxie, yuan
from xiaoshi.core.rules.deposit_rate_table import per_cent
from xiaoshi.core.rules.deposit_rules import TAX_SOURCE
from xiaoshi.desk.deposits.words import DAY_COUNT_WORDS, KIND_WORDS, PRODUCT_WORDS, TABLE_WORDS, TERM_WORDS


@dataclass(frozen=True, slots=True)
class Line:
    """One segment. `payment`: number of the settlement it belongs to, from 1; `ends`: its last segment, with what was paid."""

    begin: str
    end: str
    days: int
    rate: str
    kind: str
    base: str
    interest: str
    tax_percent: int
    tax: str
    rule: str
    confirmed: bool
    payment: int
    ends: bool
    paid_interest: str
    paid_tax: str


def li_text(li: int) -> str:
    """27375 -> `27.375`, with thousands marks."""
    return f"{li // 1000:,}.{li % 1000:03d}"


def lines_of(found: Valuation, language: str) -> list[Line]:
    """The segments in order."""
    return [
        Line(
            s.begin.isoformat(),
            s.end.isoformat(),
            s.days,
            per_cent(s.ppm),
            KIND_WORDS[s.kind].in_language(language),
            f"{s.base_yuan:,}" if s.base_yuan is not None else "—",
            li_text(s.interest_li),
            s.tax_percent,
            li_text(s.tax_li),
            s.rule.text(language),
            s.rule.status == "confirmed",
            place,
            s is payment.segments[-1],
            yuan(payment.interest_fen),
            yuan(payment.tax_fen),
        )
        for place, payment in enumerate(found.payments or (), start=1)
        for s in payment.segments
    ]


def sheet_data(
    deposit: Deposit, found: Valuation, odd: Sequence[str], language: str, cost: Cost | None
) -> dict[str, Any]:
    """What `sheet.typ` prints; texts only, never evaluated."""
    term = TERM_WORDS.get(deposit.term_months or 0)
    remaining = found.remaining
    posted = TABLE_WORDS.get(deposit.posted)
    return {
        "zh": not language.startswith("en"),
        "product": PRODUCT_WORDS[deposit.product].in_language(language),
        "term": term.in_language(language) if term else "—",
        "principal": yuan(deposit.principal_fen),
        "part": yuan(deposit.withdraw_fen) if deposit.withdraw_fen else "",
        "opened_on": deposit.opened_on.isoformat(),
        "withdrawn_on": deposit.withdrawn_on.isoformat(),
        "notice": deposit.notice_given_on.isoformat() if deposit.notice_given_on else "",
        "rollover": deposit.auto_rollover,
        "day_count": DAY_COUNT_WORDS[deposit.day_count].in_language(language),
        "table": posted.in_language(language) if posted else deposit.posted,
        "interest": yuan(found.interest_fen),
        "tax": yuan(found.tax_fen),
        "net": yuan(found.net_fen),
        "total": yuan(found.total_fen),
        "total_daxie": daxie(found.total_fen),
        "remaining": yuan(remaining.principal_fen) if remaining else "",
        "remaining_from": remaining.opened_on.isoformat() if remaining else "",
        "lost": yuan(cost.lost_fen) if cost else "",
        "tax_rule": TAX_SOURCE.in_language(language) if found.tax_fen else "",
        "lines": [asdict(line) for line in lines_of(found, language)],
        "unconfirmed": [p.words.in_language(language) for p in found.unconfirmed],
        "problems": list(odd),
    }
