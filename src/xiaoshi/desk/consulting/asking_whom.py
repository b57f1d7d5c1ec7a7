"""The people and units above a case, for choosing whom to ask: two statements, whatever the number of specialists."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Q

from xiaoshi.core.casework.authority import ANSWERERS
from xiaoshi.core.consulting.choosing import Specialist, UnitToCall
from xiaoshi.core.problems import Words
from xiaoshi.desk.guard.standing_in import bank_moment, substitutes_of
from xiaoshi.desk.organisation.models import Staff, Unit


def line_of(unit_path: str) -> list[str]:
    """The units above a case, its own included, from the top."""
    return [unit_path[: i + 1] for i, sign in enumerate(unit_path) if sign == "/"]


def specialists_over(unit_path: str, kind: str, now: datetime) -> list[Specialist]:
    """Everybody in service above this case who may answer a question, with load and absence of today."""
    able = Q()
    for level, roles in ANSWERERS.items():
        able |= Q(unit__level=level, roles__overlap=list(roles))
    rows = list(
        Staff.objects.filter(able, unit__path__in=line_of(unit_path), is_active=True)
        .select_related("unit")
        .order_by("login")
    )
    load = _load([s.login for s in rows])
    return [_specialist(s, load.get(s.login, 0), kind, now) for s in rows]


def _specialist(staff: Staff, load: int, kind: str, now: datetime) -> Specialist:
    chain = substitutes_of(staff.login, bank_moment(now), kind)
    return Specialist(
        login=staff.login,
        name=Words(staff.name_zh, staff.name_en),
        level=staff.unit.level,
        unit_path=staff.unit.path,
        roles=frozenset(staff.roles),
        fields=frozenset(staff.fields),
        open_questions=load,
        substitute=chain[-1] if chain else "",
    )


def _load(logins: list[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT login, open_questions FROM xiaoshi_questions_with(%s)", [logins])
        return dict(cursor.fetchall())


def units_to_call(unit_path: str) -> list[UnitToCall]:
    """The units above a case with their telephones, nearest first."""
    units = Unit.objects.filter(path__in=line_of(unit_path)).order_by("-path")
    return [
        UnitToCall(Words(u.name_zh, u.name_en), u.level, u.phone)  # type: ignore[arg-type]
        for u in units
    ]
