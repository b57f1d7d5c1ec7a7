"""A stale form of any page keeps what was typed: also where the page itself would only send the person back to look again.

Problem. Pages of kinds (a tray's page has nineteen buttons) answer a refusal with a line and the page as it is now. For a
stale version that loses what was typed, and says that something changed without saying what.

Choice. `perform_posted` leaves the staleness on the request. When the page's answer is only a redirect, this middleware
answers instead: 409, what the others did, everything that was typed, and the same form once more on the newest version with
a key of its own. A page that answers itself (with a page) is left alone. Example: Li takes a note back with a reason while
Wang answers the next one; Li reads "Wang answered note 7", and sends the same reason again with one press.

Left out: files, which no page can put back into a form (they are named), and calls by a script.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from xiaoshi.desk.cases.views.conflict import what_changed
from xiaoshi.desk.cases.views.found import find, frame
from xiaoshi.desk.guard.posting import StalePost, words_of
from xiaoshi.desk.guard.visibility import visible_to

Next = Callable[[HttpRequest], HttpResponse]
OWN = frozenset({"csrfmiddlewaretoken", "key", "version"})
"""Fields that belong to one form only."""
REDIRECTS = (301, 302, 303)
SHOWN_MAX = 500


class KeepTyped:
    """Stands innermost: its answer takes the place of a redirect after a stale act."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        stale: StalePost | None = getattr(request, "stale_post", None)
        if stale is None or response.status_code not in REDIRECTS or request.headers.get("HX-Request"):
            return response
        try:
            with visible_to(request.user):  # type: ignore[arg-type]
                return _page(request, stale)
        except Http404:
            return response


def _page(request: HttpRequest, stale: StalePost) -> HttpResponse:
    found = find(stale.case_id)
    fields = [(n, value) for n in request.POST if n not in OWN for value in request.POST.getlist(n)]
    context = frame(request, found, "overview") | {
        "words": words_of(stale.refused),
        "changes": what_changed(found.case, stale.refused.details.get("expected_version", 0)),
        "address": request.get_full_path(),
        "fields": fields,
        "typed": _typed(fields),
        "files": [file.name for file in request.FILES.values()],
    }
    return render(request, "cases/conflict_typed.html", context, status=409)


def _typed(fields: list[tuple[str, Any]]) -> list[dict[str, str]]:
    """What a person typed or chose, for reading; the buttons and numbers of the page are not that."""
    words = {
        "reason": _("Reason"),
        "note": _("Number"),
        "denomination": _("Face value"),
        "edition": _("Edition"),
        "language": _("Language"),
    }
    return [
        {"key": words[n], "value": value[:SHOWN_MAX]} for n, value in fields if n in words and value.strip()
    ]
