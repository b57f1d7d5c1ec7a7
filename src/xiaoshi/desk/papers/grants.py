"""The runtime role's rights on the tables of documents, papers and scans: what was kept stays, only what becomes of it is written."""

from __future__ import annotations

PAPER_GRANTS: dict[str, str] = {
    "papers_document": "SELECT, INSERT",
    "papers_paper": "SELECT, INSERT, UPDATE (voided_at, voided_by, void_reason, voided_document_id)",
    "papers_askedofclient": "SELECT, INSERT",
    "papers_heldfile": "SELECT, INSERT, DELETE",
    "papers_cover": "SELECT, INSERT, UPDATE (used_at, used_by, document_id)",
    "papers_scanupload": "SELECT, INSERT, UPDATE (state, claimed_at)",
    "papers_scanfile": "SELECT, INSERT, UPDATE (state, pages, problem_zh, problem_en)",
    "papers_scanpart": "SELECT, INSERT, UPDATE (state, why_zh, why_en, case_id, need, document_id, decided_by, decided_at)",
}
