"""The same thing given twice: a photo listed two times, or one note on two photos of the same tin.

Problem. Two copies of one photo doubled the amount, 120 yuan became 240. So

- a picture that is an earlier one, however often it was saved anew, is left out with a problem (`Seen.photo`): both
  are shrunk to `THUMB_PX` and nowhere differ by more than `LEVELS` levels. JPEG, noise and scaling average out there
  (under 2 levels); a note of 100 mm2 that has moved does not;
- a note whose torn or burnt outline repeats one of an earlier photo (`Seen.note`: the masks agree to 98.5 %, front and back
  compared as seen from the front) is undecided and counts nothing towards the lower end. Two straight cuts at the same place look like that too: people decide.

Whole notes have no outline of their own; two photos of them can only be told apart by their numbers (left out).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.joining import Group
from xiaoshi.core.notes.model import Reason
from xiaoshi.core.notes.reference import Picture
from xiaoshi.core.problems import Problem, Words

THUMB_PX = 160
LEVELS = 12.0
AGREE_MIN = 0.985
RATIO_MAX = 0.97


def thumb(pixels: Picture) -> NDArray[np.float32] | None:
    """The picture so small that another copy of the photo looks the same; None for what is no picture."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or min(pixels.shape[:2]) < 1:
        return None
    height, width = pixels.shape[:2]
    size = (THUMB_PX, max(1, round(THUMB_PX * height / width)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)


class Seen:
    """What earlier pictures of the tin showed."""

    def __init__(self) -> None:
        self._photos: list[tuple[str, NDArray[np.float32]]] = []
        self._notes: list[tuple[str, Group]] = []

    def photo(self, name: str, pixels: Picture) -> Problem | None:
        """Whether this picture was given before; remembers it if not."""
        small = thumb(pixels)
        return None if small is None else self.looked_at(name, small)

    def looked_at(self, name: str, small: NDArray[np.float32]) -> Problem | None:
        """The same for a picture of which only its `thumb` is at hand."""
        for earlier, known in self._photos:
            if known.shape == small.shape and float(np.abs(known - small).max()) <= LEVELS:
                words = Words(
                    f"与已给出的图片 {earlier} 是同一张照片，未重复计算",
                    f"this is the same photo as {earlier}, given before: it was not counted again",
                )
                return Problem("image_given_twice", words, name)
        self._photos.append((name, small))
        return None

    def note(self, name: str, group: Group) -> Reason | None:
        """Whether an earlier photo shows a note of this kind with this very outline; remembers it."""
        reference = group.parts[0].registered.reference
        twin = None
        if group.ratio <= RATIO_MAX:
            for earlier, other in self._notes:
                theirs = other.parts[0].registered.reference
                same = (reference.issuer, reference.denomination) == (theirs.issuer, theirs.denomination)
                if earlier == name or not same or other.mask.shape != group.mask.shape:
                    continue
                united = int((group.mask | other.mask).sum())
                if int((group.mask & other.mask).sum()) >= AGREE_MIN * united:
                    twin = earlier
        self._notes.append((name, group))
        if twin is None:
            return None
        words = Words(
            f"残缺形状与图片 {twin} 中的一张完全吻合，可能是同一张被拍了两次，须人工核对，以免重复兑付",
            f"its outline repeats that of a note on {twin}: perhaps one note photographed twice; people must look, so that "
            "it is not paid twice",
        )
        return Reason("seen_on_another_photo", words)
