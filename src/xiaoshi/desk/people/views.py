"""D8 the people of a case: masked numbers, one whole number for two minutes, and the list of who looked."""

from __future__ import annotations

import contextlib
import uuid
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from xiaoshi.desk.cases.views.found import Found, find, frame
from xiaoshi.desk.guard.posting import perform_posted, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.people.looking import NUMBER_WORDS, REASONS, look_at_number, shown_now
from xiaoshi.desk.people.models import NUMBERS, Client, NumberLook

PAGE = 50


class LookForm(forms.Form):
    """Which number, and why."""

    which = forms.ChoiceField(label=_("Which number"), widget=forms.RadioSelect)
    reason = forms.ChoiceField(label=_("Why"))
    reason_text = forms.CharField(
        label=_("More about the reason"),
        help_text=_("No numbers: this is kept for ever."),
        required=False,
        max_length=200,
    )

    def __init__(self, clients: list[Client], language: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["which"].choices = [  # type: ignore[attr-defined]
            (f"{c.id}/{which}", f"{NUMBER_WORDS[which].in_language(language)} {c.masked(which)}" + (f" · {c.name}" if len(clients) > 1 else ""))
            for c in clients for which in NUMBERS if c.masked(which)
        ]  # fmt: skip
        self.fields["reason"].choices = [  # type: ignore[attr-defined]
            ("", "—"), *((key, words.in_language(language)) for key, words in REASONS.items()),
        ]  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def people(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Everybody of the case. The page reloads by itself when a shown number has to go again (`Refresh`, no script)."""
    me: Staff = request.user  # type: ignore[assignment]
    if request.method == "GET":
        return _page(request, find(case_id), me, None, 200)
    with visible_to(me):
        found = find(case_id)
        form = LookForm(_clients(found), request.LANGUAGE_CODE, request.POST)  # type: ignore[attr-defined]
        if not form.is_valid():
            return _page(request, found, me, form, 422)
    client, _slash, number = form.cleaned_data["which"].partition("/")
    try:
        perform_posted(
            request, look_at_number, case_id=case_id, client=int(client), number=number,
            reason=form.cleaned_data["reason"], reason_text=form.cleaned_data["reason_text"],
        )  # fmt: skip
    except Refused as refused:
        where = refused.problem.where if refused.problem.where in form.fields else None
        form.add_error(where, words_of(refused))
        with visible_to(me):
            return _page(request, find(case_id), me, form, refused.status)
    return redirect("case_people", case_id)


def _clients(found: Found) -> list[Client]:
    return list(Client.objects.filter(case=found.case).order_by("id"))


def _page(request: HttpRequest, found: Found, me: Staff, form: LookForm | None, status: int) -> HttpResponse:
    language, clients = request.LANGUAGE_CODE, _clients(found)  # type: ignore[attr-defined]
    looks = shown_now(me, found.case.id)
    rows = [
        {
            "client": client,
            "numbers": [
                {
                    "words": NUMBER_WORDS[which],
                    "masked": client.masked(which),
                    "whole": client.number(which) if (client.id, which) in looks else "",
                }
                for which in NUMBERS
            ],
        }
        for client in clients
    ]
    may = "auditor" not in me.roles and found.case.unit_path.startswith(me.unit.path)
    context = frame(request, found, "people") | {
        "rows": rows,
        "may": may and any(c.masked(w) for c in clients for w in NUMBERS),
        "form": form or LookForm(clients, language),
        "shown": bool(looks),
        "looks": _told(NumberLook.objects.filter(case=found.case).order_by("-id")[:10]),
    }
    answer = render(request, "people/people.html", context, status=status)
    if looks:
        left = max((look.until - timezone.now()).total_seconds() for look in looks.values())
        answer["Refresh"] = f"{int(left) + 1}; url={request.path}"
        answer["Cache-Control"] = "no-store"
    return answer


def _told(looks: Any) -> list[dict[str, Any]]:
    """Looks with names and words; one query for all names."""
    rows = list(looks)
    names = {p.login: p for p in Staff.objects.filter(login__in={look.looked_by for look in rows})}
    return [
        {
            "look": look,
            "who": names.get(look.looked_by),
            "what": NUMBER_WORDS[look.number],
            "why": REASONS[look.reason],
        }
        for look in rows
    ]


@opens_to("signed_in")
def looks_of_case(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The list for the client: who looked at which number, when and why. To be printed and handed over."""
    found = find(case_id)
    looks = _told(NumberLook.objects.filter(case=found.case).order_by("id")[:1000])
    context = frame(request, found, "people") | {"looks": looks, "at": timezone.now()}
    return render(request, "people/looks_of_case.html", context)


@opens_to("outlet_head", "supervisor", "auditor")
def looks(request: HttpRequest) -> HttpResponse:
    """All looks on cases that the reader sees, the newest first, fifty at a time; `who` narrows to one person."""
    rows = NumberLook.objects.select_related("case").order_by("-id")
    who = request.GET.get("who", "").replace("\x00", "")[:60]
    if who:
        rows = rows.filter(looked_by=who)
    with contextlib.suppress(KeyError, ValueError):
        rows = rows.filter(id__lt=uuid.UUID(request.GET["before"]))
    shown = list(rows[: PAGE + 1])
    context = {
        "section": "organisation",
        "looks": _told(shown[:PAGE]),
        "who": who,
        "next_query": f"?who={who}&before={shown[PAGE - 1].id}" if len(shown) > PAGE else "",
    }
    return render(request, "people/looks.html", context)
