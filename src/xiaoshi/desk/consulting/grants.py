"""What the runtime role may do with questions: write them and bring them forward; what went to and fro is only added to."""

from __future__ import annotations

GRANTS: dict[str, str] = {
    "consulting_question": "SELECT, INSERT, UPDATE",
    "consulting_turn": "SELECT, INSERT",
    "consulting_sharedanswer": "SELECT, INSERT, UPDATE (ended_at, ended_by, end_reason)",
    "consulting_opening": "SELECT, INSERT",
}
