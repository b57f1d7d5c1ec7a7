"""A folder for what is not whole yet, beside what it will become; what a killed run left there goes with the next one.

Problem. A backup holds every name and every key. A run that is killed runs no clean-up, so a dump or half an archive would
lie about for good, in the clear, and fill the disk a day at a time.

Choice. Each run works in a folder `.xiaoshi-work-…` of its own, on the same disk as its target, and holds a lock on the folder
itself. The lock goes with the process, however that ends; so a folder that can be locked belongs to nobody, and the next run
removes it. The folder gets its name only once it is locked: two runs at the same moment never take each other's.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xiaoshi.house.locks import try_lock

PREFIX = ".xiaoshi-work-"
_NAMELESS = ".xiaoshi-new-"


@contextmanager
def workplace(beside: Path, mode: int = 0o700) -> Iterator[Path]:
    """A new empty folder in the folder of `beside`, removed at the end whatever happens. Raises OSError."""
    beside.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _sweep(beside.parent)
    made = Path(tempfile.mkdtemp(prefix=_NAMELESS, dir=beside.parent))
    held = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.chmod(made, mode)
        try_lock(held)
        named = made.with_name(PREFIX + made.name.removeprefix(_NAMELESS))
        made = made.rename(named)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(held)


def _sweep(folder: Path) -> None:
    """Remove the workplaces of runs that are gone; another user's stay, they cannot be opened."""
    for left in folder.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            held = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                if try_lock(held):
                    shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(held)
