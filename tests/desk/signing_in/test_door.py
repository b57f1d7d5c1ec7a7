"""The door: password, second factors, waits that hit the right one, sessions that end, drafts that are kept."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from desk_fixtures import PASSWORD
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.organisation.acts import people as people_acts
from xiaoshi.desk.organisation.acts.units import change_setting
from xiaoshi.desk.organisation.models import BankSetting, Staff
from xiaoshi.desk.signing_in import budgets, codes
from xiaoshi.desk.signing_in.devices import COOKIE
from xiaoshi.desk.signing_in.models import DoorEvent, Factor, Sitting

pytestmark = pytest.mark.usefixtures("desk")


def staff(login: str) -> Staff:
    return Staff.objects.select_related("unit").get(login=login)


def browser(address: str = "10.0.0.1") -> Client:
    return Client(SERVER_NAME="127.0.0.1", REMOTE_ADDR=address)


def sign_in(client: Client, login: str, password: str = PASSWORD) -> Any:
    return client.post("/sign-in/", {"login": login, "password": password})


def owner_sql(statement: str, *values: Any) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, values)


def set_value(key: str, value: Any) -> None:
    perform(change_setting, staff("ding.wen"), str(uuid.uuid4()), setting=key, value=value)


def key_on(page: Any) -> str:
    return re.search(r'name="key" value="([^"]+)"', page.content.decode())[1]


def test_unknown_name_and_wrong_password_look_the_same_and_cost_the_same(monkeypatch):
    from django.contrib.auth.hashers import Argon2PasswordHasher

    hashed = []
    for name in ("encode", "verify"):
        plain = getattr(Argon2PasswordHasher, name)
        monkeypatch.setattr(
            Argon2PasswordHasher, name, lambda self, *a, _plain=plain, _name=name, **k: hashed.append(_name) or _plain(self, *a, **k)
        )  # fmt: skip
    answers = []
    for login, address in (("li.min", "10.1.0.1"), ("nobody.here", "10.1.0.2")):
        hashed.clear()
        page = sign_in(browser(address), login, "wrong")
        words = re.sub(r'value="[^"]*"|[A-Za-z0-9]{64}', "", page.content.decode())
        answers.append((page.status_code, words, len(hashed)))
    assert answers[0] == answers[1]
    assert answers[0][0] == 422
    assert answers[0][2] == 1


def test_a_strangers_thousand_failures_do_not_stop_the_owner_on_the_own_computer():
    own = browser("10.2.0.1")
    assert sign_in(own, "xu.lan").status_code == 302
    own.post("/sign-out/")
    now = timezone.now()
    stranger = budgets.place_of("xu.lan", None, "10.2.0.66")
    waited = counted = 0
    for n in range(1000):
        if budgets.charge("xu.lan", stranger, now + timedelta(seconds=n)) is None:
            counted += 1
        else:
            waited += 1
    assert waited > 900
    assert counted < 20
    blocked = sign_in(browser("10.2.0.66"), "xu.lan")
    assert blocked.status_code == 429
    assert "其他电脑不受影响" in blocked.content.decode()
    assert sign_in(own, "xu.lan").status_code == 302
    assert sign_in(browser("10.2.0.2"), "xu.lan").status_code == 302


def test_the_wait_grows_and_the_same_address_does_not_hold_up_a_known_device():
    own = browser("10.3.0.1")
    sign_in(own, "wu.an")
    own.post("/sign-out/")
    now = timezone.now()
    place = budgets.place_of("wu.an", None, "10.3.0.1")
    waits = []
    for _ in range(12):
        until = budgets.charge("wu.an", place, now)
        if until is not None:
            waits.append((until - now).total_seconds())
            now = until
    assert waits[:3] == [5.0, 10.0, 20.0]
    assert sign_in(browser("10.3.0.1"), "wu.an").status_code == 429
    assert sign_in(own, "wu.an").status_code == 302


def test_a_device_cookie_that_we_did_not_sign_is_no_known_device():
    liar = browser("10.4.0.1")
    liar.cookies[COOKIE] = "abc:def:ghi"
    assert sign_in(liar, "wu.ning", "wrong").status_code == 422
    other = browser("10.4.0.2")
    sign_in(other, "wu.yue")
    assert not budgets.place_of("wu.ning", uuid.uuid4(), "10.4.0.2").known


def test_one_address_cannot_go_through_all_names():
    now, address = timezone.now(), "10.5.0.1"
    tried = [budgets.charge(f"name{n}", budgets.place_of(f"name{n}", None, address), now) for n in range(70)]
    assert sum(t is None for t in tried) == 60


def test_failures_are_told_to_the_person_and_odd_names_are_not_written_down():
    stranger, own = browser("10.6.0.1"), browser("10.6.0.2")
    sign_in(own, "zheng.an")
    sign_in(stranger, "zheng.an", "wrong")
    sign_in(stranger, "my-secret-password", "wrong")
    own.post("/sign-out/")
    sign_in(own, "zheng.an")
    assert "有人用您的登录名登录失败" in own.get("/desk/").content.decode()
    page = own.get("/desk/my-sign-in/").content.decode()
    assert "10.6.0.1" in page
    assert not DoorEvent.objects.using("owner").filter(staff_login="my-secret-password").exists()
    assert not any("secret" in str(r) for r in budgets_rows())


def budgets_rows() -> list[Any]:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT who, place FROM signing_in_budget")
        return cursor.fetchall()


def set_up_totp(client: Client, login: str) -> bytes:
    page = client.get("/sign-in/telephone/")
    letters = re.search(r"<code>([A-Z2-7 ]+)</code>", page.content.decode())[1]
    import base64

    secret = base64.b32decode(letters.replace(" ", ""))
    step = int(timezone.now().timestamp() // 30)
    answer = client.post(
        "/sign-in/telephone/",
        {"key": key_on(page), "code": codes.code_at(secret, step - 1), "password": PASSWORD},
    )
    assert answer.status_code == 302, answer.content.decode()
    return secret


def test_codes_by_telephone_from_set_up_to_sign_in_each_code_once():
    own = browser("10.7.0.1")
    sign_in(own, "feng.an")
    wrong = own.post("/sign-in/telephone/", {"key": "k1", "code": "000000", "password": PASSWORD})
    assert wrong.status_code == 422
    secret = set_up_totp(own, "feng.an")
    factor = Factor.objects.using("owner").get(staff_login="feng.an", kind="totp")
    assert secret not in bytes(factor.sealed)
    own.post("/sign-out/")
    half = sign_in(own, "feng.an")
    assert half.headers["Location"] == "/sign-in/second/"
    assert own.get("/desk/").status_code == 302, "a password alone opens nothing"
    code = codes.code_at(secret, int(timezone.now().timestamp() // 30))
    assert own.post("/sign-in/second/", {"code": "12"}).status_code == 422
    assert own.post("/sign-in/second/", {"code": code}).status_code == 302
    assert own.get("/desk/").status_code == 200
    own.post("/sign-out/")
    sign_in(own, "feng.an")
    assert own.post("/sign-in/second/", {"code": code}).status_code == 422, "a code serves once"
    with visible_to(staff("feng.an")):
        assert Sitting.objects.filter(staff_login="feng.an", method="totp").exists()


def test_recovery_codes_are_shown_once_kept_hashed_and_serve_once():
    own = browser("10.8.0.1")
    sign_in(own, "feng.ning")
    refused = own.post("/sign-in/recovery-codes/", {"key": "r0", "password": PASSWORD})
    assert refused.status_code == 422, "nothing to recover yet"
    set_up_totp(own, "feng.ning")
    page = own.post("/sign-in/recovery-codes/", {"key": "r1", "password": PASSWORD}).content.decode()
    shown = re.findall(r"<code>([A-Z2-9]{4}-[A-Z2-9]{4})</code>", page)
    assert len(set(shown)) == 10
    kept = Factor.objects.using("owner").filter(staff_login="feng.ning", kind="recovery")
    assert not any(code in str(f.__dict__) for f in kept for code in shown)
    own.post("/sign-out/")
    sign_in(own, "feng.ning")
    assert own.post("/sign-in/second/", {"code": shown[3].lower().replace("-", " ")}).status_code == 302
    assert "还剩 9" in own.get("/desk/my-sign-in/").content.decode()
    own.post("/sign-out/")
    sign_in(own, "feng.ning")
    assert own.post("/sign-in/second/", {"code": shown[3]}).status_code == 422


def test_the_second_step_waits_after_many_wrong_codes_and_ends_after_five_minutes():
    own = browser("10.9.0.1")
    sign_in(own, "feng.yue")
    set_up_totp(own, "feng.yue")
    own.post("/sign-out/")
    sign_in(own, "feng.yue")
    statuses = [own.post("/sign-in/second/", {"code": "000000"}).status_code for _ in range(7)]
    assert 429 in statuses
    session = own.session
    session["half_signed_in"] = {**session["half_signed_in"], "at": 0}
    session.save()
    assert own.get("/sign-in/second/").headers["Location"] == "/sign-in/"


def test_a_role_that_needs_a_second_factor_sets_one_up_before_anything_else():
    set_value("second_factor_roles", ["lobby_manager"])
    try:
        own = browser("10.10.0.1")
        sign_in(own, "jiang.yue")
        assert own.get("/desk/").headers["Location"] == "/sign-in/telephone/"
        set_up_totp(own, "jiang.yue")
        assert own.get("/desk/").status_code == 200
        factor = Factor.objects.using("owner").get(staff_login="jiang.yue", kind="totp")
        page = own.post(
            f"/desk/my-sign-in/factors/{factor.id}/", {"do": "remove", "key": "x1", "password": PASSWORD}
        )
        assert page.status_code == 422
        assert "必须使用第二重验证" in page.content.decode()
    finally:
        set_value("second_factor_roles", [])


def test_a_password_that_was_given_opens_only_the_page_that_changes_it():
    keeper = staff("ding.wen")
    perform(
        people_acts.add_staff, keeper, "p1", login="gu.fan", name_zh="顾帆", name_en="Gu Fan",
        unit_path="jn/lz/cd/yy/", roles=["teller"],
    )  # fmt: skip
    manager = browser("10.11.0.1")
    sign_in(manager, "ding.wen")
    page = manager.get("/desk/organisation/people/gu.fan/password/")
    answer = manager.post(
        "/desk/organisation/people/gu.fan/password/", {"key": key_on(page), "reason": "新入职"}
    )
    given = re.search(r"<code>([A-Z2-9-]{19})</code>", answer.content.decode())[1]
    again = manager.post(
        "/desk/organisation/people/gu.fan/password/", {"key": key_on(page), "reason": "新入职"}
    )
    assert given in again.content.decode(), "a doubled click shows the same password"
    own = browser("10.11.0.2")
    assert sign_in(own, "gu.fan", given).status_code == 302
    assert own.get("/desk/").headers["Location"] == "/sign-in/password/"
    new = "own-words-of-gu-fan"
    assert (
        own.post("/sign-in/password/", {"key": "c1", "old": given, "new": new, "again": new}).status_code
        == 302
    )
    assert own.get("/desk/").status_code == 200
    assert own.post(
        "/sign-in/password/", {"key": "c2", "old": "own-words-of-gu-fan", "new": "xx gu.fan xx xx", "again": "xx gu.fan xx xx"}
    ).status_code == 422  # fmt: skip


def test_changing_the_password_ends_the_other_sessions_and_not_this_one():
    here, there = browser("10.12.0.1"), browser("10.12.0.2")
    sign_in(here, "han.an")
    sign_in(there, "han.an")
    new = "a-new-one-for-the-test"
    page = here.post("/sign-in/password/", {"key": "n1", "old": PASSWORD, "new": new, "again": new})
    assert page.status_code == 302
    assert here.get("/desk/").status_code == 200
    assert there.get("/desk/").status_code == 302
    with visible_to(staff("han.an")):
        assert Sitting.objects.get(staff_login="han.an", end_reason="password").address == "10.12.0.2"


def test_sessions_are_listed_and_ended_by_the_person_and_the_head_not_by_a_colleague(people):
    here, there, third = browser("10.13.0.1"), browser("10.13.0.2"), browser("10.13.0.3")
    for one in (here, there, third):
        sign_in(one, "li.min")
    with visible_to(people.teller):
        ident = Sitting.objects.get(address="10.13.0.2").id
    colleague = browser("10.13.0.9")
    sign_in(colleague, "xu.lan")
    colleague.post("/desk/sessions/", {"key": "e1", "sitting": str(ident)})
    assert there.get("/desk/").status_code == 200
    assert colleague.get("/desk/staff/li.min/sessions/").status_code == 403
    here.post("/desk/sessions/", {"key": "e2", "sitting": str(ident)})
    assert there.get("/desk/").status_code == 302
    assert here.get("/desk/").status_code == 200
    head, stranger = browser("10.13.0.10"), browser("10.13.0.11")
    sign_in(head, "guo.ye")
    sign_in(stranger, "wu.chuan")
    assert stranger.get("/desk/staff/li.min/sessions/").status_code == 403
    assert "10.13.0.3" in head.get("/desk/staff/li.min/sessions/").content.decode()
    head.post("/desk/sessions/", {"key": "e3", "login": "li.min"})
    assert here.get("/desk/").status_code == third.get("/desk/").status_code == 302


def test_a_session_ends_on_leave_and_on_other_roles(people):
    own = browser("10.14.0.1")
    sign_in(own, "zhou.qing")
    keeper = staff("ding.wen")
    perform(people_acts.change_roles, keeper, "z1", login="zhou.qing", roles=["teller"], reason="轮岗")
    assert own.get("/desk/").status_code == 302
    sign_in(own, "zhou.qing")
    perform(people_acts.leave, keeper, "z2", login="zhou.qing", reason="离职")
    assert own.get("/desk/").status_code == 302
    assert sign_in(own, "zhou.qing").status_code == 422


def idle(login: str, minutes: int) -> None:
    owner_sql(
        "UPDATE signing_in_sitting SET last_seen_at = now() - make_interval(mins => %s) WHERE staff_login = %s AND ended_at IS NULL",
        minutes, login,
    )  # fmt: skip


def test_doing_nothing_ends_a_session_and_pages_that_ask_by_themselves_do_not_keep_it(people):
    own = browser("10.15.0.1")
    sign_in(own, "yang.an")
    idle("yang.an", 29)
    assert own.get("/desk/", headers={"Sec-Fetch-Mode": "cors"}).status_code == 200
    with visible_to(staff("yang.an")):
        assert Sitting.objects.get(staff_login="yang.an").last_seen_at < timezone.now() - timedelta(
            minutes=28
        )
    assert own.get("/desk/", headers={"Sec-Fetch-Mode": "navigate"}).status_code == 200
    idle("yang.an", 31)
    gone = own.get("/desk/cases/")
    assert gone.headers["Location"].startswith("/sign-in/?next=%2Fdesk%2Fcases%2F&ended=idle")
    assert "长时间无操作" in own.get(gone.headers["Location"]).content.decode()


def test_what_was_typed_when_the_session_had_ended_is_kept_and_sent_after_signing_in():
    own, address = browser("10.16.0.1"), "/desk/organisation/people/new/"
    sign_in(own, "bai.lu")
    idle("bai.lu", 31)
    form = {
        "key": str(uuid.uuid4()), "login": "mo.li", "name_zh": "莫离", "name_en": "Mo Li",
        "unit_path": "jn/lz/cd/yy/", "roles": ["teller", "lobby_manager"], "fields_text": "",
    }  # fmt: skip
    kept = own.post(address, form)
    assert kept.status_code == 401
    text = kept.content.decode()
    assert "莫离" in text
    draft = re.search(r'name="draft" value="([^"]+)"', text)[1]
    assert own.post("/sign-in/again/", {"draft": draft, "password": "wrong"}).status_code == 422
    assert own.post("/sign-in/again/", {"draft": draft[:-1] + "_", "password": PASSWORD}).status_code == 302
    page = own.post("/sign-in/again/", {"draft": draft, "password": PASSWORD}).content.decode()
    assert f'action="{address}"' in page
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page):
        fields.setdefault(name, []).append(value)
    assert own.post(address, fields).status_code == 302
    assert sorted(staff("mo.li").roles) == ["lobby_manager", "teller"]


def test_lost_factors_take_two_people(people):
    own = browser("10.17.0.1")
    sign_in(own, "xu.lan")
    set_up_totp(own, "xu.lan")
    asked = perform(
        people_acts.reset_factors, people.outlet_head, "f1", login="xu.lan", reason="手机丢失"
    ).result
    assert asked["state"] == "waiting"
    assert Factor.objects.using("owner").filter(staff_login="xu.lan").exists()
    perform(people_acts.confirm_change, people.supervisor, "f2", change=asked["change"])
    assert not Factor.objects.using("owner").filter(staff_login="xu.lan").exists()
    assert own.get("/desk/").status_code == 302


def test_an_auditor_changes_the_own_password_too(people):
    own = browser("10.18.0.1")
    sign_in(own, "shen.jun")
    new = "words-for-the-auditor"
    assert (
        own.post("/sign-in/password/", {"key": "a1", "old": PASSWORD, "new": new, "again": new}).status_code
        == 302
    )
    assert own.get("/desk/my-sign-in/").status_code == 200


def test_with_a_token_nobody_changes_how_one_signs_in(people):
    from xiaoshi.desk.guard.refusals import Refused
    from xiaoshi.desk.signing_in import acts

    with pytest.raises(Refused) as caught:
        perform(
            acts.change_password, people.teller, "t1", channel="api", old=PASSWORD, new="another-password-x"
        )
    assert caught.value.problem.code == "page_only"


def test_nonsense_at_the_door():
    own = browser("10.19.0.1")
    assert own.post("/sign-in/", {}).status_code == 422
    assert own.post("/sign-in/", {"login": "x" * 61, "password": "p"}).status_code == 422
    assert own.get("/sign-in/second/").status_code == 302
    assert own.post("/sign-in/second/", {"answer": "{"}).status_code == 302
    assert own.post("/sign-in/again/", {"draft": "", "password": "x"}).status_code == 302
    assert own.get("/sign-in/passkey/").status_code == 302
    off_site = own.post("/sign-in/", {"login": "wu.heng", "password": PASSWORD, "next": "//evil.example/"})
    assert off_site.headers["Location"] == "/desk/"
    assert not BankSetting.objects.filter(key="idle_minutes").exists()


def test_the_codes_are_those_of_rfc_6238():
    secret = b"12345678901234567890"
    assert [codes.code_at(secret, t // 30) for t in (59, 1111111109, 20000000000)] == [
        "287082",
        "081804",
        "353130",
    ]
    assert codes.step_of_code(secret, "287 082", 59, 0) == 1
    assert codes.step_of_code(secret, "287082", 59, 1) is None
    assert codes.step_of_code(secret, "287082", 59 + 61, 0) is None
    assert codes.step_of_code(secret, "２８７０８２", 59, 0) is None


def test_by_night_old_counts_and_sessions_that_nobody_ended_go(people):
    from xiaoshi.desk.signing_in.jobs import tidy_up

    own = browser("10.20.0.1")
    sign_in(own, "zhu.an")
    budgets.charge(
        "zhu.an", budgets.place_of("zhu.an", None, "10.20.0.9"), timezone.now() - timedelta(days=2)
    )
    owner_sql(
        "UPDATE signing_in_sitting SET last_seen_at = now() - interval '2 days' WHERE staff_login = 'zhu.an'"
    )
    tidy_up(timestamp=0)
    with visible_to(staff("zhu.an")):
        assert Sitting.objects.get(staff_login="zhu.an").end_reason == "idle"
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM signing_in_budget WHERE last_at < now() - interval '1 day'")
        assert cursor.fetchone()[0] == 0
