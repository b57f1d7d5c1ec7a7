"""The cards of a case."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bank_seal_change.models import SealCard
from xiaoshi.desk.cases.views.found import find, frame
from xiaoshi.desk.guard.routes import opens_to

CARDS_SHOWN = 50


@require_safe
@opens_to("signed_in")
def cards(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Each specimen that was taken, newest first."""
    found = find(case_id)
    if found.kind.name != "seal_change":
        raise Http404
    context = frame(request, found, "seals")
    context["cards"] = SealCard.objects.filter(case=found.case)[:CARDS_SHOWN]
    return render(request, "seal_change/cards.html", context)
