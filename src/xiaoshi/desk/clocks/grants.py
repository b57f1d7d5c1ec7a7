"""What the runtime role may do with the tables of working time of each outlet, due dates, reminders, escalation."""

from __future__ import annotations

GRANTS: dict[str, str] = {}
