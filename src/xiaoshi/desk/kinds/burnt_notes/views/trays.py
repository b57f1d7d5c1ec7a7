"""All trays of a case: photographing, how far the measuring is, the tin so far."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models.fields.json import KeyTransform
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from xiaoshi.core.casework.standing import Standing
from xiaoshi.desk.cases.views.found import Found, find, frame
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.posting import perform_posted, say_refused, version_of, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.acts import measured as _measured  # noqa: F401  an act of the API too
from xiaoshi.desk.kinds.burnt_notes.acts import trays as tray_acts
from xiaoshi.desk.kinds.burnt_notes.acts.report import issue_tin_report
from xiaoshi.desk.kinds.burnt_notes.acts.trays import is_ident
from xiaoshi.desk.kinds.burnt_notes.judging import judge
from xiaoshi.desk.kinds.burnt_notes.models import Measurement, Note
from xiaoshi.desk.kinds.burnt_notes.numbers import register_of
from xiaoshi.desk.kinds.burnt_notes.photo_files import PhotoForm, look_at_photo
from xiaoshi.desk.kinds.burnt_notes.shown import answerable
from xiaoshi.desk.kinds.burnt_notes.standing import current_notes, tin_from
from xiaoshi.desk.money.standing import sums_hidden
from xiaoshi.desk.organisation.models import Staff

STATES = {
    "waiting": (gettext_lazy("waits to be measured"), "waiting"),
    "measuring": (gettext_lazy("being measured"), "info"),
    "measured": (gettext_lazy("measured"), "ok"),
    "failed": (gettext_lazy("nothing measured"), "error"),
    "held": (gettext_lazy("photo in doubt"), "doubt"),
    "withdrawn": (gettext_lazy("taken out"), "none"),
}


def step_open(found: Found, step: str) -> bool:
    """Whether this step has its turn."""
    return Standing(found.plan, found.state).hindrances(found.plan.steps[step]) == ()


def step_done(found: Found, step: str) -> bool:
    own = found.state.steps.get(step)
    return own is not None and own.phase in {"done", "skipped"}


def trays_context(request: HttpRequest, found: Found) -> dict[str, Any]:
    """What the page of all trays shows. The number of queries does not grow with trays or notes."""
    reader: Staff = request.user  # type: ignore[assignment]
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    trays = list(found.case.trays.all())
    notes = current_notes(found.case)
    names = {s.login: s.name(language) for s in Staff.objects.filter(login__in={t.added_by for t in trays})}
    problems = _problems(found)
    of_tray: dict[uuid.UUID, list[Note]] = {}
    for note in notes:
        of_tray.setdefault(note.tray_id, []).append(note)
    rows = []
    for tray in trays:
        words, state = STATES[tray.state]
        own = of_tray.get(tray.id, [])
        rows.append(
            {
                "tray": tray,
                "state": state,
                "word": words,
                "who": names.get(tray.added_by, tray.added_by),
                "notes": len(own),
                "doubtful": sum(note.verdict == "undecided" for note in own),
                "to_answer": sum(answerable(note, reader) for note in own),
                "problems": problems.get(tray.id, []) if tray.state != "withdrawn" else [],
                "findings": tray.findings if tray.state != "withdrawn" else [],
                "href": reverse("burnt_notes_tray", args=[found.case.id, tray.number]),
            }
        )
    measuring = [r for r in rows if r["tray"].state in {"waiting", "measuring"}]
    counted = [r for r in rows if r["tray"].state not in {"withdrawn", "held"}]
    deciding = step_open(found, "determine")
    return frame(request, found, "trays") | {
        "rows": rows,
        "measuring": len(measuring),
        "measured": len(counted) - len(measuring),
        "all": len(counted),
        "held": [r["tray"] for r in rows if r["tray"].state == "held"],
        "photographing": step_open(found, "photograph"),
        "deciding": deciding,
        "determined": step_done(found, "determine"),
        "first_open": next((r["href"] for r in rows if r["to_answer"]), "") if deciding else "",
        "for_me": sum(answerable(note, reader, second=True) for note in notes) if deciding else 0,
        "rechecked": step_done(found, "recheck"),
        "sums_hidden": sums_hidden(found.case, reader),
        "tin": tin_from(notes),
        "numbers": register_of(found.case),
    }


def _problems(found: Found) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """What the newest measurement of each tray says about its photo."""
    newest = (
        Measurement.objects.filter(tray__case=found.case)
        .order_by("tray_id", "-at", "-id")
        .distinct("tray_id")
        .annotate(told=KeyTransform("problems", "assessment"))
        .values_list("tray_id", "told")
    )
    return {tray_id: told or [] for tray_id, told in newest}


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def trays(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """All trays, a form for the next photos, and how far the measuring is (3 of 8)."""
    if request.method == "POST":
        return _photos(request, case_id)
    found = find(case_id)
    context = trays_context(request, found) | {"form": PhotoForm()}
    part = request.headers.get("HX-Request") == "true"
    return render(request, "burnt_notes/_tray_rows.html" if part else "burnt_notes/trays.html", context)


def _photos(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Each photo becomes a tray; one with something wrong waits there for "use it anyway" or "take it out"."""
    if request.POST.get("do") == "use_all":
        return _use_all(request, case_id)
    form = PhotoForm(request.POST, request.FILES)
    status = 422
    with visible_to(request.user):  # type: ignore[arg-type]
        find(case_id)
    if form.is_valid():
        kept, refused = _take(request, case_id, form.cleaned_data["photo"])
        if kept:
            words = ngettext(
                "%(n)d photo is kept and is being measured.",
                "%(n)d photos are kept and are being measured.",
                kept,
            )
            messages.success(request, words % {"n": kept}, "ok")
        if not refused:
            return redirect("burnt_notes_trays", case_id)
        for told, answer in refused:
            form.add_error("photo", told)
            status = answer
    with visible_to(request.user):  # type: ignore[arg-type]
        context = trays_context(request, find(case_id)) | {"form": form}
        return render(request, "burnt_notes/trays.html", context, status=status)


def _use_all(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Use every doubtful photo that the page showed: one act for each, on the version that the one before it left."""
    with visible_to(request.user):  # type: ignore[arg-type]
        held = list(find(case_id).case.trays.filter(state="held", id__in=_idents(request)))
    version = version_of(request)
    try:
        for tray in held:
            version = perform(
                tray_acts.use_anyway,
                request.user,  # type: ignore[arg-type]
                f"{request.POST.get('key', '')}/{tray.number}",
                case_id=case_id,
                expected_version=version,
                channel="counter",
                tray_id=str(tray.id),
            ).version
    except Refused as refused:
        say_refused(request, refused)
    return redirect("burnt_notes_trays", case_id)


def _idents(request: HttpRequest) -> list[str]:
    return [ident for ident in request.POST.getlist("held") if is_ident(ident)]


def _take(
    request: HttpRequest, case_id: uuid.UUID, uploads: Sequence[UploadedFile]
) -> tuple[int, list[tuple[str, int]]]:
    """How many became trays, and in words (with a status) why the others did not.

    Several photos of one form are several acts: each has a key of its own, and stands on the version that the one
    before it left. A photo that was judged before it was sent (`judged` in the form) is not judged again.
    """
    key, version = request.POST.get("key", ""), version_of(request)
    anyway = request.POST.get("anyway") == "yes"
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    kept = 0
    refused: list[tuple[str, int]] = []
    for number, upload in enumerate(uploads):
        name = upload.name or "photo"
        named = (
            f"{name}：" if len(uploads) > 1 and language != "en" else f"{name}: " if len(uploads) > 1 else ""
        )
        content = upload.read()
        try:
            look_at_photo(content)
            found = judge(name, content)
            hopeless = [one for one in found if one.level == "refuse"]
            if hopeless:
                refused += [(named + one.words.in_language(language), 422) for one in hopeless]
                continue
            outcome = perform(
                tray_acts.add_tray,
                request.user,  # type: ignore[arg-type]
                f"{key}/{number}" if number else key,
                case_id=case_id,
                expected_version=version,
                channel="counter",
                name=name,
                content=content,
                findings=[one.as_fact() for one in found],
                anyway=anyway,
            )
        except Refused as why:
            refused.append((named + words_of(why), why.status))
            if why.status == 409:
                break
            continue
        kept, version = kept + 1, outcome.version
    return kept, refused


@require_POST
@opens_to("signed_in")
def judge_photo(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """What is wrong with one photo, as JSON, before it is used: `findings` of `code`, `level` (warn, refuse), `text`."""
    with visible_to(request.user):  # type: ignore[arg-type]
        find(case_id)
    form = PhotoForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"findings": [], "problem": " ".join(form.errors.get("photo", []))}, status=422)
    upload = form.cleaned_data["photo"][0]
    content = upload.read()
    try:
        look_at_photo(content)
    except Refused as refused:
        return JsonResponse({"findings": [], "problem": words_of(refused)}, status=422)
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    found = [finding.as_json(language) for finding in judge(upload.name or "photo", content)]
    return JsonResponse({"findings": found})


@require_POST
@opens_to("signed_in")
def tin_report(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Issue the report on the whole tin; it then stands among the case's papers."""
    try:
        outcome = perform_posted(
            request,
            issue_tin_report,
            case_id=case_id,
            language=request.POST.get("language", "zh"),
            big_type=request.POST.get("big") == "yes",
        )
    except Refused as refused:
        say_refused(request, refused)
    else:
        messages.success(
            request,
            _("Report %(n)s is issued and stands under Papers.") % {"n": outcome.result["number"]},
            "ok",
        )
    return redirect("burnt_notes_trays", case_id)
