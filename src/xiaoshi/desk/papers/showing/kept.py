"""What was made of documents, kept: encrypted beside the blobs, found by content, thrown away at will.

A file is named by the document's address and what was made of it, so the same scan on two cases is rendered once, and who
may not see a document never gets as far as its name here. Nothing is lost when the folder is removed: it is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings

from xiaoshi.desk.guard.crypto import Undecipherable, seal, unseal
from xiaoshi.desk.papers import blobs
from xiaoshi.desk.papers.showing import running

PURPOSE = "previews"
FORM = "2"
"""Goes up when the worker makes something else of the same file."""
KEPT_SECONDS = 90 * 24 * 60 * 60


def folder() -> Path:
    return Path(settings.BLOB_DIR).with_name("previews")


def made(do: str, sha256: str, content_type: str, **more: Any) -> running.Answer:
    """What the worker makes of this content; made once, then read. Raises `NotShown`, and `BlobDamaged` of the store.

    That a file cannot be shown is kept too, so that a bomb costs its 20 seconds once.
    """
    path, place = _path(do, sha256, more)
    known = _read(path, place)
    if known is not None:
        return known
    try:
        answer = running.order(do, content_type, blobs.get(sha256), **more)
    except running.NotShown as no:
        if no.lasting:
            _write(path, place, running.Answer({"not_shown": no.problem.code.removeprefix("document_")}, b""))
        raise
    _write(path, place, answer)
    return answer


def is_made(do: str, sha256: str, **more: Any) -> bool:
    """Whether it can be shown at once."""
    return _path(do, sha256, more)[0].exists()


def throw_away_old(*, now_seconds: float | None = None) -> int:
    """Remove what nobody has looked at for 90 days; give how many."""
    limit = (time.time() if now_seconds is None else now_seconds) - KEPT_SECONDS
    gone = 0
    for path in folder().rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < limit:
                path.unlink()
                gone += 1
    return gone


def _path(do: str, sha256: str, more: dict[str, Any]) -> tuple[Path, str]:
    blobs.path_of(sha256)  # refuses what is no address
    what = json.dumps([FORM, do, more], sort_keys=True)
    name = hashlib.sha256(f"{sha256}/{what}".encode()).hexdigest()
    return folder() / name[:2] / name, f"{sha256}/{what}"


def _read(path: Path, place: str) -> running.Answer | None:
    try:
        plain = unseal(PURPOSE, path.read_bytes(), place)
    except (FileNotFoundError, Undecipherable):
        return None
    length = int.from_bytes(plain[:8])
    told = json.loads(plain[8 : 8 + length])
    with contextlib.suppress(OSError):
        os.utime(path)
    if "not_shown" in told:
        raise running.NotShown(running.problem_of(told["not_shown"]))
    return running.Answer(told, plain[8 + length :])


def _write(path: Path, place: str, answer: running.Answer) -> None:
    """A cache: no flush to the disk. Half a file cannot be read as a whole one, because it does not decipher."""
    head = json.dumps(answer.told, ensure_ascii=False).encode()
    sealed = seal(PURPOSE, len(head).to_bytes(8) + head + answer.body, place)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(sealed)
    Path(name).replace(path)
