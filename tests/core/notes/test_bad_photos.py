"""Photos that cannot or can only partly be used: what the issue lists under "Bad input", one by one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from xiaoshi.core.notes import TrayImage, assess
from xiaoshi.core.notes.camera import CameraOptions
from xiaoshi.core.notes.mat import mat_picture, mat_spec
from xiaoshi.core.notes.plane import find_mat

from .conftest import picture_of, shoot


def _codes(told):
    return [problem.code for problem in told.problems]


def _say_something_in_both_languages(told):
    for problem in told.problems:
        assert problem.words.zh
        assert problem.words.en
        assert problem.where


@pytest.mark.parametrize(
    ("label", "pixels", "code"),
    [
        ("one pixel", np.zeros((1, 1, 3), np.uint8), "image_too_small"),
        ("no pixel", np.zeros((0, 0, 3), np.uint8), "image_too_small"),
        ("black", np.zeros((900, 1200, 3), np.uint8), "image_too_dark"),
        ("one colour", np.full((900, 1200, 3), 200, np.uint8), "image_blurred"),
        ("not colour", np.zeros((900, 1200), np.uint8), "not_an_image"),
        ("not 8 bit", np.zeros((900, 1200, 3)), "not_an_image"),
        ("121 megapixels", np.broadcast_to(np.zeros(3, np.uint8), (11000, 11000, 3)), "image_too_large"),
    ],
)
def test_refused_before_anything_is_looked_for(label, pixels, code, prepared, cny):
    told = assess([TrayImage(label, pixels)], prepared, cny)
    assert _codes(told) == [code]
    assert not told.scales
    assert not told.notes
    _say_something_in_both_languages(told)


def test_blurred_photo_is_refused(burnt, prepared, cny):
    soft = TrayImage("soft", cv2.GaussianBlur(picture_of(burnt).pixels, (0, 0), 9))
    assert _codes(assess([soft], prepared, cny)) == ["image_blurred"]


def test_dark_photo_is_refused(burnt, prepared, cny):
    dark = TrayImage("dark", (picture_of(burnt).pixels * 0.12).astype(np.uint8))
    assert _codes(assess([dark], prepared, cny)) == ["image_too_dark"]


def test_mat_without_notes(prepared, cny):
    page = mat_picture(mat_spec("A4"), 7.0)
    told = assess([TrayImage("empty", page)], prepared, cny)
    assert _codes(told) == ["no_note_found"]
    assert told.scales[0].source == "mat"


def test_note_of_no_enrolled_kind(burnt, prepared, references, cny):
    only_tens = [r for r in references if r.denomination == 10]
    strangers = sum(note.reference.denomination != 10 for note in burnt.notes)
    assert strangers, "the seed is chosen so that one note is none of the tens"
    told = assess([picture_of(burnt)], only_tens, cny)
    unknown = [note for note in told.notes if note.denomination_fen is None]
    assert len(unknown) >= strangers
    for note in unknown:
        assert note.verdict == "undecided"
        assert note.amount_fen == note.amount_low_fen == 0
        assert note.share is None
        assert note.reasons[0].code == "too_few_matches"


@pytest.mark.parametrize(
    ("seed", "code"),
    [(2, "stack_suspected"), (5, "pieces_overlap"), (6, "pieces_overlap")],
    ids=["nearly on each other", "across", "three across"],
)
def test_overlapping_notes_are_not_decided(references, prepared, cny, seed, code):
    tray = shoot(
        references, seed=seed, overlap=True, mat=mat_spec("A3"), notes=3, camera=CameraOptions(width_px=3000)
    )
    told = assess([picture_of(tray)], prepared, cny)
    assert code in _codes(told)
    touching = [note for note in told.notes if "pieces_touch" in [r.code for r in note.reasons]]
    assert touching
    assert {note.verdict for note in touching} == {"undecided"}
    paid = sum(note.amount_fen for note in tray.notes)
    assert told.totals.amount_low_fen <= paid <= told.totals.amount_high_fen


def test_without_a_mat_it_names_but_never_measures(references, prepared, cny):
    tray = shoot(references, seed=5, mat=None)
    told = assess([picture_of(tray)], prepared, cny)
    assert "mat_missing" in _codes(told)
    assert told.scales[0].mm_per_px is None
    assert told.pieces
    shown = {note.reference.denomination for note in tray.notes}
    for piece in told.pieces:
        assert piece.area_mm2 is None
        assert piece.identity.reference.denomination in shown
    for note in told.notes:
        assert note.share is None
        assert note.verdict == "undecided"


def test_scan_with_given_scale(burnt, burnt_told, prepared, cny):
    flat, _ = find_mat(picture_of(burnt).pixels).rectify(picture_of(burnt).pixels, 8.0)
    told = assess([TrayImage("scan", flat)], prepared, cny, mm_per_px=1 / 8)
    assert told.scales[0].source == "given"
    # The mat lies turned in the photo, so the scan is read in another order.
    assert told.totals == burnt_told.totals
    absurd = assess([TrayImage("scan", flat)], prepared, cny, mm_per_px=40.0)
    assert "scale_out_of_range" in _codes(absurd)


@pytest.mark.parametrize("level", [250, 128])
def test_scan_on_white_or_grey_is_not_measured(level, burnt, prepared, cny):
    flat, _ = find_mat(picture_of(burnt).pixels).rectify(picture_of(burnt).pixels, 8.0)
    blue = (flat[..., 0].astype(int) > flat[..., 2].astype(int) + 60)[..., None]
    scan = np.where(blue, np.uint8(level), flat)
    told = assess([TrayImage("scan", scan)], prepared, cny, mm_per_px=1 / 8)
    assert "contrast_too_poor" in _codes(told)
    assert all(note.share is None for note in told.notes)


def test_one_bad_picture_does_not_stop_the_others(burnt, burnt_told, prepared, cny):
    told = assess([TrayImage("dot", np.zeros((1, 1, 3), np.uint8)), picture_of(burnt)], prepared, cny)
    assert "image_too_small" in _codes(told)
    assert told.totals == burnt_told.totals


def test_printed_mat_is_found_exactly_at_every_resolution():
    for px_per_mm in (4.0, 7.0, 11.0):
        plane = find_mat(mat_picture(mat_spec("A4", "green"), px_per_mm))
        assert plane is not None
        assert plane.marker_rms_mm < 0.01
        assert plane.mm_per_px() * px_per_mm == pytest.approx(1, abs=2e-4)


def test_empty_library_says_what_to_do(burnt, cny):
    told = assess([picture_of(burnt)], [], cny)
    assert "library_empty" in _codes(told)
    assert {note.verdict for note in told.notes} == {"undecided"}
    assert told.totals.amount_high_fen == 0


def test_odd_arrays_never_raise(prepared, cny):
    rng = np.random.default_rng(6)
    for shape in ((64, 64, 3), (64, 3000, 3), (300, 400, 3), (70, 65, 3)):
        for _ in range(3):
            low, high = sorted(int(v) for v in rng.integers(0, 256, 2))
            noise = rng.integers(low, high + 1, shape).astype(np.uint8)
            for scale in (None, 0.1, 0.5):
                assess([TrayImage("noise", noise)], prepared, cny, mm_per_px=scale)
