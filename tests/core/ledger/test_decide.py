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
account deposits/lost   liability no_overdraft lost
account deposits/court  liability no_overdraft stopped
account deposits/wang   liability no_overdraft
account hospital        liability no_overdraft
account clinic          liability no_overdraft
account usd             asset     USD
account usd/position    suspense  USD
hold h1 deposits/wang -> hospital 80.00 until 2026-11-30
limit pay supervisor outlet 20.00 40.00 from 2026-01-01
limit pay outlet_head outlet 30.00 40.00 from 2026-01-01
limit pay outlet_head outlet 25.00 45.00 from 2026-11-24
day_closed 2026-11-22
open1 领现 li/zhou: clearing -> vault 100000.00
open2 出库 li/zhou: vault -> drawer/li 2000.00
paid  兑换 li/zhou: drawer/li -> damaged 350.00
back  冲正 li/zhou: reverse paid
kept  兑换 li/zhou: drawer/li -> damaged 100.00
saved 存入 li/zhou: deposits/wang -> vault 100.00
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
    ("e1 兑换 li/li [2026-11-22]: usd -5.00, deposits/gone 6.00", "currency_differs"),
    ("e1 兑换 li/li [2026-11-22]: deposits/gone -5.00, drawer/li -9000.00", "not_zero_sum"),
    ("e1 购汇 li/li [2026-11-22]: deposits/gone 5.00, usd -5.00 USD", "not_zero_sum"),
    ("e1 购汇 li/li: deposits/zhang 5.00, vault -5.00, usd 4.00 USD, usd/position -3.00 USD", "not_zero_sum"),
    ("e1 兑换 li/li [2026-11-22]: deposits/gone -5.00, deposits/cold 5.00", "day_closed"),
    ("r1 冲正 li/li [2026-11-22]: reverse kept", "day_closed"),
    ("e1 兑换 li/li [2026-11-23]: deposits/cold 5.00, deposits/gone -5.00", "account_closed"),
    ("e1 兑换 li/li: deposits/lost 5.00, deposits/cold -5.00", "account_frozen"),
    ("e1 取款 li/li [2026-11-23 hold:h9]: deposits/lost 5.00, drawer/li -5.00", "instrument_lost"),
    ("e1 取款 li/li [2026-11-23 hold:h9]: deposits/court 5.00, drawer/li -5.00", "instrument_frozen"),
    ("e1 兑换 li/: drawer/li -9000.00, damaged 9000.00", "person_missing"),
    ("e1 兑换 /zhou: drawer/li -9000.00, damaged 9000.00", "person_missing"),
    ("e1 兑换 li/li: drawer/li -9000.00, damaged 9000.00", "maker_is_checker"),
    ("r1 冲正 li/li: reverse kept", "maker_is_checker"),
    ("e1 转账 li/li [hold:h9]: deposits/wang 500.00, clinic -500.00", "maker_is_checker"),
    ("e1 转账 li/zhou [2026-12-01 hold:h9]: deposits/wang 500.00, clinic -500.00", "unknown_hold"),
    ("e1 转账 li/zhou [2026-12-01 hold:h1]: deposits/wang 500.00, clinic -500.00", "hold_other_payee"),
    ("e1 转账 li/zhou [2026-12-01 hold:h1]: deposits/wang 500.00, hospital -500.00", "hold_expired"),
    ("e1 转账 li/zhou [2026-11-30 hold:h1]: deposits/wang 80.01, hospital -80.01", "hold_spent"),
    (
        "e1 取款 li/zhou [2026-11-30 pay:zhou=teller@outlet]: deposits/wang 20.01, drawer/li -20.01",
        "held_for_purpose",
    ),
    ("e1 转账 li/zhou: deposits/wang 20.01, hospital -20.01", "held_for_purpose"),  # not said to be out of it
    ("e1 转账 li/zhou [pay:zhou=teller@outlet]: deposits/wang 100.01, hospital -100.01", "overdraft"),
    (
        "e1 付 li/zhou [2026-11-23 pay:zhou=supervisor@outlet]: drawer/li -20.01, damaged 20.01",
        "second_head_missing",
    ),
    ("e1 付 li/zhou [2026-11-23 pay:zhou=supervisor@outlet]: drawer/li -40.01, damaged 40.01", "above_limit"),
    ("e1 付 li/zhou [2026-11-23 pay:zhou=teller@outlet]: drawer/li -0.01, damaged 0.01", "above_limit"),
    ("e1 付 li/zhou [2026-11-23 move:zhou=supervisor@outlet]: drawer/li -0.01, damaged 0.01", "above_limit"),
    ("e1 付 li/zhou [2025-12-31 pay:zhou=supervisor@outlet]: drawer/li -0.01, damaged 0.01", "day_closed"),
    (
        "e1 付 li/zhou [2026-11-24 pay:guo=outlet_head@outlet]: drawer/li -25.01, damaged 25.01",
        "second_head_missing",
    ),
    (
        "e1 付 li/zhou [2026-11-23 pay:zhou=supervisor@outlet,zhou=outlet_head@outlet]: drawer/li -30.01, damaged 30.01",
        "second_head_missing",  # one person in two roles is one head
    ),
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
        "e1 存入 li/zhou: deposits/lost -> vault 5.00",  # money may come in
        "e1 存入 li/zhou: deposits/court -> vault 5.00",
        "e1 记账 li/zhou [2026-11-23]: drawer/li -> damaged 1.00",
        "e1 取款 li/zhou: deposits/wang 20.00, drawer/li -20.00",
        "e1 转账 li/zhou [2026-11-30 hold:h1]: deposits/wang 80.00, hospital -80.00",
        "e1 购汇 li/zhou: deposits/wang 7.12, vault -7.12, usd -1.00 USD, usd/position 1.00 USD",
        "e1 付 li/zhou [2026-11-23 pay:zhou=supervisor@outlet]: drawer/li -20.00, damaged 20.00",
        "e1 付 li/zhou [2026-11-23 pay:zhou=outlet_head@outlet]: drawer/li -30.00, damaged 30.00",
        "e1 付 li/zhou [2026-11-24 pay:zhou=outlet_head@outlet]: drawer/li -25.00, damaged 25.00",
        "e1 付 li/zhou [2026-11-23 pay:zhou=supervisor@outlet,guo=outlet_head@outlet]: drawer/li -40.00, damaged 40.00",
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


def test_what_is_paid_back_into_a_hold_is_held_again() -> None:
    ledger = books(OUTLET + "out 转账 li/zhou [2026-11-30 hold:h1]: deposits/wang 62.30, hospital -62.30")
    assert ledger.holds["h1"].left_fen == 17_70
    verdict = decide(ledger, command("r1 冲正 li/zhou [2026-12-05]: reverse out"))
    assert isinstance(verdict, Accepted)
    assert verdict.events[0].entry.hold == "h1"
    after = fold(verdict.events, ledger)
    assert after.holds["h1"].left_fen == 80_00
    free = decide(after, command("e9 取款 li/zhou: deposits/wang 20.01, drawer/li -20.01"))
    assert isinstance(free, Refused)
    assert free.problem.code == "held_for_purpose"
    assert "可动用 20.00 元" in free.problem.words.zh
