"""A note beside its reference: what lies on the tray, laid into the note's own rectangle, and the whole note next to it.

Problem. Who confirms "61 % are left" must see it. On the photo a note lies turned, tilted, in four pieces; on the
reference it lies straight. So each registered note is drawn once more as the engine understood it: the photo through the
note's own map at `PX_PER_MM`, the reference at the same size, and the outline of what was counted, to be drawn over both.

Worked example: a burnt 50 of 150 x 70 mm becomes two pictures of 600 x 280 px. Print that lies where the reference has
it shows that the map is right; char inside the outline was counted, char outside was not.

Choice. The surroundings stay in the picture (char that hangs off the edge is what one has to look at). Parts of a joined
note are drawn over the first where they are present. A part that shows the other side has only its outline, mirrored.
The mat is looked for again, because what `traywork` saw is not kept: 0.1 s a tray.
Left out: notes that were not named (there is nothing to lay them beside).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.joining import Group, Part
from xiaoshi.core.notes.model import Point, TrayImage
from xiaoshi.core.notes.noting import Tin
from xiaoshi.core.notes.plane import Plane, find_mat
from xiaoshi.core.notes.reference import Picture, Reference
from xiaoshi.core.notes.register import CANVAS_PX_PER_MM, Registered, tray_mm

PX_PER_MM = 4.0
OUTLINE_MM = 0.25
"""How far the drawn outline may run beside the counted one."""
_STEP_PX = 8


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """`pieces`: ids of the note's pieces; `crop`, `known`: BGR pictures of equal size; `outlines`: polygons in their pixels."""

    pieces: tuple[str, ...]
    reference: Reference
    crop: Picture
    known: Picture
    outlines: tuple[tuple[Point, ...], ...]


def beside(image: TrayImage, tin: Tin, groups: Sequence[Group]) -> tuple[Beside, ...]:
    """One pair of pictures for each registered note on this picture, in the order of the groups.

    Pieces on other pictures of the tin are left out of `crop` (their outline is drawn). Nothing without a mat.
    """
    plane = find_mat(image.pixels)
    if plane is None:
        return ()
    shown = []
    for group in groups:
        here = [part for part in group.parts if tin.trays[tin.tray_of[part.index]].scale.image == image.name]
        if here:
            shown.append(_pair(image.pixels, plane, here, group, tin))
    return tuple(shown)


def _pair(pixels: Picture, plane: Plane, here: list[Part], group: Group, tin: Tin) -> Beside:
    first = here[0].registered
    reference = first.reference
    size = tuple(round(v * PX_PER_MM) for v in (reference.width_mm, reference.height_mm))
    crop = _through(pixels, plane, first)
    for part in here[1:]:
        if part.registered.reference.key != reference.key:
            continue
        present = cv2.resize(part.registered.present.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        wide = cv2.dilate(present, np.ones((9, 9), np.uint8)) > 0
        crop[wide] = _through(pixels, plane, part.registered)[wide]
    how = cv2.INTER_AREA if reference.image.shape[1] > size[0] else cv2.INTER_CUBIC
    known = np.asarray(cv2.resize(reference.image, size, interpolation=how), np.uint8)
    counted = group.mask if reference.side == "front" else group.mask[:, ::-1]
    ids = tuple(tin.ids[part.index] for part in group.parts)
    return Beside(ids, reference, crop, known, _outlines(counted))


def _through(pixels: Picture, plane: Plane, laid: Registered) -> Picture:
    """The photo seen through the note's map: a picture of the whole note's rectangle."""
    reference = laid.reference
    width, height = (round(v * PX_PER_MM) for v in (reference.width_mm, reference.height_mm))
    # The map is smooth: every 8th pixel is computed, the rest interpolated; one block more on each side, because
    # resizing repeats the outermost values.
    x, y = ((np.arange(-1, n // _STEP_PX + 2) * _STEP_PX + _STEP_PX / 2) / PX_PER_MM for n in (width, height))
    on_tray = tray_mm(np.stack(np.meshgrid(x, y), axis=-1), laid) + np.array(
        [plane.area.x_mm, plane.area.y_mm]
    )
    coarse = plane.to_px(on_tray.reshape(-1, 2)).astype(np.float32).reshape(len(y), len(x), 2)
    full = cv2.resize(coarse, (len(x) * _STEP_PX, len(y) * _STEP_PX), interpolation=cv2.INTER_LINEAR)
    at = full[_STEP_PX : _STEP_PX + height, _STEP_PX : _STEP_PX + width]
    low, high = np.floor(at.min(axis=(0, 1))).astype(int) - 8, np.ceil(at.max(axis=(0, 1))).astype(int) + 9
    x0, y0 = np.clip(low, 0, (pixels.shape[1] - 1, pixels.shape[0] - 1))
    window = pixels[y0 : max(high[1], y0 + 1), x0 : max(high[0], x0 + 1)]
    shrink = 1 / (PX_PER_MM * plane.mm_per_px())
    if shrink > 1.35:
        window = np.asarray(cv2.GaussianBlur(window, (0, 0), 0.35 * shrink), np.uint8)
    local = (at - np.array([x0, y0], np.float32)).astype(np.float32)
    drawn = cv2.remap(window, local[..., 0], local[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(drawn, np.uint8)


def _outlines(counted: NDArray[np.bool_]) -> tuple[tuple[Point, ...], ...]:
    """The counted paper's outlines (holes as well), in pixels of the pictures."""
    found, _tree = cv2.findContours(counted.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    scale = PX_PER_MM / CANVAS_PX_PER_MM
    lines = []
    for line in found:
        if cv2.contourArea(line) < CANVAS_PX_PER_MM**2:
            continue
        plain = cv2.approxPolyDP(line, OUTLINE_MM * CANVAS_PX_PER_MM, True).reshape(-1, 2)
        lines.append(
            tuple((float((px + 0.5) * scale - 0.5), float((py + 0.5) * scale - 0.5)) for px, py in plain)
        )
    return tuple(lines)
