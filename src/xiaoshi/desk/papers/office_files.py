"""Looking into a ZIP without unpacking it: is it a Word or Excel file, and is it one that can be taken.

A `.docx` is a ZIP whose first file says what it is. Only its table of contents is read here: 30 bytes that unpack to
4 GB are a line in it. Refused: macros, a password (then it is no ZIP at all), programs packed inside, a ratio or size that no
letter has. Example: 42 KB that would unpack to 4.3 GB: ratio 100,000, refused; an ordinary contract: ratio 4 to 12.
"""

from __future__ import annotations

import io
import zipfile
from typing import Literal

from xiaoshi.core.problems import Words

UNPACKED_BYTES_MAX = 200 * 1024 * 1024
ENTRIES_MAX = 5000
RATIO_MAX = 150
RATIO_FROM_BYTES = 5 * 1024 * 1024
"""Below this a high ratio is only a very empty sheet."""
_PROGRAMS = (".exe", ".dll", ".js", ".vbs", ".bat", ".cmd", ".ps1", ".scr", ".jar", ".msi", ".lnk", ".hta")

Found = Literal["docx", "xlsx"]


def look_into(content: bytes) -> Found | tuple[str, Words]:
    """What the ZIP is, or (code, words) of why it is not taken."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return _NOT_WHOLE
    names = {e.filename for e in entries}
    main: Found | None = (
        "docx" if "word/document.xml" in names else "xlsx" if "xl/workbook.xml" in names else None
    )
    if main is None or "[Content_Types].xml" not in names:
        return _ARCHIVE
    unpacked = sum(e.file_size for e in entries)
    packed = max(1, sum(e.compress_size for e in entries))
    if (
        len(entries) > ENTRIES_MAX
        or unpacked > UNPACKED_BYTES_MAX
        or (unpacked > RATIO_FROM_BYTES and unpacked / packed > RATIO_MAX)
    ):
        return _BOMB
    if any(e.flag_bits & 1 for e in entries):
        return _PASSWORD
    if any(n.lower().endswith(("vbaproject.bin", *_PROGRAMS)) for n in names):
        return _MACROS
    return main


_NOT_WHOLE = (
    "file_cut_off",
    Words(
        "这份文件不完整或已损坏，没有保存。请重新选择原文件上传。",
        "This file is not complete or damaged, and was not kept. Choose the original again.",
    ),
)
_ARCHIVE = (
    "file_is_archive",
    Words(
        "这是压缩包，不能作为材料。请解压后把里面的文件逐份上传。",
        "This is an archive. Unpack it and hand in the files one by one.",
    ),
)
_BOMB = (
    "file_unpacks_too_large",
    Words(
        "这份 Office 文件解开后过大（可能是特意构造的），没有保存。请另存为 PDF 后上传。",
        "This Office file unpacks to far too much (it may be made so on purpose) and was not kept. Save it as PDF.",
    ),
)
_PASSWORD = (
    "file_has_password",
    Words(
        "这份 Office 文件设有密码，柜台打不开。请客户去掉密码，或另存为 PDF 后上传。",
        "This Office file is protected by a password. Ask for it without one, or as PDF.",
    ),
)
_MACROS = (
    "file_has_program",
    Words(
        "这份 Office 文件里带有宏或程序，没有保存。请客户另存为不带宏的 .docx、.xlsx 或 PDF 后上传。",
        "This Office file carries macros or a program and was not kept. Ask for it as .docx or .xlsx without macros, or as"
        " PDF.",
    ),
)
