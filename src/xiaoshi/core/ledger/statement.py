"""Whether stored books hold: what `xiaoshi ledger verify` asks. Reads everything once, in the order it is given.

The rules are those of `engine`, looked at from behind: a row that somebody altered or wrote by hand shows here even if
it never went through `decide`. Overdraft is judged on the balances as they stand, entry by entry in booked order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from xiaoshi.core.ledger.model import Account, Entry, overdrawn
from xiaoshi.core.money import yuan
from xiaoshi.core.problems import Words


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the books that cannot be. `what`: "entry" or "account"; `id`: of which one; `code` for programs."""

    what: str
    id: str
    code: str
    reason: Words


def examine(
    accounts: Iterable[Account],
    entries: Iterable[Entry],
    balances: Mapping[str, int],
    reversed_ids: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """All findings, in the order of the entries, then of the accounts. `entries` come in the order they were booked.

    `reversed_ids`: ids that any entry reverses. With it, only those entries are remembered, so that books of any length
    are read in little memory; without it, all are.
    """
    known = {a.code: a for a in accounts}
    sums: dict[str, int] = dict.fromkeys(known, 0)
    seen: dict[str, Entry] = {}
    reversed_by: dict[str, str] = {}
    found: list[Finding] = []
    for entry in entries:
        found += _entry_findings(entry, seen, reversed_by, known)
        if reversed_ids is None or entry.id in reversed_ids:
            seen[entry.id] = entry
        if entry.reverses:
            reversed_by.setdefault(entry.reverses, entry.id)
        for posting in entry.postings:
            sums[posting.account] = sums.get(posting.account, 0) + posting.amount_fen
        for posting in entry.postings:
            account = known.get(posting.account)
            if account is not None and overdrawn(account, sums[posting.account]):
                found.append(_overdrawn_after(entry, account))
    for code in sums:
        stored = balances.get(code, 0)
        if stored != sums[code]:
            found.append(
                Finding(
                    "account",
                    code,
                    "balance_differs",
                    Words(
                        f"科目 {code} 余额为 {yuan(stored)},而分录合计为 {yuan(sums[code])}。",
                        f"Account {code} says {yuan(stored)}, its postings add up to {yuan(sums[code])}.",
                    ),
                )
            )
    return tuple(found)


def _entry_findings(
    entry: Entry, seen: Mapping[str, Entry], reversed_by: Mapping[str, str], known: Mapping[str, Account]
) -> list[Finding]:
    checks: list[tuple[bool, str, str, str]] = [
        (
            len(entry.postings) < 2,
            "one_sided",
            "分录少于两个科目。",
            "The entry has fewer than two postings.",
        ),
        (
            any(p.account in known and known[p.account].currency != p.currency for p in entry.postings),
            "currency_differs",
            "记账币种与账户币种不同。",
            "A posting is in another currency than its account.",
        ),
        (any(p.amount_fen == 0 for p in entry.postings), "zero_amount", "有零金额。", "A posting is zero."),
        (
            any(p.account not in known for p in entry.postings),
            "unknown_account",
            "记到了不存在的科目。",
            "A posting names an account that does not exist.",
        ),
        (
            any(
                sum(p.amount_fen for p in entry.postings if p.currency == c)
                for c in {p.currency for p in entry.postings}
            ),
            "not_zero_sum",
            "借贷不平。",
            "Debits and credits differ.",
        ),
        (
            not entry.maker or not entry.checker,
            "person_missing",
            "缺少录入人或复核人。",
            "Maker or checker is missing.",
        ),
        (
            entry.maker == entry.checker,
            "maker_is_checker",
            "录入人与复核人是同一人。",
            "Maker and checker are one person.",
        ),
    ]
    found = [Finding("entry", entry.id, code, Words(zh, en)) for bad, code, zh, en in checks if bad]
    return found + (_reversal_findings(entry, seen, reversed_by) if entry.reverses else [])


def _reversal_findings(
    entry: Entry, seen: Mapping[str, Entry], reversed_by: Mapping[str, str]
) -> list[Finding]:
    def finding(code: str, zh: str, en: str) -> list[Finding]:
        return [Finding("entry", entry.id, code, Words(zh, en))]

    original = seen.get(entry.reverses)
    if original is None:
        return finding("unknown_entry", "冲正的分录不存在。", "It reverses an entry that is not there.")
    if original.reverses:
        return finding("reversal_of_reversal", "冲正了一笔冲正。", "It reverses a reversal.")
    if entry.reverses in reversed_by:
        return finding("already_reversed", "同一分录冲正了两次。", "The same entry was reversed twice.")
    mirror = {p.account: -p.amount_fen for p in original.postings}
    if {p.account: p.amount_fen for p in entry.postings} != mirror:
        return finding(
            "not_the_mirror", "冲正与原分录不相抵。", "The reversal is not the mirror image of its entry."
        )
    return []


def _overdrawn_after(entry: Entry, account: Account) -> Finding:
    return Finding(
        "entry",
        entry.id,
        "overdraft",
        Words(
            f"记账后科目 {account.code} 余额方向错误(透支)。",
            f"After it, account {account.code} stands on the wrong side (overdrawn).",
        ),
    )
