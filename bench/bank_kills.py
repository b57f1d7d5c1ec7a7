"""Payments to the core bank while bank and worker are killed at random moments: nothing lost, nothing twice.

    python bench/bank_kills.py [--payments 1000] [--kills 500] [--seed 7]

The desk approves transfers through its acts; a worker in a process of its own sends them to a sandbox core in another. Both get
SIGKILL at random moments and start again; every fifth payment meets an ordered fault (answer lost, twice, late, no XML, the bank
dies). Afterwards all that is open is worked off, and the two sides are laid beside each other. One JSON object at the end; exit
code 1 when a payment was lost, doubled, left open, or answered for good more than once. The worker's clock runs ahead, so that no
waiting time is waited for.
"""

from __future__ import annotations

import argparse
import http.client
import json
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from desk import desk_of, home_with

FAULTS = ("lose_answer", "twice", "late", "garbage", "die")
SUM = 12_34


class Bank:
    """The sandbox core, killed and started again on one port and one state."""

    def __init__(self, state: Path) -> None:
        self.state, self.port, self.process = state, 0, None
        self.lock = threading.Lock()
        self.start()

    def start(self) -> None:
        words = [
            "sandbox",
            "core",
            "--json",
            "--port",
            str(self.port),
            "--state",
            str(self.state),
            "--late",
            "1",
        ]
        with self.lock:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "xiaoshi.cli", *words], stdout=subprocess.PIPE, text=True
            )
            self.address = json.loads(self.process.stdout.readline())["address"]
            self.port = int(self.address.rpartition(":")[2])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.start()

    def revive(self) -> None:
        """After an ordered death."""
        if self.process.poll() is not None:
            self.kill()

    def ask(self, path: str, given: Any = None) -> Any:
        body = json.dumps(given).encode() if given is not None else None
        limit = time.monotonic() + 90
        while time.monotonic() < limit:
            try:
                with urllib.request.urlopen(f"{self.address}{path}", body, timeout=10) as answer:
                    return json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.05)
        raise SystemExit("the sandbox core does not answer")


def start_worker(environment: dict[str, str]) -> Any:
    return subprocess.Popen([sys.executable, "-P", __file__, "--worker"], env=environment)


def worker() -> None:
    """Work off the outbox for ever; each round is eleven minutes later than the one before."""
    import django

    django.setup()
    logging.getLogger("xiaoshi.desk.bank").setLevel(logging.ERROR)  # lost answers are what this is about
    from django.db.models import Max
    from django.utils import timezone

    from xiaoshi.desk.bank.jobs import work_off
    from xiaoshi.desk.bank.models import Dispatch
    from xiaoshi.desk.guard.visibility import visible_to_house

    while True:
        with visible_to_house("bank"):
            last = Dispatch.objects.aggregate(last=Max("next_at"))["last"]
        work_off(max(last or timezone.now(), timezone.now()) + timedelta(minutes=11))
        time.sleep(0.02)


def funded(unit: Any, number: str, holder: str, amount_fen: int) -> Any:
    """A deposit account with this much on it, as the owner of the database opens books."""
    from django.db import transaction
    from django.utils import timezone

    from xiaoshi.core.ledger import PostEntry, Posting
    from xiaoshi.core.problems import Words
    from xiaoshi.desk.money.booking import book, new_id
    from xiaoshi.desk.money.chart import CLEARING, code_of, ensure_deposit_account

    now = timezone.now()
    account = ensure_deposit_account(unit, number, holder, now=now, using="owner")
    lines = (Posting(code_of(unit.path, CLEARING), amount_fen), Posting(account.code, -amount_fen))
    with transaction.atomic(using="owner"):
        command = PostEntry(new_id(), Words("期初", "opening"), "opening", "city", lines)
        book(command, unit=unit, at=now, key=f"fund/{number}", using="owner")
    return account


def pay(bank: Bank, count: int, rng: random.Random) -> list[str]:
    """Approve so many transfers; the ids of their orders."""
    from money import open_the_books, people_of
    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.money.acts import check_move
    from xiaoshi.desk.money.acts_decided import transfer

    open_the_books()
    unit, teller, supervisor = people_of(0)
    client, hospital = "6217999900000001", "6217999900000002"
    account = funded(unit, client, "何采薇", SUM * count)
    for number, name, fen in ((client, "何采薇", SUM * count), (hospital, "样张医院", 0)):
        bank.ask("/sandbox/accounts", [{"number": number, "name": name, "balance_fen": fen}])
    fields = {"account_id": str(account.pk), "payee_number": hospital, "payee_name": "样张医院"}
    orders = []
    for n in range(count):
        if n % 5 == 0:
            bank.ask("/sandbox/faults", [rng.choice(FAULTS)])
        order = perform(transfer, teller, f"soak-{uuid.uuid4()}", amount_fen=SUM, **fields).result["order"]
        perform(check_move, supervisor, f"soak-{uuid.uuid4()}", order_id=order, amount_fen=SUM)
        orders.append(order)
    return orders


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--payments", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        worker()
    rng, started = random.Random(args.seed), time.monotonic()
    with home_with("simulate", "province", "--cases", "10", "--seed", str(args.seed)) as home:
        bank = Bank(home.parent / "core.sqlite")
        os.environ.update(XIAOSHI_CORE_URL=bank.address, XIAOSHI_CORE_TIMEOUT="0.7")
        with desk_of(home) as environment:
            row = run(bank, environment, args.payments, args.kills, rng)
        bank.process.terminate()
        bank.process.wait()
        bank.process.stdout.close()
    row |= {
        "bench": "bank",
        "name": "payments_once_under_kills",
        "seconds": round(time.monotonic() - started, 1),
    }
    sys.stdout.write(json.dumps(row) + "\n")
    return 0 if row["ok"] else 1


def run(
    bank: Bank, environment: dict[str, str], payments: int, kills: int, rng: random.Random
) -> dict[str, Any]:
    from django.db.models import Count, Q

    from xiaoshi.desk.bank.models import Dispatch
    from xiaoshi.desk.money.verify import verify_books

    done, killed = threading.Event(), {"bank": 0, "worker": 0}
    at = {"worker": start_worker(environment)}

    def kill_about() -> None:
        while sum(killed.values()) < kills and not (done.is_set() and not _open()):
            time.sleep(rng.uniform(0.05, 1.2))
            bank.revive()
            which = rng.choice(("bank", "worker"))
            if which == "bank":
                bank.kill()
            else:
                at["worker"].send_signal(signal.SIGKILL)
                at["worker"].wait()
                at["worker"] = start_worker(environment)
            killed[which] += 1

    def _open() -> int:
        from django.db import connections

        try:
            return Dispatch.objects.using("owner").exclude(state="settled").count()
        finally:
            if threading.current_thread() is not threading.main_thread():
                connections.close_all()

    killer = threading.Thread(target=kill_about, daemon=True)
    killer.start()
    pay(bank, payments, rng)
    done.set()
    killer.join()
    limit = time.monotonic() + 300
    while _open() and time.monotonic() < limit:
        bank.revive()
        time.sleep(0.2)
    at["worker"].terminate()
    at["worker"].wait()
    rows = Dispatch.objects.using("owner")
    ends = Count("received", filter=Q(received__state="understood", received__kind="pain.002"))
    totals = bank.ask("/sandbox/totals")
    row = {
        "payments": payments,
        "kills": killed,
        "queued": rows.count(),
        "settled": rows.filter(state="settled").count(),
        "sent_or_asked": sum(rows.values_list("attempts", flat=True)),
        "answered_once": rows.annotate(ends=ends).filter(ends=1).count(),
        "at_bank": totals,
        "books": verify_books().ok,
    }
    row["ok"] = (
        {row["queued"], row["settled"], row["answered_once"], totals["payments"], totals["lines"]}
        == {payments}
        and totals["amount_fen"] == payments * SUM
        and row["books"]
    )
    return row


if __name__ == "__main__":
    sys.exit(main())
