"""The books of the sandbox core bank: accounts, holds, payments, recalls, lines of a day, in one SQLite file.

Each act is one transaction on disk (`synchronous=FULL`), so that a killed sandbox comes back with what it had said, as a bank
would. A payment is known by its end-to-end id: asked for twice, it is carried out once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from xiaoshi.core.iso20022 import Answer, Line, Payment, Reason, Statement

OWN_BANK = "999999999999"
"""The 12-figure number of the bank that this core belongs to, unless another is given."""

_TABLES = """
CREATE TABLE IF NOT EXISTS account (number TEXT PRIMARY KEY, name TEXT NOT NULL, currency TEXT NOT NULL,
    state TEXT NOT NULL, balance_fen INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS hold (key TEXT PRIMARY KEY, account TEXT NOT NULL, payee TEXT NOT NULL, amount_fen INTEGER NOT NULL,
    left_fen INTEGER NOT NULL, until TEXT NOT NULL, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS payment (key TEXT PRIMARY KEY, content TEXT NOT NULL, message_id TEXT NOT NULL, debtor TEXT NOT NULL,
    creditor TEXT NOT NULL, amount_fen INTEGER NOT NULL, currency TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL,
    reference TEXT NOT NULL, recalled INTEGER NOT NULL DEFAULT 0, hold TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS line (id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, key TEXT NOT NULL,
    amount_fen INTEGER NOT NULL, day TEXT NOT NULL, is_return INTEGER NOT NULL, balance_after_fen INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS line_day ON line (account, day, id);
CREATE TABLE IF NOT EXISTS recall (id TEXT PRIMARY KEY, key TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS message (number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, xml TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fault (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL);
"""


class CoreBooks:
    """`path`: the SQLite file, made when it is not there. Every method is safe from several threads and processes."""

    def __init__(self, path: Path, own_bank: str = OWN_BANK) -> None:
        self.path, self.own_bank = path, own_bank
        with self._act() as db:
            for statement in _TABLES.split(";"):
                db.execute(statement)

    @contextmanager
    def _act(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self.path, timeout=20, isolation_level=None)
        db.row_factory = sqlite3.Row
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
        finally:
            db.close()  # what was not committed is undone

    # Accounts and holds

    def open_account(self, number: str, name: str, balance_fen: int, state: str, day: date) -> None:
        """Open one, with an opening line when there is money on it. Known already: nothing happens."""
        with self._act() as db:
            made = db.execute(
                "INSERT INTO account VALUES (?, ?, 'CNY', ?, 0) ON CONFLICT DO NOTHING", (number, name, state)
            )
            if made.rowcount and balance_fen:
                _book(db, number, "", balance_fen, day)

    def account(self, number: str) -> dict[str, Any] | None:
        with self._act() as db:
            row = db.execute("SELECT * FROM account WHERE number = ?", (number,)).fetchone()
            return {**dict(row), "held_fen": _held(db, number)} if row else None

    def place_hold(
        self, key: str, account: str, payee: str, amount_fen: int, until: str
    ) -> dict[str, Any] | str:
        """The hold, or the code why not. The same key again gives the same hold."""
        with self._act() as db:
            known = db.execute("SELECT * FROM hold WHERE key = ?", (key,)).fetchone()
            if known is not None:
                same = (known["account"], known["payee"], known["amount_fen"]) == (account, payee, amount_fen)
                return dict(known) if same else "key_reused"
            row = db.execute("SELECT * FROM account WHERE number = ?", (account,)).fetchone()
            if (
                row is None
                or db.execute("SELECT 1 FROM account WHERE number = ?", (payee,)).fetchone() is None
            ):
                return "account_not_found"
            if amount_fen <= 0 or row["balance_fen"] - _held(db, account) < amount_fen:
                return "hold_not_covered"
            db.execute(
                "INSERT INTO hold VALUES (?, ?, ?, ?, ?, ?, 'held')",
                (key, account, payee, amount_fen, amount_fen, until),
            )
            return dict(db.execute("SELECT * FROM hold WHERE key = ?", (key,)).fetchone())

    def release_hold(self, key: str) -> dict[str, Any] | None:
        with self._act() as db:
            db.execute("UPDATE hold SET state = 'released', left_fen = 0 WHERE key = ?", (key,))
            row = db.execute("SELECT * FROM hold WHERE key = ?", (key,)).fetchone()
            return dict(row) if row else None

    # Payments

    def pay(
        self, payment: Payment, hold: str, at: datetime, *, other_amount: bool = False, waits: bool = False
    ) -> Answer | None:
        """Carry it out once; None when the same id came with another content. The two flags are faults."""
        content = repr((payment.debtor, payment.creditor, payment.amount_fen, payment.currency, hold))
        with self._act() as db:
            known = db.execute("SELECT * FROM payment WHERE key = ?", (payment.end_to_end_id,)).fetchone()
            if known is not None:
                return _answer(known) if known["content"] == content else None
            reason = "" if waits else self._refused(db, payment, hold, at.astimezone().date())
            code = "PDNG" if waits else "RJCT" if reason else "ACSC"
            amount = payment.amount_fen + (100 if other_amount else 0)
            if code == "ACSC":
                self._move(db, payment, amount, hold, at.astimezone().date())
            db.execute(
                "INSERT INTO payment (key, content, message_id, debtor, creditor, amount_fen, currency, code, reason,"
                " reference, hold) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'B' || ?, ?)",
                (payment.end_to_end_id, content, payment.message_id, payment.debtor.account, payment.creditor.account, amount,
                 payment.currency, code, reason, payment.end_to_end_id[:30], hold),
            )  # fmt: skip
            return _answer(
                db.execute("SELECT * FROM payment WHERE key = ?", (payment.end_to_end_id,)).fetchone()
            )

    def payment(self, key: str) -> tuple[str, Answer] | None:
        """Message id and answer of a payment that this bank knows."""
        with self._act() as db:
            row = db.execute("SELECT * FROM payment WHERE key = ?", (key,)).fetchone()
            return (row["message_id"], _answer(row)) if row else None

    def _refused(self, db: sqlite3.Connection, payment: Payment, hold: str, day: date) -> str:
        """The reason code for which it is not carried out; empty when it is."""
        debtor = db.execute("SELECT * FROM account WHERE number = ?", (payment.debtor.account,)).fetchone()
        if debtor is None:
            return "AC01"
        if debtor["state"] != "open":
            return "AC06"
        if payment.creditor.bank == self.own_bank:
            creditor = db.execute(
                "SELECT * FROM account WHERE number = ?", (payment.creditor.account,)
            ).fetchone()
            if creditor is None:
                return "AC03"
            if creditor["name"] != payment.creditor.name:
                return "BE01"
            if creditor["state"] == "closed":
                return "AC04"
        if not hold:
            free = debtor["balance_fen"] - _held(db, payment.debtor.account)
            return "" if free >= payment.amount_fen else "AM04"
        kept = db.execute("SELECT * FROM hold WHERE key = ?", (hold,)).fetchone()
        if kept is None or kept["account"] != payment.debtor.account or kept["until"] < day.isoformat():
            return "AG01"
        if kept["payee"] != payment.creditor.account:
            return "AG01"
        return "" if kept["left_fen"] >= payment.amount_fen else "AM04"

    def _move(self, db: sqlite3.Connection, payment: Payment, amount_fen: int, hold: str, day: date) -> None:
        _book(db, payment.debtor.account, payment.end_to_end_id, -amount_fen, day)
        if payment.creditor.bank == self.own_bank:
            _book(db, payment.creditor.account, payment.end_to_end_id, amount_fen, day)
        if hold:
            db.execute(
                "UPDATE hold SET left_fen = max(left_fen - ?, 0) WHERE key = ?", (payment.amount_fen, hold)
            )

    # Recalls

    def recall(self, ident: str, key: str, day: date) -> tuple[str, str]:
        """Code (CNCL, RJCR, PDCR) and reason. A payment comes back once, to where it came from, while the payee has it."""
        with self._act() as db:
            known = db.execute("SELECT * FROM recall WHERE id = ?", (ident,)).fetchone()
            if known is not None:
                return known["code"], known["reason"]
            code, reason = self._recall(db, key, day)
            db.execute("INSERT INTO recall VALUES (?, ?, ?, ?)", (ident, key, code, reason))
            return code, reason

    def _recall(self, db: sqlite3.Connection, key: str, day: date) -> tuple[str, str]:
        paid = db.execute("SELECT * FROM payment WHERE key = ?", (key,)).fetchone()
        if paid is None:
            return "RJCR", "NOOR"
        if paid["recalled"]:
            return "RJCR", "ARDT"
        if paid["code"] == "PDNG":
            db.execute("UPDATE payment SET code = 'CANC', recalled = 1 WHERE key = ?", (key,))
            return "CNCL", ""
        if paid["code"] != "ACSC":
            return "RJCR", "NOOR"
        payee = db.execute("SELECT * FROM account WHERE number = ?", (paid["creditor"],)).fetchone()
        if payee is None:
            return "PDCR", ""
        if payee["state"] == "closed":
            return "RJCR", "AC04"
        if payee["balance_fen"] < paid["amount_fen"]:
            return "RJCR", "AM04"
        _book(db, paid["creditor"], key, -paid["amount_fen"], day, is_return=True)
        _book(db, paid["debtor"], key, paid["amount_fen"], day, is_return=True)
        db.execute("UPDATE payment SET recalled = 1 WHERE key = ?", (key,))
        return "CNCL", ""

    # What is told

    def statement(self, number: str, day: date, message_id: str) -> Statement | None:
        with self._act() as db:
            return _statement(db, number, day, message_id)

    def statements(self, day: date, message_id: str) -> list[Statement]:
        """One for each account that has lines on that day."""
        with self._act() as db:
            rows = db.execute(
                "SELECT DISTINCT account FROM line WHERE day = ? ORDER BY account", (day.isoformat(),)
            )
            made = [_statement(db, row["account"], day, message_id) for row in rows.fetchall()]
            return [one for one in made if one is not None]

    def leave_message(self, kind: str, xml: str) -> None:
        with self._act() as db:
            db.execute("INSERT INTO message (kind, xml) VALUES (?, ?)", (kind, xml))

    def messages(self, after: int) -> list[dict[str, Any]]:
        with self._act() as db:
            rows = db.execute("SELECT * FROM message WHERE number > ? ORDER BY number LIMIT 100", (after,))
            return [dict(row) for row in rows.fetchall()]

    # Faults, and payments that waited

    def plan_faults(self, names: list[str]) -> None:
        with self._act() as db:
            db.executemany("INSERT INTO fault (name) VALUES (?)", [(name,) for name in names])

    def next_fault(self) -> str:
        """The fault for the next payment, used up by asking; empty when none is planned."""
        with self._act() as db:
            row = db.execute(
                "DELETE FROM fault WHERE id = (SELECT min(id) FROM fault) RETURNING name"
            ).fetchone()
            return row["name"] if row else ""

    def settle(self, payment_of: dict[str, Payment], at: datetime) -> None:
        """Carry out what waited."""
        with self._act() as db:
            rows = db.execute("SELECT * FROM payment WHERE code = 'PDNG'").fetchall()
            for row in rows:
                payment = payment_of.get(row["key"])
                if payment is None:
                    continue
                reason = self._refused(db, payment, row["hold"], at.astimezone().date())
                if not reason:
                    self._move(db, payment, row["amount_fen"], row["hold"], at.astimezone().date())
                db.execute(
                    "UPDATE payment SET code = ?, reason = ? WHERE key = ?",
                    ("RJCT" if reason else "ACSC", reason, row["key"]),
                )

    def totals(self) -> dict[str, int]:
        """For tests of faults: how many payments were carried out, and what they moved."""
        with self._act() as db:
            row = db.execute(
                "SELECT count(*) AS payments, coalesce(sum(amount_fen), 0) AS amount_fen FROM payment WHERE code = 'ACSC'"
            ).fetchone()
            lines = db.execute(
                "SELECT count(*) AS lines FROM line WHERE key <> '' AND amount_fen < 0 AND NOT is_return"
            )
            return {**dict(row), **dict(lines.fetchone())}


def _held(db: sqlite3.Connection, number: str) -> int:
    row = db.execute(
        "SELECT coalesce(sum(left_fen), 0) AS held FROM hold WHERE account = ? AND state = 'held'", (number,)
    ).fetchone()
    return int(row["held"])


def _book(
    db: sqlite3.Connection, number: str, key: str, amount_fen: int, day: date, *, is_return: bool = False
) -> None:
    db.execute("UPDATE account SET balance_fen = balance_fen + ? WHERE number = ?", (amount_fen, number))
    db.execute(
        "INSERT INTO line (account, key, amount_fen, day, is_return, balance_after_fen)"
        " SELECT ?, ?, ?, ?, ?, balance_fen FROM account WHERE number = ?",
        (number, key, amount_fen, day.isoformat(), is_return, number),
    )


def _answer(row: sqlite3.Row) -> Answer:
    reasons = (Reason(row["reason"]),) if row["reason"] else ()
    return Answer(row["key"], row["code"], reasons, row["amount_fen"], row["currency"], row["reference"])


def _statement(db: sqlite3.Connection, number: str, day: date, message_id: str) -> Statement | None:
    if db.execute("SELECT 1 FROM account WHERE number = ?", (number,)).fetchone() is None:
        return None
    before = db.execute(
        "SELECT balance_after_fen FROM line WHERE account = ? AND day < ? ORDER BY id DESC LIMIT 1",
        (number, day.isoformat()),
    ).fetchone()
    opening = int(before["balance_after_fen"]) if before else 0
    rows = db.execute(
        "SELECT * FROM line WHERE account = ? AND day = ? ORDER BY id", (number, day.isoformat())
    )
    lines = tuple(
        Line(f"L{r['id']}", r["key"], r["amount_fen"], day, is_return=bool(r["is_return"]))
        for r in rows.fetchall()
    )
    closing = opening + sum(line.amount_fen for line in lines)
    return Statement(
        message_id, datetime.now(UTC).replace(microsecond=0), number, "CNY", lines, opening, closing, day
    )
