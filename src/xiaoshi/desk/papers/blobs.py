"""Where the bytes of documents lie: content-addressed, encrypted, never half-written.

Problem. A tray photo of 20 MB has no place in a database row, yet what is kept must be exactly what was handed in, must
not be readable by who takes the disk away, and must not be lost or half there when the power goes.

Choice. A blob's address is the SHA-256 of its plain bytes; it lies in `BLOB_DIR/ab/cd/<sha256>`, sealed with AES-256-GCM
under the purpose "documents" with the address as associated data, so a blob moved to another address does not open.
It is written to a temporary file beside it, flushed to the disk, then renamed: a reader sees all of it or nothing. The
same content twice is one blob. Example: 2 cases hold the same fire paper, 1 blob of 84,213 bytes, 2 `Document` rows.

A blob is written before its row is committed. When the act is rolled back, the blob stays as an orphan that nobody can
name; `sweep` removes orphans older than a day. A lock file orders `sweep` against writers, so that a blob which an act
has just found again is not taken from under it.

Left out: padding (the length of a document can be seen from outside), several disks, an object store (one class with
the same four functions would do).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.crypto import Undecipherable, seal, unseal
from xiaoshi.desk.guard.refusals import Refused

PURPOSE = "documents"
ORPHAN_SECONDS = 24 * 60 * 60
_ADDRESS = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LEFTOVER = ".writing-"


class BlobDamaged(Refused):
    """The blob is gone, cut off or altered. The row that names it is kept; the bytes must come from a backup."""

    status = 500

    def __init__(self, address: str, code: str, zh: str, en: str) -> None:
        super().__init__(Problem(code, Words(zh, en), f"blobs/{address}"))


def address_of(content: bytes) -> str:
    """SHA-256 of the plain bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def path_of(address: str) -> Path:
    """Where a blob lies. Raises ValueError for what is no address (so that no path can be smuggled in)."""
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"not an address of a blob: {address!r}")
    return Path(settings.BLOB_DIR) / address[:2] / address[2:4] / address


def put(content: bytes) -> str:
    """Keep the bytes and give their address. Kept already and sound: nothing is written but the time of last use."""
    address = address_of(content)
    path = path_of(address)
    with _lock(fcntl.LOCK_SH):
        if path.exists() and _sound(address, path):
            os.utime(path)
            return address
        _write(path, seal(PURPOSE, content, address))
    return address


def get(address: str) -> bytes:
    """The plain bytes. Raises `BlobDamaged` with words when they are not what was kept."""
    path = path_of(address)
    try:
        sealed = path.read_bytes()
    except FileNotFoundError:
        raise BlobDamaged(
            address,
            "document_missing",
            "文件库里找不到这份材料的内容。请不要重新录入，联系系统管理员从备份恢复。",
            "The content of this document is missing from the store. Do not enter it anew: ask the system's keeper to"
            " restore it from the backup.",
        ) from None
    try:
        content = unseal(PURPOSE, sealed, address)
    except Undecipherable:
        content = None
    if content is None or address_of(content) != address:
        raise BlobDamaged(
            address,
            "document_altered",
            "这份材料的内容与登记时不一致（被改动、截断，或主密钥不对），不能使用。请联系系统管理员核查并从备份恢复。",
            "The content of this document is not what was kept (altered, cut off, or another master key) and must not be"
            " used. Ask the system's keeper to look into it and restore it from the backup.",
        )
    return content


def sweep(
    in_use: Callable[[str], bool],
    *,
    now_seconds: float | None = None,
    older_than_seconds: float = ORPHAN_SECONDS,
) -> list[str]:
    """Remove blobs that no row names and leftovers of broken-off writes, both older than a day; give what was removed.

    `in_use(address)` must see all rows, whoever runs it (the owner's connection, not the runtime role's).
    """
    limit = (time.time() if now_seconds is None else now_seconds) - older_than_seconds
    removed: list[str] = []
    for path in list(_files()):
        with _lock(fcntl.LOCK_EX):
            try:
                if path.stat().st_mtime > limit:
                    continue
            except FileNotFoundError:
                continue
            if path.name.startswith(_LEFTOVER) or (_ADDRESS.fullmatch(path.name) and not in_use(path.name)):
                path.unlink()
                removed.append(path.name)
    return removed


def remove(address: str, in_use: Callable[[str], bool], *, now_seconds: float | None = None) -> str:
    """Remove one blob: "removed" (or gone already), "named" (a row names it: it stays), "fresh" (written within a day).

    `in_use(address)` is asked while no writer can be at work; a fresh one may belong to an act that has not committed.
    """
    limit = (time.time() if now_seconds is None else now_seconds) - ORPHAN_SECONDS
    path = path_of(address)
    with _lock(fcntl.LOCK_EX):
        if not path.exists():
            return "removed"
        if in_use(address):
            return "named"
        if path.stat().st_mtime > limit:
            return "fresh"
        path.unlink()
        return "removed"


def _files() -> Iterator[Path]:
    root = Path(settings.BLOB_DIR)
    for folder, _, names in os.walk(root):
        if Path(folder) != root:
            yield from (Path(folder) / name for name in names)


def _sound(address: str, path: Path) -> bool:
    try:
        return address_of(unseal(PURPOSE, path.read_bytes(), address)) == address
    except (Undecipherable, FileNotFoundError):
        return False


def _write(path: Path, sealed: bytes) -> None:
    """All of it or nothing: temporary file in the same folder, flushed, renamed, and the folder flushed too."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(prefix=_LEFTOVER, dir=path.parent)  # mkstemp gives mode 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _lock(how: int) -> Iterator[None]:
    """Shared for writers, alone for the sweep. The lock goes with its file descriptor, also when the process dies."""
    root = Path(settings.BLOB_DIR)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(root / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)
