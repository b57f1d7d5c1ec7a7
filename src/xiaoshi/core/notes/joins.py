"""Which pieces are one note: what persons said of it, and what is told of it to persons.

Joining needs proof (`joining`); what merely fits is left open, and a person who has the pieces in hand may say "one note" or
"two notes". That is taken as said, except where it cannot be: pieces of different notes, or pieces whose places in the note lie on each
other. Example: two halves of a 50 with a burnt strip of 9 mm between them touch nowhere; the engine keeps them apart,
each worth nothing or half, and offers the pair; a person who sees one serial number on both says so, and the note is measured as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xiaoshi.core.notes.joining import Group, Mask, contact
from xiaoshi.core.notes.model import Join
from xiaoshi.core.problems import Problem, Words


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
                f"{names} 不能认定为同一张：券别不同、未能辨认、不在同一张照片上，或在券面上的位置重叠",
                f"{names.replace('、', ', ')} cannot be one note: another kind, not named, on different photos, or lying on"
                " each other in the note",
            )
            problems.append(
                Problem("join_impossible", words, "+".join(ids[index] for index in sorted(wanted)))
            )
    return problems


def joins_of(groups: Sequence[Group], ids: Sequence[str], told: JoinsTold) -> tuple[Join, ...]:
    """Joins that were made, then pairs that may be one note, the longest contact first."""
    made, open_pairs = [], []
    for n, group in enumerate(groups):
        if len(group.parts) > 1:
            said = any(wanted <= {part.index for part in group.parts} for wanted in told.together)
            made.append(_join(_names(group, ids), group.parts[0].front_mask, _rest(group), True, said))
        for k in group.maybe:
            if k > n:
                other = groups[k]
                names = (*_names(group, ids), *_names(other, ids))
                open_pairs.append(_join(names, group.mask, other.mask, False, False))
    return (*made, *sorted(open_pairs, key=lambda join: (-join.contact_mm, join.pieces)))


def _names(group: Group, ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(ids[part.index] for part in group.parts)


def _rest(group: Group) -> Mask:
    rest = group.parts[1].front_mask
    for part in group.parts[2:]:
        rest = rest | part.front_mask
    return rest


def _join(pieces: tuple[str, ...], one: Mask, two: Mask, decided: bool, by_person: bool) -> Join:
    found = contact(one, two)
    if found is None:
        return Join(pieces, decided, by_person, 0.0, None)
    return Join(pieces, decided, by_person, found.length_mm, found.gap_spread_mm)


def _unusable(unknown: Sequence[str], pieces: Sequence[str]) -> Problem:
    if unknown:
        words = Words(
            f"没有碎片 {'、'.join(unknown)}，这条说明没有采用",
            f"there is no piece {', '.join(unknown)}: this was not used",
        )
    else:
        words = Words("至少要两块碎片，这条说明没有采用", "it takes two pieces at least: this was not used")
    return Problem("join_unusable", words, "+".join(pieces))
