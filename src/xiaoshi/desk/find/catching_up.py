"""Bringing the index up to the cases: what the triggers noted is read by whoever searches next, and by the worker.

A case that was opened a second ago is found by the teller who opened it, with or without a worker: the search first takes
up to 20 of the newest noted cases that the reader may see. The worker takes the rest each minute. Noted rows are taken with
SKIP LOCKED, so that nobody waits for anybody, and an act only ever adds rows.
"""

from __future__ import annotations

import uuid

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
NEW_ENTRIES = (
    "SELECT e.* FROM unnest(%s::uuid[], %s::int[]) AS known(case_id, seq), LATERAL (SELECT * FROM audit_timelineentry t"
    " WHERE t.case_id = known.case_id AND t.seq > known.seq ORDER BY t.seq LIMIT %s) e"
)

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
    """Those of the cases that the reader may see. The same number of queries however many they are."""
    cases = list(Case.objects.using(using).filter(id__in=case_ids).order_by("id")) if case_ids else []
    if cases:
        index_cases(cases, using)
    return len(cases)


def index_cases(cases: list[Case], using: str = "default") -> None:
    """All that is new on these cases since they were indexed last; their own rows are compared, the rest is only added.

    In the order of the cases' ids, table by table, so that two that index the same cases wait for each other in one order.
    """
    ids = [c.id for c in cases]
    known = IndexedCase.objects.using(using).in_bulk(ids)
    seqs = {ident: known[ident].entry_seq if ident in known else 0 for ident in ids}
    things: dict[uuid.UUID, list[Findable]] = {c.id: list(of_case(c, plan_of(c))) for c in cases}
    by_id = {c.id: c for c in cases}
    for client in Client.objects.using(using).filter(case_id__in=ids):
        _add(things[client.case_id], of_person(by_id[client.case_id], client))
    for entry in TimelineEntry.objects.using(using).raw(
        NEW_ENTRIES, [ids, list(seqs.values()), ENTRIES_AT_ONCE]
    ):
        seqs[entry.case_id] = max(seqs[entry.case_id], entry.seq)
        _add(things[entry.case_id], of_entry(entry))
    for paper in Paper.objects.using(using).filter(case_id__in=ids):
        things[paper.case_id].append(of_paper(paper))
    for document in _new_documents(ids, using):
        things[document.case_id].append(of_document(document))
    keep([row for case in cases for row in rows_for(case, things[case.id])], using)
    _move([c for c in cases if c.id in known and known[c.id].unit_path != c.unit_path], using)
    IndexedCase.objects.using(using).bulk_create(
        (IndexedCase(case=c, entry_seq=seqs[c.id], unit_path=c.unit_path) for c in cases),
        update_conflicts=True,
        unique_fields=["case"],
        update_fields=["entry_seq", "unit_path"],
    )


def _add(things: list[Findable], thing: Findable | None) -> None:
    if thing is not None:
        things.append(thing)


def _move(cases: list[Case], using: str) -> None:
    """Every row of a case that went to another unit carries the units above it."""
    if cases:
        paths = [paths_of(c.unit_path) for c in cases]
        with connections[using].cursor() as cursor:
            cursor.executemany(
                "UPDATE find_indexrow SET paths = %s WHERE case_id = %s AND paths <> %s",
                [(path, c.id, path) for c, path in zip(cases, paths, strict=True)],
            )


def _new_documents(case_ids: list[uuid.UUID], using: str) -> list[Document]:
    """Documents that the index has not met; a picture has no text and waits for nobody."""
    fresh = list(
        Document.objects.using(using)
        .filter(case_id__in=case_ids)
        .exclude(pk__in=DocumentText.objects.using(using).filter(case_id__in=case_ids).values("pk"))
        .order_by("case_id", "id")
    )
    now = timezone.now()
    DocumentText.objects.using(using).bulk_create(
        (DocumentText(document=d, case_id=d.case_id, state=first_state(d), next_try_at=now) for d in fresh),
        ignore_conflicts=True,
    )
    return fresh


def first_state(document: Document) -> str:
    """Whether there is anything to read: pictures have no text, a copy says what its paper says."""
    has_none = document.content_type.startswith("image/") and "svg" not in document.content_type
    return "none" if has_none or document.purpose == REPRINT else "waiting"
