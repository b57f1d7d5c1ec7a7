"""How a refusal is expected in these tests."""

from __future__ import annotations

from xiaoshi.desk.guard.refusals import Refused


class Said:
    """What a refusal said."""

    zh = en = where = ""


class refused:  # noqa: N801 - reads as a statement
    """`with refused(Invalid, "piles_differ") as said:`; nothing of the case may have changed."""

    def __init__(self, kind, code, tin=None):
        self.kind, self.code, self.tin, self.said = kind, code, tin, Said()

    def __enter__(self):
        self.before = self.tin.state() if self.tin else None
        return self.said

    def __exit__(self, kind, error, trace):
        assert kind is not None, f"was not refused with {self.code}"
        if not issubclass(kind, Refused):
            return False
        assert (kind, error.problem.code) == (self.kind, self.code)
        self.said.zh, self.said.en, self.said.where = *_both(error.problem.words), error.problem.where
        assert self.said.zh
        assert self.said.en
        if self.tin:
            assert self.tin.state() == self.before
        return True


def _both(words):
    return words.zh, words.en
