"""What the runtime role may do with notices: write one, read one's own, and say that it was read."""

from __future__ import annotations

GRANTS: dict[str, str] = {"notices_notice": "SELECT, INSERT, UPDATE (read_at)"}
