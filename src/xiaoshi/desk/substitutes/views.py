"""Who stands in for whom: current and coming, arranging and ending."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from xiaoshi.core.casework.roles import READS_ONLY, words_of_roles
from xiaoshi.core.problems import Words
from xiaoshi.desk.guard.posting import new_key, perform_posted, say_refused, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.standing_in import bank_day, bank_moment
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds import KINDS, all_kinds, kind_named
from xiaoshi.desk.look.fields import DatePartsField
from xiaoshi.desk.look.language import said
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.substitutes.acts import MAY_ARRANGE, arrange, end
from xiaoshi.desk.substitutes.asking import agree, decline, rule_on, set_rule
from xiaoshi.desk.substitutes.models import Substitution

PAGE = 50
PEOPLE_MAX = 60


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class ArrangeForm(forms.Form):
    """Who is away, who stands in, from when to when, for what."""

    absent = forms.ChoiceField()
    substitute = forms.ChoiceField(widget=forms.RadioSelect)
    first_day = DatePartsField()
    from_time = forms.TimeField(required=False, widget=_clock())
    last_day = DatePartsField()
    until_time = forms.TimeField(required=False, widget=_clock())
    kinds = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(max_length=500)
    ask = forms.TypedChoiceField(coerce=lambda value: value == "yes", widget=forms.RadioSelect, initial="yes")

    def __init__(self, data: Any, person: Staff, who: str, absent: str) -> None:
        super().__init__(data)
        of_unit = (
            Staff.objects.select_related("unit").filter(is_active=True).exclude(roles__contains=[READS_ONLY])
        )
        heads = bool(MAY_ARRANGE & set(person.roles))
        mine = (
            of_unit.filter(unit__path__startswith=person.unit.path)
            if heads
            else of_unit.filter(login=person.login)
        )
        away = list(mine.order_by("-unit__path", "name_zh")[:PEOPLE_MAX])
        if person.login not in {p.login for p in away}:
            away.insert(0, person)
        chosen = next((p for p in away if p.login == absent), person)
        there = _standing_in(of_unit, chosen, who)
        self.fields["absent"].label = _("Who is away")
        self.fields["absent"].choices = [(p.login, _label(p)) for p in away]  # type: ignore[attr-defined]
        self.fields["absent"].initial = person.login
        self.fields["substitute"].label = _("Who stands in")
        self.fields["substitute"].choices = [(p.login, _label(p)) for p in there]  # type: ignore[attr-defined]
        self.fields["first_day"].label = _("First day")
        self.fields["last_day"].label = _("Last day")
        self.fields["from_time"].label = _("From what time on the first day")
        self.fields["until_time"].label = _("Until what time on the last day")
        for name in ("from_time", "until_time"):
            self.fields[name].help_text = _("Leave it empty for the whole day.")
        self.fields["kinds"].label = _("Only for these matters (none chosen: for all)")
        self.fields["kinds"].choices = [(k.name, said(k.words)) for k in all_kinds()]  # type: ignore[attr-defined]
        self.fields["reason"].label = _("Reason")
        rule = rule_on(bank_day(timezone.now()))
        if heads and rule is not None and rule.heads_may_name:
            self.fields["ask"].label = _("Is the substitute asked?")
            self.fields["ask"].choices = [  # type: ignore[attr-defined]
                ("yes", _("Yes: it holds once he or she agrees")),
                ("no", _("No: named without asking, by the bank's rule")),
            ]
        else:
            del self.fields["ask"]


def _standing_in(people: Any, absent: Staff, who: str) -> list[Staff]:
    """The absent person's own unit first, then the others of the same posts; searched by name or place."""
    found = people.exclude(login=absent.login).filter(roles__overlap=absent.roles)
    for word in who.replace("\x00", "")[:60].split():
        by_name = found.filter(name_zh__icontains=word) | found.filter(name_en__icontains=word)
        found = (
            by_name
            | found.filter(unit__name_zh__icontains=word)
            | found.filter(unit__name_en__icontains=word)
        )
    if not who.strip():
        parent = absent.unit.path.rstrip("/").rpartition("/")[0]
        found = found.filter(unit__path__startswith=f"{parent}/" if parent else absent.unit.path)
    rows = list(found.distinct()[: PEOPLE_MAX * 4])
    rows.sort(key=lambda p: (p.unit_id != absent.unit_id, p.unit.path, p.name_zh))
    return rows[:PEOPLE_MAX]


def _label(person: Staff) -> str:
    roles = words_of_roles(tuple(person.roles))
    return said(
        Words(
            f"{person.name_zh} · {roles.zh} · {person.unit.name_zh}",
            f"{person.name_en} · {roles.en} · {person.unit.name_en}",
        )
    )


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def substitutes(request: HttpRequest) -> HttpResponse:
    """Current and coming arrangements of one's own line, and the form for a new one."""
    person: Staff = request.user  # type: ignore[assignment]
    searching = "find" in request.POST
    sending = request.method == "POST" and not searching
    who, absent = request.POST.get("who", ""), request.POST.get("absent", "")
    with visible_to(person):
        form = ArrangeForm(request.POST if sending else None, person, who, absent)
        if searching:
            for name, field in form.fields.items():
                form.initial[name] = field.widget.value_from_datadict(request.POST, {}, name)
        valid = sending and form.is_valid()
    status = 422 if sending and not valid else 200
    if valid:
        fields = dict(form.cleaned_data)
        days = {name: fields[name].isoformat() for name in ("first_day", "last_day")}
        days |= {n: f"{fields[n]:%H:%M}" if fields[n] else "" for n in ("from_time", "until_time")}
        try:
            perform_posted(request, arrange, **{**fields, **days})
            messages.success(request, _("Saved."), "ok")
            return redirect("substitutes")
        except Refused as refused:
            where = refused.problem.where if refused.problem.where in form.fields else None
            form.add_error(where, words_of(refused))
            status = refused.status
    with visible_to(person):
        context = {
            "section": "substitutes",
            "form": form,
            "who": who,
            "key": request.POST.get("key") or new_key(),
            "rows": _rows(person),
            "rule": rule_on(bank_day(timezone.now())),
            "may_set_rule": "people_keeper" in person.roles and person.unit.level == "province",
            "today": bank_day(timezone.now()),
            "may_arrange": READS_ONLY not in person.roles,
        }
        return render(request, "substitutes/substitutes.html", context, status=status)


def _rows(person: Staff) -> list[dict[str, Any]]:
    """Arrangements that hold or are to come, the nearest first; two queries."""
    now, today = bank_moment(timezone.now()), bank_day(timezone.now())
    coming = Substitution.objects.filter(ended_at=None, last_day__gte=today).order_by("first_day", "id")
    rows = [row for row in coming[:PAGE] if row.as_value().end > now]
    logins = {login for row in rows for login in (row.absent, row.substitute)}
    names = {s.login: Words(s.name_zh, s.name_en) for s in Staff.objects.filter(login__in=logins)}
    heads = bool(MAY_ARRANGE & set(person.roles))
    return [
        {
            "row": row,
            "absent": names[row.absent],
            "substitute": names[row.substitute],
            "now": row.as_value().begin <= now and row.agreement != "asked",
            "answers": row.agreement == "asked" and person.login == row.substitute,
            "kinds": [kind_named(kind).words for kind in row.kinds if kind in KINDS],
            "may_end": person.login in {row.absent, row.substitute}
            or (heads and row.absent_path.startswith(person.unit.path)),
            # Why somebody is away is for the two and for heads.
            "reason": row.reason if heads or person.login in {row.absent, row.substitute} else "",
        }
        for row in rows
    ]


@require_POST
@opens_to("signed_in")
def answer_one(request: HttpRequest, arrangement: int) -> HttpResponse:
    """Agree to stand in, or decline with a reason."""
    try:
        if request.POST.get("do") == "agree":
            perform_posted(request, agree, arrangement=arrangement)
        else:
            perform_posted(
                request, decline, arrangement=arrangement, reason=request.POST.get("reason", "")[:500]
            )
        messages.success(request, _("Saved."), "ok")
    except Refused as refused:
        say_refused(request, refused)
    return redirect("substitutes")


@require_POST
@opens_to("signed_in")
def rule(request: HttpRequest) -> HttpResponse:
    """The bank's rule whether heads may name without asking."""
    try:
        perform_posted(
            request,
            set_rule,
            from_day=request.POST.get("from_day", ""),
            heads_may_name=request.POST.get("heads_may_name") == "yes",
            source=request.POST.get("source", ""),
        )
        messages.success(request, _("Saved."), "ok")
    except Refused as refused:
        say_refused(request, refused)
    return redirect("substitutes")


@require_POST
@opens_to("signed_in")
def end_one(request: HttpRequest, arrangement: int) -> HttpResponse:
    """End an arrangement now."""
    try:
        perform_posted(request, end, arrangement=arrangement, reason=request.POST.get("reason", "")[:500])
        messages.success(request, _("Saved."), "ok")
    except Refused as refused:
        say_refused(request, refused)
    return redirect("substitutes")
