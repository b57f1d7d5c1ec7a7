"""All documents of a case as one ZIP: made while it is sent, one document in memory at a time, with a list of what is in it.

A case with 500 documents of 20 MB is 10 GB; nobody waits for that to be written somewhere first. Pictures and PDFs are
packed already, so nothing is packed again. The list (`contents.csv`) comes first and names each file with its SHA-256, so
that whoever gets the ZIP can tell whether a file in it is the one that the case holds. A document whose content is damaged
is named in `problems.txt` at the end instead of ending the download.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.papers import blobs
from xiaoshi.desk.papers.kinds_of_file import NAME_CHARACTERS_MAX


@dataclass(frozen=True, slots=True)
class Packed:
    """One document of the bundle. `name` is safe and unique in it."""

    name: str
    purpose: str
    original: str
    sha256: str
    bytes: int
    added_at: datetime
    added_by: str


HEAD = (
    "文件 file",
    "用途 purpose",
    "原名 original name",
    "字节 bytes",
    "SHA-256",
    "收到 received",
    "经办 by",
)


def unique_name(number: int, purpose: str, name: str) -> str:
    """`003-火灾证明-证明.jpg`: the running number makes it unique, the rest is for people. `name` is clean already."""
    safe = "".join("_" if c in '/\\:*?"<>|' else c for c in purpose)[:40].strip(" .")
    return f"{number:03d}-{safe}-{name}"[-NAME_CHARACTERS_MAX - 60 :] if safe else f"{number:03d}-{name}"


def contents_csv(files: list[Packed]) -> bytes:
    """The list, for Excel too: UTF-8 with its mark; a text that Excel would take for a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD)
    for file in files:
        received = timezone.localtime(file.added_at).strftime("%Y-%m-%d %H:%M")
        row = (file.name, file.purpose, file.original, file.bytes, file.sha256, received, file.added_by)
        writer.writerow([_no_formula(v) for v in row])
    return out.getvalue().encode("utf-8-sig")


def _no_formula(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" else value


class _Outlet(io.RawIOBase):
    """What `zipfile` writes, taken off piece by piece; it cannot be sought in, so sizes stand behind each file."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self.pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        joined = b"".join(self.pieces)
        self.pieces.clear()
        return joined


def zipped(files: list[Packed], extra: dict[str, bytes], made_at: datetime) -> Iterator[bytes]:
    """The ZIP in pieces. `extra`: further small files at the front (the printed list)."""
    outlet = _Outlet()
    problems: list[str] = []
    stamp = timezone.localtime(made_at).timetuple()[:6]
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:  # type: ignore[arg-type]
        for name, content in {"contents.csv": contents_csv(files), **extra}.items():
            archive.writestr(zipfile.ZipInfo(name, stamp), content)
        yield outlet.taken()
        for file in files:
            try:
                content = blobs.get(file.sha256)
            except Refused as damaged:
                problems.append(f"{file.name}: {damaged.problem.words.zh} / {damaged.problem.words.en}")
                continue
            archive.writestr(
                zipfile.ZipInfo(file.name, timezone.localtime(file.added_at).timetuple()[:6]), content
            )
            yield outlet.taken()
        if problems:
            archive.writestr(
                zipfile.ZipInfo("problems.txt", stamp), "\r\n".join(problems).encode("utf-8-sig")
            )
    yield outlet.taken()
