"""What the runtime role may do with the tables of what troubles come, where they wait, and how long."""

from __future__ import annotations

GRANTS: dict[str, str] = {}
