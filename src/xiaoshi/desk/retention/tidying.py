"""Small things that go at night without anybody's decision, each by its rule, in batches of their own transactions.

Nothing of it is the record of anything. Files that were not sent, previews and sessions have timers of their own, which take
their periods from where they stand; here is what had none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from xiaoshi.core.rules.retention_rules import small_rule
from xiaoshi.desk.guard.visibility import visible_to_house

PART = "retention"
BATCH = 1000
BATCHES_MAX = 200


@dataclass(frozen=True, slots=True)
class Small:
    """`statement` lets go at most so many rows of before a moment (two parameters) and is done when it lets go fewer."""

    what: str
    statement: str


SMALL: tuple[Small, ...] = (
    Small("notices", "SELECT retention_let_notices_go(%s, %s)"),
    Small("answered_keys", "SELECT retention_let_answers_go(%s, %s)"),
    Small("drafts", "SELECT retention_let_drafts_go(%s, %s)"),
    Small("looking", "SELECT retention_let_looking_go(%s, %s)"),
    Small("background_jobs", "SELECT retention_let_jobs_go(%s, %s)"),
)


def tidy(now: datetime) -> dict[str, int]:
    """Let everything small go whose time is over; how many rows of each. What is left over goes on the next night."""
    gone = {}
    for small in SMALL:
        before = now - timedelta(days=small_rule(small.what).days)
        gone[small.what] = 0
        for _ in range(BATCHES_MAX):
            with visible_to_house(PART), connection.cursor() as cursor:
                cursor.execute(small.statement, [before, BATCH])
                (count,) = cursor.fetchone()
            gone[small.what] += count
            if count < BATCH:
                break
    return gone
