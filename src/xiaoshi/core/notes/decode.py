"""From the bytes of an upload to pixels, with every refusal put in words.

The header is read before anything is decoded, so a picture of 200 megapixels in a few kilobytes costs nothing. A file
cut off in the middle is refused: many decoders fill the rest with grey, and grey has no notes on it.

The pixel grid is the stored one. The EXIF orientation tag is ignored on purpose: programs drop or rewrite it when a
picture is copied, and a polygon must mean the same pixels before and after. (HEIC writes its turning into the picture's
own structure, not into a tag that gets lost; there it is part of the grid.)

Colour profiles are ignored too. Pieces are told from the mat by its colour in the same photo, names come from grey;
Display P3 of a telephone read as sRGB moves a saturated blue by a few levels, the same everywhere. A profile, by
contrast, is dropped by one program and kept by the next, and the measure would change with it.

TIFF of a scanner may hold several pages. Each is a picture of its own (`page_count`, `page`); `decode` without a page
refuses such a file, because the notes on the other pages would be lost in silence. Small copies for viewing (reduced
resolution subfiles) are not pages. CMYK is brought to colour without its profile; 16 bits a channel are scaled to 8.
"""

from __future__ import annotations

import struct
import warnings
from io import BytesIO

import numpy as np
import pillow_heif
from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from xiaoshi.core.notes.model import TrayImage
from xiaoshi.core.notes.reference import Picture
from xiaoshi.core.problems import Problem, Words

MEGAPIXELS_MAX = 120
EDGE_PX_MIN = 64
FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP")
PAGES_MAX = 100
HEIC_STILLS = (b"heic", b"heix", b"heim", b"heis", b"mif1")
HEIC_MOVING = (b"hevc", b"hevx", b"hevm", b"hevs", b"msf1")
VIDEOS = (b"isom", b"iso2", b"mp41", b"mp42", b"avc1", b"qt  ", b"M4V ", b"3gp4", b"3gp5", b"MSNV", b"dash")
_NEW_SUBFILE_TYPE = 254
_BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    TypeError,
    KeyError,
    struct.error,
    MemoryError,
    RuntimeError,
)

_NOT_AN_IMAGE = Words(
    "文件不是可识别的图片，请上传 JPEG、PNG、HEIC、TIFF、WEBP 或 BMP 照片",
    "the file is not a picture that can be read: send a JPEG, PNG, HEIC, TIFF, WEBP or BMP",
)
_CUT_OFF = Words(
    "图片文件不完整（上传中断或已损坏），请重新上传", "the picture is cut off or damaged: send it again"
)
_MOVES = Words(
    "这是视频或动图，不是照片；请用拍照方式重拍，一盘一张",
    "this is a video or a moving picture, not a photo: take a photo, one for each tray",
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


def page_count(data: bytes) -> int:
    """Pages of a TIFF that are pictures in their own right (at most PAGES_MAX are counted); 1 for everything else."""
    if data[:4] not in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(data), formats=("TIFF",)) as picture:
                return max(1, len(_pages(picture)))
    except (UnidentifiedImageError, Image.DecompressionBombError, *_BROKEN):
        return 1


def decode(name: str, data: bytes, *, page: int | None = None) -> TrayImage | Problem:
    """The picture in `data`, or what is wrong with it. `name` goes into the answer and into the problem's `where`.

    `page`: which one of a TIFF with several (1 is the first); without it such a file is refused.
    """
    brand = data[8:12] if data[4:8] == b"ftyp" else b""
    try:
        with warnings.catch_warnings():
            # Pillow warns about large and about odd files; the limits here are ours and refuse in words.
            warnings.simplefilter("ignore")
            if brand in HEIC_MOVING or brand in VIDEOS:
                return Problem("image_moves", _MOVES, name)
            if brand in HEIC_STILLS:
                return _heic(name, data)
            return _pillow(name, data, page)
    except Image.DecompressionBombError:
        return Problem(
            "image_too_large",
            Words("图片像素过多，请缩小后重传", "the picture has too many pixels: make it smaller"),
            name,
        )
    except UnidentifiedImageError:
        return Problem("not_an_image", _NOT_AN_IMAGE, name)
    except _BROKEN:
        return Problem("image_damaged", _CUT_OFF, name)


def _heic(name: str, data: bytes) -> TrayImage | Problem:
    """A HEIC's main picture. Its boxes are walked first: a file that ends inside one is cut off."""
    if not _boxes_are_whole(data):
        return Problem("image_damaged", _CUT_OFF, name)
    file = pillow_heif.open_heif(BytesIO(data), convert_hdr_to_8bit=True, bgr_mode=True)
    width, height = file.size
    if width * height > MEGAPIXELS_MAX * 1e6:
        return too_large(width, height, name)
    pixels = np.asarray(file, np.uint8)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    return TrayImage(name, _over_white(pixels) if pixels.shape[2] == 4 else np.ascontiguousarray(pixels))


def _boxes_are_whole(data: bytes) -> bool:
    at = 0
    while at < len(data):
        if at + 8 > len(data):
            return False
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        elif size == 0:
            return True
        if size < 8:
            return False
        at += size
    return at == len(data)


def _pillow(name: str, data: bytes, page: int | None) -> TrayImage | Problem:
    with Image.open(BytesIO(data), formats=FORMATS) as picture:
        # A JPEG of a telephone may carry depth or brightness beside the photo: its first picture is the photo.
        if picture.format in ("PNG", "WEBP") and getattr(picture, "is_animated", False):
            return Problem("image_moves", _MOVES, name)
        if isinstance(picture, TiffImagePlugin.TiffImageFile):
            pages = _pages(picture)
            if page is None and len(pages) > 1:
                return _several_pages(name, len(pages))
            picture.seek(pages[(page or 1) - 1] if pages else 0)
        width, height = picture.size
        if width * height > MEGAPIXELS_MAX * 1e6:
            return too_large(width, height, name)
        mm_per_px = _mm_per_px(picture)
        picture.load()
        return TrayImage(name, _bgr(picture), mm_per_px)


def _pages(picture: Image.Image) -> list[int]:
    """Frames of a TIFF that are no reduced copies; one more than PAGES_MAX at most."""
    pages: list[int] = []
    for frame in range(2 * PAGES_MAX):
        try:
            picture.seek(frame)
        except EOFError:
            break
        reduced = int(picture.tag_v2.get(_NEW_SUBFILE_TYPE, 0)) & 1  # type: ignore[attr-defined]
        if not reduced:
            pages.append(frame)
        if len(pages) >= PAGES_MAX:
            break
    return pages


def _several_pages(name: str, count: int) -> Problem:
    words = Words(
        f"文件有 {count} 页，每页须作为一张照片；请把各页另存为单独的图片后重传",
        f"the file has {count} pages, and each is a picture of its own: save each page as a file and send those",
    )
    return Problem("image_has_pages", words, name)


def _mm_per_px(picture: Image.Image) -> float | None:
    """Millimetres a pixel as the file's header says; None where it says nothing or differs by direction."""
    stated = picture.info.get("dpi")
    try:
        across, down = (float(v) for v in stated)  # type: ignore[union-attr]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if not (1.0 < across < 20_000 and abs(across / max(down, 1e-9) - 1) < 0.01):
        return None
    return 50.8 / (across + down)


def _bgr(picture: Image.Image) -> Picture:
    """Any mode as 8-bit BGR; 16-bit grey is scaled, not clipped; what is transparent shows white."""
    if picture.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        grey = np.asarray(picture, dtype=np.float64)
        top = 65535.0 if grey.max(initial=0.0) > 255 else 255.0
        eight = np.clip(grey * (255.0 / top), 0, 255).astype(np.uint8)
        return np.repeat(eight[..., None], 3, axis=2)
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        return _over_white(np.asarray(picture.convert("RGBA"), dtype=np.uint8)[..., (2, 1, 0, 3)])
    return np.ascontiguousarray(np.asarray(picture.convert("RGB"), dtype=np.uint8)[..., ::-1])


def _over_white(pixels: Picture) -> Picture:
    """BGRA over white, as viewers show it: what lies under a transparent pixel was never seen by anybody."""
    if int(pixels[..., 3].min(initial=255)) == 255:
        return np.ascontiguousarray(pixels[..., :3])
    cover = pixels[..., 3:].astype(np.uint16)
    mixed = (pixels[..., :3] * cover + 255 * (255 - cover) + 127) // 255
    return np.asarray(mixed, np.uint8)
