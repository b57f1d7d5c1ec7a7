"""Both sides of the pieces of a tray: one photo before, one after every piece was turned over.

Problem. A scrap often shows print on one side only; its other side may have the number or the thread. Counted apart the
two sides would be two notes.

Choice: a piece's other side has its outline mirrored, so the outlines of the second photo are mirrored back and laid
over those of the first (`outlines`). A pair is made where the lines agree to 1 mm at the 90th percentile and no other piece
fits nearly as well. Plain rectangles (whole notes) fit each other all alike: they are paired by what is named (one
note key, two sides) and then by place, which changes nothing in the count. The better side is measured, the
other stays in the answer (`other_side`), and what cannot be paired is doubted: never counted as paid twice.

Two sides that are named as two kinds of note cannot be one piece: both names are doubted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from xiaoshi.core.notes.model import Reason
from xiaoshi.core.notes.outlines import lay_on, may_be_alike, mirrored
from xiaoshi.core.notes.piecework import SeenPiece
from xiaoshi.core.notes.two_photos import Laid, numbers_differ
from xiaoshi.core.problems import Problem, Words

OFF_MM = 1.0
NEXT_BEST = 1.6
SHARE_DIFFERS = 0.04


@dataclass(slots=True)
class Sides:
    """`pairs`: (piece of the front's photo, piece of the back's); doubts of either photo's pieces."""

    pairs: list[tuple[int, int]] = field(default_factory=list)
    front_doubts: list[tuple[int, Reason]] = field(default_factory=list)
    back_doubts: list[tuple[int, Reason]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def pair_sides(front: Laid, back: Laid) -> Sides:
    """Which piece of the second photo is the other side of which piece of the first."""
    told = Sides()
    off = _fits(front, back)
    _by_outline(front, back, off, told)
    _plain_ones(front, back, off, told)
    paired = {j for _, j in told.pairs}
    for i, j in told.pairs:
        if _disagree(front.tray.pieces[i], back.tray.pieces[j]):
            told.front_doubts.append((i, _sides_disagree()))
    alone = [j for j in range(len(back.tray.pieces)) if j not in paired]
    told.back_doubts += [(j, _no_front(front.tray.scale.image)) for j in alone]
    if alone:
        told.problems.append(_unpaired(front, back, len(alone)))
    told.pairs.sort()
    return told


def _fits(front: Laid, back: Laid) -> dict[tuple[int, int], float]:
    """How far apart the outlines are of all pairs that may be two sides of one piece."""
    turned = [None if outline is None else mirrored(outline) for outline in back.outlines]
    off: dict[tuple[int, int], float] = {}
    for i, one in enumerate(front.outlines):
        for j, two in enumerate(turned):
            if one is not None and two is not None and may_be_alike(one, two):
                off[i, j] = lay_on(two, one).off_mm
    return {pair: value for pair, value in off.items() if value <= OFF_MM * NEXT_BEST}


def _by_outline(front: Laid, back: Laid, off: dict[tuple[int, int], float], told: Sides) -> None:
    """Pairs of outlines that fit each other and nothing else."""
    for (i, j), value in sorted(off.items(), key=lambda item: (item[1], item[0])):
        one, two = front.outlines[i], back.outlines[j]
        if value > OFF_MM or one is None or two is None or (one.plain and two.plain):
            continue
        if any(i == p or j == q for p, q in told.pairs):
            continue
        rivals = [other for pair, other in off.items() if pair != (i, j) and (pair[0] == i or pair[1] == j)]
        if all(rival >= NEXT_BEST * value for rival in rivals):
            told.pairs.append((i, j))


def _plain_ones(front: Laid, back: Laid, off: dict[tuple[int, int], float], told: Sides) -> None:
    """What is left: the same kind of note where both sides are named, then the nearest place."""
    offers = []
    for (i, j), value in off.items():
        one, two = front.outlines[i], back.outlines[j]
        if value > OFF_MM or one is None or two is None:
            continue
        a, b = front.tray.pieces[i], back.tray.pieces[j]
        if _kinds_differ(a, b) or numbers_differ(a, b):
            continue
        named = a.found is not None and b.found is not None
        offers.append((not named, float(np.hypot(*(one.middle - two.middle))), i, j))
    for _, _, i, j in sorted(offers):
        if not any(i == p or j == q for p, q in told.pairs):
            told.pairs.append((i, j))


def _kinds_differ(a: SeenPiece, b: SeenPiece) -> bool:
    """Named as two kinds of note, or as the same side of one."""
    if a.found is None or b.found is None:
        return False
    r, s = a.found.identity, b.found.identity
    if r.reference.side == s.reference.side or r.reference.issuer != s.reference.issuer:
        return True
    if r.reference.denomination != s.reference.denomination:
        return True
    return r.edition_certain and s.edition_certain and r.reference.note_key != s.reference.note_key


def _disagree(a: SeenPiece, b: SeenPiece) -> bool:
    if _kinds_differ(a, b) or numbers_differ(a, b):
        return True
    if a.registered is None or b.registered is None:
        return False
    return abs(a.registered.ratio - b.registered.ratio) > SHARE_DIFFERS


def back_unknown(front: str, back: str) -> Problem:
    """A pair of names of which one is no picture of this tin, or is used twice."""
    words = Words(
        f"正反面对应“{front}={back}”无法使用：须是本次两张不同且未用过的图片",
        f"front and back {front}={back} cannot be used: they are two different pictures of this run, each used once",
    )
    return Problem("back_unknown", words, back)


def _sides_disagree() -> Reason:
    words = Words(
        "正反两面的辨认或面积不一致，须人工核对是否同一张",
        "its two sides are named or measured differently: people must look whether it is one note",
    )
    return Reason("sides_disagree", words)


def _no_front(front: str) -> Reason:
    words = Words(
        f"在正面图片 {front} 中找不到形状对应的一件，可能重复，须人工核对",
        f"no piece of the front's photo {front} has this form: it may be one that is counted there; people must look",
    )
    return Reason("other_side_not_found", words)


def _unpaired(front: Laid, back: Laid, count: int) -> Problem:
    words = Words(
        f"有 {count} 件在正面图片 {front.tray.scale.image} 中找不到对应；请翻面时保持各件完整、不加减残币，或核对图片是否配对",
        f"{count} piece(s) have no counterpart on {front.tray.scale.image}: turn every piece over, add and take away none, and "
        "check that the two photos belong together",
    )
    return Problem("other_side_not_found", words, back.tray.scale.image)
