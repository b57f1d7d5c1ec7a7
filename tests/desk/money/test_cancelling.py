"""Cancelling a case after its payment: by two heads, each with a reason; before it, by one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.verbs import cancel, reopen
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.money.acts import reverse_entry
from xiaoshi.desk.notices.models import Notice

pytestmark = pytest.mark.database


def status(till: Any) -> str:
    return Case.objects.using("owner").get(id=till.case.id).status


def refused(till: Any, person: Any, **fields: Any) -> str:
    with pytest.raises(Refused) as caught:
        till.do(cancel, person, **{"reason": "重复受理", **fields})
    assert caught.value.problem.words.zh
    assert caught.value.problem.words.en
    return caught.value.problem.code


def test_before_a_payment_one_head_cancels(till: Any, people: Any) -> None:
    assert refused(till, people.teller) == "not_your_act"
    assert till.do(cancel, people.supervisor, reason="重复受理") == {"state": "cancelled"}
    assert status(till) == "cancelled"


def test_after_a_payment_two_heads_cancel_each_with_a_reason(till: Any, people: Any) -> None:
    till.check(people.supervisor, till.record(people.teller))
    assert refused(till, people.teller) == "not_your_act"
    assert refused(till, people.supervisor, reason=" ") == "reason_missing"
    asked = till.do(cancel, people.supervisor, reason="重复付款，另案处理")
    assert asked["state"] == "waiting"
    assert people.outlet_head.login in asked["told"]
    assert status(till) == "open"
    with visible_to(people.outlet_head):
        assert Notice.objects.filter(case=till.case, topic="cancel_asked").count() == 1
    assert refused(till, people.supervisor) == "maker_is_checker"
    assert refused(till, people.stranger_head) == "case_not_found"
    assert refused(till, people.outlet_head, reason="") == "reason_missing"
    done = till.do(cancel, people.outlet_head, reason="已核对，同意")
    assert done == {"state": "cancelled", "asked_by": people.supervisor.login}
    assert status(till) == "cancelled"
    first, second = [e for e in till.entries() if e.act == "case.cancel"]
    assert (first.actor, first.body["reason"]) == (people.supervisor.login, "重复付款，另案处理")
    assert (second.actor, second.body["asked_by"]) == (people.outlet_head.login, people.supervisor.login)
    assert "events" not in first.body
    till.do(reopen, people.outlet_head, reason="客户又来")
    assert till.do(cancel, people.outlet_head, reason="再作废")["state"] == "waiting", (
        "an old request is used up"
    )


def test_a_request_lapses_and_a_reversed_payment_needs_no_second(till: Any, people: Any) -> None:
    answer = till.check(people.supervisor, till.record(people.teller))
    till.do(cancel, people.supervisor, reason="重复付款")
    late = timezone.now() + timedelta(days=8)
    told = perform(cancel, people.outlet_head, "late", case_id=till.case.id, now=late, reason="同意").result
    assert told["state"] == "waiting", "eight days later it is a request of its own"
    reversal = till.do(reverse_entry, people.teller, entry_id=answer["entry"], reason="付错")
    till.check(people.supervisor, reversal["order"])
    assert till.do(cancel, people.supervisor, reason="付款已冲正")["state"] == "cancelled"
