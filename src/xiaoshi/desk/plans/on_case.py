"""What a case's overview says about its plan: which version it goes by, and that a newer one is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xiaoshi.desk.cases.plans import dated_versions
from xiaoshi.desk.parts import Panel
from xiaoshi.desk.plans.views import current_of

if TYPE_CHECKING:
    from django.http import HttpRequest

    from xiaoshi.desk.cases.views.found import Found


def panels(request: HttpRequest, found: Found) -> list[Panel]:
    """One line under the work. One query."""
    versions = dated_versions(found.case.kind)
    if not versions:
        return []
    current = current_of(versions)
    newer = current.version if current.version > found.case.plan_version and not found.closed else None
    context = {"case": found.case, "newer": newer}
    return [Panel("plans/panel.html", context)]
