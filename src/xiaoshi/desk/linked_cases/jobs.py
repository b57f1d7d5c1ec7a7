"""The desk itself notes on every waiting case how the case it waits for has ended."""

from __future__ import annotations

from django.db import close_old_connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.house import house
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to_house
from xiaoshi.desk.linked_cases.acts import note_other_case
from xiaoshi.desk.linked_cases.models import CaseLink

PART = "linked_cases"
OUTCOMES = {"closed": "closed", "cancelled": "cancelled"}


@app.task(queue="desk", retry=RetryStrategy(max_attempts=5, wait=5), pass_context=False)
def note_on_waiting_cases(case_id: str) -> None:
    """Once for each waiting case, by what is true now; run twice or late, it does nothing twice."""
    close_old_connections()
    note_outcome(case_id)


def note_outcome(case_id: str) -> int:
    """Note how the case with this id stands on each case that waits for it; how many were told."""
    with visible_to_house(PART):
        case = Case.objects.filter(id=case_id).first()
        links = list(CaseLink.objects.filter(other_id=case_id, let_at=None).order_by("id")) if case else []
    told = 0
    for link in links:
        assert case is not None
        outcome = OUTCOMES.get(case.status, "")
        if link.outcome == outcome:
            continue
        try:
            perform(
                note_other_case,
                house(PART),
                f"{PART}/{link.id}/{case.version}",
                case_id=link.waiting_id,
                channel="system",
                other=link.other_number,
                outcome=outcome,
            )
            told += 1
        except Refused as refused:
            if refused.problem.code != "nothing_new":
                raise
    return told
