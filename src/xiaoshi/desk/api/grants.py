"""What the runtime role may do with tokens and machine accounts: make them, end them, count their calls."""

from __future__ import annotations

GRANTS: dict[str, str] = {
    "api_machine": "SELECT, INSERT, UPDATE (closed_at, closed_by, close_reason)",
    "api_token": "SELECT, INSERT, UPDATE (ended_at, ended_by, end_reason)",
    "api_tokenuse": "SELECT, INSERT, UPDATE",
}
