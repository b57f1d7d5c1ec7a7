"""What the runtime role may do with drafts, publications and runs: a publication is written once."""

from __future__ import annotations

GRANTS: dict[str, str] = {
    "plans_plandraft": "SELECT, INSERT, UPDATE",
    "plans_publication": "SELECT, INSERT",
    "plans_moverun": "SELECT, INSERT, UPDATE (state, case_count, moved_count, refused_count, finished_at)",
    "plans_moveitem": "SELECT, INSERT, UPDATE (state, code, words_zh, words_en, at)",
}
