"""What the runtime role may do with the tables of who is looking at a case now, and what somebody typed and has not sent."""

from __future__ import annotations

GRANTS: dict[str, str] = {
    "presence_looking": "SELECT, INSERT, UPDATE, DELETE",
    "presence_draft": "SELECT, INSERT, UPDATE, DELETE",
}
