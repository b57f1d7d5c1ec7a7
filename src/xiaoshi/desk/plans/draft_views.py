"""The page of a draft: its text with what is wrong in which line, the difference to the version in force, and publishing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from xiaoshi.core.casework.plan_diff import diff_plans
from xiaoshi.desk.cases.models import PlanVersion
from xiaoshi.desk.cases.plans import published
from xiaoshi.desk.guard.boundary import Act, Outcome
from xiaoshi.desk.guard.posting import new_key, perform_posted, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds import kind_named
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.plans.checking import check_draft
from xiaoshi.desk.plans.forms import DiscardForm, DraftForm, PublishForm
from xiaoshi.desk.plans.models import PlanDraft
from xiaoshi.desk.plans.offering import offer_draft
from xiaoshi.desk.plans.publishing import PLAN_ROLES, discard_draft, publish, save_draft
from xiaoshi.desk.plans.views import versions_or_404


@require_http_methods(["GET", "POST"])
@opens_to(*sorted(PLAN_ROLES))
def new_draft(request: HttpRequest, kind: str) -> HttpResponse:
    """A new draft, begun from the newest version's text with the next number."""
    with visible_to(request.user):  # type: ignore[arg-type]
        newest = versions_or_404(kind)[0].version
        text = PlanVersion.objects.get(kind=kind, version=newest).text
    begun = text.replace(f"version = {newest}\n", f"version = {newest + 1}\n", 1)
    form = DraftForm(request.POST or None, initial={"text": begun})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            told = _save(request, kind, form).result
            messages.success(request, _("Saved."), "ok")
            return redirect("plan_draft", told["draft"])
        except Refused as refused:
            form.add_error(None, words_of(refused))
            status = refused.status
    elif request.method == "POST":
        status = 422
    context = {
        "section": "plans",
        "kind": kind_named(kind),
        "form": form,
        "key": request.POST.get("key") or new_key(),
        "checked": check_draft(kind, form["text"].value() or "") if request.method == "POST" else None,
    }
    return render(request, "plans/new_draft.html", context, status=status)


def _save(request: HttpRequest, kind: str, form: DraftForm, **more: Any) -> Outcome:
    lines = form.cleaned_data["text"].replace("\r\n", "\n").split("\n")
    return perform_posted(request, save_draft, kind=kind, lines=lines, note=form.cleaned_data["note"], **more)


@require_http_methods(["GET", "POST"])
@opens_to(*sorted(PLAN_ROLES))
def draft(request: HttpRequest, number: int) -> HttpResponse:
    """A draft to read, change, discard or publish. A POST names what it wants with `do`."""
    with visible_to(request.user):  # type: ignore[arg-type]
        row = PlanDraft.objects.filter(pk=number).first()
    if row is None or number > 2**62:
        raise Http404("no_such_draft")
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    sent = {name: _form(name, request.POST if name == wanted else None, row) for name in FORMS}
    status = 200
    if wanted in sent:
        status = 422
        if sent[wanted].is_valid():
            try:
                return _do(request, row, wanted, sent[wanted])
            except Refused as refused:
                where = refused.problem.where if refused.problem.where in sent[wanted].fields else None
                sent[wanted].add_error(where, words_of(refused))
                status = refused.status
    with visible_to(request.user):  # type: ignore[arg-type]
        context = _context(request, number, sent, sent.get(wanted))
    return render(request, "plans/draft.html", context, status=status)


class OfferForm(forms.Form):
    """Nothing is asked: a button."""


FORMS: dict[str, type[forms.Form]] = {
    "save": DraftForm,
    "publish": PublishForm,
    "discard": DiscardForm,
    "offer": OfferForm,
}


def _form(name: str, data: Any, row: PlanDraft) -> forms.Form:
    initial = {"text": row.text, "note": row.note} if name == "save" else {}
    return FORMS[name](data, initial=initial, prefix=None)


def _revision(request: HttpRequest) -> int:
    text = request.POST.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _do(request: HttpRequest, row: PlanDraft, wanted: str, form: Any) -> HttpResponse:
    given: dict[str, Any] = {"draft": row.pk, "revision": _revision(request)}
    if wanted == "save":
        _save(request, row.kind, form, **given)
        messages.success(request, _("Saved."), "ok")
        return redirect("plan_draft", row.pk)
    if wanted == "offer":
        told = perform_posted(request, offer_draft, **given).result["told"]
        messages.success(
            request, _("%(count)s colleagues who may publish it were told.") % {"count": len(told)}, "ok"
        )
        return redirect("plan_draft", row.pk)
    act: Act = publish if wanted == "publish" else discard_draft
    fields = {name: str(value) for name, value in form.cleaned_data.items()}
    perform_posted(request, act, **given, **fields)
    done = _("The version is published.") if wanted == "publish" else _("The draft is discarded.")
    messages.success(request, done, "ok")
    return redirect("plan", row.kind)


def _context(
    request: HttpRequest, number: int, sent: dict[str, forms.Form], refused_form: forms.Form | None
) -> dict[str, Any]:
    """Read again, so that the page shows what others saved meanwhile beside what was typed."""
    row = PlanDraft.objects.get(pk=number)
    kind = kind_named(row.kind)
    checked = check_draft(row.kind, row.text)
    newest = versions_or_404(row.kind)[0].version
    changes = diff_plans(published(row.kind, newest), checked.plan, kind.choices) if checked.plan else ()
    login = request.user.get_username()
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    named = {s.login: s.name(language) for s in Staff.objects.filter(login__in=row.editors)}
    return {
        "section": "plans",
        "kind": kind,
        "draft": row,
        "written_by": ("、" if language.startswith("zh") else ", ").join(
            named.get(e, e) for e in row.editors
        ),
        "state": row.state,
        "newest": newest,
        "checked": checked,
        "changes": changes,
        "lines": list(enumerate(row.text.rstrip("\n").split("\n"), 1)),
        "wrong_lines": {p.where.rpartition(":")[2] for p in checked.problems},
        "mine": login in row.editors,
        "form": sent["save"],
        "publish_form": sent["publish"],
        "discard_form": sent["discard"],
        "refused_form": refused_form,
        "key": new_key(),
    }
