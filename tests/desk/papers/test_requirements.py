"""Requirements as acts and pages: asked for and why, met, taken off, waived, told to the client; they block closing by any way."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from files_for_tests import picture
from reading import text_of

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.recording import waive_need
from xiaoshi.desk.cases.snapshots import read_state
from xiaoshi.desk.cases.steps import close_case, confirm_step, do_step
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Invalid, NotAllowed, NotFound, Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.papers import requirements
from xiaoshi.desk.papers.acts import add_document
from xiaoshi.desk.papers.models import AskedOfClient, Document, HeldFile

pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def store(tmp_path: Any) -> Iterator[None]:
    with override_settings(BLOB_DIR=tmp_path / "blobs"):
        yield


def do(what: Any, person: Any, case: Any, **fields: Any) -> Any:
    return perform(what, person, str(uuid.uuid4()), case_id=case.id, **fields)


def ask(person: Any, case: Any, title: str = "户口簿", blocks: bool = True) -> str:
    given = {"title": title, "reason": "姓名与证件不一致", "blocks_close": blocks}
    return do(requirements.ask_for_paper, person, case, **given).result["need"].removeprefix("paper:")


def entry(case: Any, person: Any) -> TimelineEntry:
    with visible_to(person):
        found = TimelineEntry.objects.filter(case_id=case.id).order_by("-seq").first()
    assert found is not None
    return found


def finished(people: Any, new_case: Any) -> Any:
    """A small case with nothing left but to be closed."""
    case = new_case(kind="example")
    do(do_step, people.teller, case, step="listen", result={"understood": True})
    do(do_step, people.teller, case, step="answer", result={"words": "可以"})
    do(confirm_step, people.supervisor, case, step="answer")
    return case


def test_one_more_paper_blocks_closing_whoever_closes(people: Any, new_case: Any) -> None:
    case = finished(people, new_case)
    need = ask(people.teller, case)
    told = entry(case, people.teller)
    assert "另要资料“户口簿”，办结前必须有：姓名与证件不一致" in told.body["words"]["zh"]
    for closer in (people.teller, people.outlet_head):
        with pytest.raises(Refused) as refused:
            do(close_case, closer, case)
        assert refused.value.problem.code == "missing_need"
        assert "户口簿" in refused.value.problem.words.zh
    given = {"purpose": need, "name": "户口.png", "content": picture("PNG")}
    do(add_document, people.colleague, case, **given)
    do(close_case, people.teller, case)


def test_the_wrong_paper_is_taken_off_and_another_document_attached(people: Any, new_case: Any) -> None:
    case = finished(people, new_case)
    need = ask(people.teller, case)
    first = do(add_document, people.teller, case, purpose=need, name="错.png", content=picture("PNG")).result[
        "document"
    ]
    do(requirements.take_off_document, people.colleague, case, need=need, reason="是别人的户口簿")
    assert entry(case, people.teller).body["document"] == first
    with pytest.raises(Refused):
        do(close_case, people.teller, case)
    other = do(
        add_document, people.teller, case, purpose="other", name="对.png", content=picture("PNG", 50)
    ).result["document"]
    do(requirements.attach_document, people.teller, case, need=need, document=other)
    with visible_to(people.teller):
        state = read_state(Case.objects.get(id=case.id))
    assert state.records[f"paper:{need}"].value == other
    do(close_case, people.teller, case)


@pytest.mark.parametrize(
    ("act", "who", "fields", "raised", "code"),
    [
        (requirements.ask_for_paper, "stranger", {"title": "a", "reason": "b"}, NotFound, "case_not_found"),
        (requirements.ask_for_paper, "auditor", {"title": "a", "reason": "b"}, NotAllowed, "auditor_reads_only"),
        (requirements.ask_for_paper, "teller", {"title": " ", "reason": "b"}, Refused, "title_missing"),
        (requirements.ask_for_paper, "teller", {"title": "a", "reason": " "}, Invalid, "reason_missing"),
        (waive_need, "teller", {"need": "paper:asked_1", "reason": "b"}, NotAllowed, "not_your_act"),
        (waive_need, "supervisor", {"need": "paper:asked_1", "reason": ""}, Invalid, "reason_missing"),
        (waive_need, "supervisor", {"need": "paper:no", "reason": "b"}, Invalid, "requirement_unknown"),
        (requirements.take_off_document, "teller", {"need": "asked_1", "reason": "b"}, Refused, "nothing_to_take_off"),
        (requirements.withdraw_asked, "lobby", {"need": "asked_1", "reason": "b"}, NotAllowed, "not_your_act"),
        (requirements.attach_document, "teller", {"need": "asked_1", "document": "x"}, Invalid, "document_not_found"),
        (requirements.told_client, "teller", {"how": "pigeon", "needs": ["asked_1"]}, Invalid, "way_unknown"),
        (requirements.told_client, "teller", {"how": "phone", "needs": []}, Invalid, "nothing_chosen"),
    ],
)  # fmt: skip
def test_who_may_not_and_what_is_wrong(
    people: Any, new_case: Any, act: Any, who: str, fields: Any, raised: Any, code: str
) -> None:
    case = new_case(kind="example")
    ask(people.teller, case)
    with pytest.raises(raised) as refused:
        do(act, getattr(people, who), case, **fields)
    assert refused.value.problem.code == code
    assert refused.value.problem.words.en


def test_a_waiver_names_who_and_why(people: Any, new_case: Any, client_for: Any) -> None:
    case = new_case(kind="example")
    need = ask(people.teller, case)
    do(waive_need, people.supervisor, case, need=f"paper:{need}", reason="已向公安核实")
    page = client_for(people.teller).get(f"/desk/cases/{case.id}/papers/wanted/{need}/").content.decode()
    assert "钱博" in page
    assert "已向公安核实" in page
    assert "已免交" in page


def test_telling_the_client_is_kept_with_each_requirement(
    people: Any, new_case: Any, client_for: Any
) -> None:
    case = new_case(kind="example")
    need, other = ask(people.teller, case), ask(people.teller, case, "结婚证")
    do(requirements.told_client, people.colleague, case, how="phone", needs=[need, other])
    with visible_to(people.teller):
        assert AskedOfClient.objects.filter(case_id=case.id).count() == 2
    assert entry(case, people.teller).visible_to_client
    page = client_for(people.teller).get(f"/desk/cases/{case.id}/papers/").content.decode()
    assert page.count("已告知客户（电话告知）") == 2


def test_the_page_of_a_requirement_does_its_acts(people: Any, new_case: Any, client_for: Any) -> None:
    case, teller = new_case(kind="example"), client_for(people.teller)
    version = case.version
    address = f"/desk/cases/{case.id}/papers/ask/"
    form = {"key": "k1", "version": version, "title": "户口簿", "reason": "核对", "blocks": "yes"}
    refused = teller.post(address, {**form, "title": ""})
    assert refused.status_code == 422
    assert "核对" in refused.content.decode()
    made = teller.post(address, form)
    assert made.status_code == 302
    page = made["Location"]
    assert page.endswith("/wanted/asked_1/")
    shown = teller.get(page).content.decode()
    assert 'value="attach"' in shown
    assert 'value="waive"' not in shown
    assert 'value="waive"' in client_for(people.supervisor).get(page).content.decode()
    assert client_for(people.stranger).get(page).status_code == 404
    assert "<button" in shown
    stale = teller.post(page, {"do": "told", "how": "phone", "key": "k2", "version": version})
    assert stale.status_code == 409
    assert "另要资料" in stale.content.decode()
    done = teller.post(page, {"do": "told", "how": "phone", "key": "k3", "version": version + 1})
    assert done.status_code == 302
    gone = {"do": "withdraw", "reason": "不用了", "key": "k4", "version": version + 2}
    assert teller.post(page, gone).status_code == 302
    assert teller.get(page).status_code == 404


def test_the_list_for_the_client_is_one_large_sheet_in_both_languages(
    people: Any, new_case: Any, client_for: Any
) -> None:
    case = new_case(kind="example")
    ask(people.teller, case, "#set page() *户口簿*")
    answer = client_for(people.teller).get(f"/desk/cases/{case.id}/papers/missing/")
    text = text_of(answer.content)
    assert "#setpage()*户口簿*" in text
    assert "Pleasebringthesepapers" in text
    assert case.number in text


# ---- files that came with a refused form ----------------------------------------------------------------------------------


def upload(version: int, **fields: Any) -> dict[str, Any]:
    given = {"do": "add", "key": str(uuid.uuid4()), "version": version, "purpose": "other", "note": ""}
    return {**given, **fields, "end": "1"}


def two_files() -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(f"{n}.jpg", picture("JPEG", 40 + n)) for n in (1, 2)]


def test_a_refused_form_keeps_the_files_and_takes_them_again(
    people: Any, new_case: Any, client_for: Any
) -> None:
    case, teller = new_case(), client_for(people.teller)
    address = f"/desk/cases/{case.id}/papers/"
    refused = teller.post(address, upload(1, purpose="", file=two_files()))
    assert refused.status_code == 422
    held = re.findall(r'name="held" value="([0-9a-f-]{36})" checked', refused.content.decode())
    assert len(held) == 2
    # Another day, another browser, and nobody else sees them.
    assert held[0] in client_for(people.teller).get(address).content.decode()
    assert held[0] not in client_for(people.colleague).get(address).content.decode()
    assert client_for(people.colleague).post(address, upload(1, held=held)).status_code == 422
    assert teller.post(address, upload(1, held=held)).status_code == 302
    with visible_to(people.teller):
        assert sorted(Document.objects.filter(case_id=case.id).values_list("name", flat=True)) == [
            "1.jpg",
            "2.jpg",
        ]
        assert not HeldFile.objects.exists()


def test_a_stale_form_keeps_the_files_too_and_one_bad_file_is_named(
    people: Any, new_case: Any, client_for: Any
) -> None:
    case, teller = new_case(), client_for(people.teller)
    address = f"/desk/cases/{case.id}/papers/"
    ask(people.colleague, case)
    stale = teller.post(address, upload(1, file=two_files()))
    assert stale.status_code == 409
    assert stale.content.decode().count('name="held"') == 2
    program = SimpleUploadedFile("信.docx", b"MZ\x90" + b"\0" * 99)
    mixed = teller.post(address, upload(2, file=[*two_files()[:1], program]))
    assert mixed.status_code == 422
    assert "信.docx: 这是一个程序" in mixed.content.decode()
    with visible_to(people.teller):
        # The first was kept by its own act; of the second nothing is left.
        assert [d.name for d in Document.objects.filter(case_id=case.id)] == ["1.jpg"]
        assert sorted(h.name for h in HeldFile.objects.all()) == ["1.jpg", "2.jpg"]


# ---- many documents ---------------------------------------------------------------------------------------------------------


def queries_of(client: Any, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_five_hundred_documents_cost_as_many_queries_as_five(
    people: Any, new_case: Any, client_for: Any
) -> None:
    few, many = new_case(), new_case()
    for case, number in ((few, 5), (many, 500)):
        with visible_to(people.teller):
            Document.objects.bulk_create(
                Document(
                    id=uuid.uuid4(), case=case, purpose="other", name=f"{n}.png", sha256=f"{n:064x}",
                    content_type="image/png", bytes=n, added_by="li.min", added_at=case.opened_at,
                )
                for n in range(number)
            )  # fmt: skip
    teller = client_for(people.teller)
    for page in ("papers/", ""):
        assert queries_of(teller, f"/desk/cases/{many.id}/{page}") == queries_of(
            teller, f"/desk/cases/{few.id}/{page}"
        )
    seen: set[str] = set()
    query = ""
    for _ in range(10):
        shown = teller.get(f"/desk/cases/{many.id}/papers/{query}").content.decode()
        found = re.findall(r'name="document" value="([0-9a-f-]{36})"', shown)
        assert len(found) == 50
        assert not seen & set(found)
        seen |= set(found)
        following = re.search(r'rel="next" href="([^"]+)"', shown)
        query = following[1] if following else ""
    assert len(seen) == 500
    assert query == ""
