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
    """A burnt-note case of 468.45 yuan that stands before its pay step (little: the drawer lasts for a module)."""
    settle, work = acts_of_the_tests()
    made = Till(new_case(account_number="62170000000000417"))
    for step in ("intake", "photograph", "denominations", "editions", "determine"):
        made.do(work, people.teller, step=step)
    made.do(settle, people.teller, sum_fen=DUE_FEN)
    for step, person in (
        ("machine", people.teller),
        ("count", people.teller),
        ("bag", people.teller),
        ("recheck", people.supervisor),
        ("papers", people.teller),
    ):
        made.do(work, person, step=step)
    return made


def acts_of_the_tests() -> tuple[Any, Any]:
    """Two acts: set the sum of a case wherever it stands; do a step with all that it needs, as the kind's acts would."""
    from xiaoshi.core.casework import commands as c
    from xiaoshi.core.casework.events import FactsSet
    from xiaoshi.core.casework.fold import fold
    from xiaoshi.core.casework.standing import Standing
    from xiaoshi.core.casework.turn import Turn
    from xiaoshi.desk.guard.boundary import ACTS, Context, act

    if "test.settle" not in ACTS:

        @act("test.settle", "认定", "Settle")
        def settle(ctx: Context, *, sum_fen: int) -> dict[str, Any]:
            # By hand nobody may: the kind's act of determining works it out. So the event itself is written here.
            assert ctx.plan is not None
            assert ctx.state is not None
            standing = Standing(ctx.plan, ctx.state)
            turn = Turn(ctx.plan, ctx.state, ctx.actor, ctx.now, ctx.next_command_id(), standing)
            event = turn.event(FactsSet, facts={"sum_fen": sum_fen})
            ctx.state = fold([event], ctx.state)
            ctx.events.append(event)
            return {}

        @act("test.work", "办理", "Work")
        def work(ctx: Context, *, step: str) -> dict[str, Any]:
            assert ctx.plan is not None
            for need in ctx.plan.steps[step].needs:
                ident = ctx.next_command_id()
                match need.kind:
                    case "paper":
                        ctx.command(c.RecordPaper(command_id=ident, paper=need.name, reference="试"))
                    case "check":
                        ctx.command(c.RecordCheck(command_id=ident, check=need.name, passed=True))
                    case "decision":
                        ctx.command(c.RecordDecision(command_id=ident, decision=need.name, value="试"))
            ctx.command(c.DoStep(command_id=ctx.next_command_id(), step=step))
            return {}

    return ACTS["test.settle"], ACTS["test.work"]


@pytest.fixture
def balance_fen(desk: Any) -> Callable[[str], int]:
    """The balance of an account by the end of its code, debit positive."""

    def read(code: str) -> int:
        from xiaoshi.desk.money.models import Balance

        return int(Balance.objects.using("owner").get(account__code=code).balance_fen)

    return read


@pytest.fixture
def funded(desk: Any, people: Any) -> Callable[..., Any]:
    """`funded(fen)` gives a fresh deposit account of 何采薇 at the teller's outlet that holds this much."""

    def make(amount_fen: int = 100_000_00, holder: str = "何采薇") -> Any:
        from django.db import transaction
        from django.utils import timezone

        from xiaoshi.core.ledger import PostEntry, Posting
        from xiaoshi.core.problems import Words
        from xiaoshi.desk.money.booking import book, new_id
        from xiaoshi.desk.money.chart import CLEARING, code_of, ensure_deposit_account

        unit, now = people.teller.unit, timezone.now()
        number = str(uuid.uuid4().int)[:16]
        account = ensure_deposit_account(unit, number, holder, now=now, using="owner")
        lines = (Posting(code_of(unit.path, CLEARING), amount_fen), Posting(account.code, -amount_fen))
        with transaction.atomic(using="owner"):
            command = PostEntry(new_id(), Words("期初", "opening"), "opening", "city", lines)
            book(command, unit=unit, at=now, key=f"fund/{number}", using="owner")
        return account

    return make


def do(act: Any, person: Any, **fields: Any) -> dict[str, Any]:
    """An act without a case."""
    from xiaoshi.desk.guard.boundary import perform

    return perform(act, person, str(uuid.uuid4()), **fields).result


def refused(act: Any, person: Any, **fields: Any) -> str:
    """The code of the refusal, which must speak both languages."""
    from xiaoshi.desk.guard.refusals import Refused

    with pytest.raises(Refused) as caught:
        do(act, person, **fields)
    assert caught.value.problem.words.zh
    assert caught.value.problem.words.en
    return caught.value.problem.code
