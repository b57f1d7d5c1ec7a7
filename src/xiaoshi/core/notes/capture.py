"""Is this photo fit to be measured? Said while the tray still lies there, each fault with how to mend it.

    judge_photo(picture) -> Judged: findings (code, ok | warn | refuse, words, figure, limit)

Problem. A photo that turns out useless after measuring costs a tray laid out anew, with pieces that break when touched.
So everything that can be known without looking for notes is looked at first, from the mat alone: its white and grey
patches say how bright, how even and of what colour the light is; its markers how sharp, how fine, how steep and how
whole the picture is; its ground whether paper can be told from it. About 0.4 s of CPU for 12 megapixels with
decoding left out, of which finding the markers is a third.

`refuse`: nothing would be measured in this photo. `warn`: it is measured, with more doubt than a better photo would
have. A photo without mat is a warning: its notes are named, never measured.

Worked example (A3 mat, telephone at 12 MP): 8.6 px a millimetre (6 wanted), edges 0.13 mm wide (0.30), white at 214
(70 to 248), 7 degrees of tilt (25), all 12 markers, 0.02 mm off: all ok.

Left out: whether the notes are under glass (a faint even veil on dark ground looks like a pale mat; bright reflections
are found as glare), and what lies on the tray. A fine regular grid is a warning only: a screen shows one, and so
may the raster of a coarse printer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.capture_words import (
    Finding,
    clipping,
    colour_cast,
    exposure,
    fine_grid,
    glare,
    ground_contrast,
    light_evenness,
    mat_colour,
    mat_flatness,
    mat_wholeness,
    only_one_mat,
    print_scale,
    resolution,
    room_on_tray,
    sharpness,
    tilt,
)
from xiaoshi.core.notes.ground import Ground, contrast_problem, fit_ground
from xiaoshi.core.notes.mat import COLOURS, GROUND_BGR, MatSpec, patches, tray_area_mm
from xiaoshi.core.notes.mat_light import levels_at, whites_of
from xiaoshi.core.notes.mat_scale import PAPER_OFF, sheet_size
from xiaoshi.core.notes.model import TrayImage
from xiaoshi.core.notes.plane import Plane, find_mat
from xiaoshi.core.notes.quality import blurred, edge_width_mm, no_mat, unfit
from xiaoshi.core.notes.reference import Picture, Reference
from xiaoshi.core.problems import Problem

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SMALL_PIXELS = 1.2e6
GLARE_MM2_MIN = 12.0
GLARE_OVER_WHITE = 1.12
SATURATED = 251
LIKE_GROUND_RAD = 0.30
LIKE_GROUND_SATURATION = 0.35
GRID_WINDOW = 256
GRID_FLOOR_CYCLES = 0.12
ONE_MM = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found out about one photo. `mat`: the mat that lies in it, None where none was found."""

    image: str
    mat: MatSpec | None
    findings: tuple[Finding, ...]

    @property
    def level(self) -> str:
        """The worst of all findings."""
        levels = {finding.level for finding in self.findings}
        return "refuse" if "refuse" in levels else "warn" if "warn" in levels else "ok"

    def as_json(self, language: str) -> dict[str, Any]:
        """`image`, `level`, `mat`, `findings`."""
        mat = None if self.mat is None else {"size": self.mat.size, "colour": self.mat.colour}
        told = [finding.as_json(language) for finding in self.findings]
        return {"image": self.image, "level": self.level, "mat": mat, "findings": told}


def judge_photo(image: TrayImage | Problem, references: Sequence[Reference] = ()) -> Judged:
    """Judge a decoded photo (or say why it could not be decoded). Never raises on a picture.

    `references`: faces that are expected on the tray, to tell whether the mat's colour suits them.
    """
    if isinstance(image, Problem):
        return Judged(image.where, None, (_refused(image),))
    hopeless = unfit(image)
    if hopeless is not None:
        return Judged(image.name, None, (_refused(hopeless),))
    plane = find_mat(image.pixels)
    if plane is None or plane.mat is None:
        soft = blurred(image, None)
        missing = no_mat(image.name)
        findings = [Finding(missing.code, "warn", missing.words, 0.0, None, "marker")]
        return Judged(image.name, None, tuple(findings if soft is None else [_refused(soft), *findings]))
    return Judged(image.name, plane.mat, tuple(_with_mat(image, plane, plane.mat, references)))


def _refused(problem: Problem) -> Finding:
    return Finding(problem.code, "refuse", problem.words, None, None, "")


def _with_mat(image: TrayImage, plane: Plane, mat: MatSpec, references: Sequence[Reference]) -> list[Finding]:
    pixels = image.pixels
    area = tray_area_mm(mat)
    corners = np.array(
        [
            [area.x_mm, area.y_mm],
            [area.x_mm + area.width_mm, area.y_mm],
            [area.x_mm + area.width_mm, area.y_mm + area.height_mm],
            [area.x_mm, area.y_mm + area.height_mm],
        ]
    )
    at = plane.to_px(corners)
    height, width = pixels.shape[:2]
    inside = (at >= -1).all(axis=1) & (at[:, 0] <= width) & (at[:, 1] <= height)
    small, tray, mm2 = _small(pixels, plane, at)
    whites = whites_of(pixels, plane, mat)
    white = float(np.median(whites.max(axis=1))) if len(whites) else 0.0
    ground = fit_ground(small, tray, mat.colour)
    bare = None if ground is None else _bare(small, tray, ground)
    sheet = sheet_size(pixels, plane)
    found = [
        only_one_mat(plane.other_mat),
        mat_wholeness(len(plane.markers), 2 * (mat.across + mat.down), int((~inside).sum())),
        mat_flatness(plane.marker_rms_mm or 0.0),
        sharpness(edge_width_mm(pixels, plane)),
        resolution(_finest_px_per_mm(plane, corners)),
        exposure(white),
        clipping(float((small[tray].max(axis=1) >= 254).mean()) if tray.any() else 0.0, white),
        light_evenness(_evenness(whites)),
        colour_cast(_red_to_blue(pixels, plane, mat)),
        glare(*_glare(small, tray, whites, mm2)),
        tilt(_tilt_deg(plane)),
        ground_contrast(None if ground is None else contrast_problem(ground, image.name), ground),
        fine_grid(_grid_strength(pixels, at, small, bare)),
        print_scale(None if sheet is None else 1 / sheet, PAPER_OFF),
    ]
    if ground is not None:
        found.append(room_on_tray(ground.share))
    if references:
        found.append(mat_colour(mat.colour, {c: _like_ground(references, GROUND_BGR[c]) for c in COLOURS}))
    return found


def _small(pixels: Picture, plane: Plane, corners_px: Floats) -> tuple[Picture, Mask, float]:
    """The photo at about SMALL_PIXELS, where the tray lies in it, and square millimetres of one of its pixels."""
    shrink = min(1.0, float(np.sqrt(SMALL_PIXELS / (pixels.shape[0] * pixels.shape[1]))))
    small = pixels
    if shrink < 1:
        size = (round(pixels.shape[1] * shrink), round(pixels.shape[0] * shrink))
        small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    mask = np.zeros(small.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.rint((corners_px + 0.5) * shrink - 0.5).astype(np.int32), 1)
    return small, mask > 0, float((plane.mm_per_px() / shrink) ** 2)


def _evenness(whites: Floats) -> float:
    """Darkest white of the mat by its brightest."""
    if len(whites) == 0:
        return 1.0
    bright = whites.mean(axis=1)
    return float(np.percentile(bright, 5) / max(float(np.percentile(bright, 95)), 1.0))


def _red_to_blue(pixels: Picture, plane: Plane, mat: MatSpec) -> float:
    """Red by blue on the grey patches that are neither clipped nor black; 1 where none can be read."""
    grey = [p for p in patches(mat) if p.name in ("white", "grey_80", "grey_60", "grey_40")]
    places = np.array([(p.rect.x_mm + p.rect.width_mm / 2, p.rect.y_mm + p.rect.height_mm / 2) for p in grey])
    levels = levels_at(pixels, plane, places, max(1, int(1.5 / plane.mm_per_px())))
    usable = levels[(levels.max(axis=1) < 250) & (levels.min(axis=1) > 8)]
    return float(np.median(usable[:, 2] / usable[:, 0])) if len(usable) else 1.0


def _glare(small: Picture, tray: Mask, whites: Floats, mm2: float) -> tuple[float, int]:
    """Area (mm2) and number of patches on the tray that are brighter than paper white can be."""
    if len(whites) == 0:
        return 0.0, 0
    brightest = np.percentile(whites, 95, axis=0)
    if brightest.min() > SATURATED - 5:
        return 0.0, 0  # paper itself is near the top: nothing can be brighter
    over = tray & (small > np.minimum(brightest * GLARE_OVER_WHITE, SATURATED)).all(axis=2)
    count, _, stats, _ = cv2.connectedComponentsWithStats(over.astype(np.uint8), connectivity=8)
    areas = [float(stats[n, cv2.CC_STAT_AREA]) * mm2 for n in range(1, count)]
    large = [area for area in areas if area >= GLARE_MM2_MIN]
    return sum(large), len(large)


def _finest_px_per_mm(plane: Plane, corners_mm: Floats) -> float:
    """Resolution at the corner of the tray where it is poorest, along the poorer direction."""
    least = []
    for corner in corners_mm:
        step = plane.to_px(corner + ONE_MM)
        least.append(np.linalg.svd(step[1:] - step[0], compute_uv=False)[-1])
    return float(min(least))


def _tilt_deg(plane: Plane) -> float:
    """Angle between the line of sight and the tray's normal, from how much its middle is foreshortened."""
    area = plane.area
    middle = np.array([area.x_mm + area.width_mm / 2, area.y_mm + area.height_mm / 2])
    step = plane.to_px(middle + ONE_MM)
    wide, narrow = np.linalg.svd(step[1:] - step[0], compute_uv=False)
    return float(np.degrees(np.arccos(np.clip(narrow / wide, 0.0, 1.0))))


def _bare(small: Picture, tray: Mask, ground: Ground) -> Mask:
    """Bare mat on the small photo."""
    paper = ground.paperness(np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.uint8)) > 0.2
    return np.asarray(tray & (cv2.dilate(paper.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0))


def _grid_strength(pixels: Picture, corners_px: Floats, small: Picture, bare: Mask | None) -> float:
    """How far a single fine frequency stands out on the bare mat, in typical amplitudes of its neighbours; 0: no mat."""
    if bare is None or min(pixels.shape[:2]) < GRID_WINDOW:
        return 0.0
    shrink = small.shape[1] / pixels.shape[1]
    share = cv2.blur(bare.astype(np.float32), (max(1, round(GRID_WINDOW * shrink)),) * 2)
    strongest: list[float] = []
    window = np.outer(*(np.hanning(GRID_WINDOW),) * 2).astype(np.float32)
    frequency = np.hypot(*np.meshgrid(np.fft.rfftfreq(GRID_WINDOW), np.fft.fftfreq(GRID_WINDOW)))
    fine = (frequency > GRID_FLOOR_CYCLES) & (frequency < 0.5)
    for _ in range(4):
        y, x = np.unravel_index(int(share.argmax()), share.shape)
        if share[y, x] < 0.97:
            break
        left = int(np.clip(x / shrink - GRID_WINDOW / 2, 0, pixels.shape[1] - GRID_WINDOW))
        top = int(np.clip(y / shrink - GRID_WINDOW / 2, 0, pixels.shape[0] - GRID_WINDOW))
        part = cv2.cvtColor(pixels[top : top + GRID_WINDOW, left : left + GRID_WINDOW], cv2.COLOR_BGR2GRAY)
        spectrum = np.abs(np.fft.rfft2((part - part.mean()) * window))
        strongest.append(float(spectrum[fine].max() / max(float(np.median(spectrum[fine])), 1e-6)))
        reach = round(2 * GRID_WINDOW * shrink)
        share[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach] = 0
    return float(np.median(strongest)) if strongest else 0.0


def _like_ground(references: Sequence[Reference], ground_bgr: tuple[int, int, int]) -> float:
    """Largest share of a face whose ink has the ground's hue: paper there could not be told from the mat."""
    shares = [0.0]
    ground = _hue(np.array([[ground_bgr]], np.uint8))[0][0, 0]
    for reference in references:
        step = max(1, int(reference.px_per_mm / 2))
        hue, saturation = _hue(reference.image[::step, ::step])
        off = np.abs((hue - ground + np.pi) % (2 * np.pi) - np.pi)
        shares.append(float(((off < LIKE_GROUND_RAD) & (saturation > LIKE_GROUND_SATURATION)).mean()))
    return max(shares)


def _hue(picture: Picture) -> tuple[Floats, Floats]:
    """Hue in radians and saturation 0..1."""
    levels = picture.astype(np.float64)
    blue, green, red = levels[..., 0], levels[..., 1], levels[..., 2]
    hue = np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue)
    top = levels.max(axis=2)
    return hue, (top - levels.min(axis=2)) / np.maximum(top, 1.0)
