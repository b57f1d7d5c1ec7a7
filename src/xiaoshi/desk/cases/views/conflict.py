"""What somebody else did to a case since a person last looked."""

from __future__ import annotations

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.timeline import Told, tell


def what_changed(case: Case, since_version: int) -> list[Told]:
    """The entries after `since_version`, oldest first."""
    entries = TimelineEntry.objects.filter(case=case, seq__gt=since_version).order_by("seq")
    return tell(list(entries[:50]))
