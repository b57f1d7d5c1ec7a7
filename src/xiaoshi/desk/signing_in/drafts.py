"""What was typed when a session had ended: shown, carried through the sign-in, and sent again by a button.

Nothing is stored: the draft travels inside the page, signed so that only what this person sent here comes back, and only
to an address of the desk. Files do not fit in there; the page says which have to be chosen again.
"""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xiaoshi.desk.signing_in.forms import AgainForm
from xiaoshi.desk.signing_in.sittings import END_REASONS

SALT = "xiaoshi.draft"
AGE_S = 8 * 60 * 60
HIDDEN = frozenset({"csrfmiddlewaretoken", "password", "old", "new", "again", "code", "answer"})
DRAFT_MAX = 200_000


def ended_page(request: HttpRequest, login: str, reason: str) -> HttpResponse:
    """401 with the reason, what was typed, and the sign-in for the same person."""
    fields = [
        (name, value) for name in request.POST if name not in HIDDEN for value in request.POST.getlist(name)
    ]
    draft = {
        "login": login,
        "path": request.get_full_path(),
        "fields": fields,
        "files": [f.name for f in request.FILES.values()],
    }
    sealed = signing.dumps(draft, salt=SALT, compress=True)
    return again_page(
        request, sealed if len(sealed) <= DRAFT_MAX else "", draft, AgainForm(), reason, status=401
    )


def again_page(
    request: HttpRequest,
    sealed: str,
    draft: dict[str, Any],
    form: AgainForm,
    reason: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "draft": sealed,
        "login": draft["login"],
        "typed": [
            (name, value) for name, value in draft["fields"] if value and name not in ("key", "version")
        ],
        "files": draft["files"],
        "reason": END_REASONS.get(reason),
        "bare": True,
    }
    return render(request, "signing_in/again.html", context, status=status)


def opened(sealed: str) -> dict[str, Any] | None:
    """The draft, if we made it within the last hours."""
    try:
        draft = signing.loads(sealed, salt=SALT, max_age=AGE_S)
    except signing.BadSignature:
        return None
    return draft if isinstance(draft, dict) else None
