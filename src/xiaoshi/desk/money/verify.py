"""Are the stored books sound? Reads all of them once, as the owner, and asks `core/ledger.examine`.

The database refuses what breaks a law, so a finding means that somebody went around it: a dropped trigger, a restored
file, a superuser's hand. What only the desk knows is looked at here: that orders and their entries agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any

from django.db import connections, transaction

from xiaoshi.core.ledger import Entry as LedgerEntry
from xiaoshi.core.ledger import Finding, Posting, examine
from xiaoshi.core.problems import Words
from xiaoshi.desk.money.models import Account, Balance, MoneyOrder
from xiaoshi.desk.money.told import told_findings

_ENTRIES = """
    SELECT e.id::text, e.maker, e.checker, coalesce(e.reverses_id::text, ''), e.posting_count, e.amount_fen,
           a.code, p.amount_fen, a.currency
      FROM money_entry e
      LEFT JOIN money_posting p ON p.entry_id = e.id LEFT JOIN money_account a ON a.id = p.account_id
     ORDER BY min(p.id) OVER (PARTITION BY e.id) NULLS LAST, e.id, p.id
"""
_ORDERS = """
    SELECT o.id::text, o.state, o.maker, o.checker, o.amount_fen, e.id::text, e.maker, e.checker, e.amount_fen
      FROM money_moneyorder o LEFT JOIN money_entry e ON e.order_id = o.id
     WHERE (o.state = 'approved') <> (e.id IS NOT NULL)
        OR o.maker = o.checker OR o.maker <> e.maker OR o.checker <> e.checker OR o.amount_fen <> e.amount_fen
     ORDER BY o.id
"""

# Each posting against the one before it on its account; each balance against its last posting, its holds and its paper.
_LINES = """
    SELECT a.code FROM (
        SELECT account_id, account_seq, balance_after_fen, amount_fen, booked_on,
               lag(account_seq, 1, 0::bigint) OVER w AS seq, lag(balance_after_fen, 1, 0::bigint) OVER w AS before,
               lag(booked_on) OVER w AS day
          FROM money_posting WINDOW w AS (PARTITION BY account_id ORDER BY account_seq)) p
      JOIN money_account a ON a.id = p.account_id
     WHERE p.account_seq <> p.seq + 1 OR p.balance_after_fen <> p.before + p.amount_fen OR p.booked_on < p.day
     GROUP BY a.code ORDER BY a.code
"""
_STANDING = """
    SELECT a.code,
           b.held_fen <> (SELECT coalesce(sum(h.amount_fen - h.used_fen - h.released_fen), 0) FROM money_hold h
                           WHERE h.account_id = b.account_id)
      FROM money_balance b JOIN money_account a ON a.id = b.account_id
     WHERE b.held_fen <> (SELECT coalesce(sum(h.amount_fen - h.used_fen - h.released_fen), 0) FROM money_hold h
                           WHERE h.account_id = b.account_id)
        OR b.stopped <> coalesce((SELECT CASE WHEN i.state IN ('lost', 'frozen') THEN i.state ELSE '' END
                                    FROM money_instrument i WHERE i.account_id = b.account_id AND i.state <> 'closed'), '')
     ORDER BY a.code
"""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was read and what was found, the first bad entry first."""

    entries: int
    postings: int
    accounts: int
    orders: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not self.findings

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        def said(f: Finding) -> dict[str, str]:
            return {"what": f.what, "id": f.id, "reason": f.reason.in_language(language)}

        return {
            "ok": self.ok,
            "entries": self.entries,
            "postings": self.postings,
            "accounts": self.accounts,
            "orders": self.orders,
            "first_bad": said(self.findings[0]) if self.findings else None,
            "problems": [
                {"code": f.code, "text": f.reason.in_language(language), "where": f"{f.what}/{f.id}"}
                for f in self.findings
            ],
        }


def verify_books(using: str = "owner") -> Verification:
    """Examine everything in one snapshot of the database, while others go on working."""
    connection = connections[using]
    with transaction.atomic(using=using):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        accounts = [a.for_ledger() for a in Account.objects.using(using).order_by("code")]
        balances = dict(Balance.objects.using(using).values_list("account__code", "balance_fen"))
        statements: list[Finding] = []
        counted = {"entries": 0, "postings": 0}

        def entries() -> Iterator[LedgerEntry]:
            for entry, said in _read_entries(using):
                counted["entries"] += 1
                counted["postings"] += len(entry.postings)
                if said != (len(entry.postings), entry.amount_fen):
                    statements.append(_not_as_stated(entry.id))
                yield entry

        with connection.cursor() as cursor:
            cursor.execute("SELECT reverses_id::text FROM money_entry WHERE reverses_id IS NOT NULL")
            reversed_ids = frozenset(ident for (ident,) in cursor.fetchall())
        found = examine(accounts, entries(), balances, reversed_ids)
        found += tuple(statements) + tuple(_standing_findings(using))
        found += tuple(_order_findings(using)) + tuple(told_findings(using))
        orders = MoneyOrder.objects.using(using).count()
    return Verification(counted["entries"], counted["postings"], len(accounts), orders, found)


def _read_entries(using: str) -> Iterator[tuple[LedgerEntry, tuple[int, int]]]:
    """Entries in the order of booking, with what each states of itself, read in portions.

    The order is that of the first posting: its number is given while the entry holds the locks on its accounts. The
    entry's own id is older than those locks, so of two entries that waited for one drawer the later may have the lower.
    """
    with connections[using].chunked_cursor() as cursor:
        cursor.execute(_ENTRIES)
        rows = chain.from_iterable(iter(lambda: cursor.fetchmany(5_000), []))
        for (ident, maker, checker, reverses, count, amount_fen), lines in groupby(rows, key=lambda r: r[:6]):
            postings = tuple(Posting(line[6], line[7], line[8]) for line in lines if line[6] is not None)
            yield LedgerEntry(ident, Words("", ""), maker, checker, postings, reverses), (count, amount_fen)


def _not_as_stated(ident: str) -> Finding:
    words = Words("分录的行数或金额与其登记不符。", "The entry's lines or sum differ from what it states.")
    return Finding("entry", ident, "not_as_stated", words)


def _standing_findings(using: str) -> Iterator[Finding]:
    with connections[using].cursor() as cursor:
        cursor.execute(_LINES)
        for (code,) in cursor.fetchall():
            words = Words(
                f"科目 {code} 的明细序号、逐笔余额或日期不连续。",
                f"The lines of account {code} do not follow one another: number, balance after or day.",
            )
            yield Finding("account", code, "lines_broken", words)
        cursor.execute(_STANDING)
        for code, held in cursor.fetchall():
            name, zh, en = (
                ("held_differs", "的专款合计与登记不符。", "holds another sum than its holds add up to.")
                if held
                else (
                    "stopped_differs",
                    "的止付状态与存单（折）不符。",
                    "is stopped otherwise than its paper says.",
                )
            )
            yield Finding("account", code, name, Words(f"科目 {code} {zh}", f"Account {code} {en}"))


def _order_findings(using: str) -> Iterator[Finding]:
    with connections[using].cursor() as cursor:
        cursor.execute(_ORDERS)
        for ident, state, maker, checker, _fen, entry, *_rest in cursor.fetchall():
            if state == "approved" and entry is None:
                code, zh, en = (
                    "order_without_entry",
                    "已复核通过，却没有记账。",
                    "It is approved, yet nothing was booked.",
                )
            elif entry is not None and state != "approved":
                code, zh, en = (
                    "entry_without_approval",
                    "已记账，却未复核通过。",
                    "It was booked without approval.",
                )
            elif maker == checker:
                code, zh, en = (
                    "maker_is_checker",
                    "录入人与复核人是同一人。",
                    "Maker and checker are one person.",
                )
            else:
                code = "order_and_entry_differ"
                zh, en = "与其分录的人员或金额不一致。", "People or sum differ from its entry."
            yield Finding("order", ident, code, Words(zh, en))
