"""What a case's overview says of keeping it: holds that bind, and, once it is over, from when it may be destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from xiaoshi.desk.parts import Panel
from xiaoshi.desk.retention.due import active_holds, day_of, look_at, own_periods
from xiaoshi.desk.retention.holds import HOLDS
from xiaoshi.desk.retention.models import Hold

if TYPE_CHECKING:
    from django.http import HttpRequest

    from xiaoshi.desk.cases.views.found import Found

HOLDS_SHOWN = 20


def panels(request: HttpRequest, found: Found) -> list[Panel]:
    """One panel when the case is held or over; nothing on a running case that nothing holds."""
    person: Any = request.user
    today = day_of(timezone.now())
    held = list(Hold.objects.filter(active_holds(today), case=found.case).order_by("id")[:HOLDS_SHOWN])
    if not held and not found.closed:
        return []
    looked = look_at([found.case], today, own_periods())[0] if found.closed else None
    context = {
        "case": found.case,
        "holds": held,
        "standing": looked.standing if looked else None,
        "may_hold": bool(HOLDS & set(person.roles)) and found.case.unit_path.startswith(person.unit.path),
    }
    return [Panel("retention/_panel.html", context)]
