"""What a verification finds: the first row that is not as it was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xiaoshi.core.problems import Words


@dataclass(frozen=True, slots=True)
class FirstBad:
    """The first row that is not as it was written, in order of chain and number."""

    chain: str
    seq: int
    case: str
    code: str
    words: Words

    def as_json(self, language: str) -> dict[str, Any]:
        return {
            "chain": self.chain,
            "seq": self.seq,
            "case": self.case,
            "code": self.code,
            "reason": self.words.in_language(language),
        }
