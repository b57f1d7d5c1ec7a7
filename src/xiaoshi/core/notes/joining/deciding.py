"""From pieces to groups: weigh, solve, keep what is sure, and say what else may belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.joining.edges import Shape
from xiaoshi.core.notes.joining.evidence import weigh
from xiaoshi.core.notes.joining.partition import Pair, components, sure_sets
from xiaoshi.core.notes.joining.parts import (
    Group,
    Mask,
    Part,
    Proof,
    Weighed,
    free_of_each_other,
    kept_apart,
    may_be_one,
    of_one_kind,
    single,
    united,
)
from xiaoshi.core.notes.register import CANVAS_PX_PER_MM

PRICE_BITS, PRICE_ACROSS_BITS = 5.0, 11.0
MARGIN_BITS = 10.0
WHOLE = 0.985
"""A group that covers this much of its note waits for no other."""
_CELL_MM = 2.0


def join(
    parts: Sequence[Part],
    together: Sequence[frozenset[int]] = (),
    apart: Sequence[frozenset[int]] = (),
) -> list[Group]:
    """Groups of parts, each group in the order of its parts, with the doubts between groups of one picture.

    `together`, `apart`: indices of parts that a person says are of one note, or are not. What was said to be one is one
    where it can be (`may_be_one`); no two of what was said to be different are joined or doubted.
    """
    known: dict[frozenset[frozenset[int]], Weighed] = {}
    begun = _begun([single(part) for part in sorted(parts, key=lambda part: part.index)], together)
    pictures = sorted({part.image for part in parts})
    groups: list[Group] = []
    for picture in pictures:
        here = [group for group in begun if group.parts[0].image == picture]
        groups += _joined(here, apart, PRICE_BITS, known)
    if len(pictures) > 1:
        groups = _joined(groups, apart, PRICE_ACROSS_BITS, known, across=True)
    groups.sort(key=lambda group: group.parts[0].index)
    return _with_doubts(groups, apart, known)


def _begun(groups: list[Group], together: Sequence[frozenset[int]]) -> list[Group]:
    """The groups with what a person joined united, as far as the parts can be one note."""
    for wanted in together:
        one = [group for group in groups if group.indices & wanted]
        fits = all(may_be_one(a, b) for n, a in enumerate(one) for b in one[n + 1 :])
        if len(one) > 1 and fits:
            groups = [group for group in groups if group not in one] + [united(one)]
    return groups


def _joined(
    groups: list[Group],
    apart: Sequence[frozenset[int]],
    price: float,
    known: dict[frozenset[frozenset[int]], Weighed],
    *,
    across: bool = False,
) -> list[Group]:
    """The groups with what is surely one note united. `across`: only groups of different pictures are weighed."""
    weighed: dict[Pair, Weighed] = {}
    bits: dict[Pair, float | None] = {}
    for kind in _kinds(groups):
        shapes = _Shapes(groups, kind)
        for i, j in shapes.free_pairs():
            a, b = groups[i], groups[j]
            if (across and _share_a_picture(a, b)) or not of_one_kind(a, b) or kept_apart(a, b, apart):
                bits[i, j] = None
                continue
            if across and not shapes.close(i, j):
                continue
            told = weigh(a, b, shapes.of(i), shapes.of(j))
            known[frozenset((a.indices, b.indices))] = weighed[i, j] = told
            bits[i, j] = None if told.never else told.bits
        for i, j in shapes.taken_pairs():
            bits[i, j] = None
    left = set(range(len(groups)))
    out: list[Group] = []
    for units in components(len(groups), bits):
        if len(units) < 2:
            continue
        for sure in sure_sets(units, bits, price, MARGIN_BITS):
            inside = sorted(sure.units)
            pairs = [(i, j) for n, i in enumerate(inside) for j in inside[n + 1 :]]
            value = sum(bits.get(pair) or 0.0 for pair in pairs) - price * (len(inside) - 1)
            others = () if sure.rival is None else tuple(s for s in sure.rival.sets if s & sure.units)
            before = tuple(w for i in inside if (p := groups[i].proof) is not None for w in p.weighed)
            proof = Proof(
                (*before, *(weighed[pair] for pair in pairs if pair in weighed)),
                value,
                min([sure.margin, *(p.margin_bits for i in inside if (p := groups[i].proof) is not None)]),
                tuple(frozenset(n for unit in units for n in groups[unit].indices) for units in others),
                sure.exact,
            )
            out.append(united([groups[i] for i in inside], proof))
            left -= sure.units
    return out + [groups[i] for i in sorted(left)]


def _with_doubts(
    groups: list[Group], apart: Sequence[frozenset[int]], known: dict[frozenset[frozenset[int]], Weighed]
) -> list[Group]:
    """The groups with what may belong to each: of one picture, free of each other, and not excluded by the evidence."""
    maybe: list[list[tuple[int, Weighed]]] = [[] for _ in groups]
    for kind in _kinds(groups):
        shapes = _Shapes(groups, kind)
        for i, j in shapes.free_pairs():
            a, b = groups[i], groups[j]
            if not _share_a_picture(a, b) or not of_one_kind(a, b) or kept_apart(a, b, apart):
                continue
            told = known.get(frozenset((a.indices, b.indices))) or weigh(a, b, shapes.of(i), shapes.of(j))
            if told.bits - PRICE_BITS > -MARGIN_BITS:
                maybe[i].append((j, told))
                maybe[j].append((i, told))
    return [
        replace(group, maybe=tuple(k for k, _ in found), fits=tuple(told for _, told in found))
        for group, found in zip(groups, (sorted(m, key=lambda item: item[0]) for m in maybe), strict=True)
    ]


def _kinds(groups: list[Group]) -> list[list[int]]:
    """Positions of groups of one face value and size."""
    found: dict[tuple[str, str, tuple[int, ...]], list[int]] = {}
    for n, group in enumerate(groups):
        r = group.parts[0].registered.reference
        found.setdefault((r.issuer, str(r.denomination), group.mask.shape), []).append(n)
    return [kind for kind in found.values() if len(kind) > 1]


def _share_a_picture(a: Group, b: Group) -> bool:
    return bool({part.image for part in a.parts} & {part.image for part in b.parts})


class _Shapes:
    """The groups of one kind prepared for being compared; coarse masks screen the pairs first."""

    def __init__(self, groups: list[Group], kind: list[int]) -> None:
        self._groups = groups
        self._kind = kind
        self._shapes: dict[int, Shape] = {}
        step = round(_CELL_MM * CANVAS_PX_PER_MM)
        coarse = np.stack([_cells(groups[n].mask, step) for n in kind])
        flat = coarse.reshape(len(kind), -1)
        near = np.stack(
            [cv2.dilate(cells, np.ones((3, 3), np.uint8)) for cells in (coarse > 0.02).astype(np.uint8)]
        )
        rim = near.reshape(len(kind), -1).astype(np.float32)
        self._both = flat @ flat.T * _CELL_MM**2
        self._close = rim @ rim.T
        self._area = flat.sum(axis=1) * _CELL_MM**2
        self._at = {n: k for k, n in enumerate(kind)}
        self._free: dict[Pair, bool] = {}

    def of(self, n: int) -> Shape:
        """Prepared once."""
        if n not in self._shapes:
            self._shapes[n] = Shape.of(self._groups[n].mask)
        return self._shapes[n]

    def close(self, i: int, j: int) -> bool:
        """Whether their edges can come within a millimetre over some length."""
        return bool(self._close[self._at[i], self._at[j]] >= 3)

    def free_pairs(self) -> list[Pair]:
        """Pairs whose places do not overlap."""
        return [pair for pair in self._pairs() if self._is_free(*pair)]

    def taken_pairs(self) -> list[Pair]:
        """Pairs that lie on each other in the note."""
        return [pair for pair in self._pairs() if not self._is_free(*pair)]

    def _pairs(self) -> list[Pair]:
        return [(i, j) for k, i in enumerate(self._kind) for j in self._kind[k + 1 :]]

    def _is_free(self, i: int, j: int) -> bool:
        if (i, j) not in self._free:
            k, m = self._at[i], self._at[j]
            # Half covered cells on either side of a seam count as overlap here: only what is far beyond it is decided so.
            sure = self._both[k, m] > 400 + 0.1 * min(self._area[k], self._area[m])
            self._free[i, j] = not sure and free_of_each_other(self._groups[i].mask, self._groups[j].mask)
        return self._free[i, j]


def _cells(mask: Mask, step: int) -> NDArray[np.float32]:
    """Share of paper in each cell of `step` px."""
    size = (max(1, mask.shape[1] // step), max(1, mask.shape[0] // step))
    soft = mask.astype(np.uint8) * 255
    return np.asarray(cv2.resize(soft, size, interpolation=cv2.INTER_AREA) / 255, np.float32)
