"""People of the bank: who may change what, where two must agree, and what the database refuses on its own."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.db.utils import ProgrammingError

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.money.models import Account
from xiaoshi.desk.organisation.acts import people as acts
from xiaoshi.desk.organisation.models import Staff, StaffChange

OUTLET = "jn/lz/cd/yy/"
FIRST = "first-password-of-tests"


@pytest.fixture
def keeper(people: Any) -> Staff:
    return Staff.objects.select_related("unit").get(login="ding.wen")


@pytest.fixture
def other_keeper(people: Any) -> Staff:
    return Staff.objects.select_related("unit").get(login="bai.lu")


def do(act: Any, person: Staff, **fields: Any) -> dict[str, Any]:
    return perform(act, person, str(uuid.uuid4()), **fields).result


def refused(act: Any, person: Staff, **fields: Any) -> str:
    with pytest.raises(Refused) as caught:
        do(act, person, **fields)
    return caught.value.problem.code


def new_person(keeper: Staff, login: str, roles: tuple[str, ...] = ("teller",), unit: str = OUTLET) -> Staff:
    do(
        acts.add_staff, keeper, login=login, name_zh="柯然", name_en="Ke Ran", unit_path=unit, roles=list(roles)
    )  # fmt: skip
    return Staff.objects.select_related("unit").get(login=login)


def test_a_teller_is_added_by_one_keeper_with_a_drawer_and_no_password(keeper):
    found = new_person(keeper, "ke.ran")
    assert not found.has_usable_password()
    assert found.must_change_password
    with visible_to(keeper):
        assert Account.objects.filter(staff_login="ke.ran").count() == 1
        entry = TimelineEntry.objects.filter(chain=f"unit:{OUTLET}").order_by("-seq").first()
    assert entry.body["login"] == "ke.ran"
    assert entry.body["words"]["zh"].startswith("新增人员")


@pytest.mark.parametrize(
    "who", ["teller", "colleague", "stranger", "outlet_head", "auditor", "province_specialist"]
)
def test_others_do_not_add_people(people, who):
    code = refused(
        acts.add_staff, getattr(people, who), login="no.one", name_zh="无", name_en="No", unit_path=OUTLET,
        roles=["teller"],
    )  # fmt: skip
    assert code in {"not_your_role", "auditor_reads_only"}
    assert not Staff.objects.filter(login="no.one").exists()


REFUSED = [
    ({"login": "Ünfit"}, "login_unusable"),
    ({"login": "house:x"}, "login_unusable"),
    ({"login": "li.min"}, "login_taken"),
    ({"login": "a" * 41}, "login_unusable"),
    ({"name_zh": "  "}, "name_unusable"),
    ({"name_en": "n" * 101}, "name_unusable"),
    ({"unit_path": "jn/none/"}, "no_such_unit"),
    ({"roles": []}, "roles_missing"),
    ({"roles": ["king"]}, "role_unknown"),
    ({"roles": ["city_specialist"]}, "role_not_here"),
    ({"unit_path": "jn/", "roles": ["auditor", "contact_centre"]}, "auditor_and_more"),
    ({"roles": "teller"}, "field_of_other_kind"),
]


@pytest.mark.parametrize(("odd", "code"), REFUSED)
def test_a_bad_field_is_refused_with_its_reason(keeper, odd, code):
    fields = {
        "login": "lei.an", "name_zh": "雷安", "name_en": "Lei An", "unit_path": OUTLET, "roles": ["teller"]
    }  # fmt: skip
    assert refused(acts.add_staff, keeper, **{**fields, **odd}) == code
    assert not Staff.objects.filter(login="lei.an").exists()


def test_a_role_that_signs_money_takes_two_keepers(keeper, other_keeper, people):
    asked = do(
        acts.add_staff, keeper, login="yu.tong", name_zh="余桐", name_en="Yu Tong", unit_path=OUTLET,
        roles=["supervisor"],
    )  # fmt: skip
    assert asked["state"] == "waiting"
    assert not Staff.objects.filter(login="yu.tong").exists()
    assert refused(acts.confirm_change, keeper, change=asked["change"]) == "maker_is_checker"
    assert refused(acts.confirm_change, people.outlet_head, change=asked["change"]) == "not_people_keeper"
    assert refused(acts.confirm_change, people.stranger, change=asked["change"]) == "no_such_change"
    assert do(acts.confirm_change, other_keeper, change=asked["change"])["state"] == "done"
    assert Staff.objects.get(login="yu.tong").roles == ["supervisor"]
    assert refused(acts.confirm_change, other_keeper, change=asked["change"]) == "change_decided"


def test_taking_such_a_role_away_needs_one_and_moving_with_it_two(keeper, other_keeper):
    asked = do(
        acts.move_staff, keeper, login="zheng.heng", unit_path="jn/lz/cd/hf/", reason="支援"
    )  # fmt: skip
    assert asked["state"] == "waiting"
    assert refused(
        acts.move_staff, other_keeper, login="zheng.heng", unit_path="jn/lz/cd/hf/", reason="支援"
    ) == "change_waits"  # fmt: skip
    assert (
        do(acts.reject_change, other_keeper, change=asked["change"], reason="人手够")["state"] == "rejected"
    )
    assert Staff.objects.select_related("unit").get(login="zheng.heng").unit.path == "jn/lz/cd/gq/"
    done = do(acts.change_roles, keeper, login="zheng.heng", roles=["teller"], reason="轮岗")
    assert done["state"] == "done"
    done = do(acts.move_staff, keeper, login="zheng.heng", unit_path="jn/lz/cd/hf/", reason="支援")
    assert done["state"] == "done"


def test_nobody_changes_oneself_and_nobody_outside_the_own_part(keeper, other_keeper):
    assert refused(acts.leave, keeper, login="ding.wen", reason="x") == "not_for_oneself"
    assert (
        refused(acts.change_roles, keeper, login="ding.wen", roles=["auditor"], reason="x")
        == "not_for_oneself"
    )
    city = do(
        acts.add_staff, keeper, login="shi.qi", name_zh="史琪", name_en="Shi Qi", unit_path="jn/lz/",
        roles=["people_keeper"],
    )  # fmt: skip
    do(acts.confirm_change, other_keeper, change=city["change"])
    given = do(acts.issue_password, keeper, login="shi.qi", reason="新入职", password=FIRST)
    do(acts.confirm_change, other_keeper, change=given["change"], password=FIRST)
    city_keeper = Staff.objects.select_related("unit").get(login="shi.qi")
    assert refused(acts.leave, city_keeper, login="yang.an", reason="x") == "not_people_keeper"
    assert refused(
        acts.move_staff, city_keeper, login="wu.an", unit_path="jn/hc/gx/rm/", reason="x"
    ) == "not_people_keeper"  # fmt: skip


def test_leaving_ends_service_at_once_and_coming_back_needs_a_new_password(
    keeper, other_keeper, people, client_for
):
    new_person(keeper, "tan.yue")
    do(acts.issue_password, keeper, login="tan.yue", reason="新入职", password=FIRST)
    found = Staff.objects.select_related("unit").get(login="tan.yue")
    assert found.check_password(FIRST)
    browser = client_for(found)
    do(acts.leave, keeper, login="tan.yue", reason="离职")
    assert browser.get("/desk/").status_code == 302
    left = Staff.objects.get(login="tan.yue")
    assert not left.is_active
    assert left.left_at is not None
    assert not left.has_usable_password()
    assert refused(acts.leave, keeper, login="tan.yue", reason="离职") == "left_already"
    do(acts.take_back, keeper, login="tan.yue", unit_path=OUTLET, roles=["lobby_manager"], reason="返聘")
    back = Staff.objects.get(login="tan.yue")
    assert back.is_active
    assert back.roles == ["lobby_manager"]
    assert not back.has_usable_password()


def test_a_head_never_gives_a_password_alone(keeper, people):
    asked = do(acts.issue_password, people.outlet_head, login="xu.lan", reason="忘记", password=FIRST)
    assert asked["state"] == "waiting"
    assert not Staff.objects.get(login="xu.lan").check_password(FIRST)
    done = do(acts.confirm_change, people.supervisor, change=asked["change"], password="second-" + FIRST)
    assert done["state"] == "done"
    assert Staff.objects.get(login="xu.lan").check_password("second-" + FIRST)
    assert refused(
        acts.issue_password, people.teller, login="xu.lan", reason="x", password=FIRST
    ) == "not_head_or_keeper"  # fmt: skip
    assert refused(
        acts.issue_password, people.stranger_head, login="xu.lan", reason="x", password=FIRST
    ) == "not_head_or_keeper"  # fmt: skip
    assert (
        refused(acts.issue_password, keeper, login="xu.lan", reason="x", password="short") == "password_weak"
    )
    with visible_to(keeper):
        bodies = [e.body for e in TimelineEntry.objects.all()] + [c.wanted for c in StaffChange.objects.all()]
    assert FIRST not in str(bodies)


def test_one_keeper_is_not_two_people_through_an_account_of_his_making(keeper, other_keeper, people):
    """What a keeper made and gave the password of looks and does nothing until somebody else has let it in."""
    from xiaoshi.desk.cases.opening import open_case
    from xiaoshi.desk.signing_in.acts import change_password

    new_person(keeper, "pan.sheng")
    given = do(acts.issue_password, keeper, login="pan.sheng", reason="新入职", password=FIRST)
    fields = {
        "kind": "example",
        "client_name": "何采薇",
        "facts": {"wish": "换零钱"},
        "id_number": "000000190001010000",
    }

    def pan() -> Staff:
        return Staff.objects.select_related("unit").get(login="pan.sheng")

    do(change_password, pan(), old=FIRST, new="words-of-pan-sheng")
    assert refused(open_case, pan(), **fields) == "not_let_in"
    assert refused(acts.confirm_change, keeper, change=given["let_in"]) == "maker_is_checker"
    assert refused(acts.confirm_change, people.teller, change=given["let_in"]) == "not_head_or_keeper"
    assert refused(acts.confirm_change, people.stranger_head, change=given["let_in"]) == "no_such_change"
    with visible_to(people.outlet_head):
        from xiaoshi.desk.notices.models import Notice

        assert Notice.objects.filter(topic="staff_change", words_zh__contains="pan.sheng").exists()
    assert do(acts.confirm_change, people.outlet_head, change=given["let_in"])["state"] == "done"
    assert do(open_case, pan(), **fields)


def test_a_password_given_anew_by_one_closes_the_account_and_the_giver_never_opens_it(
    keeper, other_keeper, people
):
    new_person(keeper, "qiu.he", ("lobby_manager",))
    first = do(acts.issue_password, keeper, login="qiu.he", reason="新入职", password=FIRST)["let_in"]
    second = do(acts.issue_password, other_keeper, login="qiu.he", reason="丢失", password=FIRST)["let_in"]
    assert refused(acts.confirm_change, other_keeper, change=first) == "change_decided"
    assert refused(acts.confirm_change, other_keeper, change=second) == "maker_is_checker"
    do(acts.withdraw_change, other_keeper, change=second)
    assert not Staff.objects.get(login="qiu.he").let_in
    third = do(acts.issue_password, keeper, login="qiu.he", reason="丢失", password=FIRST)["let_in"]
    do(acts.reject_change, people.supervisor, change=third, reason="不认识此人")
    assert not Staff.objects.get(login="qiu.he").let_in
    fourth = do(acts.issue_password, keeper, login="qiu.he", reason="本人到场", password=FIRST)["let_in"]
    do(acts.confirm_change, people.supervisor, change=fourth)
    assert Staff.objects.get(login="qiu.he").let_in
    do(acts.issue_password, keeper, login="qiu.he", reason="忘记", password=FIRST)
    assert not Staff.objects.get(login="qiu.he").let_in, "its giver knows the password again"


def test_a_password_that_two_people_gave_lets_in(keeper, people):
    new_person(keeper, "ren.jie")
    asked = do(acts.issue_password, people.outlet_head, login="ren.jie", reason="新入职", password=FIRST)
    do(acts.confirm_change, people.supervisor, change=asked["change"], password=FIRST)
    assert Staff.objects.get(login="ren.jie").let_in


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE organisation_staff SET let_in = true WHERE login = 'ke.ran'",
        "UPDATE organisation_staff SET password = 'x' WHERE login = 'zhou.qing'",
    ],
)
def test_the_database_lets_nobody_in_for_one_person_alone(keeper, statement):
    if not Staff.objects.filter(login="ke.ran").exists():
        new_person(keeper, "ke.ran")
    with pytest.raises(ProgrammingError, match="let in by another person"):
        sql(keeper, statement)


def test_the_pages_say_that_an_account_waits(keeper, people, client_for):
    new_person(keeper, "su.ping")
    page = client_for(keeper).post(
        "/desk/organisation/people/su.ping/password/", {"key": str(uuid.uuid4()), "reason": "新入职"}
    )
    assert "不能办理" in page.content.decode()
    assert (
        "尚未启用"
        in client_for(people.outlet_head).get("/desk/organisation/people/su.ping/").content.decode()
    )
    requests = client_for(people.outlet_head).get("/desk/organisation/changes/").content.decode()
    assert "启用账户" in requests
    Staff.objects.using("owner").filter(login="su.ping").update(must_change_password=False)
    own = client_for(Staff.objects.select_related("unit").get(login="su.ping"))
    assert "待另一人同意启用" in own.get("/desk/").content.decode()


def sql(person: Staff, statement: str, *values: Any) -> None:
    with visible_to(person), connection.cursor() as cursor:
        cursor.execute(statement, values)


PROMOTE = "UPDATE organisation_staff SET roles = %s WHERE login = %s"


@pytest.mark.parametrize(
    ("who", "login"),
    [
        ("li.min", "li.min"),
        ("li.min", "xu.lan"),
        ("ding.wen", "ding.wen"),
        ("ding.wen", "xu.lan"),
        ("guo.ye", "xu.lan"),
    ],
)
def test_the_database_refuses_a_promotion_by_hand(desk, who, login):
    person = Staff.objects.select_related("unit").get(login=who)
    with pytest.raises(ProgrammingError):
        sql(person, PROMOTE, ["supervisor"], login)


def test_the_database_refuses_other_ways_round(desk, keeper, people):
    for statement in (
        "UPDATE organisation_staff SET login = 'x' WHERE login = 'li.min'",
        "DELETE FROM organisation_staff WHERE login = 'li.min'",
        "UPDATE organisation_unit SET path = 'jn/x/' WHERE path = 'jn/lz/'",
        "UPDATE organisation_staffchange SET made_by = 'x'",
    ):
        with pytest.raises(ProgrammingError):
            sql(keeper, statement)
    with pytest.raises(ProgrammingError):
        sql(people.teller, "UPDATE organisation_unit SET phone = '1' WHERE path = %s", OUTLET)
    with pytest.raises(ProgrammingError):
        sql(people.teller, "INSERT INTO organisation_banksetting VALUES ('idle_minutes', '480', 'x', now())")


def test_leaving_ends_substitutes_and_tokens(keeper, people):
    from datetime import timedelta

    from django.utils import timezone

    from xiaoshi.desk.api.models import Token
    from xiaoshi.desk.substitutes.acts import arrange
    from xiaoshi.desk.substitutes.models import Substitution

    day = timezone.localdate() + timedelta(days=1)
    do(
        arrange, people.stranger_head, absent="wu.an", substitute="wu.ning", first_day=day.isoformat(),
        last_day=day.isoformat(), reason="休假",
    )  # fmt: skip
    do(acts.leave, keeper, login="wu.ning", reason="离职")
    assert not Substitution.objects.using("owner").filter(substitute="wu.ning", ended_at=None).exists()
    assert not Token.objects.using("owner").filter(owner_login="wu.ning", ended_at=None).exists()


@pytest.mark.parametrize("kind", ["password", "factors", "roles"])
def test_a_request_dies_with_the_unit_that_it_was_made_for(keeper, other_keeper, people, kind):
    login = f"moved.{kind}"
    new_person(keeper, login, ("lobby_manager",))
    asked = {
        "password": lambda: do(
            acts.issue_password, people.supervisor, login=login, reason="忘记", password=FIRST
        ),
        "factors": lambda: do(acts.reset_factors, people.supervisor, login=login, reason="换手机"),
        "roles": lambda: do(acts.change_roles, keeper, login=login, roles=["supervisor"], reason="轮岗"),
    }[kind]()
    assert asked["state"] == "waiting"
    do(acts.move_staff, keeper, login=login, unit_path="jn/lz/cd/hf/", reason="支援")
    decider = other_keeper if kind == "roles" else people.outlet_head
    given = {"password": FIRST} if kind == "password" else {}
    assert refused(acts.confirm_change, decider, change=asked["change"], **given) == "moved_meanwhile"
    found = Staff.objects.get(login=login)
    assert not found.has_usable_password()
    assert found.roles == ["lobby_manager"]
    assert do(acts.reject_change, decider, change=asked["change"], reason="已调走")["state"] == "rejected"


def test_the_pages_name_units_and_not_paths(keeper, people, client_for):
    from xiaoshi.desk.organisation.models import Unit

    do(
        acts.add_staff, keeper, login="lou.ming", name_zh="楼明", name_en="Lou Ming", unit_path="jn/lz/cd/hf/",
        roles=["supervisor"],
    )  # fmt: skip
    client, target = client_for(keeper), Unit.objects.get(path="jn/lz/cd/hf/")
    changes = client.get("/desk/organisation/changes/").content.decode()
    assert target.name_zh in changes
    assert "<code>jn/" not in changes
    assert "<code>jn/" not in client.get("/desk/organisation/").content.decode()
    assert (
        Unit.objects.get(path="jn/lz/").name_zh
        in client.get(f"/desk/organisation/units/{target.id}/").content.decode()
    )
