"""Which papers a case needs: rows of `papers.toml` against the facts of the case. The engine's plan only names them.

A daughter has come, the certificate is there, nobody knows the password, her mother lives: nine papers, said at once. When the
father wakes up, five are left, and one of them is his own word.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from xiaoshi.core.problems import Words

Status = Literal["confirmed", "practice", "unconfirmed"]
STATUS_WORDS: dict[str, Words] = {
    "confirmed": Words("已核实", "confirmed"),
    "practice": Words("同业实例", "practice of banks"),
    "unconfirmed": Words("未核实，以批复为准", "not confirmed: as answered from above"),
}
KEYS = {"name", "when", "from_zh", "from_en", "why_zh", "why_en", "source_zh", "source_en", "status"}


@dataclass(frozen=True, slots=True)
class PaperRule:
    """One row. `when`: fact -> the values with which the paper is needed. `issuer`: who gives it."""

    name: str
    when: Mapping[str, tuple[Any, ...]]
    issuer: Words
    why: Words
    source: Words
    status: Status

    def applies(self, facts: Mapping[str, Any]) -> bool:
        return all(facts.get(fact) in values for fact, values in self.when.items())


def read_rules(text: str) -> tuple[PaperRule, ...]:
    """The rows of a table. Raises ValueError for one that is not whole: the table is part of the program."""
    rows = []
    for row in tomllib.loads(text)["papers"]:
        if set(row) | {"when"} != KEYS or row["status"] not in STATUS_WORDS:
            raise ValueError(f"papers.toml: {row.get('name', '?')} has other keys or an unknown status")
        rows.append(
            PaperRule(
                row["name"],
                {fact: tuple(values) for fact, values in row.get("when", {}).items()},
                Words(row["from_zh"], row["from_en"]),
                Words(row["why_zh"], row["why_en"]),
                Words(row["source_zh"], row["source_en"]),
                row["status"],
            )
        )
    return tuple(rows)


@cache
def all_rules() -> tuple[PaperRule, ...]:
    return read_rules((Path(__file__).parent / "papers.toml").read_text(encoding="utf-8"))


def papers_for(facts: Mapping[str, Any]) -> tuple[PaperRule, ...]:
    """The papers that these facts ask for, in the order of the table."""
    return tuple(rule for rule in all_rules() if rule.applies(facts))
