"""What the page of figures is asked: months, unit, kind and what to break down by, read from the address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest

from xiaoshi.desk.kinds import KINDS
from xiaoshi.desk.organisation.models import Staff, Unit

MONTH = re.compile(r"(\d{4})-(\d{2})")
MONTHS_AT_FIRST = 6
MONTHS_AT_MOST = 60
BY = ("unit", "kind", "month")


@dataclass(frozen=True, slots=True)
class Asked:
    """`first` and `last` are days, the first and the last of their months. `wrong`: the fields that made no sense."""

    first: date
    last: date
    unit: Unit
    kind: str
    by: str
    wrong: tuple[str, ...] = ()


def month_of(text: str) -> date | None:
    """The first day of `2026-11`."""
    found = MONTH.fullmatch(text.strip())
    if not found or not 1 <= int(found[2]) <= 12 or not 1988 <= int(found[1]) <= 2200:
        return None
    return date(int(found[1]), int(found[2]), 1)


def month_before(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def month_end(day: date) -> date:
    return month_before(day, -1) - timedelta(days=1)


def asked(request: HttpRequest, person: Staff, today: date) -> Asked:
    """What this address asks. What makes no sense is named in `wrong` and taken as if nothing was given."""
    wrong = []
    given = {
        name: request.GET.get(name, "").replace("\x00", "") for name in ("from", "to", "unit", "kind", "by")
    }
    last = month_of(given["to"]) or today.replace(day=1)
    first = month_of(given["from"]) or month_before(last, MONTHS_AT_FIRST - 1)
    for name in ("from", "to"):
        if given[name] and month_of(given[name]) is None:
            wrong.append(name)
    if first > last or first < month_before(last, MONTHS_AT_MOST - 1):
        wrong.append("from")
        first = month_before(last, MONTHS_AT_FIRST - 1)
    unit = person.unit
    if given["unit"] and given["unit"] != unit.path:
        found = Unit.objects.filter(path=given["unit"]).first()
        if found is not None and found.path.startswith(unit.path):
            unit = found
        else:
            wrong.append("unit")
    if given["kind"] and given["kind"] not in KINDS:
        wrong.append("kind")
    by = given["by"] if given["by"] in BY else ("kind" if unit.level == "outlet" else "unit")
    return Asked(
        first, month_end(last), unit, given["kind"] if given["kind"] in KINDS else "", by, tuple(wrong)
    )
