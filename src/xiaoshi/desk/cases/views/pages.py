"""D2 the case, D3 its procedure, and its timeline."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from xiaoshi.core.casework.authority import is_among
from xiaoshi.core.casework.model import Actor, Who
from xiaoshi.core.casework.roles import LEVELS, words_of_roles
from xiaoshi.core.casework.standing import Hindrance, Standing
from xiaoshi.core.casework.views import NextStep, StepProgress, next_steps, progress
from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.timeline import tell
from xiaoshi.desk.cases.views.found import Found, find, frame, waiting_step
from xiaoshi.desk.cases.views.signing import signings_of
from xiaoshi.desk.cases.views.verbs import menu_of
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.look.plan_map import PlanStage, PlanStep
from xiaoshi.desk.money.standing import sums_hidden
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.parts import case_panels

ENTRIES_SHOWN = 40
# Beside the work only the newest: the whole story has a page of its own.
ENTRIES_BESIDE = 12


def next_step_of(request: HttpRequest, found: Found, step: str = "") -> dict[str, Any] | None:
    """The next step card: what, who may, and where it is done. None when nothing is left to do.

    Without `step`, the first one that this reader may do, else the first one of all.
    """
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    actor = request.user.as_actor()  # type: ignore[union-attr]
    ready = [n for n in next_steps(found.plan, found.state) if n.act != "close"]
    chosen = next((n for n in ready if n.step == step), None)
    if chosen is None and not step:
        chosen = next((n for n in ready if _is_for(n, actor)), ready[0] if ready else None)
    held = None if chosen or step else waiting_step(found.plan, found.state)
    ident = chosen.step if chosen else held.step if held else step
    if not ident:
        return None
    spec = found.plan.steps.get(ident) or found.state.added[ident]
    own = found.state.steps.get(ident)
    work = found.kind.steps.get(ident)
    return {
        "id": ident,
        "title": spec.title.in_language(language),
        "by": _names(chosen.persons, language)
        if chosen and chosen.persons
        else _by_words(chosen.who or spec.by if chosen else spec.by, language),
        "mine": _is_for(chosen, actor) if chosen else held is not None and is_among(actor, spec.by),
        "held": _held_words(_what_it_waits_for(found, chosen, held), language),
        "stuck": chosen is not None and chosen.act == "sign" and not chosen.persons,
        "ready": chosen is not None,
        "to_confirm": chosen is not None and chosen.act == "confirm",
        "signs": chosen.act if chosen is not None and chosen.act in ("sign", "vote") else "",
        "needs_voters": spec.votes is not None and not (own and own.signers),
        "maker": bool(own and actor.id in own.makers),
        "href": reverse(work.route, args=[found.case.id])
        if work and work.route
        else _step_href(found, ident),
        "skip_by": bool(set(spec.skip_by) & actor.roles),
        "also": [
            {"title": n.title.in_language(language), "href": _step_href(found, n.step)}
            for n in ready
            if n.step != ident
        ],
    }


def _step_href(found: Found, step: str) -> str:
    return reverse("case_step", args=[found.case.id, step])


def _what_it_waits_for(
    found: Found, chosen: NextStep | None, held: StepProgress | None
) -> Sequence[Hindrance]:
    """Why nobody can go on with it; and of signatures how many are missing, and whose cannot be given."""
    if held is not None:
        return held.reasons or ()
    if chosen is None or chosen.act not in ("sign", "vote"):
        return ()
    standing = Standing(found.plan, found.state)
    spec = standing.step(chosen.step)
    return standing.hindrances(spec) if spec is not None else ()


def _held_words(reasons: Sequence[Hindrance], language: str) -> list[str]:
    """The reasons, with names in place of the sign-in names of signers."""
    signers = {login for r in reasons if r.code == "to_sign" for login in r.about.split(",") if login}
    said = [r.words.in_language(language) for r in reasons]
    if signers:
        for person in Staff.objects.filter(login__in=signers):
            said = [words.replace(person.login, person.name(language)) for words in said]
    return said


def _names(logins: Sequence[str], language: str) -> str:
    names = {s.login: s.name(language) for s in Staff.objects.filter(login__in=logins)}
    return ("、" if language.startswith("zh") else ", ").join(names.get(login, login) for login in logins)


def _is_for(step: NextStep, actor: Actor) -> bool:
    return is_among(actor, step.who) if step.who else actor.id in step.persons


def _by_words(who: Who, language: str) -> str:
    words = words_of_roles(who.roles)
    level = LEVELS[who.level].in_language(language) if who.level else ""
    return f"{level} {words.in_language(language)}".strip() if language.startswith("en") else level + words.zh


@opens_to("signed_in")
def case(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Everything about a case at a glance: next step, what is left, what happened."""
    found = find(case_id)
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    holder = found.case.people.filter(part="holder").first()
    entries = TimelineEntry.objects.filter(case=found.case).order_by("-seq")[:ENTRIES_BESIDE]
    left = Standing(found.plan, found.state).close_hindrances()
    context = frame(request, found, "overview") | {
        "holder": holder,
        "next": None if found.closed else next_step_of(request, found),
        "left": [h for h in left if h.code != "step_open"],
        "left_steps": [_step_title(found, h.about, language) for h in left if h.code == "step_open"],
        "can_close": found.state.phase == "open" and not left,
        "entries": tell(list(entries)),
        "facts": _facts(found, language),
        "verbs": menu_of(found, request.user, timezone.now()),  # type: ignore[arg-type]
        "signings": signings_of(found, request.user, language),  # type: ignore[arg-type]
        "now": timezone.now(),
        "sums_hidden": hides_sums(found, request.user.as_actor()) or sums_hidden(found.case, request.user),  # type: ignore[union-attr, arg-type]
    }
    panels = case_panels(request, found)
    context["panels_first"] = [p for p in panels if p.first]
    context["panels"] = [p for p in panels if not p.first]
    if found.kind.overview_context is not None:
        context |= found.kind.overview_context(found.case)
    return render(request, "cases/case.html", context)


def _step_title(found: Found, step: str, language: str) -> str:
    spec = found.plan.steps.get(step) or found.state.added[step]
    return spec.title.in_language(language)


def hides_sums(found: Found, actor: Actor) -> bool:
    """Whether this reader is a second person who has yet to count: then no page shows the first person's figures.

    That is so while a step with `not_by`, or one that is confirmed by a second person, is unfinished and this reader could
    be the one to do it.
    """
    for step in found.plan.steps.values():
        own = found.state.steps.get(step.id)
        if own is not None and own.phase in {"done", "skipped"}:
            continue
        makers = {m for s in step.not_by if s in found.state.steps for m in found.state.steps[s].makers}
        if step.not_by and is_among(actor, step.by) and actor.id not in makers:
            return True
    return False


def _facts(found: Found, language: str) -> list[dict[str, Any]]:
    rows = []
    for name, spec in found.plan.facts.items():
        if name in found.state.facts:
            value = found.state.facts[name]
            if spec.type == "choice" and value in found.kind.choices:
                value = found.kind.choices[str(value)].in_language(language)
            rows.append({"key": spec.words.in_language(language), "value": value, "type": spec.type})
    return rows


STATES = {
    "done": "done",
    "here": "here",
    "waiting": "todo",
    "skipped": "skipped",
    "not_applicable": "not_needed",
    "optional": "todo",
}


@opens_to("signed_in")
def plan_map(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The procedure: the ordered list first, then the drawing."""
    found = find(case_id)
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    stages = [
        PlanStage(
            stage.title.in_language(language),
            tuple(
                PlanStep(s.title.in_language(language), STATES[s.place], s.sent_back)  # type: ignore[arg-type]
                for s in stage.steps
            ),
        )
        for stage in progress(found.plan, found.state)
    ]
    return render(request, "cases/map.html", frame(request, found, "map") | {"stages": stages})


@opens_to("signed_in")
def timeline(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """All entries, newest first, a page of forty at a time; `visible=customer` shows what the client may see."""
    found = find(case_id)
    entries = TimelineEntry.objects.filter(case=found.case).order_by("-seq")
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 10:
        entries = entries.filter(seq__lt=int(before))
    if request.GET.get("visible") == "customer":
        entries = entries.filter(visible_to_client=True)
    shown = list(entries[: ENTRIES_SHOWN + 1])
    more = len(shown) > ENTRIES_SHOWN
    told = tell(shown[:ENTRIES_SHOWN])
    kept = request.GET.copy()
    kept["before"] = str(told[-1].seq) if told else ""
    context = frame(request, found, "timeline") | {
        "entries": told,
        "next_query": f"?{kept.urlencode()}" if more else "",
        "visible": request.GET.get("visible", ""),
    }
    return render(request, "cases/timeline.html", context)
