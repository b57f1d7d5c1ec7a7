"""The timer of small things."""

from __future__ import annotations

import logging

from django.db import close_old_connections
from django.utils import timezone
from procrastinate.contrib.django import app

from xiaoshi.desk.retention import tidying

log = logging.getLogger(__name__)


@app.periodic(cron="10 19 * * *")  # 03:10 in the bank's zone
@app.task(name="retention.tidy_up", queue="desk", queueing_lock="retention.tidy_up", pass_context=False)
def tidy_up(timestamp: int) -> None:
    """Each night; cases are never among it."""
    close_old_connections()
    log.info("let go: %s", tidying.tidy(timezone.now()))
