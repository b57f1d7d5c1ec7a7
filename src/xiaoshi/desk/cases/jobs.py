"""What becomes due on a case by itself: a delegate's time to report runs out."""

from __future__ import annotations

from django.db import close_old_connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from xiaoshi.desk.cases.verbs import lapse_delegation
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.house import house
from xiaoshi.desk.guard.refusals import Refused

PART = "cases"


@app.task(queue="desk", retry=RetryStrategy(max_attempts=5, wait=5), pass_context=False)
def delegation_over(case_id: str, step: str, until: str) -> None:
    """At the hour that the delegator has set: give the step back, unless it was reported, taken back or sent back."""
    close_old_connections()
    give_back(case_id, step, until)


def give_back(case_id: str, step: str, until: str) -> bool:
    """Whether the step went back to the delegator. A refusal means that there is nothing left to give back."""
    try:
        key = f"{PART}/delegation/{case_id}/{step}/{until}"
        perform(lapse_delegation, house(PART), key, case_id=case_id, channel="system", step=step)
    except Refused:
        return False
    return True
