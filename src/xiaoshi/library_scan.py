"""A scan that somebody wants to enrol: is it a whole picture, and can it be the note that they say it is?

Each check answers with problems, never with an exception; the codes in REFUSALS and all that come before a picture
could be read refuse the scan, the others are warnings that are kept with it.
"""

from __future__ import annotations

import io
import math
import warnings
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
from PIL import Image, ImageOps

from xiaoshi.core.notes.reference import Picture, Side
from xiaoshi.core.problems import Problem, Words

PICTURE_PX_MAX = 120_000_000
REFUSALS = {"aspect_far_off", "picture_blank", "picture_too_small"}


def named_problems(issuer: str, series: str, edition: str, denomination: float, side: str) -> list[Problem]:
    """Names of 1 to 40 visible characters, a face value of a fen or more, a side that exists."""
    problems = []
    for field, value in (("issuer", issuer), ("series", series), ("edition", edition)):
        if not value.strip() or len(value) > 40 or not value.isprintable():
            problems.append(
                Problem(
                    "name_unusable",
                    Words("请填写 1 至 40 个可见字符", "give 1 to 40 visible characters"),
                    field,
                )
            )
    if not (math.isfinite(denomination) and 0.01 <= denomination <= 1e9):
        problems.append(
            Problem(
                "denomination_unusable",
                Words(
                    "面额须是不小于 0.01 的数，单位为元（如 100、0.5）",
                    "the denomination is a number of yuan, 0.01 or more (100, 0.5)",
                ),
                "denomination",
            )
        )
    if side not in get_args(Side):
        problems.append(
            Problem(
                "side_unknown",
                Words("面只能是 front（正面）或 back（背面）", "the side is front or back"),
                "side",
            )
        )
    return problems


def size_problems(width_mm: float, height_mm: float) -> list[Problem]:
    """A note measures 20 to 400 mm each way."""
    bad = [
        name
        for name, value in (("width_mm", width_mm), ("height_mm", height_mm))
        if not (math.isfinite(value) and 20 <= value <= 400)
    ]
    return [
        Problem(
            "size_implausible",
            Words(
                "票面尺寸须在 20 至 400 毫米之间，请量整张票",
                "a note measures 20 to 400 mm; measure the whole note",
            ),
            name,
        )
        for name in bad
    ]


def read_scan(path: Path) -> tuple[Picture | None, list[Problem]]:
    """Decode a picture wholly (a cut file is noticed), turned as its EXIF data say."""
    where = str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        words = Words(f"读不到图片文件（{reason}）", f"the picture file cannot be read ({reason})")
        return None, [Problem("picture_unreadable", words, where)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data))
            if picture.width * picture.height > PICTURE_PX_MAX:
                words = Words(
                    f"图片过大（{picture.width}×{picture.height}），请缩小到 1.2 亿像素以内",
                    f"the picture is too large ({picture.width}x{picture.height}); 120 megapixels at most",
                )
                return None, [Problem("picture_too_large", words, where)]
            picture.load()
            upright = ImageOps.exif_transpose(picture)
            if "A" in upright.getbands() or "transparency" in upright.info:
                clear = upright.convert("RGBA")
                upright = Image.new("RGBA", clear.size, "white")
                upright.alpha_composite(clear)
            pixels = _bgr(upright)
    except Image.DecompressionBombError:
        words = Words("图片过大，请缩小到 1.2 亿像素以内", "the picture is too large; 120 megapixels at most")
        return None, [Problem("picture_too_large", words, where)]
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        words = Words(
            f"这个文件不是完整的图片（{error}）；请重新扫描或导出为 PNG、JPEG",
            f"this file is not a whole picture ({error}); scan again or export as PNG or JPEG",
        )
        return None, [Problem("picture_unreadable", words, where)]
    return pixels, []


def _bgr(picture: Image.Image) -> Picture:
    """8-bit BGR; 16-bit grey is scaled (Pillow alone would clip it to white)."""
    if picture.mode.startswith("I") or picture.mode == "F":
        grey = np.asarray(picture, dtype=np.float64)
        top = 65535.0 if grey.max(initial=0.0) > 255 else 255.0
        eight = np.clip(grey * (255.0 / top), 0, 255).astype(np.uint8)
        return np.repeat(eight[..., None], 3, axis=2)
    return np.ascontiguousarray(np.asarray(picture.convert("RGB"), np.uint8)[..., ::-1])


def fit_problems(picture: Picture, width_mm: float, height_mm: float, where: str) -> list[Problem]:
    """Does the picture have the proportions, the resolution and the print of a note of this size?"""
    h, w = picture.shape[:2]
    problems: list[Problem] = []
    off = (w / h) / (width_mm / height_mm) - 1
    percent = f"{abs(off) * 100:.1f}"
    if abs(off) > 0.15:
        problems.append(
            Problem(
                "aspect_far_off",
                Words(
                    f"图片长宽比与所填尺寸相差 {percent}%：请核对毫米数，裁到票边，票面放正（不要竖放）",
                    f"the picture's proportions are {percent} % from the stated size: check the millimetres, crop to"
                    " the note's edge, and do not lay it on its side",
                ),
                where,
            )
        )
    elif abs(off) > 0.03:
        problems.append(
            Problem(
                "aspect_off",
                Words(
                    f"图片长宽比与所填尺寸相差 {percent}%：已录入，但请核对毫米数和裁边，否则面积会量偏",
                    f"the picture's proportions are {percent} % from the stated size: enrolled, but check the"
                    " millimetres and the crop, or areas will be measured wrong",
                ),
                where,
            )
        )
    density = min(w / width_mm, h / height_mm)
    if density < 1.5:
        problems.append(
            Problem(
                "picture_too_small",
                Words(
                    f"图片太小（{w}×{h}），看不清票面；请用每毫米 10 像素（250 dpi）以上扫描",
                    f"the picture is too small ({w}x{h}) to show the print; scan at 10 px/mm (250 dpi) or more",
                ),
                where,
            )
        )
    elif density < 5:
        problems.append(
            Problem(
                "picture_coarse",
                Words(
                    f"图片只有每毫米 {density:.1f} 像素，小碎片会认不出；建议 10 以上（250 dpi）",
                    f"only {density:.1f} px/mm: small pieces will not be recognised; 10 or more (250 dpi) is better",
                ),
                where,
            )
        )
    if float(cv2.meanStdDev(picture)[1].max()) < 3.0:
        problems.append(
            Problem(
                "picture_blank",
                Words(
                    "图片上没有票面图案，请检查扫描件", "there is no print on this picture; check the scan"
                ),
                where,
            )
        )
    return problems
