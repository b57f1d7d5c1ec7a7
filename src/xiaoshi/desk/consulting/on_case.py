"""What questions add to a case: a tab, and a panel with what is asked and what was answered."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoshi.desk.cases.views.found import Found
from xiaoshi.desk.consulting.likes import standing_of
from xiaoshi.desk.consulting.lists import as_rows
from xiaoshi.desk.consulting.models import Question
from xiaoshi.desk.parts import CaseTab, Panel

SHOWN = 10


def tabs(request: HttpRequest, found: Found) -> list[CaseTab]:
    return [CaseTab("questions", _("Questions upwards"), reverse("case_questions", args=[found.case.id]))]


def panels(request: HttpRequest, found: Found) -> list[Panel]:
    """Open questions above the next step (something waits for them), answers below it."""
    rows = list(Question.objects.filter(case=found.case).exclude(state="withdrawn").order_by("-id")[:SHOWN])
    now = timezone.now()
    shown = as_rows(rows, request.LANGUAGE_CODE, now)  # type: ignore[attr-defined]
    waiting = [r for r in shown if r.question.is_open]
    answered = [
        {"row": r, "standing": standing_of(r.question, timezone.localdate())}
        for r in shown
        if not r.question.is_open
    ]
    made = []
    if waiting:
        made.append(Panel("consulting/_waiting.html", {"rows": waiting, "now": now}, first=True))
    if answered:
        made.append(Panel("consulting/_answered.html", {"rows": answered}))
    return made
