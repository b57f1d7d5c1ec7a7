"""Paying what a case settled: recorded by one, checked blind by another, booked once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections

from xiaoshi.desk.guard.boundary import ACTS
from xiaoshi.desk.guard.refusals import Invalid, NotAllowed, NotFound, Refused
from xiaoshi.desk.money.acts import pay_out, reject_payment, reverse_entry, withdraw_payment
from xiaoshi.desk.money.chart import DAMAGED, code_of, drawer_code
from xiaoshi.desk.money.models import Account, Entry, MoneyOrder
from xiaoshi.desk.organisation.models import Staff

pytestmark = pytest.mark.database
DUE_FEN = 468_45


def stored(order: str) -> MoneyOrder:
    return MoneyOrder.objects.using("owner").get(id=order)


def code_of_refusal(refused: Any) -> str:
    return refused.value.problem.code


def test_cash_leaves_the_drawer_and_damaged_notes_come_in(till: Any, people: Any, balance_fen: Any) -> None:
    drawer = drawer_code(till.case.unit_path, people.teller.login)
    damaged = code_of(till.case.unit_path, DAMAGED)
    before = balance_fen(drawer), balance_fen(damaged)
    order = till.record(people.teller)
    assert (balance_fen(drawer), balance_fen(damaged)) == before, "nothing moves before the check"
    answer = till.check(people.supervisor, order)
    assert answer["state"] == "approved"
    assert balance_fen(drawer) == before[0] - DUE_FEN
    assert balance_fen(damaged) == before[1] + DUE_FEN
    entry = Entry.objects.using("owner").get(id=answer["entry"])
    assert (entry.maker, entry.checker, entry.case_id) == (
        people.teller.login,
        people.supervisor.login,
        till.case.id,
    )
    assert entry.purpose_zh == "残损币兑换付现金"


def test_into_an_account_the_bank_owes_the_client(till: Any, people: Any, balance_fen: Any) -> None:
    order = till.record(people.teller, way="account", account_number="6217 0000 0000 00417")
    till.check(people.outlet_head, order)
    account = Account.objects.using("owner").get(code=code_of(till.case.unit_path, "2011/62170000000000417"))
    assert (account.kind, account.holder) == ("liability", "何采薇")
    assert balance_fen(account.code) == -DUE_FEN


def test_an_account_of_somebody_else_or_no_account_is_refused(till: Any, people: Any) -> None:
    till.record(people.teller, way="account", account_number="62170000000000999", holder="王国庆")
    with pytest.raises(Refused) as refused:
        till.do(
            ACTS["money.withdraw_payment"],
            people.colleague,
            order_id=str(MoneyOrder.objects.using("owner").latest("made_at").id),
        )
    assert code_of_refusal(refused) == "not_your_order"
    till.do(
        withdraw_payment, people.teller, order_id=str(MoneyOrder.objects.using("owner").latest("made_at").id)
    )
    with pytest.raises(Refused) as refused:
        till.record(people.teller, way="account", account_number="62170000000000999")
    assert code_of_refusal(refused) == "holder_differs"
    with pytest.raises(Invalid) as refused:
        till.record(people.teller, way="account", account_number="12 三")
    assert code_of_refusal(refused) == "account_number_unusable"


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("teller", None),
        ("colleague", None),
        ("supervisor", "not_your_role"),
        ("auditor", "auditor_reads_only"),
        ("stranger", "case_not_found"),
    ],
)
def test_who_records(till: Any, people: Any, who: str, code: str | None) -> None:
    if code is None:
        assert stored(till.record(getattr(people, who))).state == "waiting"
        return
    with pytest.raises(Refused) as refused:
        till.record(getattr(people, who))
    assert code_of_refusal(refused) == code


@pytest.mark.parametrize(
    ("who", "refusal", "code"),
    [
        ("supervisor", None, None),
        ("outlet_head", None, None),
        ("teller", NotAllowed, "maker_is_checker"),
        ("colleague", NotAllowed, "not_your_role"),
        ("auditor", NotAllowed, "auditor_reads_only"),
        ("stranger_head", NotFound, "case_not_found"),
    ],
)
def test_who_checks(
    till: Any, people: Any, who: str, refusal: type[Refused] | None, code: str | None
) -> None:
    order = till.record(people.teller)
    if refusal is None:
        assert till.check(getattr(people, who), order)["state"] == "approved"
        return
    with pytest.raises(refusal) as refused:
        till.check(getattr(people, who), order)
    assert code_of_refusal(refused) == code
    assert stored(order).state == "waiting"


def test_neither_of_two_who_stand_in_for_each_other_checks(till: Any, people: Any) -> None:
    """The maker stood in for the outlet head: then the head does not check it, though somebody else typed the sum."""
    order = till.record(people.teller)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE money_moneyorder DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE money_moneyorder SET made_for = %s WHERE id = %s", [people.outlet_head.login, order]
        )
        cursor.execute("ALTER TABLE money_moneyorder ENABLE TRIGGER USER")
    with pytest.raises(NotAllowed) as refused:
        till.check(people.outlet_head, order)
    assert code_of_refusal(refused) == "maker_is_checker"
    assert till.check(people.supervisor, order)["state"] == "approved"


def test_one_person_with_both_roles_does_not_check_his_own(till: Any, people: Any) -> None:
    both = Staff.objects.using("owner").get(login=people.teller.login)
    roles = list(both.roles)
    Staff.objects.using("owner").filter(login=both.login).update(roles=[*roles, "supervisor"])
    try:
        person = Staff.objects.select_related("unit").get(login=both.login)
        order = till.record(person)
        with pytest.raises(NotAllowed) as refused:
            till.check(person, order)
        assert code_of_refusal(refused) == "maker_is_checker"
    finally:
        Staff.objects.using("owner").filter(login=both.login).update(roles=roles)


def test_different_sums_go_back_and_neither_person_learns_the_others(till: Any, people: Any) -> None:
    order = till.record(people.teller)
    assert till.check(people.supervisor, order, DUE_FEN - 1_00) == {"order": order, "state": "mismatch"}
    ended = stored(order)
    assert [(a["checker"], a["amount_fen"]) for a in ended.attempts] == [
        (people.supervisor.login, DUE_FEN - 1_00)
    ]
    assert not Entry.objects.using("owner").filter(case_id=till.case.id).exists()
    for entry in till.entries():
        if entry.act.startswith("money."):
            assert "468" not in str(entry.body["words"])
            assert not {"amount_fen"} & set(entry.body)
    assert "不一致" in till.entries()[-1].body["words"]["zh"]
    with pytest.raises(Refused) as refused:
        till.check(people.supervisor, order)
    assert code_of_refusal(refused) == "order_decided"
    again = till.record(people.teller)
    assert str(stored(again).replaces_id) == order
    assert till.check(people.supervisor, again)["state"] == "approved"


def test_a_rejection_is_kept_with_its_reason(till: Any, people: Any) -> None:
    order = till.record(people.teller)
    with pytest.raises(Invalid):
        till.do(reject_payment, people.supervisor, order_id=order, reason="  ")
    till.do(reject_payment, people.supervisor, order_id=order, reason="封签号不清")
    kept = stored(order)
    assert (kept.state, kept.reason, kept.checker) == ("rejected", "封签号不清", people.supervisor.login)
    assert "封签号不清" in till.entries()[-1].body["words"]["zh"]


def test_the_sum_must_be_the_one_that_is_due(till: Any, people: Any, new_case: Any) -> None:
    with pytest.raises(Invalid) as refused:
        till.record(people.teller, amount_fen=DUE_FEN + 1)
    assert (refused.value.problem.code, refused.value.problem.where) == ("amount_not_due", "amount")
    till.case = new_case()
    with pytest.raises(Refused) as refused:
        till.record(people.teller)
    assert code_of_refusal(refused) == "nothing_due"


def test_nothing_is_paid_before_the_recheck(till: Any, people: Any, new_case: Any) -> None:
    till.case = new_case()
    till.do(ACTS["test.settle"], people.teller, sum_fen=DUE_FEN)
    with pytest.raises(Refused) as refused:
        till.record(people.teller)
    assert code_of_refusal(refused) == "too_early_to_pay"
    assert "先办：出具单据" in refused.value.problem.words.zh


def test_a_case_sent_back_in_between_is_not_paid(till: Any, people: Any) -> None:
    from xiaoshi.desk.cases.verbs import send_back

    order = till.record(people.teller)
    till.do(send_back, people.teller, step="count", reason="漏点一张")
    with pytest.raises(Refused) as refused:
        till.check(people.supervisor, order)
    assert code_of_refusal(refused) == "too_early_to_pay"
    till.do(reject_payment, people.supervisor, order_id=order, reason="已退回清点")


def test_a_sum_is_paid_once(till: Any, people: Any) -> None:
    order = till.record(people.teller)
    with pytest.raises(Refused) as refused:
        till.record(people.colleague)
    assert code_of_refusal(refused) == "order_waiting"
    till.check(people.supervisor, order)
    with pytest.raises(Refused) as refused:
        till.record(people.teller)
    assert code_of_refusal(refused) == "already_paid"


def test_two_checkers_at_once_book_once(till: Any, people: Any) -> None:
    order = till.record(people.teller)
    go, said = threading.Barrier(2), []

    def check(person: Any) -> None:
        go.wait()
        try:
            said.append(till.check(person, order)["state"])
        except Refused as refused:
            said.append(refused.problem.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=check, args=[p]) for p in (people.supervisor, people.outlet_head)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["approved", "order_decided"]
    assert Entry.objects.using("owner").filter(order_id=order).count() == 1


def test_an_empty_drawer_refuses_and_the_order_still_waits(till: Any, people: Any) -> None:
    till.do(ACTS["test.settle"], people.teller, sum_fen=900_000_00)
    order = till.record(people.teller, amount_fen=900_000_00)
    with pytest.raises(Refused) as refused:
        till.check(people.supervisor, order, 900_000_00)
    assert code_of_refusal(refused) == "overdraft"
    assert stored(order).state == "waiting"


def test_a_reversal_takes_two_people_and_frees_the_sum(till: Any, people: Any, balance_fen: Any) -> None:
    damaged = code_of(till.case.unit_path, DAMAGED)
    before = balance_fen(damaged)
    entry = till.check(people.supervisor, till.record(people.teller))["entry"]
    reversal = till.do(reverse_entry, people.teller, entry_id=entry, reason="付错客户")["order"]
    assert balance_fen(damaged) == before + DUE_FEN
    with pytest.raises(NotAllowed):
        till.check(people.teller, reversal)
    booked = till.check(people.supervisor, reversal)["entry"]
    assert balance_fen(damaged) == before
    for wrong, code in ((booked, "reversal_of_reversal"), (entry, "already_reversed")):
        with pytest.raises(Refused) as refused:
            till.do(reverse_entry, people.teller, entry_id=wrong, reason="再来")
        assert code_of_refusal(refused) == code
    assert till.check(people.supervisor, till.record(people.teller))["state"] == "approved"


def test_paid_out_after_the_approval_and_not_before(till: Any, people: Any) -> None:
    with pytest.raises(Refused) as refused:
        till.do(pay_out, people.teller)
    assert code_of_refusal(refused) == "not_paid"
    order = till.record(people.teller)
    entry = till.check(people.supervisor, order)["entry"]
    assert till.do(pay_out, people.teller) == {"step": "pay", "entry": entry}


def test_approval_is_recorded_on_the_case_and_a_reversal_takes_it_away(till: Any, people: Any) -> None:
    def need() -> str:
        from xiaoshi.desk.cases.models import Case
        from xiaoshi.desk.cases.snapshots import read_state

        return (
            read_state(Case.objects.using("owner").get(id=till.case.id))
            .records["check:payment_approved"]
            .value
        )

    entry = till.check(people.supervisor, till.record(people.teller))["entry"]
    assert need() == "passed"
    till.check(
        people.supervisor, till.do(reverse_entry, people.teller, entry_id=entry, reason="付错客户")["order"]
    )
    assert need() == "failed"


def test_an_order_of_another_case_is_not_found_here(till: Any, people: Any, new_case: Any) -> None:
    order = till.record(people.teller)
    till.case = new_case()
    for wrong in (order, "not-an-id"):
        with pytest.raises(NotFound) as refused:
            till.check(people.supervisor, wrong)
        assert code_of_refusal(refused) == "order_not_found"
