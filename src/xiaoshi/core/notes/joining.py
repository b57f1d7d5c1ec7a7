"""Which pieces are parts of one note?

Problem. Joining two halves pays more than leaving them apart; joining halves of two notes pays money that nobody is
owed. In a trial a greedy join by "same note, no overlap" made 4 mixed notes out of 38. So pieces are joined only on
evidence that two different notes do not show by chance, and everything that merely fits stays apart with the doubt
said aloud.

Evidence, in the note's own coordinates (where both pieces have been laid by their print):
1. A torn edge that goes on: along at least `CONTACT_MM_MIN` the edges run side by side, the gap between them is even
   (its spread, after a shift for registration, at most 0.28 mm), the line is rough beyond what a bend explains (at least 0.22 mm), and
   both over a length that chance does not give: `Contact.bits` of at least 15. A straight cut or a fold fits every other
   straight cut and has no roughness. Of 2,500 drawn pairs of different tears that lie within a millimetre of each other
   the rule before (0.45 mm off straight, 2.2 times the gap's spread) took 7 for one note; this one takes none.
2. They lie on the tray as one: same turn and place within 2.5 mm and 2 degrees, with less than 12 mm between them (a
   charred neck broke while it lay there).
And no rival: if the same edge fits two pieces, neither is joined.

Worked example (simulated tray): two parts of a torn 50 run side by side for 65 mm, the gap is even to 0.11 mm, the line
0.97 mm off straight: joined. The left half of one note and the right half of another cross or gape after a few
millimetres: not joined; by area they could be one note, so both are marked `may_belong_together`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.register import CANVAS_PX_PER_MM, Registered

Mask = NDArray[np.bool_]

CONTACT_MM_MIN = 18.0
GAP_SPREAD_MM_MAX = 0.28
ROUGH_MM_MIN = 0.22
STRETCH_MM = 3.0
BITS_MIN = 15.0
OVERLAP_SHARE_MAX = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A registered piece as joining sees it. `index` names it for the caller; `edition_certain` as identified;
    `middle_mm`: where it lies on the tray; `image`: which picture."""

    index: int
    image: int
    registered: Registered
    edition_certain: bool

    @property
    def front_mask(self) -> Mask:
        """The present part seen from the front, so that pieces lying face down can be compared with others."""
        return self.seen_from_front(self.registered.present)

    def seen_from_front(self, mask: Mask) -> Mask:
        """A mask of this piece's side as it would be seen from the front."""
        return mask if self.registered.reference.side == "front" else np.ascontiguousarray(mask[:, ::-1])


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Parts taken as one note, and the groups (by position in the list) that may belong to it as well."""

    parts: tuple[Part, ...]
    mask: Mask
    maybe: tuple[int, ...] = ()

    @property
    def ratio(self) -> float:
        """Share of the note that the united mask covers."""
        return float(self.mask.mean())


@dataclass(frozen=True, slots=True)
class Contact:
    """How two edges meet: length side by side, spread of the gap, how far the line is from straight, and from a plain bend
    (mm)."""

    length_mm: float
    gap_spread_mm: float
    irregular_mm: float
    rough_mm: float

    @property
    def bits(self) -> float:
        """How much the fit says: for each stretch on which the tear is new (`STRETCH_MM`), how many times evener the gap is
        than the line is rough. Two notes' tears agree on a stretch or two by chance, not on ten."""
        if self.gap_spread_mm <= 0 or self.rough_mm <= self.gap_spread_mm:
            return 0.0
        return self.length_mm / STRETCH_MM * math.log2(self.rough_mm / self.gap_spread_mm)

    @property
    def proves(self) -> bool:
        """Whether two different notes would hardly show this."""
        return (
            self.length_mm >= CONTACT_MM_MIN
            and self.gap_spread_mm <= GAP_SPREAD_MM_MAX
            and self.rough_mm >= ROUGH_MM_MIN
            and self.bits >= BITS_MIN
        )


def join(
    parts: Sequence[Part],
    together: Sequence[frozenset[int]] = (),
    apart: Sequence[frozenset[int]] = (),
) -> list[Group]:
    """Groups of parts, each group in the order of its parts, with the doubts between groups.

    `together`, `apart`: indices of parts that a person says are of one note, or are not. What was said to be one is one
    where it can be (`may_be_one`); no two of what was said to be different are joined or doubted.
    """
    groups = _begun([Group((part,), part.front_mask) for part in parts], together)
    while True:
        proven: dict[tuple[int, int], float] = {}
        for i in range(len(groups)):
            for j in range(i + 1, len(groups)):
                if may_be_one(groups[i], groups[j]) and not _kept_apart(groups[i], groups[j], apart):
                    strength = _strength(groups[i], groups[j])
                    if strength > 0:
                        proven[i, j] = strength
        pair = _without_rival(proven, groups)
        if pair is None:
            break
        i, j = pair
        united = _united(groups[i], groups[j])
        groups = [g for k, g in enumerate(groups) if k not in pair]
        groups.append(united)
    groups = [Group(tuple(sorted(g.parts, key=lambda p: p.index)), g.mask) for g in groups]
    groups.sort(key=lambda g: g.parts[0].index)
    return [Group(g.parts, g.mask, _maybe(n, groups, apart)) for n, g in enumerate(groups)]


def _maybe(n: int, groups: list[Group], apart: Sequence[frozenset[int]]) -> tuple[int, ...]:
    return tuple(
        k
        for k, other in enumerate(groups)
        if k != n and may_be_one(groups[n], other) and not _kept_apart(groups[n], other, apart)
    )


def _begun(groups: list[Group], together: Sequence[frozenset[int]]) -> list[Group]:
    """The groups with what a person joined united, as far as the parts can be one note."""
    for wanted in together:
        one = [g for g in groups if any(part.index in wanted for part in g.parts)]
        united: Group | None = None
        for group in one:
            if united is None:
                united = group
            elif may_be_one(united, group):
                united = _united(united, group)
            else:
                united = None
                break
        if united is not None:
            groups = [g for g in groups if g not in one] + [united]
    return groups


def _united(a: Group, b: Group) -> Group:
    return Group(a.parts + b.parts, a.mask | b.mask)


def _kept_apart(a: Group, b: Group, apart: Sequence[frozenset[int]]) -> bool:
    one, two = ({part.index for part in g.parts} for g in (a, b))
    return any(one & pieces and two & pieces for pieces in apart)


def may_be_one(a: Group, b: Group) -> bool:
    """Same note as far as known, on the same picture, and their places in it do not overlap."""
    one, two = a.parts[0], b.parts[0]
    r, s = one.registered.reference, two.registered.reference
    if one.image != two.image or r.issuer != s.issuer or r.denomination != s.denomination:
        return False
    if a.mask.shape != b.mask.shape:
        return False
    if r.note_key != s.note_key and all(p.edition_certain for p in (*a.parts, *b.parts)):
        return False
    both = float((a.mask & b.mask).sum())
    smaller = float(min(a.mask.sum(), b.mask.sum()))
    return both <= OVERLAP_SHARE_MAX * smaller + 6.0 * CANVAS_PX_PER_MM**2


def _strength(a: Group, b: Group) -> float:
    """0 without proof; otherwise the length that proves."""
    found = contact(a.mask, b.mask)
    if found is not None and found.proves:
        return found.length_mm
    lying = any(_lie_as_one(p.registered, q.registered) for p in a.parts for q in b.parts)
    return 30.0 if lying and _gap_mm(a.mask, b.mask) < 12.0 else 0.0


def _without_rival(proven: dict[tuple[int, int], float], groups: list[Group]) -> tuple[int, int] | None:
    """The strongest pair none of whose members has another proven partner for the same place."""
    for pair, strength in sorted(proven.items(), key=lambda item: (-item[1], item[0])):
        rivals = [
            (other, value)
            for other, value in proven.items()
            if other != pair and set(other) & set(pair) and _same_place(pair, other, groups)
        ]
        if all(value < 0.5 * strength for _, value in rivals):
            return pair
    return None


def _same_place(pair: tuple[int, int], other: tuple[int, int], groups: list[Group]) -> bool:
    """Whether the two partners that are offered would lie on each other."""
    shared = (set(pair) & set(other)).pop()
    a = pair[0] if pair[1] == shared else pair[1]
    b = other[0] if other[1] == shared else other[1]
    return not may_be_one(groups[a], groups[b])


def _lie_as_one(a: Registered, b: Registered) -> bool:
    if a.reference.side != b.reference.side:
        return False
    turn = a.pose.turn / b.pose.turn
    middle = complex(a.reference.width_mm / 2, a.reference.height_mm / 2)
    apart = abs((middle - a.pose.shift) / a.pose.turn - (middle - b.pose.shift) / b.pose.turn)
    return abs(np.angle(turn)) < np.deg2rad(2.0) and float(apart) < 2.5


def _gap_mm(a: Mask, b: Mask) -> float:
    away = cv2.distanceTransform((~a).astype(np.uint8), cv2.DIST_L2, 5)
    return float(away[b].min(initial=1e6)) / CANVAS_PX_PER_MM


def contact(a: Mask, b: Mask, reach_mm: float = 1.0) -> Contact | None:
    """How the edges of two masks of one note meet; None where they nowhere come within `reach_mm`."""
    scale = CANVAS_PX_PER_MM
    outside = cv2.distanceTransform((~a).astype(np.uint8), cv2.DIST_L2, 5)
    within = cv2.distanceTransform(a.astype(np.uint8), cv2.DIST_L2, 5)
    signed = (outside - within) / scale
    contours, _ = cv2.findContours(b.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    best: Contact | None = None
    for contour in contours:
        line = contour.reshape(-1, 2)
        gap = signed[line[:, 1], line[:, 0]]
        near = np.abs(gap) < reach_mm
        for run in _runs(near):
            found = _describe(line[run].astype(np.float64) / scale, gap[run])
            if best is None or found.length_mm > best.length_mm:
                best = found
    return best


def _runs(near: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Index runs of a closed contour on which `near` holds, short breaks (1 mm) bridged."""
    n = len(near)
    if n < 8 or not near.any():
        return []
    if near.all():
        return [np.arange(n)]
    start = int(np.flatnonzero(~near)[0])
    order = (np.arange(n) + start) % n
    index = np.flatnonzero(near[order])
    breaks = np.flatnonzero(np.diff(index) > CANVAS_PX_PER_MM)
    return [order[run] for run in np.split(index, breaks + 1) if len(run) >= 8]


def _describe(line: NDArray[np.float64], gap: NDArray[np.float32]) -> Contact:
    """Length, evenness of the gap after a linear trend along the line, and the line's own deviation from straight."""
    centred = line - line.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    along, across = centred @ axes[0], centred @ axes[1]
    length = float(np.percentile(along, 98) - np.percentile(along, 2))
    design = np.stack([np.ones_like(along), along], axis=1)
    rest = gap - design @ np.linalg.lstsq(design, gap.astype(np.float64), rcond=None)[0]
    bend = np.stack([np.ones_like(along), along, along**2], axis=1)
    rough = across - bend @ np.linalg.lstsq(bend, across, rcond=None)[0]
    return Contact(length, float(rest.std()), float(across.std()), float(rough.std()))
