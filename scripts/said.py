"""What the set-up says to the person at the terminal: one line for each thing, in both languages."""

from __future__ import annotations

import sys


class SetUpError(Exception):
    """The set-up cannot go on; the text says what is wrong and what to do, Chinese first."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")


def say(line: str, error: bool = False) -> None:
    """Print in UTF-8 whatever the locale is: a terminal in the C locale must not end the set-up."""
    stream = sys.stderr if error else sys.stdout
    stream.flush()
    stream.buffer.write(f"{line}\n".encode("utf-8", "replace"))
    stream.buffer.flush()
