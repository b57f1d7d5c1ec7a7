"""409: what somebody else did to a case since a person last looked, beside everything that this person had typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.timeline import Told, tell
from xiaoshi.desk.cases.views.found import Found, frame
from xiaoshi.desk.guard.posting import words_of
from xiaoshi.desk.guard.refusals import Stale

CHANGES_SHOWN_MAX = 50


def what_changed(case: Case, since_version: int) -> list[Told]:
    """The entries after `since_version`, oldest first."""
    entries = TimelineEntry.objects.filter(case=case, seq__gt=since_version).order_by("seq")
    return tell(list(entries[:CHANGES_SHOWN_MAX]))


def conflict_page(
    request: HttpRequest,
    found: Found,
    step: str,
    form: forms.Form,
    stale: Stale,
    now_possible: dict[str, Any] | None,
) -> HttpResponse:
    """What changed, and the same form again with everything in it, on the newest version, where that can still be sent.

    `now_possible`: the step as it is next now (`next_step_of`); None or not this person's: what was typed is shown to be
    read and copied, because sending it would only be refused. Files cannot be put back into a form; they are named.
    """
    spec = found.plan.steps.get(step) or found.state.added.get(step)
    do = request.POST.get("do", "do")
    ready = bool(now_possible and now_possible["ready"] and now_possible["mine"])
    if do in {"confirm", "reject"}:
        ready = ready and bool(now_possible and now_possible["to_confirm"] and not now_possible["maker"])
    elif now_possible and now_possible["to_confirm"]:
        ready = False
    context = frame(request, found, "overview") | {
        "step": spec,
        "form": form,
        "do": do,
        "typed": typed_rows(request, form),
        "files": [file.name for file in request.FILES.values()],
        "changes": what_changed(found.case, stale.details.get("expected_version", 0)),
        "words": words_of(stale),
        "possible": ready and not found.closed,
    }
    return render(request, "cases/conflict.html", context, status=409)


def typed_rows(request: HttpRequest, form: forms.Form) -> list[dict[str, str]]:
    """Every field with what was typed, in the form's words, and the reason of a rejection or a skip."""
    rows = []
    for bound in form:
        names = [n for n in request.POST if n == bound.html_name or n.startswith(f"{bound.html_name}_")]
        value = "、".join(v for n in names for v in request.POST.getlist(n) if v)
        if value:
            rows.append({"key": str(bound.label), "value": value})
    if reason := request.POST.get("reason", "").strip():
        rows.append({"key": _("Reason"), "value": reason})
    return rows


class ReasonForm(forms.Form):
    """What is typed where a step is rejected or left out."""

    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False, max_length=2000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = _("Reason")
