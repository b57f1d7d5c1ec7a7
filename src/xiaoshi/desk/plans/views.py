"""The pages of plans: all kinds, one plan with its versions and cases, and what it looks like in BPMN."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from xiaoshi.core.bpmn.export import bpmn_of
from xiaoshi.core.casework.plan_diff import diff_plans
from xiaoshi.desk.cases.plans import DatedVersion, bank_zone, dated_versions, published
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.kinds import KINDS, all_kinds, kind_named
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.plans.models import MoveRun, PlanDraft
from xiaoshi.desk.plans.offering import waiting_for
from xiaoshi.desk.plans.packing import pack, package_text
from xiaoshi.desk.plans.publishing import PLAN_ROLES
from xiaoshi.desk.plans.runs import MOVERS
from xiaoshi.desk.plans.shown import StandingCases, drawing, plan_in_words, standing_cases, steps_in_words


def today() -> date:
    from django.utils import timezone

    return timezone.now().astimezone(bank_zone()).date()


def current_of(versions: list[DatedVersion]) -> DatedVersion:
    """The version in force today; the first one while none is."""
    day = today()
    return next((v for v in versions if v.in_force_from <= day), versions[-1])


def versions_or_404(kind: str) -> list[DatedVersion]:
    versions = dated_versions(kind) if kind in KINDS else []
    if not versions:
        raise Http404("no_such_plan")
    return versions


def chosen(versions: list[DatedVersion], text: str) -> DatedVersion:
    """The version that the address names, the one in force today by default; 404 for one that is not there."""
    if not text:
        return current_of(versions)
    found = next((v for v in versions if str(v.version) == text), None)
    if found is None:
        raise Http404("no_such_version")
    return found


def version_rows(versions: list[DatedVersion], cases: StandingCases) -> list[dict[str, Any]]:
    """The versions with days, people and running cases."""
    names = {
        p.login: p
        for p in Staff.objects.filter(login__in={x for v in versions for x in (v.author, v.publisher)})
    }
    current = current_of(versions)
    return [
        {
            "version": v.version,
            "from": None if v.in_force_from == date.min else v.in_force_from,
            "state": "current" if v is current else "coming" if v.in_force_from > today() else "past",
            "author": names.get(v.author),
            "publisher": names.get(v.publisher),
            "cases": cases.of_version(v.version),
        }
        for v in versions
    ]


@require_safe
@opens_to("signed_in")
def plans(request: HttpRequest) -> HttpResponse:
    """Drafts that wait for this reader as the second person, and all kinds of casework with the version in force."""
    rows = []
    for kind in all_kinds():
        versions = dated_versions(kind.name)
        if versions:
            rows.append({"kind": kind, "current": current_of(versions), "newest": versions[0]})
    person: Staff = request.user  # type: ignore[assignment]
    drafts = waiting_for(person)
    names = {s.login: s for s in Staff.objects.filter(login__in={d.offered_by for d in drafts})}
    waiting = [
        {"draft": d, "kind": kind_named(d.kind), "who": names.get(d.offered_by)}
        for d in drafts
        if d.kind in KINDS
    ]
    return render(request, "plans/plans.html", {"section": "plans", "rows": rows, "waiting": waiting})


@require_safe
@opens_to("signed_in")
def plan(request: HttpRequest, kind: str) -> HttpResponse:
    """One plan in words: map, steps, versions, and what changed since the version before."""
    versions = versions_or_404(kind)
    version = chosen(versions, request.GET.get("version", ""))
    person: Staff = request.user  # type: ignore[assignment]
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    found, choices = published(kind, version.version), kind_named(kind).choices
    cases = standing_cases(kind, person)
    before = next((v for v in versions if v.version < version.version), None)
    changes = diff_plans(published(kind, before.version), found, choices) if before else ()
    writes = bool(PLAN_ROLES & set(person.roles))
    context = {
        "section": "plans",
        "kind": kind_named(kind),
        "plan": found,
        "version": version,
        "in_force": version is current_of(versions),
        "stages": drawing(found, cases, language),
        "steps": steps_in_words(found, cases, choices, language),
        "rows": plan_in_words(found, choices, language),
        "cases": cases,
        "versions": version_rows(versions, cases),
        "before": before,
        "changes": changes,
        "writes": writes,
        "moves": bool(MOVERS & set(person.roles)) and len(versions) > 1,
        "drafts": PlanDraft.objects.filter(kind=kind, state="draft").order_by("-id")[:20] if writes else [],
        "runs": MoveRun.objects.filter(kind=kind).order_by("-id")[:10],
    }
    return render(request, "plans/plan.html", context)


@require_safe
@opens_to("signed_in")
def bpmn(request: HttpRequest, kind: str) -> HttpResponse:
    """The plan as a BPMN 2.0 file."""
    version = chosen(versions_or_404(kind), request.GET.get("version", "")).version
    return _file(bpmn_of(published(kind, version)), "application/xml", f"{kind}-v{version}.bpmn")


@require_safe
@opens_to(*sorted(PLAN_ROLES))
def package(request: HttpRequest, kind: str) -> HttpResponse:
    """The plan as a package for another installation."""
    version = chosen(versions_or_404(kind), request.GET.get("version", "")).version
    packed = pack(kind, version)
    assert packed is not None
    return _file(package_text(packed), "application/json", f"{kind}-v{version}.json")


def _file(text: str, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(text.encode(), content_type=f"{kind}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def state_words(state: str) -> str:
    """The state of a run or draft, in the reader's language."""
    return {
        "draft": _("draft"),
        "published": _("published"),
        "discarded": _("discarded"),
        "running": _("running"),
        "stopped": _("stopped"),
        "finished": _("finished"),
    }[state]
