"""A specimen currency drawn by program: the demo's and the tests' money, marked 样张 SPECIMEN on both faces.

Problem. Tests need whole notes of several denominations and editions that a matcher can tell apart, and no picture
of a real note may be in the tree. Choice: geometry drawn from a seed made of (denomination, edition, side): a field
of displaced fine lines, rosettes, ridges of an abstract landscape, a few hundred small ornaments, large numerals.
No portrait, no emblem, no name of a bank; only the sizes are those of the fifth series (155 x 77 mm for 100 down to
130 x 63 mm for 1), because the measuring is about sizes.

Two editions of one denomination share colour and size and nothing else of the geometry, so a fragment of 35 x 35 mm
holds some 25 ornaments that no other face has at these places. Serial numbers stand in two places of the front on calm
ground, a windowed thread runs from edge to edge.

Left out: what real notes have beyond print (relief, a watermark's picture, colour-shifting ink), and editions that differ in a
detail only; the first cannot be seen in a photo of char, the second would test the matcher harder than this does.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from xiaoshi.core.notes.reference import Picture, Side, Zone

ISSUER = "CNY"
SERIES = "5"
SIDES: tuple[Side, ...] = ("front", "back")
SIZE_MM: dict[int, tuple[float, float]] = {
    100: (155.0, 77.0),
    50: (150.0, 70.0),
    20: (145.0, 70.0),
    10: (140.0, 70.0),
    5: (135.0, 63.0),
    1: (130.0, 63.0),
}
EDITIONS: dict[int, tuple[str, ...]] = {
    100: ("1999", "2005", "2015"),
    50: ("1999", "2005", "2019"),
    20: ("1999", "2005", "2019"),
    10: ("1999", "2005", "2019"),
    5: ("1999", "2005", "2020"),
    1: ("1999", "2019"),
}
# two inks a denomination, BGR: the ground's and the line work's
_INKS: dict[int, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    100: ((96, 84, 214), (60, 40, 130)),
    50: ((120, 168, 78), (70, 92, 24)),
    20: ((74, 128, 186), (36, 62, 112)),
    10: ((178, 138, 84), (110, 66, 30)),
    5: ((168, 96, 150), (98, 42, 82)),
    1: ((88, 158, 148), (44, 88, 70)),
}
NUMBERS = ((0.24, 0.87, 4.2), (0.72, 0.09, 3.4))
"""The two places of the number on the front: middle in shares of width and height, size of the letters in mm."""
THREAD_AT, THREAD_MM, THREAD_DASH_MM = 0.385, 0.9, 4.5
_PAPER = np.array((226, 238, 240), np.float32)
_SHIFT = 4

Layer = NDArray[np.uint8]


def faces() -> list[tuple[int, str, Side]]:
    """Every face of the specimen currency: (denomination, edition, side)."""
    return [(d, e, s) for d, editions in EDITIONS.items() for e in editions for s in SIDES]


def serial_number(seed: int) -> str:
    """Two letters (never V) and eight digits, as the fifth series writes them."""
    rng = np.random.default_rng(seed)
    letters = "ABCDEFGHIJKLMNOPQRSTUWXYZ"
    return "".join(letters[int(i)] for i in rng.integers(0, 25, 2)) + f"{int(rng.integers(0, 10**8)):08d}"


def zones(denomination: int, side: Side) -> tuple[Zone, ...]:
    """Where numbers, watermark window and thread stand on a face. KeyError for an unknown denomination."""
    wide, high = SIZE_MM[denomination]
    x, y, half_x, half_y = _watermark_window(wide, high, side)
    at = THREAD_AT * wide if side == "front" else (1 - THREAD_AT) * wide
    told = [
        Zone("watermark", x - half_x, y - half_y, 2 * half_x, 2 * half_y),
        Zone("thread", at - THREAD_MM / 2, 0.0, THREAD_MM, high),
    ]
    if side == "front":
        told += [
            # eight digits of 0.555 of the letters' size and two letters of 0.62
            Zone("serial", cx * wide - 2.84 * size, cy * high - 0.6 * size, 5.68 * size, 1.2 * size)
            for cx, cy, size in NUMBERS
        ]
    return tuple(told)


def draw_specimen(
    denomination: int, edition: str, side: Side, *, px_per_mm: float, serial: str, font: bytes
) -> Picture:
    """One face as a BGR picture of the note's size times `px_per_mm`.

    `font`: bytes of a font with the letters 样张. KeyError for a denomination the specimen currency does not have.
    """
    width_mm, height_mm = SIZE_MM[denomination]
    w, h = round(width_mm * px_per_mm), round(height_mm * px_per_mm)
    rng = np.random.default_rng(zlib.crc32(f"{denomination}/{edition}/{side}".encode()))
    pen = _Pen(w, h, px_per_mm)
    window = _watermark_window(width_mm, height_mm, side)

    _line_field(pen, rng)
    _landscape(pen, rng)
    _rosettes(pen, rng)
    _ornaments(pen, rng)
    _quieten(pen, window)
    for zone in zones(denomination, side):
        if zone.kind == "serial":
            _calm_number_ground(pen, zone)
    _frame(pen, rng)
    _thread(pen, width_mm, side)
    _letters(pen, rng, denomination, edition, side, serial, font)
    return _print(pen, rng, denomination)


class _Pen:
    """Coverage of the three inks (0 to 255) over the sheet, and drawing in millimetres."""

    def __init__(self, width: int, height: int, px_per_mm: float) -> None:
        self.width, self.height, self.px_per_mm = width, height, px_per_mm
        self.width_mm, self.height_mm = width / px_per_mm, height / px_per_mm
        self.tint: Layer = np.zeros((height, width), np.uint8)
        self.line: Layer = np.zeros((height, width), np.uint8)
        self.dark: Layer = np.zeros((height, width), np.uint8)

    def curves(self, layer: Layer, points_mm: list[NDArray[np.float64]], width_mm: float, ink: int) -> None:
        scale = self.px_per_mm * (1 << _SHIFT)
        polylines = [np.rint(p * scale).astype(np.int32).reshape(-1, 1, 2) for p in points_mm]
        thick = max(1, round(width_mm * self.px_per_mm))
        cv2.polylines(layer, polylines, False, (ink,), thick, cv2.LINE_AA, _SHIFT)

    def fill(self, layer: Layer, points_mm: NDArray[np.float64], ink: int) -> None:
        points = np.rint(points_mm * self.px_per_mm * (1 << _SHIFT)).astype(np.int32)
        cv2.fillPoly(layer, [points], (ink,), cv2.LINE_AA, _SHIFT)


def _watermark_window(width_mm: float, height_mm: float, side: Side) -> tuple[float, float, float, float]:
    """Centre and half axes (mm) of the place with little print: left on the front, so right on the back."""
    x = 0.16 * width_mm
    return (x if side == "front" else width_mm - x, 0.47 * height_mm, 0.10 * width_mm, 0.27 * height_mm)


def _waves(rng: np.random.Generator, count: int, low: float, high: float) -> NDArray[np.float64]:
    """Random sine terms: (frequency in rad/mm along x, along y, phase, weight)."""
    turn = rng.uniform(0, 2 * np.pi, count)
    freq = 2 * np.pi / rng.uniform(low, high, count)
    return np.stack(
        [freq * np.cos(turn), freq * np.sin(turn), rng.uniform(0, 6.28, count), rng.uniform(0.4, 1, count)], 1
    )


def _evaluate(
    waves: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    total = np.zeros(np.broadcast(x, y).shape)
    for fx, fy, phase, weight in waves:
        total += weight * np.sin(fx * x + fy * y + phase)
    return total


def _line_field(pen: _Pen, rng: np.random.Generator) -> None:
    """Fine lines 1.2 mm apart, bent by a displacement that has no period within the note."""
    waves = _waves(rng, 7, 9.0, 60.0)
    tilt = rng.uniform(-0.5, 0.5)
    x = np.arange(-2.0, pen.width_mm + 2, 0.8)
    lines = []
    for y0 in np.arange(-40.0, pen.height_mm + 40, 1.2):
        y = y0 + tilt * (x - pen.width_mm / 2)
        lines.append(np.stack([x, y + 1.3 * _evaluate(waves, x, y)], 1))
    pen.curves(pen.line, lines, 0.1, 120)


def _landscape(pen: _Pen, rng: np.random.Generator) -> None:
    """Ridges one behind the other, each hatched with its own slope."""
    x = np.linspace(0, pen.width_mm, 240)
    for depth in range(int(rng.integers(4, 7))):
        base = pen.height_mm * (0.35 + 0.13 * depth)
        ridge = base + 3.2 * _evaluate(_waves(rng, 6, 8.0, 70.0), x, np.array(float(depth)))
        pen.fill(
            pen.tint,
            np.concatenate([np.stack([x, ridge], 1), [[pen.width_mm, pen.height_mm], [0, pen.height_mm]]]),
            60 + 25 * depth,
        )
        pen.curves(pen.line, [np.stack([x, ridge], 1)], 0.25, 220)
        slope = rng.uniform(-1.5, 1.5)
        feet = rng.integers(0, 239, 90)
        length = rng.uniform(2.0, 9.0, 90)
        hatch = [
            np.array([[x[i], ridge[i]], [x[i] + slope * k, ridge[i] + k]])
            for i, k in zip(feet, length, strict=True)
        ]
        pen.curves(pen.dark, hatch, 0.1, 150)


def _rosettes(pen: _Pen, rng: np.random.Generator) -> None:
    """Guilloche: roses with two radii and a changing phase, eight strands each."""
    turn = np.linspace(0, 2 * np.pi, 500)
    for _ in range(int(rng.integers(5, 8))):
        centre = rng.uniform((0.1, 0.15), (0.9, 0.85)) * (pen.width_mm, pen.height_mm)
        outer, lobes = rng.uniform(6.0, 16.0), int(rng.integers(5, 15))
        inner, twist = rng.uniform(0.15, 0.4), int(rng.integers(2, 6))
        strands = []
        for phase in np.linspace(0, 2 * np.pi / lobes, 8, endpoint=False):
            r = outer * (1 - inner + inner * np.cos(lobes * (turn + phase)) * np.cos(twist * turn + phase))
            strands.append(centre + r[:, None] * np.stack([np.cos(turn), np.sin(turn)], 1))
        pen.curves(pen.dark if rng.random() < 0.5 else pen.line, strands, 0.1, 190)


def _ornaments(pen: _Pen, rng: np.random.Generator) -> None:
    """Small marks, one to a cell of about 4.5 mm and shifted in it: petals, curls, chevrons, rings."""
    cell = 4.5
    for gx in np.arange(cell / 2, pen.width_mm, cell):
        for gy in np.arange(cell / 2, pen.height_mm, cell):
            if rng.random() < 0.22:
                continue
            centre = np.array([gx, gy]) + rng.uniform(-1.6, 1.6, 2)
            _ornament(pen, rng, centre, rng.uniform(0.8, 2.3))


def _ornament(pen: _Pen, rng: np.random.Generator, centre: NDArray[np.float64], size: float) -> None:
    kind, turn = int(rng.integers(0, 5)), rng.uniform(0, 2 * np.pi)
    layer, ink = (pen.dark, 190) if rng.random() < 0.6 else (pen.tint, 230)
    if kind == 0:  # petal
        t = np.linspace(0, 2 * np.pi, 14)
        points = np.stack([np.cos(t), 0.4 * np.sin(t)], 1)
    elif kind == 1:  # curl
        t = np.linspace(0.3, rng.uniform(4.0, 8.0), 20)
        points = np.stack([t * np.cos(t), t * np.sin(t)], 1) / t[-1]
    elif kind == 2:  # chevron
        points = np.array([[-1.0, -0.7], [0.0, 0.5], [1.0, rng.uniform(-1.0, 0.2)]])
    elif kind == 3:  # irregular polygon
        t = np.sort(rng.uniform(0, 2 * np.pi, 6))
        points = np.stack([np.cos(t), np.sin(t)], 1) * rng.uniform(0.4, 1.0, (6, 1))
    else:  # ring
        t = np.linspace(0, 2 * np.pi, 16)
        points = 0.6 * np.stack([np.cos(t), np.sin(t)], 1)
    c, s = np.cos(turn), np.sin(turn)
    placed = centre + size * points @ np.array([[c, s], [-s, c]])
    if kind in (0, 3):
        pen.fill(layer, placed, ink)
    else:
        pen.curves(layer, [placed], 0.25, ink)


def _quieten(pen: _Pen, window: tuple[float, float, float, float]) -> None:
    """Fade the print out in the watermark window and off the unprinted margin."""
    x = (np.arange(pen.width, dtype=np.float32) + 0.5) / pen.px_per_mm
    y = (np.arange(pen.height, dtype=np.float32)[:, None] + 0.5) / pen.px_per_mm
    cx, cy, a, b = window
    inside = ((x - cx) / a) ** 2 + ((y - cy) / b) ** 2
    keep = np.clip((inside - 0.85) / 0.3, 0.12, 1.0)
    edge = np.minimum(np.minimum(x, pen.width_mm - x), np.minimum(y, pen.height_mm - y))
    keep *= np.clip((edge - 2.8) / 0.2, 0.0, 1.0)
    for layer in (pen.tint, pen.line, pen.dark):
        layer[:] = (layer * keep).astype(np.uint8)


def _calm_number_ground(pen: _Pen, zone: Zone) -> None:
    """Under a number only faint lines, as on real notes: a number on ornaments could not be read with certainty."""
    ends = 0.4 * zone.height_mm
    x0, x1 = (round(x * pen.px_per_mm) for x in (zone.x_mm - ends, zone.x_mm + zone.width_mm + ends))
    y0, y1 = (round(y * pen.px_per_mm) for y in (zone.y_mm, zone.y_mm + zone.height_mm))
    for layer, keep in ((pen.tint, 0.5), (pen.line, 0.5), (pen.dark, 0.15)):
        layer[y0:y1, x0:x1] = (layer[y0:y1, x0:x1] * keep).astype(np.uint8)


def _thread(pen: _Pen, width_mm: float, side: Side) -> None:
    """A windowed thread: dark dashes where it comes to the front, and between them on the back."""
    x = THREAD_AT * width_mm if side == "front" else (1 - THREAD_AT) * width_mm
    first = 2.0 if side == "front" else 2.0 + THREAD_DASH_MM
    half = THREAD_MM / 2
    for y in np.arange(first, pen.height_mm - 2.0, 2 * THREAD_DASH_MM):
        end = min(y + THREAD_DASH_MM, pen.height_mm - 2.0)
        dash = np.array([[x - half, y], [x + half, y], [x + half, end], [x - half, end]])
        pen.fill(pen.dark, dash, 240)


def _frame(pen: _Pen, rng: np.random.Generator) -> None:
    """A border of waves 3 mm from the edge, with a different beat on each side."""
    for x0, x1, horizontal in ((3.6, pen.width_mm - 3.6, True), (3.6, pen.height_mm - 3.6, False)):
        for far in (False, True):
            along = np.arange(x0, x1, 0.2)
            across = 4.2 + 0.7 * _evaluate(_waves(rng, 3, 2.0, 9.0), along, np.array(0.0)) / 2
            other = pen.height_mm if horizontal else pen.width_mm
            across = other - across if far else across
            pair = (along, across) if horizontal else (across, along)
            pen.curves(pen.dark, [np.stack(pair, 1)], 0.25, 220)


@lru_cache(maxsize=32)
def _face(font: bytes, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(BytesIO(font), size)


def _letters(
    pen: _Pen, rng: np.random.Generator, denomination: int, edition: str, side: Side, serial: str, font: bytes
) -> None:
    """Numerals, the marks 样张 and SPECIMEN, lines of small letters, the serial number."""
    layer = Image.fromarray(pen.dark)
    draw = ImageDraw.Draw(layer)
    wide, high = pen.width_mm, pen.height_mm
    mirror = side == "back"

    def write(text: str, x: float, y: float, size: float, ink: int) -> None:
        face = _face(font, max(4, round(size * pen.px_per_mm)))
        at = ((wide - x if mirror else x) * pen.px_per_mm, y * pen.px_per_mm)
        draw.text(at, text, font=face, fill=ink, anchor="mm")

    write(str(denomination), 0.80 * wide, 0.26 * high, 19.0, 235)
    write(str(denomination), 0.93 * wide, 0.84 * high, 8.0, 235)
    write(str(denomination), 0.07 * wide, 0.13 * high, 7.0, 235)
    # the big words are on every face: moved about, or a fragment that holds only them would fit every edition
    shift = rng.uniform((-7.0, -4.0), (7.0, 4.0), (2, 2))
    write("样张", 0.50 * wide + shift[0, 0], 0.40 * high + shift[0, 1], rng.uniform(18.0, 22.0), 225)
    write("SPECIMEN", 0.53 * wide + shift[1, 0], 0.74 * high + shift[1, 1], rng.uniform(11.0, 13.5), 225)
    write(f"{edition} 年样 {side.upper()}", 0.76 * wide, 0.50 * high, 3.4, 230)
    for x, y in rng.uniform((0.3, 0.12), (0.9, 0.9), (4, 2)):
        write(f"样张 SPECIMEN {denomination} {edition} 非货币 NO VALUE", x * wide, y * high, 1.5, 200)
    if side == "front":
        for at_x, at_y, size in NUMBERS:
            write(serial, at_x * wide, at_y * high, size, 255)
    pen.dark[:] = np.asarray(layer)


def _print(pen: _Pen, rng: np.random.Generator, denomination: int) -> Picture:
    """Inks over paper, the ground's ink running from one hue to a neighbour's across the sheet."""
    ground, ink = (np.array(c, np.float32) for c in _INKS[denomination])
    x = np.linspace(0, 1, pen.width, dtype=np.float32)[None, :, None]
    blend = np.clip(x + rng.uniform(-0.2, 0.2), 0, 1)
    tint = ground * (1 - blend) + np.roll(ground, 1) * 0.25 * blend + ground * 0.75 * blend
    ground_print = cv2.GaussianBlur((pen.tint > 0).astype(np.float32), (0, 0), pen.px_per_mm)[..., None]
    picture = _PAPER * np.ones((pen.height, pen.width, 1), np.float32)
    wash = 0.16 * ground_print + 0.40 * (pen.tint[..., None] / 255.0)
    for cover, colour in (
        (wash, tint),
        (0.75 * pen.line[..., None] / 255.0, tint * 0.8),
        (0.92 * pen.dark[..., None] / 255.0, ink),
    ):
        picture += cover.astype(np.float32) * (colour.astype(np.float32) - picture)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
