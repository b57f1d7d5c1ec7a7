"""`xiaoshi ledger verify`: sound books, and books that somebody altered with the triggers switched off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from typing import Any

import pytest
from django.db import connections

from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.money.acts import check_move, move_cash
from xiaoshi.desk.money.verify import verify_books

pytestmark = pytest.mark.database


def move(people: Any, amount_fen: int = 5_000_00) -> str:
    """One checked move from the vault; gives its entry."""
    teller, key = people.teller, str(uuid.uuid4())
    made = perform(move_cash, teller, key, direction="vault_to_drawer", amount_fen=amount_fen).result
    fields = {"order_id": made["order"], "amount_fen": amount_fen}
    return str(perform(check_move, people.supervisor, str(uuid.uuid4()), **fields).result["entry"])


def tamper(table: str, sql: str, *values: Any) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql, values)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_sound_books(fresh_desk: Any, fresh_people: Any) -> None:
    entry = move(fresh_people)
    found = verify_books()
    assert found.ok
    assert found.entries > 1
    assert found.postings >= 2 * found.entries
    assert found.orders == 1
    assert found.as_json()["first_bad"] is None
    assert entry


@pytest.mark.parametrize(
    ("table", "sql", "code"),
    [
        (
            "money_posting",
            "UPDATE money_posting SET amount_fen = amount_fen + 1 WHERE entry_id = %s AND amount_fen > 0",
            "not_zero_sum",
        ),
        ("money_posting", "DELETE FROM money_posting WHERE entry_id = %s", "one_sided"),
        ("money_entry", "UPDATE money_entry SET amount_fen = 1 WHERE id = %s", "not_as_stated"),
        ("money_entry", "UPDATE money_entry SET maker = 'nobody' WHERE id = %s", "order_and_entry_differ"),
        (
            "money_moneyorder",
            "UPDATE money_moneyorder SET state = 'waiting' WHERE id = (SELECT order_id FROM money_entry WHERE id = %s)",
            "entry_without_approval",
        ),
        ("money_balance", "UPDATE money_balance SET balance_fen = 7 WHERE %s <> ''", "balance_differs"),
        ("money_balance", "UPDATE money_balance SET held_fen = 7 WHERE %s <> ''", "held_differs"),
        ("money_balance", "UPDATE money_balance SET stopped = 'lost' WHERE %s <> ''", "stopped_differs"),
        (
            "money_posting",
            "UPDATE money_posting SET balance_after_fen = 7 WHERE entry_id = %s AND amount_fen > 0",
            "lines_broken",
        ),
    ],
)
def test_altered_books_are_found(fresh_desk: Any, fresh_people: Any, table: str, sql: str, code: str) -> None:
    move(fresh_people)
    entry = move(fresh_people)
    tamper(table, sql, entry)
    found = verify_books()
    assert not found.ok
    assert code in [f.code for f in found.findings]
    answer = found.as_json()
    assert answer["first_bad"]["reason"]
    if table == "money_posting" and code != "lines_broken":
        assert (answer["first_bad"]["what"], answer["first_bad"]["id"]) == ("entry", entry)


def test_books_altered_as_a_whole_differ_from_the_timeline(fresh_desk: Any, fresh_people: Any) -> None:
    """Entry, lines, order and balances doubled together: they balance, but the timeline tells another sum."""
    entry = move(fresh_people)
    tamper("money_posting", "UPDATE money_posting SET amount_fen = amount_fen * 2 WHERE entry_id = %s", entry)
    tamper("money_entry", "UPDATE money_entry SET amount_fen = amount_fen * 2 WHERE id = %s", entry)
    tamper(
        "money_moneyorder", "UPDATE money_moneyorder SET amount_fen = amount_fen * 2 WHERE %s <> ''", entry
    )
    _rebalance(entry)
    found = verify_books()
    assert (entry, "not_as_told") in [(f.id, f.code) for f in found.findings]
    assert {f.code for f in found.findings} == {"not_as_told", "lines_broken"}


def test_a_booking_taken_out_as_a_whole_is_missed_by_the_timeline(fresh_desk: Any, fresh_people: Any) -> None:
    entry = move(fresh_people)
    tamper("money_posting", "DELETE FROM money_posting WHERE entry_id = %s", entry)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT order_id FROM money_entry WHERE id = %s", [entry])
        (order,) = cursor.fetchone()
    tamper("money_entry", "DELETE FROM money_entry WHERE id = %s", entry)
    tamper("money_moneyorder", "DELETE FROM money_moneyorder WHERE id = %s", order)
    _rebalance(entry)
    assert [(f.id, f.code) for f in verify_books().findings] == [(entry, "entry_gone")]


def _rebalance(entry: str) -> None:
    tamper(
        "money_balance",
        "UPDATE money_balance b SET balance_fen = coalesce((SELECT sum(p.amount_fen) FROM money_posting p"
        " WHERE p.account_id = b.account_id), 0) WHERE %s <> ''",
        entry,
    )


def xiaoshi(home: Any, *words: str) -> subprocess.CompletedProcess[str]:
    keep = {name: value for name, value in os.environ.items() if not name.startswith("XIAOSHI_")}
    environment = {**keep, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "xiaoshi.cli", "ledger", *words, "--home", str(home)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_command_answers_in_both_forms(server: Any) -> None:
    told = xiaoshi(server.home, "verify", "--json")
    assert told.returncode == 0, told.stderr
    answer = json.loads(told.stdout)
    assert answer["ok"] is True
    assert (answer["first_bad"], answer["problems"]) == (None, [])
    assert answer["entries"] > 0
    entries = json.loads(xiaoshi(server.home, "entries", "--json", "--limit", "2").stdout)["entries"]
    assert [sum(p["amount_fen"] for p in e["postings"]) for e in entries] == [0, 0]
