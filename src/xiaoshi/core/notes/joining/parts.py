"""What joining is given and gives: pieces laid into their notes, and groups of them taken as one note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.register import CANVAS_PX_PER_MM, Registered
from xiaoshi.core.notes.sightings import SerialReading
from xiaoshi.core.problems import Words

Mask = NDArray[np.bool_]

OVERLAP_SHARE_MAX = 0.02
OVERLAP_MM2_MAX = 6.0
OVERLAP_DEEP_MM_MAX = 1.0
"""Pieces of one note that curled lay up to 0.73 mm over each other along the whole tear (33 mm2); of different notes
that overlap by less than 60 mm2 the overlap was nowhere seen less than 1.8 mm deep."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A registered piece as joining sees it. `index` names it for the caller; `edition_certain` as identified; `image`:
    which picture it lies on; `numbers`: what was read of its number."""

    index: int
    image: int
    registered: Registered
    edition_certain: bool
    numbers: tuple[SerialReading, ...] = ()

    @property
    def front_mask(self) -> Mask:
        """The present part seen from the front, so that pieces lying face down can be compared with others."""
        return self.seen_from_front(self.registered.present)

    def seen_from_front(self, mask: Mask) -> Mask:
        """A mask of this piece's side as it would be seen from the front."""
        return mask if self.registered.reference.side == "front" else np.ascontiguousarray(mask[:, ::-1])


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for "one note" (bits above 0) or for two (below), in words."""

    code: str
    bits: float
    words: Words


@dataclass(frozen=True, slots=True)
class Weighed:
    """All that is known of two groups being one note. `contact_mm`, `gap_spread_mm`: how far their edges run side by side
    and how uneven the gap is; `never`: must not be joined without a person."""

    evidence: tuple[Evidence, ...] = ()
    contact_mm: float = 0.0
    gap_spread_mm: float | None = None
    never: bool = False

    @property
    def bits(self) -> float:
        """Sum of the evidence."""
        return sum(each.bits for each in self.evidence)


@dataclass(frozen=True, slots=True)
class Proof:
    """Why a group is one note: the evidence between its parts, `bits` their sum less the prior's, `margin_bits` by how much
    any partition is worse that parts two of them; `others`: what that one would make of them (sets of indices).
    `exact`: whether that was found by exact search."""

    weighed: tuple[Weighed, ...]
    bits: float
    margin_bits: float
    others: tuple[frozenset[int], ...] = ()
    exact: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Parts taken as one note, and the groups (by position in the list) that may belong to it as well, with what is known
    of each (`fits`, in the order of `maybe`). `proof`: None for single parts and where a person said so."""

    parts: tuple[Part, ...]
    mask: Mask
    maybe: tuple[int, ...] = ()
    fits: tuple[Weighed, ...] = ()
    proof: Proof | None = None

    @property
    def ratio(self) -> float:
        """Share of the note that the united mask covers."""
        return float(self.mask.mean())

    @property
    def indices(self) -> frozenset[int]:
        """Of its parts."""
        return frozenset(part.index for part in self.parts)


def single(part: Part) -> Group:
    """A group of one."""
    return Group((part,), part.front_mask)


def united(groups: Sequence[Group], proof: Proof | None = None) -> Group:
    """One group of several, its parts in order."""
    parts = sorted((part for group in groups for part in group.parts), key=lambda part: part.index)
    mask = groups[0].mask
    for group in groups[1:]:
        mask = mask | group.mask
    return Group(tuple(parts), mask, proof=proof)


def of_one_kind(a: Group, b: Group) -> bool:
    """Same note as far as known."""
    r, s = (group.parts[0].registered.reference for group in (a, b))
    if (r.issuer, r.denomination) != (s.issuer, s.denomination) or a.mask.shape != b.mask.shape:
        return False
    sure = {p.registered.reference.note_key for g in (a, b) for p in g.parts if p.edition_certain}
    return len(sure) < 2


def may_be_one(a: Group, b: Group) -> bool:
    """Same note as far as known, and their places in it do not overlap."""
    return of_one_kind(a, b) and free_of_each_other(a.mask, b.mask)


def free_of_each_other(a: Mask, b: Mask) -> bool:
    """Whether two masks of one note overlap by no more than laying in may be wrong: little, or a sliver along the tear."""
    both = a & b
    size = np.count_nonzero(both)
    smaller = min(np.count_nonzero(a), np.count_nonzero(b))
    if size <= OVERLAP_SHARE_MAX * smaller + OVERLAP_MM2_MAX * CANVAS_PX_PER_MM**2:
        return True
    x, y, width, height = cv2.boundingRect(both.astype(np.uint8))
    inner = np.pad(both[y : y + height, x : x + width], 1).astype(np.uint8)
    deep = 2 * float(cv2.distanceTransform(inner, cv2.DIST_L2, 5).max()) / CANVAS_PX_PER_MM
    return deep <= OVERLAP_DEEP_MM_MAX


def kept_apart(a: Group, b: Group, apart: Sequence[frozenset[int]]) -> bool:
    """Whether a person said that these are two notes."""
    return any(a.indices & pieces and b.indices & pieces for pieces in apart)
