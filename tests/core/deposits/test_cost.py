"""What haste costs, by hand."""

from __future__ import annotations

import pytest

from xiaoshi.core.deposits import Cost, cost_of_haste

from .deposit_text import deposit


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        # 100,000 x 59 days: 0.25 % and 1.00 %
        ("call_7d 200,000.00 2023-01-10 2023-03-10 actual part 100,000.00", Cost(4097, 16389)),
        ("call_7d 200,000.00 2023-01-10 2023-03-10 actual notice 2023-03-03 part 100,000.00", None),
        ("call_7d 200,000.00 2023-01-10 2023-01-12 actual", None),
        # 3,000 for 240 days: 0.36 % and 2.25 %
        ("fixed 12m 10,000.00 2009-01-10 2009-09-10 part 3,000.00", Cost(720, 4500)),
        ("fixed 12m 10,000.00 2009-01-10 2010-01-10", None),
        ("fixed 12m 10,000.00 2009-01-10 2009-01-10", None),
        # the second term only: 10,056 for 30 days at 0.50 % (of 2011-04-26) and 2.60 %
        ("fixed 3m 10,000.00 2010-12-26 2011-04-26 roll", Cost(419, 2179)),
        ("demand 10,000.00 2009-01-10 2010-01-10", None),
        ("fixed 7m 10,000.00 2009-01-10 2010-01-10", None),
    ],
)
def test_the_price_of_not_waiting(text: str, cost: Cost | None) -> None:
    found = cost_of_haste(deposit(text))
    assert found == cost
    assert found is None or found.lost_fen == found.agreed_fen - found.paid_fen
