"""The tree of the bank, one unit with its people, and what the bank has set."""

from __future__ import annotations

import contextlib
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from xiaoshi.core.casework.roles import LEVELS, ROLES
from xiaoshi.desk.guard.posting import new_key, perform_posted, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.organisation.acts import units as acts
from xiaoshi.desk.organisation.acts.keeping import KEEPER
from xiaoshi.desk.organisation.bank_settings import SETTINGS, all_settings
from xiaoshi.desk.organisation.models import Designation, Staff, StaffChange, Unit
from xiaoshi.desk.organisation.views.forms import DesignationForm, NewUnitForm, UnitForm

# Who sees the tree and the people below: those who keep them, lead them or check them.
SEES_PEOPLE = (KEEPER, "outlet_head", "supervisor", "auditor")
PAGE = 50


def me(request: HttpRequest) -> Staff:
    assert isinstance(request.user, Staff)
    return request.user


def asked(request: HttpRequest, name: str) -> str:
    """One word of the address, as the database can take it."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:60]


@opens_to(*SEES_PEOPLE)
def tree(request: HttpRequest) -> HttpResponse:
    """The units at or below one's own, and a search among their people. People by keyset of the sign-in name."""
    own = me(request)
    words = asked(request, "q")
    found: list[Staff] = []
    after = asked(request, "after")
    if words:
        people = Staff.objects.select_related("unit").filter(
            Q(login__icontains=words) | Q(name_zh__icontains=words) | Q(name_en__icontains=words),
            unit__path__startswith=own.unit.path,
            login__gt=after,
        )
        found = list(people.order_by("login")[: PAGE + 1])
    units = list(
        Unit.objects.filter(path__startswith=own.unit.path)
        .annotate(people=Count("staff", filter=Q(staff__is_active=True)))
        .order_by("path")[:2000]
    )
    context = {
        "section": "organisation",
        "units": [(u, "　" * (u.path.count("/") - own.unit.path.count("/")), LEVELS[u.level]) for u in units],  # type: ignore[index]
        "q": words,
        "found": [(p, _role_words(p)) for p in found[:PAGE]],
        "next_query": f"?q={words}&after={found[PAGE - 1].login}" if len(found) > PAGE else "",
        "keeps": KEEPER in own.roles,
        "waiting": StaffChange.objects.filter(state="waiting").exists(),
        "province": own.unit.level == "province",
    }
    return render(request, "organisation/tree.html", context)


def _role_words(person: Staff) -> str:
    language = "en" if (get_language() or "").startswith("en") else "zh"
    return "、".join(ROLES[r].words.in_language(language) for r in person.roles)


def put(form: forms.Form, refused: Refused) -> int:
    """Show a refusal at its field, else at the head; gives the status."""
    form.add_error(refused.problem.where if refused.problem.where in form.fields else None, words_of(refused))
    return refused.status


@require_http_methods(["GET", "POST"])
@opens_to(KEEPER)
def new_unit(request: HttpRequest) -> HttpResponse:
    form, status = (
        NewUnitForm(me(request), request.POST or None, initial={"parent": request.GET.get("under")}),
        200,
    )
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                perform_posted(request, acts.add_unit, **form.act_fields())
                messages.success(request, _("Saved."), "ok")
                return redirect("organisation")
            except Refused as refused:
                status = put(form, refused)
    context = {
        "section": "organisation", "form": form, "title": _("Add a unit"), "key": request.POST.get("key") or new_key(),
    }  # fmt: skip
    return render(request, "organisation/form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@opens_to(*SEES_PEOPLE)
def unit(request: HttpRequest, unit: int) -> HttpResponse:
    """One unit: name and address, designations, people in service and those who left (fifty at a time)."""
    own, found = me(request), Unit.objects.filter(id=unit).first()
    if found is None:
        raise Http404
    if not found.path.startswith(own.unit.path):
        raise PermissionDenied
    shown = {name: getattr(found, name) for name in ("name_zh", "name_en", "phone", "address_zh")}
    about, designating = UnitForm(initial=shown), DesignationForm()
    status = 200
    if request.method == "POST":
        about, designating, status = _change_unit(request, found, about, designating)
        if status == 302:
            return redirect("unit", unit)
    people = Staff.objects.filter(unit=found, login__gt=asked(request, "after")).order_by("login")
    rows = list(people[: PAGE + 1])
    context = {
        "section": "organisation",
        "unit": found,
        "level": LEVELS[found.level],  # type: ignore[index]
        "line": Unit.objects.filter(path__in=_above(found.path)).order_by("-path"),
        "people": [(p, _role_words(p)) for p in rows[:PAGE]],
        "next_query": f"?after={rows[PAGE - 1].login}" if len(rows) > PAGE else "",
        "designations": Designation.objects.filter(unit=found).order_by("-in_force_from"),
        "about": about,
        "designating": designating,
        "keeps": KEEPER in own.roles,
        "key": new_key(),
    }
    return render(request, "organisation/unit.html", context, status=status)


def _above(path: str) -> list[str]:
    """The paths of the units above, the province first."""
    return [path[: i + 1] for i, sign in enumerate(path[:-1]) if sign == "/"]


def _change_unit(
    request: HttpRequest, found: Unit, about: UnitForm, designating: DesignationForm
) -> tuple[UnitForm, DesignationForm, int]:
    if KEEPER not in me(request).roles:
        raise PermissionDenied
    form: Any = UnitForm(request.POST) if request.POST.get("do") == "about" else DesignationForm(request.POST)
    act = acts.change_unit if request.POST.get("do") == "about" else acts.designate
    status = 422
    if form.is_valid():
        try:
            perform_posted(request, act, path=found.path, **form.cleaned_data)
            messages.success(request, _("Saved."), "ok")
            status = 302
        except Refused as refused:
            status = put(form, refused)
    return (form, designating, status) if isinstance(form, UnitForm) else (about, form, status)


@require_http_methods(["GET", "POST"])
@opens_to(KEEPER, "auditor")
def bank_settings(request: HttpRequest) -> HttpResponse:
    """Every setting with its value; one is changed at a time, each with its entry."""
    status, problem = 200, ""
    if request.method == "POST":
        name = request.POST.get("setting", "")
        try:
            perform_posted(
                request, acts.change_setting, setting=name[:60], value=_posted_value(request, name)
            )
            messages.success(request, _("Saved."), "ok")
            return redirect("bank_settings")
        except Refused as refused:
            status, problem = refused.status, words_of(refused)
    values = all_settings()
    rows = [
        {
            "key": key,
            "words": found.words,
            "value": values[key],
            "kind": "roles" if isinstance(found.default, list) else "yes_no" if isinstance(found.default, bool) else "number",
        }
        for key, found in SETTINGS.items()
    ]  # fmt: skip
    context = {
        "section": "organisation",
        "rows": rows,
        "roles": list(ROLES.values()),
        "problem": problem,
        "may": KEEPER in me(request).roles and me(request).unit.level == "province",
        "key": new_key(),
    }
    return render(request, "organisation/settings.html", context, status=status)


def _posted_value(request: HttpRequest, name: str) -> Any:
    found = SETTINGS.get(name)
    if found is not None and isinstance(found.default, list):
        return request.POST.getlist("value")
    text = request.POST.get("value", "")
    if found is not None and isinstance(found.default, bool):
        return {"yes": True, "no": False}.get(text, text)
    with contextlib.suppress(ValueError):
        return int(text)
    return text
