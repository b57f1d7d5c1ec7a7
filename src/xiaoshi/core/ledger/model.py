"""The nouns of the ledger: accounts, postings, entries, and what one may ask for. All sums are whole fen, debit positive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

from xiaoshi.core.problems import Words

AccountKind = Literal["asset", "liability", "income", "expense", "suspense"]
AccountState = Literal["open", "frozen", "closed"]
Stopped = Literal["", "lost", "frozen"]
Side = Literal["debit", "credit"]

NORMAL_SIDE: Mapping[AccountKind, Side] = MappingProxyType(
    {"asset": "debit", "expense": "debit", "suspense": "debit", "liability": "credit", "income": "credit"}
)


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `code` is its name in every entry; the side on which it grows follows from `kind`.

    `no_overdraft`: its balance may never lie on the wrong side (a drawer cannot hold less than nothing). A suspense
    account (往来, 待清算) stands for a debt in either direction, so the flag is an error on it (ValueError).
    `stopped`: its certificate or passbook is reported lost, or frozen: money may come in, none may go out.
    """

    code: str
    kind: AccountKind
    name: Words
    no_overdraft: bool = False
    state: AccountState = "open"
    currency: str = "CNY"
    stopped: Stopped = ""

    def __post_init__(self) -> None:
        if self.no_overdraft and self.kind == "suspense":
            raise ValueError(
                f"suspense account {self.code} may stand on either side: no_overdraft has no meaning"
            )

    @property
    def normal_side(self) -> Side:
        return NORMAL_SIDE[self.kind]


def taken_fen(account: Account, amount_fen: int) -> int:
    """How much a posting takes out of the account, against its normal side; below zero when it brings."""
    return -amount_fen if account.normal_side == "debit" else amount_fen


def overdrawn(account: Account, balance_fen: int) -> bool:
    """Whether a balance (debit positive) is forbidden on this account."""
    on_its_side = balance_fen if account.normal_side == "debit" else -balance_fen
    return account.no_overdraft and on_its_side < 0


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry: `amount_fen` > 0 debits (借) the account, < 0 credits (贷) it.

    In a foreign `currency` the sum counts its own smallest unit (cents; whole yen).
    """

    account: str
    amount_fen: int
    currency: str = "CNY"

    def __post_init__(self) -> None:
        if isinstance(self.amount_fen, bool) or not isinstance(self.amount_fen, int):
            raise TypeError(f"amount_fen is a whole number of fen, not {self.amount_fen!r}")


@dataclass(frozen=True, slots=True)
class Entry:
    """What was booked. `maker` and `checker` are logins; `reverses` is the id of the entry that this one takes back.

    `hold`: the id of the hold whose money it pays out, or, in a reversal, brings back.
    """

    id: str
    purpose: Words
    maker: str
    checker: str
    postings: tuple[Posting, ...]
    reverses: str = ""
    hold: str = ""

    @property
    def amount_fen(self) -> int:
        """The sum of its debits in yuan; of an entry without yuan, in its own currency."""
        debits = [p for p in self.postings if p.amount_fen > 0]
        own = [p for p in debits if p.currency == "CNY"] or debits
        return sum(p.amount_fen for p in own)


@dataclass(frozen=True, slots=True)
class Hold:
    """Money set aside on an account for one payee only (专款专用), payable up to and on `expires_on`.

    What is neither paid (`used_fen`) nor set free (`released_fen`) is still held.
    """

    id: str
    account: str
    payee: str
    amount_fen: int
    purpose: Words
    expires_on: date
    used_fen: int = 0
    released_fen: int = 0

    @property
    def left_fen(self) -> int:
        return self.amount_fen - self.used_fen - self.released_fen


@dataclass(frozen=True, slots=True)
class Head:
    """Somebody who approves, as the limits know people: login, roles, level of the unit (`outlet` ... `province`)."""

    login: str
    roles: frozenset[str]
    level: str


@dataclass(frozen=True, slots=True)
class Authority:
    """Up to which sum a role at a level approves `work`: alone, and as one of two heads. One row of dated data.

    The sums count fen of yuan. Of several rows for one role, level and work the latest that is in force counts.
    """

    work: str
    role: str
    level: str
    alone_fen: int
    joint_fen: int
    in_force_from: date
    source: Words
    status: Literal["confirmed", "unconfirmed"] = "unconfirmed"


@dataclass(frozen=True, slots=True)
class PostEntry:
    """Book an entry. `entry_id` is chosen by the caller: the same command again is answered with nothing new.

    `hold`: pay out of this hold. `day`: the bank's day on which it is booked. `work` and `heads`: what kind of thing is
    approved, and by whom, for the limits of authority (`work` empty: the ledger is asked without limits); `weighs_fen`:
    what counts for them where that is not the entry's own sum (foreign money).
    """

    entry_id: str
    purpose: Words
    maker: str
    checker: str
    postings: tuple[Posting, ...]
    hold: str = ""
    day: date | None = None
    work: str = ""
    heads: tuple[Head, ...] = ()
    weighs_fen: int = 0


@dataclass(frozen=True, slots=True)
class ReverseEntry:
    """Take an entry back by its mirror image. A correction is a reversal and a new entry, never a change."""

    entry_id: str
    reverses: str
    purpose: Words
    maker: str
    checker: str
    day: date | None = None
    work: str = ""
    heads: tuple[Head, ...] = ()
    weighs_fen: int = 0


Command = PostEntry | ReverseEntry


@dataclass(frozen=True, slots=True)
class EntryPosted:
    """The one event of a ledger."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Ledger:
    """What `decide` looks at. It may be a part of the books: the accounts and entries that the command names.

    `balances`: fen by account code, debit positive, absent means 0. `reversed_by`: id of a reversal by the id of what
    it took back; it must be complete for the entries that are in `entries`. `holds`: every hold with money left on these
    accounts, and those that the entries name. `closed_until`: the last day that is closed in this outlet.
    """

    accounts: Mapping[str, Account] = field(default_factory=dict)
    balances: Mapping[str, int] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    reversed_by: Mapping[str, str] = field(default_factory=dict)
    holds: Mapping[str, Hold] = field(default_factory=dict)
    authority: tuple[Authority, ...] = ()
    closed_until: date | None = None

    @classmethod
    def of(cls, accounts: Iterable[Account], balances: Mapping[str, int] | None = None) -> Ledger:
        """A ledger with these accounts and no entries. Two accounts of one code are a programmer's error."""
        known: dict[str, Account] = {}
        for account in accounts:
            if account.code in known:
                raise ValueError(f"account {account.code} twice")
            known[account.code] = account
        return cls(accounts=known, balances=dict(balances or {}))

    def balance_fen(self, code: str) -> int:
        return self.balances.get(code, 0)

    def held_fen(self, code: str) -> int:
        """What is set aside on an account."""
        return sum(h.left_fen for h in self.holds.values() if h.account == code)
