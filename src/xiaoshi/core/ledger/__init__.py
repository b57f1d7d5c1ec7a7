"""Double entry in whole fen: `decide(ledger, command)` answers entries or a refusal, `fold` applies them. See README.md."""

from __future__ import annotations

from xiaoshi.core.ledger.engine import Accepted, Refused, decide, fold
from xiaoshi.core.ledger.model import (
    Account,
    AccountKind,
    AccountState,
    Authority,
    Command,
    Entry,
    EntryPosted,
    Head,
    Hold,
    Ledger,
    PostEntry,
    Posting,
    ReverseEntry,
    Side,
    overdrawn,
    taken_fen,
)
from xiaoshi.core.ledger.statement import Finding, examine

__all__ = [
    "Accepted",
    "Account",
    "AccountKind",
    "AccountState",
    "Authority",
    "Command",
    "Entry",
    "EntryPosted",
    "Finding",
    "Head",
    "Hold",
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
    "taken_fen",
]
