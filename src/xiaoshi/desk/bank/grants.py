"""What the runtime role may do with outbox and inbox: append, move a payment on, say what was understood. Nothing is deleted but
differences of a day, which are counted anew."""

from __future__ import annotations

GRANTS: dict[str, str] = {
    "bank_dispatch": (
        "SELECT, INSERT, UPDATE (state, attempts, next_at, sent_at, ended_at, code, reason, reason_text, answered_fen,"
        " bank_reference, recall_key, stop_zh, stop_en)"
    ),
    "bank_received": "SELECT, INSERT, UPDATE (dispatch_id, state, understood_at, problem_zh, problem_en)",
    "bank_decision": "SELECT, INSERT, UPDATE (state, checker, checked_at, checker_terminal, decided_reason)",
    "bank_daydifference": "SELECT, INSERT, DELETE",
    "bank_daycompared": "SELECT, INSERT, UPDATE (at, payments, lines)",
}
