"""Whether an entry may be booked. The checks stand in their order of precedence; the first that fails is the answer.

| # | code | a posting entry | a reversal |
| --- | --- | --- | --- |
| 1 | `entry_id_missing` | x | x |
| 2 | (same id, same content: accepted, nothing new) `entry_id_taken` | x | x |
| 3 | `unknown_entry`, `reversal_of_reversal`, `already_reversed` | | x |
| 4 | `entry_empty`, `one_sided` (one posting) | x | |
| 5 | `zero_amount`, `amount_too_large` | x | |
| 6 | `account_twice` | x | |
| 7 | `unknown_account` | x | x |
| 8 | `currency_differs` | x | x |
| 9 | `not_zero_sum` (in each currency) | x | |
| 10 | `day_closed` | x | x |
| 11 | `account_closed` | x | x |
| 12 | `account_frozen` | x | x |
| 13 | `instrument_lost`, `instrument_frozen` (only for money that goes out) | x | x |
| 14 | `person_missing`, `maker_is_checker` | x | x |
| 15 | `unknown_hold`, `hold_other_payee`, `hold_expired`, `hold_spent`, `held_for_purpose` | x | x |
| 16 | `overdraft` | x | x |
| 17 | `second_head_missing`, `above_limit` (`authority.py`) | x | x |

The id comes first, because a repeated command must get the same answer after the drawer is empty as before. Form comes
before accounts, and what depends on the day's balance comes late: what a person can mend at the form is said first. Who
may approve the sum is said last, since only an entry that could be booked is worth another head's time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from xiaoshi.core.ledger.authority import approval
from xiaoshi.core.ledger.held import hold_keeps
from xiaoshi.core.ledger.model import (
    Account,
    Command,
    Entry,
    EntryPosted,
    Ledger,
    Posting,
    ReverseEntry,
    overdrawn,
    taken_fen,
)
from xiaoshi.core.money import AMOUNT_FEN_MAX, yuan
from xiaoshi.core.problems import Problem, Words


@dataclass(frozen=True, slots=True)
class Accepted:
    """The events to store, empty when this very command was answered before."""

    events: tuple[EntryPosted, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing is to be stored; `problem` says why and what to do."""

    problem: Problem


Verdict = Accepted | Refused
Check = Callable[[Ledger, Entry, Command], Problem | None]


def decide(ledger: Ledger, command: Command) -> Verdict:
    """Accept or refuse a command, by the table above. Changes nothing."""
    if not command.entry_id:
        return _refused(
            "entry_id_missing", "分录缺少编号,请重新提交。", "The entry has no id; send it again.", "entry_id"
        )
    if isinstance(command, ReverseEntry):
        return _decide_reversal(ledger, command)
    entry = Entry(
        command.entry_id,
        command.purpose,
        command.maker,
        command.checker,
        command.postings,
        hold=command.hold,
    )
    return _known_id(ledger, entry) or _first_problem(ledger, entry, command, FORM_CHECKS + BOOK_CHECKS)


def fold(events: Iterable[EntryPosted], ledger: Ledger) -> Ledger:
    """The ledger after these events. Accounts are never changed here."""
    balances, entries, reversed_by = dict(ledger.balances), dict(ledger.entries), dict(ledger.reversed_by)
    holds = dict(ledger.holds)
    for event in events:
        entry = event.entry
        entries[entry.id] = entry
        if entry.reverses:
            reversed_by[entry.reverses] = entry.id
        for posting in entry.postings:
            balances[posting.account] = balances.get(posting.account, 0) + posting.amount_fen
        if entry.hold:
            hold = holds[entry.hold]
            used = sum(p.amount_fen for p in entry.postings if p.account == hold.account)
            used = taken_fen(ledger.accounts[hold.account], used)
            holds[hold.id] = dataclasses.replace(hold, used_fen=hold.used_fen + used)
    return dataclasses.replace(
        ledger, balances=balances, entries=entries, reversed_by=reversed_by, holds=holds
    )


def _decide_reversal(ledger: Ledger, command: ReverseEntry) -> Verdict:
    original = ledger.entries.get(command.reverses)
    postings = original.postings if original else ()
    mirror = tuple(Posting(p.account, -p.amount_fen, p.currency) for p in postings)
    entry = Entry(
        command.entry_id,
        command.purpose,
        command.maker,
        command.checker,
        mirror,
        reverses=command.reverses,
        hold=original.hold if original else "",
    )
    if (known := _known_id(ledger, entry)) is not None:
        return known
    if original is None:
        return _refused(
            "unknown_entry",
            "找不到要冲正的分录。请核对分录编号。",
            "There is no such entry to reverse. Check its id.",
            "reverses",
        )
    if original.reverses:
        return _refused(
            "reversal_of_reversal",
            "冲正分录不能再冲正。如需恢复原账,请重新录入一笔。",
            "A reversal cannot itself be reversed. To book the sum again, record a new entry.",
            "reverses",
        )
    if command.reverses in ledger.reversed_by:
        return _refused(
            "already_reversed",
            "该分录已经冲正过,不能重复冲正。",
            "This entry has already been reversed; it cannot be reversed twice.",
            "reverses",
        )
    return _first_problem(ledger, entry, command, BOOK_CHECKS)


def _known_id(ledger: Ledger, entry: Entry) -> Verdict | None:
    known = ledger.entries.get(entry.id)
    if known is None:
        return None
    if known == entry:
        return Accepted(())
    return _refused(
        "entry_id_taken",
        "这个编号已用于另一笔分录。请刷新后重新录入。",
        "This id already belongs to another entry. Reload and record it again.",
        "entry_id",
    )


def _first_problem(ledger: Ledger, entry: Entry, command: Command, checks: tuple[Check, ...]) -> Verdict:
    for check in checks:
        problem = check(ledger, entry, command)
        if problem is not None:
            return Refused(problem)
    return Accepted((EntryPosted(entry),))


def _sides(ledger: Ledger, entry: Entry, command: Command) -> Problem | None:
    if not entry.postings:
        return _problem("entry_empty", "分录没有借贷内容。", "The entry has no postings.", "postings")
    if len(entry.postings) == 1:
        return _problem(
            "one_sided",
            "只有一个科目,缺少对方科目。请补录另一方。",
            "Only one account is named. Add the other side.",
            "postings",
        )
    return None


def _amounts(ledger: Ledger, entry: Entry, command: Command) -> Problem | None:
    for index, posting in enumerate(entry.postings):
        where = f"postings/{index}"
        if posting.amount_fen == 0:
            return _problem("zero_amount", "金额不能为零。", "An amount cannot be zero.", where)
        if abs(posting.amount_fen) > AMOUNT_FEN_MAX:
            return _problem(
                "amount_too_large",
                f"金额超过上限 {yuan(AMOUNT_FEN_MAX)} 元,请核对位数。",
                f"The amount is above {yuan(AMOUNT_FEN_MAX)} yuan; check the number of figures.",
                where,
            )
    return None


def _each_account_once(ledger: Ledger, entry: Entry, command: Command) -> Problem | None:
    seen: set[str] = set()
    for index, posting in enumerate(entry.postings):
        if posting.account in seen:
            return _problem(
                "account_twice",
                f"科目 {posting.account} 在一笔分录中出现两次,请合并。",
                f"Account {posting.account} stands twice in one entry; put the lines together.",
                f"postings/{index}",
            )
        seen.add(posting.account)
    return None


def _accounts_known(ledger: Ledger, entry: Entry, command: Command) -> Problem | None:
    for index, posting in enumerate(entry.postings):
        if posting.account not in ledger.accounts:
            return _problem(
                "unknown_account",
                f"没有科目 {posting.account}。请核对账号,或先开立。",
                f"There is no account {posting.account}. Check the number, or open it first.",
                f"postings/{index}",
            )
    return None


def _own_currency(ledger: Ledger, entry: Entry, command: Command) -> Problem | None:
    for index, posting in enumerate(entry.postings):
        account = ledger.accounts[posting.account]
        if account.currency != posting.currency:
            return _problem(
                "currency_differs",
                f"{account.name.zh}是{account.currency}账户，不能记{posting.currency}。请核对币种，或换一个账户。",
                f"{account.name.en} is an account in {account.currency}; {posting.currency} cannot be booked on it."
                " Check the currency, or choose another account.",
                f"postings/{index}",
            )
    return None


def _zero_sum(ledger: Ledger, entry: Entry, command: Command) -> Problem | None:
    sums: dict[str, int] = {}
    for posting in entry.postings:
        sums[posting.currency] = sums.get(posting.currency, 0) + posting.amount_fen
    for currency, difference in sums.items():
        if difference:
            side_zh, side_en = ("借方", "debits") if difference > 0 else ("贷方", "credits")
            much = yuan(abs(difference))
            unit_zh, unit_en = ("元", "yuan") if currency == "CNY" else (currency, currency)
            return _problem(
                "not_zero_sum",
                f"借贷不平，{side_zh}多 {much} {unit_zh}。",
                f"Debits and credits differ: the {side_en} are {much} {unit_en} more.",
                "postings",
            )
    return None


def _day_open(ledger: Ledger, entry: Entry, command: Command) -> Problem | None:
    if command.day is not None and ledger.closed_until is not None and command.day <= ledger.closed_until:
        return _problem(
            "day_closed",
            f"本网点 {ledger.closed_until} 已日终，不能再记 {command.day} 的账。请次日再办，或由两位负责人撤销日终。",
            f"This outlet closed its books for {ledger.closed_until}; nothing more is booked for {command.day}."
            " Do it the next day, or two heads take the closing back.",
            "day",
        )
    return None


def _not_closed(ledger: Ledger, entry: Entry, command: Command) -> Problem | None:
    for index, posting in enumerate(entry.postings):
        account = ledger.accounts[posting.account]
        if account.state == "closed":
            return _problem(
                "account_closed",
                f"{account.name.zh}已销户，不能记账。请换一个账户。",
                f"{account.name.en} is closed; nothing can be booked on it. Choose another account.",
                f"postings/{index}",
            )
    return None


def _not_frozen(ledger: Ledger, entry: Entry, command: Command) -> Problem | None:
    for index, posting in enumerate(entry.postings):
        account = ledger.accounts[posting.account]
        if account.state == "frozen":
            return _problem(
                "account_frozen",
                f"{account.name.zh}已冻结，解冻之前不能记账。",
                f"{account.name.en} is frozen; nothing can be booked until it is released.",
                f"postings/{index}",
            )
    return None


def _not_stopped(ledger: Ledger, entry: Entry, command: Command) -> Problem | None:
    for index, posting in enumerate(entry.postings):
        account = ledger.accounts[posting.account]
        if not account.stopped or taken_fen(account, posting.amount_fen) <= 0:
            continue
        if account.stopped == "lost":
            return _problem(
                "instrument_lost",
                f"{account.name.zh}的存单（折）已挂失止付，不能支取。请先办理解挂或补发。",
                f"The certificate or passbook of {account.name.en} is reported lost: nothing is paid out."
                " Lift the loss report or issue a new one first.",
                f"postings/{index}",
            )
        return _problem(
            "instrument_frozen",
            f"{account.name.zh}的存单（折）已冻结，不能支取。请按冻结文书办理解冻。",
            f"The certificate or passbook of {account.name.en} is frozen: nothing is paid out."
            " It has to be released by the order that froze it.",
            f"postings/{index}",
        )
    return None


def _held(ledger: Ledger, entry: Entry, command: Command) -> Problem | None:
    return hold_keeps(ledger, entry, command.day)


def _approved(ledger: Ledger, entry: Entry, command: Command) -> Problem | None:
    if not command.work or not ledger.authority:
        return None
    amount_fen = command.weighs_fen or entry.amount_fen
    return approval(ledger.authority, command.work, amount_fen, command.heads, command.day).problem


def _two_people(ledger: Ledger, entry: Entry, command: Command) -> Problem | None:
    if not entry.maker or not entry.checker:
        return _problem(
            "person_missing",
            "缺少录入人或复核人。每笔账须由两人完成。",
            "The maker or the checker is missing. Every entry takes two people.",
            "checker" if entry.maker else "maker",
        )
    if entry.maker == entry.checker:
        return _problem(
            "maker_is_checker",
            "录入人不能复核自己录入的业务,请由另一人复核。",
            "The person who recorded this cannot check it. Another person must.",
            "checker",
        )
    return None


def _covered(ledger: Ledger, entry: Entry, command: Command) -> Problem | None:
    for index, posting in enumerate(entry.postings):
        account = ledger.accounts[posting.account]
        before_fen = ledger.balance_fen(posting.account)
        if overdrawn(account, before_fen + posting.amount_fen):
            return _overdraft(account, before_fen, posting.amount_fen, f"postings/{index}")
    return None


def _overdraft(account: Account, before_fen: int, change_fen: int, where: str) -> Problem:
    sign = 1 if account.normal_side == "debit" else -1
    there, wanted = yuan(before_fen * sign), yuan(abs(change_fen))
    return _problem(
        "overdraft",
        f"{account.name.zh}余额 {there} 元,不足 {wanted} 元。请先补足再办。",
        f"{account.name.en} holds {there} yuan, less than the {wanted} yuan needed. Fill it first.",
        where,
    )


def _problem(code: str, zh: str, en: str, where: str) -> Problem:
    return Problem(code, Words(zh, en), where)


def _refused(code: str, zh: str, en: str, where: str) -> Refused:
    return Refused(_problem(code, zh, en, where))


FORM_CHECKS: tuple[Check, ...] = (_sides, _amounts, _each_account_once)
BOOK_CHECKS: tuple[Check, ...] = (
    _accounts_known,
    _own_currency,
    _zero_sum,
    _day_open,
    _not_closed,
    _not_frozen,
    _not_stopped,
    _two_people,
    _held,
    _covered,
    _approved,
)
