"""What the case's overview shows of the work around it: what waits for a second person, and the list that one came from."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from xiaoshi.core.casework.roles import LEVELS, words_of_roles
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.reviewing import open_to, reviews_of_case
from xiaoshi.desk.cases.views.found import Found
from xiaoshi.desk.cases.views.lists import list_of
from xiaoshi.desk.parts import Panel

REMEMBERED_MAX = 20
SESSION_KEY = "lists_come_from"


def panels(request: HttpRequest, found: Found) -> list[Panel]:
    shown = []
    if reviews := _reviews(request, found):
        shown.append(Panel("presence/reviews.html", {"reviews": reviews}, first=True))
    if came := _came_from(request, found.case.id):
        back, at = came
        query = urlencode({"from": back, "at": at})
        links = {
            way: f"{reverse('case_beside', args=[found.case.id, way])}?{query}"
            for way in ("next", "previous")
        }
        shown.append(Panel("presence/beside.html", {"back": back, **links}, first=True))
    return shown


def _reviews(request: HttpRequest, found: Found) -> list[dict[str, Any]]:
    """What waits for a second person, in words, with a link for whoever may be it. One query, none when nothing waits."""
    if not any(entry["why"] in ("confirm", "second") for entry in found.case.asked):
        return []
    rows: dict[str, dict[str, Any]] = {}
    for row in reviews_of_case(found.case):
        step = found.plan.steps.get(row.step) or found.state.added.get(row.step)
        one = rows.setdefault(
            row.step,
            {
                "title": step.title if step else Words(row.step, row.step),
                "who": _who(row.role, row.level, row.person),
                "since": row.since,
                "href": reverse("case_step", args=[found.case.id, row.step]),
                "mine": False,
            },
        )
        one["mine"] = one["mine"] or open_to(row, request.user)  # type: ignore[arg-type]
    return list(rows.values())


def _who(role: str, level: str, person: str) -> Words:
    if person:
        return Words(person, person)
    words = words_of_roles((role,))
    if level not in LEVELS:
        return words
    place = LEVELS[level]  # type: ignore[index]
    return Words(f"{place.zh}{words.zh}", f"{words.en} at {place.en} level")


def _came_from(request: HttpRequest, case_id: uuid.UUID) -> tuple[str, str] | None:
    """The list and the case's place in it: from the address, or remembered for the case while one works on it."""
    remembered = request.session.get(SESSION_KEY, [])
    if address := request.GET.get("from", ""):
        back, _wanted = list_of(address)
        entry = [str(case_id), back, request.GET.get("at", "")[:100]]
        if entry not in remembered:
            others = [e for e in remembered if e[0] != entry[0]]
            request.session[SESSION_KEY] = [*others, entry][-REMEMBERED_MAX:]
        return back, entry[2]
    return next(((e[1], e[2]) for e in remembered if e[0] == str(case_id)), None)
