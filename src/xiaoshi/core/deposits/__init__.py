"""Any RMB deposit from 1988 to today, valued to the fen by the rules in force: `value(deposit, books)`. See README.md."""

from __future__ import annotations

from xiaoshi.core.deposits.cost import Cost, cost_of_haste
from xiaoshi.core.deposits.engine import value
from xiaoshi.core.deposits.model import (
    DAY_COUNTS,
    PRODUCTS,
    DayCount,
    Deposit,
    Payment,
    Product,
    Remaining,
    Segment,
    Valuation,
)

__all__ = [
    "DAY_COUNTS",
    "PRODUCTS",
    "Cost",
    "DayCount",
    "Deposit",
    "Payment",
    "Product",
    "Remaining",
    "Segment",
    "Valuation",
    "cost_of_haste",
    "value",
]
