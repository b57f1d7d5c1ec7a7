"""Page D4: papers wanted, documents held, papers issued; and the way out for documents."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from xiaoshi.desk.cases.views.conflict import what_changed
from xiaoshi.desk.cases.views.found import Found, find, frame
from xiaoshi.desk.guard.posting import new_key, perform_posted, words_of
from xiaoshi.desk.guard.refusals import Refused, Stale
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.look.language import said
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers.acts import GIVES_OUT, VOIDS, WORKS_ON_CASES, add_document, reprint_paper, void_paper
from xiaoshi.desk.papers.downloads import as_response
from xiaoshi.desk.papers.forms import UploadForm, VoidForm
from xiaoshi.desk.papers.issuing import copies_of, void_stamped
from xiaoshi.desk.papers.keeping import ISSUED, content_of
from xiaoshi.desk.papers.models import Document, Paper
from xiaoshi.desk.papers.uploading import whole_request
from xiaoshi.desk.papers.wanted import WantedPaper, wanted_papers
from xiaoshi.desk.papers.words import purpose_words


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def case_papers(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The page, and the three things that are done on it (`do` = add, void, reprint)."""
    if request.method == "GET":
        return _page(request, find(case_id))
    broken = whole_request(request, "file")
    what = request.POST.get("do", "add")
    if what == "void":
        return _void(request, case_id)
    if what == "reprint":
        return _reprint(request, case_id)
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        form = UploadForm(request.POST, request.FILES, wanted=_names_wanted(found))
        if broken is not None:
            form.errors.pop("file", None)
            form.add_error("file", said(broken))
        if not form.is_valid():
            return _page(request, found, upload=form, status=422)
    file = form.cleaned_data["file"]
    try:
        perform_posted(
            request,
            add_document,
            case_id=case_id,
            purpose=form.cleaned_data["purpose"],
            name=file.name,
            content=file.read(),
            note=form.cleaned_data["note"],
        )
    except Refused as refused:
        return _refused(request, case_id, refused, upload=form)
    messages.success(request, _("The document is kept on the case."), "ok")
    return redirect("case_papers", case_id)


def _void(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    paper, form = request.POST.get("paper", ""), VoidForm(request.POST)
    if not form.is_valid():
        with visible_to(request.user):  # type: ignore[arg-type]
            return _page(request, find(case_id), voiding=(paper, form), status=422)
    try:
        perform_posted(request, void_paper, case_id=case_id, paper=paper, reason=form.cleaned_data["reason"])
    except Refused as refused:
        return _refused(request, case_id, refused, voiding=(paper, form))
    messages.success(request, _("The paper is void. The check page says so from now on."), "ok")
    return redirect("case_papers", case_id)


def _reprint(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    try:
        outcome = perform_posted(request, reprint_paper, case_id=case_id, paper=request.POST.get("paper", ""))
    except Refused as refused:
        return _refused(request, case_id, refused)
    messages.success(request, _("Copy %(copy)s is ready under “Documents held”.") % outcome.result, "ok")
    return redirect("case_papers", case_id)


def _refused(
    request: HttpRequest,
    case_id: uuid.UUID,
    refused: Refused,
    *,
    upload: UploadForm | None = None,
    voiding: tuple[str, VoidForm] | None = None,
) -> HttpResponse:
    """The same page with the refusal where it belongs and with what was typed; on 409 also what others did."""
    form: forms.Form | None = upload or (voiding[1] if voiding else None)
    if form is not None and not isinstance(refused, Stale):
        where = refused.problem.where
        form.add_error(where if where in form.fields else None, words_of(refused))
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        more: dict[str, Any] = {}
        if form is None or isinstance(refused, Stale):
            more["refused"] = words_of(refused)
        if isinstance(refused, Stale):
            more["changes"] = what_changed(found.case, refused.details.get("expected_version", 0))
        return _page(request, found, upload=upload, voiding=voiding, status=refused.status, more=more)


def _names_wanted(found: Found) -> list[str]:
    return [w.name for w in wanted_papers(found.plan, found.state) if not w.met]


def _page(
    request: HttpRequest,
    found: Found,
    *,
    upload: UploadForm | None = None,
    voiding: tuple[str, VoidForm] | None = None,
    status: int = 200,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    roles = set(request.user.roles)  # type: ignore[union-attr]
    documents = list(Document.objects.filter(case=found.case).exclude(purpose=ISSUED))
    papers = []
    names = _Names(request)
    for paper in Paper.objects.filter(case=found.case).select_related("document"):
        form = (
            voiding[1]
            if voiding and voiding[0] == str(paper.id)
            else VoidForm(auto_id=f"id_{paper.number}_%s")
        )
        papers.append(
            {
                "paper": paper,
                "copies": copies_of(paper),
                "void_form": form,
                "keys": (new_key(), new_key()),
                "issued_by": names.of(paper.issued_by),
                "voided_by": names.of(paper.voided_by),
            }
        )
    context = frame(request, found, "papers") | {
        "wanted": [_wanted_item(w) for w in wanted_papers(found.plan, found.state)],
        "documents": [
            {"document": d, "purpose": purpose_words(d.purpose), "who": names.of(d.added_by)}
            for d in documents
        ],
        "papers": papers,
        "upload": upload or UploadForm(wanted=_names_wanted(found)),
        "error_form": upload
        if upload and upload.errors
        else (voiding[1] if voiding and voiding[1].errors else None),
        "may_add": bool(roles & WORKS_ON_CASES) and not found.closed,
        "may_give_out": bool(roles & GIVES_OUT),
        "may_void": bool(roles & VOIDS),
        **(more or {}),
    }
    return render(request, "papers/case_papers.html", context, status=status)


class _Names:
    """Names of staff by login, each asked for once for the page."""

    def __init__(self, request: HttpRequest) -> None:
        self.language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
        self.known: dict[str, str] = {"": ""}

    def of(self, login: str) -> str:
        if login not in self.known:
            person = Staff.objects.filter(login=login).first()
            self.known[login] = person.name(self.language) if person else login
        return self.known[login]


def _wanted_item(wanted: WantedPaper) -> dict[str, str]:
    """One row of the task list: the paper, for which step, and whether it is there."""
    if wanted.met:
        state, word = "ok", _("Waived") if wanted.waived else _("Held")
    elif wanted.required:
        state, word = "waiting", _("Wanted")
    else:
        state, word = "info", _("If there is one")
    return {
        "label": capfirst(said(purpose_words(wanted.name))),
        "hint": _("for: %(step)s") % {"step": said(wanted.step_title)},
        "href": "" if wanted.met else "#add",
        "state": state,
        "word": word,
    }


@require_GET
@opens_to("signed_in")
def document(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """The bytes of a document, for those who see its case. A voided paper comes with its stamp."""
    found = Document.objects.select_related("case").filter(id=document_id).first()
    if found is None:
        raise Http404("document_not_found")
    try:
        return _bytes_of(found)
    except Refused as refused:
        return render(
            request, "papers/damaged.html", {"words": words_of(refused), "document": found}, status=500
        )


def _bytes_of(found: Document) -> HttpResponse:
    voided = (
        Paper.objects.filter(document=found, voided_at__isnull=False).first()
        if found.purpose == ISSUED
        else None
    )
    content = void_stamped(voided) if voided is not None else content_of(found)
    return as_response(content, found.content_type, found.name)


@require_GET
@opens_to("signed_in")
def paper(request: HttpRequest, paper_id: uuid.UUID) -> HttpResponse:
    """A paper by its own id."""
    found = Paper.objects.select_related("document", "case").filter(id=paper_id).first()
    if found is None:
        raise Http404("paper_not_found")
    return document(request, found.document_id)
