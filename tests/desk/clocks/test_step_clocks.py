"""The clock of a step from its start to its end. Outlet hours 09:00-12:00 and 13:30-17:30 on weekdays; Shanghai time.

In the example kind `listen` has 30 working minutes and `answer` three working days.
"""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connections
from django.utils import timezone

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.audit.verify import verify_timeline
from xiaoshi.desk.cases import steps, verbs
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.opening import open_case
from xiaoshi.desk.clocks import calendar_acts, case_acts, jobs
from xiaoshi.desk.clocks.models import StepClock
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Invalid, NotAllowed, NotFound, Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.notices.models import Notice

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = {"mon-fri": "09:00-12:00,13:30-17:30"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def do(act: Any, person: Any, when: str, case: Case | None = None, **fields: Any) -> Any:
    more = {"case_id": case.id, "channel": "counter"} if case is not None else {}
    return perform(act, person, str(uuid.uuid4()), now=at(when), **more, **fields)


@pytest.fixture(scope="module", autouse=True)
def _hours(desk: Any) -> None:
    from desk_fixtures import the_people

    do(calendar_acts.set_hours, the_people().outlet_head, "2026-01-05T08:00", periods=HOURS)


def opened(people: Any, when: str) -> Case:
    outcome = do(
        open_case, people.teller, when, kind="example", client_name="何采薇", facts={"wish": "换零钱"}
    )
    return seen(people.teller, Case(id=outcome.case_id))


def seen(person: Any, case: Case) -> Case:
    with visible_to(person):
        return Case.objects.get(id=case.id)


def clocks(person: Any, case: Case) -> list[StepClock]:
    with visible_to(person):
        return list(StepClock.objects.filter(case=case).order_by("id"))


def due(person: Any, case: Case) -> str | None:
    moment = seen(person, case).due_at
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}" if moment else None


def listen(people: Any, case: Case, when: str) -> None:
    do(steps.do_step, people.teller, when, case, step="listen", result={"wish": "换零钱", "told": "明白"})


def entries(case: Case) -> list[TimelineEntry]:
    return list(TimelineEntry.objects.using("owner").filter(case_id=case.id).order_by("seq"))


def told(case: Case) -> list[tuple[str, str]]:
    notices = Notice.objects.using("owner").filter(case_id=case.id).order_by("id")
    return [(n.topic, n.staff_login) for n in notices]


def test_it_starts_with_the_step_counts_open_time_and_ends_with_it(people: Any) -> None:
    case = opened(people, "2026-03-02T11:50")
    assert due(people.teller, case) == "2026-03-02T13:50"
    listen(people, case, "2026-03-02T14:00")
    assert due(people.teller, case) == "2026-03-05T17:30"
    first, second = clocks(people.teller, case)
    assert (first.step, first.ended_at, second.step, second.ended_at) == (
        "listen",
        at("2026-03-02T14:00"),
        "answer",
        None,
    )
    do(verbs.cancel, people.outlet_head, "2026-03-02T15:00", case, reason="客户不办了")
    assert due(people.teller, case) is None
    assert all(c.ended_at and c.look_at is None for c in clocks(people.teller, case))


def test_a_step_that_is_taken_back_takes_its_clock_up_again(people: Any) -> None:
    case = opened(people, "2026-03-02T11:50")
    listen(people, case, "2026-03-02T11:55")
    do(verbs.take_back, people.teller, "2026-03-02T11:56", case)
    assert due(people.teller, case) == "2026-03-02T13:50"
    running = [c for c in clocks(people.teller, case) if c.ended_at is None]
    assert [(c.step, c.started_at) for c in running] == [("listen", at("2026-03-02T11:50"))]


def test_waiting_for_the_client_pauses_waiting_for_an_authority_does_not(people: Any) -> None:
    case = opened(people, "2026-03-02T10:00")
    rest = {"reason": "等证明", "until": at("2026-03-20T23:59").isoformat()}
    do(verbs.suspend, people.teller, "2026-03-02T10:10", case, waiting_for="client", **rest)
    assert due(people.teller, case) is None
    do(verbs.resume, people.teller, "2026-03-04T10:00", case)
    assert due(people.teller, case) == "2026-03-04T10:20"
    do(verbs.suspend, people.teller, "2026-03-04T10:05", case, waiting_for="authority", **rest)
    assert due(people.teller, case) == "2026-03-04T10:20"
    do(verbs.resume, people.teller, "2026-03-04T10:10", case)
    assert due(people.teller, case) == "2026-03-04T10:20"


def test_a_step_sent_back_gets_a_clock_of_its_own(people: Any) -> None:
    case = opened(people, "2026-03-02T10:00")
    listen(people, case, "2026-03-02T10:10")
    do(verbs.send_back, people.teller, "2026-03-02T11:00", case, step="listen", reason="听错了")
    assert due(people.teller, case) == "2026-03-02T11:30"
    running = {(c.step, c.round) for c in clocks(people.teller, case) if c.ended_at is None}
    assert running == {("listen", 2)}


# ---- extension ------------------------------------------------------------------------------------------------------


def test_more_time_with_reason_and_authority(people: Any) -> None:
    case = opened(people, "2026-03-02T11:50")
    outcome = do(
        case_acts.extend_clock,
        people.supervisor,
        "2026-03-02T11:55",
        case,
        step="listen",
        amount=60,
        reason="客户耳背，要慢慢说",
        authority="网点负责人郭烨",
    )
    assert due(people.teller, case) == "2026-03-02T14:20"
    assert outcome.result["due"] == "2026-03-02T06:20:00+00:00"
    [clock] = clocks(people.teller, case)
    assert (clock.plan_amount, clock.amount, clock.extensions[0]["authority"]) == (30, 60, "网点负责人郭烨")
    entry = entries(case)[-1]
    assert (entry.act, entry.body["reason"]) == ("case.extend_clock", "客户耳背，要慢慢说")


@pytest.mark.parametrize(
    ("who", "fields", "kind", "code"),
    [
        ("teller", {}, NotAllowed, "not_your_role"),
        ("auditor", {}, NotAllowed, "auditor_reads_only"),
        ("stranger_head", {}, NotFound, "case_not_found"),
        ("supervisor", {"amount": 30}, Invalid, "not_longer"),
        ("supervisor", {"amount": 10**9}, Invalid, "not_longer"),
        ("supervisor", {"reason": "  "}, Invalid, "text_missing"),
        ("supervisor", {"authority": "长" * 301}, Invalid, "text_missing"),
        ("supervisor", {"step": "answer"}, Invalid, "no_running_clock"),
    ],
)
def test_more_time_refused(people: Any, who: str, fields: dict[str, Any], kind: type, code: str) -> None:
    case = opened(people, "2026-03-02T11:50")
    given = {"step": "listen", "amount": 60, "reason": "客户耳背", "authority": "郭烨", **fields}
    with pytest.raises(kind) as refused:
        do(case_acts.extend_clock, getattr(people, who), "2026-03-02T11:55", case, **given)
    assert refused.value.problem.code == code
    assert due(people.teller, case) == "2026-03-02T13:50"


# ---- what the desk tells by itself ----------------------------------------------------------------------------------


def test_at_risk_late_and_up_the_tree_each_once_and_only_while_open(people: Any) -> None:
    """Opened 17:10 on Monday: at risk at 17:34 working time, which is 09:04 of Tuesday; due at 09:10."""
    case = opened(people, "2026-03-02T17:10")
    for moment, expected in [
        ("2026-03-02T17:29", []),
        ("2026-03-03T03:00", []),
        ("2026-03-03T09:04", [("reminder", "li.min")]),
        ("2026-03-03T09:09", []),
        ("2026-03-03T09:10", [("late", "li.min")]),
        ("2026-03-03T11:09", []),
        ("2026-03-03T11:10", [("escalated", "guo.ye")]),
        # 120 working minutes on: 50 until noon, 70 after 13:30. Nobody leads the sub-branch, so it goes on to the city.
        ("2026-03-03T12:30", []),
        ("2026-03-03T14:40", [("escalated", "lu.heng")]),
        ("2026-03-03T16:39", []),
        ("2026-03-03T16:40", [("escalated", "su.yan")]),
        ("2026-03-09T09:40", []),
    ]:
        before = told(case)
        jobs.tell_due(at(moment))
        jobs.tell_due(at(moment))
        assert told(case)[len(before) :] == expected, moment
    by_the_house = [(e.actor, e.channel, e.act) for e in entries(case)[1:]]
    assert by_the_house == [("house:clocks", "system", "case.clock_told")] * 5
    assert verify_timeline().ok


def test_two_workers_at_once_tell_once(people: Any) -> None:
    case = opened(people, "2026-03-02T10:00")

    def look(_: int) -> int:
        try:
            return jobs.tell_due(at("2026-03-02T10:25"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(look, range(2)))
    assert told(case) == [("reminder", "li.min")]


def test_nobody_is_told_while_the_client_must_act_and_a_worker_that_was_down_says_late_at_once(
    people: Any,
) -> None:
    case = opened(people, "2026-03-02T10:00")
    rest = {"reason": "等证明", "until": at("2026-03-20T23:59").isoformat(), "waiting_for": "client"}
    do(verbs.suspend, people.teller, "2026-03-02T10:10", case, **rest)
    jobs.tell_due(at("2026-03-03T10:00"))
    assert told(case) == []
    do(verbs.resume, people.teller, "2026-03-04T10:00", case)
    jobs.tell_due(at("2026-03-04T20:00"))
    assert told(case) == []
    jobs.tell_due(at("2026-03-05T09:00"))
    assert told(case) == [("late", "li.min")]
    do(
        case_acts.extend_clock,
        people.supervisor,
        "2026-03-05T09:05",
        case,
        step="listen",
        amount=1200,
        reason="等鉴定",
        authority="郭烨",
    )
    jobs.tell_due(at("2026-03-05T17:00"))
    assert told(case) == [("late", "li.min")]


def test_no_person_can_send_the_houses_notices(people: Any) -> None:
    case = opened(people, "2026-03-02T10:00")
    [clock] = clocks(people.teller, case)
    with pytest.raises(Refused) as refused:
        do(case_acts.tell_of_clock, people.outlet_head, "2026-03-02T10:29", case, clock=clock.id)
    assert refused.value.problem.code == "house_only"


def test_what_the_house_tells_makes_no_open_form_stale(people: Any) -> None:
    case = opened(people, "2026-03-02T10:00")
    jobs.tell_due(at("2026-03-02T10:25"))
    outcome = perform(
        steps.do_step,
        people.teller,
        str(uuid.uuid4()),
        case_id=case.id,
        expected_version=case.version,
        now=at("2026-03-02T10:26"),
        step="listen",
        result={"wish": "换零钱", "told": "明白"},
    )
    assert outcome.version == case.version + 2


# ---- the calendar changes under a running clock ---------------------------------------------------------------------


def test_running_clocks_follow_a_closure_and_its_withdrawal(people: Any) -> None:
    case = opened(people, "2026-03-05T17:10")
    assert due(people.teller, case) == "2026-03-06T09:10"
    outcome = do(
        calendar_acts.close_outlet, people.outlet_head, "2026-03-05T17:15", closed="2026-03-06", reason="停电"
    )
    assert jobs.follow_changes(at("2026-03-05T17:16")) >= 1
    assert jobs.follow_changes(at("2026-03-05T17:16")) == 0
    assert due(people.teller, case) == "2026-03-09T09:10"
    do(
        calendar_acts.withdraw_closure,
        people.outlet_head,
        "2026-03-05T17:20",
        closure=outcome.result["closure"],
        reason="来电了",
    )
    jobs.follow_changes(at("2026-03-05T17:21"))
    assert due(people.teller, case) == "2026-03-06T09:10"


def test_a_year_that_is_announced_later_moves_what_was_due_by_the_plain_week(people: Any) -> None:
    case = opened(people, "2026-12-31T17:10")
    [clock] = clocks(people.teller, case)
    assert (due(people.teller, case), clock.problem) == ("2027-01-01T09:10", "year_not_announced")
    days = [
        {"date": "2027-01-01", "off": True, "name": "元旦"},
        {"date": "2027-01-03", "works_as": "fri"},
    ]
    do(
        calendar_acts.announce_year,
        people.province_specialist,
        "2026-12-31T17:20",
        year=2027,
        days=days,
        source="示例通知",
    )
    jobs.follow_changes(at("2026-12-31T17:21"))
    [clock] = clocks(people.teller, case)
    assert (due(people.teller, case), clock.problem) == ("2027-01-03T09:10", "")


def test_a_stranger_sees_no_clock(people: Any) -> None:
    case = opened(people, "2026-03-02T10:00")
    assert clocks(people.colleague, case)
    assert clocks(people.province_specialist, case)
    assert not clocks(people.stranger, case)
    assert timezone.is_aware(clocks(people.teller, case)[0].started_at)
