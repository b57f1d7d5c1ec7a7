"""What the runtime role may do with the tables of second factors, passkeys, sessions."""

from __future__ import annotations

GRANTS: dict[str, str] = {}
