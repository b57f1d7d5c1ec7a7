"""What one check of the doctor found, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xiaoshi.core.problems import Words

NOTHING = Words("", "")


@dataclass(frozen=True, slots=True)
class Finding:
    """`found`: what was seen (what is wrong, when not `ok`); `remedy`: what to do, empty when nothing is to be done."""

    name: str
    ok: bool
    found: Words
    remedy: Words = NOTHING

    def as_json(self, language: str) -> dict[str, Any]:
        return {
            "name": self.name,
            "ok": self.ok,
            "found": self.found.in_language(language),
            "remedy": self.remedy.in_language(language),
        }


def good(name: str, seen: str) -> Finding:
    return Finding(name, True, Words(seen, seen))


def note(name: str, zh: str, en: str) -> Finding:
    """Nothing is wrong, but the reader may want to know."""
    return Finding(name, True, Words(zh, en))


def bad(name: str, zh: str, en: str, remedy_zh: str, remedy_en: str) -> Finding:
    return Finding(name, False, Words(zh, en), Words(remedy_zh, remedy_en))
