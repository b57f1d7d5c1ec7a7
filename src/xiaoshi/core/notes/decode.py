"""From the bytes of an upload to pixels, with every refusal put in words.

The header is read before anything is decoded, so a picture of 200 megapixels in a few kilobytes costs nothing. A file
cut off in the middle is refused: many decoders fill the rest with grey, and grey has no notes on it.

The pixel grid is the stored one. The EXIF orientation tag is ignored on purpose: programs drop or rewrite it when a
picture is copied, and a polygon must mean the same pixels before and after.
"""

from __future__ import annotations

import struct
import warnings
from io import BytesIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from xiaoshi.core.notes.model import TrayImage
from xiaoshi.core.problems import Problem, Words

MEGAPIXELS_MAX = 120
EDGE_PX_MIN = 64
FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP")

_NOT_AN_IMAGE = Words(
    "文件不是可识别的图片，请上传 JPEG、PNG、TIFF、WEBP 或 BMP 照片",
    "the file is not a picture that can be read: send a JPEG, PNG, TIFF, WEBP or BMP",
)
_CUT_OFF = Words(
    "图片文件不完整（上传中断或已损坏），请重新上传", "the picture is cut off or damaged: send it again"
)


def too_large(width: int, height: int, where: str) -> Problem:
    """More pixels than a tray photo needs."""
    million = width * height / 1e6
    return Problem(
        "image_too_large",
        Words(
            f"图片过大（{width}×{height}，约 {million:.0f} 百万像素，上限 {MEGAPIXELS_MAX}），请缩小后重传",
            f"the picture is too large ({width}x{height}, {million:.0f} megapixels, at most {MEGAPIXELS_MAX}): "
            "make it smaller",
        ),
        where,
    )


def decode(name: str, data: bytes) -> TrayImage | Problem:
    """The picture in `data`, or what is wrong with it. `name` goes into the answer and into the problem's `where`."""
    try:
        with warnings.catch_warnings():
            # Pillow warns about large and about odd files; the limits here are ours and refuse in words.
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(data), formats=FORMATS) as picture:
                width, height = picture.size
                if width * height > MEGAPIXELS_MAX * 1e6:
                    return too_large(width, height, name)
                picture.load()
                pixels = _bgr(picture)
    except Image.DecompressionBombError:
        return Problem(
            "image_too_large",
            Words("图片像素过多，请缩小后重传", "the picture has too many pixels: make it smaller"),
            name,
        )
    except UnidentifiedImageError:
        return Problem("not_an_image", _NOT_AN_IMAGE, name)
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, struct.error, MemoryError):
        return Problem("image_damaged", _CUT_OFF, name)
    return TrayImage(name, pixels)


def _bgr(picture: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Any mode as 8-bit BGR; 16-bit grey is scaled, not clipped."""
    if picture.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        grey = np.asarray(picture, dtype=np.float64)
        top = 65535.0 if grey.max(initial=0.0) > 255 else 255.0
        eight = np.clip(grey * (255.0 / top), 0, 255).astype(np.uint8)
        return np.repeat(eight[..., None], 3, axis=2)
    return np.ascontiguousarray(np.asarray(picture.convert("RGB"), dtype=np.uint8)[..., ::-1])
