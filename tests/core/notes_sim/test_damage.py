"""One note, burnt or torn: the masks are the truth, and the verdict's bounds belong to the better side."""

import numpy as np
import pytest

from xiaoshi.core.notes.damage import ASH_MM2, PX_PER_MM, damage, wanted_ratio
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.notes.simulate import TruthNote, verdict_of


def note(denomination=100, width=60.0, height=30.0):
    image = np.random.default_rng(0).integers(90, 255, (150, 300, 3), np.uint8)
    return Reference("XTS", "1", "2001", denomination, "front", width, height, image)


@pytest.mark.parametrize("kind", ["burnt", "torn"])
@pytest.mark.parametrize("seed", range(4))
def test_ratios_are_what_the_masks_count(kind, seed):
    made = damage(note(), kind, np.random.default_rng(seed))
    area = 600 * 300
    assert made.labels.shape == (300, 600)
    assert made.ratio == np.count_nonzero(made.labels) / area
    assert made.legible_ratio == np.count_nonzero(made.legible) / area
    assert not (made.legible & (made.labels == 0)).any()
    sizes = np.bincount(made.labels.ravel())[1:]
    assert (sizes >= ASH_MM2 * PX_PER_MM**2).all()
    assert (np.diff(sizes) <= 0).all()


@pytest.mark.parametrize("keep", [0.4, 0.6, 0.8, 0.95])
def test_what_is_asked_is_kept_but_for_ash_and_tears(keep):
    made = damage(note(100, 150.0, 70.0), "burnt", np.random.default_rng(7), keep=keep)
    assert keep - 0.06 < made.ratio < keep + 0.01


def test_a_burnt_note_is_charred_and_a_torn_one_is_not():
    burnt = damage(note(), "burnt", np.random.default_rng(3), keep=0.7)
    torn = damage(note(), "torn", np.random.default_rng(3), keep=0.7)
    assert burnt.legible_ratio < burnt.ratio
    assert torn.legible_ratio == torn.ratio
    assert burnt.picture[burnt.labels > 0].min() < 40
    assert np.percentile(torn.picture[torn.labels > 0], 2) > 45


def test_shrinkage_stays_within_four_percent():
    for seed in range(6):
        shift = damage(note(), "burnt", np.random.default_rng(seed)).shift_mm
        strain_x = np.diff(shift[..., 0], axis=1) * PX_PER_MM
        assert np.median(strain_x) > -0.06
        assert np.abs(shift).max() < 0.05 * 30


def test_half_of_the_notes_are_worth_all_and_a_fifth_nothing():
    rng = np.random.default_rng(1)
    kept = np.array([wanted_ratio(rng) for _ in range(4000)])
    shares = [(kept >= 0.75).mean(), ((kept >= 0.5) & (kept < 0.75)).mean(), (kept < 0.5).mean()]
    assert np.allclose(shares, [0.45, 0.35, 0.20], atol=0.03)


# remaining ratio, denomination in yuan -> verdict, fen paid
VERDICTS = """
1.0             100   full  10000
0.75            100   full  10000
0.7499999999    100   half   5000
0.5             100   half   5000
0.4999999999    100   none      0
0.5               1   half     50
0.6            0.05   half      2
0.6            0.01   half      0
"""


@pytest.mark.parametrize("row", VERDICTS.split("\n")[1:-1])
def test_verdict_and_amount(row):
    ratio, denomination, verdict, fen = row.split()
    truth = TruthNote(note(float(denomination)), "burnt", float(ratio), float(ratio))
    assert (verdict_of(float(ratio)), truth.verdict, truth.amount_fen) == (verdict, verdict, int(fen))
