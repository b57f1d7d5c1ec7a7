"""What the column engine takes and gives: one array for each field, and codes of doubts and refusals as numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from xiaoshi.core.deposits.bulk.tables import NEVER, Bools, Days, Ints, Rates
from xiaoshi.core.deposits.model import PRODUCTS, Product

PRODUCT_NUMBER: dict[Product, int] = {name: place for place, name in enumerate(PRODUCTS)}

DOUBTS = (
    "rate_unconfirmed",
    "row_unconfirmed",
    "rule_unconfirmed",
    "maturity_last_of_month",
    "part_after_maturity",
    "rate_of_other_table",
)
"""Code of a doubt -> bit, by its place; those of rates are `tables.DOUBT_BITS`."""
RULE, CLAMPED, PART_LATE = 4, 8, 16

ODDITIES = ("remainder_below_minimum", "below_call_minimum", "field_not_used")
"""Problems that stand beside figures -> bit."""
REMAINDER, BELOW_MINIMUM, NOT_USED = 1, 2, 4

REFUSALS = (
    "",
    "withdrawal_before_opening",
    "term_never_existed",
    "before_first_rate",
    "part_not_for_product",
    "term_not_posted",
    "withdraw_above_principal",
    "product_not_yet",
    "notice_after_withdrawal",
    "notice_before_opening",
    "no_rate",
)
REFUSAL_NUMBER = {code: place for place, code in enumerate(REFUSALS)}


@dataclass(frozen=True, slots=True)
class Columns:
    """Deposits by field. Days are numbers (`tables.number`), `NEVER` where there is none; `withdraw_fen` 0: all.

    Every row has gone through the checks of `reading.py`: sums within their limits, days that exist, a known product.
    """

    product: npt.NDArray[np.int8]
    term_months: Days
    principal_fen: Ints
    opened: Days
    withdrawn: Days
    auto_rollover: Bools
    actual: Bools
    notice: Days
    withdraw_fen: Ints

    def __len__(self) -> int:
        return len(self.product)

    def take(self, rows: npt.NDArray[np.int64]) -> Columns:
        return Columns(*(getattr(self, f.name)[rows] for f in fields(self)))


@dataclass(slots=True)
class Results:
    """Answers by field. `refusal`: number of a code in `REFUSALS`, 0: valued. `scalar`: rows that the arrays cannot hold."""

    interest_fen: Ints
    tax_fen: Ints
    put_in_fen: Ints
    remaining_fen: Ints
    remaining_opened: Days
    doubts: npt.NDArray[np.uint8]
    oddities: npt.NDArray[np.uint8]
    refusal: npt.NDArray[np.int8]
    scalar: Bools

    @classmethod
    def empty(cls, rows: int) -> Results:
        return cls(
            np.zeros(rows, dtype=np.int64),
            np.zeros(rows, dtype=np.int64),
            np.zeros(rows, dtype=np.int64),
            np.zeros(rows, dtype=np.int64),
            np.full(rows, NEVER, dtype=np.int32),
            np.zeros(rows, dtype=np.uint8),
            np.zeros(rows, dtype=np.uint8),
            np.zeros(rows, dtype=np.int8),
            np.zeros(rows, dtype=np.bool_),
        )

    def put(self, rows: npt.NDArray[np.int64], part: Results) -> None:
        """Lay the answers of some rows into their places."""
        for f in fields(self):
            getattr(self, f.name)[rows] = getattr(part, f.name)

    @property
    def net_fen(self) -> Ints:
        return self.interest_fen - self.tax_fen

    @property
    def total_fen(self) -> Ints:
        return self.put_in_fen + self.net_fen - self.remaining_fen


PRODUCT_MAX = 2**62


def widest_fen(columns: Columns, rates: Rates) -> Ints:
    """The largest balance of each row whose yuan x rate x days surely fits into 64 bits; nine years are added to its days for terms
    that are longer than it was kept."""
    days = np.maximum(columns.withdrawn.astype(np.int64) - columns.opened, 0) + 3_300
    limit: Ints = PRODUCT_MAX // (days * rates.ppm_max) * 100
    return limit
