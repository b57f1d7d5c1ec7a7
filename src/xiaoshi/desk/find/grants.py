"""What the runtime role may do with the tables of full-text search over cases, papers and timeline."""

from __future__ import annotations

GRANTS: dict[str, str] = {}
