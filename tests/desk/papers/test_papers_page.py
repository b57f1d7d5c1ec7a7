"""Page D4 and the downloads, as tellers, colleagues and strangers use them."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from files_for_tests import picture
from reading import text_of

from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.papers import examples
from xiaoshi.desk.papers import blobs
from xiaoshi.desk.papers.acts import add_document, issue_paper, void_paper
from xiaoshi.desk.papers.facts import to_json
from xiaoshi.desk.papers.models import Document, Paper

pytestmark = pytest.mark.database
LIMIT_FIRST = [
    "xiaoshi.desk.papers.uploading.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
]


@pytest.fixture(autouse=True)
def store(tmp_path: Any) -> Iterator[None]:
    with override_settings(BLOB_DIR=tmp_path / "blobs"):
        yield


def page(case: Any) -> str:
    return f"/desk/cases/{case.id}/papers/"


def form(version: int = 1, **fields: Any) -> dict[str, Any]:
    file = SimpleUploadedFile("证明.jpg", picture("JPEG"), "application/x-evil")
    given = {
        "do": "add",
        "key": str(uuid.uuid4()),
        "version": version,
        "purpose": "fire_report",
        "note": "原件",
        "file": file,
    }
    return {**given, **fields, "end": "1"}


def held(case: Any, person: Any) -> list[Document]:
    with visible_to(person):
        return list(Document.objects.filter(case_id=case.id))


def issued(people: Any, case: Any) -> dict[str, Any]:
    facts = to_json(examples.receipt())
    outcome = perform(
        issue_paper, people.teller, str(uuid.uuid4()), case_id=case.id, template="receipt", facts=facts
    )
    return {**outcome.result, "version": outcome.version}


def test_upload_and_see_it(people: Any, new_case: Any, client_for: Any) -> None:
    case, teller = new_case(), client_for(people.teller)
    assert teller.get(page(case)).status_code == 200
    response = teller.post(page(case), form())
    assert (response.status_code, response["Location"]) == (302, page(case))
    (document,) = held(case, people.teller)
    assert document.content_type == "image/jpeg"
    shown = teller.get(page(case)).content.decode()
    assert "证明.jpg" in shown
    assert f"/desk/documents/{document.id}/" in shown


def test_a_refused_file_is_said_at_the_field_and_what_was_typed_is_kept(
    people: Any, new_case: Any, client_for: Any
) -> None:
    case, teller = new_case(), client_for(people.teller)
    for content, code_words in (
        (b"", "文件是空的"),
        (picture("JPEG")[:-9], "不完整"),
        (b"\0\1\2", "不能识别"),
    ):
        file = SimpleUploadedFile("a.jpg", content)
        response = teller.post(page(case), form(file=file, note="已核原件 2 页"))
        shown = response.content.decode()
        assert response.status_code == 422
        assert code_words in shown
        assert "已核原件 2 页" in shown
        assert '<option value="fire_report" selected>' in shown
    assert held(case, people.teller) == []


def test_without_a_file_or_a_purpose(people: Any, new_case: Any, client_for: Any) -> None:
    case, teller = new_case(), client_for(people.teller)
    without = form()
    del without["file"]
    assert teller.post(page(case), without).status_code == 422
    assert teller.post(page(case), form(purpose="")).status_code == 422
    assert teller.post(page(case), form(purpose="issued_paper")).status_code == 422
    assert held(case, people.teller) == []


@pytest.mark.parametrize("kept_share", [0.3, 0.6, 0.9, 0.97])
def test_an_upload_cut_off_in_the_middle_leaves_nothing(
    people: Any, new_case: Any, client_for: Any, kept_share: float
) -> None:
    """The head promises more bytes than come: the line went dead inside the file."""
    case, teller = new_case(), client_for(people.teller)
    boundary = "----cut"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in form().items()
        if name not in ("file", "end")
    ]
    head = (
        b"--"
        + boundary.encode()
        + b'\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    )
    whole = b"".join(parts) + head + b"line of a statement\n" * 5000
    arrived = whole[: max(len(b"".join(parts) + head) + 10, int(len(whole) * kept_share))]
    request = {
        "path": page(case),
        "data": b"",
        "content_type": f"multipart/form-data; boundary={boundary}",
        "CONTENT_LENGTH": str(len(whole)),
        "wsgi.input": io.BytesIO(arrived),
    }
    response = teller.generic("POST", **request)
    assert response.status_code == 422
    assert "上传中断" in response.content.decode()
    assert held(case, people.teller) == []
    assert not settings.BLOB_DIR.exists()


def test_a_file_above_the_limit_is_dropped_while_it_comes(
    people: Any, new_case: Any, client_for: Any
) -> None:
    case, teller = new_case(), client_for(people.teller)
    with override_settings(DOCUMENT_BYTES_MAX=1_000_000, FILE_UPLOAD_HANDLERS=LIMIT_FIRST):
        response = teller.post(page(case), form(file=SimpleUploadedFile("big.txt", b"a" * 3_000_000)))
        assert response.status_code == 422
        assert "超过上限" in response.content.decode()
        assert held(case, people.teller) == []
        assert (
            teller.post(page(case), form(file=SimpleUploadedFile("ok.txt", b"a" * 999_999))).status_code
            == 302
        )


def test_a_stale_page_shows_what_others_did(people: Any, new_case: Any, client_for: Any) -> None:
    case, teller = new_case(), client_for(people.teller)
    client_for(people.colleague).post(page(case), form(note="先到"))
    response = teller.post(page(case), form(note="后到的备注"))
    shown = response.content.decode()
    assert response.status_code == 409
    assert "徐岚" in shown
    assert "后到的备注" in shown
    assert len(held(case, people.teller)) == 1


def test_who_gets_the_bytes(people: Any, new_case: Any, client_for: Any) -> None:
    case = new_case()
    client_for(people.teller).post(page(case), form())
    (document,) = held(case, people.teller)
    address = f"/desk/documents/{document.id}/"
    for person in (
        people.teller,
        people.colleague,
        people.supervisor,
        people.auditor,
        people.city_specialist,
    ):
        response = client_for(person).get(address)
        assert (response.status_code, response.content) == (200, picture("JPEG"))
    for person in (people.stranger, people.stranger_head):
        assert client_for(person).get(address).status_code == 404
        assert client_for(person).get(page(case)).status_code == 404
        assert client_for(person).post(page(case), form()).status_code == 404
    assert client_for(None).get(address).status_code == 302
    assert client_for(people.teller).get(f"/desk/documents/{uuid.uuid4()}/").status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "kind", "how"),
    [
        (picture("PNG"), '"; x=".png', "image/png", "inline"),
        (picture("TIFF"), "a.tif", "image/tiff", "attachment"),
        (b"<script>alert(1)</script>", "a.html", "text/plain; charset=utf-8", "attachment"),
    ],
)
def test_how_bytes_go_out(
    people: Any, new_case: Any, client_for: Any, content: bytes, name: str, kind: str, how: str
) -> None:
    case = new_case()
    given = {"purpose": "other", "name": name, "content": content}
    result = perform(add_document, people.teller, str(uuid.uuid4()), case_id=case.id, **given).result
    response = client_for(people.teller).get(f"/desk/documents/{result['document']}/")
    assert response["Content-Type"] == kind
    assert response["Content-Disposition"].split(";")[0] == how
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]


def test_a_damaged_document_is_never_handed_out(people: Any, new_case: Any, client_for: Any) -> None:
    case, teller = new_case(), client_for(people.teller)
    teller.post(page(case), form())
    (document,) = held(case, people.teller)
    blobs.path_of(document.sha256).write_bytes(b"\1" + b"0" * 5000)
    response = teller.get(f"/desk/documents/{document.id}/")
    assert response.status_code == 500
    assert "备份" in response.content.decode()


def test_issued_papers_with_copy_and_void(people: Any, new_case: Any, client_for: Any) -> None:
    case = new_case()
    paper = issued(people, case)
    teller, supervisor = client_for(people.teller), client_for(people.supervisor)
    shown = teller.get(page(case)).content.decode()
    assert paper["number"] in shown
    assert 'value="reprint"' in shown
    assert 'value="void"' not in shown
    base = {"paper": paper["paper"], "version": paper["version"], "end": "1"}
    assert teller.post(page(case), {**base, "do": "reprint", "key": str(uuid.uuid4())}).status_code == 302
    base["version"] += 1
    void = {**base, "do": "void", "key": str(uuid.uuid4()), "reason": "金额录错"}
    refused = teller.post(page(case), void)
    assert refused.status_code == 403
    assert "金额录错" not in teller.get(page(case)).content.decode()
    assert 'value="void"' in supervisor.get(page(case)).content.decode()
    assert supervisor.post(page(case), {**void, "reason": ""}).status_code == 422
    assert supervisor.post(page(case), void).status_code == 302
    assert "金额录错" in teller.get(page(case)).content.decode()


def test_a_voided_paper_opens_with_its_stamp_only(people: Any, new_case: Any, client_for: Any) -> None:
    case = new_case()
    paper = issued(people, case)
    teller = client_for(people.teller)
    address = f"/desk/papers/{paper['paper']}/"
    assert "作废VOID" not in text_of(teller.get(address).content)
    given = {"paper": paper["paper"], "reason": "录错"}
    perform(void_paper, people.supervisor, str(uuid.uuid4()), case_id=case.id, **given)
    with visible_to(people.teller):
        document = Paper.objects.get(id=paper["paper"]).document_id
    for way in (address, f"/desk/documents/{document}/"):
        response = teller.get(way)
        assert response["Content-Type"] == "application/pdf"
        assert "作废VOID" in text_of(response.content)
    assert client_for(people.stranger).get(address).status_code == 404


def test_the_auditor_reads_and_is_offered_nothing_to_do(people: Any, new_case: Any, client_for: Any) -> None:
    case = new_case()
    issued(people, case)
    shown = client_for(people.auditor).get(page(case)).content.decode()
    assert 'type="file"' not in shown
    assert 'value="reprint"' not in shown
    assert client_for(people.auditor).post(page(case), form(version=2)).status_code == 403


def test_no_inline_script_or_style(people: Any, new_case: Any, client_for: Any) -> None:
    case = new_case()
    issued(people, case)
    for address in (page(case), "/check/", "/check/0000-0000-0000-0000/"):
        shown = client_for(people.supervisor).get(address).content.decode()
        assert " style=" not in shown
        assert "<style" not in shown
        assert "<script>" not in shown
