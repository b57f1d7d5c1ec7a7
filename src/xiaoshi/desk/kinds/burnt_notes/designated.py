"""Who is designated for special damaged notes: rows with dates and sources, because the PBOC branch decides it."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from xiaoshi.desk.organisation.models import Designation, Unit

MATTER = "special_damaged_notes"


def designated_outlets(on: date) -> list[Unit]:
    """The outlets that are designated on this day."""
    in_force = Q(in_force_from__lte=on) & (Q(in_force_to__isnull=True) | Q(in_force_to__gte=on))
    rows = Designation.objects.filter(in_force, matter=MATTER).select_related("unit")
    return [row.unit for row in rows]


def is_designated(unit: Unit, on: date) -> bool:
    return unit in designated_outlets(on)
