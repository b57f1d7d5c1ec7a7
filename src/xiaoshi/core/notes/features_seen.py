"""Thread, watermark window and number: seen, not seen, or not on this piece. Never whether a note is genuine.

Problem. Whoever confirms a note wants to know what to look for on the paper: is the thread there, is the window? A photo in
reflected light proves neither paper nor thread; it can only show that at the place where the face has them something like
the reference's picture is to be seen. So the answer has three words, and the machine check stays a step of the desk.

- Thread: rows of the zone are held against the paper on both sides of it, on the reference and on the piece; where the
  reference shows a darker or lighter dash the piece must show it too. Worked example: dashes 0.30 darker than their
  surroundings on the reference, 0.22 on the brown piece over 31 mm: 0.73 of the reference: seen (limit 0.35).
- Watermark window: calm paper in both. At least half of it legible, and no more print in it than twice the reference's
  and a little: seen. Charred through: not seen.
- Number: at least `NUMBER_SIGNS` signs of one place read; not seen where the place lies on the piece and gave none.

Left out: what stands in the watermark (it takes light from behind), holograms, colour that shifts, ultraviolet.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.reference import Picture, Zone
from xiaoshi.core.notes.register import Registered
from xiaoshi.core.notes.sightings import FeaturesSeen, SerialReading, Sight
from xiaoshi.core.notes.zones import Cut, Mask, cut, known_cut

THREAD_PX_PER_MM, WINDOW_PX_PER_MM = 5.0, 3.0
THREAD_LIKE = 0.35
THREAD_MM_MIN = 6.0
WINDOW_LEGIBLE = 0.5
ON_PIECE = 0.3
NUMBER_SIGNS = 3


def thread_and_window(flat: Picture, laid: Registered, px_per_mm: float) -> FeaturesSeen:
    """What the piece shows of the thread and the watermark window of its face."""
    zones = {zone.kind: zone for zone in laid.reference.zones if zone.kind != "serial"}
    if not zones:
        return FeaturesSeen()
    masks = (laid.present, laid.legible)
    thread = zones.get("thread")
    window = zones.get("watermark")
    return FeaturesSeen(
        thread=None if thread is None else _thread(flat, laid, masks, px_per_mm, thread),
        watermark_window=None if window is None else _window(flat, laid, masks, px_per_mm, window),
    )


def numbers_seen(cuts: Sequence[Cut], readings: Sequence[SerialReading]) -> Sight:
    """From the places of the number that lie on the piece, and what was read in them."""
    if any(reading.known >= NUMBER_SIGNS for reading in readings):
        return "seen"
    on_piece = any(each.present.mean() >= ON_PIECE for each in cuts)
    return "not_seen" if on_piece else "out_of_piece"


def _thread(flat: Picture, laid: Registered, masks: tuple[Mask, Mask], px_per_mm: float, zone: Zone) -> Sight:
    upright = zone.height_mm >= zone.width_mm
    beside = 1.5 * min(zone.width_mm, zone.height_mm) + 0.6
    wide = _widened(zone, beside, upright)
    seen = cut(flat, laid, masks, px_per_mm, wide, 1, THREAD_PX_PER_MM)
    known = known_cut(laid.reference.image, wide, laid.reference.px_per_mm, seen.picture.shape[1::-1])
    layers: list[NDArray[np.float64]] = [_light(seen.picture), _light(known)]
    legible, present = seen.legible, seen.present
    if not upright:
        layers = [np.ascontiguousarray(layer.T) for layer in layers]
        legible, present = legible.T, present.T
    if present.mean() * max(zone.width_mm, zone.height_mm) < THREAD_MM_MIN:
        return "out_of_piece"
    readable = legible.mean(axis=1) > 0.9
    inside = _columns(layers[0].shape[1], beside, wide.width_mm if upright else wide.height_mm)
    own, theirs = (_stands_out(layer, inside) for layer in layers)
    strong = readable & (np.abs(theirs) > 0.3 * np.abs(theirs).max(initial=1e-9))
    if strong.sum() < THREAD_MM_MIN / 2 * THREAD_PX_PER_MM:
        return "not_seen"
    like = float((own[strong] * theirs[strong]).sum() / (theirs[strong] ** 2).sum())
    return "seen" if like >= THREAD_LIKE else "not_seen"


def _widened(zone: Zone, beside_mm: float, upright: bool) -> Zone:
    if upright:
        return Zone(
            zone.kind, zone.x_mm - beside_mm, zone.y_mm, zone.width_mm + 2 * beside_mm, zone.height_mm
        )
    return Zone(zone.kind, zone.x_mm, zone.y_mm - beside_mm, zone.width_mm, zone.height_mm + 2 * beside_mm)


def _columns(width: int, beside_mm: float, whole_mm: float) -> NDArray[np.bool_]:
    at = (np.arange(width) + 0.5) / width * whole_mm
    return np.asarray((at > beside_mm) & (at < whole_mm - beside_mm))


def _stands_out(layer: NDArray[np.float64], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """For each row: how much darker (negative) or lighter the zone is than the paper on both sides of it."""
    around = np.median(layer[:, ~inside], axis=1)
    return np.asarray((np.median(layer[:, inside], axis=1) - around) / np.maximum(around, 0.05), np.float64)


def _light(picture: Picture) -> NDArray[np.float64]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.float64) / 255


def _window(flat: Picture, laid: Registered, masks: tuple[Mask, Mask], px_per_mm: float, zone: Zone) -> Sight:
    seen = cut(flat, laid, masks, px_per_mm, zone, 1, WINDOW_PX_PER_MM)
    if seen.present.mean() < ON_PIECE:
        return "out_of_piece"
    if seen.legible.mean() < WINDOW_LEGIBLE:
        return "not_seen"
    known = known_cut(laid.reference.image, zone, laid.reference.px_per_mm, seen.picture.shape[1::-1])
    core = cv2.erode(seen.legible.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    own, theirs = (_print_strength(_light(picture), core) for picture in (seen.picture, known))
    return "seen" if own <= 2 * theirs + 0.05 else "not_seen"


def _print_strength(light: NDArray[np.float64], where: Mask) -> float:
    """How uneven the paper is at the scale of print (2 mm), in shares of its brightness."""
    if not where.any():
        return 1.0
    soft = cv2.GaussianBlur(light, (0, 0), 2 * WINDOW_PX_PER_MM)
    return float(np.median(np.abs(light - soft)[where]) / max(float(np.median(light[where])), 0.05))
