"""One piece on several photos: counted once, from its better view.

    views_of(trays, backs) -> Views: which pieces stand for themselves, which repeat another, what is doubtful

Three cases (README, "Several photos"): a tray photographed twice or in overlapping parts (`two_photos`), and a tray whose
pieces were turned over (`both_sides`). Photos of different trays stay as they are. Of the views of one piece the one
that says most is used; the others stay in the answer and point to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from xiaoshi.core.notes.both_sides import back_unknown, pair_sides
from xiaoshi.core.notes.model import Reason
from xiaoshi.core.notes.piecework import SeenPiece
from xiaoshi.core.notes.traywork import SeenTray
from xiaoshi.core.notes.two_photos import laid_out, match_photos, polygon_in, reading_key
from xiaoshi.core.problems import Problem

NEIGHBOURS = 3
"""Pieces that were moved are looked for on so many photos before."""


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """All indexes count through the pieces of all trays in their order.

    `used`: pieces that stand for themselves; `pieces`, `tray_of`: how each of those is to be taken (its polygon in
    pixels of that tray); `same_as`: repeated views to the piece that is used; `other_side`: both ways; `problems`.
    """

    used: tuple[int, ...]
    pieces: tuple[SeenPiece, ...]
    tray_of: tuple[int, ...]
    same_as: Mapping[int, int]
    other_side: Mapping[int, int]
    problems: tuple[Problem, ...]


def views_of(trays: Sequence[SeenTray], backs: Mapping[str, str] | None = None) -> Views:
    """Bring the views of each piece together. `backs`: name of a front's picture to that of its back's."""
    tray_of = [number for number, tray in enumerate(trays) for _ in tray.pieces]
    pieces = [piece for tray in trays for piece in tray.pieces]
    fronts, problems = _front_of(trays, backs or {})
    places = _Classes(tray_of)
    doubts: dict[int, list[Reason]] = {}
    laid = [laid_out(tray) for tray in trays]
    first = [sum(len(tray.pieces) for tray in trays[:number]) for number in range(len(trays))]
    for b in range(len(trays)):
        for a in range(b):
            if a in fronts or b in fronts:
                continue
            found = match_photos(laid[a], laid[b], neighbours=b - a <= NEIGHBOURS)
            problems += found.problems
            for i, j in found.same:
                places.unite(first[a] + i, first[b] + j)
            for j, reason in found.doubts:
                doubts.setdefault(first[b] + j, []).append(reason)
    other: dict[int, int] = {}
    for back, front in fronts.items():
        told = pair_sides(laid[front], laid[back])
        problems += told.problems
        for i, j in told.pairs:
            other[first[front] + i], other[first[back] + j] = first[back] + j, first[front] + i
            places.unite(first[front] + i, first[back] + j)
        for i, reason in told.front_doubts:
            doubts.setdefault(first[front] + i, []).append(reason)
        for j, reason in told.back_doubts:
            doubts.setdefault(first[back] + j, []).append(reason)
    return _chosen(trays, pieces, tray_of, places, doubts, other, problems)


def _front_of(trays: Sequence[SeenTray], backs: Mapping[str, str]) -> tuple[dict[int, int], list[Problem]]:
    """Index of each back's tray to that of its front. Names that no picture has are said."""
    number = {tray.scale.image: n for n, tray in enumerate(trays)}
    fronts: dict[int, int] = {}
    problems: list[Problem] = []
    for front, back in backs.items():
        if front not in number or back not in number or front == back or number[back] in fronts:
            problems.append(back_unknown(front, back))
        else:
            fronts[number[back]] = number[front]
    return fronts, problems


class _Classes:
    """Pieces that are one, as sets that only grow; two pieces of one photo never meet in a set."""

    def __init__(self, tray_of: Sequence[int]) -> None:
        self._tray_of = tray_of
        self._set: dict[int, frozenset[int]] = {n: frozenset({n}) for n in range(len(tray_of))}

    def unite(self, a: int, b: int) -> None:
        both = self._set[a] | self._set[b]
        if len({self._tray_of[n] for n in both}) == len(both):
            for n in both:
                self._set[n] = both

    def sets(self) -> list[frozenset[int]]:
        """All of them, in the order of their first pieces."""
        return sorted(set(self._set.values()), key=min)


def _chosen(
    trays: Sequence[SeenTray],
    pieces: Sequence[SeenPiece],
    tray_of: Sequence[int],
    places: _Classes,
    doubts: Mapping[int, list[Reason]],
    other: Mapping[int, int],
    problems: list[Problem],
) -> Views:
    used: list[int] = []
    taken: dict[int, SeenPiece] = {}
    home: dict[int, int] = {}
    same_as: dict[int, int] = {}
    for members in places.sets():
        best = max(sorted(members), key=lambda n: reading_key(pieces[n], trays[tray_of[n]]))
        where = tray_of[min(members)]
        piece = pieces[best]
        if where != tray_of[best]:
            turned = other.get(min(members)) == best or other.get(best) in members
            polygon = (
                pieces[min(members)].polygon
                if turned
                else polygon_in(trays[where], trays[tray_of[best]], piece.polygon)
            )
            piece = replace(piece, polygon=polygon)
        added = tuple(dict.fromkeys(reason for n in sorted(members) for reason in doubts.get(n, ())))
        if added:
            piece = replace(piece, doubts=(*piece.doubts, *added))
        used.append(best)
        taken[best], home[best] = piece, where
        same_as.update({n: best for n in members if n != best})
    used.sort()
    return Views(
        tuple(used),
        tuple(taken[n] for n in used),
        tuple(home[n] for n in used),
        same_as,
        other,
        tuple(problems),
    )
