"""What was read and seen on a piece beside its print: values that the answer carries, and the port of the reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.reference import Picture

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

Sight = Literal["seen", "not_seen", "out_of_piece"]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Glyph:
    """A sign that the recogniser saw: `at` 0..1 along the strip, `likely` (sign, probability), the likeliest first."""

    at: float
    likely: tuple[tuple[str, float], ...]


Line = tuple[Glyph, ...]


class Recogniser(Protocol):
    """Reads strips that each hold one line of letters and digits, upright."""

    def read(self, strips: Sequence[Picture]) -> list[Line]:
        """One line for each strip, in their order; an empty line where nothing was read."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class SerialReading:
    """A number as far as it was read. `likely` (slots, 36): probability of each sign of ALPHABET, rows sum to at most 1;
    `text`: the sure signs, `?` elsewhere; `zone`: which place of the face, 0 where several were put together."""

    text: str
    likely: Floats
    zone: int

    @property
    def known(self) -> int:
        """How many signs are told."""
        return sum(sign != "?" for sign in self.text)

    @property
    def confidence(self) -> float:
        """Probability that all told signs are right, as far as the recogniser's own figures go; 0 where none is told."""
        told = [row.max() for row, sign in zip(self.likely, self.text, strict=True) if sign != "?"]
        return float(np.prod(told)) if told else 0.0

    def as_json(self, piece: str | None) -> dict[str, Any]:
        """The field `serials` of a note."""
        return {
            "text": self.text,
            "confidence": round(self.confidence, 3),
            "zone": self.zone,
            "piece": piece,
        }


@dataclass(frozen=True, slots=True)
class FeaturesSeen:
    """What can be seen on one piece; None where the library does not say where to look, or no reader was given."""

    numbers: Sight | None = None
    thread: Sight | None = None
    watermark_window: Sight | None = None

    def as_json(self) -> dict[str, Sight | None]:
        """The field `seen` of a piece."""
        return {
            "numbers": self.numbers,
            "thread": self.thread,
            "watermark_window": self.watermark_window,
        }


NOTHING_SEEN = FeaturesSeen()
