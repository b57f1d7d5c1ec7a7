"""What the runtime role may do with arrangements of who stands in: make one, answer it and end it, never change it."""

from __future__ import annotations

GRANTS: dict[str, str] = {
    "substitutes_substitution": (
        "SELECT, INSERT, UPDATE (ended_at, ended_by, end_reason, agreement, answered_at)"
    ),
    "substitutes_askingrule": "SELECT, INSERT",
}
