"""Reading a piece that has been laid into its note: where print is still legible, and whether it is the reference's.

Char is paper much darker than the reference at the same place, once the sound paper of this piece is set equal to the
reference's: less than `CHAR_LIGHT` of the expected light over half a millimetre. Print is compared band-passed and scaled
by its local strength, so that light, soil and fading drop out. Worked example: brown scorched paper has 0.5 of the light
that its sound part leads to expect and reads; carbonised paper has 0.1 and does not.

Half the canvas' resolution (`READ_PX_PER_MM`) is enough: the finest lines that a tray photo shows are a third of a
millimetre apart, and it takes a quarter of the time.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.reference import Picture, Reference

Layer = NDArray[np.float32]
Mask = NDArray[np.bool_]

READ_PX_PER_MM = 3.0
CHAR_LIGHT = 0.34
FINE_MM, COARSE_MM, STRENGTH_MM = 0.2, 1.0, 5.8
WINDOW_MM = 10.0


@lru_cache(maxsize=80)
def known_at(reference: Reference, width: int, height: int) -> Picture:
    """The reference's face at a size in px. Kept: a library has some tens of faces, a tray asks for each many times."""
    how = cv2.INTER_AREA if reference.image.shape[1] > width else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(reference.image, (width, height), interpolation=how), np.uint8)


@lru_cache(maxsize=80)
def _known_layers(reference: Reference, width: int, height: int) -> tuple[Layer, Layer]:
    """(softened grey, detail) of the reference at `READ_PX_PER_MM`."""
    grey = np.asarray(cv2.cvtColor(known_at(reference, width, height), cv2.COLOR_BGR2GRAY), np.float32)
    soft = np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.5 * READ_PX_PER_MM), np.float32)
    return soft, detail(grey, READ_PX_PER_MM)


def read(colour: Picture, present: Mask, reference: Reference) -> tuple[Mask, float, float]:
    """(legible, likeness -1..1, strange mm2) of the piece; arrays at `READ_PX_PER_MM`.

    `strange`: legible paper whose print does not agree with the reference although there is print to agree with.
    """
    height, width = present.shape
    known_soft, known_detail = _known_layers(reference, width, height)
    seen = np.asarray(cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY), np.float32)
    light = cv2.GaussianBlur(seen, (0, 0), 0.5 * READ_PX_PER_MM) / np.maximum(known_soft, 12.0)
    if not present.any():
        return present, 0.0, 0.0
    sound = float(np.percentile(light[present], 85))
    legible = present & (light > CHAR_LIGHT * sound)
    core = cv2.erode(legible.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if core.sum() < 11.0 * READ_PX_PER_MM**2:
        return np.asarray(legible), 0.0, 0.0
    a, b = detail(seen, READ_PX_PER_MM), known_detail
    local, own, theirs, amount = local_agreement(a, b, core, WINDOW_MM, READ_PX_PER_MM)
    # Judged only where both show print and most of the neighbourhood is legible paper.
    printed = core & (theirs > 0.25 * amount) & (own > 0.15 * amount) & (amount > 0.6)
    strange = float((printed & (local < 0.15)).sum()) / READ_PX_PER_MM**2
    scale = float(np.sqrt((a[core] ** 2).sum() * (b[core] ** 2).sum()))
    return np.asarray(legible), float((a[core] * b[core]).sum() / scale) if scale > 0 else 0.0, strange


def local_agreement(
    a: Layer, b: Layer, core: Mask, window_mm: float, px_per_mm: float
) -> tuple[Layer, Layer, Layer, Layer]:
    """Correlation of two details in a window round every pixel, strength of either, and how much of it is `core`."""
    window = (round(window_mm * px_per_mm),) * 2
    weight = core.astype(np.float32)
    a, b = a * weight, b * weight
    both = cv2.blur(a * b, window)
    own, theirs = (np.asarray(cv2.blur(layer * layer, window), np.float32) for layer in (a, b))
    local = np.asarray(both / np.sqrt(np.maximum(own * theirs, 1e-9)), np.float32)
    return local, own, theirs, np.asarray(cv2.blur(weight, window), np.float32)


def detail(layer: Layer, px_per_mm: float) -> Layer:
    """Print without light and soil: band-passed and scaled by its local strength."""
    fine, coarse = (cv2.GaussianBlur(layer, (0, 0), mm * px_per_mm) for mm in (FINE_MM, COARSE_MM))
    band = fine - coarse
    # A running sum can end a hair below zero.
    size = (round(STRENGTH_MM * px_per_mm),) * 2
    strength = np.sqrt(np.maximum(cv2.blur(band * band, size), 0))
    return np.asarray(band / (strength + 4.0), np.float32)
