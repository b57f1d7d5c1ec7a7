"""Deposits by the million: the same rules as the scalar engine on arrays. See `engine.py`, and README.md one folder up."""

from __future__ import annotations

from xiaoshi.core.deposits.bulk.columns import DOUBTS, ODDITIES, REFUSALS, Columns, Results
from xiaoshi.core.deposits.bulk.engine import value_columns
from xiaoshi.core.deposits.bulk.tables import NEVER, Rates, number, rates_of

__all__ = [
    "DOUBTS",
    "NEVER",
    "ODDITIES",
    "REFUSALS",
    "Columns",
    "Rates",
    "Results",
    "number",
    "rates_of",
    "value_columns",
]
