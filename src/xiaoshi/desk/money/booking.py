"""From the ledger engine to the tables: load what a command names under locks, ask, write what was accepted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connections

from xiaoshi.core.ledger import Command, Ledger, Posting, Refused, ReverseEntry, decide
from xiaoshi.core.ledger import Entry as LedgerEntry
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.guard.refusals import NotAllowed
from xiaoshi.desk.guard.refusals import Refused as ActRefused
from xiaoshi.desk.money.models import Account, Balance, Entry, MoneyOrder
from xiaoshi.desk.money.models import Posting as PostingRow
from xiaoshi.desk.organisation.models import Unit


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
        tuple(Posting(p.account.code, p.amount_fen) for p in lines),
        str(row.reverses_id) if row.reverses_id else "",
    )


def part_of_books(
    codes: Iterable[str], entry_ids: Sequence[str], using: str = "default"
) -> tuple[Ledger, dict[str, Account]]:
    """The ledger's part with these accounts and entries; their balances stay locked until the transaction ends."""
    entries = Entry.objects.using(using).filter(id__in=entry_ids).prefetch_related("postings__account")
    known = {str(row.id): as_ledger_entry(row) for row in entries}
    wanted = {*codes, *(p.account for e in known.values() for p in e.postings)}
    accounts = {a.code: a for a in Account.objects.using(using).filter(code__in=wanted)}
    ids = sorted(a.id for a in accounts.values())
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT money_lock(%s)", [ids])
    held = dict(
        Balance.objects.using(using).filter(account_id__in=ids).values_list("account_id", "balance_fen")
    )
    reversals = Entry.objects.using(using).filter(reverses_id__in=entry_ids).values_list("reverses_id", "id")
    ledger = Ledger(
        {code: a.for_ledger() for code, a in accounts.items()},
        {code: held[a.id] for code, a in accounts.items()},
        known,
        {str(original): str(reversal) for original, reversal in reversals},
    )
    return ledger, accounts


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
    ledger, accounts = part_of_books(codes, named, using)
    verdict = decide(ledger, command)
    if isinstance(verdict, Refused):
        kind = NotAllowed if verdict.problem.code == "maker_is_checker" else ActRefused
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
        key=key,
        posting_count=len(entry.postings),
        amount_fen=entry.amount_fen,
    )
    row.save(using=using, force_insert=True)
    # One statement for all lines: the trigger then takes its locks in account order, once.
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
    }[kind]
    return Words(f"{title.zh}{words.zh}", f"{title.en}: {words.en.lower()}") if title else words
