"""What the runtime role may do with how long what is kept: hold, propose, decide. Destroying is for the owner alone."""

from __future__ import annotations

GRANTS: dict[str, str] = {
    "retention_hold": "SELECT, INSERT, UPDATE (lifted_by, lifted_at, lift_reason)",
    "retention_ownperiodrow": "SELECT, INSERT",
    "retention_batch": "SELECT, INSERT, UPDATE (state, decided_by, decided_at, decided_reason)",
    "retention_batchitem": "SELECT, INSERT",
    "retention_tombstone": "SELECT",
    # No policy lets anybody see a row of it: it is the owner's.
    "retention_blobtogo": "SELECT",
}
