"""The rule book of the ledger as one table, in its order of precedence, and the flows of the burnt-note case."""

from __future__ import annotations

import dataclasses

import pytest

from xiaoshi.core.ledger import Accepted, Account, Ledger, Posting, Refused, decide, fold
from xiaoshi.core.problems import Words

from .ledger_text import books, command, standing

OUTLET = """
account vault           asset     no_overdraft
account drawer/li       asset     no_overdraft
account damaged         asset     no_overdraft
account coins           asset     no_overdraft
account clearing        suspense
account deposits/zhang  liability no_overdraft
account deposits/cold   liability no_overdraft frozen
account deposits/gone   liability no_overdraft closed
account usd             asset     USD
open1 领现 li/zhou: clearing -> vault 100000.00
open2 出库 li/zhou: vault -> drawer/li 2000.00
paid  兑换 li/zhou: drawer/li -> damaged 350.00
back  冲正 li/zhou: reverse paid
kept  兑换 li/zhou: drawer/li -> damaged 100.00
"""

# Every line breaks its own rule and as many later ones as can be broken at once: the earlier rule must win.
REFUSALS = [
    ("- 兑换 li/li: nobody 0.00", "entry_id_missing"),
    ("kept 兑换 li/li: nobody 0.00", "entry_id_taken"),
    ("kept 冲正 li/zhou: reverse kept", "entry_id_taken"),
    ("r1 冲正 li/li: reverse never", "unknown_entry"),
    ("r1 冲正 li/li: reverse back", "reversal_of_reversal"),
    ("r1 冲正 li/li: reverse paid", "already_reversed"),
    ("e1 兑换 li/li: ", "entry_empty"),
    ("e1 兑换 li/li: nobody 0.00", "one_sided"),
    ("e1 兑换 li/li: nobody 0.00, nobody 1.00", "zero_amount"),
    ("e1 兑换 li/li: nobody -1000000000000.00, nobody 5.00", "amount_too_large"),
    ("e1 兑换 li/li: nobody -5.00, nobody 6.00", "account_twice"),
    ("e1 兑换 li/li: nobody -5.00, usd 6.00, deposits/gone 7.00", "unknown_account"),
    ("e1 兑换 li/li: usd -5.00, deposits/gone 6.00", "currency_mixed"),
    ("e1 兑换 li/li: deposits/gone -5.00, drawer/li -9000.00", "not_zero_sum"),
    ("e1 兑换 li/li: deposits/gone -5.00, deposits/cold 5.00", "account_closed"),
    ("e1 兑换 li/li: deposits/zhang 5.00, deposits/cold -5.00", "account_frozen"),
    ("e1 兑换 li/: drawer/li -9000.00, damaged 9000.00", "person_missing"),
    ("e1 兑换 /zhou: drawer/li -9000.00, damaged 9000.00", "person_missing"),
    ("e1 兑换 li/li: drawer/li -9000.00, damaged 9000.00", "maker_is_checker"),
    ("r1 冲正 li/li: reverse kept", "maker_is_checker"),
    ("e1 兑换 li/zhou: drawer/li -1900.01, damaged 1900.01", "overdraft"),
    ("e1 取款 li/zhou: deposits/zhang 0.01, drawer/li -0.01", "overdraft"),
    ("r1 冲正 li/zhou: reverse open1", "overdraft"),  # 2,000.00 of the vault are in the drawer by now
]


@pytest.mark.parametrize(("line", "code"), REFUSALS)
def test_refusals_in_their_order_of_precedence(line: str, code: str) -> None:
    verdict = decide(books(OUTLET), command(line))
    assert isinstance(verdict, Refused), line
    assert verdict.problem.code == code
    assert verdict.problem.words.zh
    assert verdict.problem.words.en


@pytest.mark.parametrize(
    "line",
    [
        "e1 兑换 li/zhou: drawer/li -> damaged 1900.00",  # to the last fen
        "e1 入账 li/zhou: deposits/zhang -> damaged 46845.00",
        "e1 上缴 li/zhou: clearing -> vault 999999999999.99",
        "e1 分付 li/zhou: drawer/li -> damaged 300.00, drawer/li -> coins 50.00",
        "kept 兑换 li/zhou: drawer/li -> damaged 100.00",  # sent a second time
        "back 冲正 li/zhou: reverse paid",
        "r1 冲正 li/zhou: reverse kept",
    ],
)
def test_accepted_on_the_other_side_of_each_boundary(line: str) -> None:
    assert isinstance(decide(books(OUTLET), command(line)), Accepted)


def test_the_same_command_twice_is_booked_once_even_after_the_drawer_is_empty() -> None:
    ledger = books(OUTLET + "empty 入库 li/zhou: drawer/li -> vault 1900.00")
    assert decide(ledger, command("kept 兑换 li/zhou: drawer/li -> damaged 100.00")) == Accepted(())


def test_burnt_notes_in_cash_and_into_an_account() -> None:
    ledger = books(
        """
        account drawer/li asset no_overdraft
        account damaged asset no_overdraft
        account clearing suspense
        account deposits/zhang liability no_overdraft
        a 领现 li/zhou: clearing -> drawer/li 2000.00
        b 兑换 li/zhou: drawer/li -> damaged 350.00
        c 入账 li/zhou: deposits/zhang -> damaged 46845.00
        """
    )
    assert standing(ledger) == {
        "clearing": "-2000.00",
        "damaged": "47195.00",
        "deposits/zhang": "-46845.00",
        "drawer/li": "1650.00",
    }


def test_a_reversal_keeps_both_and_restores_the_balances() -> None:
    ledger = books(OUTLET)
    assert ledger.reversed_by == {"paid": "back"}
    assert ledger.entries["back"].postings == tuple(
        Posting(p.account, -p.amount_fen) for p in ledger.entries["paid"].postings
    )
    assert standing(ledger)["damaged"] == "100.00"


def test_an_overdraft_says_how_much_is_there_in_the_accounts_own_sign() -> None:
    verdict = decide(books(OUTLET), command("e 取款 li/zhou: deposits/zhang 5.00, drawer/li -5.00"))
    assert isinstance(verdict, Refused)
    assert "余额 0.00 元,不足 5.00 元" in verdict.problem.words.zh
    assert verdict.problem.where == "postings/0"


def test_programmers_errors_are_raised() -> None:
    with pytest.raises(TypeError):
        Posting("vault", 1.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Posting("vault", True)
    with pytest.raises(ValueError, match="suspense"):
        Account("clearing", "suspense", Words("往来", "clearing"), no_overdraft=True)
    vault = Account("vault", "asset", Words("金库", "vault"))
    with pytest.raises(ValueError, match="twice"):
        Ledger.of([vault, vault])


def test_decide_and_fold_leave_what_they_are_given_alone() -> None:
    before = books(OUTLET)
    copy = dataclasses.replace(before, balances=dict(before.balances), entries=dict(before.entries))
    verdict = decide(before, command("e1 兑换 li/zhou: drawer/li -> damaged 1.00"))
    assert isinstance(verdict, Accepted)
    fold(verdict.events, before)
    assert before == copy
