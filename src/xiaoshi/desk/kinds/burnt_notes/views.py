"""D5: the trays of a case, one tray with its masks and the list beside it, and the mat to print."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from xiaoshi.core.casework.standing import Standing
from xiaoshi.desk.cases.views.found import Found, find, frame
from xiaoshi.desk.guard.posting import perform_posted, say_refused, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.acts import notes as note_acts
from xiaoshi.desk.kinds.burnt_notes.acts import trays as tray_acts
from xiaoshi.desk.kinds.burnt_notes.models import Tray
from xiaoshi.desk.kinds.burnt_notes.reason_words import short_reason
from xiaoshi.desk.kinds.burnt_notes.shown import ShownNote, pieces_of, shown_notes
from xiaoshi.desk.kinds.burnt_notes.standing import denominations, tin_of
from xiaoshi.desk.kinds.burnt_notes.upright import without_turning
from xiaoshi.desk.look.templatetags.desk import face_value
from xiaoshi.desk.look.tray import TrayPiece
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers.keeping import content_of

# What people write most often as the reason of an answer; the field takes any words.
REASONS_OFTEN = (
    gettext_lazy("Compared with a whole note: the area left is clear"),
    gettext_lazy("Charred part hangs together with the print"),
    gettext_lazy("Piece of another note, counted there"),
    gettext_lazy("The print cannot be made out"),
)
STATES = {
    "waiting": (gettext_lazy("waits to be measured"), "waiting"),
    "measuring": (gettext_lazy("being measured"), "info"),
    "measured": (gettext_lazy("measured"), "ok"),
    "failed": (gettext_lazy("nothing measured"), "error"),
    "withdrawn": (gettext_lazy("taken out"), "none"),
}


class PhotoForm(forms.Form):
    photo = forms.FileField(
        label=gettext_lazy("Photo of one tray"),
        help_text=gettext_lazy("Whole mat in the picture, sharp, even light. JPEG or PNG."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png", "capture": "environment"}),
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


def _trays_context(request: HttpRequest, found: Found) -> dict[str, Any]:
    rows = []
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    added_by = set(found.case.trays.values_list("added_by", flat=True))
    names = {s.login: s.name(language) for s in Staff.objects.filter(login__in=added_by)}
    for tray in found.case.trays.prefetch_related("measurements").all():
        words, state = STATES[tray.state]
        last = tray.measurements.last()
        rows.append(
            {
                "tray": tray,
                "state": state,
                "word": words,
                "who": names.get(tray.added_by, tray.added_by),
                "notes": tray.notes.filter(current=True).count(),
                "doubtful": tray.notes.filter(current=True, verdict="undecided").count(),
                "problems": last.assessment.get("problems", []) if last else [],
                "href": reverse("burnt_notes_tray", args=[found.case.id, tray.number]),
            }
        )
    measuring = [r for r in rows if r["tray"].state in {"waiting", "measuring"}]
    counted = [r for r in rows if r["tray"].state != "withdrawn"]
    open_step = Standing(found.plan, found.state).hindrances(found.plan.steps["photograph"]) == ()
    deciding = Standing(found.plan, found.state).hindrances(found.plan.steps["determine"]) == ()
    return frame(request, found, "trays") | {
        "rows": rows,
        "measuring": len(measuring),
        "measured": len(counted) - len(measuring),
        "all": len(counted),
        "photographing": open_step,
        "deciding": deciding,
        "determined": _is_done(found, "determine"),
        "first_open": _first_open(found, request.user) if deciding else "",  # type: ignore[arg-type]
        "tin": tin_of(found.case),
    }


def _is_done(found: Found, step: str) -> bool:
    own = found.state.steps.get(step)
    return own is not None and own.phase in {"done", "skipped"}


def _first_open(found: Found, reader: Staff) -> str:
    """The address of the first tray with a note that this reader may still answer; the first tray when there is none."""
    address = ""
    for tray in found.case.trays.exclude(state="withdrawn"):
        address = address or reverse("burnt_notes_tray", args=[found.case.id, tray.number])
        notes = (
            tray.notes.filter(current=True)
            .select_related("tray", "measurement")
            .prefetch_related("judgements")
        )
        if any(s.may_answer for s in shown_notes(list(notes), reader)):
            return reverse("burnt_notes_tray", args=[found.case.id, tray.number])
    return address


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def trays(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """All trays, a form for the next photo, and how far the measuring is (3 of 8)."""
    if request.method == "GET":
        context = _trays_context(request, find(case_id)) | {"form": PhotoForm()}
        if request.headers.get("HX-Request") == "true":
            return render(request, "burnt_notes/_tray_rows.html", context)
        return render(request, "burnt_notes/trays.html", context)
    form = PhotoForm(request.POST, request.FILES)
    status = 422
    if form.is_valid():
        upload = form.cleaned_data["photo"]
        try:
            outcome = perform_posted(
                request, tray_acts.add_tray, case_id=case_id, name=upload.name, content=upload.read()
            )
            messages.success(request, _("The photo is kept and is being measured."), "ok")
            return redirect("burnt_notes_trays", outcome.case_id)
        except Refused as refused:
            form.add_error("photo" if refused.problem.where in {"file", "photo"} else None, words_of(refused))
            status = refused.status
    with visible_to(request.user):  # type: ignore[arg-type]
        context = _trays_context(request, find(case_id)) | {"form": form}
        return render(request, "burnt_notes/trays.html", context, status=status)


def _tray(found: Found, number: int) -> Tray:
    tray = found.case.trays.filter(number=number).first()
    if tray is None:
        raise Http404
    return tray


@opens_to("signed_in")
def tray(request: HttpRequest, case_id: uuid.UUID, number: int) -> HttpResponse:
    """One tray: photo with masks, list, and the answer form of the chosen note."""
    found = find(case_id)
    return _tray_page(request, found, number, request.GET.get("note", ""))


def _tray_page(
    request: HttpRequest,
    found: Found,
    number: int,
    chosen: str,
    form: AnswerForm | None = None,
    status: int = 200,
) -> HttpResponse:
    tray = _tray(found, number)
    measurement = tray.measurements.last()
    notes = (
        tray.notes.filter(current=True).select_related("tray", "measurement").prefetch_related("judgements")
    )
    shown = shown_notes(list(notes), request.user)  # type: ignore[arg-type]
    wanted = int(chosen) if chosen.isdecimal() and len(chosen) < 6 else 0
    current = next((s for s in shown if s.number == wanted), None)
    current = current or next((s for s in shown if s.may_answer), shown[0] if shown else None)
    address = reverse("burnt_notes_tray", args=[found.case.id, number])
    pieces = (
        _one_row_a_note(
            pieces_of(
                measurement, shown, lambda n: f"{address}?note={n}#answer", current.number if current else 0
            ),
            shown,
            request.LANGUAGE_CODE,  # type: ignore[attr-defined]
        )
        if measurement
        else []
    )
    trays = [t for t in found.case.trays.all() if t.state != "withdrawn"]
    place = next((i for i, t in enumerate(trays) if t.number == number), 0)
    context = _trays_context(request, found) | {
        "tray": tray,
        "measurement": measurement,
        "photo": reverse("burnt_notes_photo", args=[found.case.id, number]),
        "problems": measurement.assessment.get("problems", []) if measurement else [],
        "pieces": pieces,
        "shown": shown,
        "current": current,
        "form": form or _answer_form(current),
        "answered": sum(not s.may_answer for s in shown),
        "just_answered": _just_answered(request, shown, current),
        "reasons_often": REASONS_OFTEN,
        "values": [(fen, f"{fen / 100:g}") for fen in denominations()],
        "unit_name": found.case.unit.name(request.LANGUAGE_CODE),  # type: ignore[attr-defined]
        "may_confirm_all": bool(shown) and all(s.settled.stage == "first" and not s.doubtful for s in shown),
        "previous": trays[place - 1].number if place > 0 else None,
        "following": trays[place + 1].number if place + 1 < len(trays) else None,
    }
    return render(request, "burnt_notes/tray.html", context, status=status)


def _one_row_a_note(pieces: list[TrayPiece], shown: Sequence[ShownNote], language: str) -> list[TrayPiece]:
    """A note in several pieces has a mask for each and one row; the row tells the deciding reason in a few words."""
    reasons = {s.number: short_reason(s.note.reasons, language) for s in shown}
    seen: set[int] = set()
    told = []
    for piece in pieces:
        first = piece.number not in seen
        told.append(
            replace(
                piece, rule=reasons.get(piece.number, ""), area=piece.area.replace(" %", "%"), listed=first
            )
        )
        seen.add(piece.number)
    return told


def _just_answered(
    request: HttpRequest, shown: Sequence[ShownNote], current: ShownNote | None
) -> ShownNote | None:
    """The note that this reader answered a moment ago, while the answer can be taken back (key u)."""
    done = request.GET.get("done", "")
    last = next((s for s in shown if str(s.number) == done), None)
    if last is None or last.my_answer is None or last.settled.stage == "third" or last is current:
        return None
    return last


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
    """Confirm, override, take back, confirm all, measure again, take the tray out: by the button that was pressed."""
    what = request.POST.get("do", "answer")
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        tray = _tray(found, number)
        note = tray.notes.filter(current=True, order=_number(request.POST.get("note", ""))).first()
    chosen = f"?note={note.order}" if what == "take_back" and note is not None else ""
    back = redirect(f"{reverse('burnt_notes_tray', args=[case_id, number])}{chosen}#answer")
    if what == "answer" and note is not None:
        return _answer(request, case_id, number, note)
    try:
        match what:
            case "take_back" if note is not None:
                perform_posted(request, note_acts.take_back_judgement, case_id=case_id, note_id=str(note.id))
            case "confirm_all":
                perform_posted(request, note_acts.confirm_tray, case_id=case_id, tray_id=str(tray.id))
            case "add":
                data = request.POST
                perform_posted(
                    request,
                    note_acts.add_note,
                    case_id=case_id,
                    tray_id=str(tray.id),
                    denomination_fen=_number(data.get("denomination", "")) or None,
                    edition=data.get("edition", ""),
                    reason=data.get("reason", ""),
                )
            case "again":
                perform_posted(request, tray_acts.measure_again, case_id=case_id, tray_id=str(tray.id))
            case "withdraw":
                reason = request.POST.get("reason", "")
                perform_posted(
                    request, tray_acts.withdraw_tray, case_id=case_id, tray_id=str(tray.id), reason=reason
                )
                return redirect("burnt_notes_trays", case_id)
            case _:
                raise Http404
    except Refused as refused:
        say_refused(request, refused)
    return back


def _answer(request: HttpRequest, case_id: uuid.UUID, number: int, note: Any) -> HttpResponse:
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
def photo(request: HttpRequest, case_id: uuid.UUID, number: int) -> HttpResponse:
    """The tray's photo as it was taken."""
    tray = _tray(find(case_id), number)
    response = HttpResponse(without_turning(content_of(tray.photo)), content_type=tray.photo.content_type)
    response["Cache-Control"] = "private, max-age=3600"
    return response


@opens_to("signed_in")
def mat(request: HttpRequest, case_id: uuid.UUID, size: str) -> HttpResponse:
    """The tray mat to print, true to scale."""
    from xiaoshi.commands.notes import mat_pdf
    from xiaoshi.core.notes.mat import mat_spec

    find(case_id)
    if size not in {"A4", "A3", "A2"}:
        raise Http404
    response = HttpResponse(mat_pdf(mat_spec(size)), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="mat-{size}.pdf"'
    return response
