"""How long cases take, kept as counts in fixed classes, so that days, outlets and kinds can be added up.

Problem. A median over ten million cases is read each time somebody opens the page, and medians cannot be added: that of a
city is not made from those of its outlets. Keeping every duration is a second case table.

Choice. Fifteen classes, each about twice as wide as the one before. Adding two outlets is adding their counts. A quantile
is read off the summed counts, going evenly through the class it falls into. Example: 10 cases under half an hour and
10 from 1 to 2 days: the median is at the upper end of the first class, 30 minutes; nine tenths are done after
1 day + 0.8 of a day, 2,592 minutes. The error is at most the width of one class.

Left out: means (one forgotten case moves them), and sketches that are exact at the ends: a head of an outlet asks whether
it takes hours, days or weeks.
"""

from __future__ import annotations

from collections.abc import Sequence

HOUR, DAY = 60, 24 * 60
EDGES_MINUTES: tuple[int, ...] = (
    30, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY, 2 * DAY, 3 * DAY, 5 * DAY, 10 * DAY, 20 * DAY, 40 * DAY, 80 * DAY, 160 * DAY,
)  # fmt: skip
"""Upper edges of all classes but the last, which is open."""
CLASSES = len(EDGES_MINUTES) + 1


def quantile_minutes(counts: Sequence[int], share: float) -> int | None:
    """After how many minutes this share of the cases was done; None without cases. `counts`: one for each class.

    In the open last class the answer is its lower edge ("more than").
    """
    if len(counts) != CLASSES or any(n < 0 for n in counts) or not 0 < share <= 1:
        raise ValueError("counts of all classes and a share between 0 and 1")
    total = sum(counts)
    if not total:
        return None
    wanted, passed = share * total, 0
    for place, count in enumerate(counts):
        if passed + count >= wanted:
            low = EDGES_MINUTES[place - 1] if place else 0
            if place == CLASSES - 1:
                return low
            return round(low + (EDGES_MINUTES[place] - low) * (wanted - passed) / count)
        passed += count
    return EDGES_MINUTES[-1]


def added(rows: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The counts of several rows together."""
    return tuple(sum(column) for column in zip(*rows, strict=True)) if rows else (0,) * CLASSES
