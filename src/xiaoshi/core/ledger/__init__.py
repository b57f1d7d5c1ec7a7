"""Double entry in whole fen: `decide(ledger, command)` answers entries or a refusal, `fold` applies them. See README.md."""

from __future__ import annotations

from xiaoshi.core.ledger.engine import Accepted, Refused, decide, fold
from xiaoshi.core.ledger.model import (
    Account,
    AccountKind,
    AccountState,
    Command,
    Entry,
    EntryPosted,
    Ledger,
    PostEntry,
    Posting,
    ReverseEntry,
    Side,
    overdrawn,
)
from xiaoshi.core.ledger.statement import Finding, examine

__all__ = [
    "Accepted",
    "Account",
    "AccountKind",
    "AccountState",
    "Command",
    "Entry",
    "EntryPosted",
    "Finding",
    "Ledger",
    "PostEntry",
    "Posting",
    "Refused",
    "ReverseEntry",
    "Side",
    "decide",
    "examine",
    "fold",
    "overdrawn",
]
