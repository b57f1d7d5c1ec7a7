"""The kinds of file that a desk takes, and the shorter lists of places that take fewer."""

from __future__ import annotations

from dataclasses import dataclass

from xiaoshi.core.problems import Words


@dataclass(frozen=True, slots=True)
class KindOfFile:
    """A type of file. `shown`: may be shown in the browser itself, otherwise it is only handed out as a download."""

    content_type: str
    ending: str
    shown: bool
    words: Words


JPEG = KindOfFile("image/jpeg", ".jpg", True, Words("JPEG 图片", "JPEG picture"))
PNG = KindOfFile("image/png", ".png", True, Words("PNG 图片", "PNG picture"))
WEBP = KindOfFile("image/webp", ".webp", True, Words("WebP 图片", "WebP picture"))
TIFF = KindOfFile("image/tiff", ".tif", False, Words("TIFF 图片", "TIFF picture"))
PDF = KindOfFile("application/pdf", ".pdf", True, Words("PDF 文件", "PDF file"))
SVG = KindOfFile("image/svg+xml", ".svg", False, Words("SVG 图", "SVG drawing"))
DOCX = KindOfFile(
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".docx",
    False,
    Words("Word 文档（.docx）", "Word document (.docx)"),
)
XLSX = KindOfFile(
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xlsx",
    False,
    Words("Excel 表格（.xlsx）", "Excel workbook (.xlsx)"),
)
TEXT = KindOfFile("text/plain; charset=utf-8", ".txt", False, Words("纯文本", "plain text"))
TEXT_GB = KindOfFile(
    "text/plain; charset=gb18030", ".txt", False, Words("纯文本（GB18030）", "plain text (GB18030)")
)
TEXT_16 = KindOfFile(
    "text/plain; charset=utf-16", ".txt", False, Words("纯文本（UTF-16）", "plain text (UTF-16)")
)
EVERY_KIND = (JPEG, PNG, WEBP, TIFF, SVG, PDF, DOCX, XLSX, TEXT, TEXT_GB, TEXT_16)
KINDS_OF_FILE = {kind.content_type: kind for kind in EVERY_KIND}
PHOTOS = (JPEG, PNG, WEBP, TIFF)
SCANS = (PDF, TIFF, JPEG, PNG)


def kinds_said(taken: tuple[KindOfFile, ...]) -> Words:
    """The kinds that a place takes, for its hint and its refusals; the three ways of plain text are one."""
    named = [kind.words for kind in taken if kind not in (TEXT_GB, TEXT_16)]
    return Words("、".join(w.zh for w in named), ", ".join(w.en for w in named))


ACCEPTED = kinds_said(EVERY_KIND)
