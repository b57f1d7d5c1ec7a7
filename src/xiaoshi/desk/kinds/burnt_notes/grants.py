"""The runtime role's rights on this kind's tables."""

GRANTS = {
    "burnt_notes_tray": "SELECT, INSERT, UPDATE",
    "burnt_notes_measurement": "SELECT, INSERT",
    "burnt_notes_note": "SELECT, INSERT, UPDATE (current)",
    "burnt_notes_traypicture": "SELECT, INSERT",
    "burnt_notes_hint": "SELECT, INSERT, UPDATE (withdrawn)",
    "burnt_notes_judgement": "SELECT, INSERT, UPDATE (withdrawn)",
}
