"""A library that names one note twice says which two; kin that differ in a numeral are no conflict."""

from __future__ import annotations

import cv2
import numpy as np
from drawn_notes import drawn, face, photo

from xiaoshi import library as store
from xiaoshi.core.notes import TrayImage, assess, prepare
from xiaoshi.core.notes.conflicts import library_conflicts

NOTE = drawn(61)


def _again(image, seed=1):
    """Another scan of the same note: other light, half a millimetre cut off, noise."""
    other = cv2.resize(image[4:, 4:], image.shape[1::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
    other = 0.85 * other + 12 + np.random.default_rng(seed).normal(0, 3, image.shape)
    return np.clip(other, 0, 255).astype(np.uint8)


def test_one_note_under_two_names():
    (problem,) = library_conflicts([face(NOTE, 50), face(_again(NOTE), 20), face(drawn(62), 10)])
    assert problem.code == "library_conflict"
    assert "CNY 5 2005 20 front" in problem.words.en
    assert "CNY 5 2005 50 front" in problem.words.zh
    assert "upside" not in problem.words.en


def test_the_same_note_upside_down():
    turned = np.ascontiguousarray(_again(NOTE)[::-1, ::-1])
    (problem,) = library_conflicts([face(NOTE, 50), face(turned, 50, edition="2019")])
    assert "upside down" in problem.words.en
    assert "上下颠倒" in problem.words.zh


def test_kin_and_other_notes_are_no_conflict(references):
    kin = NOTE.copy()
    kin[: 20 * 8, : 35 * 8] = drawn(63)[: 20 * 8, : 35 * 8]
    assert library_conflicts([face(NOTE, 50), face(kin, 20), face(drawn(64), 10)]) == []
    assert library_conflicts(references) == []


def test_blank_faces_do_not_conflict():
    blank = np.full((560, 1120, 3), 220, np.uint8)
    assert library_conflicts([face(blank, 1), face(blank, 5), face(NOTE, 50)]) == []


def test_assessing_tells_it_and_names_nothing(cny):
    library = prepare([face(NOTE, 50), face(_again(NOTE), 20)])
    told = assess([TrayImage("t", photo((NOTE, 145, 105, 0), size="A4"))], library, cny)
    assert [problem.code for problem in told.problems] == ["library_conflict"]
    assert [(note.denomination_fen, note.verdict) for note in told.notes] == [(None, "undecided")]


def test_enrolling_warns(tmp_path):
    for number, (image, denomination) in enumerate([(NOTE, 50), (_again(NOTE), 20)]):
        scan = tmp_path / f"{number}.png"
        cv2.imwrite(str(scan), image)
        told = store.enrol(
            tmp_path / "library",
            scan,
            issuer="CNY",
            series="5",
            edition="2005",
            denomination=denomination,
            side="front",
            width_mm=140,
            height_mm=70,
        )
        assert told.reference is not None
        assert ["library_conflict" in p.code for p in told.problems].count(True) == number
