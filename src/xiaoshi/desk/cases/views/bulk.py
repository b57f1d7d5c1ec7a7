"""One act on the chosen rows of a list: what it needs, then a page with what became of each case."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaoshi.core.casework.roles import READS_ONLY
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.bulk import CASES_AT_MOST, BulkResult, bulk_act, counted, perform_bulk
from xiaoshi.desk.cases.listing import LAST
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.views.lists import list_of
from xiaoshi.desk.guard.boundary import Act
from xiaoshi.desk.guard.posting import new_key, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.look.fields import DatePartsField
from xiaoshi.desk.look.language import said
from xiaoshi.desk.organisation.models import Staff

PEOPLE_SHOWN_MAX = 300


def _colleague(person: Staff) -> forms.Field:
    """People above and at the person's own place, the nearest first, then those below while they fit."""
    path = person.unit.path
    line = [path[: i + 1] for i, sign in enumerate(path) if sign == "/"]
    people = (
        Staff.objects.select_related("unit")
        .filter(Q(unit__path__in=line) | Q(unit__path__gte=path, unit__path__lt=path + LAST), is_active=True)
        .exclude(login=person.login)
        .exclude(roles__contains=[READS_ONLY])
        .order_by("unit__path", "name_zh")[:PEOPLE_SHOWN_MAX]
    )
    choices = [
        (p.login, said(Words(f"{p.name_zh} · {p.unit.name_zh}", f"{p.name_en} · {p.unit.name_en}")))
        for p in people
    ]
    return forms.ChoiceField(label=_("Colleague"), choices=[("", _("Choose a colleague")), *choices])


def _reason(person: Staff) -> forms.Field:
    return forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea)


def _until(person: Staff) -> forms.Field:
    return DatePartsField(label=_("Until when at the latest"))


def _waiting_for(person: Staff) -> forms.Field:
    choices = [
        ("client", _("the client")),
        ("authority", _("an authority")),
        ("other_case", _("another case")),
    ]
    return forms.ChoiceField(label=_("Waiting for"), choices=choices, widget=forms.RadioSelect)


FIELDS: dict[str, dict[str, Callable[[Staff], forms.Field]]] = {
    "case.hand_over": {"to": _colleague, "reason": _reason},
    "case.claim_next": {},
    "case.remind_holder": {},
    "case.copy": {"to": _colleague},
    "case.suspend": {"waiting_for": _waiting_for, "until": _until, "reason": _reason},
    "case.resume": {},
}


@require_POST
@opens_to("signed_in")
def bulk(request: HttpRequest) -> HttpResponse:
    """First POST: the chosen cases and the act, answered by the form that the act needs. `do=perform`: done, case by case.

    Sending the same page again answers with the same results: each case has its key.
    """
    back, _wanted = list_of(request.POST.get("from", ""))
    person: Staff = request.user  # type: ignore[assignment]
    try:
        what = bulk_act(request.POST.get("act", ""))
        if what.name not in FIELDS:
            return redirect(back)
    except Refused as refused:
        messages.error(request, words_of(refused), "error")
        return redirect(back)
    items = chosen(request.POST.getlist("case"))
    if not items:
        messages.warning(
            request, _("Choose cases first: tick the boxes at the beginning of the rows."), "doubt"
        )
        return redirect(back)
    performs = request.POST.get("do") == "perform"
    with visible_to(person):
        form = _form(what, person, request.POST if performs else None)
        valid = performs and form.is_valid()
        if not valid:
            return _asking(request, what, items, form, back)
    try:
        results = perform_bulk(
            what, person, request.POST.get("key", ""), items, channel="counter", **_fields(form.cleaned_data)
        )
    except Refused as refused:
        form.add_error(
            refused.problem.where if refused.problem.where in form.fields else None, words_of(refused)
        )
        with visible_to(person):
            return _asking(request, what, items, form, back)
    return _told(request, what, results, back)


def chosen(values: list[str]) -> list[tuple[str, int | None]]:
    """`id~version` of each ticked row. What is none of that is dropped: it was not on our page."""
    items: list[tuple[str, int | None]] = []
    for value in values[: CASES_AT_MOST + 1]:
        ident, _sep, version = value.partition("~")
        try:
            uuid.UUID(ident)
        except ValueError:
            continue
        items.append((ident, int(version) if version.isdecimal() and len(version) < 10 else None))
    return items


def _form(what: Act, person: Staff, data: Any) -> forms.Form:
    form = forms.Form(data)
    for name, make in FIELDS[what.name].items():
        form.fields[name] = make(person)
    return form


def _fields(cleaned: dict[str, Any]) -> dict[str, Any]:
    fields = dict(cleaned)
    if "until" in fields:
        fields["until"] = timezone.make_aware(datetime.combine(fields["until"], time(23, 59))).isoformat()
    return fields


def _asking(
    request: HttpRequest, what: Act, items: list[tuple[str, int | None]], form: forms.Form, back: str
) -> HttpResponse:
    """What is going to be done to which cases, and what the act has to know."""
    idents = [ident for ident, _version in items]
    rows = list(Case.objects.filter(id__in=idents).order_by("number").values("id", "number", "client_name"))
    context = {
        "section": "queue",
        "act_name": what.name,
        "act_words": what.words,
        "form": form,
        "rows": rows,
        "values": [f"{ident}~{'' if version is None else version}" for ident, version in items],
        "n": len(items),
        "key": request.POST.get("key") or new_key(),
        "back": back,
    }
    return render(request, "cases/bulk.html", context, status=422 if form.errors else 200)


def _told(request: HttpRequest, what: Act, results: list[BulkResult], back: str) -> HttpResponse:
    counts = counted(results)
    # What was not done first: that is what somebody has to look at.
    order = {"changed": 0, "refused": 1, "done": 2}
    context = {
        "section": "queue",
        "act_name": what.name,
        "act_words": what.words,
        "results": sorted(results, key=lambda r: order[r.state]),
        "counts": counts,
        "back": back,
    }
    return render(request, "cases/bulk_done.html", context)
