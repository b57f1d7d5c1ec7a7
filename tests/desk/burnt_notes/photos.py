"""Bad photos and good ones, and the small library of specimens that they are measured with.

Four faces are enrolled: 100 yuan 2005 on both sides, 50 yuan 2005 and 10 yuan 2019 front. The 20 yuan is not, and is the
note of no enrolled kind. Photos are simulated on an A4 mat, 2,400 px wide, with fixed seeds.
"""

from __future__ import annotations

import struct
import zlib
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from xiaoshi.core.notes import specimen
from xiaoshi.core.notes.camera import CameraOptions
from xiaoshi.core.notes.mat import mat_picture, mat_spec
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.notes.simulate import TrayOptions, simulate
from xiaoshi.library import font_bytes, library_face, store

ENROLLED = ((100, "2005", "front"), (100, "2005", "back"), (50, "2005", "front"), (10, "2019", "front"))
STRANGE = ((20, "2005", "front"),)


@cache
def references(faces=ENROLLED) -> tuple[Reference, ...]:
    font = font_bytes()
    return tuple(
        Reference(
            specimen.ISSUER, specimen.SERIES, e, d, s, *specimen.SIZE_MM[d], library_face(d, e, s, font)
        )
        for d, e, s in faces
    )


def make_library(folder: Path) -> Path:
    for reference in references():
        store(folder, reference)
    return folder


def shot(*, seed: int, notes: int = 2, faces=ENROLLED, mat="A4", overlap: bool = False) -> bytes:
    options = TrayOptions(
        mat=mat_spec(mat) if mat else None,
        overlap=overlap,
        camera=CameraOptions(width_px=3000 if mat == "A3" else 2400),
    )
    made = simulate(
        references(faces), seed=seed, trays=1, notes_per_tray=notes, damage="burnt", options=options
    )
    assert not made.problems, made.problems
    return made.trays[0].jpeg


@cache
def good() -> bytes:
    """Two burnt notes as they should be photographed."""
    return shot(seed=5)


def as_jpeg(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def decoded() -> np.ndarray:
    return cv2.imdecode(np.frombuffer(good(), np.uint8), cv2.IMREAD_COLOR)


def blurred() -> bytes:
    return as_jpeg(cv2.GaussianBlur(decoded(), (0, 0), 9))


def black() -> bytes:
    return as_jpeg(np.zeros((900, 1200, 3), np.uint8))


def one_pixel() -> bytes:
    return png(1, 1)


def empty_mat() -> bytes:
    return as_jpeg(mat_picture(mat_spec("A4"), 7.0))


def png(width: int, height: int) -> bytes:
    """A whole, valid PNG of one bit a pixel, all black: 200 megapixels are 25 MB of zeros, packed into 25 kB."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = zlib.compress(b"\x00" * ((width + 7) // 8 + 1) * height, 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
