"""A whole note as the engine knows it: one face of one edition, at its true size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Side = Literal["front", "back"]


ZoneKind = Literal["serial", "thread", "watermark"]


@dataclass(frozen=True, slots=True)
class Zone:
    """A place of a face that is looked at by itself: a box in millimetres of the upright face, from its left upper
    corner. `turn_deg` (0, 90, 180, 270): how far a number has to be turned, clockwise, to stand upright.
    """

    kind: ZoneKind
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    turn_deg: int = 0

    def as_json(self) -> dict[str, Any]:
        """As in the library's record."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """One enrolled face of a note.

    `issuer` (three letters, "CNY"), `series` ("5"), `edition` ("2005"): as written at enrolment; `denomination`: face
    value in the issuer's main unit (yuan), int where whole; `width_mm`, `height_mm`: the whole note; `image`: BGR
    uint8, the whole face and nothing else, seen upright; `zones`: where its number and features stand, as far as known.
    """

    issuer: str
    series: str
    edition: str
    denomination: int | float
    side: Side
    width_mm: float
    height_mm: float
    image: Picture
    zones: tuple[Zone, ...] = ()

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What tells this face from all others; the order in which a library lists its faces."""
        return (self.issuer, self.series, self.edition, f"{self.denomination:g}", self.side)

    @property
    def note_key(self) -> tuple[str, str, str, str]:
        """The note without the side: front and back share it."""
        return self.key[:4]

    @property
    def denomination_fen(self) -> int:
        """Face value in the hundredth part of the main unit."""
        return round(self.denomination * 100)

    @property
    def px_per_mm(self) -> float:
        """Resolution of `image` along the long edge."""
        return float(self.image.shape[1]) / self.width_mm

    def identity_json(self) -> dict[str, Any]:
        """The five fields that `pieces` of the assessment's JSON carry."""
        return {
            "issuer": self.issuer,
            "series": self.series,
            "edition": self.edition,
            "denomination": self.denomination,
            "side": self.side,
        }
