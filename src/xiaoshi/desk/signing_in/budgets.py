"""How often somebody may fail before he or she has to wait: counted for a sign-in name and the place together.

Problem. A flat limit for a name lets any colleague lock another out on purpose. No limit lets a program guess.

Choice. A budget belongs to (name, place). The place is the browser, once the person has signed in on it (a signed cookie
names the device), else the network address. Five failures are free; then the wait doubles: 5, 10, 20 ... seconds, at most
15 minutes. Example: a stranger at another desk who fails 1,000 times fills the budget (li.min, his address) and waits
there; li.min on the own computer has a budget of her own and notices nothing. From one address one may also not go through
all names: after sixty failures for any names, an address waits half a minute between tries, known devices apart.

Each try is charged before the password is looked at and given back when it was right, so that a hundred tries at the same
moment count as a hundred. While a place waits nothing is looked at and nothing is counted.

Left out: a limit for a name over all places. A thousand addresses together could try five passwords each every day;
who fears that switches on second factors for the role.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from xiaoshi.desk.guard.crypto import keyed_hash

FREE = 5
FIRST_WAIT_S = 5
WAIT_MAX_S = 15 * 60
FORGOTTEN_AFTER = timedelta(days=1)
# For one address, whatever the names.
ADDRESS_FREE = 60
ADDRESS_WAIT_S = 30
ANY_NAME = "*"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a try comes from. `known`: the person has signed in on this device before."""

    key: str
    known: bool
    address: str


def place_of(login: str, device: uuid.UUID | None, address: str) -> Place:
    """The budget's place for this name. One query, the same for a name that nobody bears."""
    known = False
    if device is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT xiaoshi_knows_device(%s, %s)", [device, login])
            known = bool(cursor.fetchone()[0])
    return Place(f"device:{device}" if known else f"address:{address}", known, address)


def charge(login: str, place: Place, now: datetime) -> datetime | None:
    """Count one try as failed. Gives until when to wait when this place may not try now; then nothing was counted."""
    until = _count(_hash(login), _hash(place.key), FREE, FIRST_WAIT_S, WAIT_MAX_S, now)
    if until is None and not place.known:
        until = _count(ANY_NAME, _hash(place.key), ADDRESS_FREE, ADDRESS_WAIT_S, ADDRESS_WAIT_S, now)
        if until is not None:
            _give_back_one(_hash(login), _hash(place.key), now)
    return until


def give_back(login: str, place: Place, now: datetime) -> None:
    """The try was right: this name starts afresh here, and the address has failed once less."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM signing_in_budget WHERE who = %s AND place = %s", [_hash(login), _hash(place.key)]
        )
    if not place.known:
        _give_back_one(ANY_NAME, _hash(place.key), now)


def forget_old(now: datetime) -> int:
    """Rows that no longer count. Gives how many were removed."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM signing_in_budget WHERE last_at < %s", [now - FORGOTTEN_AFTER])
        return cursor.rowcount


def _hash(text: str) -> str:
    return keyed_hash("sign_in", text)


# What happened a day ago does not count. The wait after the n-th failure: none up to `free`, then doubling.
_COUNT = """
INSERT INTO signing_in_budget AS b (who, place, failures, last_at, until)
VALUES (%(who)s, %(place)s, 1, %(now)s, %(now)s)
ON CONFLICT (who, place) DO UPDATE SET last_at = %(now)s,
    failures = CASE WHEN b.last_at < %(old)s THEN 1 ELSE b.failures + 1 END,
    until = %(now)s::timestamptz + CASE WHEN b.last_at < %(old)s OR b.failures + 1 < %(free)s THEN interval '0'
        ELSE make_interval(secs => least(%(most)s, %(first)s * power(2, least(b.failures + 1 - %(free)s, 20)))) END
WHERE b.until <= %(now)s
RETURNING failures
"""


def _count(who: str, place: str, free: int, first_s: int, most_s: int, now: datetime) -> datetime | None:
    values = {
        "who": who, "place": place, "free": free, "first": first_s, "most": most_s, "now": now,
        "old": now - FORGOTTEN_AFTER,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        if cursor.fetchone() is not None:
            return None
        cursor.execute("SELECT until FROM signing_in_budget WHERE who = %s AND place = %s", [who, place])
        found = cursor.fetchone()
    return found[0] if found is not None else None


def _give_back_one(who: str, place: str, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE signing_in_budget SET failures = greatest(failures - 1, 0), until = %s WHERE who = %s AND place = %s",
            [now, who, place],
        )
