"""The parts of the interval, each against a case whose answer is known: edges by contrast, the map's spread, the strata."""

from __future__ import annotations

import numpy as np
import pytest

from xiaoshi.core.notes.edges import edge_share
from xiaoshi.core.notes.identify import Pose
from xiaoshi.core.notes.interval import FACTORS, FLOOR, Doubt, share_of
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.notes.register import (
    CANVAS_PX_PER_MM,
    PAD_MM,
    TERMS,
    Bits,
    _basis,
    _spread,
    _unit,
    fit_displacement,
)

REFERENCE = Reference("CNY", "5", "2005", 100, "front", 155.0, 77.0, np.zeros((8, 8, 3), np.uint8))
MAT, CHAR, WHITE, GREYISH = (196, 84, 12), (28, 30, 32), (225, 230, 232), (150, 70, 40)


def _square(colour):
    picture = np.full((480, 480, 3), MAT, np.uint8)
    drawn = np.zeros((480, 480), bool)
    drawn[120:360, 120:360] = True  # 40 mm a side, 160 mm of edge
    picture[drawn] = colour
    return picture, drawn


def test_edges_by_their_contrast():
    char, white, poor = (edge_share(*_square(colour), 6.0, 8.0) for colour in (CHAR, WHITE, GREYISH))
    assert white < char < poor
    # Char stands 171 levels from this mat: 0.05 x (110 / 171)^(1/2) = 0.040 mm along 160 mm = 6.4 mm2.
    assert char == pytest.approx(6.4, rel=0.15)
    # A quarter of a pixel at 4 px a millimetre is 0.0625 mm: 10 mm2, whatever the contrast.
    assert edge_share(*_square(WHITE), 6.0, 4.0) == pytest.approx(10.0, rel=0.15)


def _pose(at_mm):
    return Pose(
        1 + 0j, 0j, at_mm.astype(np.float32), at_mm.astype(np.float32), np.arange(len(at_mm)), len(at_mm)
    )


def _drawn():
    """The left two thirds of the note, on the padded canvas."""
    pad = round(PAD_MM * CANVAS_PX_PER_MM)
    drawn = np.zeros((462 + 2 * pad, 930 + 2 * pad), bool)
    drawn[pad : pad + 462, pad : pad + 620] = True
    return drawn


def test_spread_of_the_map_is_that_of_maps_drawn_one_by_one():
    rng = np.random.default_rng(5)
    at = rng.uniform((5, 5), (60, 72), (60, 2))
    _, covariance, _ = fit_displacement(_pose(at), REFERENCE)
    told = _spread(_drawn(), covariance, REFERENCE)
    # The right edge x = 103.3 mm moves by d: the area by the integral of d along it; top, bottom and left likewise.
    root = np.linalg.cholesky(4 * covariance + 1e-12 * np.eye(TERMS))
    length = np.linspace(0, 77, 155)
    along = np.linspace(0, 103.3, 207)
    sides = [
        (np.stack([np.full_like(length, 103.3), length], 1), 0, 1.0),
        (np.stack([np.zeros_like(length), length], 1), 0, -1.0),
        (np.stack([along, np.full_like(along, 77.0)], 1), 1, 1.0),
        (np.stack([along, np.zeros_like(along)], 1), 1, -1.0),
    ]
    areas = []
    for _ in range(400):
        coefficients = root @ rng.standard_normal((TERMS, 2))
        area = 0.0
        for points, axis, sign in sides:
            moved = (_basis(*_unit(points, REFERENCE)) @ coefficients)[:, axis]
            step = 77 / 154 if axis == 0 else 103.3 / 206
            area += sign * float(((moved[1:] + moved[:-1]) / 2).sum()) * step
        areas.append(area / (155 * 77))
    assert told == pytest.approx(float(np.std(areas)), rel=0.15)


def test_matches_all_over_make_the_map_surer_than_matches_in_a_corner():
    rng = np.random.default_rng(6)
    everywhere = fit_displacement(_pose(rng.uniform((2, 2), (102, 75), (300, 2))), REFERENCE)[1]
    corner = fit_displacement(_pose(rng.uniform((2, 2), (25, 25), (300, 2))), REFERENCE)[1]
    assert 5 * _spread(_drawn(), everywhere, REFERENCE) < _spread(_drawn(), corner, REFERENCE)


@pytest.mark.parametrize("shape", [(1, 1), (462, 930), (7, 13)])
def test_packed_masks_come_back(shape):
    mask = np.random.default_rng(1).random(shape) > 0.5
    again = Bits.of(mask).mask
    assert again.dtype == bool
    assert (again == mask).all()


def test_width_is_the_factor_of_the_stratum_times_the_unit():
    doubt = Doubt(edge=0.002, map=0.001, far=0.0, charred=0.03, mm_per_px=0.12)
    assert doubt.unit == pytest.approx((0.002**2 + 0.001**2 + FLOOR**2) ** 0.5)
    assert doubt.stratum == "fine, charred"
    share = share_of(0.6, 0.57, doubt, carbonised_counts=True)
    assert share.high - share.value == pytest.approx(FACTORS["fine, charred"] * doubt.unit)
    assert share.value - share.low == pytest.approx(share.high - share.value)
    more = share_of(0.6, 0.57, doubt, carbonised_counts=True, may_add=0.05)
    assert (more.low, more.value) == (share.low, share.value)
    assert more.high == pytest.approx(share.high + 0.05)
    assert share_of(0.6, 0.57, doubt, carbonised_counts=True, unseen=True).high == 1.0


def test_notes_with_char_never_get_a_smaller_factor():
    for size in ("fine", "coarse"):
        assert FACTORS[f"{size}, clean"] <= FACTORS[f"{size}, charred"]
