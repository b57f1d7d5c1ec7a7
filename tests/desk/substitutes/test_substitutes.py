"""代岗: arranging, what a substitute may do and see, both names on record, and everything that is refused."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.database


def today() -> date:
    from xiaoshi.desk.guard.standing_in import bank_day

    return bank_day(datetime.now(UTC))


def do(act: Any, person: Any, case: Any = None, **fields: Any) -> Any:
    from xiaoshi.desk.guard.boundary import perform

    given = {"case_id": case.id} if case is not None else {}
    return perform(act, person, str(uuid.uuid4()), **given, **fields)


def refused(act: Any, person: Any, case: Any = None, **fields: Any) -> str:
    from xiaoshi.desk.guard.refusals import Refused

    with pytest.raises(Refused) as caught:
        do(act, person, case, **fields)
    assert caught.value.problem.words.zh
    assert caught.value.problem.words.en
    return caught.value.problem.code


def arranged(
    by: Any, absent: Any, substitute: Any, first: int = 0, last: int = 3, agreed: bool = True, **more: Any
) -> Any:
    from xiaoshi.desk.substitutes.acts import arrange
    from xiaoshi.desk.substitutes.asking import agree

    day = today()
    fields = {
        "absent": absent.login,
        "substitute": substitute.login,
        "first_day": (day + timedelta(first)).isoformat(),
        "last_day": (day + timedelta(last)).isoformat(),
        "reason": "年休假",
        **more,
    }
    ident = do(arrange, by, **fields).result["arrangement"]
    if agreed and by.login != substitute.login:
        do(agree, substitute, arrangement=ident)
    return ident


@pytest.fixture(autouse=True)
def nobody_away(desk):
    """Each test begins with everybody at work."""
    from xiaoshi.desk.substitutes.models import Substitution

    Substitution.objects.using("owner").all().delete()


def entries_of(case: Any) -> list[Any]:
    from xiaoshi.desk.audit.models import TimelineEntry

    return list(TimelineEntry.objects.using("owner").filter(case_id=case.id).order_by("seq"))


def notices_of(person: Any) -> list[str]:
    from xiaoshi.desk.notices.models import Notice

    return list(
        Notice.objects.using("owner").filter(staff_login=person.login).values_list("words_zh", flat=True)
    )


def test_the_substitute_does_what_is_the_absent_persons_with_both_names(people, new_case):
    from xiaoshi.desk.cases.timeline import tell
    from xiaoshi.desk.cases.verbs import suspend
    from xiaoshi.desk.guard.visibility import visible_to

    case = new_case()
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    fields = {"reason": "等材料", "until": later, "waiting_for": "client"}
    assert refused(suspend, people.colleague, case, **fields) == "not_your_act"
    arranged(people.outlet_head, people.teller, people.colleague)
    do(suspend, people.colleague, case, **fields)
    last = entries_of(case)[-1]
    assert (last.actor, last.body["on_behalf_of"]) == (people.colleague.login, people.teller.login)
    assert last.body["events"][0]["on_behalf_of"] == people.teller.login
    with visible_to(people.colleague):
        told = tell([last])[0]
    assert told.who.zh == f"{people.colleague.name_zh} 代 {people.teller.name_zh}"


def test_own_right_comes_first(people, new_case):
    from xiaoshi.desk.cases.verbs import claim

    case = new_case()
    arranged(people.teller, people.teller, people.colleague)
    do(claim, people.colleague, case, step="intake")
    assert "on_behalf_of" not in entries_of(case)[-1].body


def test_it_ends_by_itself_and_by_hand(people, new_case):
    from xiaoshi.desk.cases.verbs import hand_over
    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.guard.refusals import Refused
    from xiaoshi.desk.substitutes.acts import end

    case = new_case()
    ident = arranged(people.teller, people.teller, people.colleague, 0, 2)
    fields = {"to": people.supervisor.login, "reason": "x"}
    with pytest.raises(Refused) as caught:
        perform(
            hand_over,
            people.colleague,
            str(uuid.uuid4()),
            case_id=case.id,
            now=datetime.now(UTC) + timedelta(days=5),
            **fields,
        )
    assert caught.value.problem.code == "not_your_act"
    assert refused(end, people.stranger, arrangement=ident) == "no_such_arrangement"
    assert refused(end, people.lobby, arrangement=ident) == "not_your_act"
    do(end, people.colleague, arrangement=ident, reason="病了")
    assert refused(end, people.teller, arrangement=ident) == "ended_already"
    assert refused(hand_over, people.colleague, case, **fields) == "not_your_act"


def test_for_one_kind_only(people, new_case):
    from xiaoshi.desk.cases.verbs import suspend

    fields = {
        "reason": "等",
        "until": (datetime.now(UTC) + timedelta(days=2)).isoformat(),
        "waiting_for": "client",
    }
    arranged(people.teller, people.teller, people.colleague, kinds=["example"])
    assert refused(suspend, people.colleague, new_case(), **fields) == "not_your_act"
    do(suspend, people.colleague, new_case(kind="example"), **fields)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"absent": "nobody"}, "no_such_colleague"),
        ({"substitute": "zhou.qing"}, "without_the_role"),
        ({"substitute": "li.min"}, "to_yourself"),
        ({"first_day": "soon"}, "date_unreadable"),
        ({"last_day": "1999-01-01"}, "days_reversed"),
        ({"first_day": "1999-01-01", "last_day": "1999-01-02"}, "days_past"),
        ({"kinds": ["no_such"]}, "unknown_kind"),
        ({"reason": "  "}, "reason_missing"),
        ({"reason": 5}, "field_of_other_kind"),
        ({"from_time": "half past one"}, "time_unreadable"),
        ({"until_time": "25:00"}, "time_unreadable"),
        ({"from_time": "13:30", "until_time": "13:30"}, "times_reversed"),
    ],
)
def test_what_cannot_be_arranged(people, fields, code):
    from xiaoshi.desk.substitutes.acts import arrange

    day = today().isoformat()
    given = {"absent": "li.min", "substitute": "xu.lan", "first_day": day, "last_day": day, "reason": "休假"}
    assert refused(arrange, people.teller, **(given | fields)) == code


def test_who_may_arrange_it(people):
    from xiaoshi.desk.substitutes.acts import arrange

    day = today().isoformat()
    given = {"absent": "li.min", "substitute": "xu.lan", "first_day": day, "last_day": day, "reason": "休假"}
    for person, code in (
        (people.colleague, "not_your_act"),
        (people.stranger_head, "not_your_act"),
        (people.auditor, "auditor_reads_only"),
    ):
        assert refused(arrange, person, **given) == code
    do(arrange, people.supervisor, **given)
    assert refused(arrange, people.teller, **given) == "covered_already"


def test_one_teller_does_not_open_the_outlet_to_somebody_of_another(people, new_case):
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.guard.visibility import visible_to
    from xiaoshi.desk.substitutes.acts import arrange

    case, day = new_case(people.colleague), (today() + timedelta(60)).isoformat()
    given = {"absent": "li.min", "substitute": "wu.an", "first_day": day, "last_day": day, "reason": "休假"}
    assert refused(arrange, people.teller, **given) == "outsider_by_head"
    with visible_to(people.stranger):
        assert not Case.objects.filter(id=case.id).exists()
    do(arrange, people.outlet_head, **given)


def test_a_circle_is_refused_when_it_is_made(people):
    from xiaoshi.desk.substitutes.acts import arrange

    arranged(people.teller, people.teller, people.colleague, 2, 6)
    day = today()
    circle = {
        "absent": people.colleague.login,
        "substitute": people.teller.login,
        "first_day": (day + timedelta(6)).isoformat(),
        "last_day": (day + timedelta(9)).isoformat(),
        "reason": "休假",
    }
    assert refused(arrange, people.colleague, **circle) == "circle"
    circle["first_day"] = (day + timedelta(7)).isoformat()
    do(arrange, people.colleague, **circle)


def test_work_for_the_absent_is_told_to_both_and_a_delegation_goes_to_who_is_there(people, new_case):
    from xiaoshi.desk.cases.verbs import delegate, hand_over

    arranged(people.outlet_head, people.colleague, people.teller)
    case = new_case(people.lobby)
    do(hand_over, people.lobby, case, to=people.colleague.login, reason="请办理")
    assert any(case.number in words for words in notices_of(people.colleague))
    assert any(case.number in words and "代" in words for words in notices_of(people.teller))
    given = {"step": "intake", "to": people.colleague.login, "reason": "请代办"}
    assert refused(delegate, people.teller, case, **given) == "comes_back_to_you"
    outcome = do(delegate, people.outlet_head, case, **given)
    assert outcome.result == {"to": people.teller.login, "instead_of": people.colleague.login}
    entry = entries_of(case)[-1]
    assert "不在岗" in entry.body["words"]["zh"]
    assert entry.body["events"][0]["to"] == people.teller.login


def test_delegation_to_oneself_without_the_role_and_to_whom_has_left(people, new_case):
    from django.db import connections

    from xiaoshi.desk.cases.verbs import delegate

    case = new_case()
    for to, code in (
        (people.teller.login, "to_yourself"),
        (people.supervisor.login, "wrong_role"),
        (people.stranger.login, "receiver_elsewhere"),
        ("nobody.here", "no_such_colleague"),
    ):
        assert (
            refused(delegate, people.teller, case, step="photograph" if 0 else "intake", to=to, reason="x")
            == code
        )
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE organisation_staff SET is_active = false WHERE login = 'xu.lan'")
    try:
        code = refused(delegate, people.teller, case, step="intake", to="xu.lan", reason="x")
        assert code == "no_such_colleague"
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute("UPDATE organisation_staff SET is_active = true WHERE login = 'xu.lan'")


def test_a_substitute_from_another_outlet_sees_and_acts_only_for_those_days(people, new_case):
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.cases.verbs import suspend
    from xiaoshi.desk.guard.visibility import visible_to

    def seen(case: Any) -> bool:
        with visible_to(people.stranger):
            return Case.objects.filter(id=case.id).exists()

    case = new_case()
    fields = {
        "reason": "等",
        "until": (datetime.now(UTC) + timedelta(days=2)).isoformat(),
        "waiting_for": "client",
    }
    assert not seen(case)
    assert refused(suspend, people.stranger, case, **fields) == "case_not_found"
    ident = arranged(people.outlet_head, people.teller, people.stranger, kinds=["burnt_notes"])
    assert seen(case)
    assert not seen(new_case(kind="example"))
    do(suspend, people.stranger, case, **fields)
    assert entries_of(case)[-1].body["on_behalf_of"] == people.teller.login
    from xiaoshi.desk.substitutes.acts import end

    do(end, people.stranger, arrangement=ident)
    assert not seen(case)


def test_what_was_seen_in_somebodys_stead_is_seen_no_longer_afterwards(people, new_case):
    """Work for the absent outlet head of another outlet is told to the substitute, who sees that case, and then no more."""
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.cases.verbs import copy_to
    from xiaoshi.desk.guard.visibility import visible_to
    from xiaoshi.desk.substitutes.acts import end

    def seen(person: Any) -> bool:
        with visible_to(person):
            return Case.objects.filter(id=case.id).exists()

    case = new_case(people.stranger, kind="example")
    ident = arranged(people.outlet_head, people.teller, people.colleague, kinds=["example"])
    do(copy_to, people.stranger, case, to=[people.teller.login])
    assert seen(people.teller)
    assert seen(people.colleague)
    do(end, people.teller, arrangement=ident)
    assert seen(people.teller), "who was asked goes on seeing it"
    assert not seen(people.colleague)
    other = arranged(people.outlet_head, people.supervisor, people.outlet_head)
    assert not seen(people.colleague)
    do(end, people.supervisor, arrangement=other)
    ident = arranged(people.outlet_head, people.teller, people.colleague, kinds=["burnt_notes"])
    assert not seen(people.colleague), "for another kind of case"
    do(end, people.teller, arrangement=ident)
    do(copy_to, people.stranger, case, to=[people.colleague.login])
    assert seen(people.colleague), "who was asked by name sees it for good"


def test_half_a_day(people, new_case):
    from xiaoshi.desk.cases.verbs import hand_over
    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.guard.refusals import Refused
    from xiaoshi.desk.guard.standing_in import BANK_ZONE

    day = today() + timedelta(30)
    arranged(people.teller, people.teller, people.colleague, 30, 30, from_time="13:30")
    entry = notices_of(people.colleague)[-1]
    assert f"{day.day}日13:30至" in entry

    def done_at(hour: int, minute: int) -> str:
        now = datetime(day.year, day.month, day.day, hour, minute, tzinfo=BANK_ZONE)
        fields = {"to": people.supervisor.login, "reason": "x", "case_id": new_case().id, "now": now}
        try:
            perform(hand_over, people.colleague, str(uuid.uuid4()), **fields)
        except Refused as refused:
            return refused.problem.code
        return "done"

    assert done_at(13, 29) == "not_your_act"
    assert done_at(13, 30) == "done"
    assert done_at(23, 59) == "done"


def test_what_was_made_in_standing_in_is_confirmed_by_a_third(people, new_case):
    from xiaoshi.desk.cases.steps import confirm_step, do_step
    from xiaoshi.desk.cases.verbs import claim

    case = new_case(kind="example")
    do(do_step, people.teller, case, step="listen", result={"heard": "换零钱"})
    arranged(people.outlet_head, people.outlet_head, people.supervisor)
    do(claim, people.outlet_head, case, step="answer")
    assert refused(do_step, people.supervisor, case, step="answer", result={}) == "held_by_other"
    arranged(people.supervisor, people.supervisor, people.outlet_head, 10, 12)
    do(do_step, people.outlet_head, case, step="answer", result={})
    assert refused(confirm_step, people.outlet_head, case, step="answer") == "maker_is_checker"
    # A checker who has no other part in the plan can confirm; standing in for the maker does not hinder an own right.
    do(confirm_step, people.supervisor, case, step="answer")


def test_the_page(people, client_for):
    client = client_for(people.teller)
    page = client.get("/desk/substitutes/").content.decode()
    assert "代岗" in page
    assert people.colleague.name_zh in page
    day = today() + timedelta(1)
    form = {
        "key": str(uuid.uuid4()),
        "absent": people.teller.login,
        "substitute": people.colleague.login,
        "reason": "年休假",
        **{f"first_day_{part}": getattr(day, part) for part in ("year", "month", "day")},
        **{f"last_day_{part}": getattr(day, part) for part in ("year", "month", "day")},
    }
    found = client.post("/desk/substitutes/", {**form, "find": "1", "who": people.colleague.name_zh})
    assert found.status_code == 200
    assert "年休假" in found.content.decode()
    assert client.post("/desk/substitutes/", {**form, "reason": ""}).status_code == 422
    assert client.post("/desk/substitutes/", form).status_code == 302
    assert people.colleague.name_zh in client.get("/desk/substitutes/").content.decode()
    again = client.post("/desk/substitutes/", {**form, "key": str(uuid.uuid4())})
    assert again.status_code == 422
    assert "已由" in again.content.decode()
    assert "年休假" not in client_for(people.lobby).get("/desk/substitutes/").content.decode()


def test_two_who_stand_in_for_each_other_at_the_same_moment_close_no_circle(people):
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    from django.db import connections

    from xiaoshi.desk.guard.refusals import Refused

    both = Barrier(2)

    def send(pair: tuple[Any, Any]) -> str:
        both.wait()
        try:
            return str(arranged(pair[0], *pair, 40, 42))
        except Refused as refused:
            return refused.problem.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as workers:
        answers = list(
            workers.map(send, [(people.teller, people.colleague), (people.colleague, people.teller)])
        )
    assert sum(answer.isdecimal() for answer in answers) == 1
