"""Which pieces are one note: what persons said of it, and what is told of it to persons.

Joining needs proof (`joining`); what merely fits is left open, and a person who has the pieces in hand may say "one note" or
"two notes". That is taken as said, except where it cannot be: pieces of different notes, or pieces whose places in the note lie on each
other. Example: two halves of a 50 with a burnt strip of 9 mm between them touch nowhere; the engine keeps them apart,
each worth nothing or half, and offers the pair; a person who sees one serial number on both says so, and the note is measured as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xiaoshi.core.notes.joining import PRICE_BITS, Group, Weighed
from xiaoshi.core.notes.model import Evidenced, Join
from xiaoshi.core.problems import Problem, Words

ALTERNATIVES_MAX = 4


@dataclass(frozen=True, slots=True)
class JoinsTold:
    """Sets of pieces, by place in the tin, that a person says are one note, or are no one note."""

    together: tuple[frozenset[int], ...] = ()
    apart: tuple[frozenset[int], ...] = ()


def joins_told(
    joined: Iterable[Sequence[str]], apart: Iterable[Sequence[str]], ids: Sequence[str]
) -> tuple[JoinsTold, list[Problem]]:
    """What persons said, by place in the tin; and what of it speaks of pieces that are not there."""
    place = {name: n for n, name in enumerate(ids)}
    problems: list[Problem] = []

    def places(told: Iterable[Sequence[str]]) -> tuple[frozenset[int], ...]:
        found = []
        for pieces in told:
            unknown = [name for name in pieces if name not in place]
            if unknown or len(set(pieces)) < 2:
                problems.append(_unusable(unknown, pieces))
            else:
                found.append(frozenset(place[name] for name in pieces))
        return tuple(found)

    return JoinsTold(places(joined), places(apart)), problems


def not_joined(told: JoinsTold, groups: Sequence[Group], ids: Sequence[str]) -> list[Problem]:
    """What a person said is one note and cannot be: other notes, unnamed pieces, or places that lie on each other."""
    owner = {part.index: n for n, group in enumerate(groups) for part in group.parts}
    problems = []
    for wanted in told.together:
        if len({owner.get(index, -1 - index) for index in wanted}) > 1:
            names = "、".join(ids[index] for index in sorted(wanted))
            words = Words(
                f"{names} 不能认定为同一张：券别不同、未能辨认，或在券面上的位置重叠",
                f"{names.replace('、', ', ')} cannot be one note: another kind, not named, or lying on each other in the"
                " note",
            )
            problems.append(
                Problem("join_impossible", words, "+".join(ids[index] for index in sorted(wanted)))
            )
    return problems


def joins_of(groups: Sequence[Group], ids: Sequence[str], told: JoinsTold) -> tuple[Join, ...]:
    """Joins that were made, then pairs that may be one note: the likeliest first."""
    made, open_pairs = [], []
    for n, group in enumerate(groups):
        if len(group.parts) > 1:
            said = any(wanted <= group.indices for wanted in told.together)
            made.append(_made(group, ids, said))
        for k, weighed in zip(group.maybe, group.fits, strict=True):
            if k > n:
                open_pairs.append(_open(n, k, weighed, groups, ids))
    return (*made, *sorted(open_pairs, key=lambda join: (-join.bits, -join.contact_mm, join.pieces)))


def _names(indices: Iterable[int], ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(ids[index] for index in sorted(indices))


def _made(group: Group, ids: Sequence[str], said: bool) -> Join:
    proof, pieces = group.proof, _names(group.indices, ids)
    if proof is None:
        return Join(pieces, True, said, 0.0, None)
    best = max(proof.weighed, key=lambda each: each.contact_mm, default=Weighed())
    reasons = tuple(
        Evidenced(each.code, each.words, each.bits)
        for weighed in proof.weighed
        for each in weighed.evidence
        if each.bits != 0
    )
    others = tuple((_names(each, ids), -proof.margin_bits) for each in proof.others)
    return Join(
        pieces,
        True,
        said,
        best.contact_mm,
        best.gap_spread_mm,
        proof.bits,
        proof.margin_bits,
        reasons,
        others,
    )


def _open(n: int, k: int, weighed: Weighed, groups: Sequence[Group], ids: Sequence[str]) -> Join:
    """A pair for a person to decide. Its margin is over the best other partner that would take the same place."""
    rivals = []
    for own, partner in ((n, k), (k, n)):
        for other, fit in zip(groups[own].maybe, groups[own].fits, strict=True):
            if other != partner and partner not in groups[other].maybe:
                rivals.append(
                    (_names(groups[own].indices | groups[other].indices, ids), fit.bits - PRICE_BITS)
                )
    rivals.sort(key=lambda each: (-each[1], each[0]))
    bits = weighed.bits - PRICE_BITS
    return Join(
        _names(groups[n].indices, ids) + _names(groups[k].indices, ids),
        False,
        False,
        weighed.contact_mm,
        weighed.gap_spread_mm,
        bits,
        bits - max([0.0, *(value for _, value in rivals)]),
        tuple(Evidenced(each.code, each.words, each.bits) for each in weighed.evidence),
        tuple(rivals[:ALTERNATIVES_MAX]),
    )


def _unusable(unknown: Sequence[str], pieces: Sequence[str]) -> Problem:
    if unknown:
        words = Words(
            f"没有碎片 {'、'.join(unknown)}，这条说明没有采用",
            f"there is no piece {', '.join(unknown)}: this was not used",
        )
    else:
        words = Words("至少要两块碎片，这条说明没有采用", "it takes two pieces at least: this was not used")
    return Problem("join_unusable", words, "+".join(pieces))
