"""Is this picture fit to be looked at? Refusals before any measuring, each with what to do.

Darkness is judged on the bright end of the picture (its 99th percentile), so a dark desk with a lit tray passes.
Blur is the width of the sharpest edges: a step of height `range` blurred by a Gaussian of s pixels has the steepest
slope range / (s sqrt(2 pi)). With a mat the edges are those of its markers and s is in millimetres; without one the
picture is brought to 2,000 px first. On simulated trays of 12 MP it is 0.18 mm (A2 mat); the limit of 0.45 mm
refuses 4 px of added blur and passes 2 px, at which all pieces were still named and measured alike.
"""

from __future__ import annotations

import cv2
import numpy as np

from xiaoshi.core.notes.decode import EDGE_PX_MIN, MEGAPIXELS_MAX, too_large
from xiaoshi.core.notes.mat import marker_corners_mm
from xiaoshi.core.notes.model import TrayImage
from xiaoshi.core.notes.plane import MARKER_RMS_MM_MAX, Plane
from xiaoshi.core.notes.reference import Picture
from xiaoshi.core.problems import Problem, Words

BRIGHT_MIN = 60
BLUR_MM_MAX = 0.45
BLUR_PX_MAX = 4.0


def unfit(image: TrayImage) -> Problem | None:
    """What makes the picture useless whatever it shows: its form, size, or darkness."""
    pixels = image.pixels
    if (
        not isinstance(pixels, np.ndarray)
        or pixels.dtype != np.uint8
        or pixels.ndim != 3
        or pixels.shape[2] != 3
    ):
        words = Words("图像数据格式不对（应为 8 位彩色）", "the pixels are not 8-bit colour")
        return Problem("not_an_image", words, image.name)
    height, width = pixels.shape[:2]
    if min(height, width) < EDGE_PX_MIN:
        words = Words(
            f"图片太小（{width}×{height} 像素），请用原始照片，长边不少于 1600 像素",
            f"the picture is too small ({width}x{height} px): send the original photo, 1600 px or more along its edge",
        )
        return Problem("image_too_small", words, image.name)
    if width * height > MEGAPIXELS_MAX * 1e6:
        return too_large(width, height, image.name)
    step = max(1, int(np.sqrt(width * height / 250_000)))
    sample = pixels[::step, ::step].max(axis=2)
    if float(np.percentile(sample, 99)) < BRIGHT_MIN:
        words = Words(
            "照片太暗，看不清内容；请补光后重拍",
            "the photo is too dark to see anything: light the tray and take it again",
        )
        return Problem("image_too_dark", words, image.name)
    return None


def edge_width_px(grey: Picture) -> float:
    """Gaussian width of the sharpest edges, in pixels of `grey`; infinite where there is no contrast."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.7).astype(np.float32)
    # Central differences by hand: cv2.Sobel's `scale` was seen to be dropped with one thread (OpenCV 5.0.0).
    slope = np.hypot(smooth[1:-1, 2:] - smooth[1:-1, :-2], smooth[2:, 1:-1] - smooth[:-2, 1:-1]) / 2
    low, high = np.percentile(smooth[::2, ::2], (1, 99))
    steepest = float(np.percentile(slope[::2, ::2], 99.8))
    if high - low < 12 or steepest <= 0:
        return float("inf")
    return float((high - low) / (steepest * np.sqrt(2 * np.pi)))


def blurred(image: TrayImage, plane: Plane | None) -> Problem | None:
    """Whether print and edges are too soft to work with."""
    grey = np.asarray(cv2.cvtColor(image.pixels, cv2.COLOR_BGR2GRAY), np.uint8)
    if plane is not None and plane.mat is not None:
        bad = _marker_edge_width_mm(grey, plane) > BLUR_MM_MAX
    else:
        shrink = min(1.0, 2000 / max(grey.shape))
        if shrink < 1:
            grey = np.asarray(
                cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8
            )
        bad = edge_width_px(grey) > BLUR_PX_MAX
    if not bad:
        return None
    words = Words(
        "照片模糊，或画面中没有可辨的内容；请对焦、拿稳后重拍",
        "the photo is blurred, or shows nothing that can be told: focus, hold still and take it again",
    )
    return Problem("image_blurred", words, image.name)


def edge_width_mm(pixels: Picture, plane: Plane) -> float:
    """Width of the sharpest edges of the mat's markers in mm; infinite where none is in the photo."""
    return _marker_edge_width_mm(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8), plane)


def _marker_edge_width_mm(grey: Picture, plane: Plane) -> float:
    """Median over the mat's blocks of the edge width, in mm."""
    assert plane.mat is not None
    widths = []
    for corners in marker_corners_mm(plane.mat).values():
        px = plane.to_px(corners)
        x0, y0 = np.floor(px.min(axis=0)).astype(int) - 2
        x1, y1 = np.ceil(px.max(axis=0)).astype(int) + 2
        if x0 < 0 or y0 < 0 or x1 > grey.shape[1] or y1 > grey.shape[0]:
            continue
        side_px = float(np.sqrt(max(cv2.contourArea(px.astype(np.float32)), 1.0)))
        widths.append(edge_width_px(grey[y0:y1, x0:x1]) * plane.mat.marker_mm / side_px)
    return float(np.median(widths)) if widths else float("inf")


def mat_unsound(plane: Plane, where: str) -> Problem | None:
    """Markers that do not fit one flat sheet."""
    rms = plane.marker_rms_mm
    if rms is None or rms <= MARKER_RMS_MM_MAX:
        return None
    words = Words(
        f"托盘垫不平整或标记变形（误差 {rms:.2f} 毫米，上限 {MARKER_RMS_MM_MAX}），本图不测量面积；请铺平后重拍",
        f"the mat is not flat or its markers are off ({rms:.2f} mm, at most {MARKER_RMS_MM_MAX}): nothing is measured "
        "in this picture; lay it flat and take the photo again",
    )
    return Problem("mat_not_flat", words, where)


def no_mat(where: str) -> Problem:
    """A photo without a mat."""
    words = Words(
        "没有找到托盘垫（或标记被挡住），只能辨认券别，不能测量面积；请把残币放在托盘垫上重拍",
        "no mat was found (or its markers are hidden): notes are named, never measured; lay them on the mat and take "
        "the photo again",
    )
    return Problem("mat_missing", words, where)


def two_mats(where: str) -> Problem:
    """Pieces on the second mat would be left out in silence."""
    words = Words(
        "画面中有两张托盘垫，分不清残币属于哪一张，本图不测量面积；请一次只拍一张托盘垫",
        "two mats lie in the photo, so nothing is measured in it: take one photo of each mat",
    )
    return Problem("two_mats", words, where)


def mat_partly_hidden(share: float, where: str) -> Problem:
    """Markers are seen on one side only; the rest of the tray is not measured."""
    words = Words(
        f"托盘垫的标记被挡住太多，托盘约 {share:.0%} 的位置无法准确测量，未计入该处残币；请露出四周标记后重拍",
        f"too many of the mat's markers are hidden: about {share:.0%} of the tray cannot be placed well enough, and pieces "
        "there are not measured; uncover the markers and take the photo again",
    )
    return Problem("mat_partly_hidden", words, where)
