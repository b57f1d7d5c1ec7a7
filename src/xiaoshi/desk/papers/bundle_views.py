"""Taking documents away: all or some as a ZIP, the list of contents, and the list of what is missing, to print."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.views.found import Found, find
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.posting import perform_posted, say_refused
from xiaoshi.desk.guard.refusals import Refused, invalid
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.papers.bundles import Packed, unique_name, zipped
from xiaoshi.desk.papers.case_page import Names
from xiaoshi.desk.papers.downloads import as_response
from xiaoshi.desk.papers.keeping import VOIDED
from xiaoshi.desk.papers.models import Document, Paper
from xiaoshi.desk.papers.requirements import WORKS_ON_CASES, called
from xiaoshi.desk.papers.typesetting import HOUSE, day_text, instant_text, typeset
from xiaoshi.desk.papers.wanted import WantedPaper, wanted_papers
from xiaoshi.desk.papers.words import purpose_words

DOCUMENTS_MAX = 2000


@act("papers.take_along", "下载材料", "Download documents", roles=WORKS_ON_CASES)
def take_along(ctx: Context, *, documents: list[str]) -> dict[str, Any]:
    """Documents leave the house as one ZIP: which ones, by whom and when stays on record. Empty: all."""
    rows = Document.objects.filter(case=ctx.the_case).exclude(purpose=VOIDED)
    if documents:
        try:
            rows = rows.filter(id__in=[uuid.UUID(d) for d in documents[: DOCUMENTS_MAX + 1]])
        except ValueError:
            raise invalid(
                "document_not_found",
                "本案没有这份材料。",
                "The case holds no such document.",
                where="documents",
            ) from None
    found = [
        str(i) for i in rows.order_by("added_at", "id").values_list("id", flat=True)[: DOCUMENTS_MAX + 1]
    ]
    if not found or (documents and len(found) != len(set(documents))):
        raise invalid(
            "document_not_found",
            "没有可下载的材料，或所选材料不在本案。",
            "There is nothing to download, or a chosen document is not of this case.",
            where="documents",
        )
    if len(found) > DOCUMENTS_MAX:
        raise invalid(
            "too_many_documents",
            f"一次最多下载 {DOCUMENTS_MAX} 份，请分批选择。",
            f"At most {DOCUMENTS_MAX} documents at once; choose some.",
            where="documents",
        )
    ctx.note(
        f"打包下载材料 {len(found)} 份",
        f"Downloaded {len(found)} document(s) as one ZIP",
        count=len(found),
        documents=found[:50],
    )
    return {"documents": found}


@require_POST
@opens_to("signed_in")
def bundle(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """All documents of the case, or those that were ticked (`do` = chosen), as one ZIP."""
    chosen = request.POST.getlist("document") if request.POST.get("do") == "chosen" else []
    if request.POST.get("do") == "chosen" and not chosen:
        messages.error(request, _("Tick at least one document."), extra_tags="error")
        return redirect("case_papers", case_id)
    try:
        outcome = perform_posted(request, take_along, case_id=case_id, documents=chosen)
    except Refused as refused:
        say_refused(request, refused)
        return redirect("case_papers", case_id)
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        files = _packed(request, found, outcome.result["documents"])
        extra = {"contents.pdf": _contents_pdf(request, found, files)}
    # All that is asked of the database is here; what follows reads one blob after the other.
    response = StreamingHttpResponse(zipped(files, extra, timezone.now()), content_type="application/zip")
    response["Content-Disposition"] = (
        content_disposition_header(True, f"{found.case.number}.zip") or "attachment"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _packed(request: HttpRequest, found: Found, idents: list[str] | None) -> list[Packed]:
    """The documents in the order in which they came; of a voided paper the one with the stamp."""
    rows = Document.objects.filter(case=found.case).exclude(purpose=VOIDED).order_by("added_at", "id")
    if idents is not None:
        rows = rows.filter(id__in=idents)
    documents = list(rows[:DOCUMENTS_MAX])
    stamped = {
        p.document_id: p.voided_document
        for p in Paper.objects.filter(case=found.case, voided_document__isnull=False).select_related(
            "voided_document"
        )
    }
    names = Names(request).ask_for({d.added_by for d in documents})
    asked = found.state.asked_needs
    packed = []
    for number, document in enumerate(documents, 1):
        given = stamped.get(document.id) or document
        own = asked.get(f"paper:{document.purpose}")
        purpose = own.title if own is not None else purpose_words(document.purpose).zh
        packed.append(
            Packed(
                unique_name(number, purpose, given.name),
                purpose,
                given.name,
                given.sha256,
                given.bytes,
                document.added_at,
                names.of(document.added_by),
            )
        )
    return packed


@require_GET
@opens_to("signed_in")
def contents(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The list of the case's documents, to print."""
    found = find(case_id)
    pdf = _contents_pdf(request, found, _packed(request, found, None))
    return as_response(pdf, "application/pdf", f"contents-{found.case.number}.pdf")


def _contents_pdf(request: HttpRequest, found: Found, files: list[Packed]) -> bytes:
    zone = timezone.get_default_timezone_name()
    data = {
        **_head(found),
        "made_at": instant_text(timezone.now(), "zh", zone),
        "made_by": request.user.name("zh"),  # type: ignore[union-attr]
        "files": [
            {
                "number": number,
                "purpose": f.purpose,
                "name": f.original,
                "received": timezone.localtime(f.added_at).strftime("%Y-%m-%d"),
                "by": f.added_by,
                "kilobytes": max(1, round(f.bytes / 1024)),
                "sha256": f.sha256[:16],
            }
            for number, f in enumerate(files, 1)
        ],
    }
    source = (HOUSE / "contents.typ").read_text(encoding="utf-8")
    return typeset(source, data, qr_svg="", now=timezone.now(), bare=True).pdf


@require_GET
@opens_to("signed_in")
def missing(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """What the client still has to bring, in both languages and large type, to hand over the counter."""
    found = find(case_id)
    wanted = [w for w in wanted_papers(found.plan, found.state) if not w.met]
    data = {
        **_head(found),
        "day_zh": day_text(timezone.localdate(), "zh"),
        "day_en": day_text(timezone.localdate(), "en"),
        "phone": found.case.unit.phone,
        "papers": [paper_line(w) for w in wanted],
    }
    source = (HOUSE / "missing.typ").read_text(encoding="utf-8")
    pdf = typeset(source, data, qr_svg="", now=timezone.now(), bare=True).pdf
    return as_response(pdf, "application/pdf", f"missing-{found.case.number}.pdf")


def paper_line(wanted: WantedPaper) -> dict[str, Any]:
    """A missing paper as a letter or list names it: name and why, in both languages."""
    name = called(wanted)
    why = Words(wanted.reason, wanted.reason) if wanted.reason else _for_steps(wanted)
    return {
        "name_zh": name.zh,
        "name_en": name.en,
        "why_zh": why.zh,
        "why_en": why.en,
        "required": wanted.required,
    }


def _for_steps(wanted: WantedPaper) -> Words:
    zh = "、".join(f"“{s.zh}”" for s in wanted.all_steps)
    en = ", ".join(f"“{s.en}”" for s in wanted.all_steps)
    return Words(f"办理{zh}需要", f"needed for {en}")


def _head(found: Found) -> dict[str, str]:
    unit = found.case.unit
    return {
        "case_number": found.case.number,
        "kind_zh": found.kind.words.zh,
        "kind_en": found.kind.words.en,
        "outlet_zh": unit.name_zh,
        "outlet_en": unit.name_en,
    }
