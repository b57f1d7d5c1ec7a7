"""The best partition of pieces into notes, exactly, and what the next best is worth.

Given bits for every pair (None: the two must not be in one note) and a price for every piece that joins another, find the
partition with the largest sum. Joining is transitive, so this is clique partitioning; with conflicts it has no greedy answer:
three pieces of which 1-2 fits with 20 bits, 2-3 with 18, and 1-3 lie on each other: taking the best pair first is right here, and wrong
as soon as 4 fits 1 as well. Components that no positive bit connects are solved apart; they are small, so CP-SAT proves
the optimum in milliseconds (one worker, fixed seed, bounded by deterministic time: same input, same answer).

The margin of a pair is the best sum less the best sum with that pair parted. Whoever parts 1 from 3 parts 1 from 2 or 2 from 3, so
"margin of at least m" is an equivalence: the sure part of every note is well defined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

Pair = tuple[int, int]

UNITS_MAX = 40
DETERMINISTIC_S_MAX = 2.0
_CENT = 100


@dataclass(frozen=True, slots=True)
class Partition:
    """Sets of units, each in order; `value`: the sum in bits."""

    sets: tuple[frozenset[int], ...]
    value: float


@dataclass(frozen=True, slots=True)
class Sure:
    """A set that is one note by at least the margin asked for. `margin`: the least of its pairs'; `rival`: the best
    partition that parts it; `exact`: found by exact search."""

    units: frozenset[int]
    margin: float
    rival: Partition | None
    exact: bool = True


def components(count: int, bits: Mapping[Pair, float | None]) -> list[list[int]]:
    """Units connected by positive bits, in order."""
    of = list(range(count))

    def root(unit: int) -> int:
        while of[unit] != unit:
            unit = of[unit]
        return unit

    for (i, j), value in bits.items():
        if value is not None and value > 0:
            one, two = sorted((root(i), root(j)))
            of[two] = one
    found: dict[int, list[int]] = {}
    for unit in range(count):
        found.setdefault(root(unit), []).append(unit)
    return list(found.values())


def best_partition(
    units: Sequence[int], bits: Mapping[Pair, float | None], price: float, parted: Pair | None = None
) -> Partition | None:
    """The partition of `units` with the largest sum of bits less `price` for each piece that joins; `parted`: a pair that must
    not be in one set. Pairs that `bits` lacks count 0. None where the optimum was not proven in time."""
    if len(units) > UNITS_MAX:
        return None
    model = cp_model.CpModel()
    n = len(units)
    x: dict[Pair, cp_model.IntVar] = {}
    terms = []
    for i in range(n):
        for j in range(i + 1, n):
            pair = (units[i], units[j])
            value = bits.get(pair, 0.0)
            if value is None or pair == parted:
                continue
            x[i, j] = model.new_bool_var(f"x{i}_{j}")
            terms.append(round(value * _CENT) * x[i, j])
    for i in range(n):
        for j in range(i + 1, n):
            for k in range(j + 1, n):
                trio = [x.get(pair) for pair in ((i, j), (j, k), (i, k))]
                for missing in range(3):
                    two = [trio[m] for m in range(3) if m != missing]
                    if two[0] is not None and two[1] is not None:
                        third = trio[missing]
                        model.add(two[0] + two[1] <= (1 if third is None else 1 + third))
    for j in range(1, n):
        earlier = [x[i, j] for i in range(j) if (i, j) in x]
        if earlier:
            joins = model.new_bool_var(f"j{j}")
            model.add_max_equality(joins, earlier)
            terms.append(-round(price * _CENT) * joins)
    model.maximize(sum(terms))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = DETERMINISTIC_S_MAX
    if solver.solve(model) != cp_model.OPTIMAL:
        return None
    linked = [(units[i], units[j]) for (i, j), var in x.items() if solver.value(var)]
    return Partition(_sets(units, linked), solver.objective_value / _CENT)


def _sets(units: Sequence[int], linked: Sequence[Pair]) -> tuple[frozenset[int], ...]:
    of = {unit: unit for unit in units}
    for i, j in linked:
        low, high = sorted((of[i], of[j]))
        of = {unit: (low if root == high else root) for unit, root in of.items()}
    return tuple(frozenset(unit for unit in units if of[unit] == root) for root in sorted(set(of.values())))


def sure_sets(
    units: Sequence[int], bits: Mapping[Pair, float | None], price: float, margin: float
) -> list[Sure]:
    """What is one note by at least `margin` bits, of one component; other units are in no set."""
    if len(units) == 2:
        value = bits.get((units[0], units[1]))
        gain = -price if value is None else value - price
        alone = Partition(tuple(frozenset((unit,)) for unit in units), 0.0)
        return [Sure(frozenset(units), gain, alone)] if gain >= margin else []
    best = best_partition(units, bits, price)
    if best is None:
        return _proof_only(units, bits, price, margin)
    found: list[Sure] = []
    for whole in best.sets:
        rest = sorted(whole)
        while len(rest) > 1:
            first, together = rest[0], [rest[0]]
            least, rival = float("inf"), None
            for other in rest[1:]:
                next_best = best_partition(units, bits, price, parted=(first, other))
                gap = -1.0 if next_best is None else best.value - next_best.value
                if gap >= margin:
                    together.append(other)
                    if gap < least:
                        least, rival = gap, next_best
            if len(together) > 1:
                found.append(Sure(frozenset(together), least, rival))
            rest = [unit for unit in rest if unit not in together]
    return found


def _proof_only(
    units: Sequence[int], bits: Mapping[Pair, float | None], price: float, margin: float
) -> list[Sure]:
    """Where the optimum is not to be had: pairs that prove themselves twice over and have no rival at all."""
    strong = {pair: value for pair, value in bits.items() if value is not None and value - price >= margin}
    mine = set(units)
    strong = {pair: value for pair, value in strong.items() if set(pair) <= mine}
    found: list[Sure] = []
    for pair, value in sorted(strong.items(), key=lambda item: (-item[1], item[0])):
        rivals = [other for other in strong if other != pair and set(other) & set(pair)]
        if value - price >= 2 * margin and not rivals:
            found.append(Sure(frozenset(pair), value - price, None, exact=False))
    return found
