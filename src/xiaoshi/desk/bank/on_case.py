"""What a case's overview says about its payments at the core bank: those that are not settled, above the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xiaoshi.desk.bank.models import Dispatch
from xiaoshi.desk.bank.views import STATES
from xiaoshi.desk.parts import Panel

if TYPE_CHECKING:
    from django.http import HttpRequest

    from xiaoshi.desk.cases.views.found import Found


def panels(request: HttpRequest, found: Found) -> list[Panel]:
    """One panel when the case has payments that went out; one query."""
    rows = list(Dispatch.objects.filter(order__case=found.case).order_by("-id")[:20])
    if not rows:
        return []
    waits = any(row.state not in {"settled", "returned"} for row in rows)
    return [Panel("bank/panel.html", {"payments": [(row, STATES[row.state]) for row in rows]}, first=waits)]
