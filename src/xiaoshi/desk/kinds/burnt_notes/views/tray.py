"""One tray: photo with masks, the list beside it, the note's own picture beside its reference, and the answer form."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from xiaoshi.desk.cases.views.found import Found, find, frame
from xiaoshi.desk.guard.boundary import Act
from xiaoshi.desk.guard.posting import perform_posted, say_refused, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.acts import hints as hint_acts
from xiaoshi.desk.kinds.burnt_notes.acts import notes as note_acts
from xiaoshi.desk.kinds.burnt_notes.acts import trays as tray_acts
from xiaoshi.desk.kinds.burnt_notes.models import Note, Tray
from xiaoshi.desk.kinds.burnt_notes.shown import ShownNote, answerable, shown_notes
from xiaoshi.desk.kinds.burnt_notes.standing import denominations
from xiaoshi.desk.kinds.burnt_notes.tray_page import (
    choices_of,
    just_answered,
    named_hints,
    pairs_of,
    rows_and_masks,
    sure_ones,
    told_of_photo,
)
from xiaoshi.desk.kinds.burnt_notes.views.trays import step_done, step_open
from xiaoshi.desk.look.templatetags.desk import face_value

# What people write most often as the reason of an answer; the field takes any words.
REASONS_OFTEN = (
    gettext_lazy("Compared with a whole note: the area left is clear"),
    gettext_lazy("Charred part hangs together with the print"),
    gettext_lazy("Piece of another note, counted there"),
    gettext_lazy("The print cannot be made out"),
)


class AnswerForm(forms.Form):
    """One person's answer on one note."""

    verdict = forms.ChoiceField(
        label=gettext_lazy("Verdict"),
        choices=[
            ("full", gettext_lazy("full value")),
            ("half", gettext_lazy("half value")),
            ("none", gettext_lazy("not exchanged")),
        ],
        widget=forms.RadioSelect,
    )
    denomination = forms.TypedChoiceField(
        label=gettext_lazy("Value of the note"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=gettext_lazy("Keys 1 to 9 choose from the top."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason (if you differ, or it is undecided)"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"list": "reasons-often", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        values = [(str(fen), face_value(fen)) for fen in denominations()]
        self.fields["denomination"].choices = [("", _("cannot tell")), *values]  # type: ignore[attr-defined]


def tray_of(found: Found, number: int) -> Tray:
    tray = found.case.trays.filter(number=number).first()
    if tray is None:
        raise Http404
    return tray


@opens_to("signed_in")
def tray(request: HttpRequest, case_id: uuid.UUID, number: int) -> HttpResponse:
    """One tray: photo with masks, list, and the answer form of the chosen note."""
    return _tray_page(request, find(case_id), number, request.GET.get("note", ""))


def _tray_page(
    request: HttpRequest,
    found: Found,
    number: int,
    chosen: str,
    form: AnswerForm | None = None,
    status: int = 200,
) -> HttpResponse:
    tray = tray_of(found, number)
    measurement = tray.measurements.defer("assessment").last()
    notes = tray.notes.filter(current=True).select_related("tray").prefetch_related("judgements")
    shown = shown_notes(list(notes), request.user)  # type: ignore[arg-type]
    current = _current(shown, chosen)
    address = reverse("burnt_notes_tray", args=[found.case.id, number])
    trays = [t for t in found.case.trays.all() if t.state != "withdrawn"]
    place = next((i for i, t in enumerate(trays) if t.number == number), 0)
    deciding = step_open(found, "determine")
    problems, joins = told_of_photo(measurement)
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    pairs = pairs_of(found.case.id, shown)
    context = frame(request, found, "trays") | {
        "tray": tray,
        "measurement": measurement,
        "photo": reverse("burnt_notes_photo", args=[found.case.id, number]),
        "problems": problems,
        "pieces": rows_and_masks(shown, lambda n: f"{address}?note={n}#answer", current, language),
        "shown": shown,
        "current": current,
        "pair": pairs.get(current.note.id) if current else None,
        "form": form or _answer_form(current),
        "answered": sum(not s.may_answer for s in shown),
        "sure": sure_ones(shown),
        "just_answered": just_answered(request.GET.get("done", ""), shown, current),
        "reasons_often": REASONS_OFTEN,
        "values": [(fen, face_value(fen)) for fen in denominations()],
        "hints": named_hints(tray, shown, language),
        "choices": choices_of(joins, shown, pairs, language),
        "unit_name": found.case.unit.name(language),
        "photographing": step_open(found, "photograph"),
        "deciding": deciding,
        "may_tell": (deciding or step_open(found, "photograph")) and tray.state in {"measured", "failed"},
        "determined": step_done(found, "determine"),
        "measuring": tray.state in {"waiting", "measuring"},
        "previous": trays[place - 1].number if place > 0 else None,
        "following": trays[place + 1].number if place + 1 < len(trays) else None,
        "next_open": _next_open(request, found, number) if deciding else None,
    }
    return render(request, "burnt_notes/tray.html", context, status=status)


def _current(shown: list[ShownNote], chosen: str) -> ShownNote | None:
    """The note that was asked for; else the first that this reader may answer; else the first."""
    wanted = _number(chosen)
    asked = next((s for s in shown if s.number == wanted), None)
    return asked or next((s for s in shown if s.may_answer), shown[0] if shown else None)


def _next_open(request: HttpRequest, found: Found, number: int) -> int | None:
    """The tray after this one (round about) on which this reader may answer something."""
    rows = (
        Note.objects.filter(tray__case=found.case, current=True)
        .exclude(tray__number=number)
        .select_related("tray")
        .defer("facts", "reasons")
        .prefetch_related("judgements")
    )
    reader: Any = request.user
    numbers = sorted({n.tray.number for n in rows if answerable(n, reader)})
    return next((n for n in numbers if n > number), numbers[0] if numbers else None)


def _answer_form(current: ShownNote | None) -> AnswerForm:
    """The proposal is filled in where the engine decided; nothing is preselected where it could not tell."""
    if current is None:
        return AnswerForm()
    initial: dict[str, Any] = {"denomination": current.note.denomination_fen}
    if not current.doubtful and current.settled.stage == "first":
        initial["verdict"] = current.note.verdict
    return AnswerForm(initial=initial)


@require_POST
@opens_to("signed_in")
def tray_act(request: HttpRequest, case_id: uuid.UUID, number: int) -> HttpResponse:
    """Whatever is done on a tray's page, by the button that was pressed; then the page again."""
    what = request.POST.get("do", "answer")
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        tray = tray_of(found, number)
        note = tray.notes.filter(current=True, order=_number(request.POST.get("note", ""))).first()
    if what == "answer" and note is not None:
        return _answer(request, case_id, number, note)
    wanted = _wanted(what, request, tray, note)
    if wanted is None:
        raise Http404
    act, fields = wanted
    try:
        perform_posted(request, act, case_id=case_id, **fields)
    except Refused as refused:
        say_refused(request, refused)
    else:
        if what in {"withdraw", "anyway"}:
            return redirect("burnt_notes_trays", case_id)
    chosen = f"?note={note.order}" if what == "take_back" and note is not None else ""
    return redirect(f"{reverse('burnt_notes_tray', args=[case_id, number])}{chosen}#answer")


def _wanted(
    what: str, request: HttpRequest, tray: Tray, note: Note | None
) -> tuple[Act, dict[str, Any]] | None:
    """The act behind a button of the page, and its fields."""
    data, tray_id = request.POST, {"tray_id": str(tray.id)}
    reason = {"reason": data.get("reason", "")}
    denomination = {"denomination_fen": _number(data.get("denomination", "")) or None}
    edition = {"edition": data.get("edition", "")}
    pieces = {"pieces": data.getlist("piece")}
    match what:
        case "take_back" if note is not None:
            return note_acts.take_back_judgement, {"note_id": str(note.id)}
        case "confirm_sure":
            return note_acts.confirm_sure, {**tray_id, "note_ids": data.getlist("sure")}
        case "add":
            return note_acts.add_note, {**tray_id, **denomination, **edition, **reason}
        case "name":
            return hint_acts.name_pieces, {**tray_id, **pieces, **denomination, **edition, **reason}
        case "join":
            return hint_acts.join_pieces, {**tray_id, **pieces, **reason}
        case "apart":
            return hint_acts.keep_apart, {**tray_id, **pieces, **reason}
        case "unhint":
            return hint_acts.take_back_hint, {"hint_id": data.get("hint", ""), **reason}
        case "anyway":
            return tray_acts.use_anyway, tray_id
        case "again":
            return tray_acts.measure_again, tray_id
        case "withdraw":
            return tray_acts.withdraw_tray, {**tray_id, **reason}
    return None


def _answer(request: HttpRequest, case_id: uuid.UUID, number: int, note: Note) -> HttpResponse:
    form = AnswerForm(request.POST)
    status = 422
    if form.is_valid():
        data = form.cleaned_data
        try:
            perform_posted(
                request,
                note_acts.judge_note,
                case_id=case_id,
                note_id=str(note.id),
                verdict=data["verdict"],
                denomination_fen=data["denomination"] or None,
                edition=note.edition,
                reason=data["reason"],
            )
            return redirect(f"{reverse('burnt_notes_tray', args=[case_id, number])}?done={note.order}#answer")
        except Refused as refused:
            where = {"denomination_fen": "denomination"}.get(refused.problem.where, refused.problem.where)
            form.add_error(where if where in form.fields else None, words_of(refused))
            status = refused.status
    with visible_to(request.user):  # type: ignore[arg-type]
        return _tray_page(request, find(case_id), number, str(note.order), form, status)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0


@opens_to("signed_in")
def mine(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The notes of the case that wait for this reader as the second person, or as the one who settles."""
    found = find(case_id)
    reader: Any = request.user
    rows = (
        Note.objects.filter(tray__case=found.case, current=True)
        .select_related("tray")
        .prefetch_related("judgements")
        .order_by("tray__number", "order")
    )
    waiting = shown_notes([n for n in rows if answerable(n, reader, second=True)], reader)
    pairs = pairs_of(found.case.id, waiting)
    shown = [
        {
            "item": item,
            "pair": pairs.get(item.note.id),
            "href": f"{reverse('burnt_notes_tray', args=[found.case.id, item.note.tray.number])}?note={item.number}#answer",
        }
        for item in waiting
    ]
    context = frame(request, found, "trays") | {"rows": shown, "deciding": step_open(found, "determine")}
    return render(request, "burnt_notes/mine.html", context)
