"""The worker's part in moving cases: a chunk at a time, and the next chunk is a job of its own."""

from __future__ import annotations

from django.db import close_old_connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.plans.runs import carry_on


@app.task(queue="desk", retry=RetryStrategy(max_attempts=5, wait=10), pass_context=False)
def carry_on_run(run: int, login: str) -> None:
    """Carry on a run on behalf of whoever ordered it."""
    close_old_connections()
    person = Staff.objects.select_related("unit").get(login=login)
    if carry_on(run, person):
        carry_on_run.configure(lock=f"plan-move-{run}").defer(run=run, login=login)
