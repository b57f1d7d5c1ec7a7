"""Cancelling a case after its payment: by two heads, each with a reason; before it, by one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.verbs import cancel, reopen
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import see_as, visible_to
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


CANCELLED = "UPDATE cases_case SET status = 'cancelled' WHERE id = %s"
WORD = (
    "INSERT INTO audit_timelineentry (chain, seq, case_id, unit_path, act, actor, channel, at, body, visible_to_client, previous_hash, hash)"
    " SELECT id::text, %s, id, unit_path, 'case.cancel', %s, 'desk', now(), %s, false, '', '' FROM cases_case WHERE id = %s"
)


def by_hand(alias: str, *statements: tuple[str, list[Any]], person: Any = None) -> str:
    """SQL written by hand, in one transaction; gives the law that refused it, or ""."""
    try:
        with transaction.atomic(using=alias):
            if person is not None:
                see_as(person)
            with connections[alias].cursor() as cursor:
                for text, values in statements:
                    cursor.execute(text, values)
    except DatabaseError as error:
        cause: Any = error.__cause__
        return str(cause.diag.constraint_name or cause.diag.message_primary)
    return ""


def test_the_database_itself_wants_two_heads_for_a_paid_case(till: Any, people: Any) -> None:
    case = till.case.id
    assert by_hand("owner", (CANCELLED, [case])) == "", "nothing was paid"
    assert by_hand("owner", ("UPDATE cases_case SET status = 'open' WHERE id = %s", [case])) == ""
    till.check(people.supervisor, till.record(people.teller))
    for alias, person in (("owner", None), ("default", people.outlet_head)):
        assert by_hand(alias, (CANCELLED, [case]), person=person) == "money_cancel_two_heads"
    # One head's word, then the same head again (also as a substitute for another), then somebody without the first word.
    till.do(cancel, people.supervisor, reason="重复付款")
    head, asked = people.supervisor.login, Case.objects.using("owner").get(id=case).version
    for seq, body in ((asked + 1, "{}"), (asked + 2, '{"on_behalf_of": "guo.ye"}')):
        tried = ((WORD, [seq, head, body, case]), (CANCELLED, [case]))
        assert by_hand("owner", *tried) == "money_cancel_two_heads"
    as_another = (WORD, [asked + 1, people.outlet_head.login, "{}", case])
    refused_name = by_hand("default", as_another, (CANCELLED, [case]), person=people.supervisor)
    assert "in the own name" in refused_name
    late = "UPDATE audit_timelineentry SET at = at - interval '8 days' WHERE chain = %s AND body ? 'cancel_asked'"
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE audit_timelineentry DISABLE TRIGGER append_only")
        try:
            assert (
                by_hand("owner", (late, [str(case)]), as_another, (CANCELLED, [case]))
                == "money_cancel_two_heads"
            )
        finally:
            cursor.execute("ALTER TABLE audit_timelineentry ENABLE TRIGGER append_only")
    assert by_hand("owner", as_another, (CANCELLED, [case])) == ""
