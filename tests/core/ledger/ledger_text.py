"""Ledger text for tests: accounts and entries one line each, in the notation that a bookkeeper would scribble.

    account vault            asset      no_overdraft
    account deposits/zhang   liability  no_overdraft frozen
    e1 兑换 li/zhou: drawer/li -> damaged 350.00
    e2 分付 li/zhou: drawer/li -> damaged 300.00, drawer/li -> coins 50.00
    e3 冲正 li/zhou: reverse e1

`A -> B amount`: credit A, debit B (money goes from A to B). `account CODE KIND [CURRENCY] [no_overdraft] [frozen|closed]`.
"""

from __future__ import annotations

import re

from xiaoshi.core.ledger import (
    Account,
    Command,
    Ledger,
    PostEntry,
    Posting,
    Refused,
    ReverseEntry,
    decide,
    fold,
)
from xiaoshi.core.problems import Words

LINE = re.compile(r"(?P<id>\S+)\s+(?P<purpose>\S+)\s+(?P<maker>\S*)/(?P<checker>\S*): ?(?P<body>.*)")


def fen(text: str) -> int:
    whole, _, rest = text.replace(",", "").partition(".")
    return int(whole) * 100 + (1 if not whole.startswith("-") else -1) * int((rest or "0").ljust(2, "0"))


def account(line: str) -> Account:
    code, kind, *marks = line.split()[1:]
    state = next((m for m in marks if m in ("frozen", "closed")), "open")
    currency = next((m for m in marks if m.isupper()), "CNY")
    return Account(code, kind, Words(code, code), "no_overdraft" in marks, state, currency)  # type: ignore[arg-type]


def command(line: str) -> Command:
    found = LINE.fullmatch(line.strip())
    assert found, f"not ledger text: {line}"
    ident = "" if found["id"] == "-" else found["id"]
    purpose = Words(found["purpose"], found["purpose"])
    if found["body"].startswith("reverse "):
        return ReverseEntry(ident, found["body"].split()[1], purpose, found["maker"], found["checker"])
    sums: dict[str, int] = {}
    lines: list[Posting] = []
    for part in filter(None, (p.strip() for p in found["body"].split(","))):
        if "->" in part:
            giver, _, rest = part.partition("->")
            taker, amount = rest.split()
            sums[taker] = sums.get(taker, 0) + fen(amount)
            sums[giver.strip()] = sums.get(giver.strip(), 0) - fen(amount)
        else:  # `ACCOUNT AMOUNT`: a single posting, for entries that cannot be written as a flow
            name, amount = part.split()
            lines.append(Posting(name, fen(amount)))
    postings = tuple(Posting(code, amount) for code, amount in sums.items()) + tuple(lines)
    return PostEntry(ident, purpose, found["maker"], found["checker"], postings)


def books(text: str) -> Ledger:
    """Accounts and entries of a text, every entry accepted (a refusal is an error in the test's text)."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    ledger = Ledger.of(account(line) for line in lines if line.startswith("account "))
    for line in lines:
        if not line.startswith("account "):
            verdict = decide(ledger, command(line))
            assert not isinstance(verdict, Refused), (line, verdict)
            ledger = fold(verdict.events, ledger)
    return ledger


def standing(ledger: Ledger) -> dict[str, str]:
    """Balances that are not zero, as figures: `{"damaged": "350.00"}`."""
    return {
        code: f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}"
        for code, value in sorted(ledger.balances.items())
        if value
    }
