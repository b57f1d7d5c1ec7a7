"""Deposits as a teller would note them, for tables of tests.

    fixed 12m 10,000.00 1999-06-10 2000-06-10 = 225.00 - 27.38

product, term in months, principal, opening, withdrawal; then words in any order: `roll`, `actual`, `part 3,000.00`,
`notice 2023-03-03`, `agreed 60,000.00`, `idle 2023-02-01`, `by benchmark`. After `=`: interest, `- tax`, `left 7,000.00 2009-01-10`;
or `! code` of a refusal.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from xiaoshi.core.deposits import Deposit, Remaining, Valuation, value


def fen(text: str) -> int:
    whole, _, decimals = text.replace(",", "").partition(".")
    return int(whole) * 100 + int(decimals.ljust(2, "0"))


def deposit(text: str) -> Deposit:
    """The deposit before `=` or `!`."""
    words = text.split("=")[0].split("!")[0].split()
    fields: dict[str, Any] = {"product": words.pop(0)}
    if words[0].endswith("m"):
        fields["term_months"] = int(words.pop(0).removesuffix("m"))
    fields["principal_fen"] = fen(words.pop(0))
    fields["opened_on"], fields["withdrawn_on"] = (date.fromisoformat(words.pop(0)) for _ in range(2))
    while words:
        match words.pop(0):
            case "roll":
                fields["auto_rollover"] = True
            case "actual":
                fields["day_count"] = "actual/360"
            case "part":
                fields["withdraw_fen"] = fen(words.pop(0))
            case "notice":
                fields["notice_given_on"] = date.fromisoformat(words.pop(0))
            case "agreed":
                fields["notice_fen"] = fen(words.pop(0))
            case "idle":
                fields["idle_notices_on"] = (
                    *fields.get("idle_notices_on", ()),
                    date.fromisoformat(words.pop(0)),
                )
            case "by":
                fields["posted"] = words.pop(0)
            case other:
                raise ValueError(f"{other} in {text}")
    return Deposit(**fields)


def found(text: str) -> Valuation:
    return value(deposit(text))


def check(text: str) -> Valuation:
    """Value what stands before `=` and compare with what stands behind it."""
    valued = found(text)
    if "!" in text:
        assert [p.code for p in valued.problems] == text.split("!")[1].split(), valued
        assert valued.payments is None
        return valued
    words = text.split("=")[1].split()
    assert valued.payments is not None, valued.problems
    expected = (fen(words[0]), fen(words[words.index("-") + 1]) if "-" in words else 0)
    assert (valued.interest_fen, valued.tax_fen) == expected, valued
    left = None
    if "left" in words:
        at = words.index("left")
        left = Remaining(fen(words[at + 1]), date.fromisoformat(words[at + 2]))
    assert valued.remaining == left, valued.remaining
    return valued
