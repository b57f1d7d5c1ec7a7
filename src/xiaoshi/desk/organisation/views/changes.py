"""What waits for a second person, and bringing in the tree and the people from a file."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from xiaoshi.core.casework.roles import words_of_roles
from xiaoshi.desk.guard.posting import new_key, perform_posted, say_refused
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.organisation import bringing_in
from xiaoshi.desk.organisation.acts import people as acts
from xiaoshi.desk.organisation.acts.keeping import AT_THE_OUTLET, KEEPER
from xiaoshi.desk.organisation.models import StaffChange, Unit
from xiaoshi.desk.organisation.views.forms import ImportForm
from xiaoshi.desk.organisation.views.tree import SEES_PEOPLE, me
from xiaoshi.desk.signing_in.codes import pronounceable

PAGE = 50


@opens_to(*SEES_PEOPLE)
def waiting(request: HttpRequest) -> HttpResponse:
    """Requests below the reader's unit: those that wait first, then what was decided; fifty at a time."""
    state = request.GET.get("state", "waiting")
    if state not in StaffChange.STATES:
        state = "waiting"
    rows = StaffChange.objects.filter(state=state).order_by("-made_at", "-id")
    before = request.GET.get("before", "")
    if before:
        try:
            last = StaffChange.objects.filter(id=uuid.UUID(before)).first()
        except ValueError:
            last = None
        if last is not None:
            rows = rows.filter(made_at__lt=last.made_at)
    shown = list(rows[: PAGE + 1])
    units = {u.path: u for u in Unit.objects.filter(path__in={c.wanted.get("unit_path", "") for c in shown})}
    context = {
        "section": "organisation",
        "state": state,
        "rows": [
            (
                c,
                acts.KIND_WORDS[c.kind],
                words_of_roles(tuple(c.wanted.get("roles", ()))),
                units.get(c.wanted.get("unit_path", "")),
            )
            for c in shown[:PAGE]
        ],
        "next_query": f"?state={state}&before={shown[PAGE - 1].id}" if len(shown) > PAGE else "",
        "key": new_key(),
    }
    return render(request, "organisation/changes.html", context)


@never_cache
@require_http_methods(["POST"])
@opens_to(KEEPER, *AT_THE_OUTLET)
def decide(request: HttpRequest, change: uuid.UUID) -> HttpResponse:
    """Agree, reject with a reason, or withdraw. A password that comes of it is shown to the one who agreed, once."""
    what, own = request.POST.get("do", ""), me(request)
    with visible_to(own):
        found = StaffChange.objects.filter(id=change).first()
    if found is None:
        raise Http404
    try:
        if what == "agree":
            password = (
                pronounceable(f"{own.login}/{request.POST.get('key', '')}")
                if found.kind == "password"
                else ""
            )
            perform_posted(request, acts.confirm_change, change=str(change), password=password)
            if password:
                context = {"section": "organisation", "login": found.staff_login, "password": password}
                return render(request, "organisation/password_shown.html", context)
        elif what == "reject":
            perform_posted(
                request, acts.reject_change, change=str(change), reason=request.POST.get("reason", "")[:300]
            )
        else:
            perform_posted(request, acts.withdraw_change, change=str(change))
        messages.success(request, _("Saved."), "ok")
    except Refused as refused:
        say_refused(request, refused)
    return redirect("staff_changes")


@require_http_methods(["GET", "POST"])
@opens_to(KEEPER)
def import_file(request: HttpRequest) -> HttpResponse:
    """A file of units or people: what would happen to each row, then the same for good."""
    form, report, status = ImportForm(request.POST or None, request.FILES or None), None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data["file"]
            report = bringing_in.bring_in(
                me(request), given.name, given.read(), dry_run=form.cleaned_data["dry_run"], channel="counter"
            )
            status = 422 if report.problems else 200
    context = {"section": "organisation", "form": form, "report": report}
    return render(request, "organisation/import.html", context, status=status)
