"""One look for each kind of file: from its first byte to its end mark, without decoding it. Used by `kinds_of_file.py`."""

from __future__ import annotations

import re
import struct
import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from xiaoshi.core.problems import Words
from xiaoshi.desk.papers.file_kinds import (
    DOCX,
    JPEG,
    PDF,
    PNG,
    SVG,
    TEXT,
    TEXT_16,
    TEXT_GB,
    TIFF,
    WEBP,
    XLSX,
    KindOfFile,
)
from xiaoshi.desk.papers.office_files import look_into


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file is. `width_px`, `height_px`: of pictures, as stored; 0 otherwise."""

    kind: KindOfFile
    width_px: int = 0
    height_px: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a recognised kind is not taken."""

    code: str
    words: Words


def _cut_off(kind: KindOfFile) -> Refusal:
    return Refusal(
        "file_cut_off",
        Words(
            f"这份{kind.words.zh}不完整（传输中断或存储损坏），没有保存。请重新选择原文件，或重新拍摄。",
            f"This {kind.words.en} is not complete (cut off on the way, or damaged) and was not kept. Choose the original"
            " again, or take it again.",
        ),
    )


def _jpeg(content: bytes) -> Recognised | Refusal:
    """Walk the segments to the frame header (size) and to the scan; after the scan the end mark must come."""
    width = height = 0
    at = 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            return _cut_off(JPEG)
        marker = content[at + 1]
        if marker == 0xFF:  # a fill byte before a marker
            at += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and at + 9 <= len(content):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
        if marker == 0xDA:
            # Some phones write a second picture behind the end mark, so it need not be the last two bytes.
            whole = content.find(b"\xff\xd9", at + length) >= 0 and width > 0 and height > 0
            return Recognised(JPEG, width, height) if whole else _cut_off(JPEG)
        at += 2 + length
    return _cut_off(JPEG)


def _png(content: bytes) -> Recognised | Refusal:
    """Every chunk with its checksum, up to IEND."""
    at, width, height, data = 8, 0, 0, False
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4])
        name = content[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(content):
            break
        if zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            break
        if name == b"IHDR" and length == 13:
            width, height = struct.unpack(">II", content[at + 8 : at + 16])
        data = data or name == b"IDAT"
        if name == b"IEND":
            return Recognised(PNG, width, height) if data and width and height else _cut_off(PNG)
        at = end
    return _cut_off(PNG)


def _webp(content: bytes) -> Recognised | Refusal:
    if len(content) < 30 or 8 + int.from_bytes(content[4:8], "little") > len(content):
        return _cut_off(WEBP)
    form = content[12:16]
    if form == b"VP8X":
        return Recognised(
            WEBP,
            1 + int.from_bytes(content[24:27], "little"),
            1 + int.from_bytes(content[27:30], "little"),
        )
    if form == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return Recognised(WEBP, 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    width, height = struct.unpack("<HH", content[26:30])
    return Recognised(WEBP, width & 0x3FFF, height & 0x3FFF)


def _tiff(content: bytes) -> Recognised | Refusal:
    """The first directory: size, and whether all strips or tiles lie inside the file."""
    order = "<" if content[:2] == b"II" else ">"
    try:
        (at,) = struct.unpack_from(order + "I", content, 4)
        (count,) = struct.unpack_from(order + "H", content, at)
        tags = {
            tag: _tiff_values(content, order, kind, number, at + 2 + 12 * i + 8)
            for i in range(count)
            for tag, kind, number in [struct.unpack_from(order + "HHI", content, at + 2 + 12 * i)]
            if tag in (256, 257, 273, 279, 324, 325)
        }
    except struct.error:
        return _cut_off(TIFF)
    starts, lengths = tags.get(273) or tags.get(324) or (), tags.get(279) or tags.get(325) or ()
    whole = bool(starts) and all(s + n <= len(content) for s, n in zip(starts, lengths, strict=False))
    width, height = (tags.get(256) or (0,))[0], (tags.get(257) or (0,))[0]
    return Recognised(TIFF, width, height) if whole and width and height else _cut_off(TIFF)


def _tiff_values(content: bytes, order: str, kind: int, number: int, place: int) -> tuple[int, ...]:
    """The values of a SHORT or LONG entry, in place (up to 4 bytes) or where it points to."""
    letter, size = ("H", 2) if kind == 3 else ("I", 4)
    if number * size > len(content):
        raise struct.error("more values than the file has bytes")
    if number * size > 4:
        (place,) = struct.unpack_from(order + "I", content, place)
    return struct.unpack_from(f"{order}{number}{letter}", content, place)


def _pdf(content: bytes) -> Recognised | Refusal:
    tail = content[-2048:]
    if b"%%EOF" not in tail or b"startxref" not in tail:
        return _cut_off(PDF)
    if b"/Encrypt" in content:
        return Refusal(
            "pdf_has_password",
            Words(
                "这份 PDF 设有密码或权限保护，柜台打不开。请客户另存为无密码的 PDF，或打印后拍照上传。",
                "This PDF is protected by a password. Ask for a copy without one, or photograph the printed pages.",
            ),
        )
    return Recognised(PDF)


def _refused(code: str, zh: str, en: str) -> Callable[[bytes], Recognised | Refusal]:
    return lambda content: Refusal(code, Words(zh, en))


_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"}
_heic = _refused(
    "file_is_heic",
    "这是 HEIC/AVIF 照片，本系统暂时打不开。请在手机“设置－相机－格式”中选“兼容性最佳”后重拍，或先转成 JPEG 再上传。",
    "This is a HEIC or AVIF photo, which cannot be opened here yet. Set the phone's camera to “most compatible” and take"
    " it again, or save it as JPEG first.",
)
_program = _refused(
    "file_is_program",
    "这是一个程序，不是材料（文件名的后缀可以随便改）。没有保存。请勿在任何电脑上打开它，并告知客户。",
    "This is a program, not a document (the ending of a name proves nothing). It was not kept. Do not open it anywhere, and"
    " tell the client.",
)
_old_office = _refused(
    "file_is_old_office",
    "这是旧版或加密的 Office 文件（.doc、.xls），不能作为材料。请去掉密码，另存为 .docx、.xlsx 或 PDF 后上传。",
    "This is an Office file of the old kind (.doc, .xls), or one with a password. Save it without password as .docx, .xlsx or"
    " PDF.",
)
_archive = _refused(
    "file_is_archive",
    "这是压缩包，不能作为材料。请解压后把里面的文件逐份上传。",
    "This is an archive. Unpack it and hand in the files one by one.",
)


def _zip(content: bytes) -> Recognised | Refusal:
    found = look_into(content)
    if isinstance(found, str):
        return Recognised(DOCX if found == "docx" else XLSX)
    return Refusal(*found)


_SVG_START = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*(?:<!DOCTYPE\s+svg[^>]*>\s*)?<(?:\w+:)?svg[\s>]",
    re.DOTALL,
)


def _svg(content: bytes) -> Recognised | Refusal:
    return Recognised(SVG) if content.rstrip().endswith(b"svg>") else _cut_off(SVG)


def _printable(text: str) -> bool:
    return all(c in "\t\r\n\f\ufeff" or unicodedata.category(c) not in ("Cc", "Cn", "Co") for c in text)


def _is_text(content: bytes) -> bool:
    """UTF-8 without control characters."""
    try:
        return _printable(content.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _is_text_16(content: bytes) -> bool:
    """UTF-16 with its mark, as Windows Notepad writes it."""
    try:
        return content[:2] in (b"\xff\xfe", b"\xfe\xff") and _printable(content.decode("utf-16"))
    except UnicodeDecodeError:
        return False


def _is_text_gb(content: bytes) -> bool:
    """GB18030, as older Chinese programs write it. Almost any bytes decode as that, so nearly all of it must be common
    Chinese characters, full-width marks or ASCII; what is not is refused rather than shown wrong."""
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        return False
    foreign = [c for c in text if ord(c) > 126]
    common = sum(1 for c in foreign if _common(c))
    return _printable(text) and bool(foreign) and common >= 0.97 * len(foreign)


def _common(character: str) -> bool:
    """A character or mark of GB 2312's first level and punctuation: one that old texts are made of."""
    try:
        high = character.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xB0 <= high <= 0xD7 or 0xA1 <= high <= 0xA3


LOOKERS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], Recognised | Refusal]], ...] = (
    (lambda c: c[:3] == b"\xff\xd8\xff", _jpeg),
    (lambda c: c[:8] == b"\x89PNG\r\n\x1a\n", _png),
    (lambda c: c[:4] == b"RIFF" and c[8:12] == b"WEBP", _webp),
    (lambda c: c[:4] in (b"II*\0", b"MM\0*"), _tiff),
    # Before PDF: a program may carry the mark of a PDF somewhere in its first thousand bytes.
    (lambda c: c[:2] == b"MZ" or c[:4] in (b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe"), _program),
    (lambda c: b"%PDF-" in c[:1024], _pdf),
    (lambda c: c[4:8] == b"ftyp" and c[8:12] in _HEIC_BRANDS, _heic),
    (lambda c: c[:4] in (b"PK\3\4", b"PK\5\6"), _zip),
    (lambda c: c[:4] == b"\xd0\xcf\x11\xe0", _old_office),
    (lambda c: c[:4] in (b"Rar!", b"7z\xbc\xaf") or c[:2] == b"\x1f\x8b", _archive),
    (lambda c: bool(_SVG_START.match(c[:4096])), _svg),
    (_is_text, lambda c: Recognised(TEXT)),
    (_is_text_16, lambda c: Recognised(TEXT_16)),
    (_is_text_gb, lambda c: Recognised(TEXT_GB)),
)
"""The first that matches decides."""
