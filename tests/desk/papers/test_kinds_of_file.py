"""What is taken and what is refused, by content. Parameters of the pictures: 60 x 40 pixels of seeded noise."""

from __future__ import annotations

import pytest
from files_for_tests import SVG_WITH_SCRIPT, docx, heic, pdf, picture, png_header_only, xlsx, zipped

from xiaoshi.core.problems import Problem
from xiaoshi.desk.papers.kinds_of_file import (
    DOCX,
    JPEG,
    PDF,
    PHOTOS,
    PNG,
    SVG,
    TEXT,
    TEXT_16,
    TEXT_GB,
    TIFF,
    WEBP,
    XLSX,
    Recognised,
    clean_name,
    recognise,
)

MB = 1024 * 1024


def look(content: bytes, bytes_max: int = 40 * MB) -> Recognised | Problem:
    return recognise(content, bytes_max=bytes_max)


TAKEN = [
    ("JPEG", picture("JPEG"), Recognised(JPEG, 60, 40)),
    ("JPEG with bytes behind the end", picture("JPEG") + b"phone trailer" * 9, Recognised(JPEG, 60, 40)),
    ("PNG", picture("PNG"), Recognised(PNG, 60, 40)),
    ("lossy WebP", picture("WEBP"), Recognised(WEBP, 60, 40)),
    ("TIFF", picture("TIFF"), Recognised(TIFF, 60, 40)),
    ("PDF", pdf(), Recognised(PDF)),
    ("text", "火灾证明,2 份\n".encode(), Recognised(TEXT)),
    ("text with a mark", b"\xef\xbb\xbfabc\r\n", Recognised(TEXT)),
    # A page of HTML is only text here: it is handed out as a download and never shown.
    ("text in GBK", "火灾证明，共两份".encode("gbk"), Recognised(TEXT_GB)),
    ("text in UTF-16", "火灾证明".encode("utf-16"), Recognised(TEXT_16)),
    ("SVG", SVG_WITH_SCRIPT, Recognised(SVG)),
    (
        "SVG behind a head",
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- made -->\n" + SVG_WITH_SCRIPT,
        Recognised(SVG),
    ),
    ("Word", docx("兹证明"), Recognised(DOCX)),
    ("Excel", xlsx([["姓名", 1]]), Recognised(XLSX)),
    ("HTML", b"<script>alert(1)</script>", Recognised(TEXT)),
    ("120 MP PNG", png_header_only(12000, 10000), Recognised(PNG, 12000, 10000)),
]


@pytest.mark.parametrize(("content", "expected"), [t[1:] for t in TAKEN], ids=[t[0] for t in TAKEN])
def test_taken(content: bytes, expected: Recognised) -> None:
    assert look(content) == expected


REFUSED = [
    ("empty", b"", "file_empty"),
    ("one byte", b"\xff", "file_kind_not_accepted"),
    ("JPEG start only", b"\xff\xd8\xff", "file_cut_off"),
    ("JPEG half", picture("JPEG")[: len(picture("JPEG")) // 2], "file_cut_off"),
    ("JPEG without its last byte", picture("JPEG")[:-1], "file_cut_off"),
    ("PNG half", picture("PNG")[: len(picture("PNG")) // 2], "file_cut_off"),
    ("PNG without end", picture("PNG")[:-12], "file_cut_off"),
    ("PNG with a changed byte", picture("PNG")[:200] + b"!" + picture("PNG")[201:], "file_cut_off"),
    ("WebP half", picture("WEBP")[:300], "file_cut_off"),
    ("TIFF half", picture("TIFF")[:900], "file_cut_off"),
    ("PDF half", pdf()[: len(pdf()) // 2], "file_cut_off"),
    ("PDF with password", pdf().replace(b"/Type", b"/Encrypt 9 0 R /Type", 1), "pdf_has_password"),
    ("HEIC", heic(), "file_is_heic"),
    ("ZIP", zipped({"a.jpg": b"x"}), "file_is_archive"),
    ("ZIP that breaks off", b"PK\3\4" + b"\0" * 50, "file_cut_off"),
    ("old Word", b"\xd0\xcf\x11\xe0" + b"\0" * 50, "file_is_old_office"),
    ("Word with macros", docx("x", {"word/vbaProject.bin": b"x"}), "file_has_program"),
    ("Word with a program in it", docx("x", {"word/embeddings/a.EXE": b"MZ"}), "file_has_program"),
    ("Word that unpacks to 60 MB of one letter", docx("A" * 60_000_000), "file_unpacks_too_large"),
    ("Word that is a program", b"MZ\x90\0" + docx("x"), "file_is_program"),
    ("program that says it is a PDF", b"MZ" + b"\0" * 60 + b"%PDF-1.7", "file_is_program"),
    ("GIF", picture("GIF"), "file_kind_not_accepted"),
    ("BMP", picture("BMP"), "file_kind_not_accepted"),
    ("program", b"\x7fELF" + b"\0" * 60, "file_is_program"),
    ("bytes that GB18030 would take", bytes(range(0x81, 0xFE)) * 8, "file_kind_not_accepted"),
    ("200 MP PNG", png_header_only(20000, 10000), "picture_too_many_pixels"),
    ("one line above 120 MP", png_header_only(12000, 10001), "picture_too_many_pixels"),
]


@pytest.mark.parametrize(("content", "code"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_refused(content: bytes, code: str) -> None:
    found = look(content)
    assert isinstance(found, Problem)
    assert found.code == code
    assert found.where == "file"
    assert found.words.zh
    assert found.words.en


def test_every_length_of_a_cut_off_file_is_noticed() -> None:
    """No prefix of a JPEG, PNG, WebP or PDF passes for the whole."""
    for whole in (picture("JPEG", 24, 16), picture("PNG", 24, 16), picture("WEBP", 24, 16), pdf()):
        passed = [n for n in range(5, len(whole) - 2) if isinstance(look(whole[:n]), Recognised)]
        # From 5 bytes on: "%PDF" alone is a line of text. The last two bytes may be padding.
        assert passed == []


def test_size_limit_counts_both_sides() -> None:
    assert isinstance(look(b"a" * 100, bytes_max=100), Recognised)
    over = look(b"a" * 101, bytes_max=100)
    assert isinstance(over, Problem)
    assert over.code == "file_too_large"


@pytest.mark.parametrize(
    ("given", "kind", "clean"),
    [
        ("票.jpg", JPEG, "票.jpg"),
        ("../../etc/passwd", PNG, "passwd.png"),
        ("C:\\Users\\li\\证明.PDF", PDF, "证明.pdf"),
        ("gpj.\u202eexe", JPEG, "gpj.jpg"),
        ("a\x00b\r\nSet-Cookie: x.png", PNG, "abSet-Cookie x.png"),
        ("", TEXT, "file.txt"),
        ("...", TEXT, "file.txt"),
        ("    ", JPEG, "file.jpg"),
        ('"quoted" <b>.png', PNG, "quoted b.png"),
        ("长" * 500 + ".png", PNG, "长" * 116 + ".png"),
        (".bashrc", TEXT, "file.txt"),
        ("invoice.pdf.exe", PDF, "invoice.pdf.pdf"),
    ],
)
def test_hostile_names(given: str, kind, clean: str) -> None:  # type: ignore[no-untyped-def]
    assert clean_name(given, kind) == clean


def test_a_place_names_only_what_it_takes() -> None:
    told = recognise(pdf(), bytes_max=40 * MB, taken=PHOTOS)
    assert isinstance(told, Problem)
    assert told.code == "file_kind_not_taken_here"
    assert "这是PDF 文件，这里只收：JPEG 图片、PNG 图片、WebP 图片、TIFF 图片。" in told.words.zh
    unknown = recognise(b"\0\1\2", bytes_max=40 * MB, taken=PHOTOS)
    assert isinstance(unknown, Problem)
    assert "PDF" not in unknown.words.zh + unknown.words.en
