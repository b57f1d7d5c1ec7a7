"""Files that came with a form which was refused: kept for this person and case, so that nobody chooses them a second time.

A teller uploads six scans, forgets to say what they are, gets the form back: the scans are there, named, ticked. They are
also there after a sign-out, in another browser, and when the case was changed meanwhile (409). They belong to no case until
the form is sent, are seen by whoever uploaded them only, and go after seven days.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from xiaoshi.core.problems import Problem
from xiaoshi.desk.papers import blobs
from xiaoshi.desk.papers.kinds_of_file import clean_name, recognise
from xiaoshi.desk.papers.models import HeldFile

HELD_FOR = timedelta(days=7)
HELD_MAX = 40
"""Per person and case; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file of this request or one that was held: its name as given, its bytes, and the held row when it is one."""

    name: str
    content: bytes
    held: HeldFile | None = None


def held_of(login: str, case_id: Any) -> list[HeldFile]:
    """What is held for this person on this case, oldest first. Inside the reader's transaction."""
    since = timezone.now() - HELD_FOR
    return list(HeldFile.objects.filter(staff_login=login, case_id=case_id, at__gte=since)[:HELD_MAX])


def chosen(held: Iterable[HeldFile], idents: Iterable[str]) -> list[Arrived]:
    """The held files that the form names, with their bytes."""
    wanted = set(idents)
    return [Arrived(h.name, blobs.get(h.sha256), h) for h in held if str(h.id) in wanted]


def hold(login: str, case_id: Any, files: Iterable[Arrived], now: datetime) -> list[HeldFile]:
    """Keep those of the files that could be taken; what is of no accepted kind has been refused with words already."""
    kept = []
    for file in files:
        found = recognise(file.content, bytes_max=settings.DOCUMENT_BYTES_MAX)
        if file.held is not None or isinstance(found, Problem):
            continue
        row = HeldFile(
            id=uuid.uuid4(),
            case_id=case_id,
            staff_login=login,
            name=clean_name(file.name, found.kind),
            sha256=blobs.put(file.content),
            content_type=found.kind.content_type,
            bytes=len(file.content),
            at=now,
        )
        row.save(force_insert=True)
        kept.append(row)
    own = HeldFile.objects.filter(staff_login=login, case_id=case_id)
    newest = list(own.order_by("-at", "-id").values_list("id", flat=True)[:HELD_MAX])
    own.exclude(id__in=newest).delete()
    return kept


def let_go(login: str, case_id: Any, idents: Iterable[Any]) -> None:
    """These were sent, or are not wanted."""
    HeldFile.objects.filter(staff_login=login, case_id=case_id, id__in=list(idents)).delete()


def let_old_ones_go(now: datetime) -> int:
    """For the timer: what has been held for longer than seven days."""
    return HeldFile.objects.filter(at__lt=now - HELD_FOR).delete()[0]
