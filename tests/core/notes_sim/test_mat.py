"""The mat: markers on the page, ids that name it, a picture and a PDF that are true to scale."""

import cv2
import numpy as np
import pypdfium2
import pytest

from xiaoshi.commands.notes import mat_pdf
from xiaoshi.core.notes import mat

SHEETS = [mat.mat_spec(size, colour) for size in mat.SIZES for colour in mat.COLOURS]


@pytest.mark.parametrize("spec", SHEETS, ids=lambda s: f"{s.size}-{s.colour}")
def test_every_printed_thing_is_on_the_page_and_off_the_tray(spec):
    x, y, w, h = mat.tray_area_mm(spec)
    for marker in mat.marker_corners_mm(spec).values():
        low, high = marker.min(axis=0) - spec.quiet_mm, marker.max(axis=0) + spec.quiet_mm
        assert (low >= spec.margin_mm).all()
        assert (high <= np.array([spec.width_mm, spec.height_mm]) - spec.margin_mm).all()
        assert high[0] <= x or low[0] >= x + w or high[1] <= y or low[1] >= y + h
    for rect in [p.rect for p in mat.patches(spec)] + [mat.scale_mm(spec)]:
        assert rect.y_mm + rect.height_mm <= y or rect.y_mm >= y + h


def test_a_marker_id_names_one_mat_and_one_place():
    ids = [marker for spec in SHEETS for marker in mat.marker_corners_mm(spec)]
    assert len(ids) == len(set(ids))
    for spec in SHEETS:
        assert {mat.spec_of_marker(i) for i in mat.marker_corners_mm(spec)} == {spec}
    assert [mat.spec_of_marker(i) for i in (-1, 99, 10, 1000)] == [None, None, None, None]


@pytest.mark.parametrize("spec", SHEETS[::2], ids=lambda s: s.size)
def test_markers_are_found_in_the_picture_where_the_geometry_says(spec):
    seen = _seen(mat.mat_picture(spec, 5.0))
    assert seen.keys() == mat.marker_corners_mm(spec).keys()
    for marker_id, corners in mat.marker_corners_mm(spec).items():
        assert np.abs((seen[marker_id] + 0.5) / 5.0 - corners).max() < 0.16


def test_the_pdf_is_one_a3_page_with_the_same_markers():
    spec = mat.mat_spec("A3", "green")
    document = pypdfium2.PdfDocument(mat_pdf(spec))
    assert len(document) == 1
    width, height = (edge * 25.4 / 72 for edge in document[0].get_size())
    assert (round(width, 3), round(height, 3)) == (420.0, 297.0)
    picture = np.ascontiguousarray(document[0].render(scale=6 * 25.4 / 72).to_numpy()[..., :3])
    words = document[0].get_textpage().get_text_range()
    document.close()
    assert "小事" in words
    assert "100 %" in words
    seen = _seen(picture)
    page = mat.marker_corners_mm(spec)
    assert seen.keys() == page.keys()
    assert max(np.abs((seen[i] + 0.5) / 6 - page[i]).max() for i in page) < 0.25


def _seen(picture):
    corners, ids, _ = cv2.aruco.ArucoDetector(mat.detector_dictionary()).detectMarkers(picture)
    return {int(i): c.reshape(4, 2) for i, c in zip(ids.ravel(), corners, strict=True)}
