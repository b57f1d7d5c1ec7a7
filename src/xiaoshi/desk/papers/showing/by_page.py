"""What has pages or is a picture: PDF, TIFF, JPEG, PNG, WebP, SVG. Runs in the worker's process; imports nothing of ours."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

KINDS = frozenset({"application/pdf", "image/jpeg", "image/png", "image/webp", "image/tiff", "image/svg+xml"})
PDF, TIFF, SVG = "application/pdf", "image/tiff", "image/svg+xml"
PAGES_MAX = 2000
PIXELS_MAX = 14_000_000
"""Of one page as it is shown: an A0 plan at 100 dpi."""
SIDE_PX_MAX = 16_000
"""Longest side as it is shown: a page of 1 by 1,000,000 points would have few pixels and still be no picture for a browser."""
DECODED_PIXELS_MAX = 130_000_000
TEXT_PAGES_MAX = 500
NESTED_MAX = 8
PICTURES_ASKED_MAX = 2_000
UNPACKED_TO_ASK_MAX = 2_000_000
COVER_MARK = "XS1:"


class Cannot(Exception):  # noqa: N818
    """As in `worker.py`."""


# ---- PDF --------------------------------------------------------------------------------------------------------------


def _open_pdf(content: bytes) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise Cannot("has_password" if "password" in str(error).lower() else "broken") from error


def _pdf_page(content: bytes, number: int) -> Any:
    document = _open_pdf(content)
    if not 0 <= number < min(len(document), PAGES_MAX):
        raise Cannot("no_such_page")
    return document[number]


def _pdf_picture(page: Any, width_px: int) -> Any:
    width, height = page.get_size()
    if width <= 0 or height <= 0:
        raise Cannot("broken")
    scale = min(width_px / width, SIDE_PX_MAX / height, (PIXELS_MAX / (width * height)) ** 0.5)
    return page.render(scale=scale, may_draw_forms=True, rev_byteorder=True).to_pil().convert("RGB")


def _left_out(page: Any) -> list[dict[str, Any]]:
    """Pictures of this page that the renderer passes over without a word, each with its size and why.

    It does so with a picture that it cannot load: of no size, wider than 131,071 pixels, more than 4 GB unpacked, in a format
    that it does not know, or damaged at its beginning. Such a one has no bits per pixel in what the library tells of it, which
    costs nothing to ask, except for JPEG 2000, which is unpacked for it: there only small ones are asked, of the others the
    header is read. Not noticed: a damaged JBIG2.
    """
    import pypdfium2.raw as raw

    found = []
    for n, one in enumerate(page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=NESTED_MAX)):
        if n >= PICTURES_ASKED_MAX:
            break
        width, height = one.get_px_size()
        if "JPXDecode" in one.get_filters() and width * height > UNPACKED_TO_ASK_MAX:
            if _has_header(one):
                continue
        elif one.get_metadata().bits_per_pixel:
            continue
        absurd = not width or not height or max(width, height) > 131_071 or width * height > 10**9
        found.append({"width_px": width, "height_px": height, "why": "size" if absurd else "damaged"})
    return found


def _has_header(one: Any) -> bool:
    from PIL import Image

    try:
        Image.open(io.BytesIO(bytes(one.get_data(decode_simple=True))), formats=("JPEG2000",))
    except OSError:
        return False
    return True


def _pdf_text(content: bytes, characters_max: int) -> dict[str, Any]:
    document = _open_pdf(content)
    texts: list[str] = []
    length = 0
    pages = min(len(document), TEXT_PAGES_MAX)
    for number in range(pages):
        page = document[number]
        words = page.get_textpage()
        text = words.get_text_bounded().replace("\r\n", "\n").replace("\ufffe", "")
        words.close()
        page.close()
        texts.append(text)
        length += len(text)
        if length > characters_max:
            break
    whole = length <= characters_max and pages == len(document)
    return {"text": "\n".join(texts)[:characters_max], "whole": whole, "pages": len(document)}


def _pdf_part(content: bytes, first: int, last: int) -> bytes:
    import pypdfium2

    whole = _open_pdf(content)
    part = pypdfium2.PdfDocument.new()
    part.import_pages(whole, list(range(first, last + 1)))
    out = io.BytesIO()
    part.save(out)
    return out.getvalue()


# ---- pictures ---------------------------------------------------------------------------------------------------------


def _open_picture(content: bytes) -> Any:
    from PIL import Image, ImageFile

    Image.MAX_IMAGE_PIXELS = None  # the limits below and the process's own count
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    picture = Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP", "TIFF"))
    if picture.width * picture.height > DECODED_PIXELS_MAX:
        raise Cannot("too_many_pixels")
    return picture


def _shown(picture: Any, width_px: int) -> Any:
    """Upright, without transparency, at most as wide as asked for and never enlarged."""
    from PIL import Image, ImageOps

    if picture.format == "JPEG":
        picture.draft("RGB", (width_px, width_px))
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith(("I", "F")):
        upright = (
            upright.point(lambda value: value / 256).convert("L")
            if upright.mode.startswith("I;16")
            else upright.convert("L")
        )
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        ground = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(ground, upright.convert("RGBA"))
    upright = upright.convert("RGB")
    fewest = (PIXELS_MAX / (upright.width * upright.height)) ** 0.5
    scale = min(1.0, width_px / upright.width, SIDE_PX_MAX / upright.height, fewest)
    if scale < 1:
        size = (max(1, round(upright.width * scale)), max(1, round(upright.height * scale)))
        upright = upright.resize(size, Image.Resampling.LANCZOS if scale > 0.1 else Image.Resampling.BOX)
    return upright


def _frame(content: bytes, number: int) -> Any:
    picture = _open_picture(content)
    if not 0 <= number < min(getattr(picture, "n_frames", 1), PAGES_MAX):
        raise Cannot("no_such_page")
    if number:
        picture.seek(number)
        if picture.width * picture.height > DECODED_PIXELS_MAX:
            raise Cannot("too_many_pixels")
    return picture


def _tiff_part(content: bytes, first: int, last: int) -> bytes:
    from PIL import Image

    picture = _open_picture(content)
    frames: list[Image.Image] = []
    for number in range(first, last + 1):
        picture.seek(number)
        frames.append(picture.copy())
    out = io.BytesIO()
    compression = "group4" if all(f.mode == "1" for f in frames) else "tiff_lzw"
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:], compression=compression)
    return out.getvalue()


# ---- SVG --------------------------------------------------------------------------------------------------------------

_OUTSIDE = re.compile(rb"<!ENTITY|<!DOCTYPE[^>]*\[", re.IGNORECASE)
_DATA_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,", re.ASCII)
_RUNS = {
    "script",
    "foreignObject",
    "iframe",
    "object",
    "embed",
    "animate",
    "set",
    "animateTransform",
    "handler",
}


def _svg_picture(content: bytes, width_px: int, font: str) -> Any:
    """Drawn by resvg, which runs no script; whatever points out of the file is taken out before."""
    import resvg_py
    from PIL import Image

    drawn = resvg_py.svg_to_bytes(
        svg_string=_harmless(content), width=width_px, background="#ffffff", skip_system_fonts=True,
        font_files=[font] if font else [], font_family="Noto Sans CJK SC", resources_dir=os.path.dirname(os.path.abspath(__file__)),
    )  # fmt: skip
    return Image.open(io.BytesIO(bytes(drawn))).convert("RGB")


def _harmless(content: bytes) -> str:
    from xml.etree import ElementTree

    if _OUTSIDE.search(content):
        raise Cannot("has_entities")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - no entities are left, and the process is shut in
    except ElementTree.ParseError as error:
        raise Cannot("broken") from error
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag.rpartition("}")[2] in _RUNS:
                parent.remove(child)
        for name, value in list(parent.attrib.items()):
            plain = name.rpartition("}")[2]
            points_out = (
                plain in ("href", "src") and not value.startswith("#") and not _DATA_PICTURE.match(value)
            )
            if plain.lower().startswith("on") or points_out:
                del parent.attrib[name]
    return ElementTree.tostring(root, encoding="unicode")


def _svg_text(content: bytes, characters_max: int) -> dict[str, Any]:
    from xml.etree import ElementTree

    root = ElementTree.fromstring(_harmless(content))  # noqa: S314
    words = [
        "".join(e.itertext()).strip()
        for e in root.iter()
        if isinstance(e.tag, str) and e.tag.rpartition("}")[2] in ("text", "title", "desc")
    ]
    text = "\n".join(w for w in words if w)
    return {"text": text[:characters_max], "whole": len(text) <= characters_max, "pages": 1}


# ---- the orders -------------------------------------------------------------------------------------------------------


def _pages_in(kind: str, content: bytes) -> int:
    if kind == PDF:
        return len(_open_pdf(content))
    return 1 if kind == SVG else int(getattr(_open_picture(content), "n_frames", 1))


def look(kind: str, content: bytes, order: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    pages = _pages_in(kind, content)
    if pages < 1:
        raise Cannot("empty")
    return {"shape": "pages", "pages": min(pages, PAGES_MAX), "all_pages": pages}, b""


def page(kind: str, content: bytes, order: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    width_px, number = int(order["width_px"]), int(order["page"])
    left_out: list[dict[str, Any]] = []
    if kind == PDF:
        sheet = _pdf_page(content, number)
        left_out = _left_out(sheet)
        picture = _pdf_picture(sheet, width_px)
    elif kind == SVG:
        if number:
            raise Cannot("no_such_page")
        picture = _svg_picture(content, width_px, order.get("font", ""))
    else:
        picture = _shown(_frame(content, number), width_px)
    out = io.BytesIO()
    # A photo as PNG is ten times its size; lines and letters are sharp and small in PNG.
    if kind in (PDF, SVG):
        picture.save(out, "PNG", compress_level=3)
    else:
        picture.save(out, "JPEG", quality=85)
    form = "image/png" if kind in (PDF, SVG) else "image/jpeg"
    told = {"width_px": picture.width, "height_px": picture.height, "form": form, "left_out": left_out}
    return told, out.getvalue()


def text(kind: str, content: bytes, order: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    most = int(order["characters_max"])
    if kind == PDF:
        return _pdf_text(content, most), b""
    if kind == SVG:
        return _svg_text(content, most), b""
    return {"text": "", "whole": True, "pages": _pages_in(kind, content)}, b""


def codes(kind: str, content: bytes, order: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """For each page the text of a QR code of ours, or nothing. `pages_max`: more than these are refused, not skipped."""
    pages = _pages_in(kind, content)
    if pages > int(order["pages_max"]):
        return {"pages": pages, "codes": [], "cannot": "too_many_pages"}, b""
    found = [_code_on(picture) for picture in _pictures(kind, content, pages, int(order["width_px"]))]
    return {"pages": pages, "codes": found}, b""


def _pictures(kind: str, content: bytes, pages: int, width_px: int) -> Iterator[Any]:
    for number in range(pages):
        if kind == PDF:
            yield _pdf_picture(_pdf_page(content, number), width_px)
        else:
            yield _shown(_frame(content, number), width_px)


def _code_on(picture: Any) -> str:
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    grey = np.asarray(picture.convert("L"))
    by_squares, by_lines = cv2.QRCodeDetectorAruco(), cv2.QRCodeDetector()

    def smaller() -> Any:
        return cv2.resize(grey, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)

    # As it is, then smaller (a fine scan's noise), by the other way of looking (which alone misses one sheet in thirty),
    # then with its greys pulled apart (a faint print).
    for detector, look_at in (
        (by_squares, lambda: grey),
        (by_squares, smaller),
        (by_lines, lambda: grey),
        (by_squares, lambda: cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1]),
    ):
        try:
            _, texts, _, _ = detector.detectAndDecodeMulti(look_at())
        except cv2.error:
            continue
        for text in texts or ():
            if text.startswith(COVER_MARK):
                return str(text)
    return ""


def part(kind: str, content: bytes, order: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    first, last = int(order["first"]), int(order["last"])
    if kind == PDF:
        return {"ending": ".pdf"}, _pdf_part(content, first, last)
    if kind == TIFF:
        return {"ending": ".tif"}, _tiff_part(content, first, last)
    return {"ending": ""}, content


WAYS: dict[str, Callable[[str, bytes, dict[str, Any]], tuple[dict[str, Any], bytes]]] = {
    "look": look,
    "page": page,
    "text": text,
    "codes": codes,
    "part": part,
}
