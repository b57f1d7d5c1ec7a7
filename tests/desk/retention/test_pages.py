"""The pages of keeping and destroying: who gets in, what they show, what comes back when an act is refused."""

from __future__ import annotations

import uuid

import pytest
from old_cases import do, ended, opened

from xiaoshi.desk.retention.holds import hold
from xiaoshi.desk.retention.models import Batch, Hold

pytestmark = pytest.mark.database
ADDRESS = "/desk/retention/"


@pytest.fixture(scope="module")
def old(desk):
    from desk_fixtures import the_people

    people = the_people()
    return {"due": ended(people), "held": ended(people), "other": ended(people), "open": opened(people)}


def posted(client, address, **fields):
    return client.post(address, {"key": str(uuid.uuid4()), **fields})


def text_of(answer) -> str:
    return answer.content.decode()


def test_empty_lists_say_so_and_who_has_no_part_in_it_only_looks(people, client_for):
    far = client_for(people.stranger_head)
    for view, words in (
        ("due", "没有到期的案件"),
        ("batches", "还没有批次"),
        ("holds", "没有暂停销毁的案件"),
    ):
        assert words in text_of(far.get(ADDRESS, {"view": view}))
    teller = client_for(people.teller)
    assert "propose" not in text_of(teller.get(ADDRESS))
    assert posted(teller, ADDRESS + "propose/", cases=[], reason="x").status_code == 403
    page = text_of(client_for(people.auditor).get(ADDRESS, {"view": "rules"}))
    assert "第三十四条" in page
    assert "尚未核实" in page
    assert "设定更长的期限" not in page


def test_from_the_list_to_a_decided_batch(old, people, client_for):
    do(hold, people.outlet_head, old["held"], reason="法院协查", authority="法院函")
    head, city = client_for(people.outlet_head), client_for(people.city_specialist)
    page = text_of(head.get(ADDRESS))
    assert old["due"].number in page
    assert "已暂停销毁：法院协查" in page
    assert old["open"].number not in page
    assert f'value="{old["held"].id}"' not in page
    refused = posted(head, ADDRESS + "propose/", cases=[str(old["due"].id)], reason=" ")
    assert refused.status_code == 422
    assert "<title>有误：" in text_of(refused)
    assert f'value="{old["due"].id}" id="c1" checked' in text_of(refused)
    assert posted(head, ADDRESS + "propose/", cases=[str(old["held"].id)], reason="期满").status_code == 409
    done = posted(head, ADDRESS + "propose/", cases=[str(old["due"].id)], reason="期满")
    batch = Batch.objects.using("owner").latest("id").id
    assert done.headers["Location"] == f"{ADDRESS}batches/{batch}/"
    address = f"{ADDRESS}batches/{batch}/"
    assert "由您提请" in text_of(head.get(address))
    assert "已在批次中" in text_of(head.get(ADDRESS))
    forbidden = posted(head, address, **{"do": "approve", "approve-reason": "x", "approve-cases": "1"})
    assert forbidden.status_code == 403
    wrong = posted(city, address, **{"do": "approve", "approve-reason": "同意", "approve-cases": "9"})
    assert wrong.status_code == 422
    assert "与本批不符" in text_of(wrong)
    assert (
        posted(city, address, **{"do": "approve", "approve-reason": "同意", "approve-cases": "1"}).status_code
        == 302
    )
    assert "待执行" in text_of(head.get(ADDRESS, {"view": "batches"}))
    assert posted(head, address, **{"do": "withdraw", "withdraw-reason": "改期"}).status_code == 302
    assert posted(head, address, do="burn").status_code == 404
    assert client_for(people.stranger_head).get(address).status_code == 404
    assert head.get(f"{ADDRESS}batches/{2**62}/").status_code == 404


def test_holding_and_lifting_on_the_case(old, people, client_for):
    head = client_for(people.outlet_head)
    case = old["other"]
    found = head.get(ADDRESS + "hold/", {"number": case.number})
    assert found.headers["Location"] == f"/desk/cases/{case.id}/hold/"
    assert "没有这个编号" in text_of(head.get(ADDRESS + "hold/", {"number": "XS-0"}, follow=True))
    address = found.headers["Location"]
    assert head.get(address).status_code == 200
    version = Hold.objects.using("owner").count()
    assert posted(head, address, version=case.version, reason="", authority="").status_code == 422
    assert Hold.objects.using("owner").count() == version
    form = {"version": case.version, "reason": "仲裁", "authority": "仲裁委 3 号", "until": "2099-12-31"}
    assert posted(head, address, **form).status_code == 302
    assert posted(head, address, **form).status_code == 409
    page = text_of(head.get(f"/desk/cases/{case.id}/"))
    assert "仲裁委 3 号" in page
    assert "解除暂停" in page
    row = Hold.objects.using("owner").latest("id")
    lift = f"/desk/cases/{case.id}/holds/{row.id}/lift/"
    assert "仲裁" in text_of(head.get(lift))
    assert posted(head, lift, version=case.version + 1, reason="撤诉").status_code == 302
    assert head.get(f"/desk/cases/{case.id}/holds/{2**62}/lift/").status_code == 404
    assert f"/cases/{case.id}/hold/" not in text_of(client_for(people.auditor).get(f"/desk/cases/{case.id}/"))
    assert "2024年3月6日起可以销毁" in text_of(head.get(f"/desk/cases/{case.id}/"))


def test_the_bank_sets_a_longer_period(people, client_for):
    province = client_for(people.province_specialist)
    assert client_for(people.city_specialist).get(ADDRESS + "period/").status_code == 403
    given = {"subject": "record", "kind": "*", "years": 9, "source": "行内制度"}
    refused = posted(province, ADDRESS + "period/", **given)
    assert refused.status_code == 422
    assert "10 至 100 年" in text_of(refused)
    assert posted(province, ADDRESS + "period/", **{**given, "years": 30}).status_code == 302
    assert "本行规定" in text_of(province.get(ADDRESS, {"view": "rules"}))


def test_queries_do_not_grow_with_the_rows(people, client_for):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    head = client_for(people.outlet_head)

    def counted(view: str) -> int:
        with CaptureQueriesContext(connection) as told:
            assert head.get(ADDRESS, {"view": view}).status_code == 200
        return len(told)

    views = ("due", "batches", "holds", "rules")
    first = {view: counted(view) for view in views}
    for _ in range(3):
        case = ended(people)
        do(hold, people.outlet_head, case, reason="x", authority="x")
    assert {view: counted(view) for view in views} == first
    assert max(first.values()) <= 25
