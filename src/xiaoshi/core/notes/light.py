"""Levels of a photo and the light behind them.

A photo's 8-bit levels are light through a curve (sRGB, IEC 61966-2-1: close to a power of 2.2). Lenses blur light and
pixels gather light, so whoever mixes two colours has to mix their light: half white paper (level 245) and half dark blue
(level 12) is level 181, where the mean of the levels is 128. Half of the white edge is then found at the level of half of
the light; taken in levels it lies 0.25 px too far out.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FULL = 65535
_OF_LEVEL = np.arange(256) / 255.0
_LIGHT = np.where(_OF_LEVEL <= 0.04045, _OF_LEVEL / 12.92, ((_OF_LEVEL + 0.055) / 1.055) ** 2.4)
_LIGHT_16 = np.rint(_LIGHT * FULL).astype(np.uint16)
_LIGHT_OF_SIXTEENTHS = (255.0 * np.interp(np.arange(255 * 16 + 1) / 16, np.arange(256), _LIGHT)).astype(
    np.float32
)
_OF_LIGHT = np.arange(FULL + 1) / FULL
_LEVEL_8 = np.rint(
    255.0 * np.where(_OF_LIGHT <= 0.0031308, _OF_LIGHT * 12.92, 1.055 * _OF_LIGHT ** (1 / 2.4) - 0.055)
).astype(np.uint8)


def light_of(picture: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """8-bit levels, any shape, as light from 0 to FULL."""
    return np.asarray(cv2.LUT(picture, _LIGHT_16), np.uint16).reshape(picture.shape)


def levels_of(light: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Back to 8-bit levels; `levels_of(light_of(p))` is p."""
    return np.asarray(_LEVEL_8[light], np.uint8)


def light_between(levels: NDArray[Any]) -> NDArray[np.float32]:
    """Levels that need not be whole (means of several pixels), 0 to 255, as light on the scale of 0 to 255."""
    sixteenths = (np.asarray(levels, np.float32) * 16 + np.float32(0.5)).astype(np.int32)
    return np.asarray(_LIGHT_OF_SIXTEENTHS.take(sixteenths, mode="clip"), np.float32)
