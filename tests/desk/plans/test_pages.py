"""The pages of plans: what each reader sees, drafts to publication by mouse, moving one case and many, and what is refused."""

from __future__ import annotations

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from desk.plans.writing import bring_into_force, do, next_text, seen, versions
from xiaoshi.desk.cases.steps import do_step
from xiaoshi.desk.plans.models import MoveRun, PlanDraft
from xiaoshi.desk.plans.runs import carry_on

pytestmark = pytest.mark.database
EXAMPLE = "/desk/plans/example/"


def day(moment, prefix="in_force_from"):
    return {f"{prefix}_0": moment.day, f"{prefix}_1": moment.month, f"{prefix}_2": moment.year}


def date_fields(page, moment):
    """Names of the three parts of a date, as the page writes them."""
    names = re.findall(r'name="(in_force_from\w*)"', page)
    values = {"y": moment.year, "m": moment.month, "d": moment.day}
    return {name: values.get(name.rpartition("_")[2][0], "") for name in names}


def fields(page, form_mark):
    """The hidden fields of the form that holds this text."""
    form = next(f for f in re.findall(r"<form.*?</form>", page, re.DOTALL) if form_mark in f)
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def test_everybody_reads_the_plan_in_words_and_never_a_bare_condition(people, client_for, new_case):
    new_case()
    for person in (people.teller, people.auditor, people.stranger, people.province_specialist):
        page = client_for(person).get("/desk/plans/burnt_notes/").content.decode()
        assert "“特殊残缺污损（火烧、侵蚀、霉烂等）”为“是”" in page
        assert "facts.special_damage" not in page
        assert "steps.receipt.done" not in page
    own = client_for(people.teller).get("/desk/plans/burnt_notes/").content.decode()
    elsewhere = client_for(people.stranger).get("/desk/plans/burnt_notes/").content.decode()
    assert "1件在此" in own
    assert "件在此" not in elsewhere
    client = client_for(people.teller)
    english = client.get("/desk/plans/burnt_notes/", headers={"Accept-Language": "en"}).content.decode()
    assert "“Special damage (burnt, corroded, rotted)” is yes" in english
    for address in (
        "/desk/plans/none/",
        EXAMPLE + "?version=99",
        EXAMPLE + "?version=x",
        "/desk/plans/drafts/1/",
    ):
        assert client.get(address).status_code in (403, 404), address


def test_the_list_and_files_for_other_tools(people, client_for):
    client = client_for(people.city_specialist)
    assert "示例事项" in client.get("/desk/plans/").content.decode()
    drawn = client.get(EXAMPLE + "bpmn/")
    assert drawn["Content-Disposition"] == 'attachment; filename="example-v1.bpmn"'
    assert b"<bpmn:definitions" in drawn.content
    assert client.get(EXAMPLE + "package/").json()["format"] == "xiaoshi-plan/1"
    assert client_for(people.teller).get(EXAMPLE + "package/").status_code == 403


def test_from_the_editor_to_publication_by_the_second_person(people, client_for):
    author, second = client_for(people.city_specialist), client_for(people.province_specialist)
    assert client_for(people.teller).get(EXAMPLE + "new-draft/").status_code == 403
    page = author.get(EXAMPLE + "new-draft/").content.decode()
    assert "version = 2" in page
    key = fields(page, 'name="text"')["key"]
    broken = next_text(2).replace('after = ["listen"]', 'after = ["listne"]')
    answer = author.post(EXAMPLE + "new-draft/", {"key": key, "text": broken, "note": "加回访"})
    assert answer.status_code == 302
    address = answer.headers["Location"]
    page = author.get(address).content.decode()
    assert "plan.toml:33" in page
    assert "发布这一稿" not in page
    hidden = fields(page, 'value="save"')
    fixed = next_text(2).replace("\n", "\r\n")
    assert author.post(address, {**hidden, "do": "save", "text": fixed, "note": ""}).status_code == 302
    page = author.get(address).content.decode()
    assert "要由另一人阅后发布" in page
    # An old revision is not saved over, and what was typed is kept.
    stale = author.post(address, {**hidden, "key": "other", "do": "save", "text": "# mine", "note": ""})
    assert stale.status_code == 409
    assert "# mine" in stale.content.decode()
    page = second.get(address).content.decode()
    assert "改版后的案件都要补办该环节" in page
    hidden = fields(page, 'value="publish"')
    empty = second.post(address, {**hidden, "do": "publish"})
    assert empty.status_code == 422
    assert "有误" in empty.content.decode()
    late = {**hidden, "do": "publish", **date_fields(page, timezone.localdate().replace(year=2020))}
    refused = second.post(address, late)
    assert refused.status_code == 422
    assert "已过去" in refused.content.decode()
    good = {**hidden, "key": "k2", "do": "publish", **date_fields(page, timezone.localdate())}
    assert author.post(address, {**good, "key": "k3"}).status_code == 403
    assert second.post(address, good).status_code == 302
    assert versions()[-1] == 2
    assert PlanDraft.objects.get(published_version=2).state == "published"
    page = second.get(EXAMPLE).content.decode()
    assert "施行中" in page
    assert "陆衡" in page
    assert "苏妍" in page
    assert "较第1版的变化" in page
    draft = second.get(address).content.decode()
    assert "已发布为第2版" in draft


@pytest.fixture
def newest(people) -> int:
    if versions()[-1] < 3:
        while versions()[-1] < 3:
            bring_into_force(
                people.city_specialist, people.province_specialist, next_text(versions()[-1] + 1)
            )
    return versions()[-1]


@pytest.fixture
def on_version_1(newest, people, new_case, monkeypatch):
    from xiaoshi.desk.cases import opening
    from xiaoshi.desk.cases.plans import published

    def make():
        with monkeypatch.context() as patch:
            patch.setattr(opening, "in_force", lambda kind, day: published("example", 1))
            return new_case(people.teller, kind="example")

    return make


def test_one_case_is_moved_on_its_page_and_back(people, client_for, on_version_1, newest):
    case = on_version_1()
    do(do_step, people.teller, case, step="listen", result={"understood": True})
    address = f"/desk/cases/{case.id}/plan/"
    overview = client_for(people.teller).get(f"/desk/cases/{case.id}/").content.decode()
    assert address in overview
    page = client_for(people.teller).get(address).content.decode()
    assert "电话回访" in page
    assert "改用新版流程</button>" not in page
    assert client_for(people.stranger).get(address).status_code == 404
    head = client_for(people.outlet_head)
    page = head.get(address).content.decode()
    hidden = fields(page, 'name="reason"')
    assert head.post(address, {**hidden, "reason": ""}).status_code == 422
    assert seen(case, people.teller).plan_version == 1
    assert head.post(address, {**hidden, "reason": "新规"}).status_code == 302
    assert seen(case, people.teller).plan_version == newest
    page = head.get(address + "?to=1").content.decode()
    hidden = fields(page, 'name="reason"')
    assert head.post(address + "?to=1", {**hidden, "reason": "误操作"}).status_code == 302
    assert seen(case, people.teller).plan_version == 1
    assert head.get(address + "?to=77").status_code == 404


def test_many_cases_are_ordered_and_their_results_read(people, client_for, on_version_1, newest):
    cases = [on_version_1() for _ in range(3)]
    address = EXAMPLE + f"move/?from=1&to={newest}"
    assert client_for(people.teller).get(address).status_code == 403
    head = client_for(people.outlet_head)
    page = head.get(address).content.decode()
    assert cases[0].number in page
    hidden = fields(page, 'name="reason"')
    assert head.post(address, {**hidden, "reason": ""}).status_code == 422
    answer = head.post(address, {**hidden, "reason": "新规"})
    assert answer.status_code == 302
    run = int(re.search(r"/runs/(\d+)/", answer.headers["Location"])[1])
    assert 'http-equiv="refresh"' in head.get(answer.headers["Location"]).content.decode()
    again = head.post(address, {**hidden, "reason": "新规"})
    assert again.headers["Location"] == answer.headers["Location"]  # a doubled click is one run
    while carry_on(run, people.outlet_head):
        pass
    page = head.get(answer.headers["Location"]).content.decode()
    assert all(case.number in page for case in cases)
    assert "已完成" in page
    assert client_for(people.province_specialist).get(answer.headers["Location"]).status_code == 404
    for odd in ("?after=x", "?only=none", "?after=99999999999999999999", "?only=refused"):
        assert head.get(answer.headers["Location"] + odd).status_code == 200
    assert head.post(answer.headers["Location"], {"do": "stop", "key": str(uuid.uuid4())}).status_code == 302
    assert MoveRun.objects.count() == 0  # nobody is named: nothing is seen
    assert head.get(EXAMPLE + "move/?from=1&to=1").status_code == 200


def test_queries_of_the_plan_page_are_constant_in_cases_and_versions(
    people, client_for, on_version_1, newest
):
    client = client_for(people.province_specialist)
    client.get(EXAMPLE)
    with CaptureQueriesContext(
        connection,
    ) as before:
        client.get(EXAMPLE)
    for _ in range(4):
        on_version_1()
    bring_into_force(people.city_specialist, people.province_specialist, next_text(newest + 1))
    client.get(EXAMPLE)
    with CaptureQueriesContext(connection) as after:
        client.get(EXAMPLE)
    assert len(after) == len(before) <= 20


def test_counting_stops_where_it_was_told(people, client_for, on_version_1, monkeypatch):
    from xiaoshi.desk.plans import shown

    for _ in range(3):
        on_version_1()
    monkeypatch.setattr(shown, "COUNTED_MAX", 2)
    assert "以下件数为“至少”" in client_for(people.teller).get(EXAMPLE).content.decode()
