"""Sorting an upload: each file is split at its cover sheets, and what has a code goes to its case. Run by the worker.

Every step can be done again: a file is marked sorted in the transaction that makes its parts, and a part is attached once.
A worker that dies in the middle is followed by one that goes on where it stopped; single pictures whose sheet lay in a file
sorted before the break go to the tray, not to a guess.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from xiaoshi.core.problems import Words
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers import blobs
from xiaoshi.desk.papers.kinds_of_file import PDF, TIFF, recognise
from xiaoshi.desk.papers.models import Cover, ScanFile, ScanPart, ScanUpload
from xiaoshi.desk.papers.scans.acts import UNKNOWN, attach_part
from xiaoshi.desk.papers.scans.covers import code_in
from xiaoshi.desk.papers.showing.running import NotShown, order

log = logging.getLogger(__name__)
PAGES_MAX = 300
WIDTH_PX = 1240
"""150 dpi of an A4 page: a cover sheet's code then has 7 pixels a square."""
SORTING_AT_MOST = timedelta(minutes=30)
CPU_SECONDS = 240
NO_SHEET = Words(
    "没有封面页，请看内容后手工归入案件。",
    "There is no cover sheet: look at the pages and attach them by hand.",
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Pages first to last (from 1) that belong together; `code` of the sheet before them, "" without one."""

    first: int
    last: int
    code: str


def pieces_of(codes: list[str], before: str = "") -> tuple[list[Piece], str]:
    """Split pages at their sheets. `codes`: for each page the code on it or ""; `before`: a sheet that came in an earlier
    file. Gives the pieces and the code that holds at the end.

    ["", A, "", "", B, ""] -> pages 1 (no code), 3-4 (A), 6 (B). A sheet without pages behind it gives no piece.
    """
    pieces: list[Piece] = []
    code, first = before, 1
    for number, found in enumerate(codes, 1):
        if found:
            if number > first:
                pieces.append(Piece(first, number - 1, code))
            code, first = found, number + 1
    if len(codes) >= first:
        pieces.append(Piece(first, len(codes), code))
    return pieces, code


def sort_all(upload_id: str, login: str) -> bool:
    """Sort what is left of an upload. False when somebody else is at it."""
    person = Staff.objects.select_related("unit").get(login=login)
    started = timezone.now()
    with visible_to(person):
        free = Q(state="waiting") | Q(state="sorting", claimed_at__lt=started - SORTING_AT_MOST)
        if not ScanUpload.objects.filter(free, id=upload_id).update(state="sorting", claimed_at=started):
            return False
        files = list(ScanFile.objects.filter(upload_id=upload_id, state="waiting").order_by("order"))
    try:
        before = ""
        for file in files:
            before = _sort_one(file, person, before)
        _attach_all(upload_id, person)
    except Exception:
        with visible_to(person):
            ScanUpload.objects.filter(id=upload_id, claimed_at=started).update(state="waiting")
        raise
    with visible_to(person):
        ScanUpload.objects.filter(id=upload_id).update(state="sorted")
    return True


def sorting_until(upload_id: str, login: str) -> datetime | None:
    """Until when somebody else's claim on the upload holds; None when nothing is left to sort."""
    with visible_to(Staff.objects.select_related("unit").get(login=login)):
        upload = ScanUpload.objects.filter(id=upload_id, state="sorting").first()
    return upload.claimed_at + SORTING_AT_MOST if upload is not None and upload.claimed_at else None


def _sort_one(file: ScanFile, person: Staff, before: str) -> str:
    """Split one file into parts; gives the code that the next single picture stands under."""
    many = file.content_type in (PDF.content_type, TIFF.content_type)
    try:
        content = blobs.get(file.sha256)
        told = order(
            "codes",
            file.content_type,
            content,
            cpu_seconds=CPU_SECONDS,
            width_px=WIDTH_PX,
            pages_max=PAGES_MAX,
        ).told
        codes = [code_in(text) or ("?" if text else "") for text in told["codes"]]
        pieces, after = pieces_of(codes, "" if many else before)
        bodies = [_body(file, content, piece, len(codes)) for piece in pieces]
    except NotShown as no:
        _keep_whole(file, person, no.problem.words)
        return ""
    with visible_to(person):
        for number, (piece, body) in enumerate(zip(pieces, bodies, strict=True), 1):
            _part(file, number, piece, body, len(codes))
        ScanFile.objects.filter(id=file.id).update(state="sorted", pages=len(codes))
    return "" if many else after


def _body(file: ScanFile, content: bytes, piece: Piece, pages: int) -> bytes:
    if (piece.first, piece.last) == (1, pages):
        return content
    return order("part", file.content_type, content, first=piece.first - 1, last=piece.last - 1).body


def _part(file: ScanFile, number: int, piece: Piece, body: bytes, pages: int) -> None:
    stem, _, ending = file.name.rpartition(".")
    some = "" if (piece.first, piece.last) == (1, pages) else f"-{piece.first}-{piece.last}"
    found = recognise(body, bytes_max=2**40)
    assert not hasattr(found, "words"), found
    part, made = ScanPart.objects.get_or_create(
        file=file,
        order=number,
        defaults={
            "unit_path": file.unit_path,
            "first_page": piece.first,
            "last_page": piece.last,
            "name": f"{stem}{some}.{ending}",
            "sha256": blobs.put(body),
            "content_type": file.content_type,
            "bytes": len(body),
            "need": piece.code,
            "why_zh": UNKNOWN[0] if piece.code else NO_SHEET.zh,
            "why_en": UNKNOWN[1] if piece.code else NO_SHEET.en,
        },
    )
    log.debug("scan part %s %s", part.id, "made" if made else "was there")


def _keep_whole(file: ScanFile, person: Staff, why: Words) -> None:
    """A file that cannot be taken apart goes to the tray as it came, with the reason."""
    with visible_to(person):
        ScanPart.objects.get_or_create(
            file=file,
            order=1,
            defaults={
                "unit_path": file.unit_path,
                "first_page": 1,
                "last_page": 1,
                "name": file.name,
                "sha256": file.sha256,
                "content_type": file.content_type,
                "bytes": file.bytes,
                "why_zh": why.zh,
                "why_en": why.en,
            },
        )
        ScanFile.objects.filter(id=file.id).update(state="sorted", problem_zh=why.zh, problem_en=why.en)


def _attach_all(upload_id: str, person: Staff) -> None:
    with visible_to(person):
        parts = list(ScanPart.objects.filter(file__upload_id=upload_id, state="unassigned").exclude(need=""))
    for part in parts:
        _attach(part, person, timezone.now())


def _attach(part: ScanPart, person: Staff, now: datetime) -> None:
    """The part's code, as the sorter found it, stands in `need` until it is attached or told why not."""
    code = part.need
    with visible_to(person):
        cover = Cover.objects.filter(code=code).first() if code != "?" else None
    why = Words(*UNKNOWN)
    if cover is not None:
        try:
            perform(
                attach_part,
                person,
                f"scan/{part.id}/{now.timestamp()}",
                case_id=cover.case_id,
                channel="system",
                now=now,
                part=str(part.id),
                need=cover.need.removeprefix("paper:"),
                code=code,
            )
            return
        except Refused as refused:
            why = refused.problem.words
    with visible_to(person):
        ScanPart.objects.filter(id=part.id, state="unassigned").update(need="", why_zh=why.zh, why_en=why.en)
