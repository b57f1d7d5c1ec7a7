"""The tray mat: a printed sheet that gives a photo its scale, its plane and a ground no note has.

Problem. A photo of a burnt note on a desk can name the note but not measure it: nothing in it says how many pixels
are a millimetre, and a white, grey or wooden ground runs into paper and char (spike: 26, 36 and 75 points of error
of area at the 95th percentile, against 0.9 on a saturated mat).

Choice. A landscape page, white at the printer's edge, then a saturated ground. In a strip along the border stand
ArUco markers (dictionary 5x5, 100 words) on a white quiet zone; inside the strip is the tray, which is left perfectly
plain, so that a smooth colour model fits it. The id of a marker says which mat it belongs to and where it stands:

    id = 16 * (2 * size + colour) + place      size: A4 0, A3 1, A2 2; colour: blue 0, green 1

so the marker 16 * 2 + 0 = 32 is the top left one of the blue A3 mat, and one marker that is seen names the whole
sheet. There are 10 to 16 places round the border; six hidden ones do no harm.

Coordinates are millimetres on the page, origin at the page's top left corner, x to the right, y down. A picture at
`px_per_mm` has the point (x, y) at pixel (x * px_per_mm - 0.5, y * px_per_mm - 0.5): pixel centres at whole numbers,
as OpenCV counts.

Looking for the markers: OpenCV's default `minMarkerDistanceRate` finds 12 of 12 on simulated A3 photos (0.3 px rms).
At 0.01 it returns most markers twice, once 13 % too large (a quad in the quiet zone): keep the smaller of two with
one id, or every length comes out wrong by 0.9 mm.

Left out: a chessboard (needs to be seen whole), a frame line round the tray (would join with notes that touch it),
a grid in the tray (texture under torn edges). The printed page is checked by the scale on its lower edge: if a
printer has scaled it, the user sees 100 mm that are not 100 mm.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

MatSize = Literal["A4", "A3", "A2"]
MatColour = Literal["blue", "green"]

MAT_VERSION = "1"
DICTIONARY = cv2.aruco.DICT_5X5_100
MARKER_CELLS = 7
IDS_PER_MAT = 16

SIZES: tuple[MatSize, ...] = ("A4", "A3", "A2")
COLOURS: tuple[MatColour, ...] = ("blue", "green")
GROUND_BGR: dict[MatColour, tuple[int, int, int]] = {"blue": (196, 84, 12), "green": (72, 140, 0)}

_WHITE = (255, 255, 255)
_BLACK = (0, 0, 0)


class RectMm(NamedTuple):
    """A rectangle on the page, in millimetres."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class MatSpec:
    """Everything that fixes a mat's geometry. Make one with `mat_spec`."""

    size: MatSize
    colour: MatColour
    width_mm: float
    height_mm: float
    marker_mm: float
    quiet_mm: float
    margin_mm: float
    across: int
    down: int

    @property
    def ground_bgr(self) -> tuple[int, int, int]:
        """The colour the page asks the printer for; what a photo shows differs and has to be measured there."""
        return GROUND_BGR[self.colour]

    @property
    def first_id(self) -> int:
        """Id of the top left marker; the others follow clockwise."""
        return IDS_PER_MAT * (2 * SIZES.index(self.size) + COLOURS.index(self.colour))

    @property
    def block_mm(self) -> float:
        """Edge of a marker with its quiet zone."""
        return self.marker_mm + 2 * self.quiet_mm


@dataclass(frozen=True, slots=True)
class Patch:
    """A printed patch of known colour, for light and colour cast."""

    name: str
    rect: RectMm
    bgr: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of words on the mat: left end of its baseline box's top, height of the letters, white on the ground."""

    text: str
    x_mm: float
    y_mm: float
    height_mm: float
    bgr: tuple[int, int, int] = _WHITE


_PAGES: dict[MatSize, tuple[float, float, float, int, int]] = {
    # width, height, marker edge (mm); markers along the long edge, markers strictly between them on the short edge
    "A4": (297.0, 210.0, 14.0, 4, 1),
    "A3": (420.0, 297.0, 14.0, 4, 2),
    "A2": (594.0, 420.0, 21.0, 5, 3),
}


def mat_spec(size: MatSize = "A3", colour: MatColour = "blue") -> MatSpec:
    """The mat of this paper size and ground colour. Raises KeyError on a name that is not in SIZES or COLOURS."""
    width, height, marker, across, down = _PAGES[size]
    if colour not in GROUND_BGR:
        raise KeyError(colour)
    return MatSpec(size, colour, width, height, marker, marker / 7, 5.0, across, down)


def spec_of_marker(marker_id: int) -> MatSpec | None:
    """The mat that a marker id belongs to; None for an id that no mat uses."""
    sheet, place = divmod(marker_id, IDS_PER_MAT)
    if marker_id < 0 or sheet >= len(SIZES) * len(COLOURS):
        return None
    spec = mat_spec(SIZES[sheet // 2], COLOURS[sheet % 2])
    return spec if place < 2 * (spec.across + spec.down) else None


def detector_dictionary() -> cv2.aruco.Dictionary:
    """The dictionary to look for in a photo."""
    return cv2.aruco.getPredefinedDictionary(DICTIONARY)


def _blocks(spec: MatSpec) -> list[RectMm]:
    """White squares of the markers, clockwise from the top left."""
    m, b = spec.margin_mm + 1.0, spec.block_mm
    xs = np.linspace(m, spec.width_mm - m - b, spec.across)
    ys = np.linspace(m, spec.height_mm - m - b, spec.down + 2)[1:-1]
    top = [(x, m) for x in xs]
    right = [(spec.width_mm - m - b, y) for y in ys]
    bottom = [(x, spec.height_mm - m - b) for x in xs[::-1]]
    left = [(m, y) for y in ys[::-1]]
    return [RectMm(float(x), float(y), b, b) for x, y in top + right + bottom + left]


def marker_corners_mm(spec: MatSpec) -> dict[int, NDArray[np.float64]]:
    """Marker id to its four corners, 4x2 in mm, in OpenCV's order: top left, top right, bottom right, bottom left."""
    corners = {}
    for place, block in enumerate(_blocks(spec)):
        x0, y0 = block.x_mm + spec.quiet_mm, block.y_mm + spec.quiet_mm
        x1, y1 = x0 + spec.marker_mm, y0 + spec.marker_mm
        corners[spec.first_id + place] = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64)
    return corners


def tray_area_mm(spec: MatSpec) -> RectMm:
    """The plain inside of the mat, where pieces lie."""
    edge = spec.margin_mm + 1.0 + spec.block_mm + 1.5
    return RectMm(edge, edge, spec.width_mm - 2 * edge, spec.height_mm - 2 * edge)


def _gap(spec: MatSpec, row: Literal["top", "bottom"], index: int) -> RectMm:
    """Free room between two neighbouring markers of the top or bottom row, a little inside."""
    blocks = sorted(
        (b for b in _blocks(spec) if (b.y_mm < spec.height_mm / 2) == (row == "top")),
        key=lambda b: (round(abs(b.y_mm - spec.height_mm / 2), 6) * -1, b.x_mm),
    )[: spec.across]
    left, right = blocks[index], blocks[index + 1]
    x = left.x_mm + left.width_mm + 3.0
    return RectMm(x, left.y_mm, right.x_mm - 3.0 - x, left.height_mm)


def patches(spec: MatSpec) -> tuple[Patch, ...]:
    """Six grey patches in the top strip, six colour patches in the bottom strip."""
    greys = (
        ("white", 255),
        ("grey_80", 204),
        ("grey_60", 153),
        ("grey_40", 102),
        ("grey_20", 51),
        ("black", 0),
    )
    colours = (
        ("red", (40, 40, 200)),
        ("orange", (40, 140, 240)),
        ("yellow", (40, 220, 250)),
        ("leaf", (60, 160, 60)),
        ("sky", (220, 160, 60)),
        ("violet", (150, 60, 130)),
    )
    top, bottom = _gap(spec, "top", 1), _gap(spec, "bottom", 0)
    edge = min(10.0, top.width_mm / 6.5)
    made = [
        Patch(name, RectMm(top.x_mm + i * edge, top.y_mm + 4.0, edge, edge), (g, g, g))
        for i, (name, g) in enumerate(greys)
    ]
    made += [
        Patch(name, RectMm(bottom.x_mm + i * edge, bottom.y_mm + 4.0, edge, edge), bgr)
        for i, (name, bgr) in enumerate(colours)
    ]
    return tuple(made)


def scale_mm(spec: MatSpec) -> RectMm:
    """The white ruler on the lower edge; its length is a whole number of centimetres."""
    gap = _gap(spec, "bottom", 1)
    length = 10.0 * int(gap.width_mm // 10)
    return RectMm(gap.x_mm + (gap.width_mm - length) / 2, gap.y_mm + 3.0, length, 10.0)


def words(spec: MatSpec) -> tuple[Line, ...]:
    """What is printed on the mat for people, Chinese first."""
    zh_colour = {"blue": "蓝", "green": "绿"}[spec.colour]
    a, b, c = _gap(spec, "top", 0), _gap(spec, "top", 2), _gap(spec, "bottom", 2)
    ruler = scale_mm(spec)
    return (
        Line(f"小事 残币托盘垫 {spec.size} {zh_colour}", a.x_mm, a.y_mm + 3.0, 4.4),
        Line("按 100% 打印，不缩放；打印后量下边标尺", a.x_mm, a.y_mm + 10.0, 3.1),
        Line(f"Xiaoshi note tray mat {spec.size} {spec.colour}", b.x_mm, b.y_mm + 3.0, 3.8),
        Line("Print at 100 %, not fitted; check the ruler below", b.x_mm, b.y_mm + 10.0, 2.8),
        Line(f"第 {MAT_VERSION} 版 version {MAT_VERSION}", c.x_mm, c.y_mm + 3.0, 3.1),
        Line("碎片不压标记、不重叠 Keep pieces apart, off the markers", c.x_mm, c.y_mm + 10.0, 2.3),
        Line(f"{ruler.width_mm:.0f} mm", ruler.x_mm + ruler.width_mm - 11.0, ruler.y_mm + 6.2, 2.4, _BLACK),
    )


def rectangles(spec: MatSpec) -> list[tuple[RectMm, tuple[int, int, int]]]:
    """All that is printed except words, as filled rectangles (BGR) in drawing order; the page below is white."""
    m = spec.margin_mm
    out: list[tuple[RectMm, tuple[int, int, int]]] = [
        (RectMm(m, m, spec.width_mm - 2 * m, spec.height_mm - 2 * m), spec.ground_bgr)
    ]
    dictionary = detector_dictionary()
    for block, (marker_id, corners) in zip(_blocks(spec), marker_corners_mm(spec).items(), strict=True):
        out.append((block, _WHITE))
        x0, y0 = (float(v) for v in corners[0])
        out.append((RectMm(x0, y0, spec.marker_mm, spec.marker_mm), _BLACK))
        cell = spec.marker_mm / MARKER_CELLS
        bits = cv2.aruco.generateImageMarker(dictionary, marker_id, MARKER_CELLS) > 0
        for r, row in enumerate(bits):
            edges = np.flatnonzero(np.diff(np.concatenate(([0], row.astype(np.int8), [0]))))
            for start, stop in zip(edges[::2], edges[1::2], strict=True):
                run = RectMm(x0 + float(start) * cell, y0 + r * cell, float(stop - start) * cell, cell)
                out.append((run, _WHITE))
    out += [(patch.rect, patch.bgr) for patch in patches(spec)]
    ruler = scale_mm(spec)
    out.append((RectMm(ruler.x_mm - 1, ruler.y_mm, ruler.width_mm + 2, ruler.height_mm), _WHITE))
    for mm in range(round(ruler.width_mm) + 1):
        length = 6.0 if mm % 10 == 0 else 4.5 if mm % 5 == 0 else 3.0
        out.append((RectMm(ruler.x_mm + mm - 0.1, ruler.y_mm, 0.2, length), _BLACK))
    return out


def mat_picture(spec: MatSpec, px_per_mm: float, font: bytes | None = None) -> NDArray[np.uint8]:
    """The page as a BGR picture of (height_mm * px_per_mm, width_mm * px_per_mm), edges exact to part of a pixel.

    `font`: bytes of a font with Chinese letters for the printed words; without it the words are left out (the
    engine does not read them).
    """
    h, w = round(spec.height_mm * px_per_mm), round(spec.width_mm * px_per_mm)
    picture = np.full((h, w, 3), 255, np.uint8)
    for rect, bgr in rectangles(spec):
        xs, x0 = _coverage(rect.x_mm * px_per_mm, (rect.x_mm + rect.width_mm) * px_per_mm, w)
        ys, y0 = _coverage(rect.y_mm * px_per_mm, (rect.y_mm + rect.height_mm) * px_per_mm, h)
        _fill(picture[y0 : y0 + len(ys), x0 : x0 + len(xs)], xs, ys, np.array(bgr, np.float32))
    return _with_words(picture, spec, px_per_mm, font) if font is not None else picture


def _coverage(start: float, stop: float, count: int) -> tuple[NDArray[np.float32], int]:
    """How much of each pixel the interval covers, from the first pixel that it touches (returned too)."""
    first, last = max(0, int(np.floor(start))), min(count, int(np.ceil(stop)))
    edge = np.arange(first, last, dtype=np.float64)
    part = np.clip(np.minimum(edge + 1, stop) - np.maximum(edge, start), 0, 1)
    return part.astype(np.float32), first


def _fill(
    window: NDArray[np.uint8], xs: NDArray[np.float32], ys: NDArray[np.float32], bgr: NDArray[np.float32]
) -> None:
    """Paint the window: blend its outermost rows and columns by coverage, set the rest."""

    def blend(part: NDArray[np.uint8], cover: NDArray[np.float32]) -> None:
        part[:] = np.rint(part + cover[..., None] * (bgr - part)).astype(np.uint8)

    rows, columns = slice(1, len(ys) - 1), slice(1, len(xs) - 1)
    for y in {0, len(ys) - 1}:
        blend(window[y : y + 1], ys[y] * xs[None, :])
    for x in {0, len(xs) - 1}:
        blend(window[rows, x : x + 1], ys[rows, None] * xs[x])
    window[rows, columns] = bgr.astype(np.uint8)


def _with_words(
    picture: NDArray[np.uint8], spec: MatSpec, px_per_mm: float, font: bytes
) -> NDArray[np.uint8]:
    image = Image.fromarray(np.ascontiguousarray(picture[..., ::-1]))
    draw = ImageDraw.Draw(image)
    for line in words(spec):
        face = ImageFont.truetype(BytesIO(font), max(4, round(line.height_mm * px_per_mm)))
        at = (line.x_mm * px_per_mm, line.y_mm * px_per_mm)
        draw.text(at, line.text, font=face, fill=tuple(line.bgr[::-1]), anchor="lt")
    return np.ascontiguousarray(np.asarray(image)[..., ::-1])


def mat_typst(spec: MatSpec) -> str:
    """The page as a typst document, true to scale: pass it to `typst.compile` with a font that has Chinese letters."""
    lines = [
        f"#set page(width: {spec.width_mm}mm, height: {spec.height_mm}mm, margin: 0mm)",
        '#set text(font: "Noto Sans CJK SC", lang: "zh")',
    ]
    for rect, (b, g, r) in rectangles(spec):
        lines.append(
            f"#place(dx: {rect.x_mm:.4f}mm, dy: {rect.y_mm:.4f}mm, "
            f"rect(width: {rect.width_mm:.4f}mm, height: {rect.height_mm:.4f}mm, fill: rgb({r}, {g}, {b})))"
        )
    for line in words(spec):
        b, g, r = line.bgr
        lines.append(
            f"#place(dx: {line.x_mm:.3f}mm, dy: {line.y_mm:.3f}mm, "
            f'text(size: {line.height_mm:.3f}mm, fill: rgb({r}, {g}, {b}), "{line.text}"))'
        )
    return "\n".join(lines) + "\n"
