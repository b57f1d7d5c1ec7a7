"""Lists of cases for programs: the tabs, filters and keyset pages of the queue, by the queue's own functions."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.api.answers import Unprocessable, language, said
from xiaoshi.desk.api.asking import bad_cursor, plain
from xiaoshi.desk.api.shapes import CaseRow
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.views.lists import rows_of, views_of
from xiaoshi.desk.kinds import KINDS
from xiaoshi.desk.organisation.models import Staff

ANY = "any"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller asks for. `view`: a tab of the queue, or `any` for closed cases too."""

    view: str = "mine"
    kind: str = ""
    due: str = ""
    q: str = ""
    after: str = ""
    limit: int = 50


def page_of_cases(person: Staff, wanted: Wanted) -> tuple[list[CaseRow], str | None]:
    """One page and the next cursor. Call it where the database knows the reader. Raises 422 with what does not fit."""
    tabs = views_of(person)
    if wanted.view not in tabs and wanted.view != ANY:
        raise _unknown("view", [*tabs, ANY])
    if wanted.kind and wanted.kind not in KINDS:
        raise _unknown("kind", list(KINDS))
    if wanted.due not in ("", "late", "today"):
        raise _unknown("due", ["late", "today"])
    query = Case.objects.all() if wanted.view == ANY else Case.objects.filter(tabs[wanted.view][1])
    query = _filtered(query, wanted)
    found = list(_after(query, wanted.after).order_by("-opened_at", "-id")[: wanted.limit + 1])
    shown = found[: wanted.limit]
    following = None
    if len(found) > wanted.limit:
        following = f"{shown[-1].opened_at.isoformat()}~{shown[-1].id}"
    return case_rows(shown), following


def _filtered(query: QuerySet[Case], wanted: Wanted) -> QuerySet[Case]:
    if wanted.kind:
        query = query.filter(kind=wanted.kind)
    if wanted.due == "late":
        query = query.filter(due_at__lt=timezone.now())
    elif wanted.due == "today":
        query = query.filter(due_at__lt=timezone.localtime().replace(hour=23, minute=59, second=59))
    if words := plain(wanted.q, "q").strip():
        query = query.filter(Q(number__icontains=words) | Q(client_name__icontains=words))
    return query


def _after(query: QuerySet[Case], after: str) -> QuerySet[Case]:
    if not after:
        return query
    moment, _sep, ident = after.partition("~")
    try:
        at, last = datetime.fromisoformat(moment.replace(" ", "+")), uuid.UUID(ident)
    except ValueError:
        raise bad_cursor() from None
    if at.tzinfo is None or not 1 < at.year < 9999:
        raise bad_cursor()
    return query.filter(Q(opened_at__lt=at) | Q(opened_at=at, id__lt=last))


def case_rows(cases: list[Case]) -> list[CaseRow]:
    """Cases with the words that the queue shows, with the same number of queries however long the list is."""
    return [
        CaseRow(**case_fields(row.case), kind_words=said(row.kind), step_words=said(row.step))
        for row in rows_of(cases, language())
    ]


def case_fields(case: Case) -> dict[str, object]:
    names = (
        "id",
        "number",
        "kind",
        "client_name",
        "title",
        "urgency",
        "status",
        "step",
        "owner",
        "waiting_for",
        "unit_path",
        "opened_at",
        "due_at",
        "closed_at",
        "version",
    )
    return {name: getattr(case, name) for name in names}


def _unknown(name: str, known: list[str]) -> Unprocessable:
    words = Words(
        f"参数“{name}”可用：{'、'.join(known)}。", f"The parameter “{name}” may be: {', '.join(known)}."
    )
    return Unprocessable([Problem("parameter_unfit", words, f"/query/{name}")])
