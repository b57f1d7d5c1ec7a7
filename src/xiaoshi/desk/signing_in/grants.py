"""What the runtime role may do with factors, budgets, devices, sessions; what happened at the door is only added to."""

from __future__ import annotations

GRANTS: dict[str, str] = {
    "signing_in_factor": "SELECT, INSERT, DELETE, UPDATE (name, last_step, sign_count, used_at)",
    "signing_in_budget": "SELECT, INSERT, UPDATE, DELETE",
    "signing_in_device": "SELECT, INSERT, DELETE, UPDATE (last_at, words)",
    "signing_in_sitting": "SELECT, INSERT, UPDATE (last_seen_at, ended_at, ended_by, end_reason)",
    "signing_in_doorevent": "SELECT, INSERT",
}
