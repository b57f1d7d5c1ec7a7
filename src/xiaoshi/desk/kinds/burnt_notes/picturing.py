"""Pictures made while a tray is measured: all its notes beside their references on one sheet, and a photo to show.

One sheet a tray and not one file a note: a page asks once, the browser keeps it, and the places on it are numbers. A
tray of 20 notes is a sheet of 1,250 x 6,000 px and about 1.2 MB; the page draws parts of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from xiaoshi.core.notes.beside import Beside
from xiaoshi.core.notes.reference import Picture

JPEG_QUALITY = 84
SHOWN_QUALITY = 90
SHOWN_BY_BROWSERS = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF")


@dataclass(frozen=True, slots=True)
class MadePicture:
    """`kind`: "beside" or "shown" (`models.TrayPicture`)."""

    kind: str
    width_px: int
    height_px: int
    jpeg: bytes

    def as_field(self) -> dict[str, Any]:
        """As the act takes it."""
        return {
            "kind": self.kind,
            "width_px": self.width_px,
            "height_px": self.height_px,
            "jpeg": self.jpeg,
        }


def sheet_of(pairs: Sequence[Beside]) -> tuple[MadePicture | None, dict[tuple[str, ...], dict[str, Any]]]:
    """All pairs under each other, crop left and reference right; and for each note (by its pieces) where they lie:
    `crop`, `known`: [x, y, width, height] on the sheet; `outlines`: polygons in pixels of the crop."""
    if not pairs:
        return None, {}
    width = max(2 * pair.crop.shape[1] for pair in pairs)
    height = sum(pair.crop.shape[0] for pair in pairs)
    sheet = np.full((height, width, 3), 255, np.uint8)
    places, y = {}, 0
    for pair in pairs:
        h, w = pair.crop.shape[:2]
        sheet[y : y + h, :w] = pair.crop
        sheet[y : y + h, w : 2 * w] = pair.known
        places[pair.pieces] = {
            "crop": [0, y, w, h],
            "known": [w, y, w, h],
            "outlines": [[[round(px, 1), round(py, 1)] for px, py in line] for line in pair.outlines],
            "side": pair.reference.side,
        }
        y += h
    return _jpeg("beside", sheet, JPEG_QUALITY), places


def shown_photo(content: bytes, pixels: Picture) -> MadePicture | None:
    """The photo as JPEG where browsers cannot show what was handed in (HEIC, TIFF); None where they can."""
    return None if content.startswith(SHOWN_BY_BROWSERS) else _jpeg("shown", pixels, SHOWN_QUALITY)


def _jpeg(kind: str, picture: Picture, quality: int) -> MadePicture:
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done, "an 8-bit picture can be written"
    return MadePicture(kind, int(picture.shape[1]), int(picture.shape[0]), data.tobytes())
