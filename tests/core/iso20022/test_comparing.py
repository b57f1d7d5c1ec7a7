"""A day beside the bank's statement, as tables: our payments, the bank's lines, what is told."""

from __future__ import annotations

from datetime import date

import pytest
from known_payment import NOW

from xiaoshi.core.iso20022 import Line, Statement
from xiaoshi.core.iso20022.comparing import Expected, lay_beside

DAY = date(2026, 11, 25)


def day(text: str) -> list[Statement]:
    """`A e1 -350` a line: account, end-to-end id (- for none), fen; `R` a return, `P` one that waits."""
    lines: dict[str, list[Line]] = {}
    for at, row in enumerate(filter(None, map(str.strip, text.split(";")))):
        account, key, fen, *flags = row.split()
        line = Line(f"B{at}", "" if key == "-" else key, int(fen), DAY, "P" not in flags, "R" in flags)
        lines.setdefault(account, []).append(line)
    return [Statement("D", NOW, a, "CNY", tuple(ls), 0, 0, DAY) for a, ls in lines.items()]


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        ("e1 settled", "A e1 -350; H e1 350", ""),
        ("e1 settled", "", "only_ours A -350 None"),
        ("e1 settled", "A e1 -351", "amount A -350 -351"),
        ("e1 settled", "A e1 -350; A e1 -350", "twice A -350 -700"),
        ("e1 settled", "A e1 -350; H e1 350; H e1 350", "twice H 350 700"),
        ("e1 settled", "A e1 -350 P", "only_ours A -350 None"),
        ("e1 open", "", ""),
        ("e1 open", "A e1 -350", "still_open A -350 -350"),
        ("e1 returned", "A e1 -350; A e1 350 R", ""),
        ("e1 settled", "A e1 -350; A e1 350 R", "only_theirs A None 350"),
        ("e1 settled other_day", "", ""),
        ("e1 settled other_day", "A e1 -999", "amount A -350 -999"),
        ("", "A e9 -1; A - 77", "only_theirs A None -1 | only_theirs A None 77"),
    ],
)
def test_what_is_told(ours, theirs, told):
    key, _, flags = ours.partition(" ")
    expected = [
        Expected(
            key,
            "A",
            "H",
            350,
            "settled" in flags or "returned" in flags,
            "returned" in flags,
            "other_day" not in flags,
        )
    ]
    found = lay_beside(expected if ours else [], day(theirs))
    assert " | ".join(f"{d.kind} {d.account} {d.ours_fen} {d.theirs_fen}" for d in found) == told
