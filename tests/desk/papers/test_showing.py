"""Documents shown and read: nothing of a stranger's file reaches the browser in its own format, and no file takes the desk along."""

from __future__ import annotations

import io
import os
import uuid
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.test import override_settings
from files_for_tests import (
    SVG_WITH_SCRIPT,
    docx,
    heic,
    one_page,
    pages,
    pdf_bomb,
    pdf_of_nested_drawings,
    pdf_of_packed_objects,
    pdf_of_pages,
    picture,
    stream,
    xlsx,
    zipped,
)
from PIL import Image

from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.papers.acts import add_document
from xiaoshi.desk.papers.models import Document
from xiaoshi.desk.papers.reading import Unreadable, text_of_document
from xiaoshi.desk.papers.showing import kept, running, worker
from xiaoshi.desk.papers.showing.running import NotShown, order

PDF, DOCX = "application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def store(tmp_path: Any) -> Iterator[None]:
    with override_settings(BLOB_DIR=tmp_path / "blobs"):
        yield


def add(person: Any, case: Any, name: str, content: bytes) -> Document:
    outcome = perform(
        add_document, person, str(uuid.uuid4()), case_id=case.id, purpose="other", name=name, content=content
    )
    with visible_to(person):
        return Document.objects.get(id=outcome.result["document"])


def shown(client: Any, document: Document, query: str = "?wait=1") -> str:
    answer = client.get(f"/desk/documents/{document.id}/look/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def image_of(body: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))


def cannot(do: str, kind: str, content: bytes, **more: Any) -> str:
    with pytest.raises(NotShown) as refused:
        order(do, kind, content, **more)
    return refused.value.problem.code


# ---- the worker --------------------------------------------------------------------------------------------------------


def test_pages_of_a_pdf_are_counted_drawn_and_read() -> None:
    content = pages("火灾证明第一页", "second page", "第三页")
    assert order("look", PDF, content).told["pages"] == 3
    made = order("page", PDF, content, page=1, width_px=600)
    assert made.told["width_px"] == 600
    assert image_of(made.body).min() < 100  # letters are on it
    told = order("text", PDF, content, characters_max=10_000).told
    assert "火灾证明第一页" in told["text"]
    assert "第三页" in told["text"]
    assert told["whole"]
    assert not order("text", PDF, content, characters_max=9).told["whole"]
    assert cannot("page", PDF, content, page=3, width_px=600) == "document_no_such_page"


def test_a_photo_is_upright_and_never_enlarged() -> None:
    noise = Image.fromarray(np.full((40, 60, 3), 200, np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    out = io.BytesIO()
    noise.save(out, "JPEG", exif=exif)
    made = order("page", "image/jpeg", out.getvalue(), page=0, width_px=900)
    assert (made.told["width_px"], made.told["height_px"]) == (40, 60)


def test_a_tiff_has_its_pages_and_sixteen_bits_are_no_black_square() -> None:
    out = io.BytesIO()
    one = Image.fromarray(np.full((20, 30), 60_000, np.uint16))
    Image.new("L", (30, 20), 255).save(out, "TIFF", save_all=True, append_images=[one])
    assert order("look", "image/tiff", out.getvalue()).told["pages"] == 2
    assert image_of(order("page", "image/tiff", out.getvalue(), page=1, width_px=90).body).mean() > 200


def test_an_svg_is_a_picture_without_its_script_and_without_files_of_the_machine() -> None:
    made = order("page", "image/svg+xml", SVG_WITH_SCRIPT, page=0, width_px=400)
    assert made.told["form"] == "image/png"
    assert tuple(image_of(made.body)[10, 10]) == (255, 0, 0)  # the red square is drawn
    bomb = b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>'
    assert cannot("page", "image/svg+xml", bomb, page=0, width_px=400) == "document_has_entities"


def test_word_becomes_paragraphs_of_allowed_tags_only() -> None:
    link = "<w:p><w:r><w:t>&lt;script&gt;alert(1)&lt;/script&gt; 兹证明</w:t></w:r></w:p>"
    told = order("look", DOCX, docx("", body=link)).told
    assert told["html"] == "<p>&lt;script&gt;alert(1)&lt;/script&gt; 兹证明</p>"
    assert "兹证明" in order("text", DOCX, docx("兹证明"), characters_max=100).told["text"]
    entities = b'<!DOCTYPE a [<!ENTITY x "yyyyyyyyyy">]><w:document>&x;</w:document>'
    assert cannot("look", DOCX, zipped({"word/document.xml": entities})) == "document_broken"


def test_excel_becomes_tables_and_says_where_it_was_cut() -> None:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    (sheet,) = order("look", kind, xlsx([["姓名", 1.5, True], ["=1+1", None, "x"]])).told["sheets"]
    assert sheet["rows"] == [["姓名", "1.5", "TRUE"], ["", "", "x"]]
    assert not sheet["cut"]
    assert order("look", kind, xlsx([["a"]] * 501)).told["sheets"][0]["cut"]


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A worker with 400 MB, and a page whose drawing alone has 150 MB."""
    monkeypatch.setattr(running, "MEMORY_BYTES", 400 * 1024 * 1024)
    return pdf_bomb(150)


def test_bombs_end_the_worker_and_nothing_else(little_memory: bytes) -> None:
    assert len(little_memory) < 400_000
    assert cannot("page", PDF, little_memory, page=0, width_px=900) == "document_too_much"
    crowd = docx("x", {f"word/media/{n}.png": b"" for n in range(5001)})
    assert cannot("look", DOCX, crowd) == "document_too_much"
    assert order("look", PDF, pages("一")).told["pages"] == 1  # the limit itself is not what ends it


def test_bombs_that_are_sound_pdfs(little_memory: bytes) -> None:
    """Nothing in these files breaks the format: only the limits, and what is never unpacked, stand against them."""
    assert order("page", PDF, pdf_of_packed_objects(1000), page=0, width_px=90).told["width_px"] == 90
    assert cannot("look", PDF, pdf_of_packed_objects(500_000_000)) == "document_too_much"
    assert (
        cannot("page", PDF, pdf_of_nested_drawings(9), page=0, width_px=90, cpu_seconds=2)
        == "document_too_much"
    )
    many = order("look", PDF, pdf_of_pages(100_000)).told
    assert (many["pages"], many["all_pages"]) == (2000, 100_000)
    side = 31_623  # 10^9 grey pixels
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8" % (
        side,
        side,
    )
    black = stream(entries, b"\0" * side * 2)
    page = one_page(
        b"0 0 595 842", black, drawing=b"q 595 0 0 842 0 0 cm /I Do Q", things=b"/XObject<</I 5 0 R>>"
    )
    assert order("page", PDF, page, page=0, width_px=90).told["width_px"] == 90
    for box, size in ((b"0 0 1000000000 1000000000", (90, 90)), (b"0 0 1 1000000", (1, 16_000))):
        told = order("page", PDF, one_page(box), page=0, width_px=90).told
        assert (told["width_px"], told["height_px"]) == size


def test_damaged_files_are_told_from_what_cannot_be_shown() -> None:
    assert cannot("look", PDF, b"%PDF-1.7 nothing %%EOF") == "document_broken"
    assert cannot("look", "image/heic", heic()) == "document_not_of_this_kind"
    assert cannot("page", "image/png", picture("PNG")[:300], page=0, width_px=90) == "document_broken"


def test_the_worker_reaches_no_network_and_writes_no_file(tmp_path: Any) -> None:
    """Its own limits, tried from inside: what a faulty library could be made to do."""
    import subprocess
    import sys

    tried = (
        "import sys, os, runpy, socket\n"
        f"w = runpy.run_path({worker.__file__!r})\n"
        "w['shut_in']({'cpu_seconds': 5, 'memory_bytes': 2**30})\n"
        "found = []\n"
        "for act in (lambda: socket.socket(), lambda: open(sys.argv[1], 'w'), lambda: os.system('true'),\n"
        "            lambda: os.posix_spawn('/bin/true', ['true'], {})):\n"
        "    try: act(); found.append('done')\n"
        "    except BaseException as e: found.append(type(e).__name__)\n"
        "print(*found)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", tried, str(tmp_path / "made")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["Cannot"] * 4, done.stderr
    assert not (tmp_path / "made").exists()


def page_with(picture: bytes) -> bytes:
    drawing = b"q 400 0 0 400 100 200 cm /I Do Q"
    return one_page(b"0 0 600 800", picture, drawing=drawing, things=b"/XObject<</I 5 0 R>>")


def picture_saying(width: int, height: int, coded: bytes = b"/FlateDecode", content: bytes = b"") -> bytes:
    packed = content or zlib.compress(bytes(1000))
    return (
        b"<</Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter%b/Length %d>>\n"
        b"stream\n%b\nendstream" % (width, height, coded, len(packed), packed)
    )


@pytest.mark.parametrize(
    ("width", "height", "coded", "content", "why"),
    [
        (46_341, 46_341, b"/FlateDecode", b"", "size"),
        (140_000, 10, b"/FlateDecode", b"", "size"),
        (0, 10, b"/FlateDecode", b"", "size"),
        (900, 900, b"/DCTDecode", b"not a photo" * 9, "damaged"),
        (9000, 900, b"/JPXDecode", b"not a photo" * 9, "damaged"),
        (900, 900, b"/FlateDecode", b"", None),
    ],
)
def test_a_picture_that_is_left_out_of_a_page_is_told_with_its_size(
    width, height, coded, content, why
) -> None:
    made = order("page", PDF, page_with(picture_saying(width, height, coded, content)), page=0, width_px=300)
    said = [(one["width_px"], one["height_px"], one["why"]) for one in made.told["left_out"]]
    assert said == ([(width, height, why)] if why else [])
    assert (image_of(made.body).min() > 200) == bool(why)  # told exactly where nothing was drawn


# ---- the pages -----------------------------------------------------------------------------------------------------------


def test_the_reader_turns_pages_and_zooms_by_links(people: Any, new_case: Any, client_for: Any) -> None:
    document = add(people.teller, new_case(), "证明.pdf", pages("一", "二"))
    teller = client_for(people.teller)
    first = shown(teller, document, "")
    assert "正在准备显示" in first
    page = shown(teller, document)
    assert "第 1 页，共 2 页" in page
    assert f"/desk/documents/{document.id}/pages/1/?zoom=1" in page
    assert 'data-key="]"' in page
    assert 'data-key="["' not in page
    last = shown(teller, document, "?page=9&zoom=4")
    assert "第 2 页，共 2 页" in last
    assert 'data-key="z"' not in last
    answer = teller.get(f"/desk/documents/{document.id}/pages/2/?zoom=2")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/png", "private, no-store")
    assert image_of(answer.content).shape[1] == 1350
    assert "二" in shown(teller, document, "?as=text")
    assert teller.get(f"/desk/documents/{document.id}/pages/3/").status_code == 422


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("信.docx", docx("兹证明何采薇"), "兹证明何采薇"),
        ("表.xlsx", xlsx([["<b>姓名</b>", 3]]), "&lt;b&gt;姓名&lt;/b&gt;"),
        ("旧.txt", "火灾证明，共两份".encode("gbk"), "火灾证明，共两份"),
        ("网页.txt", b"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ],
)
def test_office_files_and_texts(
    people: Any, new_case: Any, client_for: Any, name: str, content: bytes, words: str
) -> None:
    document = add(people.teller, new_case(), name, content)
    page = shown(client_for(people.teller), document)
    assert words in page
    assert "<script>alert" not in page


def test_an_svg_leaves_the_house_as_a_download_only(people: Any, new_case: Any, client_for: Any) -> None:
    document = add(people.teller, new_case(), "图.svg", SVG_WITH_SCRIPT)
    answer = client_for(people.teller).get(f"/desk/documents/{document.id}/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert "<svg" not in shown(client_for(people.teller), document).split("<main")[1]


def test_a_bomb_is_said_in_words_with_the_way_out_and_costs_once(
    people: Any, new_case: Any, client_for: Any, little_memory: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = add(people.teller, new_case(), "炸弹.pdf", little_memory)
    page = shown(client_for(people.teller), document)
    assert "占用过多时间或内存" in page
    assert f"/desk/documents/{document.id}/?download" in page
    monkeypatch.setattr(running.subprocess, "run", lambda *a, **k: pytest.fail("opened a second time"))
    assert "占用过多时间或内存" in shown(client_for(people.teller), document)


def test_strangers_see_neither_page_nor_picture_nor_text(people: Any, new_case: Any, client_for: Any) -> None:
    document = add(people.teller, new_case(), "证明.pdf", pages("一"))
    for address in ("look/?wait=1", "look/?as=text", "pages/1/", ""):
        assert client_for(people.stranger).get(f"/desk/documents/{document.id}/{address}").status_code == 404
        assert client_for(people.auditor).get(f"/desk/documents/{document.id}/{address}").status_code == 200


# ---- what is kept --------------------------------------------------------------------------------------------------------


def test_what_was_made_lies_encrypted_and_can_be_thrown_away(people: Any, new_case: Any) -> None:
    document = add(people.teller, new_case(), "证明.txt", "火灾证明第一页".encode())
    assert text_of_document(document) == "火灾证明第一页"
    files = [p for p in kept.folder().rglob("*") if p.is_file()]
    assert files
    assert all("火灾证明".encode() not in p.read_bytes() for p in files)
    for path in files:
        path.write_bytes(path.read_bytes()[:-3])  # half a file is as good as none
    assert text_of_document(document) == "火灾证明第一页"
    for path in kept.folder().rglob("*"):
        if path.is_file():
            os.utime(path, (1, 1))
    assert kept.throw_away_old() == len(files)
    assert text_of_document(document) == "火灾证明第一页"


def test_unreadable_says_why_and_a_lost_blob_is_no_empty_text(people: Any, new_case: Any) -> None:
    broken = add(people.teller, new_case(), "坏.pdf", b"%PDF-1.7\nnothing in it\nstartxref\n0\n%%EOF")
    told = text_of_document(broken)
    assert isinstance(told, Unreadable)
    assert (told.problem.code, told.lasting) == ("document_broken", True)
    lost = add(people.teller, new_case(), "丢.txt", b"lost words")
    for path in settings.BLOB_DIR.rglob(lost.sha256):
        path.unlink()
    told = text_of_document(lost)
    assert isinstance(told, Unreadable)
    assert not told.lasting


def test_the_page_says_that_a_picture_was_left_out(people: Any, new_case: Any, client_for: Any) -> None:
    document = add(people.teller, new_case(), "账单.pdf", page_with(picture_saying(46_341, 46_341)))
    text = shown(client_for(people.teller), document)
    assert "本页有一张图片没有显示" in text
    assert "46341" in text.replace(",", "")
