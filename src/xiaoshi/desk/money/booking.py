"""From the ledger engine to the tables: load what a command names under locks, ask, write what was accepted."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import F, Q

from xiaoshi.core.ledger import Account as LedgerAccount
from xiaoshi.core.ledger import Command, Ledger, PostEntry, Posting, Refused, ReverseEntry, decide
from xiaoshi.core.ledger import Entry as LedgerEntry
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.guard import statements
from xiaoshi.desk.guard.fields import readable_id
from xiaoshi.desk.guard.refusals import NotAllowed
from xiaoshi.desk.guard.refusals import Refused as ActRefused
from xiaoshi.desk.guard.statements import Statement
from xiaoshi.desk.money.authority import LIMITS, limits_of_rows
from xiaoshi.desk.money.models import Entry, Hold, MoneyOrder
from xiaoshi.desk.organisation.models import Unit

PERSONAL = frozenset({"maker_is_checker", "above_limit", "second_head_missing"})
"""Refusals of the engine that mean "not you"."""


def new_id() -> str:
    """A time-ordered identifier (version 7: 48 bits of milliseconds, then chance), made here to save a round trip."""
    value = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def as_ledger_entry(row: Entry) -> LedgerEntry:
    """A stored entry as the engine knows it; postings in the order they were written."""
    lines = sorted(row.postings.all(), key=lambda p: p.id)
    return LedgerEntry(
        str(row.id),
        row.words,
        row.maker,
        row.checker,
        tuple(Posting(p.account.code, p.amount_fen, p.account.currency) for p in lines),
        str(row.reverses_id) if row.reverses_id else "",
        str(row.hold_id) if row.hold_id else "",
    )


# One round trip: lock the balances in the order of the accounts, then read everything as it stands under the locks.
_LOCK = "SELECT money_lock(ARRAY(SELECT id FROM money_account WHERE code = ANY (%s) ORDER BY id))"
_STANDING = """
    SELECT a.code, a.id, a.kind, a.name_zh, a.name_en, a.no_overdraft, a.state, a.currency, b.balance_fen, b.held_fen, b.stopped
      FROM money_account a JOIN money_balance b ON b.account_id = a.id WHERE a.code = ANY (%s)
"""
_CLOSED = "SELECT max(day) FROM money_businessday WHERE unit_id = %s AND state = 'closed'"


def part_of_books(
    codes: Iterable[str], entry_ids: Sequence[str], unit: Unit, hold_id: str, work: str, using: str
) -> tuple[Ledger, dict[str, int]]:
    """The ledger's part with these accounts, entries, holds and limits, and the accounts' ids by code.

    Balances stay locked until the transaction ends.
    """
    known: dict[str, LedgerEntry] = {}
    reversed_by: dict[str, str] = {}
    if entry_ids:
        entries = Entry.objects.using(using).filter(id__in=entry_ids).prefetch_related("postings__account")
        known = {str(row.id): as_ledger_entry(row) for row in entries}
        taken_back = Entry.objects.using(using).filter(reverses_id__in=entry_ids)
        reversed_by = {str(o): str(r) for o, r in taken_back.values_list("reverses_id", "id")}
    wanted = sorted({*codes, *(p.account for e in known.values() for p in e.postings)})
    asked: list[Statement] = [(_LOCK, [wanted]), (_STANDING, [wanted]), (_CLOSED, [unit.id])]
    if work:
        asked.append((LIMITS, [work, unit.path]))
    answers = send(asked, using)
    accounts, balances, ids, held = {}, {}, {}, []
    for code, ident, kind, zh, en, strict, state, currency, balance, held_fen, stopped in answers[1]:
        accounts[code] = LedgerAccount(code, kind, Words(zh, en), strict, state, currency, stopped)
        balances[code], ids[code] = balance, ident
        if held_fen:
            held.append(ident)
    named = {hold_id, *(e.hold for e in known.values())} - {""}
    ledger = Ledger(
        accounts,
        balances,
        known,
        reversed_by,
        {str(h.id): h.for_ledger() for h in _holds(held, named, using)} if held or named else {},
        limits_of_rows(answers[3]) if work else (),
        answers[2][0][0],
    )
    return ledger, ids


def _holds(account_ids: Sequence[int], named: Iterable[str], using: str) -> Iterable[Hold]:
    with_money = Q(account_id__in=account_ids, amount_fen__gt=F("used_fen") + F("released_fen"))
    rows = Hold.objects.using(using).filter(with_money | Q(id__in=[i for i in map(readable_id, named) if i]))
    return rows.select_related("account", "payee")


def book(
    command: Command,
    *,
    unit: Unit,
    at: datetime,
    key: str,
    case: Case | None = None,
    order: MoneyOrder | None = None,
    also: Sequence[Statement] = (),
    using: str = "default",
) -> Entry:
    """Ask the engine and write the entry, and `also` what belongs to it, in the same round trip.

    Raises the desk's `Refused` with the engine's words; then nothing is written.
    """
    codes = [] if isinstance(command, ReverseEntry) else [p.account for p in command.postings]
    named = [command.reverses] if isinstance(command, ReverseEntry) else []
    hold_id = command.hold if isinstance(command, PostEntry) else ""
    ledger, ids = part_of_books(codes, named, unit, hold_id, command.work, using)
    verdict = decide(ledger, command)
    if isinstance(verdict, Refused):
        kind = NotAllowed if verdict.problem.code in PERSONAL else ActRefused
        raise kind(verdict.problem)
    entry = verdict.events[0].entry
    # The balances are locked in account order by now (`money_lock`), so the lines may land in any.
    lines = [v for p in entry.postings for v in (entry.id, ids[p.account], p.amount_fen)]
    values = [
        entry.id, case.id if case else None, unit.id, unit.path, entry.purpose.zh, entry.purpose.en, entry.maker,
        entry.checker, at, order.id if order else None, entry.reverses or None, entry.hold or None, key,
        len(entry.postings), entry.amount_fen,
    ]  # fmt: skip
    send([(_ENTRY, values), (_lines(len(entry.postings)), lines), *also], using)
    return Entry(
        id=uuid.UUID(entry.id),
        case=case,
        unit=unit,
        unit_path=unit.path,
        purpose_zh=entry.purpose.zh,
        purpose_en=entry.purpose.en,
        maker=entry.maker,
        checker=entry.checker,
        at=at,
        order=order,
        key=key,
        posting_count=len(entry.postings),
        amount_fen=entry.amount_fen,
    )


_ENTRY = (
    "INSERT INTO money_entry (id, case_id, unit_id, unit_path, purpose_zh, purpose_en, maker, checker, at, order_id,"
    " reverses_id, hold_id, key, posting_count, amount_fen)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


@cache
def _lines(count: int) -> str:
    rows = ", ".join(["(%s, %s, %s)"] * count)
    return f"INSERT INTO money_posting (entry_id, account_id, amount_fen) VALUES {rows}"  # noqa: S608  places only


def send(asked: Sequence[Statement], using: str) -> list[list[Any]]:
    """Run them in order in one round trip; the rows of each."""
    return [cursor.fetchall() if cursor.description else [] for cursor in statements.send(asked, using)]


def purpose_of(kind: str, title: Words | None) -> Words:
    """What an entry of this kind of order is for, with the case's kind before it."""
    words = {
        "pay_cash": Words("付现金", "paid in cash"),
        "pay_account": Words("转入账户", "paid into an account"),
        "vault_to_drawer": Words("金库出库至尾箱", "From vault to drawer"),
        "drawer_to_vault": Words("尾箱入库", "From drawer to vault"),
        "reverse": Words("冲正", "Reversal"),
        "transfer": Words("转账", "Transfer"),
        "handover": Words("尾箱交接", "Drawer handed over"),
        "cash_difference": Words("现金长短款", "Difference of cash"),
        "exchange": Words("购汇", "Foreign exchange"),
        "remit": Words("境外汇款", "Remittance abroad"),
        "pay_in": Words("现金存入", "Cash paid in"),
        "draw": Words("现金支取", "Cash drawn"),
    }[kind]
    return Words(f"{title.zh}{words.zh}", f"{title.en}: {words.en.lower()}") if title else words
