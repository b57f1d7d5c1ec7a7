"""Uploads that are no tray photo: each gets its own code and words in both languages, none raises."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from xiaoshi.core.notes import TrayImage, decode
from xiaoshi.core.notes.decode import page_count
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


def _heic(**how) -> bytes:
    out = BytesIO()
    pillow_heif.from_pillow(Image.fromarray(PICTURE[..., ::-1])).save(out, quality=-1, chroma=444, **how)
    return out.getvalue()


def test_the_photo_of_a_telephone_is_read_and_half_of_it_is_refused():
    whole = _heic()
    decoded = decode("a.heic", whole)
    assert isinstance(decoded, TrayImage)
    assert decoded.pixels.shape == PICTURE.shape
    assert np.abs(decoded.pixels.astype(int) - PICTURE).mean() < 4
    for cut in (40, len(whole) // 2, len(whole) - 1):
        assert decode("a.heic", whole[:cut]).code in {"image_damaged", "not_an_image"}, cut


@pytest.mark.parametrize("brand", [b"isom", b"qt  ", b"hevc"])
def test_a_video_is_refused_as_a_video(brand):
    assert decode("a.mov", b"\0\0\0\x18ftyp" + brand + b"\0" * 200).code == "image_moves"


def test_a_moving_picture_is_refused():
    out = BytesIO()
    frames = [Image.fromarray(PICTURE // n) for n in (1, 2)]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    assert decode("a.png", out.getvalue()).code == "image_moves"


def test_pages_of_a_scan_are_pictures_of_their_own():
    out = BytesIO()
    pages = [Image.fromarray(PICTURE // n) for n in (1, 2)]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    data = out.getvalue()
    assert page_count(data) == 2
    assert decode("a.tif", data).code == "image_has_pages"
    assert np.array_equal(decode("a.tif", data, page=2).pixels, (PICTURE // 2)[..., ::-1])
    assert decode("a.tif", data, page=3).code == "image_damaged"
    assert page_count(_encoded(".png")) == 1


def test_what_is_transparent_shows_white():
    out = BytesIO()
    cover = np.full((*PICTURE.shape[:2], 1), 255, np.uint8)
    cover[:50] = 0
    Image.fromarray(np.concatenate([PICTURE, cover], axis=2)).save(out, "PNG")
    pixels = decode("a.png", out.getvalue()).pixels
    assert (pixels[:50] == 255).all()
    assert np.array_equal(pixels[50:], PICTURE[50:, :, ::-1])


@pytest.mark.parametrize(("dpi", "mm"), [((600, 600), 25.4 / 600), ((300, 600), None), (None, None)])
def test_the_scale_that_a_scanner_writes_is_told_and_no_other(dpi, mm):
    out = BytesIO()
    Image.fromarray(PICTURE).save(out, "TIFF", **({"dpi": dpi} if dpi else {}))
    told = decode("scan.tif", out.getvalue()).file_mm_per_px
    assert told == (pytest.approx(mm, rel=1e-3) if mm else None)
