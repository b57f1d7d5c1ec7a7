"""Reading: the same sight as the pages, on every address and for everybody; cursors, ETags, languages."""

from __future__ import annotations

import base64
import re
import uuid

import pytest
from api_callers import Caller
from django.db import connection
from django.urls import URLPattern, get_resolver

pytestmark = pytest.mark.database
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def get_addresses() -> list[str]:
    """Every GET of the API with its parameters' names."""
    from xiaoshi.desk.api.desk_api import the_api
    from xiaoshi.desk.api.openapi import described

    return [address for address, calls in described(the_api())["paths"].items() if "get" in calls]


def test_a_stranger_sees_nothing_of_a_case_on_any_address(people, caller, new_case):
    """The walk of all: lists, one case, timeline, papers, money, the bytes of a document."""
    case = new_case(client_name="极秘客户甲")
    teller, stranger = caller(people.teller), caller(people.stranger)
    content = base64.b64encode(PNG).decode()
    added = teller.act("papers.add_document", case, purpose="photo", name="极秘照片.png", content=content)
    document = added.json()["result"]["document"]
    asked = {"text": "极秘问题", "to_level": "city", "field": "notes"}
    question = teller.act("case.ask", case, version=added.json()["version"], **asked)
    assert question.status_code == 200, question.content
    assert "极秘问题" in teller.get(f"/api/v1/questions?whose=asked_by_me&case_id={case.id}").content.decode()
    values = {"case_id": str(case.id), "document_id": document, "kind": "example", "version": "1"}
    hidden = (str(case.id), case.number, "极秘", document)
    seen_by_teller = 0
    for address in get_addresses():
        path = re.sub(r"{(\w+)}", lambda m: values[m[1]], address)
        queries = ("", "?view=any", "?view=late&sort=newest", f"?case_id={case.id}", "?whose=all", "?q=极秘")
        for query in queries if path != "/api/v1/search" else ["?q=极秘", f"?q={case.number}"]:
            own, other = teller.get(path + query), stranger.get(path + query)
            assert own.status_code in (200, 304), (path, own.content)
            told = other.content.decode("utf-8", "replace")
            assert not any(word in told for word in hidden), path + query
            about_it = ("{" in address and "kind" not in address) or (
                query.startswith("?case_id") and path.rpartition("/")[2] in ("staff", "questions")
            )
            assert other.status_code == (404 if about_it else 200), path + query
            seen_by_teller += any(word in own.content.decode("utf-8", "replace") for word in hidden)
    assert seen_by_teller >= 10


def test_no_act_of_a_stranger_says_that_the_case_exists(people, caller, new_case):
    from xiaoshi.desk.api.desk_api import the_api
    from xiaoshi.desk.api.openapi import described

    case, stranger = new_case(), caller(people.stranger_head)
    headers = {"If-Match": '"1"'}
    for address, calls in described(the_api())["paths"].items():
        if "post" not in calls or "{case_id}" not in address:
            continue
        real = stranger.post(address.replace("{case_id}", str(case.id)), {}, **headers, **key())
        none = stranger.post(address.replace("{case_id}", str(uuid.uuid4())), {}, **headers, **key())
        assert (real.status_code, real.json()["code"]) == (none.status_code, none.json()["code"]), address
        assert real.status_code in (404, 422)


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def test_whoever_was_told_reads_and_an_auditor_reads(people, caller, new_case):
    case = new_case(kind="example")
    stranger = caller(people.stranger)
    assert stranger.get(f"/api/v1/cases/{case.id}").status_code == 404
    assert caller(people.teller).act("case.copy", case, to=people.stranger.login).status_code == 200
    assert stranger.get(f"/api/v1/cases/{case.id}").status_code == 200
    assert stranger.act("case.cancel", case, version=2, reason="x").status_code == 403


def test_a_token_without_read_reads_nothing(people, caller, new_case):
    case = new_case(kind="example")
    answer = caller(people.teller, "case.*").get(f"/api/v1/cases/{case.id}")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_cursors_walk_each_case_once(people, caller, new_case):
    teller = caller(people.teller)
    made = {str(new_case(kind="example", client_name="翻页客户").id) for _ in range(5)}
    found, after = [], ""
    for _ in range(20):
        page = teller.get(
            f"/api/v1/cases?view=mine&q=翻页客户&limit=2&after={after.replace('+', '%2B')}"
        ).json()
        found += [row["id"] for row in page["items"]]
        after = page["next"] or ""
        if not after:
            break
    assert (len(found), set(found)) == (5, made)
    assert "count" not in page


@pytest.mark.parametrize(
    "query",
    ["view=nonsense", "kind=nonsense", "due=never", "limit=0", "limit=101", "limit=x", "after=x", "after=1~2",
     "q=%00", "since=today", "sort=x", "status=x", "after=d~00000000-0000-0000-0000-000000000000", "after=2026-01-01T00:00:00~00000000-0000-0000-0000-000000000000"],
)  # fmt: skip
def test_an_odd_question_is_told_what_is_odd(people, caller, query):
    answer = caller(people.teller).get(f"/api/v1/cases?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"].startswith("/query/")


@pytest.mark.parametrize(
    "address", ["timeline?after=x", "timeline?after=99999999999999999999", "timeline?limit=0"]
)
def test_odd_cursors_of_a_case(people, caller, new_case, address):
    case = new_case(kind="example")
    assert caller(people.teller).get(f"/api/v1/cases/{case.id}/{address}").status_code == 422


def test_a_read_case_carries_its_version_and_is_not_sent_twice(people, caller, new_case):
    case = new_case(kind="example")
    teller = caller(people.teller)
    first = teller.get(f"/api/v1/cases/{case.id}")
    assert first.headers["ETag"] == '"1"'
    assert "Authorization" in first.headers["Vary"]
    assert "no-cache" in first.headers["Cache-Control"]
    again = teller.get(f"/api/v1/cases/{case.id}", **{"If-None-Match": '"1"'})
    assert (again.status_code, again.content) == (304, b"")
    teller.act("case.copy", case, to=people.colleague.login)
    assert teller.get(f"/api/v1/cases/{case.id}", **{"If-None-Match": '"1"'}).status_code == 200


def test_the_answer_speaks_the_readers_language(people, caller):
    teller = caller(people.teller)
    english = teller.get("/api/v1/cases/00000000-0000-7000-8000-000000000000").json()["detail"]
    teller.language = "zh-CN,zh;q=0.9"
    chinese = teller.get("/api/v1/cases/00000000-0000-7000-8000-000000000000").json()["detail"]
    assert english.startswith("There is no such case")
    assert chinese.startswith("没有这个案件")


def test_what_is_no_address_and_no_method_is_a_problem_too(people, caller):
    teller = caller(people.teller)
    assert teller.get("/api/v1/nowhere").json()["code"] == "address_not_found"
    assert teller.get("/api/v1/cases/x").status_code == 404
    wrong = teller.post("/api/v1/cases")
    assert (wrong.status_code, wrong.headers["Content-Type"]) == (405, "application/problem+json")
    assert wrong.headers["Allow"] == "GET"


def test_a_second_person_sees_no_sum_before_counting(people, caller, new_case):
    """Facts that are sums are null for whoever may still have to count them blind (the page hides them as well)."""
    from xiaoshi.desk.api.reading_cases import facts_for
    from xiaoshi.desk.cases.views.found import find
    from xiaoshi.desk.guard.visibility import visible_to

    case = new_case()
    with visible_to(people.supervisor):
        found = find(case.id)
        sums = {name for name, spec in found.plan.facts.items() if spec.type == "amount_fen"}
        assert sums
        found.state.facts.update(dict.fromkeys(sums, 4684500))  # type: ignore[attr-defined]
        assert {facts_for(found, people.supervisor)[name] for name in sums} == {None}


def test_lists_ask_the_database_equally_often_however_long_they_are(people, caller, new_case):
    teller = caller(people.teller)

    def queries(address: str) -> int:
        asked = 0

        def count(execute, *args):
            nonlocal asked
            asked += 1
            return execute(*args)

        with connection.execute_wrapper(count):
            assert teller.get(address).status_code == 200
        return asked

    addresses = [
        f"/api/v1/{a}"
        for a in ("cases", "cases?view=any", "reviews", "staff", "units", "questions?whose=all")
    ]
    before = [queries(a) for a in addresses]
    for _ in range(4):
        new_case(kind="example")
    assert min(before) > 3
    assert [queries(a) for a in addresses] == before


def test_every_route_of_the_api_asks_for_a_token():
    resolver = next(r for r in get_resolver().url_patterns if str(r.pattern) == "api/v1/")
    open_ones = {
        str(p.pattern)
        for p in resolver.url_patterns
        if isinstance(p, URLPattern) and p.callback.opens_to == ("anyone",)
    }
    assert open_ones == {"", "openapi.json", "docs", "<path:rest>"}


def test_bulk_answers_for_each_case(people, caller, new_case):
    teller = caller(people.teller)
    mine, changed, foreign = (
        new_case(kind="example"),
        new_case(kind="example"),
        new_case(people.stranger, "example"),
    )
    items = [{"case_id": str(c.id), "version": v} for c, v in ((mine, 1), (changed, 7), (foreign, 1))]
    body = {"items": items, "fields": {"to": people.colleague.login, "reason": "休假"}}
    first = teller.post("/api/v1/bulk/case.hand_over", body, **{"Idempotency-Key": "bulk-1"})
    assert first.status_code == 200, first.content
    told = first.json()
    assert (told["done"], told["refused"]) == (1, 2)
    assert [i["problem"] and i["problem"]["code"] for i in told["items"]] == [
        None,
        "case_changed",
        "case_not_found",
    ]
    again = teller.post("/api/v1/bulk/case.hand_over", body, **{"Idempotency-Key": "bulk-1"}).json()
    assert again["items"][0]["version"] == told["items"][0]["version"]
    assert teller.get(f"/api/v1/cases/{mine.id}").json()["version"] == 2


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, ""),
        ({"items": []}, "/cases"),
        ({"items": [{"case_id": "x"}]}, "/items/0"),
        ({"items": [{"case_id": "00000000-0000-7000-8000-000000000000", "version": "1"}]}, "/items/0"),
        ({"items": [3], "fields": {"to": 1}}, "/items/0"),
        ({"items": [{"case_id": str(uuid.UUID(int=i))} for i in range(501)]}, "/cases"),
    ],
)
def test_a_bulk_that_cannot_be_read_does_nothing(people, caller, body, where):
    fields = {"to": people.colleague.login, "reason": "x"}
    answer = caller(people.teller).post(
        "/api/v1/bulk/case.hand_over", {"fields": fields, **body} if body else {}, **key()
    )
    assert (answer.status_code, answer.json()["where"]) == (422, where)


def test_what_signs_or_pays_is_not_done_in_bulk(people, caller):
    assert caller(people.teller).post("/api/v1/bulk/case.confirm_step", {}, **key()).status_code == 404


def test_a_caller_without_a_token_is_turned_away_everywhere():
    for address in get_addresses():
        path = (
            re.sub(r"{\w+_id}", str(uuid.uuid4()), address)
            .replace("{kind}", "example")
            .replace("{version}", "1")
        )
        assert Caller("").get(path).status_code == 401, path


def test_a_vote_is_put_cast_and_read_by_programs(people, caller, new_case):
    case = new_case(kind="example")
    teller, boss = caller(people.teller), caller(people.supervisor)
    named = [people.supervisor.login, people.outlet_head.login]
    put = teller.act("case.ask_votes", case, step="listen", signers=named, pass_at_percent=60)
    assert put.status_code == 200, put.content
    done = teller.act("case.do_step", case, version=put.json()["version"], step="listen", result={})
    wrong = boss.act(
        "case.vote", case, version=done.json()["version"], step="listen", vote="maybe", reason="x"
    )
    assert wrong.status_code == 422
    cast = boss.act(
        "case.vote", case, version=done.json()["version"], step="listen", vote="for", reason="看过"
    )
    assert cast.json()["result"] == {"outcome": "", "missing": 1}
    body = teller.get(f"/api/v1/cases/{case.id}").json()
    (step,) = [one for one in body["steps"] if one["step"] == "listen"]
    assert step["vote"] == {
        "pass_at_percent": 60,
        "total": 2,
        "needed": 2,
        "for_it": 1,
        "against": 0,
        "missing": 1,
    }
    assert [(one["login"], one["vote"], one["reason"]) for one in step["signers"]] == [
        (people.supervisor.login, "for", "看过"),
        (people.outlet_head.login, "", ""),
    ]
    assert [one["act"] for one in body["next"]] == ["vote"]
    assert teller.get("/api/v1/cases?view=any&q=a").json()["whole"] is True


def test_arrangements_of_substitutes_without_the_reason(people, caller):
    from datetime import UTC, datetime, timedelta

    day = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
    asked = {
        "absent": people.teller.login,
        "substitute": people.colleague.login,
        "first_day": day,
        "last_day": day,
    }
    made = caller(people.teller).post(
        "/api/v1/acts/substitutes.arrange", {**asked, "reason": "极秘原因"}, **key()
    )
    assert made.status_code == 200, made.content
    listed = caller(people.colleague).get("/api/v1/substitutes")
    assert "极秘原因" not in listed.content.decode()
    (row,) = [r for r in listed.json()["items"] if r["id"] == made.json()["result"]["arrangement"]]
    assert (row["agreement"], row["first_day"]) == ("asked", day)
    assert not caller(people.stranger).get("/api/v1/substitutes").json()["items"]
    answer = caller(people.colleague).post(
        "/api/v1/acts/substitutes.agree", {"arrangement": row["id"]}, **key()
    )
    assert answer.status_code == 200, answer.content
