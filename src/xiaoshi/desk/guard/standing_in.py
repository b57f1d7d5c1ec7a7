"""Who stands in for whom 代岗, asked at the moment of need: by the boundary, and by whoever hands work to somebody.

The arrangements are kept by `desk/substitutes/`; the database's own functions answer here, so that everybody finds the
substitute and nobody reads why a person is away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from xiaoshi.core.casework.substitutes import Substitution, stand_in_for

BANK_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Absent:
    """Somebody for whom a person stands in: sign-in name and unit (`province/city/.../`)."""

    login: str
    unit_path: str


def bank_day(now: datetime) -> date:
    """The calendar day of the bank."""
    return now.astimezone(BANK_ZONE).date()


def bank_moment(now: datetime) -> datetime:
    """The moment by the clock of the bank, without a zone, as arrangements count it: half days are by the hour."""
    return now.astimezone(BANK_ZONE).replace(tzinfo=None)


def absent_ones(login: str, at: datetime, kind: str) -> tuple[Absent, ...]:
    """For whom this person stands in at this moment of the bank for this kind of case, in the order of their names."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT absent, absent_path FROM xiaoshi_stood_in_for(%s, %s)"
            " WHERE kinds = '{}' OR %s = ANY (kinds) ORDER BY absent",
            [login, at, kind],
        )
        return tuple(Absent(*row) for row in cursor.fetchall())


def _as_value(row: tuple[Any, ...]) -> Substitution:
    absent, substitute, first_day, last_day, kinds, from_time, until_time = row
    return Substitution(absent, substitute, first_day, last_day, frozenset(kinds), from_time, until_time)


def arrangements_from(login: str, begin: datetime, end: datetime) -> tuple[Substitution, ...]:
    """The arrangements between two moments that can be reached from this person, on to the substitutes' own substitutes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT absent, substitute, first_day, last_day, kinds, from_time, until_time"
            " FROM xiaoshi_substitutes_of(%s, %s, %s)",
            [login, begin, end],
        )
        return tuple(_as_value(row) for row in cursor.fetchall())


def promised_from(login: str, begin: datetime, end: datetime, but: int) -> tuple[Substitution, ...]:
    """As `arrangements_from`, with those that nobody has answered yet, and without the one of the number `but`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT absent, substitute, first_day, last_day, kinds, from_time, until_time"
            " FROM xiaoshi_promised_substitutes_of(%s, %s, %s, %s)",
            [login, begin, end, but],
        )
        return tuple(_as_value(row) for row in cursor.fetchall())


def substitutes_of(login: str, at: datetime, kind: str) -> tuple[str, ...]:
    """The chain of those who stand in for this person at this moment; empty when he or she is there. The last does the work."""
    return stand_in_for(arrangements_from(login, at, at), login, at, kind)


def is_absent(login: str, at: datetime, kind: str = "") -> bool:
    """Whether somebody stands in for this person at this moment. With a `kind`, for that kind of case; else for any."""
    return any(
        a.absent == login and (not kind or a.covers(at, kind)) for a in arrangements_from(login, at, at)
    )


def who_stands_in(logins: list[str], at: datetime, kind: str) -> dict[str, str]:
    """Of these people those who are absent at this moment for this kind of case -> who does their work. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT absent, substitute, first_day, last_day, kinds, from_time, until_time"
            " FROM unnest(%s::text[]) AS who, LATERAL xiaoshi_substitutes_of(who, %s, %s) AS f",
            [logins, at, at],
        )
        arrangements = [_as_value(row) for row in cursor.fetchall()]
    chains = {login: stand_in_for(arrangements, login, at, kind) for login in logins}
    return {login: chain[-1] for login, chain in chains.items() if chain}
