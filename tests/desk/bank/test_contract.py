"""One contract for every core bank: the embedded ledger and the sandbox over HTTP answer alike."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from xiaoshi.core.iso20022 import Party, Reason
from xiaoshi.core.problems import Problem
from xiaoshi.desk.bank.embedded import EmbeddedCore
from xiaoshi.desk.bank.http_core import HttpCore
from xiaoshi.desk.bank.port import RecallWanted, Transfer

OWN = "999999999999"
_numbers = itertools.count(1)


@dataclass
class Bank:
    """A core bank with one client (10,000.00 yuan), one hospital and one other firm, fresh for each test."""

    core: Any
    client: Party
    hospital: Party
    firm: Party

    def transfer(self, amount_fen: int = 468_45, **changed: Any) -> Transfer:
        now = timezone.now()
        made = Transfer(
            uuid.uuid4().hex, self.client, self.hospital, amount_fen, now, timezone.localdate(now)
        )
        return replace(made, **changed)

    def balance_fen(self, party: Party) -> int:
        return self.core.account(party.account, party.name).balance_fen

    def recall(self, key: str, amount_fen: int = 468_45) -> RecallWanted:
        return RecallWanted(uuid.uuid4().hex, key, amount_fen, Reason("DUPL"), timezone.now(), OWN)

    def hold(self, key: str, amount_fen: int = 1_000_00) -> Any:
        until = timezone.localdate() + timedelta(days=3)
        return self.core.hold(
            key, self.client.account, self.hospital.account, self.hospital.name, amount_fen, until
        )


@pytest.fixture(params=["embedded", "http"])
def bank(request, desk, people, sandbox, funded) -> Bank:
    turn = next(_numbers)
    client, hospital, firm = (
        Party(name, f"62170000{kind}{turn:06d}", OWN)
        for kind, name in ((1, "何采薇"), (2, "样张市第一人民医院"), (3, "样张商店"))
    )
    for party, fen in ((client, 10_000_00), (hospital, 0), (firm, 0)):
        if request.param == "http":
            sandbox.open(party.account, party.name, fen)
        else:
            funded(party.account, fen, party.name)
    core = (
        HttpCore(sandbox.address, OWN)
        if request.param == "http"
        else EmbeddedCore(people.teller, people.supervisor)
    )
    return Bank(core, client, hospital, firm)


def code_of(found: Any) -> str:
    assert isinstance(found, Problem), found
    assert found.words.zh
    assert found.words.en
    return found.code


def reason_of(answer: Any) -> tuple[str, str]:
    return answer.outcome, answer.reasons[0].code


def test_an_account_is_found_by_number_and_name_together(bank):
    found = bank.core.account(bank.client.account, "何采薇")
    assert (found.balance_fen, found.held_fen, found.state) == (10_000_00, 0, "open")
    assert code_of(bank.core.account(bank.client.account, "何采徽")) == "payee_name_differs"
    assert code_of(bank.core.account("62170000999999999", "何采薇")) == "account_not_found"


def test_a_transfer_moves_the_sum_and_stands_in_the_day(bank):
    wanted = bank.transfer()
    answer = bank.core.transfer(wanted)
    assert (answer.outcome, answer.amount_fen, answer.end_to_end_id) == ("settled", 468_45, wanted.key)
    assert bank.balance_fen(bank.client) == 10_000_00 - 468_45
    assert bank.balance_fen(bank.hospital) == 468_45
    day = bank.core.entries(bank.client.account, timezone.localdate())
    mine = [line for line in day.lines if line.end_to_end_id == wanted.key]
    assert [line.amount_fen for line in mine] == [-468_45]
    assert day.opening_fen + sum(line.amount_fen for line in day.lines) == day.closing_fen


def test_the_same_key_is_the_same_transfer_once(bank):
    wanted = bank.transfer()
    first, second = bank.core.transfer(wanted), bank.core.transfer(wanted)
    assert first == second
    assert bank.balance_fen(bank.hospital) == 468_45


def test_the_same_key_with_another_sum_is_refused(bank):
    wanted = bank.transfer()
    bank.core.transfer(wanted)
    assert code_of(bank.core.transfer(replace(wanted, amount_fen=468_46))) == "key_reused"
    assert bank.balance_fen(bank.hospital) == 468_45


def test_the_state_tells_what_became_of_a_transfer(bank):
    assert bank.core.state(uuid.uuid4().hex) is None
    wanted = bank.transfer()
    bank.core.transfer(wanted)
    assert bank.core.state(wanted.key).outcome == "settled"


def test_more_than_is_there_is_rejected_and_stays_rejected(bank):
    wanted = bank.transfer(10_000_01)
    assert reason_of(bank.core.transfer(wanted)) == ("rejected", "AM04")
    assert reason_of(bank.core.transfer(wanted)) == ("rejected", "AM04")
    assert bank.core.state(wanted.key).outcome == "rejected"
    assert bank.balance_fen(bank.client) == 10_000_00


def test_a_payee_whose_name_differs_by_one_character_is_not_paid(bank):
    wanted = bank.transfer(creditor=replace(bank.hospital, name="样张市笫一人民医院"))
    assert reason_of(bank.core.transfer(wanted)) == ("rejected", "BE01")
    nobody = bank.transfer(creditor=replace(bank.hospital, account="62170000999999999"))
    assert reason_of(bank.core.transfer(nobody)) == ("rejected", "AC03")


def test_held_money_reaches_its_payee_only(bank):
    key = uuid.uuid4().hex
    made = bank.hold(key)
    assert (made.left_fen, made.state) == (1_000_00, "held")
    assert bank.hold(key) == made
    assert bank.core.account(bank.client.account, "何采薇").held_fen == 1_000_00
    other = bank.transfer(creditor=bank.firm, hold=key)
    assert reason_of(bank.core.transfer(other)) == ("rejected", "AG01")
    assert reason_of(bank.core.transfer(bank.transfer(9_500_00))) == ("rejected", "AM04")
    assert bank.core.transfer(bank.transfer(400_00, hold=key)).outcome == "settled"
    assert bank.core.account(bank.client.account, "何采薇").held_fen == 600_00


def test_a_hold_is_set_free_and_one_that_is_not_covered_is_refused(bank):
    key = uuid.uuid4().hex
    bank.hold(key)
    if isinstance(bank.core, EmbeddedCore):
        from desk_fixtures import the_people

        bank.core.checker = the_people().outlet_head  # in these books a head sets free
    assert bank.core.release(key).state == "released"
    assert bank.core.account(bank.client.account, "何采薇").held_fen == 0
    assert code_of(bank.hold(uuid.uuid4().hex, 10_000_01)) == "hold_not_covered"


def test_a_recall_brings_the_money_back_once(bank):
    wanted = bank.transfer()
    bank.core.transfer(wanted)
    recall = bank.recall(wanted.key)
    assert bank.core.recall(recall).outcome == "returned"
    assert bank.core.recall(recall).outcome == "returned"
    assert bank.balance_fen(bank.client) == 10_000_00
    again = bank.core.recall(bank.recall(wanted.key))
    assert (again.outcome, again.reasons[0].code) == ("refused", "ARDT")
    assert bank.balance_fen(bank.client) == 10_000_00


def test_what_was_never_paid_is_not_given_back(bank):
    answer = bank.core.recall(bank.recall(uuid.uuid4().hex))
    assert (answer.outcome, answer.reasons[0].code) == ("refused", "NOOR")
