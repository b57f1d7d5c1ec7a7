"""What the runtime role may do with the tables of drafts, publication, and moving cases to another version of their plan."""

from __future__ import annotations

GRANTS: dict[str, str] = {}
