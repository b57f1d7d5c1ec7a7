"""The piece of a text around a hit, the hit marked; and what must be blanked in it.

Example: the term 损币 in a text of 3,000 signs gives `…受理登记，残` **损币** `一盒，共约五万元…`: 30 signs on each side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from xiaoshi.core.find.folding import Folding

AROUND = 30
# Figures in every way a sum can be written: 46,845.00, 肆万陆仟, 四万六千, 五角.
FIGURE_SIGNS = "0123456789〇零一二三四五六七八九十百千万亿两壹贰叁肆伍陆柒捌玖拾佰仟萬億貳參陸"
_FIGURES = re.compile(f"[{FIGURE_SIGNS}０-９]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `marked`: it is the hit."""

    text: str
    marked: bool = False


def has_figures(term: str) -> bool:
    """Whether the term could be (part of) a sum."""
    return bool(_FIGURES.search(term))


def blank_figures(text: str) -> str:
    """The text with every figure as `•`: for a reader who has yet to count without knowing the sum."""
    return _FIGURES.sub("•", text)


def excerpt(text: str, terms: tuple[str, ...], folding: Folding, around: int = AROUND) -> tuple[Piece, ...]:
    """The stretch around the first hit with all hits in it marked; the beginning of the text where no term stands."""
    folded = folding.fold(text)
    hits = _hits(folded.text, folded.places, terms)
    if not hits:
        head = " ".join(text[: 2 * around].split())
        return (Piece(head + ("…" if len(text) > 2 * around else "")),)
    begin = max(hits[0][0] - around, 0)
    end = min(hits[0][1] + around, len(text))
    pieces = [Piece("…")] if begin else []
    at = begin
    for first, last in hits:
        if first >= end:
            break
        last = min(max(last, at), len(text))
        if first > at:
            pieces.append(Piece(_one_line(text[at:first])))
        pieces.append(Piece(_one_line(text[max(first, at) : last]), marked=True))
        at = last
    if at < end:
        pieces.append(Piece(_one_line(text[at:end])))
    if max(at, end) < len(text):
        pieces.append(Piece("…"))
    return tuple(p for p in pieces if p.text)


def _one_line(text: str) -> str:
    return re.sub(r"[\s\x00]+", " ", text)


def _hits(folded: str, places: tuple[int, ...], terms: tuple[str, ...]) -> list[tuple[int, int]]:
    """Where terms stand in the original, from left to right, none inside another."""
    found: list[tuple[int, int]] = []
    for term in terms:
        at = folded.find(term)
        while at >= 0:
            span = (places[at], places[at + len(term) - 1] + 1)
            if not any(a < span[1] and span[0] < b for a, b in found):
                found.append(span)
            at = folded.find(term, at + len(term))
    return sorted(found)
