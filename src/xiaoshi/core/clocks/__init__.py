"""Clocks: working time of an outlet, and when something is due. README.md in this folder argues why.

`reckon(start, term, outlet, pauses)` -> `Reckoning(due, at_risk, segments, problems)`; `worked` and `next_open` ask the
same calendar. `answer(request)` takes and gives the JSON form of `xiaoshi clock due`, whose schema is `SCHEMA`.
"""

from xiaoshi.core.clocks.engine import at_share, next_open, reckon, worked
from xiaoshi.core.clocks.model import (
    AT_RISK_PERCENT,
    UNITS,
    Outlet,
    Period,
    Reckoning,
    Segment,
    Span,
    Term,
)
from xiaoshi.core.clocks.opening import merged_days, periods_of

__all__ = [
    "AT_RISK_PERCENT",
    "UNITS",
    "Outlet",
    "Period",
    "Reckoning",
    "Segment",
    "Span",
    "Term",
    "at_share",
    "merged_days",
    "next_open",
    "periods_of",
    "reckon",
    "worked",
]
