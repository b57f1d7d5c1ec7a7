"""How many calls a token may make: a bucket in its own row, shared by all web processes.

A bucket holds `BURST` calls and fills by `PER_MINUTE`; each call takes one. Worked example: after a quiet minute a client
may read 120 pages at once, then 10 a second. One UPDATE counts the call, says what is left, and notes when the token was
last used; it is not waited for on disk (a crash may give a client a few calls back, never money).

Left out: counting by address. A secret has 256 bits, so guessing needs no brake; what a token may do, it may do at this
pace, and whoever needs more asks for a second token.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

COUNT = """
UPDATE api_tokenuse SET
    calls_left = before.had - CASE WHEN before.had >= 1 THEN 1 ELSE 0 END,
    counted_at = clock_timestamp(), last_used_at = clock_timestamp()
FROM (SELECT token_id AS of_token,
             least(%(burst)s, calls_left + extract(epoch FROM clock_timestamp() - counted_at) * %(rate)s) AS had
      FROM api_tokenuse WHERE token_id = %(token)s FOR UPDATE) AS before
WHERE token_id = before.of_token
RETURNING before.had
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """What one token may do: `burst` calls at once, `per_minute` in the long run."""

    burst: int
    per_minute: int


def pace() -> Pace:
    return Pace(getattr(settings, "API_CALLS_BURST", 120), getattr(settings, "API_CALLS_PER_MINUTE", 600))


@dataclass(frozen=True, slots=True)
class Counted:
    """Whether this call goes through, how many are left now, and after how many seconds one more will be."""

    allowed: bool
    left: int
    wait_s: int


def count_call(token_id: uuid.UUID) -> Counted:
    """Count one call of this token. Call it inside a transaction that may see the token."""
    own = pace()
    per_second = own.per_minute / 60
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(COUNT, {"burst": own.burst, "rate": per_second, "token": token_id})
        row = cursor.fetchone()
    had = float(row[0]) if row else 0.0
    if had >= 1:
        return Counted(True, math.floor(had) - 1, 0)
    return Counted(False, 0, max(1, math.ceil((1 - had) / per_second)))
