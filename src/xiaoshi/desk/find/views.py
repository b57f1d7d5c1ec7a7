"""The page of the search: what was found, case by case, and what was not looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.views.lists import rows_of
from xiaoshi.desk.find.searching import FoundCase, Hit, find_cases
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.organisation.models import Staff


@dataclass(frozen=True, slots=True)
class Place:
    """A hit as the page shows it: what it is, where it leads, and its excerpt."""

    what: str
    href: str
    hit: Hit


def _place(found: FoundCase, hit: Hit) -> Place:
    case = found.case.id
    match hit.kind:
        case "entry":
            return Place(
                _("Timeline"), reverse("case_timeline", args=[case]) + f"?before={int(hit.ref) + 1}", hit
            )
        case "paper":
            return Place(_("Paper issued"), reverse("case_papers", args=[case]), hit)
        case "document":
            return Place(_("Document"), reverse("case_papers", args=[case]), hit)
        case _:
            return Place(_("Case"), reverse("case", args=[case]), hit)


def _in_one_language(hit: Hit, kind: Words, language: str) -> Hit:
    """A case's own line names its kind in both languages, so that both are found; a reader is shown the own one."""
    if hit.kind != "case":
        return hit
    other = kind.zh if language.startswith("en") else kind.en
    pieces = (p if p.marked else replace(p, text=p.text.replace(f" · {other}", "")) for p in hit.pieces)
    return replace(hit, pieces=tuple(pieces))


@opens_to("signed_in")
def find_page(request: HttpRequest) -> HttpResponse:
    """`?q=`: what is looked for; `after`: the place of the next page."""
    text = request.GET.get("q", "")
    context: dict[str, Any] = {"section": "find", "q": text[:500], "asked": "q" in request.GET}
    if not context["asked"]:
        return render(request, "find/find.html", context)
    person: Staff = request.user  # type: ignore[assignment]
    found = find_cases(person, text, request.GET.get("after", ""))
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    rows = rows_of([f.case for f in found.cases], language)
    context |= {
        "found": found,
        "results": [
            {
                "row": row,
                "places": [_place(f, _in_one_language(hit, row.kind, language)) for hit in f.hits],
                "more": f.more,
            }
            for row, f in zip(rows, found.cases, strict=True)
        ],
        "later": bool(request.GET.get("after")),
        "next_query": "?" + urlencode({"q": text, "after": found.after}) if found.after else "",
    }
    return render(request, "find/find.html", context, status=422 if found.problem else 200)
