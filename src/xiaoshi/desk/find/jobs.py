"""The worker's part of the search: cases that have changed, and documents that have not been read."""

from __future__ import annotations

from django.db import close_old_connections
from procrastinate.contrib.django import app

from xiaoshi.desk.find.catching_up import take_oldest
from xiaoshi.desk.find.reading import read_waiting
from xiaoshi.desk.guard.visibility import visible_to_house

CASES_AT_ONCE = 200
ROUNDS = 20
DOCUMENTS_AT_ONCE = 20


@app.periodic(cron="* * * * *")
@app.task(queue="desk", pass_context=False, queueing_lock="find/catch-up")
def catch_up(timestamp: int) -> None:
    """Index what the triggers noted, in small transactions, then read documents that wait."""
    close_old_connections()
    for _ in range(ROUNDS):
        with visible_to_house("find"):
            if not take_oldest(CASES_AT_ONCE):
                break
    read_waiting(DOCUMENTS_AT_ONCE)
