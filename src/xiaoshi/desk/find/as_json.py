"""What was found, as JSON for the command line and the API."""

from __future__ import annotations

from typing import Any

from xiaoshi.desk.find.searching import Found


def found_as_json(found: Found, language: str) -> dict[str, Any]:
    """`{"ok", "problems", "cases": [{"id", "number", ..., "hits": [{"kind", "ref", "at", "excerpt", "marked"}], "more"}],
    "after", "complete", "since", "documents_unread", "cases_changed", "notes"}`.

    `complete`: everything that this person may see was looked at. `marked`: the hit itself, as it is written there.
    """
    return {
        "ok": found.problem is None,
        "problems": [found.problem.as_json(language)] if found.problem else [],
        "cases": [
            {
                "id": str(f.case.id),
                "number": f.case.number,
                "kind": f.case.kind,
                "client": f.case.client_name,
                "status": f.case.status,
                "unit": f.case.unit_path,
                "hits": [
                    {
                        "kind": hit.kind,
                        "ref": hit.ref,
                        "at": hit.at.isoformat(),
                        "excerpt": "".join(p.text for p in hit.pieces),
                        "marked": [p.text for p in hit.pieces if p.marked],
                    }
                    for hit in f.hits
                ],
                "more": f.more,
            }
            for f in found.cases
        ],
        "after": found.after,
        "complete": not (found.since or found.documents_unread or found.cases_changed),
        "since": found.since.isoformat() if found.since else None,
        "documents_unread": found.documents_unread,
        "cases_changed": found.cases_changed,
        "notes": [words.in_language(language) for words in found.notes],
    }
