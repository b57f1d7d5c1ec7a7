"""Reading a finished PDF again: its text, its pictures, its QR code."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pypdfium2


def text_of(pdf: bytes) -> str:
    """All text, without blanks and line ends (typesetting breaks lines and sets air where it likes)."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = []
        for page in document:
            words = page.get_textpage()
            pages.append(words.get_text_bounded())
            words.close()
            page.close()
        return squeezed("".join(pages))
    finally:
        document.close()


def squeezed(text: str) -> str:
    """Without blanks, line ends, zero-width marks, and the mark that stands for a hyphen at a line's end."""
    return re.sub(r"[\s\u200b\ufeff\ufffe\x02\x00]+", "", text)


def page_sizes_mm(pdf: bytes) -> list[tuple[float, float]]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [
            (round(width / 72 * 25.4, 1), round(height / 72 * 25.4, 1))
            for width, height in (document.get_page_size(i) for i in range(len(document)))
        ]
    finally:
        document.close()


def picture_of(pdf: bytes, page: int = 0, dpi: int = 200) -> np.ndarray:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return np.ascontiguousarray(document[page].render(scale=dpi / 72).to_numpy()[:, :, :3])
    finally:
        document.close()


def qr_of(pdf: bytes, page: int = 0) -> str:
    """What a telephone's camera would read: it looks more than once, from nearer and farther."""
    looks = (cv2.QRCodeDetector().detectAndDecode(picture_of(pdf, page, dpi))[0] for dpi in (200, 300, 150))
    return next((text for text in looks if text), "")


def ink_outside(pdf: bytes, margin_mm: float, page: int = 0) -> int:
    """Dark pixels closer to the left or right edge than the margin: something ran off the paper."""
    dpi = 100
    grey = picture_of(pdf, page, dpi).min(axis=2)
    edge = int(margin_mm / 25.4 * dpi)
    return int((grey[:, :edge] < 128).sum() + (grey[:, -edge:] < 128).sum())
