"""Scans as other people's programs save them, and names that a file system would not take."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from xiaoshi import library as store

SAID = {"issuer": "CNY", "series": "5", "edition": "2005", "side": "front", "width_mm": 140, "height_mm": 70}


@pytest.fixture
def scan():
    chance = np.random.default_rng(1).integers(60, 200, (35, 70)).astype(np.uint8)
    return Image.fromarray(chance).resize((1400, 700), Image.Resampling.BICUBIC)


def test_grey_of_16_bits_is_scaled_not_clipped(scan, tmp_path):
    deep = tmp_path / "deep.png"
    Image.fromarray(np.asarray(scan).astype(np.uint16) * 257).save(deep)
    done = store.enrol(tmp_path / "lib", deep, denomination=50, **SAID)
    assert done.problems == ()
    assert np.abs(done.reference.image[..., 0].astype(int) - np.asarray(scan)).max() <= 1


def test_less_than_a_fen_is_no_denomination(scan, tmp_path):
    scan.save(tmp_path / "f.png")
    done = store.enrol(tmp_path / "lib", tmp_path / "f.png", denomination=0.001, **SAID)
    assert [problem.code for problem in done.problems] == ["denomination_unusable"]


def test_long_chinese_names_find_room_on_disk(scan, tmp_path):
    said = {**SAID, "series": "套" * 40, "edition": "版" * 40}
    for denomination, turned in ((50, scan), (100, scan.transpose(Image.Transpose.FLIP_LEFT_RIGHT))):
        # Two pictures: one picture under two names would be told as a conflict.
        turned.save(tmp_path / "f.png")
        done = store.enrol(tmp_path / "lib", tmp_path / "f.png", denomination=denomination, **said)
        assert done.problems == ()
    faces, problems = store.load_library(tmp_path / "lib")
    assert [face.denomination for face in faces] == [100, 50]
    assert problems == ()
