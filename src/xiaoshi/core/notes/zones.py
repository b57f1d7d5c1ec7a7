"""The places of a face that are looked at by themselves, cut out of the photo: upright, at one scale, with what is legible.

A number that stands 24 mm long on the note lies on the tray turned, shrunk by fire, half gone. The piece's own map says
where every millimetre of the zone went, so the strip comes out straight whichever way the piece lies; the legible mask
says for every sign whether it is print or char or mat that is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.reference import Picture, Zone
from xiaoshi.core.notes.register import CANVAS_PX_PER_MM, Registered, tray_mm

Mask = NDArray[np.bool_]

CUT_PX_PER_MM = 10.0
AIR = 0.1
"""Air above and below a number, in heights of its zone."""
AIR_ENDS = 0.4
"""Air at either end of a number, in heights of its zone."""


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A zone as the photo shows it: `picture` BGR and `legible`, `present` of the same size, upright for reading.

    `start`, `end`: where the zone itself begins and ends along the picture, 0..1 (there is air at both ends).
    """

    zone: Zone
    number: int
    picture: Picture
    present: Mask
    legible: Mask
    start: float = 0.0
    end: float = 1.0


def cut(
    flat: Picture,
    laid: Registered,
    masks: tuple[Mask, Mask],
    px_per_mm: float,
    zone: Zone,
    number: int,
    px: float,
) -> Cut:
    """One zone of a piece, from the rectified picture at `px_per_mm`, at `px` pixels a millimetre.

    `masks`: the piece's present and legible parts; `number`: which of the face's zones of its kind, from 1.
    """
    along = zone.height_mm if zone.turn_deg in (90, 270) else zone.width_mm
    across = zone.width_mm if zone.turn_deg in (90, 270) else zone.height_mm
    ends, sides = (AIR_ENDS * across, AIR * across) if zone.kind == "serial" else (0.0, 0.0)
    flat_x, flat_y = (sides, ends) if zone.turn_deg in (90, 270) else (ends, sides)
    x0, y0 = zone.x_mm - flat_x, zone.y_mm - flat_y
    width, height = zone.width_mm + 2 * flat_x, zone.height_mm + 2 * flat_y
    size = (max(2, round(width * px)), max(2, round(height * px)))
    step = (width / size[0], height / size[1])
    note = _grid(size, (x0, y0), step, 1)
    at = (_tray(size, (x0, y0), step, laid) * px_per_mm - 0.5).astype(np.float32)
    how = cv2.INTER_CUBIC if zone.kind == "serial" else cv2.INTER_LINEAR
    picture = cv2.remap(flat, at[..., 0], at[..., 1], how, borderMode=cv2.BORDER_REPLICATE)
    present, legible = (_at(mask, note) for mask in masks)
    upright = [_turned(layer, zone.turn_deg) for layer in (picture, present, legible)]
    air = ends / (along + 2 * ends)
    return Cut(
        zone,
        number,
        np.asarray(upright[0], np.uint8),
        np.asarray(upright[1], np.bool_),
        np.asarray(upright[2], np.bool_),
        air,
        1 - air,
    )


def _grid(
    size: tuple[int, int], first_mm: tuple[float, float], step_mm: tuple[float, float], every: int
) -> NDArray[np.float64]:
    """Points of the note under the middles of blocks of `every` pixels; one block more on each side where it is more than 1."""
    spare = 1 if every > 1 else 0
    x, y = (
        first + (np.arange(-spare, -(-count // every) + spare) + 0.5) * every * step
        for count, first, step in zip(size, first_mm, step_mm, strict=True)
    )
    return np.stack(np.meshgrid(x, y), axis=-1)


def _tray(
    size: tuple[int, int], first_mm: tuple[float, float], step_mm: tuple[float, float], laid: Registered
) -> NDArray[np.float64]:
    """Where each pixel of the cut lies on the tray (mm): the smooth map every 8 pixels, straight between."""
    every = 8
    coarse = tray_mm(_grid(size, first_mm, step_mm, every), laid)
    shape = (coarse.shape[1] * every, coarse.shape[0] * every)
    full = cv2.resize(coarse, shape, interpolation=cv2.INTER_LINEAR)
    return np.asarray(full[every : every + size[1], every : every + size[0]], np.float64)


def number_cuts(flat: Picture, laid: Registered, px_per_mm: float) -> tuple[Cut, ...]:
    """The places of the number on this piece, those left out of which nothing is legible."""
    zones = [zone for zone in laid.reference.zones if zone.kind == "serial"]
    if not zones:
        return ()
    masks = (laid.present, laid.legible)
    cuts = [
        cut(flat, laid, masks, px_per_mm, zone, n, CUT_PX_PER_MM) for n, zone in enumerate(zones, start=1)
    ]
    return tuple(each for each in cuts if each.legible.mean() > 0.03)


def known_cut(picture: Picture, zone: Zone, px_per_mm: float, size: tuple[int, int]) -> Picture:
    """The same zone of the reference's own picture, at `size` (width, height); no air, not turned."""
    x0, y0 = round(zone.x_mm * px_per_mm), round(zone.y_mm * px_per_mm)
    x1, y1 = round((zone.x_mm + zone.width_mm) * px_per_mm), round((zone.y_mm + zone.height_mm) * px_per_mm)
    part = picture[max(y0, 0) : max(y1, 1), max(x0, 0) : max(x1, 1)]
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)


def _at(mask: Mask, note_mm: NDArray[np.float64]) -> Mask:
    """A mask of the note's canvas looked up at points of the note; False outside."""
    index = np.floor(note_mm * CANVAS_PX_PER_MM).astype(int)
    inside = (index >= 0).all(axis=-1) & (index[..., 0] < mask.shape[1]) & (index[..., 1] < mask.shape[0])
    x = np.clip(index[..., 0], 0, mask.shape[1] - 1)
    y = np.clip(index[..., 1], 0, mask.shape[0] - 1)
    return np.asarray(mask[y, x] & inside)


def _turned(layer: NDArray[np.generic], turn_deg: int) -> NDArray[np.generic]:
    return np.ascontiguousarray(np.rot90(layer, -(turn_deg // 90) % 4))
