"""Places on the mat through lenses, tilt, covered markers and cropped photos: the truth is the camera that drew them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from xiaoshi.core.notes.mat import mat_picture, mat_spec, tray_area_mm
from xiaoshi.core.notes.plane import DOUBT_MM_MAX, find_mat

SPEC = mat_spec("A3")
PAGE_PX_PER_MM = 7.0
WIDTH, HEIGHT = 2400, 1800


@pytest.fixture(scope="module")
def page():
    return mat_picture(SPEC, PAGE_PX_PER_MM)


class Camera:
    """A pinhole of focal length `focal` (parts of the width) with barrel or pincushion k, tilted by `tilt` degrees."""

    def __init__(self, k=(0.0, 0.0, 0.0), focal=0.8, tilt=0.0):
        self.k, self.f = k, focal * WIDTH
        turn = np.radians(tilt) * np.array([0.8, 0.6, 0.0])
        self.rotation = np.asarray(cv2.Rodrigues(turn)[0])
        self.size = np.array([SPEC.width_mm, SPEC.height_mm])
        self.away = self.f * self.size[0] / WIDTH
        edge = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0], [0.5, 1], [0, 0.5], [1, 0.5]])
        while (
            self.px(edge * self.size).min() < 12
            or (self.px(edge * self.size) > (WIDTH - 12, HEIGHT - 12)).any()
        ):
            self.away *= 1.02

    def px(self, mm):
        seen = np.column_stack([mm - self.size / 2, np.zeros(len(mm))]) @ self.rotation.T + [0, 0, self.away]
        return self._bent(seen[:, :2] / seen[:, 2:]) * self.f + ((WIDTH - 1) / 2, (HEIGHT - 1) / 2)

    def _factor(self, q):
        r2 = (q**2).sum(axis=1, keepdims=True)
        return 1 + self.k[0] * r2 + self.k[1] * r2**2 + self.k[2] * r2**3

    def _bent(self, q):
        return q * self._factor(q)

    def shoot(self, page):
        y, x = np.mgrid[0:HEIGHT:8, 0:WIDTH:8]
        wanted = (np.stack([x, y], -1).reshape(-1, 2) - ((WIDTH - 1) / 2, (HEIGHT - 1) / 2)) / self.f
        q = wanted.copy()
        for _ in range(50):
            q = wanted / self._factor(q)
        ray = np.column_stack([q, np.ones(len(q))])
        lens = np.array([0, 0, self.away])
        normal = self.rotation[:, 2]
        at = ray * ((normal @ lens) / (ray @ normal))[:, None] - lens
        mm = (at @ self.rotation)[:, :2] + self.size / 2
        coarse = (mm * PAGE_PX_PER_MM - 0.5).astype(np.float32).reshape(*y.shape, 2)
        big = cv2.resize(coarse, (coarse.shape[1] * 8, coarse.shape[0] * 8), interpolation=cv2.INTER_LINEAR)
        # resize puts the sample of block i at its middle; here it belongs to the block's first pixel
        shift = np.array([[1, 0, -3.5], [0, 1, -3.5]], np.float32)
        maps = cv2.warpAffine(big, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        photo = cv2.remap(page, *cv2.split(maps), cv2.INTER_LINEAR, borderValue=(90, 120, 150))
        return np.asarray(cv2.GaussianBlur(photo, (0, 0), 0.6), np.uint8)

    def cover(self, photo, left, top, right, bottom):
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) * self.size
        cv2.fillPoly(photo, [np.int32(self.px(corners))], (60, 70, 80))


def _places():
    area = tray_area_mm(SPEC)
    x = np.linspace(area.x_mm, area.x_mm + area.width_mm, 25)
    y = np.linspace(area.y_mm, area.y_mm + area.height_mm, 19)
    return np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)


def _off_mm(plane, camera, shift=(0, 0)):
    places = _places()
    off = plane.to_px(places) - (camera.px(places) - shift)
    return np.linalg.norm(off, axis=1) * plane.mm_per_px()


@pytest.mark.parametrize(
    "camera",
    [
        Camera(),
        Camera(tilt=30),
        Camera(k=(-0.10, 0.02, 0), focal=0.65),
        Camera(k=(-0.25, 0.10, -0.02), focal=0.5),
        Camera(k=(0.05, 0, 0)),
        Camera(k=(-0.1, 0.02, 0), focal=0.65, tilt=30),
    ],
    ids=["straight", "30 degrees", "wide", "ultra-wide", "pincushion", "wide and 30 degrees"],
)
def test_every_place_of_the_tray_is_found(camera, page):
    plane = find_mat(camera.shoot(page))
    assert plane is not None
    assert plane.marker_rms_mm < 0.08
    assert _off_mm(plane, camera).max() < 0.08
    assert plane.sure(60, 80) is None


def test_pixels_lead_back_to_the_place(page):
    camera = Camera(k=(-0.25, 0.10, -0.02), focal=0.5)
    plane = find_mat(camera.shoot(page))
    assert np.abs(plane.to_mm(plane.to_px(_places())) - _places()).max() < 1e-3


def test_cropped_photo_has_its_lens_centre_elsewhere(page):
    camera = Camera(k=(-0.1, 0.02, 0), focal=0.65)
    photo = camera.shoot(page)[54:, 120:].copy()
    plane = find_mat(photo)
    assert _off_mm(plane, camera, (120, 54)).max() < 0.2


@pytest.mark.parametrize("k", [(0, 0, 0), (-0.1, 0.02, 0)], ids=["straight", "wide"])
def test_half_of_the_markers_covered(k, page):
    camera = Camera(k=k, focal=0.65)
    photo = camera.shoot(page)
    camera.cover(photo, 0, 0, 0.5, 1)
    plane = find_mat(photo)
    assert len(plane.markers) == 6
    sure = plane.sure(190, 250)
    at = (
        _places()
        if sure is None
        else _places()[np.asarray(cv2.resize(sure.astype(np.uint8), (25, 19))).ravel() > 0]
    )
    off = np.linalg.norm(plane.to_px(at) - camera.px(at), axis=1) * plane.mm_per_px()
    assert len(at) > 0.6 * len(_places())
    assert off.max() < 2 * DOUBT_MM_MAX


def test_one_row_of_markers_does_not_place_the_far_side(page):
    camera = Camera()
    photo = camera.shoot(page)
    camera.cover(photo, 0, 0.2, 1, 1)
    sure = find_mat(photo).sure(190, 250)
    assert sure is not None
    assert sure[:20].all()
    assert not sure[-40:].any()


def test_two_mats_in_one_photo_are_seen(page):
    shrunk = cv2.resize(page, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    twice = np.concatenate([shrunk, shrunk], axis=1)
    assert find_mat(twice).other_mat
    other = cv2.resize(mat_picture(mat_spec("A3", "green"), 2.8), shrunk.shape[1::-1])
    assert find_mat(np.concatenate([shrunk, other], axis=1)).other_mat
    assert not find_mat(shrunk).other_mat
