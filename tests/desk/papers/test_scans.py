"""Late scans: split at cover sheets, put where they belong, and whatever has no place waits for a person; nothing is lost.

A page is written as one letter: lower case for a page with text, upper case for the cover sheet of that name.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pypdfium2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import ProgrammingError
from django.test import override_settings
from django.utils import timezone
from files_for_tests import pages, picture
from PIL import Image
from reading import text_of

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.snapshots import read_state
from xiaoshi.desk.cases.verbs import cancel
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import NotFound, Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.notices.models import Notice
from xiaoshi.desk.papers import blobs, requirements, uploading
from xiaoshi.desk.papers.models import Cover, Document, ScanFile, ScanPart, ScanUpload
from xiaoshi.desk.papers.scans import acts, sorting
from xiaoshi.desk.papers.scans.covers import MARK, make_cover, sheet_pdf
from xiaoshi.desk.papers.scans.sorting import Piece, pieces_of, sort_all
from xiaoshi.desk.papers.showing import by_page

pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def store(tmp_path: Any) -> Iterator[None]:
    with override_settings(BLOB_DIR=tmp_path / "blobs"):
        yield


def do(what: Any, person: Any, case: Any = None, **fields: Any) -> Any:
    return perform(what, person, str(uuid.uuid4()), case_id=case.id if case else None, **fields)


def wanting(person: Any, new_case: Any, title: str = "户口簿") -> tuple[Any, str]:
    """A case that waits for one paper, and the name of that requirement."""
    case = new_case(person, kind="example")
    need = do(requirements.ask_for_paper, person, case, title=title, reason="核对").result["need"]
    return case, need.removeprefix("paper:")


def cover_of(person: Any, case: Any, need: str) -> Cover:
    ident = do(make_cover, person, case, need=need).result["cover"]
    with visible_to(person):
        return Cover.objects.select_related("case__unit").get(id=ident)


def scan(*sheets: Cover | str) -> bytes:
    """A PDF of the scanner: cover sheets and pages of text in this order, as pictures of 150 dpi."""
    covers = [(s, "户口簿", "何**") for s in sheets if isinstance(s, Cover)]
    printed = pypdfium2.PdfDocument(sheet_pdf(covers, timezone.now())) if covers else None
    texts = pypdfium2.PdfDocument(pages(*(s for s in sheets if isinstance(s, str))))
    whole, cover, text = pypdfium2.PdfDocument.new(), 0, 0
    for sheet in sheets:
        if isinstance(sheet, Cover):
            whole.import_pages(printed, [cover])
            cover += 1
        else:
            whole.import_pages(texts, [text])
            text += 1
    out = io.BytesIO()
    whole.save(out)
    return out.getvalue()


def hand_in(person: Any, *files: tuple[str, bytes]) -> str:
    upload = str(uuid.uuid4())
    for order, (name, content) in enumerate(files, 1):
        do(acts.hand_in, person, upload=upload, order=order, name=name, content=content)
    do(acts.sort_upload, person, upload=upload)
    return upload


def sorted_parts(person: Any, *files: tuple[str, bytes]) -> list[ScanPart]:
    upload = hand_in(person, *files)
    assert sort_all(upload, person.login)
    with visible_to(person):
        assert ScanUpload.objects.get(id=upload).state == "sorted"
        rows = ScanPart.objects.filter(file__upload_id=upload).select_related("document", "case")
        return list(rows.order_by("file__order", "order"))


def held(case: Any, person: Any) -> list[Document]:
    with visible_to(person):
        return list(Document.objects.filter(case_id=case.id))


# ---- splitting, as a table -----------------------------------------------------------------------------------------------

TABLE = [
    # pages      pieces                      code at the end
    ("aa", "1-2:", ""),
    ("Aaa", "2-3:A", "A"),
    ("aAaaBa", "1-1: 3-4:A 6-6:B", "B"),
    ("AAa", "3-3:A", "A"),
    ("aA", "1-1:", "A"),
    ("A", "", "A"),
    ("AaA", "2-2:A", "A"),
    ("", "", ""),
]


@pytest.mark.parametrize(("given", "expected", "after"), TABLE)
def test_pages_are_split_at_their_sheets(given: str, expected: str, after: str) -> None:
    pieces, code = pieces_of([c if c.isupper() else "" for c in given])
    assert " ".join(f"{p.first}-{p.last}:{p.code}" for p in pieces) == expected
    assert code == after
    covered = [n for p in pieces for n in range(p.first, p.last + 1)]
    assert covered == [n for n, c in enumerate(given, 1) if c.islower()]  # no page is lost, none twice


def test_a_sheet_of_an_earlier_picture_goes_on() -> None:
    assert pieces_of(["", ""], "A") == ([Piece(1, 2, "A")], "A")


# ---- on cases --------------------------------------------------------------------------------------------------------------


def test_a_batch_for_two_cases_finds_both(people: Any, new_case: Any) -> None:
    (one, need), (two, other) = wanting(people.teller, new_case), wanting(people.colleague, new_case)
    first, second = cover_of(people.teller, one, need), cover_of(people.colleague, two, other)
    batch = scan("没有封面", first, "户口一", "户口二", second, "结婚证")
    parts = sorted_parts(people.lobby, ("一批.pdf", batch))
    assert [(p.first_page, p.last_page, p.state) for p in parts] == [
        (1, 1, "unassigned"), (3, 4, "attached"), (6, 6, "attached"),
    ]  # fmt: skip
    (paper,) = held(one, people.teller)
    assert (paper.purpose, paper.name, paper.added_by) == (need, "一批-3-4.pdf", "zhou.qing")
    assert text_of(blobs.get(paper.sha256)) == "户口一户口二"
    with visible_to(people.teller):
        state = read_state(Case.objects.get(id=one.id))
        entry = TimelineEntry.objects.filter(case_id=one.id).order_by("-seq").first()
        assert Cover.objects.get(id=first.id).document_id == paper.id
    assert state.records[f"paper:{need}"].value == str(paper.id)
    assert entry is not None
    assert (entry.channel, entry.actor) == ("system", "zhou.qing")
    assert first.code not in str(entry.body)
    assert "没有封面页" in parts[0].why_zh
    with visible_to(people.lobby):
        (file,) = ScanFile.objects.filter(upload_id=parts[0].file.upload_id)
    assert blobs.get(file.sha256) == batch  # as it came, whatever became of it


def test_single_pictures_follow_their_sheet_by_name(people: Any, new_case: Any) -> None:
    case, need = wanting(people.teller, new_case)
    sheet = (
        pypdfium2.PdfDocument(scan(cover_of(people.teller, case, need)))[0].render(scale=150 / 72).to_pil()
    )
    out = io.BytesIO()
    # A scan that lies askew, in greys, badly compressed.
    sheet.convert("L").rotate(3, expand=True, fillcolor=255).save(out, "JPEG", quality=35)
    parts = sorted_parts(
        people.teller, ("s1.jpg", out.getvalue()), ("s2.jpg", picture("JPEG", 50)), ("s3.pdf", scan("另一份"))
    )
    assert [(p.name, p.state) for p in parts] == [("s2.jpg", "attached"), ("s3.pdf", "unassigned")]


def test_a_sheet_scanned_badly_is_read_whatever_its_code() -> None:
    """Codes on which one way of looking alone fails, askew and badly compressed."""
    codes = ("NZ9M-HHDM-796H-00ZY", "04BB-7CWR-DQZT-8RCS", "MHQM-CPYR-MKFS-HCZY", "PDN2-EPSF-EZP0-Y7G4")
    unit = SimpleNamespace(name_zh="营业部", name_en="Main outlet")
    about = SimpleNamespace(case=SimpleNamespace(number="XS-0004-261125-003", unit=unit))
    sheets: list[Any] = [
        (SimpleNamespace(code=code, expires_at=timezone.now(), **vars(about)), "户口簿", "何**")
        for code in codes
    ]
    printed = pypdfium2.PdfDocument(sheet_pdf(sheets, timezone.now()))
    for page, code in zip(printed, codes, strict=True):
        out = io.BytesIO()
        askew = page.render(scale=150 / 72).to_pil().convert("L").rotate(3, expand=True, fillcolor=255)
        askew.save(out, "JPEG", quality=35)
        told, _ = by_page.codes("image/jpeg", out.getvalue(), {"pages_max": 1, "width_px": sorting.WIDTH_PX})
        assert told["codes"] == [MARK + code]
    printed.close()


def test_a_tiff_of_several_pages_is_split_too(people: Any, new_case: Any) -> None:
    case, need = wanting(people.teller, new_case)
    sheet = (
        pypdfium2.PdfDocument(scan(cover_of(people.teller, case, need)))[0].render(scale=200 / 72).to_pil()
    )
    blank = Image.new("1", (1000, 1400), 1)
    out = io.BytesIO()
    sheet.convert("1").save(out, "TIFF", save_all=True, append_images=[blank, blank], compression="group4")
    (part,) = sorted_parts(people.teller, ("夜间.tif", out.getvalue()))
    assert (part.first_page, part.last_page, part.state) == (2, 3, "attached")
    assert Image.open(io.BytesIO(blobs.get(part.sha256))).n_frames == 2


def test_a_sheet_works_once_and_says_so(people: Any, new_case: Any) -> None:
    case, need = wanting(people.teller, new_case)
    cover = cover_of(people.teller, case, need)
    assert cover_of(people.colleague, case, need).id == cover.id  # printed again, it is the same sheet
    first, second = sorted_parts(people.teller, ("a.pdf", scan(cover, "一", cover, "二")))
    assert (first.state, second.state) == ("attached", "unassigned")
    assert "已经用过" in second.why_zh
    assert "used before" in second.why_en
    with pytest.raises(Refused) as refused:
        do(make_cover, people.teller, case, need=need)
    assert refused.value.problem.code == "requirement_met"


def test_unknown_foreign_and_expired_sheets_go_to_the_tray(people: Any, new_case: Any, desk: Any) -> None:
    case, need = wanting(people.teller, new_case)
    cover = cover_of(people.teller, case, need)
    foreign_case, foreign_need = wanting(people.stranger, new_case)
    foreign = cover_of(people.stranger, foreign_case, foreign_need)
    Cover.objects.using("owner").filter(id=cover.id).update(expires_at=timezone.now() - timedelta(days=1))
    invented = Cover(case=cover.case, code="0000-0000-0000-0000", expires_at=cover.expires_at)
    garbage = Cover(case=cover.case, code="nonsense", expires_at=cover.expires_at)
    parts = sorted_parts(
        people.teller, ("a.pdf", scan(cover, "一", foreign, "二", invented, "三", garbage, "四"))
    )
    assert [p.state for p in parts] == ["unassigned"] * 4
    assert "有效期" in parts[0].why_zh
    # A case of another outlet looks like none at all.
    assert parts[1].why_zh == parts[2].why_zh == parts[3].why_zh == acts.UNKNOWN[0]
    assert held(foreign_case, people.stranger) == held(case, people.teller) == []
    assert MARK + cover.code not in str([p.__dict__ for p in parts])


def test_a_case_that_is_over_keeps_the_paper_and_tells_its_owner(people: Any, new_case: Any) -> None:
    case, need = wanting(people.teller, new_case)
    cover = cover_of(people.teller, case, need)
    do(cancel, people.supervisor, case, reason="客户撤回")
    (part,) = sorted_parts(people.colleague, ("晚到.pdf", scan(cover, "户口")))
    assert part.state == "attached"
    (document,) = held(case, people.teller)
    with visible_to(people.teller):
        state = read_state(Case.objects.get(id=case.id))
        entry = TimelineEntry.objects.filter(case_id=case.id).order_by("-seq").first()
        (notice,) = Notice.objects.filter(case_id=case.id, topic="late_scan")
    assert state.phase == "cancelled"
    assert f"paper:{need}" not in state.records
    assert entry is not None
    assert "案件已办结" in entry.body["words"]["zh"]
    assert "补到扫描件" in notice.words_zh
    assert document.purpose == need


def test_what_cannot_be_taken_is_a_line_with_its_reason(people: Any, new_case: Any) -> None:
    upload = hand_in(
        people.teller,
        ("程序.pdf", b"MZ\x90" + b"\0" * 99),
        ("空.jpg", b""),
        ("坏.pdf", b"%PDF-1.7\nstartxref\n0\n%%EOF"),
    )
    assert sort_all(upload, people.teller.login)
    with visible_to(people.teller):
        states = [(f.name, f.state, f.problem_zh[:8]) for f in ScanFile.objects.filter(upload_id=upload)]
        (part,) = ScanPart.objects.filter(file__upload_id=upload)
    assert states[0] == ("程序.pdf", "refused", "这是一个程序，不")
    assert states[1][1] == "refused"
    assert states[2][1] == "sorted"
    assert (part.name, part.state) == ("坏.pdf", "unassigned")  # a person may still look at the file itself
    assert "已损坏" in part.why_zh


def test_an_upload_is_sorted_once_and_a_broken_off_one_goes_on(
    people: Any, new_case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, need = wanting(people.teller, new_case)
    batch = scan(cover_of(people.teller, case, need), "一")
    upload = hand_in(people.teller, ("a.pdf", batch), ("b.pdf", scan("二")))
    whole, calls = sorting._sort_one, []

    def dies(file: Any, person: Any, before: str) -> str:
        calls.append(file.name)
        if len(calls) == 2:
            raise RuntimeError("the database is gone")
        return whole(file, person, before)

    monkeypatch.setattr(sorting, "_sort_one", dies)
    with pytest.raises(RuntimeError):
        sort_all(upload, people.teller.login)
    assert sort_all(upload, people.teller.login)
    assert calls == ["a.pdf", "b.pdf", "b.pdf"]
    assert not sort_all(upload, people.teller.login)  # nothing is left
    with visible_to(people.teller):
        assert sorted(ScanPart.objects.filter(file__upload_id=upload).values_list("state", flat=True)) == [
            "attached", "unassigned",
        ]  # fmt: skip
    assert len(held(case, people.teller)) == 1


# ---- the tray -----------------------------------------------------------------------------------------------------------------


def test_a_person_attaches_what_the_machine_could_not(people: Any, new_case: Any, client_for: Any) -> None:
    case, need = wanting(people.teller, new_case)
    (part,) = sorted_parts(people.teller, ("无封面.pdf", scan("户口")))
    teller = client_for(people.colleague)
    assert "无封面.pdf" in teller.get("/desk/scans/tray/").content.decode()
    address = f"/desk/scans/{part.id}/"
    assert "第 1 页，共 1 页" in teller.get(address).content.decode()
    assert teller.get(f"{address}pages/1/")["Content-Type"] == "image/png"
    unknown = teller.post(address, {"do": "find", "case_number": "XS-0"})
    assert unknown.status_code == 422
    found = teller.post(address, {"do": "find", "case_number": case.number}).content.decode()
    assert f'value="{need}"' in found
    fields = {"do": "attach", "case_number": case.number, "need": need, "key": "hand"}
    assert teller.post(address, fields).status_code == 302
    (document,) = held(case, people.teller)
    assert (document.purpose, document.added_by) == (need, "xu.lan")
    assert "无封面.pdf" not in teller.get("/desk/scans/tray/").content.decode()
    again = teller.post(address, {**fields, "key": "hand2"})
    assert again.status_code in (409, 422)
    assert len(held(case, people.teller)) == 1


def test_blank_pages_are_put_aside_with_a_reason_and_can_be_found(people: Any, client_for: Any) -> None:
    (part,) = sorted_parts(people.teller, ("白页.pdf", scan("")))
    teller = client_for(people.teller)
    address = f"/desk/scans/{part.id}/"
    assert teller.post(address, {"do": "aside", "reason": " ", "key": "a1"}).status_code == 422
    assert teller.post(address, {"do": "aside", "reason": "空白页", "key": "a2"}).status_code == 302
    assert "白页.pdf" not in teller.get("/desk/scans/tray/").content.decode()
    assert "空白页" in teller.get("/desk/scans/tray/?aside").content.decode()


def test_the_tray_is_the_outlets_own(people: Any, client_for: Any) -> None:
    (part,) = sorted_parts(people.teller, ("信.pdf", scan("私信")))
    for person in (people.stranger, people.city_specialist, people.province_specialist, people.archivist):
        client = client_for(person)
        assert "信.pdf" not in client.get("/desk/scans/tray/").content.decode()
        assert "信.pdf" not in client.get("/desk/scans/").content.decode()
        for address in ("", "file/", "pages/1/"):
            assert client.get(f"/desk/scans/{part.id}/{address}").status_code == 404
        with pytest.raises((NotFound, Refused)):
            do(acts.set_aside, person, part=str(part.id), reason="x")
    with pytest.raises(Refused) as refused:
        hand_in(people.city_specialist, ("a.pdf", scan("x")))
    assert refused.value.problem.code == "not_at_an_outlet"
    with pytest.raises(Refused):
        do(acts.set_aside, people.auditor, part=str(part.id), reason="x")


def test_the_database_lets_nobody_use_a_sheet_twice_or_move_what_is_attached(
    people: Any, new_case: Any
) -> None:
    case, need = wanting(people.teller, new_case)
    cover = cover_of(people.teller, case, need)
    (part,) = sorted_parts(people.teller, ("a.pdf", scan(cover, "一")))
    for attempt in (
        lambda: Cover.objects.filter(id=cover.id).update(used_at=None),
        lambda: ScanPart.objects.filter(id=part.id).update(state="unassigned"),
        lambda: ScanFile.objects.filter(id=part.file_id).update(sha256=""),
        lambda: ScanPart.objects.filter(id=part.id).delete(),
    ):
        with pytest.raises(ProgrammingError), visible_to(people.teller):
            attempt()


# ---- the page -----------------------------------------------------------------------------------------------------------------


def test_as_many_files_as_the_limit_and_those_after_them(
    people: Any, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert uploading.FILES_MAX == acts.FILES_MAX == 500
    monkeypatch.setattr(uploading, "FILES_MAX", 30)
    files = [SimpleUploadedFile(f"{n:04d}.jpg", picture("JPEG", 8, 8)) for n in range(32)]
    teller = client_for(people.teller)
    answer = teller.post("/desk/scans/", {"key": "many", "file": files, "end": "1"}, follow=True)
    shown = answer.content.decode()
    assert "有 2 个文件超出一次上传的上限" in shown
    assert "已分拣 0／30 个文件" in shown
    with visible_to(people.teller):
        upload = ScanUpload.objects.order_by("-added_at").first()
        assert upload is not None
        assert upload.files.count() == 30
    part = teller.get("/desk/scans/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'hx-trigger="every 3s"' in part


def test_the_same_form_sent_twice_is_one_upload(people: Any, client_for: Any) -> None:
    teller = client_for(people.teller)

    def send(key: str, *names: str) -> Any:
        files = [SimpleUploadedFile(name, name.encode()) for name in names]
        return teller.post("/desk/scans/", {"key": key, "file": files, "end": "1"})

    def mine() -> int:
        with visible_to(people.teller):
            return ScanUpload.objects.filter(added_by=people.teller.login).count()

    before = mine()
    assert send("twice", "one.txt", "two.txt").status_code == 302
    assert send("twice", "one.txt", "two.txt").status_code == 302
    assert mine() == before + 1
    other = send("twice", "three.txt", "two.txt")
    assert other.status_code in (409, 422), "another file under a used key is refused in words"
    assert mine() == before + 1
    assert send("thrice", "one.txt").status_code == 302
    assert mine() == before + 2


def test_without_files_or_cut_off(people: Any, client_for: Any) -> None:
    teller = client_for(people.teller)
    nothing = teller.post("/desk/scans/", {"key": "none", "end": "1"})
    assert nothing.status_code == 422
    assert "请选择扫描文件" in nothing.content.decode()
    cut = teller.post("/desk/scans/", {"key": "cut", "file": [SimpleUploadedFile("a.jpg", b"x")]})
    assert cut.status_code == 422
    assert "上传中断" in cut.content.decode()


def test_cover_sheets_of_all_that_is_missing_come_in_one_print(
    people: Any, new_case: Any, client_for: Any
) -> None:
    case, _ = wanting(people.teller, new_case)
    do(requirements.ask_for_paper, people.teller, case, title="结婚证", reason="核对")
    client = client_for(people.teller)
    answer = client.post(f"/desk/cases/{case.id}/papers/cover/", {"key": "c", "version": 3})
    assert answer["Content-Type"] == "application/pdf"
    text = text_of(answer.content)
    assert "户口簿" in text
    assert "结婚证" in text
    assert "何采薇" not in text
    assert (
        client_for(people.stranger).post(f"/desk/cases/{case.id}/papers/cover/", {"key": "d"}).status_code
        == 404
    )
