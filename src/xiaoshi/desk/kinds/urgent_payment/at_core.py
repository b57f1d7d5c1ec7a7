"""The story at a core bank: accounts opened there, the withdrawal done by the bank's own product, transfers sent and asked about.

With `xiaoshi story urgent_payment --core sandbox` the desk is connected to the sandbox core. What the desk books between two
accounts goes out through its outbox. The part withdrawal itself is the core's own product, which the port `CoreBank` has not:
the story does what a teller does at the core's counter, two transfers there, so that the hospital can be paid from real money.
"""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from xiaoshi.core.iso20022 import Party
from xiaoshi.core.problems import Problem
from xiaoshi.desk.bank.configured import connected, core
from xiaoshi.desk.bank.jobs import work_off
from xiaoshi.desk.bank.models import Dispatch
from xiaoshi.desk.bank.port import Transfer
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.urgent_payment.demo import HOSPITAL, HOSPITAL_NUMBER, Family
from xiaoshi.desk.money.booking import new_id
from xiaoshi.desk.organisation.models import Staff

INTEREST = ("33000000099900000001", "利息支出")


@dataclass(frozen=True)
class AtCore:
    """One family's accounts at the connected core bank; every method does nothing where there is none."""

    family: Family

    def open(self) -> None:
        if not connected():
            return
        family = self.family
        rows = [
            (family.deposit_number, family.depositor, family.principal_fen),
            (family.own_number, family.depositor, 0),
            (HOSPITAL_NUMBER, HOSPITAL, 0),
            (*INTEREST, 1_000_000_00),
        ]
        given = [{"number": n, "name": name, "balance_fen": fen, "state": "open"} for n, name, fen in rows]
        body = json.dumps(given).encode()
        with urllib.request.urlopen(f"{settings.CORE_URL}/sandbox/accounts", body, timeout=10) as answer:  # noqa: S310
            answer.read()

    def withdraw(self, moved_fen: int, interest_fen: int) -> None:
        """At the core's counter: principal from the certificate, interest from the bank, both to his own account."""
        family = self.family
        self._move((family.deposit_number, family.depositor), moved_fen)
        self._move(INTEREST, interest_fen)

    def _move(self, debtor: tuple[str, str], amount_fen: int) -> None:
        bank = core()
        if bank is None or not amount_fen:
            return
        now = timezone.now()
        answer = bank.transfer(
            Transfer(
                new_id().replace("-", ""),
                Party(debtor[1], debtor[0], bank.own_bank),
                Party(self.family.depositor, self.family.own_number, bank.own_bank),
                amount_fen,
                now,
                timezone.localdate(now),
                text="部分支取",
            )
        )
        assert not isinstance(answer, Problem), answer

    def sent(self, case_id: Any, reader: Staff) -> list[str]:
        """Send what waits, as the worker does; states of the case's payments at the core, oldest first."""
        if not connected():
            return []
        work_off(timezone.now())
        with visible_to(reader):
            rows = Dispatch.objects.filter(order__case_id=case_id).order_by("made_at")
            return [row.state for row in rows]

    def balance_fen(self, number: str, name: str) -> int | None:
        """What the core says of an account; None where there is no core or no such account."""
        bank = core()
        found = bank.account(number, name) if bank is not None else None
        return None if found is None or isinstance(found, Problem) else found.balance_fen
