"""What the runtime role may do with the calendars and clocks; the acts write them, nothing else does."""

from __future__ import annotations

GRANTS: dict[str, str] = {
    "clocks_openinghours": "SELECT, INSERT, UPDATE, DELETE",
    "clocks_closure": "SELECT, INSERT, UPDATE (withdrawn_by, withdrawn_at)",
    "clocks_calendaryear": "SELECT, INSERT, UPDATE",
    # A notice that is entered anew replaces the year's days.
    "clocks_swappedday": "SELECT, INSERT, DELETE",
    "clocks_calendarchange": "SELECT, INSERT, UPDATE (settled_at)",
    "clocks_stepclock": "SELECT, INSERT, UPDATE",
}
