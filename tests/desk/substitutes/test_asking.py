"""Asking a substitute: nothing goes there before the answer, declining says why, a head names only where the bank says so."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .test_substitutes import arranged, do, entries_of, notices_of, refused, today

pytestmark = pytest.mark.database

LATER = (datetime.now(UTC) + timedelta(days=2)).isoformat()
SUSPEND = {"reason": "等材料", "until": LATER, "waiting_for": "client"}


@pytest.fixture(autouse=True)
def nobody_away(desk):
    from xiaoshi.desk.substitutes.models import AskingRule, Substitution

    Substitution.objects.using("owner").all().delete()
    AskingRule.objects.using("owner").all().delete()


def row_of(ident: int) -> Any:
    from xiaoshi.desk.substitutes.models import Substitution

    return Substitution.objects.using("owner").get(id=ident)


def test_nothing_goes_to_the_substitute_before_the_answer(people, new_case):
    from xiaoshi.desk.cases.verbs import hand_over, suspend
    from xiaoshi.desk.substitutes.asking import agree

    case, other = new_case(), new_case(people.lobby)
    ident = arranged(people.outlet_head, people.teller, people.colleague, agreed=False)
    assert any("请答复" in words for words in notices_of(people.colleague))
    assert refused(suspend, people.colleague, case, **SUSPEND) == "not_your_act"
    do(hand_over, people.lobby, other, to=people.teller.login, reason="请办理")
    assert not any(other.number in words for words in notices_of(people.colleague))
    for person, code in (
        (people.outlet_head, "not_your_act"),
        (people.teller, "not_your_act"),
        (people.stranger, "no_such_arrangement"),
        (people.auditor, "auditor_reads_only"),
    ):
        assert refused(agree, person, arrangement=ident) == code
    do(agree, people.colleague, arrangement=ident)
    assert refused(agree, people.colleague, arrangement=ident) == "answered_already"
    assert any("同意代" in words for words in notices_of(people.teller))
    assert any("同意代" in words for words in notices_of(people.outlet_head))
    do(suspend, people.colleague, case, **SUSPEND)
    assert entries_of(case)[-1].body["on_behalf_of"] == people.teller.login


def test_declining_says_why_and_another_can_be_asked(people):
    from xiaoshi.desk.substitutes.asking import agree, decline

    ident = arranged(people.teller, people.teller, people.colleague, 20, 22, agreed=False)
    assert refused(decline, people.colleague, arrangement=ident, reason=" ") == "reason_missing"
    do(decline, people.colleague, arrangement=ident, reason="那几天我也培训")
    row = row_of(ident)
    assert (row.agreement, row.end_reason, row.ended_by) == (
        "declined",
        "那几天我也培训",
        people.colleague.login,
    )
    assert any("那几天我也培训" in words for words in notices_of(people.teller))
    assert refused(agree, people.colleague, arrangement=ident) == "answered_already"
    arranged(people.teller, people.teller, people.colleague, 20, 22)


def test_what_nobody_has_answered_counts_for_circles_and_clashes(people):
    from xiaoshi.desk.substitutes.acts import arrange, end

    ident = arranged(people.teller, people.teller, people.colleague, 20, 22, agreed=False)
    day = (today() + timedelta(21)).isoformat()
    back = {"absent": people.colleague.login, "substitute": people.teller.login, "first_day": day, "last_day": day, "reason": "休假"}  # fmt: skip
    assert refused(arrange, people.colleague, **back) == "circle"
    again = {**back, "absent": people.teller.login, "substitute": people.colleague.login}
    assert refused(arrange, people.teller, **again) == "covered_already"
    do(end, people.teller, arrangement=ident, reason="不去了")
    do(arrange, people.colleague, **back)


def test_whoever_lost_the_post_meanwhile_does_not_get_it_by_agreeing(people):
    from django.db import connections

    from xiaoshi.desk.substitutes.asking import agree

    ident = arranged(people.teller, people.teller, people.colleague, 20, 22, agreed=False)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE organisation_staff SET roles = '{lobby_manager}' WHERE login = %s",
            [people.colleague.login],
        )
    try:
        assert refused(agree, people.colleague, arrangement=ident) == "without_the_role"
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "UPDATE organisation_staff SET roles = '{teller}' WHERE login = %s", [people.colleague.login]
            )


def test_a_head_names_without_asking_only_where_the_bank_says_so(people, new_case):
    from xiaoshi.desk.cases.verbs import suspend
    from xiaoshi.desk.organisation.models import Staff
    from xiaoshi.desk.substitutes.acts import arrange
    from xiaoshi.desk.substitutes.asking import set_rule

    day = today().isoformat()
    fields = {"absent": people.teller.login, "substitute": people.colleague.login, "first_day": day, "last_day": day, "reason": "急病", "ask": False}  # fmt: skip
    assert refused(arrange, people.outlet_head, **fields) == "has_to_be_asked"
    rule = {"from_day": day, "heads_may_name": True, "source": "人员管理办法第十二条"}
    assert refused(set_rule, people.outlet_head, **rule) == "not_your_role"
    keeper = Staff.objects.using("owner").select_related("unit").filter(roles__contains=["people_keeper"], unit__level="province").first()  # fmt: skip
    assert keeper is not None
    assert refused(set_rule, keeper, **{**rule, "from_day": "2020-01-01"}) == "days_past"
    assert refused(set_rule, keeper, **{**rule, "source": ""}) == "source_missing"
    do(set_rule, keeper, **rule)
    assert refused(arrange, people.teller, **fields) == "heads_only"
    ident = do(arrange, people.outlet_head, **fields).result["arrangement"]
    assert row_of(ident).agreement == "named"
    do(suspend, people.colleague, new_case(), **SUSPEND)
    do(set_rule, keeper, **{**rule, "heads_may_name": False})
    later = (today() + timedelta(9)).isoformat()
    assert (
        refused(arrange, people.outlet_head, **{**fields, "first_day": later, "last_day": later})
        == "has_to_be_asked"
    )


def test_whoever_offers_to_stand_in_has_agreed(people):
    ident = arranged(people.outlet_head, people.supervisor, people.outlet_head, agreed=False)
    assert row_of(ident).agreement == "agreed"


def test_the_database_too_lets_nobody_agree_for_another(people):
    from django.db import transaction
    from django.db.utils import ProgrammingError

    from xiaoshi.desk.guard.visibility import visible_to
    from xiaoshi.desk.substitutes.models import Substitution

    ident = arranged(people.outlet_head, people.teller, people.colleague, agreed=False)
    for person in (people.teller, people.outlet_head):
        with pytest.raises(ProgrammingError, match="who was asked"), transaction.atomic(), visible_to(person):
            Substitution.objects.filter(id=ident).update(agreement="agreed")


def test_on_the_first_day_the_desk_says_that_nobody_stands_in(people):
    from procrastinate.contrib.django.models import ProcrastinateJob

    from xiaoshi.desk.substitutes.asking import still_unanswered
    from xiaoshi.desk.substitutes.jobs import tell_unanswered

    ident = arranged(people.outlet_head, people.teller, people.colleague, 20, 22, agreed=False)
    assert ProcrastinateJob.objects.filter(task_name__endswith="first_day", args__arrangement=ident).exists()
    assert refused(still_unanswered, people.outlet_head, arrangement=ident) == "house_only"
    assert tell_unanswered(ident)
    assert any("尚未答复" in words for words in notices_of(people.outlet_head))
    other = arranged(people.outlet_head, people.teller, people.colleague, 30, 32)
    assert not tell_unanswered(other)


def test_the_page_asks_and_answers(people, client_for):
    ident = arranged(people.outlet_head, people.teller, people.colleague, agreed=False)
    mine = client_for(people.colleague)
    page = mine.get("/desk/substitutes/").content.decode()
    assert "已询问，待答复" in page
    assert "同意代岗" in page
    assert "同意代岗" not in client_for(people.teller).get("/desk/substitutes/").content.decode()
    address = f"/desk/substitutes/{ident}/answer/"
    sent = mine.post(address, {"key": str(uuid.uuid4()), "do": "decline", "reason": ""}, follow=True)
    assert "请写明原因" in sent.content.decode()
    mine.post(address, {"key": str(uuid.uuid4()), "do": "agree"})
    assert row_of(ident).agreement == "agreed"


def test_the_page_of_a_head_offers_naming_only_under_the_rule(people, client_for):
    from xiaoshi.desk.organisation.models import Staff

    head, address = client_for(people.outlet_head), "/desk/substitutes/"
    keeper = Staff.objects.using("owner").get(login="ding.wen")
    assert "按本行规定直接指派" not in head.get(address).content.decode()
    rule = {
        "key": str(uuid.uuid4()),
        "from_day": today().isoformat(),
        "heads_may_name": "yes",
        "source": "第十二条",
    }
    assert "登记本行关于代岗" not in head.get(address).content.decode()
    client_for(keeper).post(f"{address}rule/", rule)
    assert "按本行规定直接指派" in head.get(address).content.decode()
    assert "按本行规定直接指派" not in client_for(people.teller).get(address).content.decode()
    day = today() + timedelta(3)
    form = {
        "key": str(uuid.uuid4()), "absent": people.teller.login, "substitute": people.colleague.login, "reason": "急病", "ask": "no",
        **{f"{n}_{part}": getattr(day, part) for n in ("first_day", "last_day") for part in ("year", "month", "day")},
    }  # fmt: skip
    assert head.post(address, form).status_code == 302
    assert "直接指派" in head.get(address).content.decode()
    from xiaoshi.desk.substitutes.models import Substitution

    assert (
        Substitution.objects.using("owner").get(absent=people.teller.login, ended_at=None).agreement
        == "named"
    )
