"""Bringing the index up to the cases: what the triggers noted is read by whoever searches next, and by the worker.

A case that was opened a second ago is found by the teller who opened it, with or without a worker: the search first takes
up to 20 of the newest noted cases that the reader may see. The worker takes the rest each minute. Noted rows are taken with
SKIP LOCKED, so that nobody waits for anybody, and an act only ever adds rows.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

from django.db import connections
from django.utils import timezone

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.plans import plan_of
from xiaoshi.desk.find.index import keep, paths_of, rows_for
from xiaoshi.desk.find.models import DocumentText, IndexedCase
from xiaoshi.desk.find.texts import Findable, of_case, of_document, of_entry, of_paper, of_person
from xiaoshi.desk.papers.keeping import REPRINT
from xiaoshi.desk.papers.models import Document, Paper
from xiaoshi.desk.people.models import Client

DUE_SEEN = 1000
"""How far back among the noted rows a search looks; the worker is never that far behind for long."""
ENTRIES_AT_ONCE = 2000

TAKE = (
    "DELETE FROM find_due WHERE id IN (SELECT id FROM find_due WHERE id > (SELECT last_value FROM find_due_id_seq) - %s"
    " ORDER BY id DESC LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING case_id"
)
TAKE_OLDEST = (
    "DELETE FROM find_due WHERE id IN (SELECT id FROM find_due ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)"
    " RETURNING case_id"
)
LEFT = (
    "SELECT count(*) FROM (SELECT DISTINCT case_id FROM find_due WHERE id > (SELECT last_value FROM find_due_id_seq) - %s"
    " LIMIT 100) AS due"
)


def take_newest(at_most: int, using: str = "default") -> int:
    """Index the newest noted cases that the reader of this transaction may see; gives how many."""
    return _index(_taken(TAKE, [DUE_SEEN, at_most], using), using)


def take_oldest(at_most: int, using: str = "default") -> int:
    """The worker's share: the oldest first."""
    return _index(_taken(TAKE_OLDEST, [at_most], using), using)


def _taken(statement: str, values: list[int], using: str) -> list[uuid.UUID]:
    with connections[using].cursor() as cursor:
        cursor.execute(statement, values)
        return sorted({row[0] for row in cursor.fetchall()}, key=str)


def left_to_see(using: str = "default") -> int:
    """How many cases of this reader have changed since they were indexed (at most 100 are counted)."""
    with connections[using].cursor() as cursor:
        cursor.execute(LEFT, [DUE_SEEN])
        return int(cursor.fetchone()[0])


def _index(case_ids: list[uuid.UUID], using: str) -> int:
    cases = Case.objects.using(using).filter(id__in=case_ids).order_by("id")
    count = 0
    for case in cases:
        index_case(case, using)
        count += 1
    return count


def index_case(case: Case, using: str = "default") -> None:
    """All that is new on a case since it was indexed last; the case's own rows are compared, the rest is only added."""
    known = IndexedCase.objects.using(using).filter(case=case).first()
    since = known.entry_seq if known else 0
    entries = TimelineEntry.objects.using(using).filter(case=case, seq__gt=since).order_by("seq")
    things = list(of_case(case, plan_of(case)))
    things += filter(None, (of_person(case, c) for c in Client.objects.using(using).filter(case=case)))
    newest = since
    for entry in entries[:ENTRIES_AT_ONCE]:
        newest = entry.seq
        if (thing := of_entry(entry)) is not None:
            things.append(thing)
    things += _papers(case, using)
    things += _documents(case, using)
    keep(rows_for(case, things), using)
    if known is not None and known.unit_path != case.unit_path:
        _moved(case, using)
    IndexedCase.objects.using(using).update_or_create(
        case=case, defaults={"entry_seq": newest, "unit_path": case.unit_path}
    )


def _moved(case: Case, using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(
            "UPDATE find_indexrow SET paths = %s WHERE case_id = %s AND paths <> %s",
            [paths_of(case.unit_path), case.id, paths_of(case.unit_path)],
        )


def _papers(case: Case, using: str) -> Iterator[Findable]:
    yield from map(of_paper, Paper.objects.using(using).filter(case=case))


def _documents(case: Case, using: str) -> Iterable[Findable]:
    """Documents that the index has not met; a picture has no text and waits for nobody."""
    fresh = list(
        Document.objects.using(using)
        .filter(case=case)
        .exclude(pk__in=DocumentText.objects.using(using).filter(case=case).values("pk"))
        .order_by("id")
    )
    now = timezone.now()
    DocumentText.objects.using(using).bulk_create(
        (DocumentText(document=d, case=case, state=first_state(d), next_try_at=now) for d in fresh),
        ignore_conflicts=True,
    )
    return map(of_document, fresh)


def first_state(document: Document) -> str:
    """Whether there is anything to read: pictures have no text, a copy says what its paper says."""
    has_none = document.content_type.startswith("image/") and "svg" not in document.content_type
    return "none" if has_none or document.purpose == REPRINT else "waiting"
