"""File locks between processes. A flock goes with its process, however that ends, so no lock is ever stale."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

POLL_S = 0.02


def open_lock(path: Path) -> int:
    """The file descriptor of a lock file, closed on exec so that children do not keep the lock."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(descriptor: int, shared: bool = False) -> bool:
    """Take the lock if that is possible now."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_within(descriptor: int, seconds: float, shared: bool = False) -> bool:
    """Take the lock, waiting up to `seconds`; False when somebody kept it."""
    end = time.monotonic() + seconds
    while not try_lock(descriptor, shared):
        if time.monotonic() > end:
            return False
        time.sleep(POLL_S)
    return True


def unlock(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def is_held(path: Path) -> bool:
    """Whether some process holds this lock (shared or exclusive)."""
    descriptor = open_lock(path)
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[int]:
    """An open lock file; leaving the block gives the lock back."""
    descriptor = open_lock(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
