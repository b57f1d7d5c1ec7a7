"""Pages of moving: one case with its difference and the act, many cases with a sample and the order, and a run's progress."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from xiaoshi.core.casework.model import Plan
from xiaoshi.core.casework.plan_diff import diff_plans
from xiaoshi.core.casework.plan_move import CaseDifference
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.plans import dated_versions, published
from xiaoshi.desk.cases.snapshots import read_state
from xiaoshi.desk.cases.views.found import find, frame
from xiaoshi.desk.guard.posting import new_key, perform_posted, say_refused, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds import kind_named
from xiaoshi.desk.plans.forms import MoveForm
from xiaoshi.desk.plans.models import MoveItem, MoveRun
from xiaoshi.desk.plans.moving import (
    difference_of,
    move_back,
    move_to_plan,
    payments_in_hand,
    version_in_address,
)
from xiaoshi.desk.plans.runs import MOVERS, go_on_move, order_move, stop_move
from xiaoshi.desk.plans.views import current_of, state_words, versions_or_404

SAMPLE = 20
ITEMS_SHOWN = 50


def difference_rows(difference: CaseDifference, old: Plan, new: Plan, language: str) -> list[dict[str, str]]:
    """The difference in words: rows for a summary card, without the empty ones."""

    def titles(plan: Plan, names: tuple[str, ...]) -> str:
        found = [plan.steps[n].title.in_language(language) if n in plan.steps else n for n in names]
        return _(", ").join(found)

    def facts(plan: Plan, names: tuple[str, ...]) -> str:
        return _(", ").join(plan.facts[n].words.in_language(language) for n in names)

    rows = [
        (_("Done, and stays done"), titles(new, difference.stays)),
        (_("New work"), titles(new, difference.opens)),
        (_("No longer to do"), titles(old, difference.gone)),
        (_("Done, without a place in the new version"), titles(old, difference.lost)),
        (_("Given up"), titles(old, difference.given_up)),
        (_("Known, kept, no longer asked for"), facts(old, difference.facts_kept)),
        (_("Not known yet"), facts(new, difference.facts_asked)),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def case_plan(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Which version a case goes by, what a newer one (or going back) would do to it, and the act."""
    form, status = None, 200
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        target = _target(request, found)
        if target is not None:
            form = _move_form(request, found, target)
            valid = request.method == "POST" and form.is_valid()
    if request.method == "POST" and form is not None and target is not None:
        status = 422
        if valid:
            try:
                _move_posted(request, case_id, found.state.plan_version, target, form)
                messages.success(request, _("The case goes on by the other version."), "ok")
                return redirect("case", case_id)
            except Refused as refused:
                form.add_error(None, words_of(refused))
                status = refused.status
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        context = frame(request, found, "map") | _case_context(request, found, target, form)
        return render(request, "plans/case_plan.html", context, status=status)


def _move_posted(
    request: HttpRequest, case_id: uuid.UUID, present: int, target: Plan, form: MoveForm
) -> None:
    reason = form.cleaned_data["reason"]
    if target.version < present:
        perform_posted(request, move_back, case_id=case_id, reason=reason)
    else:
        fields = {"version": target.version, "reason": reason, "renamed": form.renamed()}
        perform_posted(request, move_to_plan, case_id=case_id, **fields)


def _target(request: HttpRequest, found: Any) -> Plan | None:
    """The version that the address names, else the newest in force when it is newer than the case's."""
    wanted = request.GET.get("to", "")
    if wanted:
        version = version_in_address(found.case.kind, wanted)
    else:
        version = current_of(dated_versions(found.case.kind)).version
        if version <= found.case.plan_version:
            return None
    return published(found.case.kind, version) if version != found.case.plan_version else None


def _move_form(request: HttpRequest, found: Any, target: Plan) -> MoveForm:
    lost = difference_of(found.case, found.plan, found.state, target).lost
    return MoveForm(
        request.POST or None,
        lost=lost,
        old=found.plan,
        new=target,
        language=request.LANGUAGE_CODE,  # type: ignore[attr-defined]
    )


def _case_context(
    request: HttpRequest, found: Any, target: Plan | None, form: MoveForm | None
) -> dict[str, Any]:
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "plan": found.plan,
        "target": target,
        "form": form,
        "came_from": found.state.moves[-1].from_version if found.state.moves else None,
        "moves": bool(MOVERS & set(request.user.roles)) and not found.closed,  # type: ignore[union-attr]
    }
    if target is None:
        return context
    difference = difference_of(found.case, found.plan, found.state, target)
    problems = (*difference.problems, *payments_in_hand(found.case))
    return context | {
        "difference": difference_rows(difference, found.plan, target, language),
        # A finished step without a place is asked for in the form; the other reasons stand in the way.
        "problems": [p for p in problems if p.code != "step_lost"],
        "changes": diff_plans(found.plan, target, found.kind.choices),
        "is_back": target.version < found.plan.version,
    }


@require_http_methods(["GET", "POST"])
@opens_to(*sorted(MOVERS))
def move_many(request: HttpRequest, kind: str) -> HttpResponse:
    """The difference of two versions, what it does to the first cases, and the order to move them all."""
    with visible_to(request.user):  # type: ignore[arg-type]
        versions = versions_or_404(kind)
        numbers = [v.version for v in versions]
        given = {side: request.GET.get(side, "") for side in ("from", "to")}
        to_version = version_in_address(kind, given["to"]) if given["to"] else current_of(versions).version
        older = [n for n in numbers if n < to_version]
        from_version = version_in_address(kind, given["from"]) if given["from"] else (older or numbers)[0]
        old, new = published(kind, from_version), published(kind, to_version)
        rows, lost = _sample(request, kind, old, new)
        form = MoveForm(request.POST or None, lost=lost, old=old, new=new, language=request.LANGUAGE_CODE)  # type: ignore[attr-defined]
        valid = request.method == "POST" and form.is_valid()
    status = 422 if request.method == "POST" else 200
    if valid:
        try:
            told = perform_posted(
                request,
                order_move,
                kind=kind,
                from_version=from_version,
                to_version=to_version,
                reason=form.cleaned_data["reason"],
                renamed=form.renamed(),
            )
            return redirect("plan_run", told.result["run"])
        except Refused as refused:
            form.add_error(None, words_of(refused))
            status = refused.status
    context = {
        "section": "plans",
        "kind": kind_named(kind),
        "numbers": numbers,
        "from_version": from_version,
        "to_version": to_version,
        "changes": diff_plans(old, new, kind_named(kind).choices),
        "rows": rows,
        "sample": SAMPLE,
        "form": form,
        "key": request.POST.get("key") or new_key(),
    }
    with visible_to(request.user):  # type: ignore[arg-type]
        return render(request, "plans/move_many.html", context, status=status)


def _sample(
    request: HttpRequest, kind: str, old: Plan, new: Plan
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The first running cases of the version, and the finished steps of any of them that have no place."""
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    if old.version == new.version:
        return [], ()
    cases = Case.objects.filter(
        kind=kind,
        plan_version=old.version,
        status__in=("open", "suspended"),
        unit_path__startswith=request.user.unit.path,  # type: ignore[union-attr]
    ).order_by("unit_path", "id")[:SAMPLE]
    rows, lost = [], dict[str, None]()
    for case in cases:
        difference = difference_of(case, old, read_state(case), new)
        lost |= dict.fromkeys(difference.lost)
        rows.append(
            {
                "case": case,
                "problems": difference.problems,
                "movable": difference.movable,
                "told": difference_rows(difference, old, new, language),
            }
        )
    return rows, tuple(lost)


@require_http_methods(["GET", "POST"])
@opens_to(*sorted(MOVERS))
def run(request: HttpRequest, number: int) -> HttpResponse:
    """How far a run is, each case's result, and stopping or going on. Reloads itself while it runs."""
    if request.method == "POST":
        try:
            perform_posted(request, stop_move if request.POST.get("do") == "stop" else go_on_move, run=number)
        except Refused as refused:
            say_refused(request, refused)
        return redirect("plan_run", number)
    row = MoveRun.objects.filter(pk=number).first() if number < 2**62 else None
    if row is None:
        raise Http404("no_such_run")
    items = MoveItem.objects.filter(run=row).exclude(state="waiting").select_related("case").order_by("id")
    if request.GET.get("only") == "refused":
        items = items.filter(state="refused")
    after = request.GET.get("after", "")
    if after.isdecimal() and len(after) < 16:
        items = items.filter(id__gt=int(after))
    shown = list(items[: ITEMS_SHOWN + 1])
    kept = request.GET.copy()
    if len(shown) > ITEMS_SHOWN:
        kept["after"] = str(shown[ITEMS_SHOWN - 1].id)
    context = {
        "section": "plans",
        "kind": kind_named(row.kind),
        "run": row,
        "state": state_words(row.state),
        "items": shown[:ITEMS_SHOWN],
        "next_query": f"?{kept.urlencode()}" if len(shown) > ITEMS_SHOWN else "",
        "only": request.GET.get("only", ""),
        "key": new_key(),
    }
    return render(request, "plans/run.html", context)
