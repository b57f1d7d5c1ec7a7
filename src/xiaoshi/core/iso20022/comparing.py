"""A day laid beside the bank's statement: what we believe was paid, line by line against what the bank booked.

| we say | the bank booked | difference |
| --- | --- | --- |
| settled | the same sum, once | none |
| settled | nothing | `only_ours` |
| settled | another sum | `amount` |
| anything | the payment's line more than once | `twice` |
| open or rejected | the payment | `still_open` |
| nothing, or no return | a line of its own, a return | `only_theirs` |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from xiaoshi.core.iso20022.statement import Line, Statement

DifferenceKind = Literal["only_ours", "only_theirs", "amount", "twice", "still_open"]


@dataclass(frozen=True, slots=True)
class Expected:
    """One payment of ours as its debtor's account should show it. `settled`: we hold it for done; `returned`: and for come back.

    `of_day`: whether it belongs to this day; of others only wrong sums and doubles are told.
    """

    key: str
    account: str
    creditor_account: str
    amount_fen: int
    settled: bool
    returned: bool = False
    of_day: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """`ours_fen`, `theirs_fen`: signed as on `account`, None where one side has nothing."""

    kind: DifferenceKind
    account: str
    key: str
    reference: str
    ours_fen: int | None
    theirs_fen: int | None


def lay_beside(expected: Sequence[Expected], statements: Iterable[Statement]) -> tuple[Difference, ...]:
    """The differences, payments first in their order, then lines of the bank in theirs."""
    known = {e.key: e for e in expected}
    paid: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)
    strange: list[Difference] = []
    for one in statements:
        for line in one.lines:
            if not line.booked:
                continue
            ours = known.get(line.end_to_end_id)
            if ours is None or (line.is_return and not ours.returned):
                strange.append(
                    Difference(
                        "only_theirs", one.account, line.end_to_end_id, line.reference, None, line.amount_fen
                    )
                )
            elif not line.is_return:
                paid[ours.key, one.account].append(line)
    found: list[Difference] = []
    for e in expected:
        found.extend(_of_payment(e, paid))
    return (*found, *strange)


def _of_payment(e: Expected, paid: dict[tuple[str, str], list[Line]]) -> list[Difference]:
    lines = paid.get((e.key, e.account), [])
    wanted = -e.amount_fen
    if not lines:
        if e.settled and e.of_day:
            return [Difference("only_ours", e.account, e.key, "", wanted, None)]
        return []
    theirs = sum(line.amount_fen for line in lines)
    reference = lines[0].reference
    if len(lines) > 1:
        return [Difference("twice", e.account, e.key, reference, wanted, theirs)]
    if theirs != wanted:
        return [Difference("amount", e.account, e.key, reference, wanted, theirs)]
    if not e.settled and not e.returned:
        return [Difference("still_open", e.account, e.key, reference, wanted, theirs)]
    credits = paid.get((e.key, e.creditor_account), [])
    if len(credits) > 1:
        total = sum(line.amount_fen for line in credits)
        return [Difference("twice", e.creditor_account, e.key, credits[0].reference, e.amount_fen, total)]
    return []
