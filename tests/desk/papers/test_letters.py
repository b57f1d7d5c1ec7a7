"""Letters: composed from the case, shown before they are issued, kept as papers; and the bundle of all documents."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import uuid
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone
from files_for_tests import picture
from reading import ink_outside, text_of

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Invalid, NotAllowed, NotFound
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.papers import examples
from xiaoshi.desk.papers import issuing, requirements
from xiaoshi.desk.papers.acts import add_document, issue_paper, void_paper
from xiaoshi.desk.papers.bundle_views import take_along
from xiaoshi.desk.papers.facts import to_json
from xiaoshi.desk.papers.issuing import void_stamped
from xiaoshi.desk.papers.keeping import content_of
from xiaoshi.desk.papers.letters.acts import issue_letter
from xiaoshi.desk.papers.models import AskedOfClient, Document, Paper
from xiaoshi.desk.papers.typesetting import NotTypeset

pytestmark = pytest.mark.database
SOON = (timezone.localdate() + timedelta(days=9)).isoformat()


@pytest.fixture(autouse=True)
def store(tmp_path: Any) -> Iterator[None]:
    with override_settings(BLOB_DIR=tmp_path / "blobs", PUBLIC_ADDRESS="https://bank.example"):
        yield


def do(what: Any, person: Any, case: Any, **fields: Any) -> Any:
    return perform(what, person, str(uuid.uuid4()), case_id=case.id, **fields)


def wanting(people: Any, new_case: Any) -> tuple[Any, str]:
    case = new_case()
    given = {"title": "户口簿", "reason": "姓名与证件不一致"}
    return case, do(requirements.ask_for_paper, people.teller, case, **given).result["need"].removeprefix(
        "paper:"
    )


def letter(person: Any, case: Any, name: str, answers: dict[str, Any], **how: Any) -> tuple[Paper, bytes]:
    outcome = do(issue_letter, person, case, letter=name, answers=answers, **how)
    with visible_to(person):
        paper = Paper.objects.select_related("document").get(id=outcome.result["paper"])
    return paper, content_of(paper.document)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_please_bring_names_the_papers_and_keeps_that_the_client_was_asked(
    people: Any, new_case: Any, language: str
) -> None:
    case, need = wanting(people, new_case)
    answers = {"papers": [need], "by_on": SOON, "remark": "周一休息"}
    paper, pdf = letter(people.teller, case, "please_bring", answers, language=language)
    text = text_of(pdf)
    for expected in ("何采薇", "1.户口簿", "姓名与证件不一致", "周一休息", paper.number, paper.check_code):
        assert expected in text
    assert ("请带来" in text) == (language == "zh") or "还需要以下资料" in text or "westillneed" in text
    with visible_to(people.teller):
        (told,) = AskedOfClient.objects.filter(case_id=case.id)
    assert (told.need, told.how, told.paper_id) == (f"paper:{need}", "letter", paper.id)


def test_done_says_the_sum_in_figures_and_daxie_and_large_type_is_18_points(
    people: Any, new_case: Any
) -> None:
    case = new_case(facts={**BURNT, "told_amount_fen": 4684500})
    answers = {"text": "残损币已按规定兑换", "amount": "told_amount_fen", "remark": ""}
    _paper, pdf = letter(people.teller, case, "done", answers, big_type=True)
    assert "人民币肆万陆仟捌佰肆拾伍元整" in text_of(pdf)
    assert "46,845.00" in text_of(pdf)
    assert ink_outside(pdf, 10) == 0
    assert 17.5 < largest_body_size(pdf, "残损币已按规定兑换") < 18.5


def largest_body_size(pdf: bytes, words: str) -> float:
    """The type size in points of a line, told by the height of its boxes against a known one."""
    import pypdfium2
    import pypdfium2.raw as raw

    document = pypdfium2.PdfDocument(pdf)
    text = document[0].get_textpage()
    at = text.get_text_range().replace("\r\n", "\n").find(words[0])
    return float(raw.FPDFText_GetFontSize(text, at)) * _scale(text, at)


def _scale(text: Any, at: int) -> float:
    import ctypes

    import pypdfium2.raw as raw

    matrix = raw.FS_MATRIX()
    return float(matrix.a) if raw.FPDFText_GetMatrix(text, at, ctypes.byref(matrix)) else 1.0


BURNT = {
    "container": "饼干铁盒",
    "cause": "fire",
    "special_damage": True,
    "designated": True,
    "fire_paper": True,
    "payout": "cash",
}


def test_more_time_gives_the_day(people: Any, new_case: Any) -> None:
    case = new_case()
    _paper, pdf = letter(people.teller, case, "more_time", {"text": "要等档案", "by_on": SOON})
    day = timezone.localdate() + timedelta(days=9)
    assert f"{day.year}年{day.month}月{day.day}日" in text_of(pdf)


@pytest.mark.parametrize(
    ("who", "fields", "raised", "where"),
    [
        ("stranger", {"letter": "done", "answers": {"text": "x"}}, NotFound, ""),
        ("auditor", {"letter": "done", "answers": {"text": "x"}}, NotAllowed, ""),
        ("lobby", {"letter": "done", "answers": {"text": "x"}}, NotAllowed, ""),
        ("teller", {"letter": "love", "answers": {}}, Invalid, "letter"),
        ("teller", {"letter": "done", "answers": {}}, Invalid, "text"),
        ("teller", {"letter": "done", "answers": {"text": "长" * 1001}}, Invalid, "text"),
        ("teller", {"letter": "done", "answers": {"text": "x", "amount": "cause"}}, Invalid, "amount"),
        ("teller", {"letter": "done", "answers": {"text": "x"}, "language": "fr"}, Invalid, "language"),
        ("teller", {"letter": "more_time", "answers": {"text": "x"}}, Invalid, "by_on"),
        (
            "teller",
            {"letter": "more_time", "answers": {"text": "x", "by_on": "2020-01-01"}},
            Invalid,
            "by_on",
        ),
        ("teller", {"letter": "more_time", "answers": {"text": "x", "by_on": "soon"}}, Invalid, "by_on"),
        ("teller", {"letter": "please_bring", "answers": {"papers": []}}, Invalid, "papers"),
        ("teller", {"letter": "please_bring", "answers": {"papers": ["no"]}}, Invalid, "papers"),
    ],
)
def test_what_is_refused_issues_nothing(
    people: Any, new_case: Any, who: str, fields: Any, raised: Any, where: str
) -> None:
    case = new_case()
    with pytest.raises(raised) as refused:
        do(issue_letter, getattr(people, who), case, **fields)
    assert refused.value.problem.where == where
    with visible_to(people.teller):
        assert not Paper.objects.filter(case_id=case.id).exists()


def test_the_page_shows_a_draft_then_issues(people: Any, new_case: Any, client_for: Any) -> None:
    case, need = wanting(people, new_case)
    teller = client_for(people.teller)
    address = f"/desk/cases/{case.id}/papers/letters/please_bring/"
    shown = teller.get(address).content.decode()
    assert f'value="{need}"' in shown
    form = {"do": "preview", "key": "l1", "version": 2, "papers": [need], "language": "zh", "big_type": "on"}
    draft = teller.post(address, form)
    assert draft.status_code == 200
    assert 'src="data:image/png;base64,' in draft.content.decode()
    with visible_to(people.teller):
        assert not Paper.objects.filter(case_id=case.id).exists()
    assert teller.post(address, {**form, "papers": []}).status_code == 422
    issued = teller.post(address, {**form, "do": "issue"})
    assert issued.status_code == 302
    assert re.fullmatch(r"/desk/documents/[0-9a-f-]{36}/look/", issued["Location"])
    assert client_for(people.auditor).get(address).status_code == 403
    assert client_for(people.stranger).get(address).status_code == 404
    assert teller.get(f"/desk/cases/{case.id}/papers/letters/").status_code == 200
    assert teller.get(f"/desk/cases/{case.id}/papers/letters/love/").status_code == 404


def test_where_no_paper_is_missing_the_page_says_so(
    people: Any, new_case: Any, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty list of boxes was a form that could only be refused, and an error of its script."""
    address = f"/desk/cases/{new_case().id}/papers/letters/please_bring/"
    teller = client_for(people.teller)
    for missing in (True, False):
        if not missing:
            monkeypatch.setattr("xiaoshi.desk.papers.letters.views.wanted_papers", lambda plan, state: [])
        page = teller.get(address).content.decode()
        assert ('data-module="govuk-checkboxes"' in page, "本案不缺资料" in page) == (missing, not missing)


# ---- voided once --------------------------------------------------------------------------------------------------------------


def test_a_voided_paper_is_stamped_once(
    people: Any, new_case: Any, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = new_case()
    facts = to_json(examples.receipt())
    paper = do(issue_paper, people.teller, case, template="receipt", facts=facts).result["paper"]
    do(void_paper, people.supervisor, case, paper=paper, reason="录错")
    monkeypatch.setattr(issuing, "stamp", lambda *a, **k: pytest.fail("stamped a second time"))
    for _ in range(2):
        assert "作废VOID" in text_of(client_for(people.teller).get(f"/desk/papers/{paper}/").content)
    page = client_for(people.teller).get(f"/desk/cases/{case.id}/papers/").content.decode()
    assert "-void.pdf" not in page  # it stands under its paper, not among what was handed in


def test_a_paper_can_be_voided_even_when_no_stamp_can_be_set(
    people: Any, new_case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = new_case()
    facts = to_json(examples.receipt())
    ident = do(issue_paper, people.teller, case, template="receipt", facts=facts).result["paper"]
    working = issuing.stamp

    def broken(*_: Any, **__: Any) -> Any:
        raise NotTypeset(issuing.Problem("paper_not_typeset", issuing.Words("坏", "broken")))

    monkeypatch.setattr(issuing, "stamp", broken)
    do(void_paper, people.supervisor, case, paper=ident, reason="录错")
    monkeypatch.setattr(issuing, "stamp", working)
    with visible_to(people.teller):
        paper = Paper.objects.select_related("document", "voided_document").get(id=ident)
    assert paper.voided_at is not None
    assert "作废VOID" in text_of(void_stamped(paper))


# ---- all of it as one ZIP ---------------------------------------------------------------------------------------------------


def filled(people: Any, new_case: Any) -> Any:
    case = new_case()
    for n in (1, 2, 3):
        do(
            add_document,
            people.teller,
            case,
            purpose="identity",
            name="同名.png",
            content=picture("PNG", 20 + n),
        )
    do(add_document, people.teller, case, purpose="other", name="=cmd.txt", content=b"text")
    return case


def unzipped(answer: Any) -> zipfile.ZipFile:
    assert answer["Content-Type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def test_all_documents_come_with_a_list_whose_checksums_are_true(
    people: Any, new_case: Any, client_for: Any
) -> None:
    case = filled(people, new_case)
    address = f"/desk/cases/{case.id}/papers/bundle/"
    archive = unzipped(client_for(people.teller).post(address, {"do": "all", "key": "z", "version": 5}))
    assert archive.testzip() is None
    names = archive.namelist()
    assert len(names) == len(set(names)) == 6
    assert names[2] == "001-身份证件-同名.png"
    rows = list(csv.reader(io.StringIO(archive.read("contents.csv").decode("utf-8-sig"))))[1:]
    assert [r[0] for r in rows] == names[2:]
    for row in rows:
        assert hashlib.sha256(archive.read(row[0])).hexdigest() == row[4]
    assert rows[3][2] == "'=cmd.txt"  # no formula for Excel
    assert "共4份" in text_of(archive.read("contents.pdf"))
    with visible_to(people.teller):
        entry = TimelineEntry.objects.filter(case_id=case.id).order_by("-seq").first()
    assert entry is not None
    assert (entry.act, entry.body["count"]) == ("papers.take_along", 4)


def test_some_documents_and_a_damaged_one_is_named(people: Any, new_case: Any, client_for: Any) -> None:
    case = filled(people, new_case)
    with visible_to(people.teller):
        first, second, *_ = Document.objects.filter(case_id=case.id)
    (settings.BLOB_DIR / first.sha256[:2] / first.sha256[2:4] / first.sha256).write_bytes(b"rot")
    chosen = {"do": "chosen", "key": "some", "version": 5, "document": [str(first.id), str(second.id)]}
    archive = unzipped(client_for(people.teller).post(f"/desk/cases/{case.id}/papers/bundle/", chosen))
    assert archive.namelist() == ["contents.csv", "contents.pdf", "002-身份证件-同名.png", "problems.txt"]
    assert "不一致" in archive.read("problems.txt").decode("utf-8-sig")


def test_what_is_not_of_the_case_is_not_packed(people: Any, new_case: Any, client_for: Any) -> None:
    case, other = filled(people, new_case), filled(people, new_case)
    with visible_to(people.teller):
        foreign = Document.objects.filter(case_id=other.id)[0]
    for documents in ([str(foreign.id)], ["no id"], [str(uuid.uuid4())]):
        with pytest.raises(Invalid):
            do(take_along, people.teller, case, documents=documents)
    with pytest.raises(NotFound):
        do(take_along, people.stranger, case, documents=[])
    with pytest.raises(NotAllowed):
        do(take_along, people.auditor, case, documents=[])
    nothing = client_for(people.teller).post(
        f"/desk/cases/{case.id}/papers/bundle/", {"do": "chosen", "key": "n", "version": 5}
    )
    assert nothing.status_code == 302


def test_the_list_of_contents_is_printed(people: Any, new_case: Any, client_for: Any) -> None:
    case = filled(people, new_case)
    text = text_of(client_for(people.teller).get(f"/desk/cases/{case.id}/papers/contents/").content)
    assert "材料目录" in text
    assert "共4份" in text
    assert client_for(people.stranger).get(f"/desk/cases/{case.id}/papers/contents/").status_code == 404
