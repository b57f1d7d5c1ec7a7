"""Count everything anew, as the owner: after a simulation, or when somebody doubts the figures."""

from __future__ import annotations

from datetime import date

from xiaoshi.desk.figures.counting import count_days

BEFORE_US, AFTER_US = date(1988, 1, 1), date(2200, 1, 1)


def rebuild() -> None:
    count_days(BEFORE_US, AFTER_US, alias="owner")
