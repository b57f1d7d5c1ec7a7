"""Reading documents for the index: outside of the act, in the worker, each in a process with limits (`papers/reading.py`)."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import connections
from django.utils import timezone

from xiaoshi.core.find.cutting import parts_of
from xiaoshi.desk.find.index import keep, rows_for
from xiaoshi.desk.find.models import DocumentText
from xiaoshi.desk.find.texts import Findable
from xiaoshi.desk.guard.visibility import visible_to_house
from xiaoshi.desk.papers.reading import CHARACTERS_MAX, Unreadable, text_of_document

log = logging.getLogger(__name__)
TRIES_MAX = 5
CLAIM = timedelta(minutes=2)
"""A document that is being read is taken by nobody else so long; a worker that died leaves it after that."""


def read_waiting(at_most: int) -> int:
    """Read up to `at_most` documents that wait; gives how many were tried. Called by the worker alone."""
    tried = 0
    while tried < at_most and (row := _claimed()) is not None:
        tried += 1
        read_one(row)
    return tried


def _claimed() -> DocumentText | None:
    with visible_to_house("find"):
        row = (
            DocumentText.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(state="waiting", next_try_at__lte=timezone.now())
            .select_related("document", "case")
            .order_by("next_try_at")
            .first()
        )
        if row is not None:
            row.tries += 1
            row.next_try_at = timezone.now() + CLAIM
            row.save(update_fields=["tries", "next_try_at"])
        return row


def read_one(row: DocumentText) -> None:
    """Read one document outside of any transaction, then write what it says. It is waited for again when that went wrong."""
    found = text_of_document(row.document)
    with visible_to_house("find"):
        if isinstance(found, Unreadable):
            row.reason = found.problem.code
            row.state = "unreadable" if found.lasting or row.tries >= TRIES_MAX else "waiting"
            row.next_try_at = timezone.now() + timedelta(minutes=2**row.tries)
            log.info("document %s not read for the search: %s", row.pk, found.problem.code)
        else:
            row.state = write_text(row, found)
        row.save(update_fields=["state", "reason", "next_try_at"])


def write_text(row: DocumentText, text: str) -> str:
    """The text into the index, in parts; gives the new state."""
    document = row.document
    parts, cut = parts_of(text)
    keep(
        rows_for(
            row.case,
            (
                Findable("document", str(document.pk), document.added_at, part, number)
                for number, part in enumerate(parts, 1)
            ),
        )
    )
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "DELETE FROM find_indexrow WHERE case_id = %s AND kind = 'document' AND ref = %s AND part > %s",
            [row.case_id, str(document.pk), len(parts)],
        )
    if cut or len(text) >= CHARACTERS_MAX:
        return "cut"
    return "read" if parts else "none"
