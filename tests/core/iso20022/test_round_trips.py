"""What is written is read back the same, and what a message cannot carry is refused with the field, never cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_payment import CLIENT, NOW, PAYMENT

from xiaoshi.core.iso20022 import (
    Answer,
    Line,
    Reason,
    Recall,
    Resolution,
    Statement,
    StatusReport,
    cancellation_request,
    initiation,
    read_cancellation_request,
    read_initiation,
    read_resolution,
    read_statements,
    read_status,
    resolution,
    statement,
    status_report,
)
from xiaoshi.core.money import AMOUNT_FEN_MAX

PLAIN = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cn", "Co"]), min_size=1
)


def bytes_of(made):
    assert isinstance(made, bytes), made
    return made


@settings(max_examples=60, deadline=None)
@given(
    fen=st.integers(1, AMOUNT_FEN_MAX),
    name=PLAIN.map(lambda s: s[:140]),
    address=PLAIN.map(lambda s: s[:490]),
    text=PLAIN.map(lambda s: s[:560]),
)
def test_a_payment_comes_back_to_the_fen_and_the_character(fen, name, address, text):
    if any(ord(c) in {0xFFFE, 0xFFFF} for c in name + address + text):
        return
    party = replace(CLIENT, name=name, address=address)
    payment = replace(PAYMENT, debtor=party, amount_fen=fen, text=text)
    assert read_initiation(bytes_of(initiation(payment))) == payment


@pytest.mark.parametrize(
    ("fen", "currency", "written"),
    [
        (1, "CNY", b">0.01<"),
        (46_845_00, "CNY", b">46845.00<"),
        (10_001, "JPY", b">10001<"),
        (100, "USD", b">1.00<"),
    ],
)
def test_sums_are_written_in_the_currency_s_own_decimals(fen, currency, written):
    data = bytes_of(initiation(replace(PAYMENT, amount_fen=fen, currency=currency)))
    assert written in data
    assert read_initiation(data).amount_fen == fen


@pytest.mark.parametrize(
    ("changed", "code", "where"),
    [
        ({"amount_fen": 0}, "amount_out_of_range", "amount_fen"),
        ({"amount_fen": -1}, "amount_out_of_range", "amount_fen"),
        ({"amount_fen": AMOUNT_FEN_MAX + 1}, "amount_out_of_range", "amount_fen"),
        ({"currency": "yuan"}, "currency_wrong", "currency"),
        ({"debtor": replace(CLIENT, name="何" * 141)}, "field_too_long", "debtor.name"),
        ({"debtor": replace(CLIENT, name=" ")}, "field_empty", "debtor.name"),
        ({"debtor": replace(CLIENT, name="何\x07薇")}, "field_not_printable", "debtor.name"),
        ({"debtor": replace(CLIENT, address="路" * 491)}, "field_too_long", "debtor.address"),
        ({"debtor": replace(CLIENT, town="市" * 36)}, "field_too_long", "debtor.town"),
        ({"debtor": replace(CLIENT, account="")}, "account_not_for_message", "debtor.account"),
        ({"creditor": replace(CLIENT, bank="1043310000")}, "bank_number_wrong", "creditor.bank"),
        ({"creditor": replace(CLIENT, country="China")}, "country_wrong", "creditor.country"),
        ({"text": "押" * 561}, "field_too_long", "text"),
        ({"message_id": "x" * 36}, "identifier_wrong", "message_id"),
        ({"end_to_end_id": "编号"}, "identifier_wrong", "end_to_end_id"),
    ],
)
def test_what_a_message_cannot_carry_is_refused_in_words(changed, code, where):
    (problem,) = initiation(replace(PAYMENT, **changed))
    assert (problem.code, problem.where) == (code, where)
    assert problem.words.zh
    assert problem.words.en


def test_answers_come_back_as_they_were_given():
    reasons = (Reason("AC04", "销户"), Reason("NARR", "见" * 300))
    answers = (Answer("e1", "RJCT", reasons, 350_00), Answer("e2", "ACSC", (), 1, "CNY", "B7"))
    report = StatusReport("S1", NOW, "M1", answers)
    assert read_status(bytes_of(status_report(report))) == report


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("ACCP", "under_way"), ("ACSP", "under_way"), ("PDNG", "under_way"), ("RCVD", "under_way"), ("ACTC", "under_way"),
        ("ACSC", "settled"), ("ACCC", "settled"), ("RJCT", "rejected"), ("PART", "part"), ("ACWC", "changed"),
        ("CANC", "cancelled"), ("XXXX", "unknown"),
    ],
)  # fmt: skip
def test_each_code_has_one_outcome_of_a_payment_and_of_a_whole_message(code, outcome):
    one = StatusReport("S1", NOW, "M1", (Answer("e1", code, (), 5),))
    whole = StatusReport("S2", NOW, "M1", (), code, (Reason("TM01"),))
    assert read_status(bytes_of(status_report(one))).answer_to("e1").outcome == outcome
    assert read_status(bytes_of(status_report(whole))).answer_to("e1").outcome == outcome


def test_an_answer_about_other_payments_says_nothing_of_this_one():
    report = StatusReport("S1", NOW, "M1", (Answer("e2", "ACSC"),), "ACSC")
    assert read_status(bytes_of(status_report(report))).answer_to("e1") is None


def test_a_reason_is_said_in_words_and_an_unknown_one_by_its_code():
    assert Reason("AM04").words.zh == "余额不足（AM04）"
    assert Reason("ZZ99", "later").words.en == "ZZ99: later"


DAY = date(2026, 11, 25)
LINES = (
    Line("B1", "e1", -46_845_00, DAY),
    Line("B2", "", 100_00, DAY, text="存款"),
    Line("B3", "e3", -5_00, DAY, booked=False),
    Line("B4", "e1", 46_845_00, DAY, is_return=True),
)


def test_a_statement_comes_back_line_by_line():
    given = Statement("D1", NOW, "6217000000000417", "CNY", LINES, 50_000_00, 50_100_00, DAY)
    assert read_statements(bytes_of(statement(given))) == (given,)
    told = Statement("N1", NOW, "6217000000000417", "CNY", LINES)
    assert read_statements(bytes_of(statement(told))) == (told,)


def test_a_statement_that_does_not_add_up_is_not_believed():
    given = Statement("D1", NOW, "6217000000000417", "CNY", LINES, 50_000_00, 50_100_01, DAY)
    (problem,) = read_statements(bytes_of(statement(given)))
    assert problem.code == "statement_does_not_add_up"


def test_an_overdrawn_balance_keeps_its_sign():
    given = Statement("D1", NOW, "6217000000000417", "CNY", LINES[:1], 0, -46_845_00, DAY)
    assert read_statements(bytes_of(statement(given))) == (given,)


RECALL = Recall("R1", NOW, "104331000018", "102331000011", "M1", "e1", 350_00, Reason("DUPL", "录重"))


def test_a_recall_and_its_answer_come_back():
    assert read_cancellation_request(bytes_of(cancellation_request(RECALL))) == RECALL
    for code, outcome in (("CNCL", "returned"), ("RJCR", "refused"), ("PDCR", "under_way")):
        given = Resolution("A1", NOW, "R1", "e1", code, (Reason("AC04"),) if code == "RJCR" else ())
        read = read_resolution(bytes_of(resolution(given, "102331000011", "104331000018")))
        assert read == given
        assert read.outcome == outcome


def test_a_recall_s_reason_is_not_cut():
    (problem,) = cancellation_request(replace(RECALL, reason=Reason("CUST", "因" * 106)))
    assert problem.code == "field_too_long"
