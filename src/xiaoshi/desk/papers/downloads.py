"""How a document leaves the house: never run, never guessed, never kept by the browser.

What was handed in is a stranger's file. Pictures and PDFs are shown, everything else is a download; the type is the one
that was told by the content (`kinds_of_file.py`), the browser is told not to guess (`nosniff`), and the answer's own
policy allows nothing. A browser's PDF viewer does not start in a sandbox, so a PDF goes without that word; its scripts run
in the viewer's own cage at most.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from xiaoshi.desk.papers.kinds_of_file import KINDS_OF_FILE, PDF

SHUT = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
POLICY = f"{SHUT}; sandbox"
POLICY_PDF = f"{SHUT}; object-src 'self'"


def as_response(content: bytes, content_type: str, name: str, *, attached: bool = False) -> HttpResponse:
    """The bytes with the headers above. `name` is already clean; `attached`: a download, also where it could be shown."""
    kind = KINDS_OF_FILE.get(content_type)
    shown = kind is not None and kind.shown and not attached
    response = HttpResponse(content, content_type=content_type if kind else "application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(not shown, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY_PDF if kind is PDF else POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response
