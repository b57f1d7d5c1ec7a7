"""D1, the queue: mine, unclaimed, waiting for the client, asked of me, late, all; all cases; and 复核."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases import listing
from xiaoshi.desk.cases.bulk import offered
from xiaoshi.desk.cases.listing import Reader, Wanted, reader_of, wanted_from
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.plans import newest, plan_of
from xiaoshi.desk.cases.reviewing import page_of_reviews
from xiaoshi.desk.cases.views.doing import OPENERS
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.kinds import KINDS, all_kinds, kind_named
from xiaoshi.desk.organisation.models import Staff, Unit

PAGE = listing.PAGE
OUTLETS_SHOWN_MAX = 200
# A tab that was looked at 20 seconds ago is asked again; the header says so to the script and to who reads the code.
POLL_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Row:
    case: Case
    kind: Words
    step: Words
    owner: str
    whom: str
    href: str = ""


def rows_of(cases: list[Case], language: str, back: str = "", wanted: Wanted | None = None) -> list[Row]:
    """What the table shows, with one query however long it is. `back`: the list's address, carried to each case."""
    logins = {c.owner for c in cases if c.owner}
    names = {s.login: s.name(language) for s in Staff.objects.filter(login__in=logins)}
    waits = {
        "client": _("the client"),
        "authority": _("an authority"),
        "other_case": _("another case"),
        "signer": _("a signer to be taken off"),
        "": _("us"),
    }
    rows = []
    for case in cases:
        kind = kind_named(case.kind).words if case.kind in KINDS else Words(case.kind, case.kind)
        whom = waits.get(case.waiting_for, _("others")) if case.status in {"open", "suspended"} else "—"
        href = address_of(case.id, back, listing.place_of(case, wanted)) if wanted else ""
        rows.append(Row(case, kind, _where(case), names.get(case.owner, case.owner), whom, href))
    return rows


def address_of(case_id: uuid.UUID, back: str, at: str) -> str:
    """A case's address with the list that one comes from and the case's place in it."""
    return f"{reverse('case', args=[case_id])}?{urlencode({'from': back, 'at': at})}"


def _where(case: Case) -> Words:
    """The step that is next, or the one that waits for something."""
    steps = plan_of(case).steps
    step = steps.get(case.step) or steps.get(case.held_step)
    return step.title if step else Words("—", "—")


def views_of(person: Staff) -> dict[str, tuple[str, Q]]:
    """Tab -> words and condition. Row-level security has already cut off what the person may not see."""
    reader = reader_of(person)
    found = {}
    for view, words in tab_words().items():
        condition = Q(pk__in=[])
        for branch in listing.branches(reader, view):
            condition |= branch
        found[view] = (words, condition)
    return found


def tab_words() -> dict[str, str]:
    """The tabs in their order."""
    return {
        "mine": _("Mine"),
        "unclaimed": _("Unclaimed"),
        "client": _("Waiting for the client"),
        "asked": _("Asked of me"),
        "late": _("Late"),
        "all": _("All open"),
    }


def _shown(request: HttpRequest, reader: Reader, wanted: Wanted, context: dict[str, Any]) -> dict[str, Any]:
    """The page's rows and what its filters need; always the same number of queries."""
    through = listing.looked_through(reader, wanted)
    cases, following = listing.page(reader, wanted, PAGE, through)
    first = listing.urgent_first(reader, wanted, through)
    ahead = {case.id for case in first}
    cases = [*first, *(case for case in cases if case.id not in ahead)]
    language = getattr(request, "LANGUAGE_CODE", "zh")
    kept = address_query(wanted)
    here = f"{context['list']}?{urlencode(kept | ({'after': wanted.after} if wanted.after else {}))}"
    back = f"{context['list']}?{urlencode(kept)}"
    now = timezone.now()
    return context | {
        "rows": rows_of(cases, language, back, wanted),
        "urgent_first": len(first),
        "next_query": f"?{urlencode(kept | {'after': following})}" if following else "",
        "first_query": f"?{urlencode(kept)}" if wanted.after else "",
        "kinds": [(k.name, k.words) for k in all_kinds()],
        "steps": _steps_of(wanted.kind),
        "outlets": _outlets_below(reader.person, language),
        "chosen": wanted,
        "not_looked_at": not through.all,
        "looked_through_max": listing.LOOKED_THROUGH_MAX,
        "find_words": urlencode({"q": wanted.q}),
        "sort": wanted.order,
        "now": now,
        "poll_query": urlencode(
            wanted.as_query() | {"moment": now.isoformat(), "shown": ".".join(c.id.hex for c in cases)}
        ),
        "poll_seconds": POLL_SECONDS,
        "here": here,
        "bulk_acts": offered(),
        "may_act": "auditor" not in reader.person.roles,
    }


def address_query(wanted: Wanted) -> dict[str, str]:
    """The parameters of the list's own address."""
    return {k: v for k, v in wanted.as_query().items() if (k, v) != ("view", listing.ANY)}


def _steps_of(kind: str) -> list[tuple[str, Words]]:
    """The steps of the chosen kind's newest plan; of all kinds they would be too many to choose from."""
    return [(s.id, s.title) for s in newest(kind).steps.values()] if kind in KINDS else []


def _outlets_below(person: Staff, language: str) -> list[tuple[str, str]]:
    """Units below the person's own, one level down and outlets while they fit."""
    if person.unit.level == "outlet":
        return []
    path = person.unit.path
    units = Unit.objects.filter(path__gt=path, path__lt=path + listing.LAST).order_by("path")
    found = list(units[: OUTLETS_SHOWN_MAX + 1])
    if len(found) > OUTLETS_SHOWN_MAX:
        found = list(units.exclude(level="outlet")[:OUTLETS_SHOWN_MAX])
    return [(u.path, u.name(language)) for u in found]


@opens_to("signed_in")
def queue(request: HttpRequest) -> HttpResponse:
    """待办."""
    wanted = wanted_from(request.GET.dict())
    tabs = tab_words()
    wanted = replace(wanted, view=wanted.view if request.GET.get("view") in tabs else "mine", status="")
    reader = reader_of(request.user)  # type: ignore[arg-type]
    counted = listing.counts(reader)
    items = [
        {"label": words, "href": f"?view={view}", "current": view == wanted.view, "count": counted[view]}
        for view, words in tabs.items()
    ]
    context = {"section": "queue", "tabs": items, "view": wanted.view, "list": reverse("queue")}
    context["may_open"] = not set(OPENERS).isdisjoint(request.user.roles)  # type: ignore[union-attr]
    return render(request, "cases/queue.html", _shown(request, reader, wanted, context))


@opens_to("signed_in")
def cases(request: HttpRequest) -> HttpResponse:
    """All cases that this person may see, closed ones too."""
    wanted = replace(wanted_from(request.GET.dict()), view=listing.ANY)
    reader = reader_of(request.user)  # type: ignore[arg-type]
    context = {"section": "cases", "list": reverse("cases")}
    return render(request, "cases/cases.html", _shown(request, reader, wanted, context))


@opens_to("signed_in")
def changes(request: HttpRequest) -> HttpResponse:
    """Whether a list that is being looked at has news: `{"count", "words"}`, or 304 while the answer is the same."""
    wanted = wanted_from(request.GET.dict())
    try:
        moment = datetime.fromisoformat(request.GET.get("moment", "").replace(" ", "+"))
        shown = [uuid.UUID(h) for h in request.GET.get("shown", "").split(".") if h]
    except ValueError:
        moment, shown = None, []
    if moment is None or moment.tzinfo is None:
        body = json.dumps({"count": 0, "words": ""})
    else:
        count = listing.changed_since(reader_of(request.user), wanted, moment, shown)  # type: ignore[arg-type]
        words = (
            ngettext("%(n)s case has news", "%(n)s cases have news", count) % {"n": count} if count else ""
        )
        body = json.dumps({"count": count, "words": words}, ensure_ascii=False)
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:16]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(body, content_type="application/json", headers=headers)


@opens_to("signed_in")
def neighbour(request: HttpRequest, case_id: uuid.UUID, way: str) -> HttpResponse:
    """The case after or before this one in the list that one came from; the list itself when there is no more."""
    back, wanted = list_of(request.GET.get("from", ""))
    found = listing.beside(
        reader_of(request.user),  # type: ignore[arg-type]
        wanted,
        request.GET.get("at", "")[:100],
        forward=way == "next",
    )
    if found is None:
        messages.info(request, _("That was the last case of this list."), "info")
        return redirect(back)
    return redirect(address_of(found[0], back, found[1]))


def list_of(address: str) -> tuple[str, Wanted]:
    """The list that an address names, `/desk/?view=mine`; what is none of our lists is the queue."""
    path, _sep, query = address.partition("?")
    known = {reverse("queue"): "mine", reverse("cases"): listing.ANY}
    if path not in known:
        path, query = reverse("queue"), ""
    wanted = wanted_from(QueryDict(query).dict(), view=known[path])
    if known[path] == listing.ANY:
        wanted = replace(wanted, view=listing.ANY)
    elif wanted.view not in listing.VIEWS:
        wanted = replace(wanted, view="mine")
    return f"{path}?{urlencode(address_query(wanted))}", wanted


@opens_to("signed_in")
def reviews(request: HttpRequest) -> HttpResponse:
    """复核: cases that wait for a second person whom this one may be."""
    found, following = page_of_reviews(request.user, request.GET.get("after", "")[:100])  # type: ignore[arg-type]
    context = {
        "section": "reviews",
        "rows": found,
        "now": timezone.now(),
        "next_query": f"?{urlencode({'after': following})}" if following else "",
        "first_query": "?" if request.GET.get("after") else "",
    }
    return render(request, "cases/reviews.html", context)
