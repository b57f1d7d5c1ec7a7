"""Scenes that are not what they seem: copies, a mat of another size, a screen, reflections, and a library upside down.

What must never happen: an amount for certain on what may be no note, or a share that is wrong in silence.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from laid_scenes import PICTURE_PX, PX, as_image, scene, without_desk

from xiaoshi.core.notes import assess
from xiaoshi.core.notes.capture import judge_photo
from xiaoshi.core.notes.mat_scale import mat_scale

UPPER, LOWER = (148, 66), (148, 142)


@pytest.fixture(scope="module")
def ten(references):
    return next(r.image for r in references if (r.denomination, r.side) == (10, "front"))


@pytest.fixture(scope="module")
def fifty(references):
    return next(r.image for r in references if (r.denomination, r.side) == (50, "front"))


def _codes(told):
    for problem in told.problems:
        assert problem.words.zh
        assert problem.words.en
        assert problem.where
    return [problem.code for problem in told.problems]


def _uncertain(note):
    return note.verdict == "undecided" and note.amount_fen == note.amount_low_fen == 0


def _framed(image, margin_mm):
    edge = round(margin_mm * PICTURE_PX)
    return cv2.copyMakeBorder(image, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=(246, 248, 248))


def _grey(image):
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def _scaled(image, factor):
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def _by_fen(told):
    return {note.denomination_fen: note for note in told.notes}


@pytest.fixture(scope="module")
def sound(ten, fifty, prepared, cny):
    """Two whole notes on a good mat."""
    return assess([as_image(scene((fifty, *UPPER, 1), (ten, *LOWER, 181)))], prepared, cny)


def test_two_whole_notes_raise_no_doubt(sound):
    assert _codes(sound) == []
    assert [note.verdict for note in sound.notes] == ["full", "full"]
    assert all(note.share.value == pytest.approx(1, abs=0.004) for note in sound.notes)


def test_print_on_white_paper_is_no_note(ten, fifty, prepared, cny):
    told = assess([as_image(scene((_framed(ten, 2.2), *UPPER, 1), (fifty, *LOWER, 0)))], prepared, cny)
    notes = _by_fen(told)
    assert "copy_suspected" in _codes(told)
    assert _uncertain(notes[1000])
    assert "copy_suspected" in {reason.code for reason in notes[1000].reasons}
    assert notes[5000].verdict == "full"


def test_half_of_a_print_with_a_wide_margin(ten, prepared, cny):
    paper = _framed(ten, 12)
    told = assess([as_image(scene((paper[:, : paper.shape[1] * 6 // 10], 148, 100, 12)))], prepared, cny)
    assert "copy_suspected" in _codes(told)
    assert all(_uncertain(note) for note in told.notes)


def test_grey_copy_cut_along_its_edge(ten, fifty, prepared, cny):
    told = assess([as_image(scene((_grey(fifty), *UPPER, 1), (ten, *LOWER, 0)))], prepared, cny)
    notes = _by_fen(told)
    assert _uncertain(notes[5000])
    assert "copy_suspected" in {reason.code for reason in notes[5000].reasons}
    assert notes[1000].verdict == "full"


def test_faded_note_in_warm_light_is_not_accused(ten, fifty, prepared, cny):
    faded = (0.6 * fifty + 0.4 * 225).astype(np.uint8)
    warm = scene((faded, *UPPER, 1), (ten, *LOWER, 0)) * np.array([0.62, 0.85, 1.0])
    told = assess([as_image(warm.astype(np.uint8))], prepared, cny)
    assert "copy_suspected" not in _codes(told)
    assert [note.verdict for note in told.notes] == ["full", "full"]


def test_copy_larger_than_the_note(ten, fifty, prepared, cny):
    told = assess([as_image(scene((_scaled(fifty, 1.03), *UPPER, 1), (ten, *LOWER, 0)))], prepared, cny)
    notes = _by_fen(told)
    assert _uncertain(notes[5000])
    assert "larger_than_its_kind" in {reason.code for reason in notes[5000].reasons}
    assert notes[1000].verdict == "full"
    assert "mat_scale_off" not in _codes(told)


def test_mat_printed_at_97_is_told_by_its_paper_and_its_notes(ten, fifty, prepared, cny):
    told = assess([as_image(scene((fifty, *UPPER, 1), (ten, *LOWER, 181), printed=0.97))], prepared, cny)
    assert _codes(told) == ["mat_scale_off"]
    assert "97" in told.problems[0].words.zh
    # the share is the print's and does not change; both witnesses agree that it is the mat
    assert [note.verdict for note in told.notes] == ["full", "full"]
    assert all(note.share.value == pytest.approx(1, abs=0.005) for note in told.notes)


def test_empty_mat_printed_at_97_is_told_before_anything_is_measured(prepared, cny):
    told = assess([as_image(scene(printed=0.97))], prepared, cny)
    assert "mat_scale_off" in _codes(told)
    levels = {finding.code: finding for finding in judge_photo(as_image(scene(printed=0.97))).findings}
    assert levels["mat_scale"].level == "warn"
    assert levels["mat_scale"].figure == pytest.approx(0.97, abs=0.005)
    good = {finding.code: finding for finding in judge_photo(as_image(scene())).findings}
    assert good["mat_scale"].level == "ok"


def test_without_the_papers_edges_nothing_on_a_mat_at_97_is_certain(ten, fifty, prepared, cny):
    pixels = without_desk(scene((fifty, *UPPER, 1), (ten, *LOWER, 181), printed=0.97))
    told = assess([as_image(pixels)], prepared, cny)
    assert "mat_scale_off" in _codes(told)
    assert all(_uncertain(note) for note in told.notes)


def test_outline_on_a_mat_at_97_is_not_decided(ten, fifty, prepared, cny):
    """Blank char of 0.72 of a fifty: 6 % larger on this mat, which would pay in full."""
    black = np.random.default_rng(1).normal(30, 4, fifty.shape).clip(0, 255).astype(np.uint8)
    black = black[:, : round(0.72 * black.shape[1])]
    told = assess(
        [as_image(scene((black, *UPPER, 1), printed=0.97))],
        prepared,
        cny,
        named_by_person={"p1": (50.0, "2005")},
    )
    (note,) = told.notes
    assert note.route == "outline"
    assert note.share.value > 0.75, "which alone would be paid in full"
    assert "mat_scale_off" in {reason.code for reason in note.reasons}
    assert _uncertain(note)


def test_notes_that_shrank_alike_on_a_good_mat_accuse_nobody(ten, fifty, prepared, cny):
    papers = ((_scaled(fifty, 0.965), *UPPER, 1), (_scaled(ten, 0.965), *LOWER, 181))
    told = assess([as_image(scene(*papers))], prepared, cny)
    assert _codes(told) == []
    assert [note.verdict for note in told.notes] == ["full", "full"]


@pytest.mark.parametrize(
    ("paper", "sizes", "printed", "sure"),
    [
        (1.0, [1.0, 1.001, 0.999], None, None),
        (None, [1.031, 1.03, 1.029], 0.97, False),
        (1.031, [1.031, 1.03], 0.97, True),
        (1.031, [], 0.97, True),
        (1.0, [1.03, 1.031], 0.97, False),  # copies on a good mat, or a sheet that was cut: nobody can say
        (1.03, [1.0, 1.001], None, None),  # a page on larger paper, trimmed: the notes have their size
        (None, [0.97, 0.971], 1.03, False),
        (1.0, [0.97, 0.971], None, None),  # the notes shrank
        (None, [1.03], None, None),  # one note alone says nothing of the mat
        (None, [1.03, 0.99, 1.0], None, None),
        (None, [1.03, 0.96], None, None),
        (0.97, [], 1.031, True),
    ],
)
def test_who_is_believed_about_the_mat(paper, sizes, printed, sure):
    told = mat_scale(paper, sizes)
    if printed is None:
        assert told is None
    else:
        assert told.printed == pytest.approx(printed, abs=0.002)
        assert told.sure == sure


def _on_a_monitor(pixels, pitch=2.7, depth=0.10):
    """Three coloured stripes and a dark line to each of the monitor's pixels, as the lens lets them through."""
    y, x = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]].astype(np.float32)
    u, v = x + 0.02 * y, y - 0.02 * x
    out = pixels.astype(np.float32)
    for channel in range(3):
        out[..., channel] *= 1 - depth / 2 * (
            2 + np.cos(2 * np.pi * (u / pitch + channel / 3)) + np.cos(2 * np.pi * v / pitch)
        )
    return np.clip(out, 0, 255).astype(np.uint8)


def _raster_on_ink(pixels):
    """A printer's dots: only where the paper is not left white."""
    ink = (np.ptp(pixels, axis=2) > 110)[..., None]
    return np.where(ink, _on_a_monitor(pixels, pitch=3.4), pixels)


def test_photo_of_a_screen_decides_nothing(ten, fifty, prepared, cny):
    told = assess([as_image(_on_a_monitor(scene((fifty, *UPPER, 1), (ten, *LOWER, 181))))], prepared, cny)
    assert "screen_suspected" in _codes(told)
    assert all(_uncertain(note) for note in told.notes)


def test_raster_of_the_printed_mat_is_no_screen(ten, fifty, prepared, cny):
    pixels = scene((fifty, *UPPER, 1), (ten, *LOWER, 181))
    told = assess([as_image(_raster_on_ink(pixels))], prepared, cny)
    assert "screen_suspected" not in _codes(told)
    assert {note.verdict for note in told.notes} == {"full"}


def _shining(pixels, x_mm, y_mm, reach_mm):
    """A lamp's reflection in glass, at a place of the A4 page."""
    at = (np.array([x_mm, y_mm]) + 22.0) * PX
    y, x = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]].astype(np.float32)
    spot = np.exp(-(((x - at[0]) / (reach_mm * PX)) ** 4) - ((y - at[1]) / (reach_mm * PX)) ** 4)
    return np.clip(pixels + 420 * spot[..., None], 0, 255).astype(np.uint8)


def test_reflection_over_a_hole_is_not_paper(fifty, prepared, cny):
    mask = np.full(fifty.shape[:2], 255, np.uint8)
    middle = (round(0.8 * mask.shape[1]), mask.shape[0] // 2)
    cv2.circle(mask, middle, 22 * PICTURE_PX, 0, -1)
    pixels = scene((fifty, *UPPER, 0, mask))
    (hole,) = assess([as_image(pixels)], prepared, cny).notes
    assert hole.share.value < 0.9
    x = UPPER[0] + 0.3 * fifty.shape[1] / PICTURE_PX
    told = assess([as_image(_shining(pixels, x, UPPER[1], 20))], prepared, cny)
    assert "glare_on_piece" in _codes(told)
    notes = [note for note in told.notes if note.denomination_fen == 5000]
    for note in notes:
        assert _uncertain(note)
        assert note.share.low <= hole.share.value <= note.share.high


@pytest.mark.parametrize("other", ["blue", "green"])
def test_two_mats_in_one_photo_measure_nothing(other, ten, prepared, cny):
    one, two = scene((ten, *UPPER, 1)), scene((ten, *LOWER, 3), colour=other, seed=1)
    both = np.concatenate(
        [cv2.resize(p, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA) for p in (one, two)]
    )
    told = assess([as_image(both)], prepared, cny)
    assert "two_mats" in _codes(told)
    assert all(_uncertain(note) and note.share is None for note in told.notes)
    assert all(piece.area_mm2 is None for piece in told.pieces)


def test_library_enrolled_upside_down_gives_the_same_amounts(sound, ten, fifty, references, cny):
    turned = [replace(r, image=np.ascontiguousarray(r.image[::-1, ::-1])) for r in references]
    told = assess([as_image(scene((fifty, *UPPER, 1), (ten, *LOWER, 181)))], turned, cny)
    assert _codes(told) == []
    for note, other in zip(sound.notes, told.notes, strict=True):
        assert (note.denomination_fen, note.verdict, note.amount_fen) == (
            other.denomination_fen,
            other.verdict,
            other.amount_fen,
        )
        assert note.share.value == pytest.approx(other.share.value, abs=0.002)
    first, same = sound.pieces[0], told.pieces[0]
    assert abs(abs(first.orientation_deg - same.orientation_deg) - 180) < 1


def test_photo_on_its_side_or_head_measures_the_same(sound, ten, fifty, prepared, cny):
    """A wrong orientation tag: the pixels come turned."""
    pixels = scene((fifty, *UPPER, 1), (ten, *LOWER, 181))
    told = assess([as_image(np.ascontiguousarray(np.rot90(pixels)))], prepared, cny)
    assert _codes(told) == []
    shares = sorted(note.share.value for note in told.notes)
    assert shares == pytest.approx(sorted(note.share.value for note in sound.notes), abs=0.003)
    assert [note.verdict for note in told.notes] == ["full", "full"]


def test_five_thousand_crumbs_are_no_pieces(fifty, prepared, cny):
    chance = np.random.default_rng(4)
    pixels = scene((fifty, *UPPER, 1))
    for x, y in chance.uniform((27, 108), (270, 182), (5000, 2)):
        at = (int((x + 22) * PX), int((y + 22) * PX))
        cv2.circle(
            pixels, at, int(chance.integers(1, 5)), (int(chance.integers(10, 60)),) * 3, -1, cv2.LINE_AA
        )
    told = assess([as_image(pixels)], prepared, cny)
    named = [note for note in told.notes if note.denomination_fen is not None]
    assert [(note.denomination_fen, note.verdict) for note in named] == [(5000, "full")]
    assert told.totals.amount_fen == 5000
    assert "crumbs_left_out" in _codes(told)


def test_half_of_the_markers_covered_measures_what_is_left_or_says_so(ten, fifty, prepared, cny):
    pixels = scene((fifty, *UPPER, 1), (ten, *LOWER, 181))
    pixels[:, : (22 + 26) * PX] = (70, 80, 90)
    pixels[-(22 + 26) * PX :] = (70, 80, 90)
    told = assess([as_image(pixels)], prepared, cny)
    codes = _codes(told)
    for note in told.notes:
        if note.verdict != "undecided":
            assert note.share.value == pytest.approx(1, abs=0.01)
    assert {note.verdict for note in told.notes} <= {"full", "undecided"}
    assert codes or all(note.verdict == "full" for note in told.notes)
