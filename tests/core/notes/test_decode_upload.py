"""Uploads that are no tray photo: each gets its own code and words in both languages, none raises."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest

from xiaoshi.core.notes import TrayImage, decode
from xiaoshi.core.problems import Problem

PICTURE = np.random.default_rng(1).integers(0, 255, (300, 400, 3)).astype(np.uint8)


def _encoded(suffix: str) -> bytes:
    return cv2.imencode(suffix, PICTURE)[1].tobytes()


def _png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + rows + chunk(b"IEND", b"")


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff"])
def test_lossless_pictures_come_back_as_they_are(suffix):
    decoded = decode("a", _encoded(suffix))
    assert isinstance(decoded, TrayImage)
    assert np.array_equal(decoded.pixels, PICTURE)


@pytest.mark.parametrize(
    ("label", "data", "code"),
    [
        ("empty", b"", "not_an_image"),
        ("text", b"hello, this is no picture" * 50, "not_an_image"),
        ("pdf", b"%PDF-1.7\n%abc", "not_an_image"),
        ("jpeg cut in the middle", _encoded(".jpg")[:20000], "image_damaged"),
        ("png cut in the middle", _encoded(".png")[:200000], "image_damaged"),
        ("jpeg header only", _encoded(".jpg")[:30], "image_damaged"),
        ("200 megapixels", _png_header(20000, 10000), "image_too_large"),
        ("130 megapixels", _png_header(13000, 10000), "image_too_large"),
        ("pixels missing", _png_header(400, 300), "image_damaged"),
    ],
)
def test_refusals(label, data, code):
    refused = decode(label, data)
    assert isinstance(refused, Problem), label
    assert refused.code == code
    assert refused.where == label
    assert refused.words.zh
    assert refused.words.en


def test_sixteen_bit_grey_is_scaled_not_clipped():
    deep = np.linspace(0, 65535, 100 * 100).reshape(100, 100).astype(np.uint16)
    decoded = decode("deep", cv2.imencode(".png", deep)[1].tobytes())
    assert isinstance(decoded, TrayImage)
    assert decoded.pixels[0, 0, 0] == 0
    assert decoded.pixels[-1, -1, 0] == 255
    assert 100 < decoded.pixels[50, 0, 0] < 150


def test_orientation_tag_is_ignored():
    from io import BytesIO

    from PIL import Image

    out, tags = BytesIO(), Image.Exif()
    tags[0x0112] = 6
    Image.fromarray(PICTURE).save(out, "PNG", exif=tags)
    decoded = decode("turned", out.getvalue())
    assert isinstance(decoded, TrayImage)
    assert decoded.pixels.shape == PICTURE.shape


def test_bytes_at_random_never_raise():
    rng = np.random.default_rng(2)
    whole = _encoded(".jpg")
    for _ in range(60):
        broken = bytearray(whole)
        for place in rng.integers(0, len(broken), 12):
            broken[place] = int(rng.integers(0, 256))
        assert isinstance(decode("x", bytes(broken)), TrayImage | Problem)
