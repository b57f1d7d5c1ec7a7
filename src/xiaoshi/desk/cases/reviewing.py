"""复核: which cases wait for a second person, and for this one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.urls import reverse

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.listing import URGENT_FIRST_MAX, Reader, reader_of, roles_at_work
from xiaoshi.desk.cases.models import Case, CaseAsked
from xiaoshi.desk.cases.plans import plan_of
from xiaoshi.desk.kinds import all_kinds, kind_named
from xiaoshi.desk.money.standing import waiting_for
from xiaoshi.desk.organisation.models import Staff

PAGE = 50
LOOKED_AT = 300
"""How many rows of its own a kind looks at for one page."""
SECOND = ("confirm", "second")
"""Why a step is asked of somebody other than an earlier doer (`asked.py`)."""


@dataclass(frozen=True, slots=True)
class Review:
    """One thing that waits for a second person."""

    case: Case
    what: Words
    since: datetime | None
    href: str


def waiting_for_review(person: Staff) -> list[Review]:
    """The first page of what this person may do as the second one, the longest waiting first."""
    return page_of_reviews(person, "")[0]


def page_of_reviews(person: Staff, after: str) -> tuple[list[Review], str]:
    """One page and the cursor of the next ("" at the end). Always the same number of queries.

    Money and what the kinds add (`Kind.reviews`) stand on the first page, each part at most one page of them.
    """
    reader = reader_of(person)
    rows = list(_after(_open_to(reader), after).order_by("since", "id")[: PAGE + 1])
    shown = rows[:PAGE]
    if not after:
        # Everything steps aside for an urgent case, however long the others have waited.
        urgent = _open_to(reader).filter(case__urgency="urgent").order_by("since", "id")[:URGENT_FIRST_MAX]
        first = {row.id: row for row in urgent}
        shown = [*first.values(), *(row for row in shown if row.id not in first)]
    found = [_step_review(row) for row in shown]
    if not after:
        found.extend(_money(person))
        for kind in all_kinds():
            if kind.reviews is not None:
                found.extend(kind.reviews(person))
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return found, f"{last.since.isoformat()}~{last.id}" if last else ""


def reviews_of_case(case: Case) -> list[CaseAsked]:
    """What waits for a second person on this case, whoever it may be: shown on the case itself."""
    rows = CaseAsked.objects.filter(case=case, why__in=SECOND).order_by("since", "id")
    once: dict[tuple[str, str], CaseAsked] = {}
    for row in rows:
        once.setdefault((row.step, row.person), row)
    return list(once.values())


def open_to(row: CaseAsked, person: Staff) -> bool:
    """Whether this person is one of those who may."""
    if person.login in row.not_by or (row.person and row.person != person.login):
        return False
    roles = roles_at_work(person)
    return bool(row.person) or (row.role in roles and row.level in ("", person.unit.level))


def _open_to(reader: Reader) -> QuerySet[CaseAsked]:
    """By the index of roles below a path, or of persons: nothing is read that is not shown."""
    places = Q()
    for place in (reader.place, *(p for _login, p in reader.absent)):
        places |= place.condition
    mine = Q(person=reader.person.login) | (
        places & Q(role__in=reader.roles, level__in=["", reader.person.unit.level])
    )
    return (
        CaseAsked.objects.filter(mine, why__in=SECOND)
        .exclude(not_by__contains=[reader.person.login])
        .select_related("case")
        .defer("case__snapshot", "case__asked")
    )


def _after(query: QuerySet[CaseAsked], after: str) -> QuerySet[CaseAsked]:
    moment, _sep, ident = after.partition("~")
    try:
        at = datetime.fromisoformat(moment.replace(" ", "+"))
    except ValueError:
        return query
    if at.tzinfo is None or not ident.isdecimal() or len(ident) > 18:
        return query
    return query.filter(Q(since__gte=at) & (Q(since__gt=at) | Q(id__gt=int(ident))))


def _step_review(row: CaseAsked) -> Review:
    step = plan_of(row.case).steps.get(row.step)
    title = step.title if step else Words(row.step, row.step)
    return Review(row.case, title, row.since, reverse("case_step", args=[row.case_id, row.step]))


def _money(person: Staff) -> list[Review]:
    """Orders that this person may check on the page of money; where a kind keeps them to its own page, it has a step for it.

    One without a case (cash between vault and drawer) is found on the money page.
    """
    return [
        Review(
            shown.order.case,
            shown.kind,
            shown.order.made_at,
            reverse("case_money", args=[shown.order.case_id]),
        )
        for shown in waiting_for(person, "zh")
        if shown.order.case is not None and kind_named(shown.order.case.kind).may_book is None
    ]
