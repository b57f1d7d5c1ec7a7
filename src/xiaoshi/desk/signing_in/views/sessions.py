"""Where people are signed in, and ending it: one's own, and those of the people one is head, supervisor or keeper of."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaoshi.desk.guard.posting import new_key, perform_posted, say_refused
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.signing_in import acts, sittings
from xiaoshi.desk.signing_in.models import DoorEvent, Factor, Sitting

SHOWN = 50


@opens_to(*acts.STANDS_OVER)
def of_person(request: HttpRequest, login: str) -> HttpResponse:
    """Sessions and the door's entries of somebody below, and which second factors there are (never what they hold)."""
    person = Staff.objects.select_related("unit").filter(login=login.replace("\x00", "")).first()
    if person is None:
        raise Http404
    if not person.unit.path.startswith(request.user.unit.path):  # type: ignore[union-attr]
        raise PermissionDenied
    kinds = set(Factor.objects.filter(staff_login=login, used_at=None).values_list("kind", flat=True)) | set(
        Factor.objects.filter(staff_login=login, kind__in=("totp", "passkey")).values_list("kind", flat=True)
    )
    context = {
        "section": "organisation",
        "person": person,
        "sittings": Sitting.objects.filter(staff_login=login).order_by("-started_at")[:SHOWN],
        "end_reasons": sittings.END_REASONS,
        "events": DoorEvent.objects.filter(staff_login=login).order_by("-id")[:SHOWN],
        "kinds": kinds,
        "key": new_key(),
    }
    return render(request, "signing_in/sessions_of.html", context)


@require_POST
@opens_to("signed_in")
def end(request: HttpRequest) -> HttpResponse:
    """`sitting`: that one; `login`: all of this person, one's own session at hand excepted."""
    login = request.POST.get("login", "")
    me = request.user.get_username()
    try:
        if request.POST.get("sitting"):
            perform_posted(request, acts.end_session, sitting=request.POST["sitting"][:40])
        else:
            but = request.session.get(sittings.KEY, "") if login == me else ""
            perform_posted(request, acts.end_all_sessions, login=login[:60], but=but)
        messages.success(request, _("Ended."), "ok")
    except Refused as refused:
        say_refused(request, refused)
    return redirect("sessions_of", login) if login and login != me else redirect("my_sign_in")
