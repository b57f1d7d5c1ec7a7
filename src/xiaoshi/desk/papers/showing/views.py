"""The reader's page: a document page by page, as a table or as text, with zoom and keys; nothing of it in its own format."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from xiaoshi.core.problems import Problem
from xiaoshi.desk.cases.views.found import find, frame
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.look.language import said
from xiaoshi.desk.papers.kinds_of_file import SVG
from xiaoshi.desk.papers.models import Document, Paper
from xiaoshi.desk.papers.reading import Unreadable, text_of_document
from xiaoshi.desk.papers.showing import kept
from xiaoshi.desk.papers.showing.running import Answer, NotShown
from xiaoshi.desk.papers.typesetting import font_folder
from xiaoshi.desk.papers.words import purpose_words

WIDTHS_PX = (900, 1350, 1800, 2700)
"""100, 150, 200 and 300 per cent."""
FONT_FILE = "NotoSansCJK-Regular.ttc"


def shown_document(document_id: uuid.UUID) -> Document:
    """The document as it is given out: of a voided paper the one with the stamp. 404 for who does not see its case."""
    found = Document.objects.select_related("case").filter(id=document_id).first()
    if found is None:
        raise Http404("document_not_found")
    voided = (
        Paper.objects.filter(document=found, voided_document__isnull=False)
        .select_related("voided_document")
        .first()
    )
    return voided.voided_document if voided is not None and voided.voided_document is not None else found


def number_of(text: str | None, most: int) -> int:
    """A page or zoom from the address: 1 to `most`."""
    return min(int(text), most) if text and text.isdecimal() and len(text) < 6 and int(text) else 1


def look_made(sha256: str, content_type: str) -> Answer:
    return kept.made("look", sha256, content_type)


def page_made(sha256: str, content_type: str, page: int, zoom: int) -> Answer:
    """The picture of a page (counted from 1)."""
    more: dict[str, Any] = {"page": page - 1, "width_px": WIDTHS_PX[zoom - 1]}
    if content_type == SVG.content_type:
        more["font"] = f"{font_folder()}/{FONT_FILE}"
    return kept.made("page", sha256, content_type, **more)


@require_GET
@opens_to("signed_in")
def look(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """A document on its page. `page`, `zoom` 1 to 4, `as=text` for its words, `wait` to have it made now."""
    found = shown_document(document_id)
    case = find(found.case_id)
    context = frame(request, case, "papers") | {
        "document": found,
        "purpose": said(purpose_words(found.purpose)),
        "here": reverse("document_look", args=[document_id]),
        "raw": f"{reverse('document', args=[document_id])}?download",
        "back": reverse("case_papers", args=[case.case.id]),
        "zooms": [(n, w // 9) for n, w in enumerate(WIDTHS_PX, 1)],
    }
    if request.GET.get("as") == "text":
        context |= _as_text(found)
    elif "wait" not in request.GET and not kept.is_made("look", found.sha256):
        context["preparing"] = True
    else:
        context |= shown(
            request, found.sha256, found.content_type, context["here"], picture_href(document_id)
        )
    return render(request, "papers/look.html", context)


def picture_href(document_id: uuid.UUID) -> str:
    return reverse("document_page", args=[document_id, 0]).removesuffix("0/")


def shown(request: HttpRequest, sha256: str, content_type: str, here: str, pictures: str) -> dict[str, Any]:
    """What a template needs to show this content: `shape` and its parts, or `problem` with the words why not."""
    try:
        answer = look_made(sha256, content_type)
        told = answer.told
        if told["shape"] != "pages":
            return _office(told)
        pages, zoom = int(told["pages"]), number_of(request.GET.get("zoom"), len(WIDTHS_PX))
        number = number_of(request.GET.get("page"), pages)
        picture = page_made(sha256, content_type, number, zoom).told
    except NotShown as no:
        return {"problem": no.problem, "again": not no.lasting}
    except Refused as refused:
        return {"problem": refused.problem}
    return {
        "shape": "pages",
        "pages": pages,
        "cut_pages": told["all_pages"] > pages,
        "left_out": picture["left_out"],
        "number": number,
        "zoom": zoom,
        "picture": f"{pictures}{number}/?zoom={zoom}",
        "width_px": picture["width_px"],
        "height_px": picture["height_px"],
        "previous": f"{here}?page={number - 1}&zoom={zoom}" if number > 1 else "",
        "following": f"{here}?page={number + 1}&zoom={zoom}" if number < pages else "",
        "larger": f"{here}?page={number}&zoom={zoom + 1}" if zoom < len(WIDTHS_PX) else "",
        "smaller": f"{here}?page={number}&zoom={zoom - 1}" if zoom > 1 else "",
    }


def _office(told: dict[str, Any]) -> dict[str, Any]:
    if told["shape"] == "blocks":
        # Made of allowed tags without attributes by the worker (by_words.py), text escaped; the page's own policy stands behind.
        return {**told, "html": mark_safe(told["html"])}  # noqa: S308
    return dict(told)


def _as_text(found: Document) -> dict[str, Any]:
    text = text_of_document(found)
    if isinstance(text, Unreadable):
        return {"problem": text.problem, "again": not text.lasting}
    return {
        "shape": "text",
        "text": text[:200_000],
        "whole": len(text) <= 200_000,
        "charset": "",
        "only_text": True,
    }


@require_GET
@opens_to("signed_in")
def page(request: HttpRequest, document_id: uuid.UUID, number: int) -> HttpResponse:
    """One page as a picture."""
    found = shown_document(document_id)
    return picture_response(request, found.sha256, found.content_type, number)


def picture_response(request: HttpRequest, sha256: str, content_type: str, number: int) -> HttpResponse:
    """The picture of a page, or a plain 422 in words."""
    try:
        zoom = number_of(request.GET.get("zoom"), len(WIDTHS_PX))
        made = page_made(sha256, content_type, max(1, min(number, 99_999)), zoom)
    except NotShown as no:
        return _plain(no.problem, 422)
    except Refused as refused:
        return _plain(refused.problem, refused.status)
    response = HttpResponse(made.body, content_type=made.told["form"])
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _plain(problem: Problem, status: int) -> HttpResponse:
    return HttpResponse(said(problem), status=status, content_type="text/plain; charset=utf-8")
