"""Scenes seen from straight above: a sheet of paper on a desk, a mat printed on it at any scale, papers laid on it."""

from __future__ import annotations

import cv2
import numpy as np

from xiaoshi.core.notes import TrayImage
from xiaoshi.core.notes.mat import mat_picture, mat_spec

PICTURE_PX = 8
"""Pixels a millimetre of the papers' pictures, and of the scene."""
PX = 6
DESK_MM = 22.0


def scene(*papers, printed=1.0, colour="blue", desk=(96, 128, 158), seed=0):
    """The A4 mat printed at a scale, with its desk. `papers`: (picture, middle x mm, middle y mm, turned deg[, mask]), places in
    true mm of the sheet."""
    spec = mat_spec("A4", colour)
    width, height = round(spec.width_mm * PX), round(spec.height_mm * PX)
    sheet = np.full((height, width, 3), 255, np.uint8)
    page = mat_picture(spec, PX * printed)
    top, left = (height - page.shape[0]) // 2, (width - page.shape[1]) // 2
    assert top >= 0, "a page printed larger than its paper has no edges"
    sheet[top : top + page.shape[0], left : left + page.shape[1]] = page
    for paper in papers:
        _lay(sheet, *paper)
    edge = round(DESK_MM * PX)
    table = np.full((height + 2 * edge, width + 2 * edge, 3), desk, np.uint8)
    table[edge : edge + height, edge : edge + width] = sheet
    return finish(table, seed)


def finish(plane, seed=0):
    """Lens and sensor: a little dimmer than full, blur, noise."""
    soft = cv2.GaussianBlur(plane, (0, 0), 0.6)
    noise = 2 * np.random.default_rng(seed).standard_normal(plane.shape[:2], dtype=np.float32)
    return np.clip(0.88 * soft + noise[..., None], 0, 255).astype(np.uint8)


def _lay(sheet, picture, x_mm, y_mm, deg, mask=None):
    height, width = picture.shape[:2]
    shrink = PX / PICTURE_PX
    c, s = shrink * np.cos(np.radians(deg)), shrink * np.sin(np.radians(deg))
    reach = int(shrink * np.hypot(width, height) / 2) + 4
    x0, y0 = max(0, int(x_mm * PX) - reach), max(0, int(y_mm * PX) - reach)
    window = sheet[y0 : int(y_mm * PX) + reach, x0 : int(x_mm * PX) + reach]
    matrix = np.array([[c, -s, x_mm * PX - x0], [s, c, y_mm * PX - y0]])
    matrix[:, 2] -= matrix[:, :2] @ np.array([width / 2, height / 2])
    whole = np.full((height, width), 255, np.uint8) if mask is None else mask
    cover = cv2.warpAffine(whole, matrix, window.shape[1::-1])[..., None] / np.float32(255)
    shade = cv2.GaussianBlur(cover, (0, 0), 2.5)[..., None]
    paper = cv2.warpAffine(picture, matrix, window.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    shaded = window * (1 - 0.35 * shade * (1 - cover))
    window[:] = np.rint(shaded * (1 - cover) + paper * cover).astype(np.uint8)


def without_desk(pixels):
    """Cut so that the paper's edges are out of the photo."""
    edge = round((DESK_MM + 1.5) * PX)
    return np.ascontiguousarray(pixels[edge:-edge, edge:-edge])


def as_image(pixels, name="tray"):
    """A photo for `assess`."""
    return TrayImage(name, pixels)
