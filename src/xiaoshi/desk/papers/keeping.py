"""Documents of a case: how one is kept inside an act, and how its bytes are read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from xiaoshi.core.problems import Problem
from xiaoshi.desk.guard.refusals import Invalid
from xiaoshi.desk.papers import blobs
from xiaoshi.desk.papers.kinds_of_file import EVERY_KIND, KindOfFile, Recognised, clean_name, recognise
from xiaoshi.desk.papers.models import Document, HeldFile, ScanFile, ScanPart

if TYPE_CHECKING:
    from xiaoshi.desk.guard.boundary import Context

ISSUED = "issued_paper"
REPRINT = "reprint"
VOIDED = "voided_paper"
OWN_PURPOSES = frozenset({ISSUED, REPRINT, VOIDED})
"""Documents that the bank made itself; a person cannot hand one in under these purposes."""


def keep_document(ctx: Context, *, purpose: str, name: str, content: bytes) -> Document:
    """Keep a file on the case of the act; for use inside any act.

    `purpose`: the name of the paper in the plan's needs (`fire_report`), or a kind's own word (`tray_photo`). The type is
    told by the content; raises `Invalid` with words for what is empty, cut off, too large or of no accepted kind.
    """
    return keep_recognised(ctx, purpose=purpose, name=name, content=content, found=look_at(content))


def look_at(content: bytes, *, where: str = "file", taken: tuple[KindOfFile, ...] = EVERY_KIND) -> Recognised:
    """What the file is. `taken`: the kinds that this place takes. Raises `Invalid`."""
    found = recognise(content, bytes_max=settings.DOCUMENT_BYTES_MAX, where=where, taken=taken)
    if isinstance(found, Problem):
        raise Invalid(found)
    return found


def keep_recognised(ctx: Context, *, purpose: str, name: str, content: bytes, found: Recognised) -> Document:
    """As `keep_document`, for content that was looked at already."""
    return Document.objects.create(
        case=ctx.the_case,
        purpose=purpose,
        name=clean_name(name, found.kind),
        sha256=blobs.put(content),
        content_type=found.kind.content_type,
        bytes=len(content),
        added_by=ctx.person.login,
        added_at=ctx.now,
    )


def content_of(document: Document) -> bytes:
    """The bytes as they were handed in. Raises `blobs.BlobDamaged` when they are not."""
    return blobs.get(document.sha256)


def sweep_orphans(*, alias: str = "owner") -> list[str]:
    """Remove blobs that no document, scan or held file names. `alias`: the owner's connection, which row-level security
    does not bind."""
    named = (Document, ScanFile, ScanPart, HeldFile)
    return blobs.sweep(
        lambda address: any(m.objects.using(alias).filter(sha256=address).exists() for m in named)
    )
