"""授权额度: up to which sum somebody approves, alone or together with a second head.

**Problem.** A supervisor of an outlet may sign 50 000 yuan alone. For 300 000 a second head has to sign as well, and
3 000 000 is for the sub-branch. Every bank has its own figures and changes them from a day on.

**Worked example** (the rows below): a payment of 300 000.00.

| who has approved | answer |
| --- | --- |
| supervisor of the outlet | `second_head_missing`: alone up to 50 000, as one of two up to 500 000 |
| supervisor and head of the outlet | enough |
| supervisor of the sub-branch | enough: alone up to 1 000 000 |

**Choice.** Rows of data, dated, by work, role and level; the latest row in force counts for its three. A person with two
roles has the better of both. Two heads are enough when either could take part at that sum; a third is never asked for.
The bank's own rows come after the shipped ones: of one day the last row counts. No row means no authority.

**Left out.** Limits for each day or client, and amounts in foreign money (the yuan side of an exchange counts).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from xiaoshi.core.casework.roles import LEVELS, ROLES
from xiaoshi.core.ledger.model import Authority, Head
from xiaoshi.core.money import AMOUNT_FEN_MAX, yuan
from xiaoshi.core.problems import Problem, Words

WORKS: dict[str, Words] = {
    "pay": Words("付款和转账", "payments and transfers"),
    "move": Words("现金调拨", "moves of cash"),
    "exchange": Words("购汇和汇出", "exchange and remittance"),
}
"""What limits are set for. A reversal counts as what it takes back."""

_SOURCE = Words(
    "样例额度，请本行按授权制度另设", "sample figures: the bank sets its own by its rules of authority"
)
_FROM = date(1990, 1, 1)
_WAN = 10_000_00


def _rows(work: str, *figures: tuple[str, str, int, int]) -> tuple[Authority, ...]:
    return tuple(
        Authority(work, role, level, alone, joint, _FROM, _SOURCE) for role, level, alone, joint in figures
    )


SHIPPED: tuple[Authority, ...] = (
    *_rows(
        "pay",
        ("supervisor", "outlet", 5 * _WAN, 50 * _WAN),
        ("outlet_head", "outlet", 20 * _WAN, 50 * _WAN),
        ("supervisor", "sub_branch", 100 * _WAN, 500 * _WAN),
        ("city_specialist", "city", 1_000 * _WAN, AMOUNT_FEN_MAX),
        ("province_specialist", "province", AMOUNT_FEN_MAX, AMOUNT_FEN_MAX),
    ),
    *_rows(
        "move",
        ("supervisor", "outlet", 100 * _WAN, 500 * _WAN),
        ("outlet_head", "outlet", 500 * _WAN, 2_000 * _WAN),
        ("supervisor", "sub_branch", 2_000 * _WAN, AMOUNT_FEN_MAX),
    ),
    *_rows(
        "exchange",
        ("supervisor", "outlet", 5 * _WAN, 35 * _WAN),
        ("outlet_head", "outlet", 20 * _WAN, 35 * _WAN),
        ("supervisor", "sub_branch", 100 * _WAN, 500 * _WAN),
        ("city_specialist", "city", 1_000 * _WAN, AMOUNT_FEN_MAX),
    ),
)
"""Figures to start with. No rule prescribes them, so they are marked unconfirmed."""


@dataclass(frozen=True, slots=True)
class Approval:
    """`enough`: it may be booked. Else `problem` says who is missing; `second_head` that one more of two will do."""

    enough: bool
    second_head: bool = False
    problem: Problem | None = None


def limits_of(rows: Iterable[Authority], work: str, head: Head, day: date | None) -> tuple[int, int]:
    """(alone, as one of two), in fen; (0, 0) when no row speaks of this person."""
    found: dict[str, Authority] = {}
    for row in rows:
        applies = row.work == work and row.level == head.level and row.role in head.roles
        if not applies or (day is not None and row.in_force_from > day):
            continue
        if row.role not in found or row.in_force_from >= found[row.role].in_force_from:
            found[row.role] = row
    return (
        max((r.alone_fen for r in found.values()), default=0),
        max((r.joint_fen for r in found.values()), default=0),
    )


def approval(
    rows: Iterable[Authority], work: str, amount_fen: int, heads: tuple[Head, ...], day: date | None
) -> Approval:
    """Whether these heads (who have all approved) are enough for the sum."""
    rows = tuple(rows)
    limits = [limits_of(rows, work, head, day) for head in heads]
    if any(alone >= amount_fen for alone, _joint in limits):
        return Approval(True)
    able = {h.login for h, (_alone, joint) in zip(heads, limits, strict=True) if joint >= amount_fen}
    if len(able) >= 2:
        return Approval(True)
    if able:
        alone = max(a for a, _j in limits)
        words = Words(
            f"{yuan(amount_fen)} 元超过单人授权额度 {yuan(alone)} 元，还须另一位负责人复核。{_who(rows, work, amount_fen, day).zh}",
            f"{yuan(amount_fen)} yuan is above the {yuan(alone)} yuan that one person may approve: a second head has to check"
            f" it as well. {_who(rows, work, amount_fen, day).en}",
        )
        return Approval(False, True, Problem("second_head_missing", words, "checker"))
    alone, joint = max(limits, default=(0, 0))
    words = Words(
        f"{yuan(amount_fen)} 元超过您的授权额度（单人 {yuan(alone)} 元，双人 {yuan(joint)} 元）。{_who(rows, work, amount_fen, day).zh}",
        f"{yuan(amount_fen)} yuan is above your authority ({yuan(alone)} yuan alone, {yuan(joint)} with a second head)."
        f" {_who(rows, work, amount_fen, day).en}",
    )
    return Approval(False, False, Problem("above_limit", words, "checker"))


def _who(rows: tuple[Authority, ...], work: str, amount_fen: int, day: date | None) -> Words:
    """Who could approve that sum, as `level role`, the lowest first."""
    alone: list[Words] = []
    for level, level_words in LEVELS.items():
        for role in ROLES.values():
            head = Head("", frozenset({role.id}), level)
            if level in role.levels and limits_of(rows, work, head, day)[0] >= amount_fen:
                alone.append(
                    Words(f"{level_words.zh}{role.words.zh}", f"{role.words.en} of the {level_words.en}")
                )
    if not alone:
        return Words("单人无人有此额度。", "Nobody may approve it alone.")
    zh, en = "、".join(w.zh for w in alone[:3]), ", ".join(w.en for w in alone[:3])
    return Words(f"可单人授权：{zh}。", f"May approve it alone: {en}.")
