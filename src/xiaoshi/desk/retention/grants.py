"""What the runtime role may do with the tables of how long what is kept."""

from __future__ import annotations

GRANTS: dict[str, str] = {}
