"""The acts of the urgent case: what each refuses, and to whom; owner, colleague, stranger."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from xiaoshi.core.money import yuan
from xiaoshi.desk.cases.recording import waive_need
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.urgent_payment.acts import deciding as d
from xiaoshi.desk.kinds.urgent_payment.acts import ending as e
from xiaoshi.desk.kinds.urgent_payment.acts import paying as p
from xiaoshi.desk.kinds.urgent_payment.acts import receiving as r
from xiaoshi.desk.money.acts import check_move, check_payment, withdraw_payment
from xiaoshi.desk.money.acts_decided import agree, client_cash, decline, release_hold, transfer
from xiaoshi.desk.papers.models import AskedOfClient, Paper

from .conftest import NEED_FEN, PRINCIPAL_FEN, TOTAL_FEN

pytestmark = pytest.mark.database


def test_all_papers_are_said_at_the_first_contact_and_the_patient_comes_first(
    urgent: Any, people: Any
) -> None:
    case = urgent()
    contact = {
        "condition": " ",
        "ward": "3 床",
        "contact_name": "何小满",
        "contact_phone": "",
        "how": "counter",
    }
    assert case.refused(r.first_contact, people.lobby, **contact) == "condition_missing"
    contact["condition"] = "昏迷"
    assert case.refused(r.first_contact, people.stranger, **contact) == "case_not_found"
    assert case.refused(r.first_contact, people.lobby, **{**contact, "how": "pigeon"}) == "way_unknown"
    said = case.do(r.first_contact, people.colleague, **contact)["papers"]
    asked = AskedOfClient.objects.using("owner").filter(case_id=case.case_id).values_list("need", flat=True)
    assert {f"paper:{name}" for name in said} == set(asked)
    assert len(said) == 8


def test_the_certificate_is_live_and_his(urgent: Any, people: Any) -> None:
    case, other = urgent(), urgent()
    given = case.deposit()
    assert case.refused(r.look_up_deposit, people.teller, **given) == "after"
    case.do(r.first_contact, people.lobby, condition="昏迷", ward="3 床", contact_name="何小满",
            contact_phone="", how="phone")  # fmt: skip
    assert case.refused(r.look_up_deposit, people.stranger, **given) == "case_not_found"
    for field, value, code in (
        ("certificate_number", "TZ404", "certificate_unknown"),
        ("product", "fixed", "product_unknown"),
        ("own_account_number", case.family.deposit_number, "own_account_is_deposit"),
        ("own_account_number", "12", "account_number_unusable"),
    ):
        assert case.refused(r.look_up_deposit, people.teller, **{**given, field: value}) == code
    from xiaoshi.desk.money.models import Account

    Account.objects.using("owner").filter(code__endswith=other.family.deposit_number).update(holder="何长江")
    swapped = {**given, "certificate_number": other.family.certificate}
    assert case.refused(r.look_up_deposit, people.teller, **swapped) == "holder_differs"
    assert case.do(r.look_up_deposit, people.teller, **given)["principal_fen"] == PRINCIPAL_FEN


def test_two_make_a_visit_and_what_they_saw_counts(urgent: Any, people: Any) -> None:
    case = urgent()
    case.do(r.first_contact, people.lobby, condition="昏迷", ward="3 床", contact_name="何小满",
            contact_phone="", how="phone")  # fmt: skip
    alone = case.seen(companion=people.lobby.login)
    assert case.refused(r.visit, people.lobby, **alone) == "companion_missing"
    assert (
        case.refused(r.visit, people.lobby, **case.seen(companion=people.stranger.login))
        == "companion_missing"
    )
    assert case.refused(r.visit, people.lobby, **case.seen(record=" ")) == "record_missing"
    assert case.refused(r.visit, people.stranger, **case.seen()) == "case_not_found"
    case.do(r.visit, people.lobby, **case.seen(patient="awake"))
    assert case.refused(r.papers_complete, people.teller) == "after"  # his own wish comes first
    wish = {"wish": "同意付医院", "companion": people.colleague.login}
    assert case.refused(r.own_wish, people.lobby, **wish, pays_hospital=False) == "depositor_declines"
    case.do(r.own_wish, people.lobby, **wish, pays_hospital=True)
    assert Paper.objects.using("owner").get(case_id=case.case_id).template == "urgent_payment/visit_record"


def test_missing_papers_are_named_together_and_a_head_may_do_without(urgent: Any, people: Any) -> None:
    case = urgent().visited()
    assert case.refused(r.papers_complete, people.teller) == "papers_missing"
    assert case.refused(r.print_undertaking, people.teller, heirs=["何小满", "何小满"]) == "heirs_missing"
    case.do(r.print_undertaking, people.teller, heirs=["何小满", "", " 何小雪 "])
    assert case.refused(r.papers_complete, people.colleague) == "papers_missing"
    for need in ("hospital_statement", "payment_notice", "certificate", "depositor_identity", "agent_identity",
                 "kinship", "heirs_undertaking", "guardian_statement"):  # fmt: skip
        case.do(waive_need, people.outlet_head, need=f"paper:{need}", reason="医院证明无法当日取得")
    case.do(r.papers_complete, people.colleague)


def test_the_sheet_and_what_it_refuses(urgent: Any, people: Any) -> None:
    case = urgent().visited()
    for fen, more, code in (
        (PRINCIPAL_FEN + 1, {}, "above_principal"),
        (NEED_FEN - 1, {}, "less_than_needed"),
        (PRINCIPAL_FEN - 49_999_99, {}, "remainder_below_minimum"),
    ):
        assert case.refused(d.compute, people.teller, withdraw_fen=fen, **more) == code
    assert case.refused(d.compute, people.stranger, withdraw_fen=NEED_FEN) == "case_not_found"
    kept = case.do(d.compute, people.teller, withdraw_fen=PRINCIPAL_FEN - 50_000_00)
    assert (kept["moved_fen"], kept["rest_fen"]) == (250_000_00, 50_000_00)
    closed = case.do(d.compute, people.teller, withdraw_fen=PRINCIPAL_FEN - 49_999_99, close_rest=True)
    assert (closed["moved_fen"], closed["rest_fen"]) == (PRINCIPAL_FEN, 0)
    done = case.do(d.compute, people.teller, withdraw_fen=100_000_00)
    assert done["moved_fen"] + done["interest_fen"] == TOTAL_FEN
    assert done["lost_fen"] > 0


def test_the_head_decides_on_an_answer_from_above(urgent: Any, people: Any) -> None:
    case = urgent().visited()
    given = {"authority": "网点", "reason": "急"}
    assert case.refused(d.decide, people.outlet_head, **given) == "after"
    case.hand_in()
    case.do(d.compute, people.teller, withdraw_fen=100_000_00)
    assert case.refused(d.decide, people.outlet_head, **given) == "no_answer_yet"
    assert case.refused(d.decide, people.teller, **given) == "not_your_role"
    assert case.refused(d.decide, people.stranger_head, **given) == "case_not_found"
    assert case.refused(d.decide, people.outlet_head, authority=" ", reason="急") == "authority_missing"


def test_withdrawn_and_held_together_then_nobody_but_the_hospital(urgent: Any, people: Any) -> None:
    case = urgent().decided()
    given = case.withdrawal()
    for other, code in (
        ({"payee_name": "临洲市笫一人民医院"}, "payee_name_differs"),
        ({"payee_number": case.family.own_number}, "payee_number_differs"),
        ({"amount_fen": TOTAL_FEN - 1}, "amount_not_due"),
        ({"until": "2020-01-01"}, "day_past"),
        ({"until": "2026-02-31"}, "day_unreadable"),
    ):
        assert case.refused(p.record_withdrawal, people.teller, **{**given, **other}) == code
    assert case.refused(p.record_withdrawal, people.lobby, **given) == "not_your_role"
    assert case.refused(p.record_withdrawal, people.stranger, **given) == "case_not_found"
    assert case.refused(p.check_withdrawal, people.outlet_head, amount_fen=TOTAL_FEN) == "after"
    case.do(p.record_withdrawal, people.teller, **given, terminal="t1")
    assert case.refused(p.record_withdrawal, people.teller, **given) == "order_waiting"
    check = {"amount_fen": TOTAL_FEN, "terminal": "t2"}
    assert case.refused(p.check_withdrawal, people.teller, **check) == "maker_is_checker"
    assert case.refused(p.check_withdrawal, people.stranger_head, **check) == "case_not_found"
    assert (
        case.refused(p.check_withdrawal, people.outlet_head, **{**check, "terminal": "t1"}) == "same_terminal"
    )
    assert (
        case.do(p.check_withdrawal, people.outlet_head, **{**check, "amount_fen": 1})["state"] == "mismatch"
    )
    assert case.balance_fen(case.family.own_number) == 0
    assert case.refused(p.check_withdrawal, people.outlet_head, **check) == "nothing_to_check"
    case.do(p.record_withdrawal, people.teller, **given, terminal="t1")
    assert case.do(p.check_withdrawal, people.outlet_head, **check)["state"] == "approved"
    assert case.balance_fen(case.family.own_number) == TOTAL_FEN
    assert case.balance_fen(case.family.deposit_number) == PRINCIPAL_FEN - 100_000_00
    assert case.hold().left_fen == NEED_FEN
    _only_the_hospital(case, people)


def _only_the_hospital(case: Any, people: Any) -> None:
    """By the acts of money, past this kind: the books refuse, whatever two people agree on."""
    from xiaoshi.desk.money.models import Account

    own = str(Account.objects.using("owner").get(code__endswith=f"/{case.family.own_number}").pk)
    daughter = {"payee_number": "33000000990000000001", "payee_name": "何小满"}
    for act, fields, code in (
        (transfer, {**daughter, "hold_id": str(case.hold().id)}, "hold_other_payee"),
        (transfer, daughter, "held_for_purpose"),
        (client_cash, {"direction": "draw"}, "held_for_purpose"),
    ):
        order = case.do(act, people.teller, account_id=own, amount_fen=NEED_FEN, **fields)["order"]
        assert case.refused(check_move, people.outlet_head, order_id=order, amount_fen=NEED_FEN) == code


def test_paid_in_parts_and_the_surplus_returns(urgent: Any, people: Any) -> None:
    case = urgent().withdrawn()
    pay = {"amount_fen": 50_000_00, **case.payee()}
    assert (
        case.refused(p.record_transfer, people.teller, **{**pay, "amount_fen": NEED_FEN + 1}) == "above_hold"
    )
    assert case.refused(p.record_transfer, people.teller, **{**pay, "amount_fen": 0}) == "amount_missing"
    assert (
        case.refused(p.record_transfer, people.teller, **{**pay, "payee_name": "临洲市第二人民医院"})
        == "payee_name_differs"
    )
    assert case.refused(p.record_transfer, people.stranger, **pay) == "case_not_found"
    assert case.refused(e.issue_letter, people.lobby) == "after"
    case.do(p.record_transfer, people.teller, **pay)
    assert case.refused(p.record_surplus, people.teller, refund_fen=0, reason="结算") == "after"
    assert case.do(p.check_transfer, people.supervisor, amount_fen=50_000_00)["state"] == "approved"
    assert case.refused(p.check_transfer, people.outlet_head, amount_fen=50_000_00) == "nothing_to_check"
    surplus = {"refund_fen": 12_300_00, "reason": "医院结算单"}
    assert (
        case.refused(p.record_surplus, people.teller, **{**surplus, "refund_fen": 50_000_01})
        == "refund_above_paid"
    )
    told = case.do(p.record_surplus, people.teller, **surplus)
    assert told["surplus_fen"] == 12_300_00 + 30_000_00
    check = {"amount_fen": 12_300_00}
    assert case.refused(p.check_surplus, people.supervisor, **check) == "not_your_role"
    assert case.refused(agree, people.supervisor, request_id=told["request"]) == "not_your_role"
    assert case.refused(p.check_surplus, people.stranger_head, **check) == "case_not_found"
    assert case.do(p.check_surplus, people.outlet_head, **check)["state"] == "approved"
    assert case.hold().left_fen == 0
    assert case.balance_fen(case.family.own_number) == TOTAL_FEN - 50_000_00 + 12_300_00
    assert case.refused(e.issue_letter, people.lobby) == "after"  # the family comes before the letter


def test_he_dies_in_between(urgent: Any, people: Any) -> None:
    case = urgent().decided()
    case.do(p.record_withdrawal, people.teller, **case.withdrawal())
    assert case.refused(r.patient_news, people.lobby, patient="dead", told_by=" ") == "told_by_missing"
    assert case.refused(r.patient_news, people.stranger, patient="dead", told_by="电话") == "case_not_found"
    assert case.refused(r.succession, people.lobby, explained=True) == "not_dead"
    case.do(r.patient_news, people.lobby, patient="dead", told_by="医院电话")
    for act, person, fields in (
        (p.check_withdrawal, people.outlet_head, {"amount_fen": TOTAL_FEN}),
        (p.record_transfer, people.teller, {"amount_fen": 1, **case.payee()}),
        (d.decide, people.outlet_head, {"authority": "省", "reason": "急"}),
        (e.issue_letter, people.lobby, {}),
    ):
        assert case.refused(act, person, **fields) == "patient_died"
    assert case.refused(r.patient_news, people.lobby, patient="awake", told_by="误报") == "dead_stays"
    assert case.refused(r.succession, people.lobby, explained=True) == "order_waiting"
    from xiaoshi.desk.cases.steps import close_case
    from xiaoshi.desk.money.acts import reject_payment
    from xiaoshi.desk.money.models import MoneyOrder

    order = MoneyOrder.objects.using("owner").get(case_id=case.case_id, state="waiting")
    case.do(reject_payment, people.supervisor, order_id=str(order.id), reason="储户去世")
    assert case.refused(r.succession, people.lobby, explained=False) == "explained_missing"
    case.do(r.succession, people.lobby, explained=True)
    case.do(close_case, people.lobby)
    assert case.balance_fen(case.family.deposit_number) == PRINCIPAL_FEN


def test_he_wakes_up_and_decides_himself(urgent: Any, people: Any) -> None:
    case = urgent().withdrawn()
    case.do(r.patient_news, people.lobby, patient="awake", told_by="主治医生")
    assert case.refused(r.patient_news, people.lobby, patient="awake", told_by="主治医生") == "nothing_new"
    pay = {"amount_fen": NEED_FEN, **case.payee()}
    assert case.refused(p.record_transfer, people.teller, **pay) == "after"
    wish = {"wish": "付给医院", "companion": people.colleague.login, "pays_hospital": True}
    case.do(r.own_wish, people.lobby, **wish)
    case.do(p.record_transfer, people.teller, **pay)


def test_what_is_corrected_after_the_decision_wants_another(urgent: Any, people: Any) -> None:
    from xiaoshi.desk.cases.recording import set_facts

    case = urgent().decided()
    other = {"hospital_number": "33000000090000000002", "hospital_name": "临洲市第二人民医院"}
    case.do(set_facts, people.teller, facts=other, reason="转院", knowing=True)
    given = case.withdrawal(payee_number=other["hospital_number"], payee_name=other["hospital_name"])
    assert case.refused(p.record_withdrawal, people.teller, **given) == "not_as_decided"
    assert case.refused(p.record_withdrawal, people.teller, **case.withdrawal()) == "payee_number_differs"
    case.do(d.decide, people.outlet_head, authority="省分行批复", reason="转院")
    case.do(p.record_withdrawal, people.teller, **given)


def test_the_page_of_money_books_nothing_of_this_case(urgent: Any, people: Any) -> None:
    case = urgent().decided()
    told = case.do(p.record_withdrawal, people.teller, **case.withdrawal())
    given = {"order_id": told["order"], "amount_fen": TOTAL_FEN}
    assert case.refused(check_payment, people.outlet_head, **given) == "check_on_its_own_page"
    case.do(decline, people.supervisor, request_id=told["request"], reason="户名打错")
    assert case.refused(p.check_withdrawal, people.outlet_head, amount_fen=TOTAL_FEN) == "hold_sent_back"
    assert case.balance_fen(case.family.own_number) == 0
    case.do(withdraw_payment, people.teller, order_id=told["order"])
    case.do(p.record_withdrawal, people.teller, **case.withdrawal())
    case.do(p.check_withdrawal, people.outlet_head, amount_fen=TOTAL_FEN)
    assert case.hold().left_fen == NEED_FEN
    assert case.refused(p.record_withdrawal, people.teller, **case.withdrawal()) == "already_withdrawn"


def test_a_release_asked_outside_still_needs_the_head(urgent: Any, people: Any) -> None:
    case = urgent().withdrawn()
    asked = case.do(release_hold, people.teller, hold_id=str(case.hold().id), reason="家属要求")
    for person, code in ((people.supervisor, "not_your_role"), (people.teller, "maker_is_checker")):
        assert case.refused(agree, person, request_id=asked["request"]) == code


def test_the_entry_of_the_books_is_told_once_by_the_timeline(urgent: Any, people: Any) -> None:
    from xiaoshi.desk.money.verify import verify_books

    urgent().withdrawn()
    assert verify_books().ok


def test_the_page_shows_each_person_the_own_turn(urgent: Any, people: Any, client_for: Any) -> None:
    case = urgent().decided()
    address = f"/desk/cases/{case.case_id}/urgent/"
    teller, head = client_for(people.teller), client_for(people.outlet_head)
    assert client_for(people.stranger).get(address).status_code == 404
    page = teller.get(address).content.decode()
    assert 'value="withdrawal"' in page
    assert "银监办发〔2013〕289号" in page
    assert 'value="check_withdrawal"' not in head.get(address).content.decode()
    with visible_to(people.teller):
        from xiaoshi.desk.cases.models import Case

        version = Case.objects.get(id=case.case_id).version
    typed = f"{TOTAL_FEN / 100:.2f}"
    year, month, day = case.withdrawal()["until"].split("-")
    sent = {"do": "withdrawal", "key": str(uuid.uuid4()), "version": str(version), "amount": typed, "until_year": year,
            "until_month": month, "until_day": day, "payee_name": "临洲市笫一人民医院",
            "payee_number": case.demo.HOSPITAL_NUMBER}  # fmt: skip
    wrong = teller.post(address, sent)
    assert wrong.status_code == 422
    assert "第 4 个字填的是“笫”，应为“第”" in wrong.content.decode()
    right = teller.post(address, {**sent, "key": str(uuid.uuid4()), "payee_name": case.demo.HOSPITAL})
    assert right.status_code == 302, right.content.decode()[:3000]
    page = head.get(address).content.decode()
    assert 'value="check_withdrawal"' in page
    assert yuan(TOTAL_FEN) not in page  # blind
    assert 'value="check_withdrawal"' not in teller.get(address).content.decode()
    same_screen = client_for(people.outlet_head)
    same_screen.cookies["xs_terminal"] = teller.cookies["xs_terminal"].value
    check = {
        "do": "check_withdrawal",
        "key": str(uuid.uuid4()),
        "version": str(version + 1),
        "counted": typed,
    }
    assert same_screen.post(address, check).status_code == 403
    assert head.post(address, {**check, "key": str(uuid.uuid4())}).status_code == 302
    assert 'value="transfer"' in teller.get(address).content.decode()
