"""D1, the queue: mine, unclaimed, waiting for the client, all. Keyset pages; no count over all."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoshi.core.casework.model import Plan
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.plans import plan_of
from xiaoshi.desk.cases.snapshots import read_state
from xiaoshi.desk.cases.views.found import waiting_step
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.kinds import KINDS, all_kinds, kind_named
from xiaoshi.desk.organisation.models import Staff

PAGE = 50
# What a head counts at a glance; beyond that "99+" says enough, and the database stops looking.
COUNT_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Row:
    case: Case
    kind: Words
    step: Words
    owner: str
    whom: str


def _name_of(login: str, names: dict[str, str]) -> str:
    return names.get(login, login)


def rows_of(cases: list[Case], language: str) -> list[Row]:
    """What the table shows, with two queries however long it is."""
    logins = {c.owner for c in cases if c.owner}
    names = {s.login: s.name(language) for s in Staff.objects.filter(login__in=logins)}
    rows = []
    for case in cases:
        plan = plan_of(case)
        step = plan.steps[case.step].title if case.step in plan.steps else _held_step(plan, case)
        whom = (
            _("the client")
            if case.waiting_for == "client"
            else (_("others") if case.waiting_for else _("us"))
        )
        kind = kind_named(case.kind).words if case.kind in KINDS else Words(case.kind, case.kind)
        rows.append(
            Row(
                case,
                kind,
                step,
                _name_of(case.owner, names),
                whom if case.status in {"open", "suspended"} else "—",
            )
        )
    return rows


def _held_step(plan: Plan, case: Case) -> Words:
    """Where a case stands that has no step to do: the step that waits for something."""
    held = waiting_step(plan, read_state(case)) if case.status == "open" else None
    return held.title if held else Words("—", "—")


def views_of(person: Staff) -> dict[str, tuple[str, Q]]:
    """Tab -> words and condition. Row-level security has already cut off what the person may not see."""
    live = Q(status__in=["open", "suspended"])
    return {
        "mine": (_("Mine"), live & Q(owner=person.login)),
        "unclaimed": (_("Unclaimed"), live & Q(owner="")),
        "client": (_("Waiting for the client"), live & Q(waiting_for="client")),
        "all": (_("All open"), live),
    }


def page_of(query: QuerySet[Case], after: str) -> tuple[list[Case], str]:
    """One page, newest first, after the case that the cursor names; and the next cursor ("" when there is no more)."""
    moment, _sep, ident = after.partition("~")
    try:
        cursor = (datetime.fromisoformat(moment), uuid.UUID(ident)) if after else None
    except ValueError:
        cursor = None
    if cursor is not None:
        query = query.filter(Q(opened_at__lt=cursor[0]) | Q(opened_at=cursor[0], id__lt=cursor[1]))
    found = list(query.select_related("unit").order_by("-opened_at", "-id")[: PAGE + 1])
    if len(found) <= PAGE:
        return found, ""
    last = found[PAGE - 1]
    return found[:PAGE], f"{last.opened_at.isoformat()}~{last.id}"


def _filtered(request: HttpRequest, query: QuerySet[Case]) -> QuerySet[Case]:
    if (kind := request.GET.get("kind", "")) in KINDS:
        query = query.filter(kind=kind)
    match request.GET.get("due", ""):
        case "late":
            query = query.filter(due_at__lt=timezone.now())
        case "today":
            query = query.filter(due_at__lt=timezone.localtime().replace(hour=23, minute=59, second=59))
    # PostgreSQL knows no text with a NUL in it.
    if words := request.GET.get("q", "").replace("\x00", "").strip():
        query = query.filter(Q(number__icontains=words) | Q(client_name__icontains=words))
    return query


def _shown(
    request: HttpRequest, query: QuerySet[Case], context: dict[str, Any], template: str
) -> HttpResponse:
    found, following = page_of(_filtered(request, query), request.GET.get("after", ""))
    kept = request.GET.copy()
    kept["after"] = following
    context |= {
        "rows": rows_of(found, getattr(request, "LANGUAGE_CODE", "zh")),
        "next_query": f"?{kept.urlencode()}" if following else "",
        "kinds": [(k.name, k.words) for k in all_kinds()],
        "chosen": {name: request.GET.get(name, "") for name in ("kind", "due", "q")},
        "now": timezone.now(),
    }
    return render(request, template, context)


@opens_to("signed_in")
def queue(request: HttpRequest) -> HttpResponse:
    """待办."""
    tabs = views_of(request.user)  # type: ignore[arg-type]
    chosen = request.GET.get("view", "mine")
    chosen = chosen if chosen in tabs else "mine"
    items = []
    for key, (label, condition) in tabs.items():
        count = len(Case.objects.filter(condition).values_list("id")[:COUNT_AT_MOST])
        items.append(
            {
                "label": label,
                "href": f"?view={key}",
                "current": key == chosen,
                "count": f"{COUNT_AT_MOST - 1}+" if count == COUNT_AT_MOST else str(count),
            }
        )
    context = {"section": "queue", "tabs": items, "view": chosen}
    return _shown(request, Case.objects.filter(tabs[chosen][1]), context, "cases/queue.html")


@opens_to("signed_in")
def cases(request: HttpRequest) -> HttpResponse:
    """All cases that this person may see, closed ones too."""
    return _shown(request, Case.objects.all(), {"section": "cases"}, "cases/cases.html")


@opens_to("signed_in")
def reviews(request: HttpRequest) -> HttpResponse:
    """复核: cases that wait for a second person whom this one may be."""
    person: Staff = request.user  # type: ignore[assignment]
    from xiaoshi.desk.cases.reviewing import waiting_for_review

    found = waiting_for_review(person)
    return render(
        request,
        "cases/reviews.html",
        {"section": "reviews", "rows": found, "now": timezone.now()},
    )
