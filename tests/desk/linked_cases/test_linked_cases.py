"""A case waits for another: hindered on both pages, resolved by the desk itself, circles refused, cancelled ones need a person."""

from __future__ import annotations

import threading
import uuid
from itertools import pairwise
from typing import Any

import pytest

pytestmark = pytest.mark.database


def do(act: Any, person: Any, case: Any, **fields: Any) -> Any:
    from xiaoshi.desk.guard.boundary import perform

    return perform(act, person, str(uuid.uuid4()), case_id=case.id, **fields)


def refused(act: Any, person: Any, case: Any, **fields: Any) -> str:
    from xiaoshi.desk.guard.refusals import Refused

    with pytest.raises(Refused) as caught:
        do(act, person, case, **fields)
    assert caught.value.problem.words.zh
    assert caught.value.problem.words.en
    return caught.value.problem.code


def wait(person: Any, case: Any, other: Any, **fields: Any) -> Any:
    from xiaoshi.desk.linked_cases.acts import wait_for_case

    return do(wait_for_case, person, case, other=other.number, reason="同一客户", **fields)


def run_jobs() -> int:
    """What the worker would do: the jobs that the acts have ordered, once each."""
    from procrastinate.contrib.django.models import ProcrastinateJob

    from xiaoshi.desk.linked_cases.jobs import note_outcome

    told = 0
    for job in ProcrastinateJob.objects.filter(task_name__endswith="note_on_waiting_cases"):
        told += note_outcome(**job.args)
    return told


def row(case: Any) -> Any:
    from xiaoshi.desk.cases.models import Case

    return Case.objects.using("owner").get(id=case.id)


@pytest.fixture
def pair(people, new_case):
    return new_case(kind="example"), new_case(kind="example")


def finish(people: Any, case: Any) -> None:
    from xiaoshi.desk.cases.steps import close_case, confirm_step, do_step

    do(do_step, people.teller, case, step="listen", result={})
    do(do_step, people.teller, case, step="answer", result={})
    do(confirm_step, people.supervisor, case, step="answer")
    do(close_case, people.teller, case)


def test_it_waits_and_goes_on_by_itself(people, pair, client_for):
    from xiaoshi.desk.audit.verify import verify_timeline
    from xiaoshi.desk.cases.steps import do_step
    from xiaoshi.desk.notices.models import Notice

    case, other = pair
    wait(people.teller, case, other, step="listen")
    assert refused(do_step, people.colleague, case, step="listen", result={}) == "other_case"
    assert row(case).waiting_for == "other_case"
    page = client_for(people.teller).get(f"/desk/cases/{case.id}/").content.decode()
    assert other.number in page
    assert case.number in client_for(people.teller).get(f"/desk/cases/{other.id}/").content.decode()
    finish(people, other)
    assert run_jobs() == 1
    assert run_jobs() == 0
    assert row(case).waiting_for == ""
    assert (
        Notice.objects.using("owner")
        .filter(staff_login=people.teller.login, topic="linked_case", case_id=case.id)
        .exists()
    )
    do(do_step, people.colleague, case, step="listen", result={})
    assert verify_timeline().ok


def test_closing_waits_too_and_a_person_may_let_go(people, pair):
    from xiaoshi.desk.cases.steps import close_case, confirm_step, do_step
    from xiaoshi.desk.linked_cases.acts import stop_waiting

    case, other = pair
    wait(people.teller, case, other)
    do(do_step, people.teller, case, step="listen", result={})
    do(do_step, people.teller, case, step="answer", result={})
    do(confirm_step, people.supervisor, case, step="answer")
    assert refused(close_case, people.teller, case) == "other_case"
    assert refused(stop_waiting, people.colleague, case, other=other.number, reason="x") == "not_your_act"
    assert refused(stop_waiting, people.teller, case, other=other.number, reason=" ") == "reason_missing"
    do(stop_waiting, people.teller, case, other=other.number, reason="另案处理")
    do(close_case, people.teller, case)


def test_a_cancelled_case_needs_a_person(people, pair):
    from xiaoshi.desk.cases.steps import do_step
    from xiaoshi.desk.cases.verbs import cancel, reopen

    case, other = pair
    wait(people.teller, case, other, step="listen")
    do(cancel, people.outlet_head, other, reason="客户放弃")
    run_jobs()
    assert refused(do_step, people.teller, case, step="listen", result={}) == "other_case_cancelled"
    do(reopen, people.outlet_head, other, reason="客户回来")
    run_jobs()
    assert refused(do_step, people.teller, case, step="listen", result={}) == "other_case"


def test_what_cannot_be_waited_for(people, pair, new_case):
    from xiaoshi.desk.linked_cases.acts import note_other_case, wait_for_case

    case, other = pair
    far = new_case(people.stranger, kind="example")
    given = {"reason": "同一客户"}
    assert refused(wait_for_case, people.teller, case, other=case.number, **given) == "waits_for_itself"
    assert refused(wait_for_case, people.teller, case, other=far.number, **given) == "no_such_case"
    assert refused(wait_for_case, people.teller, case, other="XS-0000", **given) == "no_such_case"
    assert refused(wait_for_case, people.colleague, case, other=other.number, **given) == "not_your_act"
    assert refused(wait_for_case, people.stranger, case, other=other.number, **given) == "case_not_found"
    assert refused(wait_for_case, people.auditor, case, other=other.number, **given) == "auditor_reads_only"
    wait(people.teller, case, other)
    assert (
        refused(note_other_case, people.outlet_head, case, other=other.number, outcome="closed")
        == "house_only"
    )
    assert refused(wait_for_case, people.teller, case, other=other.number, **given) == "waits_already"
    finish(people, other)
    third = new_case(kind="example")
    assert refused(wait_for_case, people.teller, third, other=other.number, **given) == "other_ended"


def test_a_circle_of_any_length_is_refused(people, new_case):
    from xiaoshi.desk.linked_cases.acts import stop_waiting, wait_for_case

    cases = [new_case(kind="example") for _ in range(4)]
    for case, other in pairwise(cases):
        wait(people.teller, case, other)
    code = refused(wait_for_case, people.teller, cases[3], other=cases[0].number, reason="x")
    assert code == "circle_of_cases"
    do(stop_waiting, people.teller, cases[1], other=cases[2].number, reason="x")
    wait(people.teller, cases[3], cases[0])


def test_a_circle_does_not_tell_the_number_of_a_case_that_one_may_not_see(people, new_case):
    from xiaoshi.desk.cases.verbs import copy_to
    from xiaoshi.desk.guard.refusals import Refused
    from xiaoshi.desk.organisation.models import Staff

    third = Staff.objects.select_related("unit").get(login="zheng.an")
    mine, theirs, hidden = (new_case(p, kind="example") for p in (people.teller, people.stranger, third))
    do(copy_to, people.stranger, theirs, to=people.teller.login)
    do(copy_to, third, hidden, to=people.stranger.login)
    do(copy_to, people.teller, mine, to=third.login)
    wait(people.stranger, theirs, hidden)
    wait(third, hidden, mine)
    with pytest.raises(Refused) as caught:
        wait(people.teller, mine, theirs)
    words = caught.value.problem.words
    assert caught.value.problem.code == "circle_of_cases"
    for text in (words.zh, words.en):
        assert hidden.number not in text
        assert theirs.number in text


def test_two_who_would_close_a_circle_in_the_same_second(people, new_case):
    """Both hold their case and want the other's: at most one is done, nobody waits for ever, and no circle is left."""
    from django.db import connections

    from xiaoshi.desk.guard.refusals import Refused
    from xiaoshi.desk.linked_cases.models import CaseLink

    one, two = new_case(kind="example"), new_case(kind="example")
    barrier, said = threading.Barrier(2), []

    def try_it(case: Any, other: Any) -> None:
        try:
            barrier.wait(timeout=20)
            wait(people.teller, case, other)
            said.append("done")
        except Refused as problem:
            said.append(problem.problem.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=try_it, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 2
    assert said.count("done") <= 1
    assert set(said) <= {"done", "other_busy", "circle_of_cases"}
    assert CaseLink.objects.using("owner").filter(waiting_id__in=[one.id, two.id]).count() == said.count(
        "done"
    )
