"""One file that holds an installation: database, documents, specimen library and the keys that open them.

Problem. A branch server dies, and what counts is that everything is back and that somebody has seen it come back. A dump
of the database without the documents, or documents without their key, is no backup.

Choice. A tar file, written as a stream: `header.json`, `database.dump` (pg_dump's own format), `secrets/…` (master key and
Django's key), `library/…`, `blobs/…`, and last `manifest.json` with size and SHA-256 of each member, so a file that was cut
off has no manifest and says so. The dump is one snapshot of the database; blobs are copied after it and never change, so
every document that the dump names is there, though the desk went on working. With a passphrase the whole file is sealed
(`sealing.py`); without one it is 0600 and whoever made it is told to lock it away.

Left out: what can be made anew (logs, sockets, the database's own passwords), increments, and several files.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from xiaoshi.house.backup.sealing import SealedReader, SealingWriter, WrongPassphrase, is_sealed
from xiaoshi.house.trouble import REFUSED, HouseError

FORMAT = 1
DUMP = "database.dump"
KEYS = ("secrets/master.key", "secrets/django.key")
FOLDERS = ("library", "blobs")
CHUNK = 1 << 20


@dataclass
class Writing:
    """An archive that is being written."""

    tar: tarfile.TarFile
    members: dict[str, dict[str, Any]] = field(default_factory=dict)

    def text(self, name: str, value: dict[str, Any]) -> None:
        content = json.dumps(value, ensure_ascii=False, indent=1).encode()
        self._head(name, len(content), io.BytesIO(content))
        self.members[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    def file(self, name: str, path: Path) -> None:
        """One file. One that is gone meanwhile (a broken-off write) is left out."""
        try:
            with path.open("rb") as source:
                counted = _Counted(source)
                self._head(name, os.fstat(source.fileno()).st_size, cast(BinaryIO, counted))
        except FileNotFoundError:
            return
        self.members[name] = {"bytes": counted.count, "sha256": counted.digest.hexdigest()}

    def _head(self, name: str, size: int, content: BinaryIO) -> None:
        head = tarfile.TarInfo(name)
        head.size, head.mode = size, 0o600
        self.tar.addfile(head, content)


class _Counted:
    """A file that keeps count of what was read from it."""

    def __init__(self, source: BinaryIO) -> None:
        self.source, self.digest, self.count = source, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        data = self.source.read(size)
        self.digest.update(data)
        self.count += len(data)
        return data


@contextmanager
def writing(path: Path, passphrase: bytes | None, workplace: Path) -> Iterator[Writing]:
    """Write a new archive in `workplace` (same disk) and give it its name when it is whole and on the disk."""
    partial = workplace / "archive"
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as below:
        target: Any = SealingWriter(below, passphrase) if passphrase else below
        with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            made = Writing(tar)
            yield made
            made.text("manifest.json", {"members": made.members})
        if passphrase:
            target.close()
        below.flush()
        os.fsync(below.fileno())
    os.link(partial, path)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What an archive held, unpacked and compared with its own list."""

    header: dict[str, Any]
    members: dict[str, dict[str, Any]]
    folder: Path


def unpack(path: Path, folder: Path, passphrase: bytes | None) -> Unpacked:
    """Unpack into an empty folder and compare every member with the manifest. Raises HouseError naming what is wrong."""
    if is_sealed(path) and passphrase is None:
        raise HouseError(
            "passphrase_missing",
            f"{path.name} 已加密；请用 --passphrase-file 指定口令文件。",
            f"{path.name} is encrypted: name the passphrase's file with --passphrase-file.",
            str(path),
            REFUSED,
        )
    try:
        with path.open("rb") as below:
            source: Any = SealedReader(below, passphrase or b"") if is_sealed(path) else below
            with tarfile.open(fileobj=source, mode="r|") as tar:
                found = _members(tar, folder)
    except WrongPassphrase:
        raise _damaged(
            path, "口令不对，或文件被改动、截断", "another passphrase, or altered or cut off"
        ) from None
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(path, f"不是完整的备份（{error}）", f"no whole backup: {error}") from error
    return _compared(path, folder, found)


def _members(tar: tarfile.TarFile, folder: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for member in tar:
        name = member.name
        parts = name.split("/")
        # Nothing but plain files below our own names: no way out of the folder, no links, no devices.
        if not member.isreg() or name.startswith("/") or ".." in parts or "" in parts:
            raise tarfile.ReadError(f"{name[:80]!r}")
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest = hashlib.sha256()
        source = tar.extractfile(member)
        assert source is not None
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            while data := source.read(CHUNK):
                digest.update(data)
                out.write(data)
        found[name] = {"bytes": member.size, "sha256": digest.hexdigest()}
    return found


def _compared(path: Path, folder: Path, found: dict[str, dict[str, Any]]) -> Unpacked:
    if "manifest.json" not in found or "header.json" not in found:
        raise _damaged(path, "清单缺失，文件不完整", "its list of members is missing: the file is not whole")
    try:
        listed = json.loads((folder / "manifest.json").read_text("utf-8"))["members"]
        header = json.loads((folder / "header.json").read_text("utf-8"))
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, "清单无法读取", "its list of members cannot be read") from error
    del found["manifest.json"]
    wrong = sorted(name for name in found.keys() | listed.keys() if found.get(name) != listed.get(name))
    if wrong:
        raise _damaged(path, f"“{wrong[0]}”与清单不符", f"“{wrong[0]}” is not what the list says")
    if header.get("format") != FORMAT:
        raise _damaged(
            path,
            f"格式 {header.get('format')} 不是本程序能读的",
            f"format {header.get('format')} is not one that we read",
        )
    return Unpacked(header, found, folder)


def _damaged(path: Path, zh: str, en: str) -> HouseError:
    return HouseError(
        "backup_damaged",
        f"备份 {path.name} 不能用：{zh}。",
        f"The backup {path.name} cannot be used: {en}.",
        str(path),
        REFUSED,
    )
