"""Pages of keeping and destroying: what is old, batches, holds, rules. The pages parse and show; the acts decide."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.views.found import find, frame
from xiaoshi.desk.guard.boundary import Act
from xiaoshi.desk.guard.posting import new_key, perform_posted, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds import KINDS, kind_named
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.retention import batches, forms, holds
from xiaoshi.desk.retention.due import closed_before, day_of, look_at, own_periods
from xiaoshi.desk.retention.models import Batch, BatchItem, Hold
from xiaoshi.desk.retention.telling import cursor_text, period_words, read_cursor, rules_now, words_of_rule

PAGE = 50
VIEWS = {
    "due": gettext_noop("What is old"),
    "batches": gettext_noop("Batches"),
    "holds": gettext_noop("Holds"),
    "rules": gettext_noop("Periods"),
}
STATES = {
    "proposed": (gettext_noop("waits for somebody else to decide"), "waiting"),
    "approved": (gettext_noop("approved, to be carried out"), "doubt"),
    "rejected": (gettext_noop("rejected"), "none"),
    "withdrawn": (gettext_noop("withdrawn"), "none"),
    "done": (gettext_noop("carried out"), "ok"),
}


def _language(request: HttpRequest) -> str:
    return str(request.LANGUAGE_CODE)  # type: ignore[attr-defined]


def _person(request: HttpRequest) -> Staff:
    return request.user  # type: ignore[return-value]


@require_safe
@opens_to("signed_in")
def retention(request: HttpRequest) -> HttpResponse:
    """`?view=due|batches|holds|rules`."""
    return _page(request)


def _page(request: HttpRequest, *, wrong: str = "", status: int = 200) -> HttpResponse:
    view = request.GET.get("view", "due")
    view = view if view in VIEWS else "due"
    shown = {"due": _due, "batches": _batches, "holds": _holds, "rules": _rules}[view](request)
    context = {
        "section": "retention",
        "view": view,
        "tabs": [
            {"label": _(words), "href": f"?view={key}", "current": key == view}
            for key, words in VIEWS.items()
        ],
        "key": new_key(),
        "page": PAGE,
        "wrong": wrong,
        "typed": request.POST.get("reason", ""),
        "chosen": set(request.POST.getlist("cases")),
        "may_propose": bool(batches.PROPOSES & set(_person(request).roles)),
        "may_hold": bool(holds.HOLDS & set(_person(request).roles)),
        "may_set": bool(batches.SETS_PERIODS & set(_person(request).roles)),
        **shown,
    }
    return render(request, "retention/retention.html", context, status=status)


def _kind_words(kind: str) -> Words:
    return kind_named(kind).words if kind in KINDS else Words(kind, kind)


def _due(request: HttpRequest) -> dict[str, Any]:
    on = day_of(timezone.now())
    after = read_cursor(request.GET.get("after", ""))
    cases = list(closed_before(on, after)[: PAGE + 1])
    looked = look_at(cases[:PAGE], on, own_periods())
    waiting = dict(
        BatchItem.objects.filter(case_id__in=[c.id for c in cases], state="waiting").values_list(
            "case_id", "batch_id"
        )
    )
    rows = [
        {
            "case": one.case,
            "closed_on": one.facts.closed_on,
            "kind": _kind_words(one.case.kind),
            "due": one.standing.due,
            "why": [p.words for p in one.standing.why_not],
            "rule": words_of_rule(one.standing.rule.id) if one.standing.rule else None,
            "first_day": one.standing.first_day,
            "batch": waiting.get(one.case.id),
        }
        for one in looked
    ]
    following = cursor_text(looked[-1].cursor) if len(cases) > PAGE else None
    return {
        "rows": rows,
        "any_due": any(row["due"] and not row["batch"] for row in rows),
        "assumed": any(one.standing.assumed for one in looked),
        "next_query": "?" + urlencode({"view": "due", "after": following}) if following else "",
    }


def _before(request: HttpRequest) -> int:
    text = request.GET.get("after", "")
    return int(text) if text.isdecimal() and len(text) < 18 else 2**62


def _named(logins: set[str], language: str) -> dict[str, str]:
    return {s.login: s.name(language) for s in Staff.objects.filter(login__in=logins)}


def _batches(request: HttpRequest) -> dict[str, Any]:
    found = list(Batch.objects.filter(id__lt=_before(request)).order_by("-id")[: PAGE + 1])
    names = _named({x for b in found for x in (b.proposed_by, b.decided_by)}, _language(request))
    rows = [_batch_row(batch, names) for batch in found[:PAGE]]
    following = found[PAGE - 1].id if len(found) > PAGE else None
    return {"rows": rows, "next_query": f"?view=batches&after={following}" if following else ""}


def _batch_row(batch: Batch, names: dict[str, str]) -> dict[str, Any]:
    words, state = STATES[batch.state]
    return {
        "batch": batch,
        "words": _(words),
        "state": state,
        "proposed_by": names.get(batch.proposed_by, batch.proposed_by),
        "decided_by": names.get(batch.decided_by, batch.decided_by),
    }


def _holds(request: HttpRequest) -> dict[str, Any]:
    found = list(
        Hold.objects.filter(id__lt=_before(request), lifted_at=None)
        .select_related("case")
        .order_by("-id")[: PAGE + 1]
    )
    names = _named({h.placed_by for h in found}, _language(request))
    today = day_of(timezone.now())
    rows = [
        {
            "hold": h,
            "placed_by": names.get(h.placed_by, h.placed_by),
            "over": h.until is not None and h.until < today,
        }
        for h in found[:PAGE]
    ]
    following = found[PAGE - 1].id if len(found) > PAGE else None
    return {
        "rows": rows,
        "next_query": f"?view=holds&after={following}" if following else "",
        "number": request.GET.get("number", "").strip()[:60],
    }


def _rules(request: HttpRequest) -> dict[str, Any]:
    rows = [
        {
            "rule": rule,
            "period": period_words(rule),
            "kind": _kind_words(rule.kind) if rule.kind != "*" else None,
        }
        for rule in rules_now(day_of(timezone.now()))
    ]
    return {"rows": rows}


@require_POST
@opens_to(*batches.PROPOSES)
def propose(request: HttpRequest) -> HttpResponse:
    """The chosen cases of the list as one batch; refused, the list comes back with what was chosen and typed."""
    try:
        outcome = perform_posted(
            request,
            batches.propose,
            cases=request.POST.getlist("cases"),
            reason=request.POST.get("reason", ""),
        )
    except Refused as refused:
        with visible_to(_person(request)):
            return _page(request, wrong=words_of(refused), status=refused.status)
    messages.success(request, _("Proposed. Somebody else decides."), "ok")
    return redirect("retention_batch", outcome.result["batch"])


DECIDING: dict[str, tuple[str, Act, type[forms.ReasonForm]]] = {
    "approve": (gettext_noop("Approve destruction"), batches.approve, forms.ApproveForm),
    "reject": (gettext_noop("Do not approve"), batches.reject, forms.ReasonForm),
    "withdraw": (gettext_noop("Withdraw the batch"), batches.withdraw, forms.ReasonForm),
}


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def batch(request: HttpRequest, ident: int) -> HttpResponse:
    """One batch with its cases, and what this reader may decide about it."""
    if request.method == "GET":
        return _batch_page(request, ident)
    what = request.POST.get("do", "")
    if what not in DECIDING:
        raise Http404
    _words, act, form_class = DECIDING[what]
    bound = form_class(request.POST, prefix=what)
    status = 422
    if bound.is_valid():
        try:
            perform_posted(request, act, batch=ident, **bound.fields_for_act())
            messages.success(request, _("Saved."), "ok")
            return redirect("retention_batch", ident)
        except Refused as refused:
            status = refused.status
            bound.add_error(
                refused.problem.where if refused.problem.where in bound.fields else None, words_of(refused)
            )
    with visible_to(_person(request)):
        return _batch_page(request, ident, {what: bound}, status)


def _batch_page(
    request: HttpRequest, ident: int, bound: dict[str, django_forms.Form] | None = None, status: int = 200
) -> HttpResponse:
    row = Batch.objects.filter(id=ident).first() if ident < 2**63 else None
    if row is None:
        raise Http404("no_such_batch")
    after = _after_item(request)
    items = list(row.items.filter(id__gt=after).order_by("id")[: PAGE + 1])
    cases = {
        c.id: c for c in Case.objects.filter(id__in=[i.case_id for i in items]).defer("snapshot", "asked")
    }
    person = _person(request)
    deciding = []
    for name in _may(person, row) | set(bound or {}):
        words, _act, form_class = DECIDING[name]
        form = (bound or {}).get(name) or form_class(prefix=name)
        deciding.append(
            {"name": name, "words": _(words), "form": form, "key": new_key(), "open": bool(form.errors)}
        )
    context = {
        "section": "retention",
        **_batch_row(row, _named({row.proposed_by, row.decided_by}, _language(request))),
        "items": [
            {
                "item": i,
                "case": cases.get(i.case_id),
                "rule": words_of_rule(i.rule),
                "why": Words(i.why_zh, i.why_en),
            }
            for i in items[:PAGE]
        ],
        "deciding": sorted(deciding, key=lambda d: list(DECIDING).index(d["name"])),
        "own": person.login == row.proposed_by and row.state == "proposed",
        "error_form": next(iter((bound or {}).values()), None),
        "next_query": f"?after={items[PAGE - 1].id}" if len(items) > PAGE else "",
        "page": PAGE,
    }
    return render(request, "retention/batch.html", context, status=status)


def _after_item(request: HttpRequest) -> int:
    text = request.GET.get("after", "")
    return int(text) if text.isdecimal() and len(text) < 18 else 0


def _may(person: Staff, row: Batch) -> set[str]:
    roles, able = set(person.roles), set()
    if row.state == "proposed" and batches.APPROVES & roles and person.login != row.proposed_by:
        able |= {"approve", "reject"}
    if row.state in ("proposed", "approved") and (batches.PROPOSES | batches.APPROVES) & roles:
        able |= {"withdraw"}
    return able


@require_safe
@opens_to(*holds.HOLDS)
def hold_by_number(request: HttpRequest) -> HttpResponse:
    """From the list of holds to the form of a case, by its number."""
    number = request.GET.get("number", "").strip()[:60]
    case = Case.objects.filter(number=number).only("id").first() if number and "\0" not in number else None
    if case is None:
        messages.error(
            request, _("There is no case with this number in your part of the bank."), extra_tags="error"
        )
        return redirect(
            "/desk/retention/?" + urlencode({"view": "holds", "number": number.replace("\0", "")})
        )
    return redirect("retention_hold", case.id)


@require_http_methods(["GET", "POST"])
@opens_to(*holds.HOLDS)
def hold(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    form = forms.HoldForm(request.POST or None)
    done = _done_on_case(request, case_id, holds.hold, form)
    if done is True:
        return redirect("case", case_id)
    return _case_form(
        request,
        case_id,
        form,
        _("Hold this case"),
        _("The case is not destroyed as long as this holds."),
        done,
    )


@require_http_methods(["GET", "POST"])
@opens_to(*holds.HOLDS)
def lift(request: HttpRequest, case_id: uuid.UUID, ident: int) -> HttpResponse:
    with visible_to(_person(request)):
        row = Hold.objects.filter(case_id=case_id, id=ident).first() if ident < 2**63 else None
    if row is None:
        raise Http404("no_such_hold")
    form = forms.ReasonForm(request.POST or None)
    done = _done_on_case(request, case_id, holds.lift_hold, form, hold=ident)
    if done is True:
        return redirect("case", case_id)
    return _case_form(request, case_id, form, _("Lift the hold"), row.reason, done)


def _done_on_case(request: HttpRequest, case_id: uuid.UUID, act: Act, form: Any, **more: Any) -> bool | int:
    """True when the act was done; otherwise the status with which the form comes back."""
    if request.method != "POST":
        return 200
    if not form.is_valid():
        return 422
    try:
        perform_posted(request, act, case_id=case_id, **form.fields_for_act(), **more)
    except Refused as refused:
        form.add_error(
            refused.problem.where if refused.problem.where in form.fields else None, words_of(refused)
        )
        return refused.status
    messages.success(request, _("Saved."), "ok")
    return True


def _case_form(
    request: HttpRequest, case_id: uuid.UUID, form: django_forms.Form, title: str, effect: str, status: int
) -> HttpResponse:
    with visible_to(_person(request)):
        context = frame(request, find(case_id), "overview") | {"form": form, "title": title, "effect": effect}
        return render(request, "retention/case_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@opens_to(*batches.SETS_PERIODS)
def period(request: HttpRequest) -> HttpResponse:
    form = forms.PeriodForm(request.POST or None, language=_language(request))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                perform_posted(request, batches.set_period, **form.fields_for_act())
                messages.success(request, _("Saved."), "ok")
                return redirect("/desk/retention/?view=rules")
            except Refused as refused:
                status = refused.status
                where = refused.problem.where
                form.add_error(where if where in form.fields else None, words_of(refused))
    context = {"section": "retention", "form": form, "key": new_key()}
    return render(request, "retention/period.html", context, status=status)
