"""Acts over the API: once by their key, on the version that was seen, by those who may, with problems that say what is wrong."""

from __future__ import annotations

import base64
import json
import threading
import uuid

import pytest
from api_callers import Caller

pytestmark = pytest.mark.database
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def opened(caller: Caller, **more):
    fields = {"kind": "example", "client_name": "何采薇", "facts": {"wish": "换零钱"}, **more}
    return caller.act("case.open", **fields)


def test_a_case_is_opened_once_by_its_key(people, caller):
    teller = caller(people.teller)
    first = teller.act(
        "case.open", key="monday-1", kind="example", client_name="何采薇", facts={"wish": "换零钱"}
    )
    again = teller.act(
        "case.open", key="monday-1", kind="example", client_name="何采薇", facts={"wish": "换零钱"}
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["result"] == again.json()["result"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["replayed"] is True
    assert first.headers["Location"] == f"/api/v1/cases/{first.json()['case_id']}"
    assert first.headers["ETag"] == '"1"'


def test_a_key_used_for_something_else_is_refused(people, caller):
    teller = caller(people.teller)
    assert opened(teller).status_code == 201
    assert (
        teller.act("case.open", key="k", kind="example", client_name="A", facts={"wish": "x"}).status_code
        == 201
    )
    other = teller.act("case.open", key="k", kind="example", client_name="B", facts={"wish": "x"})
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


def test_two_people_may_use_the_same_key(people, caller):
    one = caller(people.teller).act(
        "case.open", key="same", kind="example", client_name="A", facts={"wish": "x"}
    )
    two = caller(people.colleague).act(
        "case.open", key="same", kind="example", client_name="B", facts={"wish": "x"}
    )
    assert (one.status_code, two.status_code) == (201, 201)
    assert one.json()["case_id"] != two.json()["case_id"]


def test_a_key_is_needed(people, caller):
    answer = caller(people.teller).post("/api/v1/acts/case.open", {})
    assert (answer.status_code, answer.json()["code"]) == (400, "key_missing")
    answer = caller(people.teller).post("/api/v1/acts/case.open", {}, **{"Idempotency-Key": "x" * 121})
    assert answer.status_code == 400


def test_every_wrong_field_is_named(people, caller):
    answer = caller(people.teller).act("case.open", client_name=7, wish="x", facts={"a": "\x00"})
    body = answer.json()
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {(e["code"], e["where"]) for e in body["errors"]} == {
        ("field_unknown", "/wish"),
        ("field_missing", "/kind"),
        ("field_of_other_kind", "/client_name"),
        ("field_not_storable", "/facts"),
    }
    assert set(body) >= {"type", "title", "status", "detail", "code", "where", "errors"}


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[1]",
        "null",
        '"x"',
        '{"facts": NaN}',
        "[" * 5000,
        '{"client_name": "\\ud800"}',
        '{"a": 1e999}',
        "{}",
    ],
)
def test_what_is_no_proper_json_is_refused_with_words(people, caller, body):
    answer = caller(people.teller).post(
        "/api/v1/acts/case.open", body, **{"Idempotency-Key": str(uuid.uuid4())}
    )
    assert answer.status_code in (400, 422)
    assert answer.json()["detail"]


def test_the_version_that_was_seen_must_be_named(people, caller, new_case):
    case = new_case(kind="example")
    teller = caller(people.teller)
    address = f"/api/v1/cases/{case.id}/acts/case.hand_over"
    fields = {"to": people.colleague.login, "reason": "午休"}
    key = {"Idempotency-Key": "h1"}
    assert teller.post(address, fields, **key).status_code == 428
    assert teller.post(address, fields, **key, **{"If-Match": "*"}).status_code == 428
    assert teller.post(address, fields, **key, **{"If-Match": "7"}).status_code == 400
    assert teller.post(address, fields, **key, **{"If-Match": '"1"'}).status_code == 200


def test_a_stale_version_hears_what_changed(people, caller, new_case):
    case = new_case(kind="example")
    teller, colleague = caller(people.teller), caller(people.colleague)
    assert teller.act("case.copy", case, to=people.colleague.login).status_code == 200
    stale = colleague.act("case.claim", case, version=1, step="note")
    assert stale.status_code == 412
    assert stale.json()["version"] == 2
    assert stale.headers["ETag"] == '"2"'
    assert [c["seq"] for c in stale.json()["changes"]] == [2]
    assert stale.json()["changes"][0]["actor"] == people.teller.login


def test_acts_whose_result_depends_on_nobody_need_no_version(people, caller, new_case):
    case = new_case(kind="example")
    answer = caller(people.teller).post(
        f"/api/v1/cases/{case.id}/acts/case.copy", {"to": people.colleague.login}, **{"Idempotency-Key": "c1"}
    )
    assert (answer.status_code, answer.json()["version"]) == (200, 2)


def test_who_may_not_is_told_so_and_a_stranger_learns_nothing(people, caller, new_case):
    case = new_case(kind="example")
    assert caller(people.stranger).act("case.copy", case, to=people.teller.login).status_code == 404
    assert caller(people.teller).act("papers.void", case, paper="x", reason="x").status_code == 403
    assert caller(people.teller, "read").act("case.copy", case, to="x").json()["code"] == "scope_missing"
    assert caller(people.teller, "papers.*").act("case.copy", case, to="x").status_code == 403
    assert (
        caller(people.teller, "case.*").act("case.copy", case, to=people.colleague.login).status_code == 200
    )


def test_a_document_as_base64_and_as_a_form(people, caller, new_case, client_for):
    from django.core.files.uploadedfile import SimpleUploadedFile

    case = new_case(kind="example")
    teller = caller(people.teller)
    text = base64.b64encode(PNG).decode()
    one = teller.act("papers.add_document", case, purpose="photo", name="a.png", content=text)
    assert one.status_code == 200, one.content
    bad = teller.act("papers.add_document", case, purpose="photo", name="a.png", content="***")
    assert (bad.status_code, bad.json()["errors"][0]["where"]) == (422, "/content")
    two = client_for().post(
        f"/api/v1/cases/{case.id}/acts/papers.add_document",
        {"purpose": "photo", "content": SimpleUploadedFile("b.png", PNG, "image/png")},
        headers={"Authorization": f"Bearer {teller.secret}", "Idempotency-Key": "d2"},
    )
    assert two.status_code == 200, two.content
    assert one.json()["result"]["sha256"] == two.json()["result"]["sha256"]
    papers = teller.get(f"/api/v1/cases/{case.id}/papers").json()
    assert {d["name"] for d in papers["documents"]} == {"a.png", "b.png"}
    held = teller.get(papers["documents"][0]["href"])
    assert held.headers["Content-Type"] == "image/png"
    assert held.headers["X-Content-Type-Options"] == "nosniff"


def test_a_form_that_broke_off_keeps_nothing(people, caller, new_case):
    from django.test import RequestFactory
    from django.urls import resolve

    case = new_case(kind="example")
    secret = caller(people.teller).secret
    address = f"/api/v1/cases/{case.id}/acts/papers.add_document"
    body = b'--x\r\nContent-Disposition: form-data; name="content"; filename="a.png"\r\n\r\n' + PNG
    request = RequestFactory().post(
        address,
        data=body,
        content_type="multipart/form-data; boundary=x",
        headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": "cut"},
    )
    request.META["CONTENT_LENGTH"] = str(len(body) + 1000)
    match = resolve(address)
    answer = match.func(request, *match.args, **match.kwargs)
    assert answer.status_code == 400
    assert json.loads(answer.content)["code"] == "upload_cut_off"


def test_the_same_request_at_the_same_moment_happens_once(people, caller):
    from django.db import connections

    teller = caller(people.teller)
    answers = []

    def send():
        answers.append(
            teller.act("case.open", key="race", kind="example", client_name="A", facts={"wish": "x"})
        )
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["case_id"] for a in answers}) == 1
    assert sum(a.json()["replayed"] for a in answers) == 3


def test_every_act_in_the_source_is_a_call_of_the_api(desk):
    """An act whose module nobody imports would be missing; so would one of a kind."""
    import re
    from pathlib import Path

    import xiaoshi
    from xiaoshi.desk.api.desk_api import the_api
    from xiaoshi.desk.api.openapi import described
    from xiaoshi.desk.api.scopes import for_programs

    root = Path(xiaoshi.__file__).parent / "desk"
    written = {
        name
        for path in root.rglob("*.py")
        if "tests" not in path.parts
        for name in re.findall(r'^@act\(\s*"([a-z_]+\.[a-z_]+)"', path.read_text("utf-8"), re.MULTILINE)
    }
    offered = {
        call["post"]["x-act"]
        for call in described(the_api())["paths"].values()
        if "x-act" in call.get("post", {})
    }
    assert len(written) > 60
    assert offered == {name for name in written if for_programs(name)}


def test_a_database_that_is_gone_and_a_fault_of_ours_are_problems_too(people, caller, monkeypatch):
    from django.db import OperationalError

    from xiaoshi.desk.api import act_calls

    def gone(*args, **kwargs):
        raise OperationalError("the connection is closed")

    teller = caller(people.teller)
    monkeypatch.setattr(act_calls, "perform", gone)
    answer = opened(teller)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_gone")
    assert answer.headers["Retry-After"] == "10"
    monkeypatch.setattr(act_calls, "perform", lambda *args, **kwargs: {}["nothing"])
    answer = opened(teller)
    assert answer.status_code == 500
    assert answer.json()["number"] in answer.json()["detail"]
    assert "nothing" not in answer.content.decode()
