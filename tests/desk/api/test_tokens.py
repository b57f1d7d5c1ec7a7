"""Tokens: shown once, worth no more than their person is today, and dead when he or she leaves."""

from __future__ import annotations

import uuid

import pytest
from api_callers import Caller, token_for
from django.db import connections, transaction
from django.db.utils import DatabaseError

from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to

pytestmark = pytest.mark.database


def as_owner(statement: str, *values) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, values)


def refused(what, person, **fields) -> str:
    with pytest.raises(Refused) as told:
        perform(what, person, str(uuid.uuid4()), **fields)
    assert told.value.problem.words.zh
    return told.value.problem.code


def stored(secret: str):
    from xiaoshi.desk.api.models import Token
    from xiaoshi.desk.api.tokens import hash_of

    return Token.objects.get(hash=hash_of(secret))


def test_only_a_hash_is_kept_and_the_answer_is_no_secret(people):
    from xiaoshi.desk.api.models import Token
    from xiaoshi.desk.api.tokens import make_token
    from xiaoshi.desk.cases.models import AnsweredAct

    fields = {"name": "对账", "scopes": ["read"], "days": 10}
    made = make_token(people.teller, "once", **fields)
    again = make_token(people.teller, "once", **fields)
    assert made.secret.startswith("xs_")
    assert again.secret == ""
    assert again.outcome.replayed
    with visible_to(people.teller):
        kept = str(AnsweredAct.objects.get(key="once").result) + str(list(Token.objects.values()))
    assert made.secret not in kept
    assert made.secret[:8] in kept
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT body::text FROM audit_timelineentry WHERE act = 'token.make' ORDER BY at DESC LIMIT 1"
        )
        body = cursor.fetchone()[0]
    assert "对账" in body
    assert made.secret not in body


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"scopes": []}, "scopes_missing"),
        ({"scopes": ["case.fly"]}, "scope_unknown"),
        ({"scopes": ["papers.void"]}, "scope_beyond_roles"),
        ({"scopes": ["read"] * 61}, "scopes_too_many"),
        ({"days": 0}, "days_out_of_range"),
        ({"days": 366}, "days_out_of_range"),
        ({"name": " "}, "name_unfit"),
        ({"machine": "machine:nobody"}, "no_such_machine"),
    ],
)
def test_what_makes_no_token(people, fields, code):
    from xiaoshi.desk.api.tokens import token_make

    assert (
        refused(token_make, people.teller, **{"name": "n", "scopes": ["read"], "days": 1, **fields}) == code
    )


def test_a_token_is_worth_what_its_person_may_do_today(fresh_people):
    """`papers.*` of a supervisor covers voiding; the same token, when he is a teller, does not."""
    supervisor = fresh_people.supervisor
    caller = Caller(token_for(supervisor, "read", "*"))
    allowed = {a["act"]: a["allowed"] for a in caller.get("/api/v1/acts").json()["items"]}
    assert allowed["papers.void"]
    as_owner("UPDATE organisation_staff SET roles = '{teller}' WHERE login = %s", supervisor.login)
    allowed = {a["act"]: a["allowed"] for a in caller.get("/api/v1/acts").json()["items"]}
    assert not allowed["papers.void"]


def test_a_teller_who_has_left_or_got_another_password_has_no_token(fresh_people):
    caller, other = Caller(token_for(fresh_people.teller)), Caller(token_for(fresh_people.colleague))
    assert caller.get("/api/v1/me").status_code == other.get("/api/v1/me").status_code == 200
    as_owner("UPDATE organisation_staff SET is_active = false WHERE login = %s", fresh_people.teller.login)
    assert caller.get("/api/v1/me").status_code == 401
    assert caller.act("case.open", kind="example", client_name="A", facts={"wish": "x"}).status_code == 401
    # Back in service: the old token stays dead.
    as_owner("UPDATE organisation_staff SET is_active = true WHERE login = %s", fresh_people.teller.login)
    assert caller.get("/api/v1/me").status_code == 401
    with visible_to(fresh_people.teller):
        assert stored(caller.secret).end_reason == "left"
    as_owner("UPDATE organisation_staff SET password = 'x' WHERE login = %s", fresh_people.colleague.login)
    assert other.get("/api/v1/me").status_code == 401


def test_expired_ended_cut_and_foreign_tokens_are_one_answer(people, caller):
    good = caller(people.teller)
    as_owner("UPDATE api_token SET expires_at = now() WHERE id = %s", _id(people.teller, good.secret))
    answers = [
        Caller(secret).get("/api/v1/me")
        for secret in (
            good.secret,
            "",
            "xs_",
            "xs_" + "é" * 43,
            "xs_" + "a" * 500,
            "nonsense",
            good.secret[:-1],
        )
    ]
    assert {a.status_code for a in answers} == {401}
    assert {a.json()["code"] for a in answers} == {"token_needed"}
    assert answers[0].headers["WWW-Authenticate"].startswith("Bearer")


def _id(person, secret: str) -> str:
    with visible_to(person):
        return str(stored(secret).id)


def test_a_session_cookie_opens_nothing(people, client_for):
    client = client_for(people.teller)
    assert client.get("/desk/").status_code == 200
    assert client.get("/api/v1/me").status_code == 401
    answer = client.post("/api/v1/acts/case.open", {}, content_type="application/json")
    assert answer.status_code == 401


def test_own_tokens_only_and_those_below_with_authority(people, caller):
    from xiaoshi.desk.api.tokens import token_revoke

    mine = _id(people.teller, caller(people.teller).secret)
    assert refused(token_revoke, people.colleague, token=mine) == "token_not_found"
    assert refused(token_revoke, people.stranger_head, token=mine) == "token_not_found"
    assert refused(token_revoke, people.teller, token="x") == "token_not_found"
    perform(token_revoke, people.outlet_head, str(uuid.uuid4()), token=mine, reason="遗失")
    assert refused(token_revoke, people.teller, token=mine) == "token_ended"


def test_the_database_keeps_an_ended_token_ended(people, caller):
    secret = caller(people.teller).secret
    from xiaoshi.desk.api.tokens import token_revoke

    perform(token_revoke, people.teller, str(uuid.uuid4()), token=_id(people.teller, secret))
    with pytest.raises(DatabaseError), visible_to(people.teller):
        stored(secret).__class__.objects.filter(owner_login=people.teller.login).update(ended_at=None)
    with visible_to(people.stranger):
        assert not _seen(secret)


def _seen(secret: str) -> bool:
    from xiaoshi.desk.api.models import Token
    from xiaoshi.desk.api.tokens import hash_of

    return Token.objects.filter(hash=hash_of(secret)).exists()


def test_tokens_are_not_made_by_tokens(people, caller):
    """Nor do they change how somebody signs in: such an act is no address of the API and no scope of a token."""
    from xiaoshi.desk.api.scopes import scope_problems

    teller = caller(people.teller)
    assert teller.act("token.make", name="n", scopes=["read"], days=1).status_code == 404
    assert teller.act("sign_in.change_password", old="x", new="y", sitting="z").status_code == 404
    assert [p.code for p in scope_problems(["sign_in.*"], {"teller"}, machine=False)] == ["scope_unknown"]


# ---- machine accounts ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def machine(desk) -> Caller:
    from desk_fixtures import the_people
    from xiaoshi.desk.api.tokens import machine_make

    people = the_people()
    fields = {"login": "scanner", "name_zh": "扫描机", "name_en": "Scanner", "owner": people.supervisor.login}
    perform(machine_make, people.outlet_head, str(uuid.uuid4()), roles=["teller"], **fields)
    return Caller(token_for(people.supervisor, "read", "*", machine="machine:scanner"))


def test_who_makes_machine_accounts_and_with_what(people):
    from xiaoshi.desk.api.tokens import machine_make

    good = {
        "login": "machine-1",
        "name_zh": "一",
        "name_en": "One",
        "roles": ["teller"],
        "owner": people.teller.login,
    }
    assert refused(machine_make, people.teller, **good) == "not_your_role"
    head = people.outlet_head
    assert refused(machine_make, head, **good | {"roles": ["supervisor"]}) == "machine_role_unfit"
    assert refused(machine_make, head, **good | {"roles": []}) == "machine_role_unfit"
    assert refused(machine_make, head, **good | {"owner": people.stranger.login}) == "no_such_owner"
    assert refused(machine_make, head, **good | {"unit_path": people.stranger.unit.path}) == "no_such_unit"
    assert refused(machine_make, head, **good | {"login": "X y"}) == "machine_login_unfit"


def test_a_machine_acts_under_its_own_name(people, machine):
    me = machine.get("/api/v1/me").json()
    assert (me["login"], me["machine"], me["roles"]) == ("machine:scanner", True, ["teller"])
    opened = machine.act("case.open", kind="example", client_name="A", facts={"wish": "x"})
    assert opened.status_code == 201, opened.content
    told = machine.get(f"/api/v1/cases/{opened.json()['case_id']}/timeline").json()
    assert told["items"][0]["actor"] == "machine:scanner"


def test_a_machine_is_never_the_second_pair_of_eyes(people, machine, new_case, caller):
    from xiaoshi.desk.guard.boundary import ACTS

    case = new_case(kind="example")
    teller = caller(people.teller)
    listened = teller.act("case.do_step", case, step="listen", result={"understood": True})
    answered = teller.act(
        "case.do_step", case, version=listened.json()["version"], step="answer", result={"words": "x"}
    )
    version = answered.json()["version"]
    as_owner("UPDATE api_machine SET roles = '{teller,supervisor}' WHERE login = 'machine:scanner'")
    try:
        confirmed = machine.act("case.confirm_step", case, version=version, step="answer")
        assert (confirmed.status_code, confirmed.json()["code"]) == (403, "machine_is_no_checker")
        rejected = machine.act("case.reject_step", case, version=version, step="answer", reason="x")
        assert rejected.json()["code"] == "machine_is_no_checker"
        paid = machine.act(
            "money.check_payment", case, version=version, order_id=str(uuid.uuid4()), amount_fen=1
        )
        assert paid.json()["code"] == "people_only"
    finally:
        as_owner("UPDATE api_machine SET roles = '{teller}' WHERE login = 'machine:scanner'")
    assert ACTS["burnt_notes.recheck"].people_only
    assert teller.get(f"/api/v1/cases/{case.id}").json()["version"] == version


def test_the_database_takes_no_machine_as_checker_and_no_person_as_machine(people):
    for statement in (
        "UPDATE organisation_staff SET login = 'machine:x' WHERE login = 'li.min'",
        "INSERT INTO money_entry (id, checker) VALUES (uuidv7(), 'machine:x')",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(using="owner"):
            as_owner(statement)


def test_a_machine_ends_with_its_account_and_with_its_owner(fresh_people):
    from xiaoshi.desk.api.tokens import machine_close, machine_make

    def made(login: str) -> Caller:
        perform(
            machine_make, fresh_people.outlet_head, str(uuid.uuid4()), login=login, name_zh="机", name_en="M",
            roles=["auditor"], owner=fresh_people.supervisor.login,
        )  # fmt: skip
        return Caller(token_for(fresh_people.supervisor, "read", machine=f"machine:{login}"))

    closed, orphan = made("closed"), made("orphan")
    assert closed.get("/api/v1/cases?view=any").status_code == 200
    perform(
        machine_close, fresh_people.outlet_head, str(uuid.uuid4()), machine="machine:closed", reason="换新"
    )
    assert closed.get("/api/v1/me").status_code == 401
    assert orphan.get("/api/v1/me").status_code == 200
    as_owner(
        "UPDATE organisation_staff SET is_active = false WHERE login = %s", fresh_people.supervisor.login
    )
    assert orphan.get("/api/v1/me").status_code == 401


# ---- the page --------------------------------------------------------------------------------------------------------


def test_the_page_shows_the_secret_once(people, client_for):
    import re

    client = client_for(people.teller)
    form = {
        "do": "make",
        "key": "page-1",
        "name": "对账程序",
        "scopes": ["read"],
        "more": "case.copy",
        "days": "30",
    }
    first = client.post("/desk/tokens/", form)
    found = re.search(r"xs_[\w-]{43}", first.content.decode())
    assert first.status_code == 200
    assert found
    assert first.headers["Cache-Control"] == "no-store"
    again = client.post("/desk/tokens/", form).content.decode()
    assert not re.search(r"xs_[\w-]{43}", again)
    assert "已办理过" in again
    page = client.get("/desk/tokens/").content.decode()
    assert "对账程序" in page
    assert found[0] not in page
    assert Caller(found[0]).get("/api/v1/me").json()["scopes"] == ["case.copy", "read"]
    assert "对账程序" not in client_for(people.colleague).get("/desk/tokens/").content.decode()
    assert "对账程序" in client_for(people.outlet_head).get("/desk/tokens/").content.decode()


def test_the_page_says_what_is_wrong_beside_the_field(people, client_for):
    client = client_for(people.teller)
    form = {"do": "make", "key": "page-2", "name": "x", "scopes": [], "more": "no.such", "days": "30"}
    answer = client.post("/desk/tokens/", form)
    assert answer.status_code == 422
    assert "没有“no.such”这项权限" in answer.content.decode()
    answer = client.post("/desk/tokens/", {"do": "end", "key": "k", "token": "x"})
    assert answer.status_code == 404
    answer = client.post(
        "/desk/tokens/",
        {
            "do": "machine",
            "key": "k2",
            "login": "a-b",
            "name_zh": "一",
            "name_en": "a",
            "roles": ["teller"],
            "owner": "li.min",
        },
    )
    assert answer.status_code == 422


def test_the_docs_page_names_every_call(people, client_for):
    from xiaoshi.desk.api.desk_api import the_api
    from xiaoshi.desk.api.openapi import described

    page = client_for().get("/api/v1/docs").content.decode().replace("<wbr>", "")
    assert all(address in page for address in described(the_api())["paths"])
    assert "Idempotency-Key" in page
