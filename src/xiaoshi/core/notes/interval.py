"""How far off the remaining share can be.

Four independent parts, each in shares of the whole note, are added in quadrature:

    edge     0.05 mm along every edge of the pieces        (0.4 of a pixel of a 12 MP photo of an A3 tray; 0.4 of a
                                                            pixel where the photo is coarser)
    map      spread of the area over maps drawn from the posterior of the registration
    far      2 % of the part that lies more than 12 mm from any match (char shrinks as it likes)
    floor    0.10 points

and multiplied by `BAND`. Split conformal calibration on 201 rightly grouped notes of 24 simulated trays (README,
"Interval") asks for 1.5 to cover 99 % of them; the worst needed 2.13. The constant is 2.2, above the worst: simulated
paper is kinder than real paper, and a note too many for two people costs minutes, a wrong verdict money.
Worked example, half a 100 (11,935 mm2), edges 420 mm, spread 0.05 points, all near a match: edge 0.18, floor 0.10,
together 0.21 points; times 2.2 gives 61.2 % +- 0.5.

Pieces that may belong to the note but were not joined, and unnamed scraps that would fit, move the upper end only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xiaoshi.core.notes.model import Share
from xiaoshi.core.notes.register import Registered

EDGE_MM = 0.05
EDGE_PX = 0.4
FAR_SHARE = 0.02
FLOOR = 0.001
BAND = 2.2
CHAR_EDGE = 0.02
"""Where only legible paper counts: share of the charred part by which people may read its border differently."""


def spread_of(parts: Sequence[tuple[Registered, float]], mm_per_px: float = 0.0) -> float:
    """One standard unit of doubt of the united ratio. `parts`: each registered piece with its edge length in mm;
    `mm_per_px`: of the photo."""
    whole = parts[0][0].reference.width_mm * parts[0][0].reference.height_mm
    edge = max(EDGE_MM, EDGE_PX * mm_per_px) * sum(length for _, length in parts) / whole
    far = FAR_SHARE * sum((1 - part.reach) * part.ratio for part, _ in parts)
    spread = float(np.sqrt(sum(part.map_spread**2 for part, _ in parts)))
    return float(np.sqrt(edge**2 + far**2 + spread**2 + FLOOR**2))


def share_of(
    value: float,
    legible: float,
    unit: float,
    *,
    carbonised_counts: bool,
    may_add: float = 0.0,
    unseen: bool = False,
) -> Share:
    """The interval around a ratio.

    `unit`: from `spread_of`; `may_add`: shares of pieces that may belong to it too; `unseen`: char cannot be seen on
    this ground, so nothing bounds the ratio from above.
    """
    counted = value if carbonised_counts else legible
    width = BAND * unit + (0.0 if carbonised_counts else CHAR_EDGE + 0.1 * (value - legible))
    high = 1.0 if unseen else min(1.0, counted + width + may_add)
    counted = min(1.0, counted)
    return Share(counted, max(0.0, counted - width), max(high, counted), min(1.0, legible))
