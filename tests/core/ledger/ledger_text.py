"""Ledger text for tests: accounts and entries one line each, in the notation that a bookkeeper would scribble.

    account vault            asset      no_overdraft
    account deposits/zhang   liability  no_overdraft frozen
    e1 兑换 li/zhou: drawer/li -> damaged 350.00
    e2 分付 li/zhou: drawer/li -> damaged 300.00, drawer/li -> coins 50.00
    e3 冲正 li/zhou: reverse e1
    hold h1 deposits/zhang -> hospital 80.00 until 2026-11-30
    limit pay supervisor outlet 50.00 500.00 from 2026-01-01
    day_closed 2026-11-22
    e4 转账 li/zhou [2026-11-23 hold:h1 pay:zhou=supervisor@outlet]: deposits/zhang -> hospital 60.00

`A -> B amount`: credit A, debit B (money goes from A to B). In brackets: the day, the hold that it is paid from, and the kind
of work with everybody who approved it. `account CODE KIND [CURRENCY] [no_overdraft] [frozen|closed] [lost|stopped]`.
"""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from typing import Any

from xiaoshi.core.ledger import (
    Account,
    Authority,
    Command,
    Head,
    Hold,
    Ledger,
    PostEntry,
    Posting,
    Refused,
    ReverseEntry,
    decide,
    fold,
)
from xiaoshi.core.problems import Words

LINE = re.compile(
    r"(?P<id>\S+)\s+(?P<purpose>\S+)\s+(?P<maker>\S*)/(?P<checker>[^\s:\[]*)(?: \[(?P<more>[^\]]*)\])?: ?(?P<body>.*)"
)


def fen(text: str) -> int:
    whole, _, rest = text.replace(",", "").partition(".")
    return int(whole) * 100 + (1 if not whole.startswith("-") else -1) * int((rest or "0").ljust(2, "0"))


def account(line: str) -> Account:
    code, kind, *marks = line.split()[1:]
    state = next((m for m in marks if m in ("frozen", "closed")), "open")
    currency = next((m for m in marks if m.isupper()), "CNY")
    stopped = "lost" if "lost" in marks else "frozen" if "stopped" in marks else ""
    words = Words(code, code)
    return Account(code, kind, words, "no_overdraft" in marks, state, currency, stopped)  # type: ignore[arg-type]


def hold(line: str) -> Hold:
    _, ident, account, _, payee, amount, _, until = line.split()
    return Hold(ident, account, payee, fen(amount), Words("住院", "hospital"), date.fromisoformat(until))


def limit(line: str) -> Authority:
    _, work, role, level, alone, joint, _, since = line.split()
    words = Words("试", "try")
    return Authority(work, role, level, fen(alone), fen(joint), date.fromisoformat(since), words)


def more_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in text.split():
        name, _, rest = part.partition(":")
        if not rest:
            found["day"] = date.fromisoformat(part)
        elif name == "hold":
            found["hold"] = rest
        else:
            heads = [h.replace("@", "=").split("=") for h in rest.split(",")]
            found |= {
                "work": name,
                "heads": tuple(Head(who, frozenset({role}), level) for who, role, level in heads),
            }
    return found


def command(line: str) -> Command:
    found = LINE.fullmatch(line.strip())
    assert found, f"not ledger text: {line}"
    ident = "" if found["id"] == "-" else found["id"]
    purpose = Words(found["purpose"], found["purpose"])
    more = more_of(found["more"] or "")
    if found["body"].startswith("reverse "):
        reverses = found["body"].split()[1]
        return ReverseEntry(ident, reverses, purpose, found["maker"], found["checker"], **more)
    sums: dict[str, int] = {}
    lines: list[Posting] = []
    for part in filter(None, (p.strip() for p in found["body"].split(","))):
        if "->" in part:
            giver, _, rest = part.partition("->")
            taker, amount = rest.split()
            sums[taker] = sums.get(taker, 0) + fen(amount)
            sums[giver.strip()] = sums.get(giver.strip(), 0) - fen(amount)
        else:  # `ACCOUNT AMOUNT [CURRENCY]`: a single posting, for entries that cannot be written as a flow
            name, amount, *currency = part.split()
            lines.append(Posting(name, fen(amount), *currency))
    postings = tuple(Posting(code, amount) for code, amount in sums.items()) + tuple(lines)
    return PostEntry(ident, purpose, found["maker"], found["checker"], postings, **more)


def books(text: str) -> Ledger:
    """Accounts and entries of a text, every entry accepted (a refusal is an error in the test's text)."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    ledger = Ledger.of(account(line) for line in lines if line.startswith("account "))
    ledger = dataclasses.replace(
        ledger,
        holds={h.id: h for h in (hold(line) for line in lines if line.startswith("hold "))},
        authority=tuple(limit(line) for line in lines if line.startswith("limit ")),
        closed_until=max(
            (date.fromisoformat(line.split()[1]) for line in lines if line.startswith("day_closed ")),
            default=None,
        ),
    )
    for line in lines:
        if not line.startswith(("account ", "hold ", "limit ", "day_closed ")):
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
