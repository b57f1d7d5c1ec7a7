"""Money goes out once: faults of the core bank, killed in the middle, answers lost, late, twice, and about another sum."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused

SUM = 468_45
_numbers = itertools.count(1)


@dataclass
class Payment:
    """One transfer of the desk, approved by two people, and its way at the core bank."""

    desk: Desk
    order: str
    client: str
    hospital: str

    @property
    def row(self) -> Any:
        from xiaoshi.desk.bank.models import Dispatch

        return Dispatch.objects.using("owner").get(order_id=self.order)

    @property
    def state(self) -> str:
        return self.row.state

    def received(self) -> list[str]:
        from xiaoshi.desk.bank.models import Received

        rows = Received.objects.using("owner").filter(dispatch=self.row).order_by("at", "id")
        return [row.state for row in rows]

    def moved_fen(self) -> int:
        """What the hospital has at the core bank."""
        return int(self.desk.sandbox.ask(f"/accounts/{self.hospital}")["balance_fen"])


@dataclass
class Desk:
    """The desk's people, its worker at a moment of ours, and the sandbox."""

    people: Any
    sandbox: Any
    funded: Any
    now: Any

    def pay(self, amount_fen: int = SUM, at_bank_fen: int = 1_000_00, name: str = "样张医院") -> Payment:
        from xiaoshi.desk.money.acts import check_move
        from xiaoshi.desk.money.acts_decided import transfer

        turn = next(_numbers)
        client, hospital = f"62270000{turn:06d}", f"62280000{turn:06d}"
        account = self.funded(client, 1_000_00, "何采薇")
        self.sandbox.open(client, "何采薇", at_bank_fen)
        self.sandbox.open(hospital, "样张医院")
        fields = {"account_id": str(account.pk), "payee_number": hospital, "payee_name": name}
        order = self.do(transfer, self.people.teller, amount_fen=amount_fen, **fields)["order"]
        self.do(check_move, self.people.supervisor, order_id=order, amount_fen=amount_fen)
        return Payment(self, order, client, hospital)

    def do(self, act: Any, person: Any, **fields: Any) -> dict[str, Any]:
        return perform(act, person, str(uuid.uuid4()), **fields).result

    def refused(self, act: Any, person: Any, **fields: Any) -> str:
        with pytest.raises(Refused) as caught:
            self.do(act, person, **fields)
        assert caught.value.problem.words.zh
        assert caught.value.problem.words.en
        return caught.value.problem.code

    def work(self) -> None:
        from xiaoshi.desk.bank.jobs import work_off

        work_off(self.now)

    def later(self) -> None:
        """Past the longest wait, then work."""
        self.now += timedelta(minutes=11)
        self.work()


@pytest.fixture
def bank(desk: Any, people: Any, sandbox: Any, funded: Any, settings_of_core: Any) -> Desk:
    return Desk(people, sandbox, funded, timezone.now() + timedelta(seconds=5))


@pytest.fixture
def settings_of_core(sandbox: Any, monkeypatch: Any) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "CORE_URL", sandbox.address)
    monkeypatch.setattr(settings, "CORE_TIMEOUT_SECONDS", 1.0)


def test_a_transfer_goes_out_and_is_settled(bank):
    payment = bank.pay()
    assert (payment.state, payment.row.attempts) == ("queued", 0)
    bank.work()
    assert (payment.state, payment.row.code, payment.received()) == ("settled", "ACSC", ["understood"])
    assert payment.moved_fen() == SUM
    bank.later()
    assert payment.row.attempts == 1


def test_nothing_is_queued_without_a_core_bank(bank, monkeypatch):
    from django.conf import settings

    from xiaoshi.desk.bank.models import Dispatch

    monkeypatch.setattr(settings, "CORE_URL", "")
    payment = bank.pay()
    assert not Dispatch.objects.using("owner").filter(order_id=payment.order).exists()


@pytest.mark.parametrize(
    ("fault", "then"),
    [("lose_answer", "sent"), ("garbage", "sent"), ("down", "sent"), ("late", "sent"), ("twice", "settled")],
)
def test_whatever_happens_to_the_answer_the_money_moves_once(bank, fault, then):
    payment = bank.pay()
    bank.sandbox.faults(fault)
    bank.work()
    assert payment.state == then
    for _ in range(3):
        bank.later()
    assert payment.state == "settled"
    assert payment.moved_fen() == SUM


def test_an_answer_that_came_three_times_counts_once(bank):
    payment = bank.pay()
    bank.sandbox.faults("twice")
    bank.work()
    assert payment.received() == ["understood", "repeated", "repeated"]


def test_an_answer_that_nobody_can_read_is_kept_and_the_bank_is_asked(bank):
    payment = bank.pay()
    bank.sandbox.faults("garbage")
    bank.work()
    assert payment.received() == ["not_understood"]
    assert "核心" in payment.row.stop_zh or "XML" in payment.row.stop_zh
    bank.later()
    assert (payment.state, payment.received()) == ("settled", ["not_understood", "understood"])


def test_one_that_never_answers_stays_open_and_can_be_recalled_by_two(bank):
    from xiaoshi.desk.bank.acts import agree, propose

    payment = bank.pay()
    bank.sandbox.faults("never")
    bank.work()
    bank.later()
    assert (payment.state, payment.row.code) == ("sent", "PDNG")
    asked = bank.do(
        propose, bank.people.teller, payment_id=str(payment.row.pk), kind="recall", reason="家属要求"
    )
    bank.do(agree, bank.people.supervisor, decision_id=asked["decision"])
    bank.later()
    assert payment.state == "returned"
    assert payment.moved_fen() == 0


def test_another_amount_stops_it_for_two_people(bank):
    from xiaoshi.desk.bank.acts import agree, propose

    payment = bank.pay()
    bank.sandbox.faults("other_amount")
    bank.work()
    assert (payment.state, payment.row.answered_fen) == ("stopped", SUM + 1_00)
    assert "469.45" in payment.row.stop_zh
    ident = str(payment.row.pk)
    settled = {"payment_id": ident, "kind": "settled", "reason": "核心已更正"}
    asked = bank.do(propose, bank.people.teller, **settled)["decision"]
    assert bank.refused(propose, bank.people.colleague, **settled) == "request_waiting"
    assert bank.refused(agree, bank.people.teller, decision_id=asked) == "maker_is_checker"
    assert bank.refused(agree, bank.people.colleague, decision_id=asked) == "not_your_role"
    assert bank.refused(agree, bank.people.stranger_head, decision_id=asked) == "request_not_found"
    bank.do(agree, bank.people.supervisor, decision_id=asked)
    assert payment.state == "settled"
    assert bank.refused(agree, bank.people.supervisor, decision_id=asked) == "order_decided"


def test_a_rejected_payment_is_told_and_only_then_reversed(bank):
    from xiaoshi.desk.money.acts import check_move, reverse_move
    from xiaoshi.desk.money.models import MoneyOrder
    from xiaoshi.desk.notices.models import Notice

    payment = bank.pay(at_bank_fen=0)
    entry = str(MoneyOrder.objects.using("owner").get(id=payment.order).entry.pk)
    wanted = bank.do(reverse_move, bank.people.teller, entry_id=entry, reason="退回")["order"]
    check = {"order_id": wanted, "amount_fen": SUM}
    assert bank.refused(check_move, bank.people.supervisor, **check) == "payment_is_out"
    bank.work()
    assert (payment.state, payment.row.reason) == ("rejected", "AM04")
    told = Notice.objects.using("owner").filter(topic="bank", staff_login=bank.people.teller.login).last()
    assert "余额不足" in told.words_zh
    bank.do(check_move, bank.people.supervisor, **check)


def test_a_recall_brings_it_back_and_a_second_is_not_possible(bank):
    from xiaoshi.desk.bank.acts import agree, propose

    payment = bank.pay()
    bank.work()
    fields = {"payment_id": str(payment.row.pk), "kind": "recall", "reason": "付错"}
    asked = bank.do(propose, bank.people.teller, **fields)["decision"]
    assert payment.moved_fen() == SUM
    bank.do(agree, bank.people.supervisor, decision_id=asked)
    assert payment.state == "recalling"
    bank.work()
    assert (payment.state, payment.moved_fen()) == ("returned", 0)
    assert bank.refused(propose, bank.people.teller, **fields) == "not_in_this_state"


def test_a_recall_that_is_refused_leaves_it_settled_and_says_why(bank):
    from xiaoshi.desk.bank.acts import agree, propose

    first, second = bank.pay(), bank.pay()
    bank.work()
    # The hospital has spent it: its money went on to another account.
    _spend(bank, first)
    asked = bank.do(propose, bank.people.teller, payment_id=str(first.row.pk), kind="recall", reason="付错")[
        "decision"
    ]
    bank.do(agree, bank.people.supervisor, decision_id=asked)
    bank.work()
    assert (first.state, first.row.reason) == ("settled", "AM04")
    assert "余额不足" in first.row.stop_zh
    assert second.state == "settled"


@pytest.mark.parametrize(
    ("code", "answered", "after"),
    [
        ("CNCL", "PDNG", "returned"),
        ("RJCR", "ACSC", "settled"),
        ("RJCR", "PDNG", "stopped"),
        ("PDCR", "ACSC", "recalling"),
    ],
)
def test_a_refused_recall_makes_nothing_settled_that_the_bank_never_said_it_paid(bank, code, answered, after):
    from xiaoshi.core.iso20022 import Resolution
    from xiaoshi.desk.bank.acts import agree, propose
    from xiaoshi.desk.bank.models import Dispatch
    from xiaoshi.desk.bank.understanding import take_resolution
    from xiaoshi.desk.guard.visibility import visible_to_house

    payment = bank.pay()
    bank.sandbox.faults("pending" if answered == "PDNG" else "")
    bank.work()
    assert payment.row.code == answered
    fields = {"payment_id": str(payment.row.pk), "kind": "recall", "reason": "付错"}
    bank.do(
        agree, bank.people.supervisor, decision_id=bank.do(propose, bank.people.teller, **fields)["decision"]
    )
    with visible_to_house("bank"):
        row = Dispatch.objects.get(id=payment.row.pk)
        told = Resolution("A1", bank.now, row.recall_key, row.key, code)
        assert take_resolution(row, told, bank.now) == "understood"
    assert payment.state == after
    Dispatch.objects.using("owner").filter(id=row.pk, state="recalling").update(state="stopped", stop_zh="试")


def _spend(bank: Desk, payment: Payment) -> None:
    from xiaoshi.core.iso20022 import Party
    from xiaoshi.desk.bank.http_core import HttpCore
    from xiaoshi.desk.bank.port import Transfer

    own = "999999999999"
    core = HttpCore(bank.sandbox.address, own)
    giver, taker = Party("样张医院", payment.hospital, own), Party("何采薇", payment.client, own)
    wanted = Transfer(uuid.uuid4().hex, giver, taker, SUM, timezone.now(), timezone.localdate())
    assert core.transfer(wanted).outcome == "settled"


def test_the_bank_killed_after_booking_and_the_worker_killed_before_storing(bank, monkeypatch):
    """Two deaths in a row: the bank after it booked, then our process after it was answered. The money moved once."""
    from xiaoshi.desk.bank import sending

    payment = bank.pay()
    bank.sandbox.faults("die")
    bank.work()
    assert payment.state == "sent"
    bank.sandbox.end()
    bank.later()  # still down
    assert payment.state == "sent"
    bank.sandbox.start()

    def dies(*_args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sending, "store_answer", dies)
        with pytest.raises(KeyboardInterrupt):
            bank.later()
    assert (payment.state, payment.received()) == ("sent", [])
    bank.later()
    assert (payment.state, payment.moved_fen()) == ("settled", SUM)


def test_a_worker_that_died_before_the_wire_sends_after_asking(bank):
    from xiaoshi.desk.bank.sending import claim

    payment = bank.pay()
    assert claim(bank.now) is not None  # and then nothing: the process is gone
    bank.work()
    assert (payment.state, payment.moved_fen()) == ("sent", 0)
    bank.later()
    assert (payment.state, payment.moved_fen()) == ("settled", SUM)


def test_two_workers_never_take_the_same_payment(bank):
    from xiaoshi.desk.bank.sending import claim

    bank.pay()
    first, second = claim(bank.now), claim(bank.now)
    assert first is not None
    assert second is None


def test_a_name_that_no_message_can_carry_stops_before_it_goes_out(bank):
    from xiaoshi.desk.bank.models import Dispatch

    payment = bank.pay()
    Dispatch.objects.using("owner").filter(id=payment.row.pk).update(debtor_name="何" * 141)
    bank.work()
    assert payment.state == "stopped"
    assert "141" in payment.row.stop_zh
    assert payment.moved_fen() == 0


def test_the_database_lets_no_payment_go_another_way(bank):
    from xiaoshi.desk.bank.models import Dispatch
    from xiaoshi.desk.guard.visibility import visible_to

    payment = bank.pay()
    for state in ("settled", "returned", "recalling", "rejected"):
        with pytest.raises(DatabaseError), visible_to(bank.people.supervisor), transaction.atomic():
            Dispatch.objects.filter(id=payment.row.pk).update(state=state)
    with pytest.raises(DatabaseError), visible_to(bank.people.supervisor), transaction.atomic():
        Dispatch.objects.filter(id=payment.row.pk).update(amount_fen=1)
    with visible_to(bank.people.stranger_head):
        assert not Dispatch.objects.filter(id=payment.row.pk).exists()


def test_the_day_agrees_with_the_bank_and_what_differs_is_listed(bank):
    from xiaoshi.desk.bank.comparing import fetch_day
    from xiaoshi.desk.bank.models import DayCompared, DayDifference, Dispatch
    from xiaoshi.desk.bank.understanding import understand_stored

    good, lost = bank.pay(), bank.pay()
    bank.work()
    bank.sandbox.faults("lose_answer")
    open_ = bank.pay()
    bank.work()
    # One that the bank never had, though our books say that it was carried out.
    with transaction.atomic(using="owner"):
        Dispatch.objects.using("owner").filter(id=lost.row.pk).update(key="e" * 32)
    today = timezone.localdate()
    assert fetch_day(today, bank.now)
    understand_stored(bank.now)
    rows = DayDifference.objects.using("owner").filter(day=today)
    assert not rows.filter(dispatch=good.row).exists()
    assert list(rows.filter(dispatch=lost.row).values_list("kind", flat=True)) == ["only_ours"]
    assert list(rows.filter(dispatch=open_.row).values_list("kind", flat=True)) == ["still_open"]
    assert rows.filter(kind="only_theirs", account_number=lost.client).exists()
    assert DayCompared.objects.using("owner").get(day=today).payments >= 3
