"""Each bad photo of a tray, through the act and the real engine: what is said, and that nothing is half there."""

from __future__ import annotations

import html

import photos
import pytest
from django.conf import settings
from django.test import override_settings

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.guard.refusals import Invalid, Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes import measuring
from xiaoshi.desk.kinds.burnt_notes.acts import steps, trays
from xiaoshi.desk.kinds.burnt_notes.jobs import measure_once
from xiaoshi.desk.kinds.burnt_notes.models import Measurement, Note
from xiaoshi.desk.papers.models import Document

pytestmark = pytest.mark.database


@pytest.fixture(scope="module", autouse=True)
def _library(tmp_path_factory):
    folder = photos.make_library(tmp_path_factory.mktemp("票样 library"))
    with override_settings(LIBRARY_DIR=folder):
        yield
    measuring.stop()


def blobs() -> int:
    return sum(1 for p in settings.BLOB_DIR.rglob("*") if p.is_file() and len(p.name) == 64)


def photographed(tin, content, name="盘.jpg"):
    """The photo through the act and one run of the engine; gives the tray and its measurement."""
    ident = tin.do(trays.add_tray, "teller", name=name, content=content)["tray_id"]
    assert measure_once(ident, tin.people.teller.login)
    with visible_to(tin.people.teller):
        tray = tin.case.trays.get(id=ident)
        return tray, tray.measurements.get()


def problems_of(measurement):
    """code -> (Chinese, English)"""
    return {p["code"]: (p["text"], p["text_en"]) for p in measurement.assessment["problems"]}


def current(tin, tray):
    with visible_to(tin.people.teller):
        return list(Note.objects.filter(tray=tray, current=True))


# ---- refused at once ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "content", "code", "zh", "en"),
    [
        ("no picture", lambda: "这不是照片".encode(), "file_kind_not_taken_here", "请用相机拍摄", "Photograph it"),
        ("a PDF", lambda: b"%PDF-1.7\nstartxref\n0\n%%EOF", "file_kind_not_taken_here", "只收：JPEG", "Taken here: JPEG"),
        ("a program", lambda: b"\x7fELF\x02\x01" + b"\0" * 99, "file_is_program", "这是一个程序", "program"),
        ("empty", lambda: b"", "file_empty", "重新选择", "Choose it again"),
        ("cut off", lambda: photos.good()[: len(photos.good()) // 2], "file_cut_off", "重新拍摄", "take it again"),
        ("200 megapixels", lambda: photos.png(20_000, 10_000), "picture_too_many_pixels", "调低分辨率", "lower"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_photo_is_refused_and_leaves_nothing(
    received, people, label, content, code, zh, en
):
    tin = received()
    before, kept = tin.state(), blobs()
    with pytest.raises(Invalid) as told:
        tin.do(trays.add_tray, "teller", name="盘.jpg", content=content())
    problem = told.value.problem
    assert (problem.code, problem.where) == (code, "photo")
    assert zh in problem.words.zh
    assert en in problem.words.en
    assert tin.trays() == []
    assert tin.state() == before
    assert blobs() == kept
    with visible_to(people.teller):
        assert not Document.objects.filter(case=tin.case).exists()
        assert TimelineEntry.objects.filter(case_id=tin.case.id).count() == tin.case.version
    with pytest.raises(Refused) as told:
        tin.do(steps.finish_photographing, "teller")
    assert told.value.problem.code == "no_tray"


def test_the_page_says_so_at_the_field(received, people, client_for):
    from django.core.files.uploadedfile import SimpleUploadedFile

    tin = received()
    client = client_for(people.teller)
    address = f"/desk/cases/{tin.case.id}/trays/"
    posted = {"key": "photo-page", "version": tin.state() and tin.case.version}
    photo = SimpleUploadedFile("盘.jpg", "这不是照片".encode(), "image/jpeg")
    answer = client.post(address, {**posted, "photo": photo})
    assert answer.status_code == 422
    assert "请用相机拍摄" in answer.content.decode()
    assert tin.trays() == []


def test_the_same_photo_twice_is_the_same_notes_twice(received):
    tin = received()
    content = photos.one_pixel()
    first = tin.do(trays.add_tray, "teller", name="盘.png", content=content)["tray_id"]
    with pytest.raises(Invalid) as told:
        tin.do(trays.add_tray, "colleague", name="另一盘.png", content=content)
    assert told.value.problem.code == "tray_twice"
    assert "不能算两次" in told.value.problem.words.zh
    assert "twice" in told.value.problem.words.en
    assert len(tin.trays()) == 1
    tin.do(trays.withdraw_tray, "teller", tray_id=first, reason="拍糊了")
    tin.do(trays.add_tray, "teller", name="盘.png", content=content)
    assert [(t.number, t.state) for t in tin.trays()] == [(1, "withdrawn"), (2, "waiting")]


# ---- kept, and nothing could be measured ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "content", "code", "zh", "en"),
    [
        ("one pixel", photos.one_pixel, "image_too_small", "原始照片", "original photo"),
        ("black", photos.black, "image_too_dark", "补光后重拍", "light the tray"),
        ("blurred", photos.blurred, "image_blurred", "对焦", "focus"),
        ("empty mat", photos.empty_mat, "no_note_found", "没有发现", "no note"),
    ],
)
def test_a_photo_that_cannot_be_used_fails_its_tray(
    received, people, client_for, label, content, code, zh, en
):
    tin = received()
    tray, measurement = photographed(tin, content())
    assert tray.state == "failed"
    told = problems_of(measurement)
    assert list(told) == [code]
    assert zh in told[code][0]
    assert en in told[code][1]
    assert current(tin, tray) == []
    page = html.unescape(client_for(people.teller).get(f"/desk/cases/{tin.case.id}/trays/").content.decode())
    assert told[code][0] in page
    with pytest.raises(Refused) as refusal:
        tin.do(steps.finish_photographing, "teller")
    assert refusal.value.problem.code == "tray_failed"
    assert "重拍" in refusal.value.problem.words.zh
    assert "撤下" in refusal.value.problem.words.zh
    with pytest.raises(Invalid) as refusal:
        tin.do(trays.withdraw_tray, "teller", tray_id=str(tray.id), reason=" ")
    assert refusal.value.problem.code == "reason_missing"
    tin.do(trays.withdraw_tray, "teller", tray_id=str(tray.id), reason="不能用")
    tin.tray("full100")
    assert tin.do(steps.finish_photographing, "teller") == {"trays": 1, "notes": 1}


def test_a_good_photo_is_measured_and_its_measurement_kept_beside_the_next(received):
    tin = received()
    tray, measurement = photographed(tin, photos.good())
    assert tray.state == "measured"
    first = current(tin, tray)
    assert len(first) == 2
    assert {n.denomination_fen for n in first} <= {100_00, 50_00, 10_00}
    assert all(n.area_ratio_low <= n.area_ratio <= n.area_ratio_high for n in first)
    assert measurement.engine
    tin.do(trays.measure_again, "teller", tray_id=str(tray.id))
    assert measure_once(str(tray.id), tin.people.teller.login)
    second = current(tin, tray)
    assert [n.area_ratio for n in second] == [n.area_ratio for n in first]
    assert {n.id for n in second}.isdisjoint({n.id for n in first})
    with visible_to(tin.people.teller):
        assert Measurement.objects.filter(tray=tray).count() == 2
    assert tin.counted().notes == 2


# ---- measured, and left to people -----------------------------------------------------------------------------------


def test_a_note_of_no_enrolled_kind_is_undecided_without_a_value(received):
    tin = received()
    tray, _ = photographed(tin, photos.shot(seed=6, notes=1, faces=photos.STRANGE))
    assert tray.state == "measured"
    found = current(tin, tray)
    assert found, "its pieces are there, without a name"
    for note in found:
        assert (note.verdict, note.denomination_fen, note.amount_fen) == ("undecided", None, 0)
        assert note.area_ratio is None
        assert note.reasons[0]["code"] == "too_few_matches"
        assert "票样库没有这种票" in note.reasons[0]["text"]
        assert "not enrolled" in note.reasons[0]["text_en"]
    assert tin.do(steps.finish_photographing, "teller")["notes"] == len(found)
    assert tin.piles(False) == {"0": len(found)}


def test_notes_that_overlap_are_undecided_and_to_be_laid_apart(received):
    tin = received()
    tray, measurement = photographed(tin, photos.shot(seed=5, notes=3, mat="A3", overlap=True))
    zh, en = problems_of(measurement)["pieces_overlap"]
    assert "分开摆放后重拍" in zh
    assert "lay them apart" in en
    touching = [n for n in current(tin, tray) if "pieces_touch" in {r["code"] for r in n.reasons}]
    assert touching
    assert {(n.verdict, n.amount_fen) for n in touching} == {("undecided", 0)}


def test_without_the_mat_notes_are_named_and_never_measured(received):
    tin = received()
    tray, measurement = photographed(tin, photos.shot(seed=5, mat=None))
    zh, en = problems_of(measurement)["mat_missing"]
    assert "托盘垫上重拍" in zh
    assert "on the mat" in en
    found = current(tin, tray)
    assert found
    assert {(n.verdict, n.area_ratio, n.amount_fen) for n in found} == {("undecided", None, 0)}
    assert {n.denomination_fen for n in found} <= {100_00, 50_00, 10_00, None}
