"""The outlet's scans: handing files in, how far the sorting is, the tray of what has no place yet, and cover sheets."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.plans import plan_of
from xiaoshi.desk.cases.snapshots import read_state
from xiaoshi.desk.cases.views.found import find
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.posting import new_key, perform_posted, say_refused, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.look.language import said
from xiaoshi.desk.papers.case_page import Names
from xiaoshi.desk.papers.downloads import as_response
from xiaoshi.desk.papers.kinds_of_file import SCANS, kinds_said
from xiaoshi.desk.papers.models import Cover, ScanFile, ScanPart, ScanUpload
from xiaoshi.desk.papers.requirements import called
from xiaoshi.desk.papers.scans import acts
from xiaoshi.desk.papers.scans.covers import make_cover, sheet_pdf
from xiaoshi.desk.papers.showing.views import picture_response, shown
from xiaoshi.desk.papers.uploading import files_over, whole_request
from xiaoshi.desk.papers.wanted import wanted_named, wanted_papers

UPLOADS_SHOWN = 20
TRAY_PAGE = 50
UPLOADS = uuid.UUID("6f0d3c52-3a1e-4f6e-9a4e-6d2f1c7b8e05")
"""The name space of uploads made from a form's key."""
ACCEPT = ".pdf,.tif,.tiff,.jpg,.jpeg,.png"


class PlaceForm(forms.Form):
    """Where scanned pages belong: a case by its number, and which of its requirements they meet."""

    case_number = forms.CharField(label=gettext_lazy("Case number"), max_length=40)
    need = forms.ChoiceField(label=gettext_lazy("Which paper it is"), required=False)

    def __init__(self, *args: Any, case: Case | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["case_number"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
        choices = [("", _("First look the case up")), ("scan", _("Another paper, without a requirement"))]
        if case is not None:
            wanted = [w for w in wanted_papers(plan_of(case), read_state(case)) if not w.met]
            choices = [
                *((w.name, said(called(w))) for w in wanted),
                ("scan", _("Another paper, without a requirement")),
            ]
        self.fields["need"].choices = choices  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def scans(request: HttpRequest) -> HttpResponse:
    """The newest uploads with each file's result, the form for more, and how many pages wait in the tray."""
    if request.method == "GET":
        return _scans_page(request)
    broken = whole_request(request, "file")
    files = request.FILES.getlist("file")
    if broken is not None or not files:
        words = said(broken) if broken is not None else _("Choose the files of the scanner.")
        with visible_to(request.user):  # type: ignore[arg-type]
            return _scans_page(request, error=words, status=422)
    key = request.POST.get("key", "") or new_key()
    # From the form's key, so that the same form sent twice is the same upload: each file's act answers as before.
    upload = str(uuid.uuid5(UPLOADS, f"{request.user.get_username()}/{key}"))
    # In the order of their names: that is the order in which a scanner made them.
    for number, file in enumerate(sorted(files, key=lambda f: f.name or ""), 1):
        try:
            perform(
                acts.hand_in,
                request.user,  # type: ignore[arg-type]
                f"{key}/{number}",
                channel="counter",
                upload=upload,
                order=number,
                name=file.name or "",
                content=file.read(),
            )
        except Refused as refused:
            with visible_to(request.user):  # type: ignore[arg-type]
                return _scans_page(request, error=words_of(refused), status=refused.status)
    over = files_over(request)
    if over:
        messages.warning(
            request,
            _("%(count)s files were beyond the limit of one upload and are not here: hand them in again.")
            % {"count": over},
        )
    try:
        perform(acts.sort_upload, request.user, f"{key}/sort", channel="counter", upload=upload)  # type: ignore[arg-type]
    except Refused as refused:
        say_refused(request, refused)
    return redirect("scans")


def _scans_page(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    uploads = list(ScanUpload.objects.order_by("-added_at", "-id")[:UPLOADS_SHOWN])
    files: dict[Any, list[dict[str, Any]]] = {u.id: [] for u in uploads}
    rows = (
        ScanFile.objects.filter(upload__in=uploads)
        .order_by("upload_id", "order")
        .prefetch_related("parts__case")
    )
    for file in rows[: UPLOADS_SHOWN * acts.FILES_MAX]:
        parts = list(file.parts.all())
        files[file.upload_id].append(
            {
                "file": file,
                "parts": parts,
                "attached": sum(p.state == "attached" for p in parts),
                "waiting": sum(p.state == "unassigned" for p in parts),
                "problem": Words(file.problem_zh, file.problem_en) if file.problem_zh else None,
            }
        )
    names = Names(request).ask_for({u.added_by for u in uploads})
    in_tray = ScanPart.objects.filter(state="unassigned", file__upload__state="sorted")[:100].count()
    context = {
        "section": "scans",
        "key": new_key(),
        "uploads": [
            {
                "upload": u,
                "who": names.of(u.added_by),
                "files": files[u.id],
                "done": sum(f["file"].state != "waiting" for f in files[u.id]),
            }
            for u in uploads
        ],
        "sorting": any(u.state != "sorted" for u in uploads),
        "in_tray": "99+" if in_tray >= 100 else str(in_tray),
        "error": error,
        "accept": ACCEPT,
        "kinds": said(kinds_said(SCANS)),
        "most": acts.FILES_MAX,
        "outlet": request.user.unit.level == "outlet",  # type: ignore[union-attr]
    }
    template = "papers/_uploads.html" if request.headers.get("HX-Request") == "true" else "papers/scans.html"
    return render(request, template, context, status=status)


@require_GET
@opens_to("signed_in")
def tray(request: HttpRequest) -> HttpResponse:
    """What waits for a person, newest first, fifty at a time; `?aside` shows what was put aside."""
    aside = "aside" in request.GET
    rows = ScanPart.objects.filter(
        state="set_aside" if aside else "unassigned", file__upload__state="sorted"
    ).order_by("-id")
    after = request.GET.get("after", "")
    try:
        rows = rows.filter(id__lt=uuid.UUID(after)) if after else rows
    except ValueError:
        raise Http404("no_such_page") from None
    parts = list(rows.select_related("file__upload")[: TRAY_PAGE + 1])
    names = Names(request).ask_for({p.file.upload.added_by for p in parts} | {p.decided_by for p in parts})
    context = {
        "section": "scans",
        "aside": aside,
        "parts": [
            {
                "part": p,
                "who": names.of(p.file.upload.added_by),
                "decided_by": names.of(p.decided_by),
                "why": Words(p.why_zh, p.why_en),
            }
            for p in parts[:TRAY_PAGE]
        ],
        "next_query": f"?{'aside&' if aside else ''}after={parts[TRAY_PAGE - 1].id}"
        if len(parts) > TRAY_PAGE
        else "",
    }
    return render(request, "papers/tray.html", context)


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def part(request: HttpRequest, part_id: uuid.UUID) -> HttpResponse:
    """Scanned pages with their picture; POST: `do` = find (look the case up), attach, aside."""
    what = request.POST.get("do", "") if request.method == "POST" else ""
    form, aside_problem, status = PlaceForm(), "", 200
    if what in ("find", "attach"):
        with visible_to(request.user):  # type: ignore[arg-type]
            case = Case.objects.filter(number=request.POST.get("case_number", "").strip().upper()).first()
        form, status = PlaceForm(request.POST, case=case), 422
        if case is None:
            form.add_error("case_number", _("There is no case with this number that you may see."))
        elif what == "find":
            form, status = PlaceForm(initial=request.POST.dict(), case=case), 200
        elif form.is_valid():
            try:
                perform(
                    acts.attach_part,
                    request.user,  # type: ignore[arg-type]
                    request.POST.get("key", ""),
                    case_id=case.id,
                    channel="counter",
                    part=str(part_id),
                    need=form.cleaned_data["need"] or "scan",
                )
                messages.success(
                    request, _("The pages are on the case %(number)s.") % {"number": case.number}, "ok"
                )
                return redirect("scan_tray")
            except Refused as refused:
                form.add_error(None, words_of(refused))
                status = refused.status
    elif what == "aside":
        try:
            perform_posted(request, acts.set_aside, part=str(part_id), reason=request.POST.get("reason", ""))
            messages.success(request, _("The pages are put aside."), "ok")
            return redirect("scan_tray")
        except Refused as refused:
            aside_problem, status = words_of(refused), refused.status
    with visible_to(request.user):  # type: ignore[arg-type]
        return _part_page(request, part_id, form, aside_problem, status, chosen=what in ("find", "attach"))


def _part_page(
    request: HttpRequest,
    part_id: uuid.UUID,
    form: PlaceForm,
    aside_problem: str,
    status: int,
    *,
    chosen: bool,
) -> HttpResponse:
    found = _part(part_id)
    here = reverse("scan_part", args=[part_id])
    pictures = reverse("scan_page", args=[part_id, 0]).removesuffix("0/")
    context = {
        "section": "scans",
        "part": found,
        "why": Words(found.why_zh, found.why_en),
        "key": new_key(),
        "form": form,
        "chosen": chosen and "case_number" not in form.errors,
        "aside_problem": aside_problem,
        "here": here,
        "raw": reverse("scan_file", args=[part_id]),
        "open": found.state != "attached",
        **shown(request, found.sha256, found.content_type, here, pictures),
    }
    return render(request, "papers/part.html", context, status=status)


def _part(part_id: uuid.UUID) -> ScanPart:
    found = ScanPart.objects.select_related("file__upload", "case").filter(id=part_id).first()
    if found is None:
        raise Http404("part_unknown")
    return found


@require_GET
@opens_to("signed_in")
def part_page(request: HttpRequest, part_id: uuid.UUID, number: int) -> HttpResponse:
    """One scanned page as a picture."""
    found = _part(part_id)
    return picture_response(request, found.sha256, found.content_type, number)


@require_GET
@opens_to("signed_in")
def part_file(request: HttpRequest, part_id: uuid.UUID) -> HttpResponse:
    """The scanned pages as a file."""
    from xiaoshi.desk.papers import blobs

    found = _part(part_id)
    return as_response(blobs.get(found.sha256), found.content_type, found.name, attached=True)


@require_POST
@opens_to("signed_in")
def cover(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Make (or find) the cover sheet of one requirement and give it out to print; `need` empty: of all that are open."""
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        asked = request.POST.get("need", "")
        needs = [asked] if asked else [w.name for w in wanted_papers(found.plan, found.state) if not w.met]
    idents = []
    key = request.POST.get("key", "")
    try:
        for need in needs:
            outcome = perform(
                make_cover,
                request.user,  # type: ignore[arg-type]
                f"{key}/{need}",
                case_id=case_id,
                channel="counter",
                need=need,
            )
            idents.append(outcome.result["cover"])
    except Refused as refused:
        say_refused(request, refused)
        return redirect("case_papers", case_id)
    if not idents:
        messages.info(request, _("No paper is missing, so there is no cover sheet to print."))
        return redirect("case_papers", case_id)
    with visible_to(request.user):  # type: ignore[arg-type]
        return as_response(_sheets(idents), "application/pdf", f"covers-{found.case.number}.pdf")


def _sheets(idents: list[str]) -> bytes:
    """The sheets; each names requirement and client, so that nobody puts one before the wrong paper."""
    rows = {str(c.id): c for c in Cover.objects.select_related("case__unit").filter(id__in=idents)}
    sheets = []
    for ident in idents:
        row = rows[ident]
        wanted = wanted_named(plan_of(row.case), read_state(row.case), row.need.removeprefix("paper:"))
        words = called(wanted) if wanted is not None else Words(row.need, row.need)
        name = row.case.client_name
        sheets.append((row, words.zh if words.zh == words.en else f"{words.zh} {words.en}", name[:1] + "**"))
    return sheet_pdf(sheets, timezone.now())
