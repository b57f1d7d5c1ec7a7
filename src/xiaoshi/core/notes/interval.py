"""How far off the remaining share can be.

Four independent parts, each in shares of the whole note, are added in quadrature to one unit of doubt:

    edge     every edge as far off as its contrast lets expect, all the same way round    (`edges`: 0.05 mm on char, less on
                                                                                            white paper, 0.25 px at least)
    map      spread of the area over the posterior of the registration                    (`register`)
    far      2 % of the part that lies more than 12 mm from any match                      (char shrinks as it likes)
    floor    0.10 points

The unit only says which notes are more doubtful than others. How many units make an interval that holds is not derived but
counted: split conformal calibration, one factor for each stratum (how coarse the photo is, whether some of the note is char),
on simulated notes whose truth is known (`bench/notes_calibration.py`; numbers beside the table). A factor is the score of
rank ceil(0.99 (n + 1)) among n calibration notes, score = |error| / unit. Where a stratum has too few notes for that rank it
takes the worst score. Much char and little char are one stratum: the unit already grows with what lies far from a match. Since
edges are counted in light (`pieces`), notes without char ask for half of what they did; what is left of char's error is its shadow.

Worked example, half a 100 (11,935 mm2) on a 12 MP tray: edges 420 mm at 0.045 mm are 0.16 points, map 0.10, all near a
match, floor 0.10: one unit is 0.21 points; charred, so times 1.6: 61.2 % +- 0.34.

Pieces that may belong to the note but were not joined, and unnamed scraps that would fit, move the upper end only (`gains`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from xiaoshi.core.notes.model import Share
from xiaoshi.core.notes.register import Registered

FAR_SHARE = 0.02
FLOOR = 0.001
COARSE_MM_PER_PX = 0.17
CLEAN = 0.005
CHAR_EDGE = 0.02
"""Where only legible paper counts: share of the charred part by which people may read its border differently."""

Stratum = Literal["fine, clean", "fine, charred", "coarse, clean", "coarse, charred"]

FACTORS: dict[Stratum, float] = {
    "fine, clean": 0.65,  # 66 notes, worst 0.77
    "fine, charred": 1.60,  # 314 notes, worst 2.02
    "coarse, clean": 0.48,  # 568 notes, worst 0.73
    "coarse, charred": 1.35,  # 548 notes, worst 2.49
}
"""Seeds 31 to 34 of `bench/notes_calibration.py`: 1,180 single notes at 4 px a millimetre and 44 trays of nine at 8. With factors of rank 0.993
all of 664 fresh notes (seed 701) were covered: wider than 99 % asks for."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What makes a share doubtful, in shares of the whole note; `charred`: share that is there and cannot be read;
    `mm_per_px` of the photo."""

    edge: float
    map: float
    far: float
    charred: float
    mm_per_px: float

    @property
    def unit(self) -> float:
        """One standard unit."""
        return float(np.sqrt(self.edge**2 + self.map**2 + self.far**2 + FLOOR**2))

    @property
    def stratum(self) -> Stratum:
        """Which notes it is calibrated with."""
        if self.mm_per_px > COARSE_MM_PER_PX:
            return "coarse, clean" if self.charred < CLEAN else "coarse, charred"
        return "fine, clean" if self.charred < CLEAN else "fine, charred"


def doubt_of(parts: Sequence[Registered], mm_per_px: float) -> Doubt:
    """Of the united ratio of registered pieces. `mm_per_px`: of the photo."""
    return Doubt(
        edge=sum(part.edge_share for part in parts),
        map=float(np.sqrt(sum(part.map_spread**2 for part in parts))),
        far=FAR_SHARE * sum((1 - part.reach) * part.ratio for part in parts),
        charred=sum(part.ratio - part.legible_ratio for part in parts),
        mm_per_px=mm_per_px,
    )


def share_of(
    value: float,
    legible: float,
    doubt: Doubt,
    *,
    carbonised_counts: bool,
    may_add: float = 0.0,
    unseen: bool = False,
) -> Share:
    """The interval around a ratio.

    `may_add`: shares of pieces that may belong to it too; `unseen`: char cannot be seen on this ground, so nothing bounds
    the ratio from above.
    """
    counted = value if carbonised_counts else legible
    width = FACTORS[doubt.stratum] * doubt.unit
    width += 0.0 if carbonised_counts else CHAR_EDGE + 0.1 * (value - legible)
    high = 1.0 if unseen else min(1.0, counted + width + may_add)
    counted = min(1.0, counted)
    return Share(counted, max(0.0, counted - width), max(high, counted), min(1.0, legible))
