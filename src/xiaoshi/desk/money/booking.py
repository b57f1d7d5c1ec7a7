"""From the ledger engine to the tables: load what a command names under locks, ask, write what was accepted."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connections
from django.db.models import F, Q

from xiaoshi.core.ledger import Command, Ledger, PostEntry, Posting, Refused, ReverseEntry, decide
from xiaoshi.core.ledger import Entry as LedgerEntry
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.guard.fields import readable_id
from xiaoshi.desk.guard.refusals import NotAllowed
from xiaoshi.desk.guard.refusals import Refused as ActRefused
from xiaoshi.desk.money.authority import limits_for
from xiaoshi.desk.money.models import Account, Entry, Hold, MoneyOrder
from xiaoshi.desk.money.models import Posting as PostingRow
from xiaoshi.desk.organisation.models import Unit

PERSONAL = frozenset({"maker_is_checker", "above_limit", "second_head_missing"})
"""Refusals of the engine that mean "not you"."""


def new_id(using: str = "default") -> str:
    """A time-ordered identifier from the database (Python 3.11 has no version 7 of its own)."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT uuidv7()::text")
        return str(cursor.fetchone()[0])


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


_STANDING = """
    SELECT b.account_id, b.balance_fen, b.held_fen, b.stopped,
           (SELECT max(day) FROM money_businessday d WHERE d.unit_id = %s AND d.state = 'closed')
      FROM money_balance b WHERE b.account_id = ANY (%s)
"""


def part_of_books(
    codes: Iterable[str], entry_ids: Sequence[str], unit: Unit, hold_id: str = "", using: str = "default"
) -> tuple[Ledger, dict[str, Account]]:
    """The ledger's part with these accounts, entries and their holds; balances stay locked until the transaction ends."""
    known: dict[str, LedgerEntry] = {}
    if entry_ids:
        entries = Entry.objects.using(using).filter(id__in=entry_ids).prefetch_related("postings__account")
        known = {str(row.id): as_ledger_entry(row) for row in entries}
    wanted = {*codes, *(p.account for e in known.values() for p in e.postings)}
    accounts = {a.code: a for a in Account.objects.using(using).filter(code__in=wanted)}
    ids = sorted(a.id for a in accounts.values())
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT money_lock(%s)", [ids])
        cursor.execute(_STANDING, [unit.id, ids])
        rows = {account: rest for account, *rest in cursor.fetchall()}
    named = {hold_id, *(e.hold for e in known.values())} - {""}
    held = [account for account, (_balance, held_fen, *_rest) in rows.items() if held_fen]
    reversals = (
        Entry.objects.using(using).filter(reverses_id__in=entry_ids).values_list("reverses_id", "id")
        if entry_ids
        else []
    )
    ledger = Ledger(
        {code: a.for_ledger(rows[a.id][2]) for code, a in accounts.items()},
        {code: rows[a.id][0] for code, a in accounts.items()},
        known,
        {str(original): str(reversal) for original, reversal in reversals},
        {str(h.id): h.for_ledger() for h in _holds(held, named, using)} if held or named else {},
        closed_until=next((row[3] for row in rows.values()), None),
    )
    return ledger, accounts


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
    using: str = "default",
) -> Entry:
    """Ask the engine and write the entry. Raises the desk's `Refused` with the engine's words; then nothing is written."""
    codes = [] if isinstance(command, ReverseEntry) else [p.account for p in command.postings]
    named = [command.reverses] if isinstance(command, ReverseEntry) else []
    hold_id = command.hold if isinstance(command, PostEntry) else ""
    ledger, accounts = part_of_books(codes, named, unit, hold_id, using)
    if command.work:
        ledger = dataclasses.replace(ledger, authority=limits_for(command.work, unit.path))
    verdict = decide(ledger, command)
    if isinstance(verdict, Refused):
        kind = NotAllowed if verdict.problem.code in PERSONAL else ActRefused
        raise kind(verdict.problem)
    entry = verdict.events[0].entry
    row = Entry(
        id=entry.id,
        case=case,
        unit=unit,
        unit_path=unit.path,
        purpose_zh=entry.purpose.zh,
        purpose_en=entry.purpose.en,
        maker=entry.maker,
        checker=entry.checker,
        at=at,
        order=order,
        reverses_id=entry.reverses or None,
        hold_id=entry.hold or None,
        key=key,
        posting_count=len(entry.postings),
        amount_fen=entry.amount_fen,
    )
    row.save(using=using, force_insert=True)
    # The balances are locked in account order by now (`money_lock`), so the lines may land in any.
    PostingRow.objects.using(using).bulk_create(
        [PostingRow(entry=row, account=accounts[p.account], amount_fen=p.amount_fen) for p in entry.postings]
    )
    return row


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
