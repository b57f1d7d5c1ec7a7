"""`xiaoshi story urgent_payment`, on the embedded ledger and with the sandbox core behind the desk; twice in one home."""

from __future__ import annotations

import threading
import uuid
from datetime import datetime
from typing import Any

import pypdfium2
import pytest

from .conftest import PRINCIPAL_FEN, TOTAL_FEN

pytestmark = pytest.mark.database
ORDER = [
    "open", "first_contact", "deposit", "visit", "papers", "compute", "consult", "decide", "record_withdrawal",
    "check_withdrawal", "record_transfer", "check_transfer", "follow_up", "surplus", "check_surplus", "letter", "close",
]  # fmt: skip
CHECKS = {
    "papers_missing_said_at_once", "small_remainder_said_before", "no_decision_without_answer",
    "one_wrong_character_refused", "maker_refused_as_checker", "other_payee_refused_by_ledger",
    "free_transfer_refused_by_ledger", "cash_refused_by_ledger", "release_by_wrong_role_refused",
    "certificate_keeps_the_rest", "surplus_on_own_account", "nothing_held_any_more", "daughter_got_nothing",
    "case_closed", "audit_verified", "ledger_verified",
}  # fmt: skip
AT_CORE = {"settled_at_core", "own_account_equal_at_core", "hospital_paid_at_core"}


@pytest.mark.parametrize(
    ("seed", "core", "checks"),
    [
        (3, "embedded", CHECKS),
        (11, "sandbox", CHECKS | AT_CORE),
        (4, "embedded", CHECKS | {"wrong_sum_noticed"}),
    ],
)
def test_the_story(desk: Any, seed: int, core: str, checks: set[str]) -> None:
    from xiaoshi.commands.story import core_bank
    from xiaoshi.desk.kinds.urgent_payment.story import run

    with core_bank(core):
        told = run(seed, lambda line: None)
    assert told["problems"] == []
    assert told["ok"], told["checks"]
    assert set(told["checks"]) == checks
    assert list(dict.fromkeys(s["step"] for s in told["steps"])) == ORDER
    moments = [datetime.fromisoformat(s["at"]) for s in told["steps"]]
    assert moments == sorted(moments)
    handed_up = "case.hand_up_question" in {s["act"] for s in told["steps"]}
    assert handed_up == (seed != 3)  # the city answers, or hands the one question up to the province
    by = {s["act"].partition(".")[2]: s["actor"] for s in told["steps"]}
    assert by["check_withdrawal"] != by["record_withdrawal"]
    assert by["check_surplus"] != by["record_surplus"]
    paid = {p["credit"].rpartition("/")[0].rpartition("/")[2]: 0 for p in told["postings"]}
    assert set(paid) == {"2011", "2012"}  # to himself and to the hospital, to nobody else
    assert len(told["papers"]) == 5
    for paper in told["papers"]:
        document = pypdfium2.PdfDocument(paper["path"])
        assert len(document) == paper["pages"]
        document.close()


def test_two_heads_at_the_same_moment_book_once(urgent: Any, people: Any) -> None:
    from django.db import connections

    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.guard.refusals import Refused
    from xiaoshi.desk.kinds.urgent_payment.acts import paying as p

    case = urgent().decided()
    case.do(p.record_withdrawal, people.teller, **case.withdrawal())
    said: list[str] = []
    start = threading.Barrier(2)

    def check(person: Any) -> None:
        start.wait(10)
        try:
            given = {"case_id": case.case_id, "amount_fen": TOTAL_FEN}
            said.append(perform(p.check_withdrawal, person, str(uuid.uuid4()), **given).result["state"])
        except Refused as refused:
            said.append(refused.problem.code)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=check, args=(who,)) for who in (people.outlet_head, people.city_specialist)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(said) == ["approved", "finished"]
    assert case.balance_fen(case.family.own_number) == TOTAL_FEN
    assert case.balance_fen(case.family.deposit_number) == PRINCIPAL_FEN - 100_000_00
