"""Lists of cases for programs: the queue's own lists (`cases/listing.py`), and a refusal for a question that makes no sense.

A page shows something for every address; a program that misspells a filter must not take the whole list for the answer.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.api.answers import Unprocessable, language, said
from xiaoshi.desk.api.asking import bad_cursor, plain
from xiaoshi.desk.api.shapes import CaseRow
from xiaoshi.desk.cases import listing
from xiaoshi.desk.cases.listing import Wanted
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.views.lists import rows_of
from xiaoshi.desk.kinds import KINDS
from xiaoshi.desk.organisation.models import Staff

ROW = (
    "id", "number", "kind", "client_name", "title", "urgency", "status", "step", "owner", "waiting_for", "unit_path",
    "opened_at", "due_at", "closed_at", "version",
)  # fmt: skip


def page_of_cases(person: Staff, wanted: Wanted, limit: int) -> tuple[list[CaseRow], str | None, bool]:
    """One page, the next cursor, and whether words were looked for in all of the list. Call it where the database knows the reader. Raises 422 with what does not fit."""
    if wrong := list(_problems(wanted)):
        raise Unprocessable(wrong)
    for name, text in wanted.as_query().items():
        plain(text, name)
    _require_cursor(wanted)
    reader = listing.reader_of(person)
    through = listing.looked_through(reader, wanted)
    found, following = listing.page(reader, wanted, limit, through)
    return case_rows(found), following or None, through.all


def _problems(wanted: Wanted) -> list[Problem]:
    known = {
        "view": (*listing.VIEWS, listing.ANY),
        "kind": tuple(KINDS),
        "due": ("late", "today"),
        "urgency": listing.URGENCIES,
        "status": listing.STATUSES,
        "sort": listing.SORTS,
    }
    wrong = []
    for name, values in known.items():
        given = getattr(wanted, name)
        if given and given not in values:
            words = Words(
                f"参数“{name}”可用：{'、'.join(values)}。",
                f"The parameter “{name}” may be: {', '.join(values)}.",
            )
            wrong.append(Problem("parameter_unfit", words, f"/query/{name}"))
    if wanted.since and listing.day_of(wanted.since) is None:
        words = Words(
            "参数“since”应为日期，如 2026-11-25。", "The parameter “since” must be a day, such as 2026-11-25."
        )
        wrong.append(Problem("parameter_unfit", words, "/query/since"))
    return wrong


def _require_cursor(wanted: Wanted) -> None:
    """Refuse a cursor that the list would take for the beginning: a client that pages would go round for ever."""
    if not wanted.after:
        return
    by_due = wanted.order == "due"
    moment, _sep, ident = wanted.after.removeprefix("d").partition("~")
    try:
        uuid.UUID(ident)
        at = datetime.fromisoformat(moment.replace(" ", "+")) if moment else None
    except ValueError:
        raise bad_cursor() from None
    fits = by_due if at is None else at.tzinfo is not None and 1 < at.year < 9999
    if wanted.after.startswith("d") != by_due or not fits:
        raise bad_cursor()


def case_rows(cases: list[Case]) -> list[CaseRow]:
    """Cases with the words that the queue shows, with the same number of queries however long the list is."""
    return [
        CaseRow(**case_fields(row.case), kind_words=said(row.kind), step_words=said(row.step))
        for row in rows_of(cases, language())
    ]


def case_fields(case: Case) -> dict[str, object]:
    return {name: getattr(case, name) for name in ROW}
