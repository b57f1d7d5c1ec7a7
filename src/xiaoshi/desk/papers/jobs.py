"""The worker's part of documents: scans are sorted, files held too long and old previews are let go."""

from __future__ import annotations

from django.db import close_old_connections
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from xiaoshi.desk.guard.visibility import visible_to_house
from xiaoshi.desk.papers import held_files
from xiaoshi.desk.papers.scans.sorting import sort_all, sorting_until
from xiaoshi.desk.papers.showing import kept


@app.task(queue="desk", retry=RetryStrategy(max_attempts=4, wait=10), pass_context=False)
def sort_scans(upload_id: str, login: str) -> None:
    """Sort one upload on behalf of whoever handed it in."""
    close_old_connections()
    if sort_all(upload_id, login):
        return
    until = sorting_until(upload_id, login)
    if until is not None:  # a worker that was killed left its claim behind
        wait = max(1.0, (until - timezone.now()).total_seconds() + 1)
        sort_scans.configure(schedule_in={"seconds": wait}).defer(upload_id=upload_id, login=login)


@app.periodic(cron="17 3 * * *")
@app.task(queue="desk", pass_context=False)
def tidy_documents(timestamp: int) -> None:
    """Each night: held files after seven days, previews that nobody looked at for ninety."""
    close_old_connections()
    with visible_to_house("papers"):
        held_files.let_old_ones_go(timezone.now())
    kept.throw_away_old()
