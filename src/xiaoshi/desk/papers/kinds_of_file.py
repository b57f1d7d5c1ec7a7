"""What a handed-in file is, told by its content alone; what the browser calls it counts for nothing.

Accepted: JPEG, PNG, WebP, TIFF and SVG pictures, PDF, Word (.docx), Excel (.xlsx), plain text. Each is looked at from its
first byte to its end mark without decoding the picture: is it all there, how many pixels does it have. A picture of 200
million pixels would be 600 MB in memory, so it is refused by its header. Examples: `IMG_1.jpg` that starts with `PK` and
is a ZIP of holiday photos is refused; `letter.docx` that starts with `MZ` is a program and refused; a JPEG that ends
before its end mark was cut off on the way and is refused with "take it again". A place that takes fewer kinds says so by
`taken`, and the words name those only.

Recognised and refused with a way out: HEIC (what phones save by default; there is no decoder here), old Office files,
archives, programs, GIF, BMP, what has a password. Left out: virus scanning; nothing handed in is ever run, and no page
shows a file in its own format (`showing/`).
"""

from __future__ import annotations

import re
import unicodedata

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.papers.file_kinds import (
    ACCEPTED,
    DOCX,
    EVERY_KIND,
    JPEG,
    KINDS_OF_FILE,
    PDF,
    PHOTOS,
    PNG,
    SCANS,
    SVG,
    TEXT,
    TEXT_16,
    TEXT_GB,
    TIFF,
    WEBP,
    XLSX,
    KindOfFile,
    kinds_said,
)
from xiaoshi.desk.papers.telling_files import LOOKERS, Recognised, Refusal

__all__ = [
    "ACCEPTED",
    "DOCX",
    "EVERY_KIND",
    "JPEG",
    "KINDS_OF_FILE",
    "PDF",
    "PHOTOS",
    "PNG",
    "SCANS",
    "SVG",
    "TEXT",
    "TEXT_16",
    "TEXT_GB",
    "TIFF",
    "WEBP",
    "XLSX",
    "KindOfFile",
    "Recognised",
    "clean_name",
    "kinds_said",
    "recognise",
    "too_large",
]

PIXELS_MAX = 120_000_000
NAME_CHARACTERS_MAX = 120


def recognise(
    content: bytes, *, bytes_max: int, where: str = "file", taken: tuple[KindOfFile, ...] = EVERY_KIND
) -> Recognised | Problem:
    """What the bytes are, or why they cannot be taken (two languages, with what to do). `taken`: the kinds of this place."""
    if not content:
        return _no("file_empty", "文件是空的，请重新选择。", "The file is empty. Choose it again.", where)
    if len(content) > bytes_max:
        return too_large(len(content), bytes_max, where)
    for matches, look in LOOKERS:
        if matches(content):
            found = look(content)
            if isinstance(found, Refusal):
                return Problem(found.code, found.words, where)
            if found.kind not in taken:
                return _not_taken_here(found.kind, taken, where)
            if found.width_px * found.height_px > PIXELS_MAX:
                return _too_many_pixels(found, where)
            return found
    return _not_accepted(taken, where)


def too_large(size_bytes: int, bytes_max: int, where: str = "file") -> Problem:
    size, limit = f"{size_bytes / 1048576:.1f}", f"{bytes_max // 1048576}"
    return _no(
        "file_too_large",
        f"文件有 {size} MB，超过上限 {limit} MB。请调低相机分辨率后重拍，或分成几份上传。",
        f"The file has {size} MB; the limit is {limit} MB. Take it again at a lower resolution, or in several parts.",
        where,
    )


def clean_name(name: str, kind: KindOfFile) -> str:
    """A name that can be shown and saved anywhere: no path, no control or direction marks, at most 120 characters.

    The ending follows the content: `../../a\\b/票.exe` that is a PNG becomes `票.png`.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    # Cc, Cf: control and invisible characters (a right-to-left mark can make `gpj.exe` look like `exe.jpg`).
    plain = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*\u2028\u2029')
    stem = re.sub(r"\s+", " ", plain.rsplit(".", 1)[0] if "." in plain else plain).strip(" .")
    return (stem[: NAME_CHARACTERS_MAX - len(kind.ending)].strip() or "file") + kind.ending


def _no(code: str, zh: str, en: str, where: str) -> Problem:
    return Problem(code, Words(zh, en), where)


def _too_many_pixels(found: Recognised, where: str) -> Problem:
    millions = found.width_px * found.height_px / 1e6
    return _no(
        "picture_too_many_pixels",
        f"图片有 {millions:.0f} 百万像素，超过上限 {PIXELS_MAX // 10**6} 百万。请调低分辨率后重拍。",
        f"The picture has {millions:.0f} million pixels; the limit is {PIXELS_MAX // 10**6} million. Take it again at a"
        " lower resolution.",
        where,
    )


def _not_accepted(taken: tuple[KindOfFile, ...], where: str) -> Problem:
    said = kinds_said(taken)
    return _no(
        "file_kind_not_accepted",
        f"不能识别这个文件，或这种文件不能作为材料。可接受：{said.zh}。照片请直接用相机拍摄后上传。",
        f"This file is not recognised, or not of a kind that is taken. Accepted: {said.en}.",
        where,
    )


def _not_taken_here(kind: KindOfFile, taken: tuple[KindOfFile, ...], where: str) -> Problem:
    said = kinds_said(taken)
    photograph = taken == PHOTOS
    return _no(
        "file_kind_not_taken_here",
        f"这是{kind.words.zh}，这里只收：{said.zh}。{'请用相机拍摄后上传。' if photograph else ''}",
        f"This is a file of the kind “{kind.words.en}”. Taken here: {said.en}.{' Photograph it.' if photograph else ''}",
        where,
    )
