"""What the runtime role may do with the tables of questions upwards, and what was answered before."""

from __future__ import annotations

GRANTS: dict[str, str] = {}
