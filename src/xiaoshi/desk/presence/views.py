"""The heartbeat of an open case page, and keeping what is typed: small answers for the desk's script."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.guard.posting import version_of
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.look.language import said
from xiaoshi.desk.presence.drafts import discard, keep
from xiaoshi.desk.presence.looking import forget_old, look, others, words_of_others


@require_POST
@opens_to("signed_in")
def looking(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """I have this case open (`version` as shown). Answers who else has, and whether somebody acted since."""
    now = timezone.now()
    with visible_to(request.user):  # type: ignore[arg-type]
        version = Case.objects.filter(id=case_id).values_list("version", flat=True).first()
        if version is None:
            raise Http404
        look(request.user, case_id, now)  # type: ignore[arg-type]
        forget_old(request.user, now)  # type: ignore[arg-type]
        words = said(words_of_others(others(request.user, case_id, now)))  # type: ignore[arg-type]
    seen = version_of(request)
    changed = _("Somebody acted on this case since you opened the page.") if seen and version > seen else ""
    return JsonResponse({"words": words, "changed": changed})


@require_POST
@opens_to("signed_in")
def draft(request: HttpRequest, case_id: uuid.UUID, step: str) -> HttpResponse:
    """Keep what was typed; with `do=discard` throw it away and show the empty form."""
    now = timezone.now()
    with visible_to(request.user):  # type: ignore[arg-type]
        if not Case.objects.filter(id=case_id).exists():
            raise Http404
        if request.POST.get("do") == "discard":
            discard(request.user, case_id, step, draft=request.POST.get("draft", ""))  # type: ignore[arg-type]
            return redirect("case_step", case_id, step)
        kept = keep(request.user, case_id, step, request.POST.get("key", ""), request.POST, now)  # type: ignore[arg-type]
    return JsonResponse({"kept": kept, "words": _("What you typed is kept.") if kept else ""})
