"""Opening a case and doing its steps: forms in, acts out, and the same page again with words when it did not go."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.forms.utils import ErrorDict
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from xiaoshi.desk.cases.opening import open_case
from xiaoshi.desk.cases.steps import close_case, confirm_step, do_step, reject_step, skip_step
from xiaoshi.desk.cases.views.conflict import ReasonForm, conflict_page
from xiaoshi.desk.cases.views.found import Found, find, frame
from xiaoshi.desk.cases.views.signing import signings_of
from xiaoshi.desk.cases.views.verbs import links_of, options_for
from xiaoshi.desk.guard.boundary import Act
from xiaoshi.desk.guard.posting import new_key, perform_posted, say_refused, version_of, words_of
from xiaoshi.desk.guard.refusals import Refused, Stale
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds import KINDS, all_kinds, kind_named
from xiaoshi.desk.kinds.kind import StepWork
from xiaoshi.desk.organisation.models import Staff, Unit
from xiaoshi.desk.presence.drafts import Kept, discard, offered

OPENERS = ("lobby_manager", "teller", "supervisor", "outlet_head", "contact_centre")


@opens_to(*OPENERS)
def choose_kind(request: HttpRequest) -> HttpResponse:
    """Which kind of matter is it?"""
    kinds = [k for k in all_kinds() if k.offered]
    return render(request, "cases/choose_kind.html", {"section": "queue", "kinds": kinds})


@require_http_methods(["GET", "POST"])
@opens_to(*OPENERS)
def open_new(request: HttpRequest, kind: str) -> HttpResponse:
    """The first form of a kind; from above the outlet, the outlet is asked for too."""
    if kind not in KINDS:
        raise Http404
    found = kind_named(kind)
    person: Staff = request.user  # type: ignore[assignment]
    form = found.opening_form(request.POST or None)
    if person.unit.level != "outlet":
        outlets = Unit.objects.filter(level="outlet", path__startswith=person.unit.path)
        form.fields["unit_path"] = forms.ChoiceField(
            label=_("Outlet"),
            choices=[(u.path, u.name(request.LANGUAGE_CODE)) for u in outlets],  # type: ignore[attr-defined]
        )
    if request.method == "POST" and form.is_valid():
        path = form.cleaned_data.get("unit_path") or person.unit.path
        unit = Unit.objects.filter(path=path).first() or person.unit
        try:
            fields = found.opening(form, unit, timezone.localdate())
            outcome = perform_posted(request, open_case, kind=kind, unit_path=path, **fields)
            return redirect("case", outcome.case_id)
        except Refused as refused:
            _put(form, refused)
    context = {"section": "queue", "kind": found, "form": form, "key": request.POST.get("key") or new_key()}
    return render(request, "cases/open.html", context, status=422 if form.errors else 200)


def _put(form: forms.Form, refused: Refused) -> None:
    """Show a refusal at the field that it points to, else at the head of the form."""
    where = refused.problem.where if refused.problem.where in form.fields else None
    form.add_error(where, words_of(refused))


def work_of(found: Found, step: str) -> StepWork:
    """How the kind works on this step; a step that a person added is done with a note."""
    return found.kind.steps.get(step) or StepWork(lambda case, data: NoteForm(data))


class NoteForm(forms.Form):
    """For a step that the kind has no form for."""

    note = forms.CharField(widget=forms.Textarea, required=False, max_length=2000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].label = _("What was done")


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def step(request: HttpRequest, case_id: uuid.UUID, step: str) -> HttpResponse:
    """A step's own page: its form, and the other things one can do with it (confirm, reject, skip)."""
    if request.method == "GET":
        found = find(case_id)
        _known(found, step)
        if route := work_of(found, step).route:
            return redirect(route, case_id)
        form, draft = _from_draft(request, found, step)
        return _step_page(request, found, step, form, draft=draft)
    what = request.POST.get("do", "do")
    if what in {"confirm", "reject", "skip"}:
        return _confirm_reject_skip(request, case_id, step, what)
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        _known(found, step)
        work = work_of(found, step)
        form = work.form(found.case, request.POST)
        if not form.is_valid():
            return _step_page(request, found, step, form, status=422)
    act, fields = _act_and_fields(work, step, form)
    try:
        outcome = perform_posted(request, act, case_id=case_id, **fields)
    except Stale as stale:
        return _conflict(request, case_id, step, form, stale)
    except Refused as refused:
        _put(form, refused)
        with visible_to(request.user):  # type: ignore[arg-type]
            return _step_page(request, find(case_id), step, form, status=refused.status)
    _sent(request, case_id, step)
    if outcome.result.get("matches") is False:
        messages.warning(
            request,
            _("The figures differ. The difference is on record; ask the counter to count again."),
            "doubt",
        )
    else:
        messages.success(request, _("Saved."), "ok")
    return redirect("case", case_id)


def _from_draft(request: HttpRequest, found: Found, step: str) -> tuple[forms.Form, Kept | None]:
    """The step's form, filled from the draft that the address names; without a word yet about what is missing in it."""
    work, wanted = work_of(found, step), request.GET.get("draft", "")
    if wanted:
        for kept in offered(request.user, found.case.id, step):  # type: ignore[arg-type]
            if str(kept.id) == wanted:
                form = work.form(found.case, kept.data)
                form._errors = ErrorDict()
                return form, kept
    return work.form(found.case, None), None


def _sent(request: HttpRequest, case_id: uuid.UUID, step: str) -> None:
    """What was sent is on the case; the draft of it goes."""
    with visible_to(request.user):  # type: ignore[arg-type]
        discard(
            request.user,  # type: ignore[arg-type]
            case_id,
            step,
            key=request.POST.get("key", ""),
            draft=request.POST.get("draft", ""),
        )


def _act_and_fields(work: StepWork, step: str, form: forms.Form) -> tuple[Act, dict[str, Any]]:
    if work.act is None:
        return do_step, {"step": step, "result": dict(form.cleaned_data)}
    return work.act, work.fields(step, form) if work.fields else {}


def _known(found: Found, step: str) -> None:
    if step not in found.plan.steps and step not in found.state.added:
        raise Http404


def _step_page(
    request: HttpRequest,
    found: Found,
    step: str,
    form: forms.Form,
    status: int = 200,
    draft: Kept | None = None,
) -> HttpResponse:
    from xiaoshi.desk.cases.views.pages import next_step_of

    spec = found.plan.steps.get(step) or found.state.added[step]
    options = options_for(found, request.user, timezone.now())  # type: ignore[arg-type]
    context = frame(request, found, "overview") | {
        "step_verbs": links_of(found, options, step),
        "step": spec,
        "form": form,
        "next": next_step_of(request, found, step),
        "routed": bool(work_of(found, step).route),
        "signings": signings_of(found, request.user, request.LANGUAGE_CODE, step),  # type: ignore[arg-type, attr-defined]
        "shown_key": request.POST.get("key"),
        "draft": draft,
        "drafts": offered(request.user, found.case.id, step) if request.method == "GET" and not draft else [],  # type: ignore[arg-type]
    }
    if request.POST.get("key"):
        context["key"] = request.POST["key"]
    # The version that the person saw, not the newest: corrected and sent again, it still meets what others did.
    if (seen := version_of(request)) is not None:
        context["version"] = seen
    return render(request, "cases/step.html", context, status=status)


def _conflict(
    request: HttpRequest, case_id: uuid.UUID, step: str, form: forms.Form, stale: Stale
) -> HttpResponse:
    """409: what the other person did, and what was typed, with a button that sends it on top of that."""
    from xiaoshi.desk.cases.views.pages import next_step_of

    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        return conflict_page(request, found, step, form, stale, next_step_of(request, found, step))


def _confirm_reject_skip(request: HttpRequest, case_id: uuid.UUID, step: str, what: str) -> HttpResponse:
    try:
        if what == "confirm":
            perform_posted(request, confirm_step, case_id=case_id, step=step)
        else:
            act = reject_step if what == "reject" else skip_step
            perform_posted(request, act, case_id=case_id, step=step, reason=request.POST.get("reason", ""))
        messages.success(request, _("Saved."), "ok")
    except Stale as stale:
        form = forms.Form(request.POST) if what == "confirm" else ReasonForm(request.POST)
        return _conflict(request, case_id, step, form, stale)
    except Refused as refused:
        say_refused(request, refused)
        return redirect(reverse("case_step", args=[case_id, step]))
    return redirect("case", case_id)


@require_POST
@opens_to("signed_in")
def close(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """办结."""
    try:
        perform_posted(request, close_case, case_id=case_id)
        messages.success(request, _("The case is closed."), "ok")
    except Refused as refused:
        say_refused(request, refused)
    return redirect("case", case_id)
