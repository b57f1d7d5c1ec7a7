"""Tidying up at the door, by night: counts that no longer count, sessions that nobody ended."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone
from procrastinate.contrib.django import app

from xiaoshi.desk.guard.visibility import visible_to_house
from xiaoshi.desk.signing_in import budgets
from xiaoshi.desk.signing_in.models import Sitting

# No session lasts so long: the cookie ends after ten hours, the idle limit is eight at most.
GONE_AFTER = timedelta(days=1)


@app.periodic(cron="50 18 * * *")  # 02:50 in the bank's zone
@app.task(name="signing_in.tidy_up", queueing_lock="signing_in.tidy_up", pass_context=False)
def tidy_up(timestamp: int) -> None:
    """Forget old failures and expired sessions; write down the end of those whose browser simply went away."""
    now = timezone.now()
    with visible_to_house("signing_in"):
        budgets.forget_old(now)
        Session.objects.filter(expire_date__lt=now).delete()
        Sitting.objects.filter(ended_at=None, last_seen_at__lt=now - GONE_AFTER).update(
            ended_at=now, end_reason="idle"
        )
