"""The timer of deadlines. Safe at any time, twice, and by two workers at once: each telling is an act with a key of its own."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import close_old_connections
from django.utils import timezone
from procrastinate.contrib.django import app

from xiaoshi.desk.consulting.models import Question
from xiaoshi.desk.guard.visibility import visible_to_house

log = logging.getLogger(__name__)
PART = "consulting"
AT_ONCE = 1_000


@app.periodic(cron="* * * * *")
@app.task(queue="desk", pass_context=False, queueing_lock="consulting/tell")
def tell_of_deadlines(timestamp: int) -> None:
    """Every minute: questions whose deadline is near or passed."""
    close_old_connections()
    tell_due_questions(timezone.now())


def tell_due_questions(now: datetime) -> int:
    """Tell all that is due, oldest first, each in a transaction of its own; how many were told. The rest a minute later."""
    from xiaoshi.desk.consulting.deadlines import tell_of_question
    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.guard.house import house
    from xiaoshi.desk.guard.refusals import Refused

    told = 0
    for row in _due(now):
        key = f"{PART}/{row.id}/{row.told}/{row.look_at.isoformat()}"
        try:
            answer = perform(
                tell_of_question, house(PART), key, case_id=row.case_id, channel="system", now=now,
                question=str(row.id),
            )  # fmt: skip
        except Refused as refused:
            log.warning("question %s was not told: %s", row.id, refused.problem.words.en)
            continue
        told += bool(answer.result.get("told")) and not answer.replayed
    return told


def _due(now: datetime) -> list[Any]:
    with visible_to_house(PART):
        rows = Question.objects.filter(look_at__lte=now, state__in=("open", "asked_back"))
        return list(rows.only("id", "case_id", "told", "look_at").order_by("look_at", "id")[:AT_ONCE])
