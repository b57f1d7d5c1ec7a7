"""The check page, as anyone on the street sees it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import override_settings

from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.kinds.burnt_notes.papers import examples
from xiaoshi.desk.papers import check_views
from xiaoshi.desk.papers.acts import issue_paper, void_paper
from xiaoshi.desk.papers.facts import to_json

pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def store(tmp_path: Any) -> Iterator[None]:
    cache.clear()
    with override_settings(BLOB_DIR=tmp_path / "blobs"):
        yield


@pytest.fixture
def issued(people: Any, new_case: Any) -> dict[str, Any]:
    case = new_case()
    facts = to_json(examples.receipt())
    outcome = perform(
        issue_paper, people.teller, str(uuid.uuid4()), case_id=case.id, template="receipt", facts=facts
    )
    return {**outcome.result, "case": case}


def read(response: Any) -> str:
    return response.content.decode()


def test_a_genuine_paper(client_for: Any, issued: dict[str, Any]) -> None:
    response = client_for(None).get(f"/check/{issued['check_code']}/")
    page = read(response)
    assert response.status_code == 200
    for shown in (issued["number"], "业务回执", "城东支行营业室", "4*,***"):
        assert shown in page
    for hidden in ("何采薇", "张桂兰", "46,845", "肆万", "0417", "li.min"):
        assert hidden not in page.replace(issued["number"], "").replace(issued["check_code"], "")
    assert "no-store" in response["Cache-Control"]


def test_a_void_paper_says_do_not_accept(people: Any, client_for: Any, issued: dict[str, Any]) -> None:
    perform(
        void_paper, people.supervisor, str(uuid.uuid4()), case_id=issued["case"].id,
        paper=issued["paper"], reason="内部原因不外露",
    )  # fmt: skip
    page = read(client_for(None).get(f"/check/{issued['check_code']}/", HTTP_ACCEPT_LANGUAGE="en"))
    assert "it is void. Do not accept it" in page
    assert "内部原因不外露" not in page


def test_a_wrong_code_is_not_ours_and_says_what_to_do(client_for: Any) -> None:
    response = client_for(None).get("/check/0000-0000-0000-0000/", HTTP_ACCEPT_LANGUAGE="en")
    assert response.status_code == 404
    assert "We issued no paper with this code" in read(response)
    assert "back of your bank card" in read(response)


@pytest.mark.parametrize("typed", ["123", "7Q4M-0K9T-ZX2C-H1V", "<script>alert(1)</script>", "x" * 5000])
def test_what_is_no_code_is_said(client_for: Any, typed: str) -> None:
    response = client_for(None).get("/check/", {"code": typed}, HTTP_ACCEPT_LANGUAGE="en")
    assert response.status_code == 422
    assert "not a whole check code" in read(response)
    assert "<script>alert" not in read(response)


def test_typing_errors_are_forgiven(client_for: Any, issued: dict[str, Any]) -> None:
    sloppy = issued["check_code"].lower().replace("-", " ").replace("0", "o").replace("1", "l")
    response = client_for(None).get("/check/", {"code": sloppy})
    assert response.status_code == 302
    assert response["Location"] == f"/check/{issued['check_code']}/"
    assert client_for(None).get(f"/check/{sloppy}/").status_code == 200


def test_the_empty_form(client_for: Any) -> None:
    response = client_for(None).get("/check/")
    assert response.status_code == 200
    assert 'name="code"' in read(response)


def test_too_many_questions_are_slowed_down(
    client_for: Any, issued: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_views, "ASKS_A_MINUTE", 3)
    visitor, address = client_for(None), f"/check/{issued['check_code']}/"
    assert [visitor.get(address).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert visitor.get(address, REMOTE_ADDR="192.0.2.7").status_code == 200
