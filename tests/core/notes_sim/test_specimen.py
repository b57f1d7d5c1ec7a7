"""The specimen currency: sizes of the fifth series, one face unlike any other, an unprinted margin."""

import cv2
import numpy as np
import pytest

from xiaoshi.core.notes import specimen
from xiaoshi.core.notes.reference import Reference
from xiaoshi.library import font_bytes, library_face, specimen_reprint

FONT = font_bytes()


def draw(denomination, edition, side, serial="AB12345678"):
    return specimen.draw_specimen(denomination, edition, side, px_per_mm=5, serial=serial, font=FONT)


def test_sizes_and_faces():
    for denomination in specimen.SIZE_MM:
        width, height = specimen.SIZE_MM[denomination]
        assert draw(denomination, specimen.EDITIONS[denomination][0], "front").shape == (
            height * 5,
            width * 5,
            3,
        )
    assert len(specimen.faces()) == len(set(specimen.faces())) == 34


def test_the_same_note_is_drawn_the_same_and_only_its_number_changes():
    one, two, other = (draw(50, "2019", "front", s) for s in ("AB12345678", "AB12345678", "ZY87654321"))
    assert (one == two).all()
    changed = (one != other).any(axis=2)
    assert 0.002 < changed.mean() < 0.06
    assert (draw(50, "2019", "back", "AB12345678") == draw(50, "2019", "back", "ZY87654321")).all()


def test_the_margin_is_paper_and_the_inside_is_print():
    face = draw(20, "2005", "back").astype(int)
    assert np.ptp(face[:10], axis=(0, 1)).max() < 30
    assert face[20:-20, 20:-20].std() > 25


@pytest.mark.parametrize("other", [(100, "1999", "front"), (100, "2005", "back"), (50, "2005", "front")])
def test_a_fragment_of_35_mm_finds_its_own_face_and_not_another(other):
    own, stranger = draw(100, "2005", "front"), draw(*other)
    fragment = own[190:365, 420:595]
    right = _matches(fragment, own)
    assert right >= 30
    assert _matches(fragment, stranger) * 4 <= right


def _matches(fragment, face):
    """SIFT matches that agree with one similarity."""
    sift = cv2.SIFT_create(nfeatures=2000)
    a, da = sift.detectAndCompute(cv2.cvtColor(fragment, cv2.COLOR_BGR2GRAY), None)
    b, db = sift.detectAndCompute(cv2.cvtColor(face, cv2.COLOR_BGR2GRAY), None)
    pairs = [m for m, n in cv2.BFMatcher().knnMatch(da, db, k=2) if m.distance < 0.8 * n.distance]
    if len(pairs) < 3:
        return 0
    source = np.float32([a[m.queryIdx].pt for m in pairs])
    target = np.float32([b[m.trainIdx].pt for m in pairs])
    _, inliers = cv2.estimateAffinePartial2D(source, target, ransacReprojThreshold=2.0)
    return 0 if inliers is None else int(inliers.sum())


def test_serial_numbers_look_like_the_fifth_series():
    numbers = {specimen.serial_number(seed) for seed in range(50)}
    assert len(numbers) == 50
    for number in numbers:
        assert len(number) == 10
        assert number[:2].isalpha()
        assert number[2:].isdigit()
        assert "V" not in number


def test_a_specimen_note_gets_its_own_number_and_a_scan_of_the_same_name_does_not():
    reprint = specimen_reprint(FONT)
    width, height = specimen.SIZE_MM[1]
    library = library_face(1, "1999", "front", FONT)
    face = Reference("CNY", "5", "1999", 1, "front", width, height, library)
    picture, serial = reprint(face, 77)
    assert serial == specimen.serial_number(77)
    assert 0.002 < (picture != library).any(axis=2).mean() < 0.06
    scan = Reference("CNY", "5", "1999", 1, "back", width, height, np.ascontiguousarray(library[::-1]))
    assert reprint(scan, 77) is None
    assert reprint(Reference("XTS", "5", "1999", 1, "front", width, height, library), 77) is None
