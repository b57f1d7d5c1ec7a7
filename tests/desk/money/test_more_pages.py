"""Accounts, the end of the day, limits, rates and requests on their pages: a form does what it says, or comes back with words."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from xiaoshi.desk.money.models import AuthorityLimit, FxRate, Hold, Instrument, MoneyOrder, Request

from .test_papers_and_holds import HOSPITAL

pytestmark = pytest.mark.database
_keys = itertools.count(1)
TODAY = timezone.localdate()


def day(name: str, on: Any = TODAY) -> dict[str, str]:
    return {f"{name}_year": str(on.year), f"{name}_month": str(on.month), f"{name}_day": str(on.day)}


@pytest.fixture
def at(people: Any, client_for: Any) -> Any:
    """`at("teller").post(path, do=..., field=...)`: as a person, with a key of its own, at a terminal of its own."""

    class Browser:
        def __init__(self, person: str) -> None:
            self.client = client_for(getattr(people, person))

        def post(self, path: str, **fields: str) -> Any:
            return self.client.post(path, {"key": f"page-{next(_keys)}", **fields})

        def get(self, path: str) -> Any:
            return self.client.get(path)

    return Browser


def agree(at: Any, kind: str, person: str = "supervisor") -> Any:
    request = Request.objects.using("owner").filter(kind=kind, state="waiting").latest("made_at")
    page = at(person).get(f"/desk/money/requests/{request.id}/")
    assert request.reason in page.content.decode()
    return at(person).post(f"/desk/money/requests/{request.id}/", do="agree")


def test_an_account_from_its_first_cash_to_a_lost_passbook(people: Any, at: Any) -> None:
    named = {"account_number": "6217000000001313", "holder": "何采薇"}
    assert at("teller").post("/desk/money/accounts/", do="pay_in", amount="900", **named).status_code == 302
    order = MoneyOrder.objects.using("owner").filter(kind="pay_in").latest("made_at")
    check = at("supervisor").get(f"/desk/money/?check={order.id}").content.decode()
    assert "何采薇" in check
    assert "900.00" not in check, "blind"
    at("supervisor").post("/desk/money/", do="check", order=str(order.id), counted="900")
    page = at("teller").get("/desk/money/accounts/?q=1313").content.decode()
    assert "900.00" in page
    pk = next(line["account"] for line in order.plan if "2011/" in line["account"])
    from xiaoshi.desk.money.models import Account

    where = f"/desk/money/accounts/{Account.objects.using('owner').get(code=pk).pk}/"
    paper = {"do": "register", "kind": "passbook", "number": "A-1313"}
    assert at("teller").post(where, **paper, **day("issued_on")).status_code == 302
    held = {"do": "hold", "amount": "700", "purpose": "住院押金", **HOSPITAL, **day("until")}
    assert at("teller").post(where, **{**held, "amount": "901"}).status_code == 409
    assert at("teller").post(where, **held).status_code == 302
    assert agree(at, "hold_place").status_code == 302
    hold = Hold.objects.using("owner").get(account__code=pk)
    assert at("teller").post(where, do="transfer", hold=str(hold.id), amount="650").status_code == 302
    assert at("teller").post(where, do="release", hold=str(hold.id), reason="出院").status_code == 302
    assert agree(at, "hold_release", "supervisor").status_code == 403
    assert agree(at, "hold_release", "outlet_head").status_code == 302
    assert at("teller").post(where, do="move", move="report_lost", reason="").status_code == 422
    assert at("teller").post(where, do="move", move="report_lost", reason="客户来电").status_code == 302
    assert Instrument.objects.using("owner").get(number="A-1313").state == "lost"
    page = at("teller").get(where).content.decode()
    assert "挂失止付" in page
    assert "住院押金" in page
    assert at("teller").post(where, do="register", kind="passbook").status_code == 422, (
        "not possible any more"
    )
    assert (
        at("teller")
        .post(where, do="exchange", direction="purchase", currency="JPY", amount="1.5")
        .status_code
        == 422
    )
    assert at("auditor").get(where).status_code == 200
    assert 'name="do"' not in at("auditor").get(where).content.decode().split("<main")[1].replace(
        "sign-out", ""
    )


def test_the_end_of_the_day_on_its_page(people: Any, at: Any) -> None:
    path = "/desk/money/day/"
    answer = at("teller").post(path, do="count", place="", note_100="5")
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "与账面不符" in text
    assert "299,995" not in text, "the difference is not told to whoever counts"
    assert at("teller").post(path, do="count", place="", note_100="5", reason="试").status_code == 302
    page = at("supervisor").get(path).content.decode()
    assert "?check=" in page
    ident = page.split("?check=")[1].split('"')[0]
    assert at("supervisor").post(path, do="check_count", count=ident, total="6").status_code == 302
    assert "两次清点不一致" in at("teller").get(path).content.decode()
    assert at("teller").post(path, do="close").status_code == 409
    assert at("teller").post(path, do="count", place="", note_100="-1").status_code == 422
    assert at("teller").post(path, do="hand_over", receiver=people.stranger.login).status_code == 422
    assert at("teller").post(path, do="nonsense").status_code == 422
    assert at("city_specialist").get(path).status_code == 200
    assert at("teller").get("/desk/money/day/sheet.pdf").content.startswith(b"%PDF-")


def test_limits_and_rates_are_set_by_those_above(people: Any, at: Any) -> None:
    limit = {
        "do": "limit",
        "work": "move",
        "role": "supervisor",
        "level": "outlet",
        "alone": "1",
        "joint": "2",
        "reason": "制度",
    }
    assert at("teller").post("/desk/money/limits/", **limit, **day("from_day")).status_code == 403
    assert (
        at("city_specialist")
        .post("/desk/money/limits/", **{**limit, "alone": "3"}, **day("from_day"))
        .status_code
        == 422
    )
    assert at("city_specialist").post("/desk/money/limits/", **limit, **day("from_day")).status_code == 302
    assert agree(at, "limit_set", "province_specialist").status_code == 302
    assert AuthorityLimit.objects.using("owner").filter(work="move", alone_fen=1_00).exists()
    assert "制度" in at("teller").get("/desk/money/limits/").content.decode()
    rate = {"do": "rate", "currency": "USD", "buy": "709.12", "sell": "712.16", "source": "总行牌价"}
    assert at("city_specialist").post("/desk/money/rates/", **{**rate, "sell": "712,16"}).status_code == 422
    assert at("city_specialist").post("/desk/money/rates/", **rate).status_code == 302
    asked = Request.objects.using("owner").filter(kind="rate_set", state="waiting").get()
    declined = at("province_specialist").post(
        f"/desk/money/requests/{asked.id}/", do="decline", reason="来源不清"
    )
    assert declined.status_code == 302
    assert at("city_specialist").post("/desk/money/rates/", **rate).status_code == 302
    asked = Request.objects.using("owner").filter(kind="rate_set", state="waiting").get()
    assert at("city_specialist").post(f"/desk/money/requests/{asked.id}/", do="agree").status_code == 403
    assert at("city_specialist").post(f"/desk/money/requests/{asked.id}/", do="withdraw").status_code == 302
    assert not FxRate.objects.using("owner").exists()
    assert at("stranger").get(f"/desk/money/requests/{asked.id}/").status_code == 404


def test_pages_take_as_many_queries_with_many_rows(people: Any, at: Any, funded: Any) -> None:
    counts = []
    browser = at("teller")
    for _ in range(2):
        for _ in range(4):
            funded(1_00)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/desk/money/accounts/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_move_is_taken_back_from_the_page(people: Any, at: Any) -> None:
    at("teller").post("/desk/money/", do="move", direction="vault_to_drawer", amount="31")
    order = MoneyOrder.objects.using("owner").filter(kind="vault_to_drawer").latest("made_at")
    at("outlet_head").post("/desk/money/", do="check", order=str(order.id), counted="31")
    entry = MoneyOrder.objects.using("owner").get(id=order.id).entry
    page = at("teller").get("/desk/money/").content.decode()
    assert f"?reverse={entry.id}" in page
    assert "31.00" in at("teller").get(f"/desk/money/?reverse={entry.id}").content.decode()
    assert at("teller").post("/desk/money/", do="reverse", entry=str(entry.id), reason="").status_code == 422
    assert (
        at("teller").post("/desk/money/", do="reverse", entry=str(entry.id), reason="录错").status_code == 302
    )
    back = MoneyOrder.objects.using("owner").filter(kind="reverse").latest("made_at")
    assert (
        at("outlet_head").post("/desk/money/", do="check", order=str(back.id), counted="31").status_code
        == 302
    )
    assert (
        at("teller").post("/desk/money/", do="reverse", entry=str(entry.id), reason="再来").status_code == 409
    )
