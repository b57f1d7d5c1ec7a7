"""What the runtime role may do with the tables of a case that waits for another case."""

from __future__ import annotations

GRANTS: dict[str, str] = {}
