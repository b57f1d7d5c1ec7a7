"""The calendar of a unit as pages, and the page on which a step gets more time. The pages parse and show; the acts decide."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xiaoshi.desk.cases.views.conflict import what_changed
from xiaoshi.desk.cases.views.found import Found, find, frame
from xiaoshi.desk.clocks import calendar_acts, case_acts, forms
from xiaoshi.desk.clocks.calendars import Calendar, calendar_of, line_of
from xiaoshi.desk.clocks.models import CalendarYear, Closure, SwappedDay
from xiaoshi.desk.clocks.running import read_clocks
from xiaoshi.desk.clocks.words import DAYS, UNIT_WORDS, day_words, term_words
from xiaoshi.desk.clocks.year import name_of, year_of
from xiaoshi.desk.guard.boundary import Act
from xiaoshi.desk.guard.posting import new_key, perform_posted, words_of
from xiaoshi.desk.guard.refusals import Refused, Stale
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.organisation.models import Staff, Unit

UNITS_SHOWN = 200
CLOSURES_SHOWN = 100
KEEPERS = tuple(sorted(calendar_acts.KEEPS_CALENDAR))


def _unit_of(request: HttpRequest) -> Unit:
    """The unit in the address, one's own when none is; 404 for one outside one's own line."""
    person: Staff = request.user  # type: ignore[assignment]
    path = request.GET.get("unit", "") or person.unit.path
    found = Unit.objects.filter(path=path).first() if len(path) <= 200 and "\0" not in path else None
    own_line = found is not None and (
        found.path.startswith(person.unit.path) or person.unit.path.startswith(found.path)
    )
    if found is None or not own_line:
        raise Http404("no_such_unit")
    return found


def _year_of(request: HttpRequest, calendar: Calendar) -> int:
    text = request.GET.get("year", "")
    this_year = timezone.now().astimezone(calendar.outlet.zone).year
    return int(text) if text.isdecimal() and len(text) == 4 and 2000 <= int(text) <= 2200 else this_year


@require_safe
@opens_to("signed_in")
def calendar(request: HttpRequest) -> HttpResponse:
    """A unit's hours, its year month by month, and its closures."""
    person: Staff = request.user  # type: ignore[assignment]
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    with visible_to(person):
        unit = _unit_of(request)
        shown = calendar_of(unit.path)
        year = _year_of(request, shown)
        swapped = list(SwappedDay.objects.filter(day__year=year).order_by("day"))
        notice = CalendarYear.objects.filter(year=year).first()
        closures = list(
            Closure.objects.filter(unit__path__in=line_of(unit.path))
            .select_related("unit")
            .order_by("-id")[: CLOSURES_SHOWN + 1]
        )
        source = Unit.objects.filter(path=shown.hours_from).first() if shown.hours_from else None
        below = list(Unit.objects.filter(path__startswith=person.unit.path).order_by("path")[:UNITS_SHOWN])
    months = year_of(shown, year, swapped)
    below_own = unit.path.startswith(person.unit.path)
    context = {
        "section": "clocks",
        "unit": unit,
        "unit_name": unit.name(language),
        "units": [(u.path, u.name(language)) for u in below],
        "year": year,
        "years": [year - 1, year, year + 1],
        "hours": [(DAYS[i].in_language(language), day_words(p)) for i, p in enumerate(shown.outlet.week)],
        "zone": str(shown.outlet.zone),
        "hours_from": source.name(language) if source and source != unit else "",
        "own_hours": source == unit,
        "default_hours": source is None,
        "months": [
            {"name": name_of(m.number, language), "days": m.days, "off": m.off, "worked": m.worked}
            for m in months
        ],
        "total": sum(m.days for m in months),
        "notice": notice,
        "closures": [_closure(c, unit, language) for c in closures[:CLOSURES_SHOWN]],
        "more_closures": len(closures) > CLOSURES_SHOWN,
        "may_keep": below_own and bool(calendar_acts.KEEPS_CALENDAR & set(person.roles)),
        "may_announce": person.unit.level == "province" and bool(calendar_acts.ANNOUNCES & set(person.roles)),
        "key": new_key(),
    }
    return render(request, "clocks/calendar.html", context)


def _closure(row: Closure, unit: Unit, language: str) -> dict[str, Any]:
    return {
        "row": row,
        "whose": row.unit.name(language),
        "inherited": row.unit_id != unit.id,
        "one_day": row.first is not None and row.first == row.last,
    }


def _back(unit: Unit) -> str:
    return f"{reverse('clocks')}?unit={unit.path}"


def _do(
    request: HttpRequest, form: django_forms.Form, act: Act, said: str, unit: Unit, **fields: Any
) -> HttpResponse | None:
    """The act with the form's fields: the way back when it was done, None when its refusal stands on the form."""
    try:
        perform_posted(request, act, **fields)
    except Refused as refused:
        where = refused.problem.where.strip("/").split("/")
        at = next((name for name in reversed(where) if name in form.fields), None)
        form.add_error(at, words_of(refused))
        return None
    messages.success(request, said, "ok")
    return redirect(_back(unit))


def _page(
    request: HttpRequest, form: django_forms.Form, title: str, unit: Unit, effect: str = "", button: str = ""
) -> HttpResponse:
    context = {
        "section": "clocks",
        "form": form,
        "title": title,
        "effect": effect,
        "button": button or title,
        "unit_name": unit.name(request.LANGUAGE_CODE),  # type: ignore[attr-defined]
        "back": _back(unit),
        "key": request.POST.get("key") or new_key(),
    }
    return render(request, "clocks/form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@opens_to(*KEEPERS)
def hours(request: HttpRequest) -> HttpResponse:
    """The plain week of a unit; with the button `inherit`, those of the unit above."""
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    with visible_to(request.user):  # type: ignore[arg-type]
        unit = _unit_of(request)
        shown = calendar_of(unit.path)
    initial = {day: ",".join("-".join(pair) for pair in pairs) for day, pairs in shown.periods.items()}
    form = forms.HoursForm(
        request.POST or None, initial={**initial, "zone": str(shown.outlet.zone)}, language=language
    )
    if request.method == "POST" and form.is_valid():
        done = _do(
            request,
            form,
            calendar_acts.set_hours,
            _("The hours were saved; running time limits follow."),
            unit,
            periods=form.periods(),
            zone=form.cleaned_data["zone"],
            unit_path=unit.path,
        )
        if done is not None:
            return done
    effect = _("They hold for this unit and all below it that have no hours of their own.")
    return _page(request, form, _("Opening hours"), unit, effect, _("Save the hours"))


@require_http_methods(["GET", "POST"])
@opens_to(*KEEPERS)
def inherit(request: HttpRequest) -> HttpResponse:
    """Give up own hours."""
    with visible_to(request.user):  # type: ignore[arg-type]
        unit = _unit_of(request)
    form = django_forms.Form(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = _("The hours of the unit above hold again.")
        done = _do(request, form, calendar_acts.inherit_hours, said, unit, unit_path=unit.path)
        if done is not None:
            return done
    effect = _("The unit's own hours are given up; those of the unit above hold.")
    return _page(request, form, _("Take the hours of the unit above"), unit, effect)


@require_http_methods(["GET", "POST"])
@opens_to(*KEEPERS)
def close(request: HttpRequest) -> HttpResponse:
    """A one-off closure."""
    with visible_to(request.user):  # type: ignore[arg-type]
        unit = _unit_of(request)
    form = forms.ClosureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = _do(
            request,
            form,
            calendar_acts.close_outlet,
            _("The closure was entered; running time limits follow."),
            unit,
            closed=form.closed(),
            reason=form.cleaned_data["reason"],
            unit_path=unit.path,
        )
        if done is not None:
            return done
    effect = _("Time limits do not run and nobody is reminded while the outlet is closed.")
    return _page(request, form, _("Enter a closure"), unit, effect)


@require_http_methods(["GET", "POST"])
@opens_to(*KEEPERS)
def withdraw(request: HttpRequest, closure: int) -> HttpResponse:
    """The outlet opens after all."""
    with visible_to(request.user):  # type: ignore[arg-type]
        row = Closure.objects.select_related("unit").filter(id=closure).first()
    if row is None:
        raise Http404("no_such_closure")
    form = forms.WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = _do(
            request,
            form,
            calendar_acts.withdraw_closure,
            _("The closure was withdrawn."),
            row.unit,
            closure=closure,
            reason=form.cleaned_data["reason"],
        )
        if done is not None:
            return done
    return _page(request, form, _("Withdraw the closure"), row.unit, row.reason)


@require_http_methods(["GET", "POST"])
@opens_to(*sorted(calendar_acts.ANNOUNCES))
def announce(request: HttpRequest) -> HttpResponse:
    """The yearly notice of public holidays and swapped workdays."""
    person: Staff = request.user  # type: ignore[assignment]
    form = forms.NoticeForm(request.POST or None, initial={"year": timezone.now().year + 1})
    if request.method == "POST" and form.is_valid():
        done = _do(
            request,
            form,
            calendar_acts.announce_year,
            _("The notice was entered; running time limits follow."),
            person.unit,
            year=form.cleaned_data["year"],
            source=form.cleaned_data["source"],
            days=form.cleaned_data["days"],
        )
        if done is not None:
            return done
    effect = _("It holds for the whole bank and replaces what was known of the year.")
    return _page(request, form, _("Enter the yearly notice"), person.unit, effect)


# ---- more time for a step -------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@opens_to(*sorted(case_acts.EXTENDS))
def extend(request: HttpRequest, case_id: uuid.UUID, step: str) -> HttpResponse:
    """More time, with reason and authority. What was typed stays when the act is refused."""
    form = forms.ExtendForm(request.POST or None)
    stale: Stale | None = None
    if request.method == "POST" and form.is_valid():
        with visible_to(request.user):  # type: ignore[arg-type]
            find(case_id)
        try:
            perform_posted(request, case_acts.extend_clock, case_id=case_id, step=step, **form.cleaned_data)
            messages.success(request, _("The time limit was extended."), "ok")
            return redirect("case", case_id)
        except Refused as refused:
            stale = refused if isinstance(refused, Stale) else None
            where = refused.problem.where if refused.problem.where in form.fields else None
            form.add_error(where, words_of(refused))
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        context = frame(request, found, "overview") | _limit(found, step) | {"form": form}
        context["changes"] = what_changed(found.case, stale.details["expected_version"]) if stale else []
        return render(request, "clocks/extend.html", context, status=422 if form.errors else 200)


def _limit(found: Found, step: str) -> dict[str, Any]:
    """What runs now: the step's title, its limit in words, when it is due. 404 when the plan has no such step."""
    if step not in found.plan.steps:
        raise Http404("no_such_step")
    _version, clocks = read_clocks(found.case)
    clock = next((c for c in clocks if c.step == step and c.ended_at is None), None)
    return {
        "title": found.plan.steps[step].title,
        "clock": clock,
        "term": term_words(clock.unit, clock.amount) if clock else None,
        "unit_words": UNIT_WORDS[clock.unit] if clock else None,
        "now": timezone.now(),
    }
