"""Which commands a case has already carried out: all of them, for ever, at a small and even price.

Problem: a phone that was out of reach for three weeks sends its act again. A window of the last 64 ids has forgotten it
by then, and the act happens twice. So every id stays. Keeping them as one frozen set would copy the whole set for each
act: the thousandth act would cost a thousand times the first.

Choice: an id is kept as 72 bits of BLAKE2b (12 characters; with 10,000 commands in one case, the chance that two ever
meet is about 1 in 10^14), in runs whose sizes double, as a log-structured store does: adding merges runs of equal
size, so n additions move n*log2(n) entries in all, and a look-up asks at most log2(n) + 1 frozen sets. 1,000 commands:
10 sets, 12 kB of snapshot. Left out: noticing that one id came with two different contents; the boundary of the desk
compares bodies, since it has them.
"""

from __future__ import annotations

import base64
import hashlib
import re

DIGEST_BYTES = 9
DIGEST_CHARACTERS = 12

_DIGEST = re.compile(r"[A-Za-z0-9_-]{12}")


def digest_of(command_id: str) -> str:
    """72 bits of the id as 12 characters."""
    return base64.urlsafe_b64encode(
        hashlib.blake2b(command_id.encode(), digest_size=DIGEST_BYTES).digest()
    ).decode()


class CommandIds:
    """A frozen set of command ids that grows cheaply: `with_id` gives a new one and shares the runs of the old."""

    __slots__ = ("_runs",)

    def __init__(self, runs: tuple[frozenset[str], ...] = ()) -> None:
        self._runs = runs

    def __contains__(self, command_id: str) -> bool:
        digest = digest_of(command_id)
        return any(digest in run for run in self._runs)

    def with_id(self, command_id: str) -> CommandIds:
        """The set with this id in it; itself if it is there already."""
        digest = digest_of(command_id)
        if any(digest in run for run in self._runs):
            return self
        run, runs = frozenset((digest,)), self._runs
        while runs and len(runs[-1]) <= len(run):
            run, runs = run | runs[-1], runs[:-1]
        return CommandIds((*runs, run))

    def as_text(self) -> str:
        """All digests in one text, sorted, so that equal sets have equal text."""
        return "".join(sorted(self._digests()))

    @classmethod
    def from_text(cls, text: str) -> CommandIds:
        """The set that `as_text` wrote. Raises ValueError when the length does not fit."""
        if len(text) % DIGEST_CHARACTERS:
            raise ValueError(f"command ids: {len(text)} characters are not a whole number of digests")
        digests = frozenset(_DIGEST.findall(text))
        return cls((digests,) if digests else ())

    def _digests(self) -> frozenset[str]:
        return frozenset[str]().union(*self._runs)

    def __len__(self) -> int:
        return sum(len(run) for run in self._runs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CommandIds) and self._digests() == other._digests()

    def __hash__(self) -> int:
        return hash(self._digests())

    def __repr__(self) -> str:
        return f"CommandIds({len(self)})"
