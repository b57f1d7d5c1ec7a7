"""A settled case to pay for, and short words for the acts."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

DUE_FEN = 468_45


@dataclass
class Till:
    """The acts of money on one case, each with a key of its own."""

    case: Any

    def record(self, person: Any, amount_fen: int = DUE_FEN, way: str = "cash", **fields: Any) -> str:
        from xiaoshi.desk.money.acts import record_payment

        return self.do(record_payment, person, amount_fen=amount_fen, way=way, **fields)["order"]

    def check(self, person: Any, order: str, amount_fen: int = DUE_FEN) -> dict[str, Any]:
        from xiaoshi.desk.money.acts import check_payment

        return self.do(check_payment, person, order_id=order, amount_fen=amount_fen)

    def do(self, act: Any, person: Any, **fields: Any) -> dict[str, Any]:
        from xiaoshi.desk.guard.boundary import perform

        return perform(act, person, str(uuid.uuid4()), case_id=self.case.id, **fields).result

    def entries(self) -> list[Any]:
        """The case's timeline, oldest first, as the owner of the database sees it."""
        from xiaoshi.desk.audit.models import TimelineEntry

        return list(TimelineEntry.objects.using("owner").filter(case_id=self.case.id).order_by("seq"))


@pytest.fixture
def till(new_case: Callable[..., Any], people: Any) -> Till:
    """A burnt-note case whose sum is settled: 468.45 yuan, little enough that the drawer lasts for all tests of a module."""
    from xiaoshi.core.casework.commands import SetFacts
    from xiaoshi.desk.guard.boundary import ACTS, Context, act

    if "test.settle" not in ACTS:

        @act("test.settle", "认定", "Settle")
        def settle(ctx: Context, *, sum_fen: int) -> dict[str, Any]:
            ctx.command(SetFacts(command_id=ctx.next_command_id(), facts={"sum_fen": sum_fen}))
            return {}

    made = Till(new_case(account_number="62170000000000417"))
    made.do(ACTS["test.settle"], people.teller, sum_fen=DUE_FEN)
    return made


@pytest.fixture
def balance_fen(desk: Any) -> Callable[[str], int]:
    """The balance of an account by the end of its code, debit positive."""

    def read(code: str) -> int:
        from xiaoshi.desk.money.models import Balance

        return int(Balance.objects.using("owner").get(account__code=code).balance_fen)

    return read
