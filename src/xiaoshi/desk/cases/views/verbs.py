"""The desk verbs as pages: one form each, one act each; and one page of all that this person may do on a case, step by step."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xiaoshi.core.casework.model import CASE
from xiaoshi.core.casework.views import Option, available, progress
from xiaoshi.desk.cases.views.conflict import what_changed
from xiaoshi.desk.cases.views.fact_fields import PREFIX, changed
from xiaoshi.desk.cases.views.found import Found, find, frame
from xiaoshi.desk.cases.views.verb_forms import VERBS, WHOLE_CASE, Asking, form_of
from xiaoshi.desk.guard.posting import perform_posted, words_of
from xiaoshi.desk.guard.refusals import Refused, Stale
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.standing_in import absent_ones, bank_moment
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.organisation.models import Staff, Unit

BY_COMMAND = {verb.command.__name__: name for name, verb in VERBS.items()}
LEAVES_THE_CASE = {"hand_over", "move"}
# On the case's own menu, in the order in which a desk needs them; the page of all verbs has the rest.
MENU = (
    "mark_read", "hand_over", "delegate", "copy", "remind", "ask", "wait_for_case", "set_facts", "take_back", "send_back",
    "suspend", "resume", "move", "add_step", "cancel", "reopen",
)  # fmt: skip


def options_for(found: Found, person: Staff, now: datetime) -> tuple[Option, ...]:
    """What is open to this person now: by the own right, and as the substitute of whoever is away."""
    actor = person.as_actor()
    options = list(available(found.plan, found.state, actor, now))
    for absent in absent_ones(person.login, bank_moment(now), found.case.kind):
        path = actor.unit_path
        if not found.case.unit_path.startswith(person.unit.path):
            path = absent.unit_path.rstrip("/")
        standing_in = replace(actor, on_behalf_of=absent.login, unit_path=path)
        options += available(found.plan, found.state, standing_in, now)
    # The engine takes these from the kind's own acts; by a person's hand the act refuses them.
    by_act = {f"{kind}:{name}" for name in found.plan.needs_by_act for kind in ("check", "decision")}
    return tuple(o for o in dict.fromkeys(options) if not (o.about in by_act and o.act.startswith("Record")))


def menu_of(found: Found, person: Staff, now: datetime) -> list[tuple[str, Any]]:
    """The verbs of the case's menu that are open now: name and words."""
    open_now = {BY_COMMAND.get(option.act) for option in options_for(found, person, now)}
    return [(name, VERBS[name].act().words) for name in MENU if name in open_now]


def links_of(found: Found, options: Iterable[Option], step: str) -> list[dict[str, Any]]:
    """The verbs open for this step (or, with the empty id, for the case): words, address, effect; each once."""
    links: dict[str, dict[str, Any]] = {}
    for option in options:
        name = BY_COMMAND.get(option.act)
        if name is None or option.step != step or (step == CASE and VERBS[name].on_step and not option.about):
            continue
        query = f"?step={step}" if step else ""
        links[name] = {
            "words": VERBS[name].act().words,
            "href": reverse("case_verb", args=[found.case.id, name]) + query,
            "effect": VERBS[name].effect,
        }
    return [links[name] for name in VERBS if name in links]


@require_safe
@opens_to("signed_in")
def all_verbs(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Everything that this person may do now, for the case and for each step."""
    found = find(case_id)
    options = options_for(found, request.user, timezone.now())  # type: ignore[arg-type]
    steps = [
        {"step": step, "links": links_of(found, options, step.step)}
        for stage in progress(found.plan, found.state)
        for step in stage.steps
    ]
    context = frame(request, found, "overview") | {
        "case_links": links_of(found, options, CASE),
        "steps": steps,
        "later": sum(row["step"].place == "waiting" for row in steps),
    }
    return render(request, "cases/verbs.html", context)


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def verb(request: HttpRequest, case_id: uuid.UUID, verb: str) -> HttpResponse:
    """One verb's form, and the act. A refusal is shown above what was typed; a search for colleagues keeps what was typed."""
    if verb not in VERBS:
        raise Http404
    searching = "find" in request.POST
    sending = request.method == "POST" and not searching
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        asking = _asking(request, found)
        form = form_of(verb, asking, request.POST if sending else None)
        if not sending:
            _keep_what_was_typed(form, request.POST if searching else request.GET)
        valid = sending and form.is_valid()
    if not valid:
        return _page(request, case_id, verb, form, asking, status=422 if sending else 200)
    try:
        perform_posted(request, VERBS[verb].act(), case_id=case_id, **_fields_of(verb, found, form))
    except Refused as refused:
        where = refused.problem.where if refused.problem.where in form.fields else None
        form.add_error(where, words_of(refused))
        seen = refused.details.get("expected_version") if isinstance(refused, Stale) else None
        return _page(request, case_id, verb, form, asking, status=refused.status, seen=seen)
    messages.success(request, _("Saved."), "ok")
    return redirect("queue") if verb in LEAVES_THE_CASE else redirect("case", case_id)


def _asking(request: HttpRequest, found: Found) -> Asking:
    now = timezone.now()
    person: Staff = request.user  # type: ignore[assignment]
    return Asking(found, person, now, options_for(found, person, now), request.POST, request.GET)


def _keep_what_was_typed(form: forms.Form, typed: QueryDict) -> None:
    """Fill an unsent form with what was typed (or what the address says), and say nothing yet of what is missing."""
    for name, field in form.fields.items():
        value = field.widget.value_from_datadict(typed, {}, name)
        if value not in (None, "", [], [None, None, None], False):
            form.initial[name] = value


def _page(
    request: HttpRequest,
    case_id: uuid.UUID,
    name: str,
    form: forms.Form,
    asking: Asking,
    *,
    status: int,
    seen: int | None = None,
) -> HttpResponse:
    """The form's page. `seen`: the version that the person had seen; what others did since then is shown."""
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        context = frame(request, found, "overview") | {
            "verb": VERBS[name].act().words,
            "effect": VERBS[name].effect,
            "final": VERBS[name].final,
            "form": form,
            "searches": bool(VERBS[name].people),
            "who": asking.value("who"),
            "more_people": asking.more_people,
            "nothing_open": not any(o.act == VERBS[name].command.__name__ for o in asking.options),
            "changes": what_changed(found.case, seen) if seen is not None else [],
        }
        if request.POST.get("key") and seen is None:
            context["key"] = request.POST["key"]
        return render(request, "cases/verb.html", context, status=status)


def _fields_of(name: str, found: Found, form: forms.Form) -> dict[str, Any]:
    """The act's fields from the form's."""
    fields = dict(form.cleaned_data)
    if "step" in fields:
        fields["step"] = CASE if fields["step"] == WHOLE_CASE else fields["step"]
    if "until" in fields:
        day = fields["until"]
        end = timezone.make_aware(datetime.combine(day, time(23, 59))) if day else None
        fields["until"] = end.isoformat() if end else ""
    match name:
        case "move":
            unit = Unit.objects.get(staff__login=fields["to"])
            fields["unit_path"] = unit.path
        case "ask_votes":
            rule = found.plan.steps.get(fields["step"])
            by_plan = rule is not None and rule.votes is not None
            fields["pass_at_percent"] = 0 if by_plan else fields["pass_at_percent"] or 0
        case "set_facts":
            wanted = changed(found, fields)
            fields = {key: value for key, value in fields.items() if not key.startswith(PREFIX)}
            fields["facts"] = wanted
        case "record_check" | "record_decision":
            fields[name.removeprefix("record_")] = fields.pop("need").partition(":")[2]
    return fields
