"""Who is looking at a case now. It is told, never a lock: nobody waits for a colleague who went to lunch with a page open."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from xiaoshi.core.problems import Words
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.presence.models import Looking

SEEN_WITHIN_S = 60
BEAT_S = 20
KEPT = timedelta(days=1)
NAMED_MAX = 5


def look(person: Staff, case_id: UUID, now: datetime) -> None:
    """This person has the case open now. Where the database does not know the reader, nothing is written.

    By hand, as one statement: two tabs that open at the same moment are one row.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO presence_looking (case_id, staff_login, seen_at) SELECT c.id, %s, %s FROM cases_case c"
            " WHERE c.id = %s AND xiaoshi_staff() = %s"
            " ON CONFLICT (case_id, staff_login) DO UPDATE SET seen_at = EXCLUDED.seen_at",
            [person.login, now, case_id, person.login],
        )


def forget_old(person: Staff, now: datetime) -> None:
    """Nobody wants to know tomorrow who looked today; the timeline keeps who acted."""
    Looking.objects.filter(staff_login=person.login, seen_at__lt=now - KEPT).delete()


def others(person: Staff, case_id: UUID, now: datetime) -> list[Words]:
    """The names of those who looked within the last minute, without this person; two queries at most."""
    logins = list(
        Looking.objects.filter(case_id=case_id, seen_at__gt=now - timedelta(seconds=SEEN_WITHIN_S))
        .exclude(staff_login=person.login)
        .order_by("-seen_at")
        .values_list("staff_login", flat=True)[:NAMED_MAX]
    )
    if not logins:
        return []
    names = {s.login: Words(s.name_zh, s.name_en) for s in Staff.objects.filter(login__in=logins)}
    return [names.get(login, Words(login, login)) for login in logins]


def words_of_others(people: list[Words]) -> Words:
    """`徐岚、李旻也在看` / `Xu Lan, Li Min also have this case open`; empty when there is nobody."""
    if not people:
        return Words("", "")
    zh = "、".join(p.zh for p in people)
    en = ", ".join(p.en for p in people)
    verb = "has" if len(people) == 1 else "have"
    return Words(f"{zh}也在看此案", f"{en} also {verb} this case open")
