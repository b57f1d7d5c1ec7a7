"""Photos judged before use: one good tray photo, spoilt in one way at a time, each found by its own check."""

from __future__ import annotations

import io
import json

import cv2
import numpy as np
import pytest

from xiaoshi.commands import notes
from xiaoshi.core.notes import TrayImage, decode
from xiaoshi.core.notes.capture import judge_photo
from xiaoshi.core.notes.mat import mat_picture, mat_spec, patches
from xiaoshi.core.notes.reference import Reference

from .conftest import picture_of


@pytest.fixture(scope="module")
def good(burnt):
    return picture_of(burnt).pixels


def _levels(pixels, references=()):
    judged = judge_photo(TrayImage("x", np.ascontiguousarray(pixels)), references)
    for finding in judged.findings:
        assert finding.words.zh
        assert finding.words.en
    return {finding.code: finding.level for finding in judged.findings}, judged


def _bright(pixels, factor):
    return np.clip(pixels.astype(np.float32) * factor, 0, 255).astype(np.uint8)


def test_a_good_photo_has_no_fault(good):
    levels, judged = _levels(good)
    assert set(levels.values()) == {"ok"}, {k: v for k, v in levels.items() if v != "ok"}
    assert judged.level == "ok"
    assert judged.mat.size == "A4"
    assert len(judged.findings) >= 14


@pytest.mark.parametrize("factor", [0.4, 0.75])
def test_a_stop_less_light_is_still_well(good, factor):
    assert _levels(_bright(good, factor))[1].level == "ok"


def _shaded(pixels):
    light = np.where(np.arange(pixels.shape[1]) < pixels.shape[1] // 2, 0.3, 1.0)
    return _bright(pixels, light[None, :, None].astype(np.float32))


def _reflecting(pixels):
    y, x = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]].astype(np.float32)
    spot = np.exp(-(((x - 1200) / 70) ** 2) - ((y - 700) / 50) ** 2)
    return np.clip(pixels + 400 * spot[..., None], 0, 255).astype(np.uint8)


def _on_a_screen(pixels):
    y, x = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]].astype(np.float32)
    lines = 1 - 0.06 * (1 + np.cos(2 * np.pi * (x + 0.03 * y) / 3.7))
    return _bright(pixels, lines[..., None])


def _steep(pixels):
    height, width = pixels.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    pushed = np.array([[500, 500], [width - 500, 500], [width, height - 20], [0, height - 20]], np.float32)
    return cv2.warpPerspective(pixels, cv2.getPerspectiveTransform(corners, pushed), (width, height))


def _covered(pixels):
    spoilt = pixels.copy()
    spoilt[:, : pixels.shape[1] // 4] = (60, 70, 80)
    spoilt[: pixels.shape[0] // 5] = (60, 70, 80)
    return spoilt


def _beside_itself(pixels):
    small = cv2.resize(pixels, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    return np.concatenate([small, small], axis=1)


@pytest.mark.parametrize(
    ("spoil", "code", "level"),
    [
        (lambda p: _bright(p, 0.28), "exposure", "warn"),
        (lambda p: _bright(p, 1.6), "exposure", "warn"),
        (lambda p: cv2.GaussianBlur(p, (0, 0), 3.0), "sharp", "warn"),
        (lambda p: cv2.GaussianBlur(p, (0, 0), 6.0), "sharp", "refuse"),
        (lambda p: cv2.resize(p, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA), "resolution", "warn"),
        (lambda p: p[:, : int(0.7 * p.shape[1])], "mat_whole", "warn"),
        (_covered, "mat_whole", "warn"),
        (lambda p: _bright(p, np.array([0.3, 0.6, 1.0], np.float32)), "colour_cast", "warn"),
        (_shaded, "light_even", "warn"),
        (_reflecting, "glare", "warn"),
        (_steep, "tilt", "warn"),
        (_on_a_screen, "fine_grid", "warn"),
        (_beside_itself, "two_mats", "refuse"),
    ],
    ids=[
        "dark",
        "overexposed",
        "soft",
        "blurred",
        "few pixels",
        "cropped",
        "covered",
        "red light",
        "shadow",
        "reflection",
        "steep",
        "screen",
        "two mats",
    ],
)
def test_each_fault_is_named(good, spoil, code, level):
    levels, _ = _levels(spoil(good))
    assert levels[code] == level, levels


def test_photo_without_mat_names_only(good):
    levels, judged = _levels(good[400:900, 600:1500])
    assert levels == {"mat_missing": "warn"}
    assert judged.mat is None


def test_black_and_unreadable_photos_are_refused():
    assert _levels(np.zeros((900, 1200, 3), np.uint8))[0] == {"image_too_dark": "refuse"}
    refused = judge_photo(decode("x", b"no picture"))
    assert refused.level == "refuse"
    assert refused.image == "x"


def test_blue_notes_are_better_on_green(good):
    blue = np.full((300, 600, 3), (190, 90, 20), np.uint8)
    note = Reference("XXX", "1", "1", 20, "front", 150.0, 75.0, blue)
    assert _levels(good, [note])[0]["mat_colour"] == "warn"
    on_green = judge_photo(TrayImage("x", mat_picture(mat_spec("A4", "green"), 7.0)), [note])
    assert {f.code: f.level for f in on_green.findings}["mat_colour"] == "ok"


def test_every_mat_has_patches_inside_its_page():
    for size in ("A4", "A3", "A2"):
        spec = mat_spec(size)
        for patch in patches(spec):
            assert patch.rect.x_mm > 0
            assert patch.rect.x_mm + patch.rect.width_mm < spec.width_mm


def test_command_tells_findings(burnt, tmp_path, capsys):
    photo = tmp_path / "a.jpg"
    photo.write_bytes(burnt.jpeg)
    assert notes.main(["judge", str(photo), "--json", "--lang", "en"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["photos"][0]["level"] == "ok"
    assert set(told["photos"][0]["findings"][0]) == {"code", "level", "text", "figure", "limit", "unit"}
    bad = tmp_path / "b.jpg"
    bad.write_bytes(io.BytesIO(b"nothing").getvalue())
    assert notes.main(["judge", str(bad), str(photo)]) == 1
    assert "b.jpg" in capsys.readouterr().out
