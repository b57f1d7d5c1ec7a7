"""The daily anchor, made at night by the house itself."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from xiaoshi.desk.audit.anchoring import make_anchor
from xiaoshi.desk.guard.visibility import visible_to_house


@app.periodic(cron="30 18 * * *")  # 02:30 in the bank's zone
@app.task(name="audit.daily_anchor", queueing_lock="audit.daily_anchor", pass_context=False)
def daily_anchor(timestamp: int) -> None:
    """Make the anchor of the day; procrastinate runs it once for each moment, whatever the number of workers."""
    with visible_to_house("audit"):
        make_anchor(timezone.now(), alias="default")
