"""Words in two languages, and problems as values.

An engine meets bad input every day: a blurred photo, a plan with a cycle, a sum that does not balance. None of these
is a programmer's error, so none is raised: each is a `Problem` beside the result, with a stable code for programs,
words for people in Chinese and English, and a pointer to the input that it is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in both languages of the desk. `zh` comes first on screens, `en` is complete."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """The sentence in `language` ("zh", "zh-hans", "en", ...); Chinese for anything that is not English."""
        return self.en if language.lower().startswith("en") else self.zh


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with an input, as a value.

    `code`: stable snake_case name for programs; `words`: what is wrong and what to do; `where`: pointer to the input
    (a file name, `plan.toml:12`, `images/3`, a field), empty when it is about the whole.
    """

    code: str
    words: Words
    where: str = ""

    def as_json(self, language: str = "zh") -> dict[str, str]:
        """The form that every `--json` answer uses: `code`, `text`, `where`."""
        return {"code": self.code, "text": self.words.in_language(language), "where": self.where}
