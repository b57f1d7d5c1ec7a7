"""Making the index anew from the cases: after a change of its form, of the master key, or when it is doubted. As the owner.

An empty index (a fresh simulation, a restored backup without it) is filled by COPY with the GIN index made at the end: about
four times as fast. One that is in use is made anew case by case, 500 cases a transaction, and can be searched meanwhile.

Not part of `xiaoshi simulate province` (which calls each part's `rebuild.py`): 200,000 cases are 1.9 million rows and some ten
minutes. What it writes is noted by the triggers; the worker takes 4,000 cases a minute, and a search says what is not in yet.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.plans import plan_of
from xiaoshi.desk.find.catching_up import first_state
from xiaoshi.desk.find.index import rows_for
from xiaoshi.desk.find.models import DocumentText, Due, IndexedCase, IndexRow
from xiaoshi.desk.find.texts import of_case, of_document, of_entry, of_paper, of_person
from xiaoshi.desk.papers.models import Document, Paper
from xiaoshi.desk.people.models import Client

OWNER = "owner"
BATCH = 500
COLUMNS = "case_id, paths, kind, ref, part, at, grams, sealed, digest"


def rebuild(say: Callable[[str], None] = lambda line: None) -> dict[str, int]:
    """All rows of all cases; documents wait for the worker to read them again. Gives the number of cases and rows."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('xiaoshi find rebuild'))")
        try:
            empty = not IndexRow.objects.using(OWNER).exists()
            if empty:
                cursor.execute("DROP INDEX IF EXISTS find_grams")
            told = _all(say)
            if empty:
                cursor.execute("CREATE INDEX find_grams ON find_indexrow USING gin (grams, paths)")
            cursor.execute("ANALYZE find_indexrow")
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('xiaoshi find rebuild'))")
    return told


def _all(say: Callable[[str], None]) -> dict[str, int]:
    after, cases, rows = uuid.UUID(int=0), 0, 0
    while batch := list(Case.objects.using(OWNER).filter(id__gt=after).order_by("id")[:BATCH]):
        with transaction.atomic(using=OWNER):
            rows += _batch(batch)
        cases, after = cases + len(batch), batch[-1].id
        if cases % 10_000 < BATCH:
            say(f"{cases} cases, {rows} rows")
    return {"cases": cases, "rows": rows}


def _batch(cases: list[Case]) -> int:
    ids = [c.id for c in cases]
    # What is noted before this moment is read below; what comes later is noted again.
    Due.objects.using(OWNER).filter(case_id__in=ids).delete()
    IndexRow.objects.using(OWNER).filter(case_id__in=ids).delete()
    IndexedCase.objects.using(OWNER).filter(case_id__in=ids).delete()
    DocumentText.objects.using(OWNER).filter(case_id__in=ids).delete()
    entries = _grouped(TimelineEntry.objects.using(OWNER).filter(case_id__in=ids).order_by("case_id", "seq"))
    clients = _grouped(Client.objects.using(OWNER).filter(case_id__in=ids).order_by("case_id"))
    papers = _grouped(Paper.objects.using(OWNER).filter(case_id__in=ids).order_by("case_id"))
    documents = _grouped(Document.objects.using(OWNER).filter(case_id__in=ids).order_by("case_id"))
    now = timezone.now()
    count = 0
    with (
        connections[OWNER].cursor() as cursor,
        cursor.copy(f"COPY find_indexrow ({COLUMNS}) FROM STDIN") as copy,
    ):
        for case in cases:
            things = [
                *of_case(case, plan_of(case)),
                *filter(None, (of_person(case, c) for c in clients.get(case.id, ()))),
                *filter(None, map(of_entry, entries.get(case.id, ()))),
                *map(of_paper, papers.get(case.id, ())),
                *map(of_document, documents.get(case.id, ())),
            ]
            for row in rows_for(case, things):
                copy.write_row(row)
                count += 1
    IndexedCase.objects.using(OWNER).bulk_create(
        IndexedCase(
            case=c,
            entry_seq=max((e.seq for e in entries.get(c.id, ())), default=0),
            unit_path=c.unit_path,
        )
        for c in cases
    )
    DocumentText.objects.using(OWNER).bulk_create(
        DocumentText(document=d, case_id=d.case_id, state=first_state(d), next_try_at=now)
        for held in documents.values()
        for d in held
    )
    return count


def _grouped(query: Any) -> dict[uuid.UUID, list[Any]]:
    return {ident: list(rows) for ident, rows in groupby(_rows(query), attrgetter("case_id"))}


def _rows(query: Any) -> Iterator[Any]:
    yield from query
