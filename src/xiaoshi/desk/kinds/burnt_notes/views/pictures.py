"""Pictures of a tray: the photo, the sheet of notes beside their references, and the mat to print."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse

from xiaoshi.desk.cases.views.found import find
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.kinds.burnt_notes.models import TrayPicture
from xiaoshi.desk.kinds.burnt_notes.photo_files import SHOWN_TYPES
from xiaoshi.desk.kinds.burnt_notes.upright import without_turning
from xiaoshi.desk.kinds.burnt_notes.views.tray import tray_of
from xiaoshi.desk.papers.keeping import content_of

KEPT = "private, max-age=3600"


@opens_to("signed_in")
def photo(request: HttpRequest, case_id: uuid.UUID, number: int) -> HttpResponse:
    """The tray's photo as it was taken; what browsers cannot show (HEIC, TIFF) as the JPEG that was made of it."""
    tray = tray_of(find(case_id), number)
    if tray.photo.content_type in SHOWN_TYPES:
        content, kind = without_turning(content_of(tray.photo)), tray.photo.content_type
    else:
        made = tray.pictures.filter(kind="shown").order_by("-measurement__at").first()
        if made is None:
            raise Http404("not_measured_yet")
        content, kind = bytes(made.jpeg), "image/jpeg"
    response = HttpResponse(content, content_type=kind)
    response["Cache-Control"] = KEPT
    return response


@opens_to("signed_in")
def sheet(request: HttpRequest, case_id: uuid.UUID, measurement_id: uuid.UUID) -> HttpResponse:
    """All notes of one measurement, each beside its reference. It never changes: the browser may keep it."""
    made = TrayPicture.objects.filter(
        tray__case=find(case_id).case, measurement_id=measurement_id, kind="beside"
    ).first()
    if made is None:
        raise Http404
    response = HttpResponse(bytes(made.jpeg), content_type="image/jpeg")
    response["Cache-Control"] = KEPT
    return response


@opens_to("signed_in")
def mat(request: HttpRequest, case_id: uuid.UUID, size: str, colour: str = "") -> HttpResponse:
    """The tray mat to print, true to scale."""
    from xiaoshi.commands.notes import mat_pdf
    from xiaoshi.core.notes.mat import mat_spec

    find(case_id)
    if size not in {"A4", "A3", "A2"} or colour not in {"", "blue", "green"}:
        raise Http404
    spec = mat_spec(size, colour) if colour else mat_spec(size)
    response = HttpResponse(mat_pdf(spec), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="mat-{size}{"-" + colour if colour else ""}.pdf"'
    return response
