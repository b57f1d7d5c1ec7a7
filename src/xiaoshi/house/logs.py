"""Log files of the parts, in `HOME/logs/`, turned at a start when they have grown large (one older file is kept)."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import BinaryIO

LIMIT_BYTES = 10_000_000


def open_log(path: Path) -> BinaryIO:
    """The log open for appending, after turning it when it is over the limit."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LIMIT_BYTES:
            path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")


def last_line(path: Path) -> str:
    """The last line that is not empty, for the one line that a person gets to see; "?" when there is none."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 4000))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return "?"
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "?")
