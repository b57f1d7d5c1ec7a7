"""The nouns of the ledger: accounts, postings, entries, and what one may ask for. All sums are whole fen, debit positive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from xiaoshi.core.problems import Words

AccountKind = Literal["asset", "liability", "income", "expense", "suspense"]
AccountState = Literal["open", "frozen", "closed"]
Side = Literal["debit", "credit"]

NORMAL_SIDE: Mapping[AccountKind, Side] = MappingProxyType(
    {"asset": "debit", "expense": "debit", "suspense": "debit", "liability": "credit", "income": "credit"}
)


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `code` is its name in every entry; the side on which it grows follows from `kind`.

    `no_overdraft`: its balance may never lie on the wrong side (a drawer cannot hold less than nothing). A suspense
    account (往来, 待清算) stands for a debt in either direction, so the flag is an error on it (ValueError).
    """

    code: str
    kind: AccountKind
    name: Words
    no_overdraft: bool = False
    state: AccountState = "open"
    currency: str = "CNY"

    def __post_init__(self) -> None:
        if self.no_overdraft and self.kind == "suspense":
            raise ValueError(
                f"suspense account {self.code} may stand on either side: no_overdraft has no meaning"
            )

    @property
    def normal_side(self) -> Side:
        return NORMAL_SIDE[self.kind]


def overdrawn(account: Account, balance_fen: int) -> bool:
    """Whether a balance (debit positive) is forbidden on this account."""
    on_its_side = balance_fen if account.normal_side == "debit" else -balance_fen
    return account.no_overdraft and on_its_side < 0


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry: `amount_fen` > 0 debits (借) the account, < 0 credits (贷) it."""

    account: str
    amount_fen: int

    def __post_init__(self) -> None:
        if isinstance(self.amount_fen, bool) or not isinstance(self.amount_fen, int):
            raise TypeError(f"amount_fen is a whole number of fen, not {self.amount_fen!r}")


@dataclass(frozen=True, slots=True)
class Entry:
    """What was booked. `maker` and `checker` are logins; `reverses` is the id of the entry that this one takes back."""

    id: str
    purpose: Words
    maker: str
    checker: str
    postings: tuple[Posting, ...]
    reverses: str = ""

    @property
    def amount_fen(self) -> int:
        """The sum of its debits."""
        return sum(p.amount_fen for p in self.postings if p.amount_fen > 0)


@dataclass(frozen=True, slots=True)
class PostEntry:
    """Book an entry. `entry_id` is chosen by the caller: the same command again is answered with nothing new."""

    entry_id: str
    purpose: Words
    maker: str
    checker: str
    postings: tuple[Posting, ...]


@dataclass(frozen=True, slots=True)
class ReverseEntry:
    """Take an entry back by its mirror image. A correction is a reversal and a new entry, never a change."""

    entry_id: str
    reverses: str
    purpose: Words
    maker: str
    checker: str


Command = PostEntry | ReverseEntry


@dataclass(frozen=True, slots=True)
class EntryPosted:
    """The one event of a ledger."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Ledger:
    """What `decide` looks at. It may be a part of the books: the accounts and entries that the command names.

    `balances`: fen by account code, debit positive, absent means 0. `reversed_by`: id of a reversal by the id of what
    it took back; it must be complete for the entries that are in `entries`.
    """

    accounts: Mapping[str, Account] = field(default_factory=dict)
    balances: Mapping[str, int] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    reversed_by: Mapping[str, str] = field(default_factory=dict)

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
