"""The exact partition beside one found by trying everything; what is sure; and joining on drawn notes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaoshi.core.notes.joining import join
from xiaoshi.core.notes.joining.drawn import torn_notes
from xiaoshi.core.notes.joining.partition import best_partition, components, sure_sets
from xiaoshi.core.notes.joining.parts import free_of_each_other
from xiaoshi.core.notes.register import CANVAS_PX_PER_MM

from .drawn_parts import left_of, parts_of, right_of, wave

PRICE, MARGIN = 5.0, 10.0


def every_partition(units):
    if not units:
        yield []
        return
    first, rest = units[0], units[1:]
    for smaller in every_partition(rest):
        yield [{first}, *smaller]
        for n in range(len(smaller)):
            yield [*smaller[:n], smaller[n] | {first}, *smaller[n + 1 :]]


def worth(sets, bits):
    total = 0.0
    for each in sets:
        for pair in itertools.combinations(sorted(each), 2):
            value = bits.get(pair, 0.0)
            if value is None:
                return None
            total += value
        total -= PRICE * (len(each) - 1)
    return total


def best_by_trying(units, bits, parted=None):
    found = (
        worth(sets, bits)
        for sets in every_partition(units)
        if parted is None or not any(set(parted) <= each for each in sets)
    )
    return max(value for value in found if value is not None)


@st.composite
def weighed(draw):
    count = draw(st.integers(2, 5))
    value = st.one_of(st.none(), st.integers(-12, 30).map(float), st.just(0.0))
    return list(range(count)), {pair: draw(value) for pair in itertools.combinations(range(count), 2)}


@given(weighed())
@settings(max_examples=60, deadline=None)
def test_the_partition_is_the_best_of_all(case):
    units, bits = case
    found = best_partition(units, bits, PRICE)
    assert found is not None
    assert found.value == pytest.approx(best_by_trying(units, bits))
    assert worth([set(each) for each in found.sets], bits) == pytest.approx(found.value)


@given(weighed())
@settings(max_examples=30, deadline=None)
def test_what_is_sure_costs_the_margin_to_part(case):
    units, bits = case
    told = sure_sets(units, bits, PRICE, MARGIN)
    best = best_by_trying(units, bits)
    together = {pair for each in told for pair in itertools.combinations(sorted(each.units), 2)}
    for pair in itertools.combinations(units, 2):
        gap = best - best_by_trying(units, bits, parted=pair)
        assert (pair in together) == (gap >= MARGIN - 1e-9), (pair, gap)


@pytest.mark.parametrize(
    ("bits", "sure"),
    [
        ({(0, 1): 20.0}, [{0, 1}]),
        ({(0, 1): 14.0}, []),  # the price of 5 and the margin of 10
        ({(0, 1): 30.0, (0, 2): 28.0, (1, 2): None}, []),  # two fit one edge: a person's choice
        ({(0, 1): 40.0, (0, 2): 28.0, (1, 2): None}, [{0, 1}]),
        ({(0, 1): 20.0, (1, 2): 20.0}, [{0, 1, 2}]),
        ({(0, 1): 20.0, (1, 2): 20.0, (0, 2): None}, []),
        ({(0, 1): 20.0, (1, 2): 20.0, (0, 2): -12.0}, []),
    ],
)
def test_rivals_and_conflicts(bits, sure):
    units = sorted({unit for pair in bits for unit in pair})
    assert [set(each.units) for each in sure_sets(units, bits, PRICE, MARGIN)] == sure


def test_components_are_what_positive_bits_connect():
    assert components(5, {(0, 1): 3.0, (1, 4): 0.5, (2, 3): -1.0, (0, 3): None}) == [[0, 1, 4], [2], [3]]


def test_drawn_notes_are_joined_and_never_two_into_one():
    right = wrong = 0
    for tin in range(2):
        pieces = torn_notes(np.random.default_rng([901, tin]), 5, size_mm=(150.0, 75.0), parts=(2, 3))
        for group in join(parts_of([piece.mask for piece in pieces])):
            notes = {pieces[n].note for n in group.indices}
            wrong += len(notes) > 1
            right += len(notes) == 1 and len(group.parts) > 1
    assert wrong == 0
    assert right >= 4


def test_pieces_laid_over_each_other_by_a_sliver_are_free_and_by_a_patch_are_not():
    tear = wave(3)
    left, right = left_of(tear, gap_mm=-0.7), right_of(tear, gap_mm=-0.7)
    right[:, round(95 * CANVAS_PX_PER_MM) :] = False  # a strip of 20 mm: two hundredths of it are 30 mm2
    assert np.count_nonzero(left & right) / CANVAS_PX_PER_MM**2 > 50
    assert free_of_each_other(left, right)
    patch = right.copy()
    rows = round(20 * CANVAS_PX_PER_MM)
    patch[:rows, round(66 * CANVAS_PX_PER_MM) : round(95 * CANVAS_PX_PER_MM)] = True
    assert not free_of_each_other(left, patch)


def test_same_input_same_answer():
    pieces = torn_notes(np.random.default_rng(77), 4, size_mm=(150.0, 75.0), parts=(3, 4))
    parts = parts_of([piece.mask for piece in pieces])
    told = [[(sorted(g.indices), g.maybe) for g in join(parts)] for _ in range(2)]
    assert told[0] == told[1]
