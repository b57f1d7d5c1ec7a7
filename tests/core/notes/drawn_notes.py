"""Notes drawn by program, laid on a mat at any angle and on each other, photographed from straight above."""

from __future__ import annotations

import cv2
import numpy as np

from xiaoshi.core.notes.mat import mat_picture, mat_spec
from xiaoshi.core.notes.reference import Reference

PX = 8


def drawn(seed, width_mm=140, height_mm=70):
    """Lines and numbers all over, nothing shared with another seed."""
    chance = np.random.default_rng(seed)
    wide, high = width_mm * PX, height_mm * PX
    picture = np.full((high, wide, 3), 225, np.uint8)
    for _ in range(150):
        colour = tuple(int(v) for v in chance.integers(30, 180, 3))
        one, two = (tuple(int(v) for v in chance.integers(0, (wide, high))) for _ in "ab")
        cv2.line(picture, one, two, colour, 2, cv2.LINE_AA)
        cv2.putText(picture, str(chance.integers(0, 10**4)), one, cv2.FONT_HERSHEY_SIMPLEX, 0.9, colour, 2)
    return picture


def face(image, denomination=50, edition="2005", side="front"):
    height, width = (v / PX for v in image.shape[:2])
    return Reference("CNY", "5", edition, denomination, side, width, height, image)


def photo(*papers, size="A3"):
    """`papers`: (picture, middle x mm, middle y mm, turned deg[, mask]), later ones lie on earlier ones."""
    page = mat_picture(mat_spec(size), PX).astype(np.float32)
    for picture, x_mm, y_mm, deg, *mask in papers:
        _lay(page, picture, x_mm, y_mm, deg, mask[0] if mask else None)
    noise = 2 * np.random.default_rng(0).standard_normal(page.shape, dtype=np.float32)
    return np.clip(cv2.GaussianBlur(page, (0, 0), 0.7) + noise, 0, 255).astype(np.uint8)


def _lay(page, picture, x_mm, y_mm, deg, mask):
    height, width = picture.shape[:2]
    c, s = np.cos(np.radians(deg)), np.sin(np.radians(deg))
    matrix = np.array([[c, -s, x_mm * PX], [s, c, y_mm * PX]])
    matrix[:, 2] -= matrix[:, :2] @ np.array([width / 2, height / 2])
    if mask is None:
        mask = np.full((height, width), 255, np.uint8)
    cover = cv2.warpAffine(mask, matrix, page.shape[1::-1]).astype(np.float32)[..., None] / 255
    shade = cv2.GaussianBlur(cover, (0, 0), 3)[..., None]
    paper = cv2.warpAffine(picture, matrix, page.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    page *= 1 - 0.35 * shade * (1 - cover)
    page[:] = page * (1 - cover) + paper * cover


def scrap(picture, x_mm, y_mm, radius_mm, seed):
    """(what is left of the picture, its mask): a ragged patch round a place of the note, cut to a small picture."""
    height, width = picture.shape[:2]
    chance = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    rough = cv2.GaussianBlur(chance.normal(0, 1, (1, 40)), (0, 0), 1.5, borderType=cv2.BORDER_REFLECT)[0]
    reach = radius_mm * PX * (1 + 0.25 * rough)
    ring = np.stack([x_mm * PX + reach * np.cos(angle), y_mm * PX + reach * np.sin(angle)], axis=1)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.rint(ring).astype(np.int32)], 255)
    return picture, mask
