"""Cutting a long text into parts of the index, each with a little of the next, so that no term is cut in two.

A document of 10,000 signs gives 6 parts of 2,000; a term of up to 100 signs that begins in one part ends in the same one.
"""

from __future__ import annotations

PART_CHARACTERS = 2000
OVERLAP_CHARACTERS = 100
PARTS_MAX = 100


def parts_of(text: str, parts_max: int = PARTS_MAX) -> tuple[list[str], bool]:
    """The parts, and whether the text was longer than what they hold."""
    step = PART_CHARACTERS - OVERLAP_CHARACTERS
    parts = [text[at : at + PART_CHARACTERS] for at in range(0, max(len(text) - OVERLAP_CHARACTERS, 1), step)]
    return [p for p in parts[:parts_max] if p.strip()], len(parts) > parts_max
