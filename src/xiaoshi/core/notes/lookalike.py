"""Paper that cannot be seen because its print has the colour of what it lies on.

Problem. A note with a patch in the mat's blue showed that patch as a hole: 14 points of area were missing, and a note
of 0.549 was told "none". From the photo alone nobody can tell blue ink from blue mat. But once the piece has been laid
into its note, the reference says which ink would be there:

    expected = reference x (piece / reference, median over legible paper, channel by channel)

Where paper is missing and the expected colour is no further from the ground than `LIKE_GROUND` (the scale of
`Ground.paperness`: 0 ground, 1 white paper or char), paper may lie unseen, provided the place hangs together with paper
that is seen: an island of blue ink inside a burnt gap has nothing that would hold it there.

Choice: the upper end of the interval takes all of it, the ratio itself none (edge of the mat's shadow, texture of the
paper: nothing of that is dependable). The note is then often undecided on this mat and decided on the other colour.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.ground import Ground
from xiaoshi.core.notes.reference import Picture

Mask = NDArray[np.bool_]

LIKE_GROUND = 0.5
"""Pieces start at 0.40 and go on at 0.20, but an edge lies where piece and ground mix half and half: pale blue ink beside
white paper is taken for ground up to about one half."""
JOINED_PX = 2
SOFT_PX = 0.75
"""Both at `reading.READ_PX_PER_MM`."""


def unseen_paper(
    colour: Picture,
    known: Picture,
    present: Mask,
    legible: Mask,
    ground: Ground,
    at: tuple[float, float],
) -> Mask:
    """Where paper may lie unseen; a mask of the note's canvas, nowhere `present`.

    `colour`: the photo drawn onto the canvas; `known`: the reference there; `at`: where the piece lies, in parts of the
    rectified picture's width and height.
    """
    nowhere = np.zeros_like(present)
    sound = legible & (known.min(axis=2) > 24)
    if int(sound.sum()) < 400 or bool(present.all()):
        return nowhere
    gain = np.median(colour[sound].astype(np.float32) / known[sound].astype(np.float32), axis=0)
    soft = cv2.GaussianBlur(known, (0, 0), SOFT_PX).astype(np.float32)
    expected = np.clip(soft * gain, 0, 255).astype(np.uint8)
    like = ~present & (ground.paperness_at(expected, at) < LIKE_GROUND)
    if not like.any():
        return nowhere
    reach = cv2.dilate(present.astype(np.uint8), np.ones((2 * JOINED_PX + 1,) * 2, np.uint8)) > 0
    count, labels = cv2.connectedComponents(like.astype(np.uint8), connectivity=8)
    joined = np.bincount(labels[like & reach], minlength=count) > 0
    joined[0] = False
    # Beside such ink the edge of what is seen lies up to a pixel too far in: that belongs to what may be there.
    rim = cv2.dilate(joined[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.asarray(rim & ~present)
