"""What the runtime role may do with the tables of who stands in for whom, and until when."""

from __future__ import annotations

GRANTS: dict[str, str] = {}
