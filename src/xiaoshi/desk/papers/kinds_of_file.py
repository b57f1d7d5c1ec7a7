"""What a handed-in file is, told by its content alone; what the browser calls it counts for nothing.

Accepted: JPEG, PNG, WebP and TIFF pictures, PDF, plain text. Each is looked at from its first byte to its end mark without
decoding the picture: is it all there, how many pixels does it have. A picture of 200 million pixels would be 600 MB in
memory, so it is refused by its header. Examples: `IMG_1.jpg` that starts with `PK` is a ZIP and refused; a JPEG that
ends before its end mark was cut off on the way and is refused with "take it again".

Recognised and refused with a way out: HEIC (what phones save by default; there is no decoder here yet), Office files,
archives, GIF, BMP, PDF with a password. Left out: virus scanning; nothing handed in is ever run, and what is shown goes
out with `nosniff` and a sandbox.
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from xiaoshi.core.problems import Problem, Words

PIXELS_MAX = 120_000_000
NAME_CHARACTERS_MAX = 120
ACCEPTED = Words(
    "JPEG、PNG、WebP、TIFF 图片，PDF，纯文本", "JPEG, PNG, WebP or TIFF pictures, PDF, plain text"
)


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
TEXT = KindOfFile("text/plain; charset=utf-8", ".txt", False, Words("纯文本", "plain text"))
KINDS_OF_FILE = {kind.content_type: kind for kind in (JPEG, PNG, WEBP, TIFF, PDF, TEXT)}


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file is. `width_px`, `height_px`: of pictures, as stored; 0 otherwise."""

    kind: KindOfFile
    width_px: int = 0
    height_px: int = 0


def recognise(content: bytes, *, bytes_max: int, where: str = "file") -> Recognised | Problem:
    """What the bytes are, or why they cannot be taken (two languages, with what to do)."""
    if not content:
        return _no("file_empty", "文件是空的，请重新选择。", "The file is empty. Choose it again.", where)
    if len(content) > bytes_max:
        return too_large(len(content), bytes_max, where)
    for matches, look in _LOOKERS:
        if matches(content):
            found = look(content)
            if isinstance(found, Refusal):
                return Problem(found.code, found.words, where)
            if found.width_px * found.height_px > PIXELS_MAX:
                return _too_many_pixels(found, where)
            return found
    return _not_accepted(content, where)


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


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a recognised kind is not taken."""

    code: str
    words: Words


def _no(code: str, zh: str, en: str, where: str) -> Problem:
    return Problem(code, Words(zh, en), where)


def _cut_off(kind: KindOfFile) -> Refusal:
    return Refusal(
        "file_cut_off",
        Words(
            f"这份{kind.words.zh}不完整（传输中断或存储损坏），没有保存。请重新选择原文件，或重新拍摄。",
            f"This {kind.words.en} is not complete (cut off on the way, or damaged) and was not kept. Choose the original"
            " again, or take it again.",
        ),
    )


def _too_many_pixels(found: Recognised, where: str) -> Problem:
    millions = found.width_px * found.height_px / 1e6
    return _no(
        "picture_too_many_pixels",
        f"图片有 {millions:.0f} 百万像素，超过上限 {PIXELS_MAX // 10**6} 百万。请调低分辨率后重拍。",
        f"The picture has {millions:.0f} million pixels; the limit is {PIXELS_MAX // 10**6} million. Take it again at a"
        " lower resolution.",
        where,
    )


# ---- one look per kind ----------------------------------------------------------------------------------------------


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


def _text(content: bytes) -> Recognised | Refusal:
    return Recognised(TEXT)


def _refused(code: str, zh: str, en: str) -> Callable[[bytes], Recognised | Refusal]:
    return lambda content: Refusal(code, Words(zh, en))


_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"}
_heic = _refused(
    "file_is_heic",
    "这是 HEIC/AVIF 照片，本系统暂时打不开。请在手机“设置－相机－格式”中选“兼容性最佳”后重拍，或先转成 JPEG 再上传。",
    "This is a HEIC or AVIF photo, which cannot be opened here yet. Set the phone's camera to “most compatible” and take"
    " it again, or save it as JPEG first.",
)
_office = _refused(
    "file_is_archive",
    f"这是压缩包或 Office 文件，不能作为材料。请另存为 PDF 后上传。可接受：{ACCEPTED.zh}。",
    f"This is an archive or an Office file. Save it as PDF and hand that in. Accepted: {ACCEPTED.en}.",
)


def _is_text(content: bytes) -> bool:
    """UTF-8 without control characters; text in another encoding is refused rather than shown wrong."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(c in "\t\r\n\f\ufeff" or unicodedata.category(c) != "Cc" for c in text)


_LOOKERS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], Recognised | Refusal]], ...] = (
    (lambda c: c[:3] == b"\xff\xd8\xff", _jpeg),
    (lambda c: c[:8] == b"\x89PNG\r\n\x1a\n", _png),
    (lambda c: c[:4] == b"RIFF" and c[8:12] == b"WEBP", _webp),
    (lambda c: c[:4] in (b"II*\0", b"MM\0*"), _tiff),
    (lambda c: b"%PDF-" in c[:1024], _pdf),
    (lambda c: c[4:8] == b"ftyp" and c[8:12] in _HEIC_BRANDS, _heic),
    (lambda c: c[:4] in (b"PK\3\4", b"PK\5\6", b"Rar!", b"7z\xbc\xaf", b"\xd0\xcf\x11\xe0"), _office),
    (_is_text, _text),
)


def _not_accepted(content: bytes, where: str) -> Problem:
    return _no(
        "file_kind_not_accepted",
        f"不能识别这个文件，或这种文件不能作为材料。可接受：{ACCEPTED.zh}。照片请直接用相机拍摄后上传。",
        f"This file is not recognised, or not of a kind that is taken. Accepted: {ACCEPTED.en}.",
        where,
    )
