"""The rule's order: first what is never exchanged, then the cross-shaped gap, then the bands.

Masks are drawn by hand on a note of 155 x 77 mm at 6 px a millimetre; every share can be worked out on paper.
"""

from __future__ import annotations

import numpy as np
import pytest

from xiaoshi.core.notes.cross_gap import cross_gap
from xiaoshi.core.notes.model import Share
from xiaoshi.core.notes.register import CANVAS_PX_PER_MM
from xiaoshi.core.notes.verdicts import judge
from xiaoshi.core.rules.note_rules import RULE_SETS, rule_set

NOTE_MM2 = 155.0 * 77.0

ENDS = """
# rule      face   low    high   cross  verdict    fen    low    high   first reason
cny-2026    100    0.30   0.49   no     none       0      0      0      ratio_below_lowest_threshold
cny-2026    0.01   0.45   0.60   no     none       0      0      0      ratio_below_lowest_threshold
cny-2026    0.01   0.55   0.60   no     none       0      0      0      amount_below_one_fen
cny-2026    0.01   0.60   0.76   no     undecided  0      0      1      interval_crosses_threshold
cny-2026    100    0.73   0.77   no     undecided  0      5000   10000  interval_crosses_threshold
cny-2026    100    0.73   0.77   yes    half       5000   5000   5000   cross_gap_half
cny-2026    100    0.78   0.79   yes    half       5000   5000   5000   cross_gap_half
cny-2026    100    0.48   0.77   yes    undecided  0      0      5000   interval_crosses_threshold
cny-2026    0.01   0.74   0.77   yes    none       0      0      0      amount_below_one_fen
eur-ecb-2013-10 100 0.74  0.77   yes    full       10000  10000  10000  ratio_reaches_full_threshold
jpy-boj     1      0.39   0.60   no     none       0      0      0      ratio_below_lowest_threshold
"""


@pytest.mark.parametrize("row", [line.split() for line in ENDS.strip().splitlines()[1:]])
def test_both_ends_through_the_order(row):
    rule, face, low, high, cross, verdict, *amounts, first = row
    share = Share((float(low) + float(high)) / 2, float(low), float(high), 0.5)
    told = judge(rule_set(rule), float(face), NOTE_MM2, share, cross=cross == "yes")
    assert told.verdict == verdict
    assert [told.amount_fen, told.amount_low_fen, told.amount_high_fen] == [int(v) for v in amounts]
    assert told.reasons[0].code == first


def test_order_of_2026_asks_genuineness_and_denomination_before_area_and_amount():
    assert [never.asks for never in rule_set("cny-2026").never] == [
        "genuineness",
        "denomination",
        "area",
        "amount",
    ]
    for rules in RULE_SETS:
        assert all(never.words.zh and never.words.en for never in rules.never)


def _note(upright=(67.0, 88.0), across=(33.6, 43.3), width=155, height=77, burnt_corner_mm=0.0):
    mask = np.ones((round(height * CANVAS_PX_PER_MM), round(width * CANVAS_PX_PER_MM)), bool)
    mask[:, round(upright[0] * CANVAS_PX_PER_MM) : round(upright[1] * CANVAS_PX_PER_MM)] = False
    mask[round(across[0] * CANVAS_PX_PER_MM) : round(across[1] * CANVAS_PX_PER_MM)] = False
    corner = round(burnt_corner_mm * CANVAS_PX_PER_MM)
    mask[:corner, :corner] = False
    return mask


CROSSES = {
    # 21/155 + 9.7/77 - product = 0.1355 + 0.1260 - 0.0171 = 0.2444 missing
    "regular": (_note(), "clear"),
    "30 mm off the middle": (_note(upright=(37.0, 58.0)), "suspected"),
    "corner burnt away": (_note(burnt_corner_mm=20.0), "suspected"),
    # 12/155 + 9.7/77 - product = 0.194: not a quarter
    "narrow": (_note(upright=(71.5, 83.5)), "suspected"),
    "bar upright only": (_note(across=(0.0, 0.0)), None),
    "whole": (_note(upright=(0.0, 0.0), across=(0.0, 0.0)), None),
}


@pytest.mark.parametrize("name", CROSSES)
def test_cross_on_the_canvas(name):
    mask, expected = CROSSES[name]
    gap = cross_gap(mask)
    assert (None if gap is None else "clear" if gap.clear else "suspected") == expected


def test_widths_of_the_bars():
    gap = cross_gap(_note())
    assert gap.upright_mm == pytest.approx(21.0, abs=0.2)
    assert gap.across_mm == pytest.approx(9.7, abs=0.2)
    assert gap.missing == pytest.approx(0.2444, abs=0.002)
