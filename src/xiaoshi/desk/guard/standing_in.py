"""Who stands in for whom 代岗, asked at the moment of need: by the boundary, and by whoever hands work to somebody.

The arrangements are kept by `desk/substitutes/`; the database's own functions answer here, so that everybody finds the
substitute and nobody reads why a person is away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
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


def absent_ones(login: str, day: date, kind: str) -> tuple[Absent, ...]:
    """For whom this person stands in on this day for this kind of case, in the order of their names."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT absent, absent_path FROM xiaoshi_stood_in_for(%s, %s)"
            " WHERE kinds = '{}' OR %s = ANY (kinds) ORDER BY absent",
            [login, day, kind],
        )
        return tuple(Absent(*row) for row in cursor.fetchall())


def arrangements_from(login: str, first_day: date, last_day: date) -> tuple[Substitution, ...]:
    """The arrangements of these days that can be reached from this person, on to the substitutes' own substitutes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT absent, substitute, first_day, last_day, kinds FROM xiaoshi_substitutes_of(%s, %s, %s)",
            [login, first_day, last_day],
        )
        return tuple(Substitution(*row[:4], frozenset(row[4])) for row in cursor.fetchall())


def substitutes_of(login: str, day: date, kind: str) -> tuple[str, ...]:
    """The chain of those who stand in for this person on this day; empty when he or she is there. The last does the work."""
    return stand_in_for(arrangements_from(login, day, day), login, day, kind)


def is_absent(login: str, day: date, kind: str = "") -> bool:
    """Whether somebody stands in for this person on this day. With a `kind`, for that kind of case; else for any."""
    return any(
        a.absent == login and (not kind or a.covers(day, kind)) for a in arrangements_from(login, day, day)
    )


def who_stands_in(logins: list[str], day: date, kind: str) -> dict[str, str]:
    """Of these people those who are absent on this day for this kind of case -> who does their work. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT f.absent, f.substitute, f.first_day, f.last_day, f.kinds"
            " FROM unnest(%s::text[]) AS who, LATERAL xiaoshi_substitutes_of(who, %s, %s) AS f",
            [logins, day, day],
        )
        arrangements = [Substitution(*row[:4], frozenset(row[4])) for row in cursor.fetchall()]
    chains = {login: stand_in_for(arrangements, login, day, kind) for login in logins}
    return {login: chain[-1] for login, chain in chains.items() if chain}
