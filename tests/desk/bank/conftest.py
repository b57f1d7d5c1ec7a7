"""A sandbox core bank in a process of its own, and short words for it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[3] / "src"


@dataclass
class Sandbox:
    """One sandbox core. `start`, `kill` and `start` again keep its state and its port."""

    state: Path
    port: int = 0
    address: str = ""
    process: Any = field(default=None, repr=False)

    def start(self) -> Sandbox:
        words = [
            "sandbox",
            "core",
            "--json",
            "--port",
            str(self.port),
            "--state",
            str(self.state),
            "--late",
            "3",
        ]
        environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "xiaoshi.cli", *words], stdout=subprocess.PIPE, env=environment, text=True
        )
        self.address = json.loads(self.process.stdout.readline())["address"]
        self.port = int(self.address.rpartition(":")[2])
        return self

    def kill(self) -> None:
        self.process.kill()
        self.end()

    def end(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=20)
            self.process.stdout.close()
            self.process = None

    def ask(self, path: str, given: Any = None) -> Any:
        body = json.dumps(given).encode() if given is not None else None
        with urllib.request.urlopen(f"{self.address}{path}", body, timeout=10) as answer:
            return json.loads(answer.read())

    def faults(self, *names: str) -> None:
        self.ask("/sandbox/faults", list(names))

    def open(self, number: str, name: str, balance_fen: int = 0, state: str = "open") -> None:
        self.ask(
            "/sandbox/accounts",
            [{"number": number, "name": name, "balance_fen": balance_fen, "state": state}],
        )


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: Any) -> Iterator[Sandbox]:
    made = Sandbox(tmp_path_factory.mktemp("core") / "state.sqlite").start()
    yield made
    with contextlib.suppress(Exception):
        made.end()


@pytest.fixture
def funded(desk: Any, people: Any) -> Callable[..., Any]:
    """`funded(number, fen, holder)`: a deposit account at the teller's outlet that holds this much."""

    def make(number: str, amount_fen: int, holder: str) -> Any:
        from django.db import transaction
        from django.utils import timezone

        from xiaoshi.core.ledger import PostEntry, Posting
        from xiaoshi.core.problems import Words
        from xiaoshi.desk.money.booking import book, new_id
        from xiaoshi.desk.money.chart import CLEARING, code_of, ensure_deposit_account, ensure_payee_account

        unit, now = people.teller.unit, timezone.now()
        if not amount_fen:
            return ensure_payee_account(unit, number, holder, now=now, using="owner")
        account = ensure_deposit_account(unit, number, holder, now=now, using="owner")
        lines = (Posting(code_of(unit.path, CLEARING), amount_fen), Posting(account.code, -amount_fen))
        with transaction.atomic(using="owner"):
            command = PostEntry(new_id(), Words("期初", "opening"), "opening", "city", lines)
            book(command, unit=unit, at=now, key=f"fund/{number}", using="owner")
        return account

    return make
