"""What the runtime role may do with links between cases: make one, note how the other case ended, let it go."""

from __future__ import annotations

GRANTS: dict[str, str] = {
    "linked_cases_caselink": "SELECT, INSERT, UPDATE (outcome, ended_at, let_at)",
}
