"""What a photo may come as, and that two ways of saving one photo give the same pixels."""

from __future__ import annotations

import io
import struct

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from xiaoshi.core.notes import TrayImage, decode
from xiaoshi.core.notes.decode import page_count
from xiaoshi.core.problems import Problem

SMALL = np.random.default_rng(3).integers(0, 255, (15, 20, 3), dtype=np.uint8)
PIXELS = np.asarray(cv2.resize(SMALL, (400, 300), interpolation=cv2.INTER_CUBIC), np.uint8)
PICTURE = Image.fromarray(PIXELS[..., ::-1].copy())
OTHER = PICTURE.transpose(Image.Transpose.ROTATE_180)


def _saved(kind: str, picture: Image.Image = PICTURE, **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _heic(picture: Image.Image = PICTURE) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(picture).save(file, quality=90)
    return file.getvalue()


def _code(data: bytes, **options) -> str:
    refused = decode("x", data, **options)
    assert isinstance(refused, Problem), refused
    assert refused.where == "x"
    assert refused.words.zh
    assert refused.words.en
    return refused.code


def _off(data: bytes, **options) -> float:
    decoded = decode("x", data, **options)
    assert isinstance(decoded, TrayImage), decoded
    assert decoded.pixels.shape == PIXELS.shape
    return float(np.abs(decoded.pixels.astype(int) - PIXELS).mean())


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_heic_shows_the_photo(mode):
    assert _off(_heic(PICTURE.convert(mode))) < 4


def test_heic_is_the_same_every_time():
    data = _heic()
    first, second = decode("a", data), decode("a", data)
    assert isinstance(first, TrayImage)
    assert isinstance(second, TrayImage)
    assert np.array_equal(first.pixels, second.pixels)


@pytest.mark.parametrize("part", [0.01, 0.3, 0.7, 0.999])
def test_heic_cut_off_is_refused(part):
    data = _heic()
    assert _code(data[: int(len(data) * part)]) == "image_damaged"


def test_heic_that_claims_to_be_huge_is_refused_before_it_is_decoded():
    data = bytearray(_heic())
    at = data.find(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", 40_000, 30_000)
    assert _code(bytes(data)) == "image_too_large"


@pytest.mark.parametrize("brand", [b"hevc", b"msf1", b"mp42", b"qt  "])
def test_video_is_refused_as_such(brand):
    data = _heic()
    assert _code(data[:8] + brand + data[12:]) == "image_moves"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_moving_picture_is_refused(kind):
    assert _code(_saved(kind, save_all=True, append_images=[OTHER])) == "image_moves"


def test_pages_of_a_tiff_are_pictures_of_their_own():
    data = _saved("TIFF", save_all=True, append_images=[OTHER])
    assert page_count(data) == 2
    assert _code(data) == "image_has_pages"
    assert _off(data, page=1) == 0
    assert _off(data, page=2) > 20


def test_second_picture_in_a_telephone_jpeg_is_no_page():
    data = _saved("MPO", save_all=True, append_images=[OTHER])
    assert page_count(data) == 1
    assert _off(data) < 4


@pytest.mark.parametrize("suffix", [".tiff", ".png"])
def test_sixteen_bits_are_scaled(suffix):
    data = cv2.imencode(suffix, PIXELS.astype(np.uint16) * 257)[1].tobytes()
    assert _off(data) == 0


def test_cmyk_becomes_colour():
    assert _off(_saved("TIFF", PICTURE.convert("CMYK"))) < 1


def test_transparent_is_white():
    clear = PICTURE.convert("RGBA")
    clear.putalpha(0)
    decoded = decode("x", _saved("PNG", clear))
    assert isinstance(decoded, TrayImage)
    assert (decoded.pixels == 255).all()


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_orientation_tag_changes_no_pixel(turn):
    tag = Image.Exif()
    tag[0x0112] = turn
    assert _off(_saved("PNG", exif=tag)) == 0


@pytest.mark.parametrize(("kind", "dpi"), [("TIFF", 600), ("JPEG", 300)])
def test_scale_in_the_header_is_read_and_not_used_unasked(kind, dpi):
    decoded = decode("x", _saved(kind, dpi=(dpi, dpi)))
    assert isinstance(decoded, TrayImage)
    assert decoded.file_mm_per_px == pytest.approx(25.4 / dpi)
