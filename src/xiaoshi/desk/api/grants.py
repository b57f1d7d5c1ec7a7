"""What the runtime role may do with the tables of the same acts and lists for programs."""

from __future__ import annotations

GRANTS: dict[str, str] = {}
