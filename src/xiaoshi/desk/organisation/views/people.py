"""One person of the bank: who, where, in which roles; and each change as a form of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.guard.boundary import Act
from xiaoshi.desk.guard.posting import new_key, perform_posted
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.organisation.acts import people as acts
from xiaoshi.desk.organisation.acts.keeping import AT_THE_OUTLET, KEEPER
from xiaoshi.desk.organisation.handing_on import cases_left, hand_on, tell_head
from xiaoshi.desk.organisation.models import Staff, StaffChange
from xiaoshi.desk.organisation.views import forms
from xiaoshi.desk.organisation.views.tree import SEES_PEOPLE, _role_words, me, put
from xiaoshi.desk.signing_in.codes import pronounceable

ENTRIES = 30
PAGE = 50

# verb -> act, form; "password" brings a password along.
CHANGES: dict[str, tuple[Act, type[forms.KeeperForm]]] = {
    "move": (acts.move_staff, forms.MoveForm),
    "roles": (acts.change_roles, forms.RolesForm),
    "leave": (acts.leave, forms.LeaveForm),
    "back": (acts.take_back, forms.BackForm),
    "password": (acts.issue_password, forms.ReasonForm),
    "factors": (acts.reset_factors, forms.ReasonForm),
}


def found_below(request: HttpRequest, login: str) -> Staff:
    """The person, if he or she stands below the reader's unit."""
    found = Staff.objects.select_related("unit").filter(login=login.replace("\x00", "")).first()
    if found is None:
        raise Http404
    if not found.unit.path.startswith(me(request).unit.path):
        raise PermissionDenied
    return found


@require_http_methods(["GET", "POST"])
@opens_to(KEEPER)
def new(request: HttpRequest) -> HttpResponse:
    form = forms.NewPersonForm(
        me(request), request.POST or None, initial={"unit_path": request.GET.get("unit")}
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                outcome = perform_posted(request, acts.add_staff, **form.act_fields())
                return _done(request, outcome.result)
            except Refused as refused:
                status = put(form, refused)
    context = {
        "section": "organisation", "form": form, "title": _("Add a person"), "key": request.POST.get("key") or new_key(),
    }  # fmt: skip
    return render(request, "organisation/form.html", context, status=status)


def _done(request: HttpRequest, result: dict[str, Any]) -> HttpResponse:
    if result["state"] == "waiting":
        messages.info(request, _("Another person has to agree; it waits in the list of requests."), "info")
        return redirect("staff_changes")
    messages.success(request, _("Saved."), "ok")
    return redirect("person", result["login"])


@opens_to(*SEES_PEOPLE)
def person(request: HttpRequest, login: str) -> HttpResponse:
    """Who it is, what may be changed about him or her by the reader, what waits, and what happened."""
    found, own = found_below(request, login), me(request)
    verbs = []
    if login != own.login and KEEPER in own.roles:
        verbs = ["move", "roles", "leave"] if found.is_active else ["back"]
    if login != own.login and found.is_active and {KEEPER, *AT_THE_OUTLET} & set(own.roles):
        verbs += ["password", "factors"]
    entries = TimelineEntry.objects.filter(case=None, body__login=login).order_by("-at")[:ENTRIES]
    context = {
        "section": "organisation",
        "person": found,
        "roles": _role_words(found),
        "verbs": [(verb, acts.KIND_WORDS[verb]) for verb in verbs],
        "waiting": StaffChange.objects.filter(staff_login=login, state="waiting"),
        "kinds": acts.KIND_WORDS,
        "entries": entries,
        "open_cases": cases_left(login, 1),
        "sees_sessions": bool({KEEPER, *AT_THE_OUTLET} & set(own.roles)),
    }
    return render(request, "organisation/person.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@opens_to(KEEPER, *AT_THE_OUTLET)
def change(request: HttpRequest, login: str, verb: str) -> HttpResponse:
    """One change. A password that was given is shown on the answering page, once."""
    if verb not in CHANGES:
        raise Http404
    found = found_below(request, login)
    act, kind = CHANGES[verb]
    first = {"unit_path": found.unit.path, "roles": found.roles}
    form = kind(me(request), request.POST or None, initial=first)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _changed(request, verb, act, login, dict(form.cleaned_data))
            except Refused as refused:
                status = put(form, refused)
    with visible_to(me(request)):
        left = cases_left(login, PAGE) if verb == "leave" else []
    context = {
        "section": "organisation",
        "form": form,
        "title": f"{acts.KIND_WORDS[verb].in_language(request.LANGUAGE_CODE)} · {found.name(request.LANGUAGE_CODE)}",  # type: ignore[attr-defined]
        "key": request.POST.get("key") or new_key(),
        "left": left,
        "person": found,
        "warns": verb == "leave",
    }
    return render(request, "organisation/form.html", context, status=status)


def _changed(request: HttpRequest, verb: str, act: Act, login: str, fields: dict[str, Any]) -> HttpResponse:
    to = fields.pop("to", "").strip()
    if verb == "move" and not fields["roles"]:
        fields["roles"] = None
    if verb == "password":
        fields["password"] = pronounceable(f"{me(request).login}/{request.POST.get('key', '')}")
    outcome = perform_posted(request, act, login=login, **fields)
    if verb == "password" and outcome.result["state"] == "done":
        context = {"section": "organisation", "login": login, "password": fields["password"], "let_in": True}
        return render(request, "organisation/password_shown.html", context)
    if verb == "leave":
        return _hand_on(request, login, to)
    return _done(request, outcome.result)


def _hand_on(request: HttpRequest, login: str, to: str) -> HttpResponse:
    own = me(request)
    if to:
        results = hand_on(own, login, to, request.POST.get("key", ""))
        context = {"section": "organisation", "results": results, "login": login, "to": to}
        return render(request, "organisation/handed_on.html", context)
    told = tell_head(own, login)
    messages.success(
        request, _("Saved.") + (" " + _("The head was told about the open cases.") if told else ""), "ok"
    )
    return redirect("person", login)


@require_http_methods(["GET", "POST"])
@opens_to(KEEPER, *AT_THE_OUTLET)
def cases(request: HttpRequest, login: str) -> HttpResponse:
    """The open cases of a person, and handing them on: to one colleague, each with its own result."""
    found, own = found_below(request, login), me(request)
    if request.method == "POST":
        results = hand_on(
            own, login, request.POST.get("to", "").strip()[:60], request.POST.get("key", ""),
            request.POST.get("reason", "")[:300], request.POST.getlist("case")[:PAGE],
        )  # fmt: skip
        context = {
            "section": "organisation",
            "results": results,
            "login": login,
            "to": request.POST.get("to", ""),
        }
        return render(request, "organisation/handed_on.html", context)
    colleagues = (
        Staff.objects.filter(is_active=True, unit=found.unit).exclude(login=login).order_by("login")[:200]
    )
    context = {
        "section": "organisation",
        "person": found,
        "cases": cases_left(login, PAGE),
        "colleagues": colleagues,
        "key": new_key(),
    }
    return render(request, "organisation/cases_of.html", context)
