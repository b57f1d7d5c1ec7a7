"""What becomes due by itself: the first day comes, and whoever was asked to stand in has not answered."""

from __future__ import annotations

from django.db import close_old_connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.house import house
from xiaoshi.desk.guard.refusals import Refused

PART = "substitutes"


@app.task(queue="desk", retry=RetryStrategy(max_attempts=5, wait=5), pass_context=False)
def first_day(arrangement: int) -> None:
    """When an arrangement begins that nobody has answered: tell the people whom it concerns, once."""
    close_old_connections()
    tell_unanswered(arrangement)


def tell_unanswered(arrangement: int) -> bool:
    """Whether anybody had to be told."""
    from xiaoshi.desk.substitutes.asking import still_unanswered

    try:
        perform(
            still_unanswered,
            house(PART),
            f"{PART}/unanswered/{arrangement}",
            channel="system",
            arrangement=arrangement,
        )
    except Refused:
        return False
    return True
