"""The port `CoreBank`: what an ordinary core bank has to be able to do for the desk. One contract suite runs over every
implementation (`tests/desk/bank/test_contract.py`).

Whatever moves money carries a key of the caller's: the same key again is the same thing, once, with the same answer; the same key
with another content is refused. What the bank refuses is an answer (`RJCT` with a reason) or a `Problem`; what it did not say at
all is `NoAnswerError`, and then only `state` tells whether it was done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from xiaoshi.core.iso20022 import Answer, Party, Reason, Resolution, Statement
from xiaoshi.core.problems import Problem, Words


class NoAnswerError(Exception):
    """The bank said nothing that can be read. `problem`: in words. Money may have moved: ask for the state before anything else."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """`state`: open, frozen, closed, lost; `held_fen` is part of the balance and cannot be paid freely."""

    number: str
    name: str
    currency: str
    state: str
    balance_fen: int
    held_fen: int


@dataclass(frozen=True, slots=True)
class FoundHold:
    """`state`: held or released; `left_fen`: what is still set aside."""

    key: str
    account: str
    payee: str
    amount_fen: int
    left_fen: int
    state: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money from an account here to one here or at another bank. `key`: 1 to 35 plain characters, the end-to-end id.

    `hold`: the key of the hold that it is paid from.
    """

    key: str
    debtor: Party
    creditor: Party
    amount_fen: int
    made_at: datetime
    execute_on: date
    currency: str = "CNY"
    text: str = ""
    hold: str = ""


@dataclass(frozen=True, slots=True)
class RecallWanted:
    """Asking back the transfer `transfer_key`; `key` of the recall itself."""

    key: str
    transfer_key: str
    amount_fen: int
    reason: Reason
    made_at: datetime
    their_bank: str
    currency: str = "CNY"


class CoreBank(Protocol):
    """Every method may raise `NoAnswerError`."""

    def account(self, number: str, name: str) -> FoundAccount | Problem:
        """The account, when number and name belong together to the character."""
        ...

    def hold(
        self, key: str, account: str, payee: str, payee_name: str, amount_fen: int, until: date
    ) -> FoundHold | Problem:
        """Set money aside for one payee."""
        ...

    def release(self, key: str) -> FoundHold | Problem:
        """Set free what is left of a hold."""
        ...

    def transfer(self, wanted: Transfer) -> Answer | Problem:
        """Pay. A `Problem` when it cannot even be put to the bank."""
        ...

    def state(self, key: str) -> Answer | None:
        """What became of a transfer; None when the bank never had it."""
        ...

    def recall(self, wanted: RecallWanted) -> Resolution | Problem:
        """Ask a transfer back."""
        ...

    def entries(self, account: str, day: date) -> Statement | Problem:
        """The lines of a day, with opening and closing balance."""
        ...


def account_not_found() -> Problem:
    return Problem(
        "account_not_found",
        Words("核心没有这个账户，请核对账号。", "The core bank has no such account; check the number."),
    )


def name_differs(name: str) -> Problem:
    return Problem(
        "payee_name_differs",
        Words(
            f"该账号登记的户名与“{name}”不一致，请逐字核对户名和账号。",
            f"The name on this account is not “{name}”. Compare name and number character by character.",
        ),
    )


def key_reused() -> Problem:
    return Problem(
        "key_reused",
        Words("这个编号已用于另一笔，没有办理。", "This key was used for something else; nothing was done."),
    )
