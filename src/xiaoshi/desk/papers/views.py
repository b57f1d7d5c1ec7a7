"""Page D4: requirements, documents held, papers issued; and the way out for documents."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from xiaoshi.desk.cases.views.conflict import what_changed
from xiaoshi.desk.cases.views.found import Found, find, frame
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.posting import perform_posted, version_of, words_of
from xiaoshi.desk.guard.refusals import Invalid, Refused, Stale, invalid
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.look.language import said
from xiaoshi.desk.papers import held_files
from xiaoshi.desk.papers.acts import GIVES_OUT, VOIDS, WORKS_ON_CASES, add_document, reprint_paper, void_paper
from xiaoshi.desk.papers.case_page import (
    Names,
    check_items,
    document_rows,
    documents_page,
    papers_shown,
    requirement_items,
)
from xiaoshi.desk.papers.downloads import as_response
from xiaoshi.desk.papers.forms import UploadForm, VoidForm
from xiaoshi.desk.papers.held_files import Arrived
from xiaoshi.desk.papers.issuing import void_stamped
from xiaoshi.desk.papers.keeping import ISSUED, content_of, look_at
from xiaoshi.desk.papers.models import Document, Paper
from xiaoshi.desk.papers.requirements import called
from xiaoshi.desk.papers.uploading import whole_request
from xiaoshi.desk.papers.wanted import wanted_papers


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
    login = request.user.get_username()
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        files = held_files.chosen(held_files.held_of(login, case_id), request.POST.getlist("held"))
        form = UploadForm(request.POST, request.FILES, wanted=_choices(found), held=bool(files))
        if broken is not None:
            form.errors.pop("file", None)
            form.add_error("file", said(broken))
        files += [Arrived(f.name or "", f.read()) for f in request.FILES.getlist("file")]
        if not form.is_valid():
            _look_at_all(form, files if broken is None else [])
            held_files.hold(login, case_id, files if broken is None else [], timezone.now())
            return _page(request, found, upload=form, status=422)
    return _keep(request, case_id, form, files)


def _look_at_all(form: UploadForm, files: list[Arrived]) -> None:
    """Say at the field which files cannot be taken, also when another field is wrong."""
    for file in files:
        try:
            look_at(file.content)
        except Invalid as refused:
            form.add_error(
                "file", f"{file.name}: {words_of(refused)}" if len(files) > 1 else words_of(refused)
            )


def _keep(request: HttpRequest, case_id: uuid.UUID, form: UploadForm, files: list[Arrived]) -> HttpResponse:
    """Each file is one act with its own entry; the first that is refused stops, and the rest is held."""
    login, version, key = request.user.get_username(), version_of(request), request.POST.get("key", "")
    kept = 0
    try:
        if version is None:
            raise invalid(
                "version_missing",
                "页面缺少案件版本，请刷新页面后再提交。",
                "The page does not say which version of the case you saw: reload it and send again.",
                where="version",
            )
        for file in files:
            outcome = perform(
                add_document,
                request.user,  # type: ignore[arg-type]
                key if not kept else f"{key}/{kept}",
                case_id=case_id,
                expected_version=version,
                channel="counter",
                purpose=form.cleaned_data["purpose"],
                name=file.name,
                content=file.content,
                note=form.cleaned_data["note"],
            )
            kept, version = kept + 1, outcome.version
    except Refused as refused:
        _let_go(request, case_id, files[:kept])
        with visible_to(request.user):  # type: ignore[arg-type]
            held_files.hold(login, case_id, files[kept:], timezone.now())
        return _refused(
            request, case_id, refused, upload=form, file=files[kept].name if len(files) > 1 else ""
        )
    _let_go(request, case_id, files)
    said_so = ngettext(
        "%(count)s document is kept on the case.", "%(count)s documents are kept on the case.", kept
    ) % {"count": kept}
    messages.success(request, said_so, "ok")
    return redirect("case_papers", case_id)


def _let_go(request: HttpRequest, case_id: uuid.UUID, files: list[Arrived]) -> None:
    sent = [f.held.id for f in files if f.held is not None]
    if sent:
        with visible_to(request.user):  # type: ignore[arg-type]
            held_files.let_go(request.user.get_username(), case_id, sent)


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
    file: str = "",
) -> HttpResponse:
    """The same page with the refusal where it belongs and with what was typed; on 409 also what others did."""
    form: forms.Form | None = upload or (voiding[1] if voiding else None)
    words = f"{file}: {words_of(refused)}" if file else words_of(refused)
    if form is not None and not isinstance(refused, Stale):
        where = refused.problem.where
        form.add_error(where if where in form.fields else None, words)
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        more: dict[str, Any] = {}
        if form is None or isinstance(refused, Stale):
            more["refused"] = words
        if isinstance(refused, Stale):
            more["changes"] = what_changed(found.case, refused.details.get("expected_version", 0))
        return _page(request, found, upload=upload, voiding=voiding, status=refused.status, more=more)


def _choices(found: Found) -> list[tuple[str, str]]:
    return [(w.name, said(called(w))) for w in wanted_papers(found.plan, found.state) if not w.met]


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
    documents, next_query = documents_page(found, request.GET.get("after", ""))
    names = Names(request)
    may_add = bool(roles & WORKS_ON_CASES) and not found.closed
    held = held_files.held_of(request.user.get_username(), found.case.id) if may_add else []
    context = frame(request, found, "papers") | {
        "wanted": requirement_items(request, found),
        "checks": check_items(found, names),
        "documents": document_rows(found, documents, names),
        "next_query": next_query,
        "paged": bool(request.GET.get("after")),
        "papers": papers_shown(request, found, names, voiding),
        "upload": upload
        or UploadForm(wanted=_choices(found), initial={"purpose": request.GET.get("for", "")}),
        "held": held,
        "error_form": upload
        if upload and upload.errors
        else (voiding[1] if voiding and voiding[1].errors else None),
        "may_add": may_add,
        "may_give_out": bool(roles & GIVES_OUT),
        "may_void": bool(roles & VOIDS),
        **(more or {}),
    }
    return render(request, "papers/case_papers.html", context, status=status)


@require_GET
@opens_to("signed_in")
def document(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """The bytes of a document, for those who see its case. A voided paper comes with its stamp."""
    found = Document.objects.select_related("case").filter(id=document_id).first()
    if found is None:
        raise Http404("document_not_found")
    try:
        return given_out(found, attached="download" in request.GET)
    except Refused as refused:
        return render(
            request, "papers/damaged.html", {"words": words_of(refused), "document": found}, status=500
        )


def given_out(found: Document, *, attached: bool = False) -> HttpResponse:
    """The document as it leaves the house; a paper that was voided goes with its stamp. Raises `BlobDamaged`."""
    voided = (
        Paper.objects.select_related("document", "voided_document")
        .filter(document=found, voided_at__isnull=False)
        .first()
        if found.purpose == ISSUED
        else None
    )
    content = void_stamped(voided) if voided is not None else content_of(found)
    return as_response(content, found.content_type, found.name, attached=attached)


@require_GET
@opens_to("signed_in")
def paper(request: HttpRequest, paper_id: uuid.UUID) -> HttpResponse:
    """A paper by its own id."""
    found = Paper.objects.select_related("document", "case").filter(id=paper_id).first()
    if found is None:
        raise Http404("paper_not_found")
    return document(request, found.document_id)
