"""Sheets stuck together: how many at least?

Problem. Fire and water glue notes into stacks. The uppermost is named and measured as if it were alone, and the others
are lost in silence: the costliest mistake that a tray can make. Worked example: three notes of 140 x 70 mm, each 2 mm
and a degree off the one above: the blob reaches 4 mm beyond the rectangle of the uppermost along two sides, in a band
90 mm long; whoever counts one note loses two.

Two things in the picture tell of a sheet below, each enough by itself:

    rim      paper beyond the named note's rectangle in a band that follows its side: at least `RIM_LONG_MM` long and
             deeper than the map of the note can be wrong (`RIM_DEEP_MM`)
    print    another pose among the features that the first does not explain, within `STACK_MM` of the first: the print
             of the sheet below in a hole, or beyond a burnt edge, of the one above

`sheets_at_least` is 1 + the more of the two: a lower bound, never a count. A single sheet that is folded
over shows a rim too: it is told as well, and hands part it or not.

Left out: edges inside a rim (a printed frame runs along the edge of a sheet just as the next sheet's edge does, so they
would have counted sheets that are not there); the shadow of the stack's thickness (a curled single note throws the same), sheets that lie exactly on each other.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.faces import Features, PreparedLibrary
from xiaoshi.core.notes.identify import Found, Pose, identify
from xiaoshi.core.notes.model import Reason
from xiaoshi.core.notes.pieces import Blob, Mask
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.problems import Words

RIM_DEEP_MM, RIM_LONG_MM = 1.0, 15.0
RIM_REACH_MM = 12.0
STEP_MM = 0.25
LAYERS_MAX = 6
ALONG_MM = 0.5
STACK_MM, TILT_RAD_MAX = 20.0, 0.20
"""Sheets of a stack lie on each other within this; what lies farther off or at more of an angle overlaps."""
LAYER_MATCHES, LAYER_MARGIN = 14, 2.0
"""More than a name needs: what a first note leaves over is full of its own matches, and 8 of those on another face (margin
1.3) made a stack of a blurred single note."""
SAME_MM, SAME_RAD = 1.2, 0.03
"""Two poses of one face nearer than this are one sheet that is bent."""


def sheets_at_least(
    blob: Blob, found: Found, features: Features, library: PreparedLibrary, px_per_mm: float
) -> int:
    """1 for a piece that looks like a single sheet."""
    rim = int(_has_rim(blob, found.pose, found.identity.reference, px_per_mm))
    return 1 + max(rim, len(layers_below(features, found, library)))


def stack_suspected(sheets: int) -> Reason:
    """Why the piece must not be paid as one note."""
    words = Words(
        f"疑似多张粘连成叠（至少 {sheets} 张），不能按一张计；请由人工揭开后分别拍照",
        f"several sheets seem to be stuck together (at least {sheets}): not to be counted as one note; part them and "
        "photograph each",
    )
    return Reason("stack_suspected", words)


def layers_below(features: Features, found: Found, library: PreparedLibrary) -> list[Found]:
    """Other poses among the features that the named one does not explain, lying on the named note."""
    rest = np.ones(len(features), bool)
    rest[found.pose.used] = False
    told: list[Found] = []
    for _ in range(2 * LAYERS_MAX):
        left = np.flatnonzero(rest)
        other = identify(features.take(left), library)
        if other is None:
            break
        rest[left[other.pose.used]] = False
        sure = other.identity.inliers >= LAYER_MATCHES and other.identity.margin >= LAYER_MARGIN
        if sure and not any(_same_sheet(other, known) for known in (found, *told)) and _lies_on(other, found):
            told.append(other)
    return told


def _middle(found: Found) -> complex:
    """Where the note's middle lies on the tray, mm."""
    reference = found.identity.reference
    return (complex(reference.width_mm, reference.height_mm) / 2 - found.pose.shift) / found.pose.turn


def _same_sheet(one: Found, other: Found) -> bool:
    turned = abs(float(np.angle(one.pose.turn / other.pose.turn)))
    return one.face is other.face and abs(_middle(one) - _middle(other)) < SAME_MM and turned < SAME_RAD


def _lies_on(other: Found, found: Found) -> bool:
    turned = float(np.angle((other.pose.turn / found.pose.turn) ** 2)) / 2
    return abs(_middle(other) - _middle(found)) < STACK_MM and abs(turned) < TILT_RAD_MAX


def _has_rim(blob: Blob, pose: Pose, reference: Reference, px_per_mm: float) -> bool:
    """Whether paper follows one of the note's sides beyond it."""
    size = (reference.width_mm, reference.height_mm)
    out = np.arange(0.0, RIM_REACH_MM, STEP_MM)
    for side in range(4):
        along = np.arange(2.0, size[side % 2] - 2.0, ALONG_MM)
        a, o = np.meshgrid(along, out)
        x, y = [(a, -o), (size[0] + o, a), (a, size[1] + o), (-o, a)][side]
        tray = ((x + 1j * y) - pose.shift) / pose.turn * px_per_mm - complex(0.5, 0.5)
        maps = [part.astype(np.float32) for part in (tray.real - blob.x, tray.imag - blob.y)]
        paper = cv2.remap(blob.mask.astype(np.uint8), maps[0], maps[1], cv2.INTER_NEAREST, borderValue=0) > 0
        # How many rows of paper each column shows, outwards from the side.
        if _follows(np.where(paper.all(axis=0), len(out), np.argmin(paper, axis=0))):
            return True
    return False


def _follows(deep: NDArray[np.intp]) -> bool:
    """Whether paper reaches beyond the side in a band that ends and runs along it; a note that merely lies across or
    beside does not end, or runs off at an angle."""
    ends = (deep * STEP_MM >= RIM_DEEP_MM) & (deep * STEP_MM < RIM_REACH_MM - STEP_MM)
    first, last = _longest(ends)
    if (last - first) * ALONG_MM < RIM_LONG_MM:
        return False
    slope = np.polyfit(np.arange(first, last) * ALONG_MM, deep[first:last] * STEP_MM, 1)[0]
    return bool(abs(slope) < np.tan(TILT_RAD_MAX))


def _longest(marked: Mask) -> tuple[int, int]:
    """The longest run of True, gaps of a column or two forgiven."""
    solid = cv2.morphologyEx(
        marked.astype(np.uint8).reshape(1, -1), cv2.MORPH_CLOSE, np.ones((1, 5), np.uint8)
    )
    change = np.flatnonzero(np.diff(np.concatenate([[0], solid.ravel(), [0]])))
    if len(change) == 0:
        return 0, 0
    best = int((change[1::2] - change[::2]).argmax())
    return int(change[2 * best]), int(change[2 * best + 1])
