"""Durations in classes: quantiles against the exact ones of generated cases, and adding up."""

from __future__ import annotations

from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaoshi.core.figures.durations import CLASSES, DAY, EDGES_MINUTES, added, quantile_minutes


def counts_of(minutes: list[int]) -> list[int]:
    counts = [0] * CLASSES
    for m in minutes:
        counts[bisect_right(EDGES_MINUTES, m)] += 1
    return counts


def test_the_example_of_the_module():
    counts = counts_of([10] * 10 + [int(1.5 * DAY)] * 10)
    assert quantile_minutes(counts, 0.5) == 30
    assert quantile_minutes(counts, 0.9) == 2592


def test_nothing_and_nonsense():
    assert quantile_minutes([0] * CLASSES, 0.5) is None
    for bad in ([0], [-1] + [0] * (CLASSES - 1)):
        with pytest.raises(ValueError, match="counts"):
            quantile_minutes(bad, 0.5)


@given(st.lists(st.integers(0, 159 * DAY), min_size=1, max_size=60), st.sampled_from([0.25, 0.5, 0.9, 1.0]))
def test_a_quantile_is_in_the_class_of_the_exact_one(minutes: list[int], share: float):
    ordered = sorted(minutes)
    exact = ordered[max(0, -(-len(ordered) * share // 1).__int__() - 1)]
    place = bisect_right(EDGES_MINUTES, exact)
    low, high = (EDGES_MINUTES[place - 1] if place else 0), EDGES_MINUTES[place]
    found = quantile_minutes(counts_of(minutes), share)
    assert found is not None
    assert low <= found <= high


@given(st.lists(st.lists(st.integers(0, 200 * DAY), max_size=20), max_size=5))
def test_adding_up_is_counting_together(groups: list[list[int]]):
    together = counts_of([m for group in groups for m in group])
    assert list(added([counts_of(group) for group in groups])) == together
