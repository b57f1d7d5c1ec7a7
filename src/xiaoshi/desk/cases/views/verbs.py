"""The desk verbs as pages: one form each, one act each."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from xiaoshi.core.casework.roles import LEVELS
from xiaoshi.core.casework.views import next_steps
from xiaoshi.desk.cases import verbs
from xiaoshi.desk.cases.views.found import Found, find, frame
from xiaoshi.desk.guard.boundary import Act
from xiaoshi.desk.guard.posting import perform_posted, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.look.fields import DatePartsField
from xiaoshi.desk.organisation.models import Staff

Field = Callable[[Found, Any], forms.Field]


def _reason(found: Found, request: Any) -> forms.Field:
    return forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea)


def _colleague(found: Found, request: Any) -> forms.Field:
    """People along this case's line of the tree, nearest first."""
    path = found.case.unit_path
    line = [path[: i + 1] for i, sign in enumerate(path) if sign == "/"]
    people = (
        Staff.objects.select_related("unit")
        .filter(unit__path__in=line, is_active=True)
        .exclude(login=request.user.login)
        .exclude(roles__contains=["auditor"])
        .order_by("-unit__path", "name_zh")
    )
    language = request.LANGUAGE_CODE
    choices = [
        ("", _("Choose a colleague")),
        *((p.login, f"{p.name(language)} · {p.unit.name(language)}") for p in people),
    ]
    return forms.ChoiceField(label=_("Colleague"), choices=choices)


def _finished_step(found: Found, request: Any) -> forms.Field:
    done = [s for s, own in found.state.steps.items() if own.phase in {"done", "skipped", "to_confirm"}]
    titles = [
        (s, found.plan.steps[s].title.in_language(request.LANGUAGE_CODE))
        for s in found.plan.steps
        if s in done
    ]
    return forms.ChoiceField(label=_("Back to which step"), choices=titles)


def _open_step(found: Found, request: Any) -> forms.Field:
    steps = [n for n in next_steps(found.plan, found.state) if n.act != "close"]
    titles = [(n.step, n.title.in_language(request.LANGUAGE_CODE)) for n in steps]
    return forms.ChoiceField(label=_("Step"), choices=titles)


def _until(found: Found, request: Any) -> forms.Field:
    return DatePartsField(label=_("Until when at the latest"))


def _waiting_for(found: Found, request: Any) -> forms.Field:
    return forms.ChoiceField(
        label=_("Waiting for"),
        choices=[
            ("client", _("the client")),
            ("authority", _("an authority")),
            ("other_case", _("another case")),
        ],
        widget=forms.RadioSelect,
    )


def _question(found: Found, request: Any) -> forms.Field:
    open_ones = [(q.id, q.text[:60]) for q in found.state.questions.values()]
    return forms.ChoiceField(label=_("Question"), choices=open_ones)


def _level(found: Found, request: Any) -> forms.Field:
    levels = [
        (key, words.in_language(request.LANGUAGE_CODE)) for key, words in LEVELS.items() if key != "outlet"
    ]
    return forms.ChoiceField(label=_("Ask whom"), choices=levels, widget=forms.RadioSelect)


def _text(label: Any, *, long: bool = False, required: bool = True) -> Field:
    def make(found: Found, request: Any) -> forms.Field:
        widget = forms.Textarea if long else forms.TextInput
        return forms.CharField(label=label, widget=widget, max_length=2000, required=required)

    return make


@dataclass(frozen=True)
class Verb:
    act: Act
    fields: dict[str, Field]


VERBS: dict[str, Verb] = {
    "hand_over": Verb(verbs.hand_over, {"to": _colleague, "reason": _reason}),
    "delegate": Verb(verbs.delegate, {"step": _open_step, "to": _colleague, "reason": _reason}),
    "claim": Verb(verbs.claim, {"step": _open_step}),
    "copy": Verb(verbs.copy_to, {"to": _colleague}),
    "remind": Verb(verbs.remind, {"to": _colleague}),
    "take_back": Verb(verbs.take_back, {"reason": _text(gettext_lazy("Reason"), required=False)}),
    "send_back": Verb(verbs.send_back, {"step": _finished_step, "reason": _reason}),
    "suspend": Verb(verbs.suspend, {"waiting_for": _waiting_for, "until": _until, "reason": _reason}),
    "resume": Verb(verbs.resume, {}),
    "cancel": Verb(verbs.cancel, {"reason": _reason}),
    "reopen": Verb(verbs.reopen, {"reason": _reason}),
    "ask": Verb(
        verbs.ask,
        {
            "to_level": _level,
            "field": _text(gettext_lazy("What it is about")),
            "text": _text(gettext_lazy("Question"), long=True),
        },
    ),
    "answer": Verb(
        verbs.answer,
        {
            "question": _question,
            "text": _text(gettext_lazy("Answer"), long=True),
            "source": _text(gettext_lazy("Which rule says so")),
            "authority": _text(gettext_lazy("With what authority")),
        },
    ),
}
FOR_OPEN = ("hand_over", "delegate", "copy", "remind", "ask", "take_back", "send_back", "suspend", "cancel")


def _form(name: str, found: Found, request: HttpRequest) -> forms.Form:
    form = forms.Form(request.POST if request.method == "POST" else None)
    for field, make in VERBS[name].fields.items():
        form.fields[field] = make(found, request)
    return form


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def verb(request: HttpRequest, case_id: uuid.UUID, verb: str) -> HttpResponse:
    """One verb's form, and the act. A refusal is shown above what was typed."""
    if verb not in VERBS:
        raise Http404
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        form = _form(verb, found, request)
        valid = request.method == "POST" and form.is_valid()
    if valid:
        fields = dict(form.cleaned_data)
        if "until" in fields:
            end = datetime.combine(fields["until"], time(23, 59))
            fields["until"] = timezone.make_aware(end).isoformat()
        try:
            perform_posted(request, VERBS[verb].act, case_id=case_id, **fields)
            messages.success(request, _("Saved."), "ok")
            return redirect(
                "queue" if verb == "hand_over" else "case", *([] if verb == "hand_over" else [case_id])
            )
        except Refused as refused:
            where = refused.problem.where if refused.problem.where in form.fields else None
            form.add_error(where, words_of(refused))
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        context = frame(request, found, "overview") | {"verb": VERBS[verb].act.words, "form": form}
        return render(request, "cases/verb.html", context, status=422 if form.errors else 200)
