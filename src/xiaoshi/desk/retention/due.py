"""Which cases may be destroyed on a day, and what keeps the others: read only, in portions, five statements a portion.

Works on whichever connection is named: the reader's (row-level security shows the own part of the bank) or the owner's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max, Q

from xiaoshi.core.rules.retention_rules import CaseFacts, OwnPeriod, Standing, standing_of
from xiaoshi.desk.cases.models import LIVE, Case
from xiaoshi.desk.cases.opening import BANK_ZONE
from xiaoshi.desk.consulting.models import SharedAnswer
from xiaoshi.desk.linked_cases.models import CaseLink
from xiaoshi.desk.money.models import Entry, MoneyOrder
from xiaoshi.desk.retention.models import Hold, OwnPeriodRow

PORTION = 500
OVER = Q(status__in=["closed", "cancelled"])
# No rule in force lets anything go before: so many years are not even looked at.
YEARS_LEAST = 5
Cursor = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Looked:
    """A case with what the rules say of it."""

    case: Case
    facts: CaseFacts
    standing: Standing

    @property
    def cursor(self) -> Cursor:
        assert self.case.closed_at is not None
        return self.case.closed_at, self.case.id


def own_periods(alias: str = "default") -> list[OwnPeriod]:
    """What the bank decided for itself."""
    rows = OwnPeriodRow.objects.using(alias).order_by("in_force_from", "id")
    return [OwnPeriod(r.what, r.kind, r.years, r.in_force_from, r.source) for r in rows]


def day_of(moment: datetime) -> date:
    """The day in the bank's zone."""
    return moment.astimezone(BANK_ZONE).date()


def active_holds(on: date) -> Q:
    """Holds that bind on a day: not lifted, not run out (the last day counts)."""
    return Q(lifted_at=None) & (Q(until=None) | Q(until__gte=on))


def closed_before(on: date, after: Cursor | None = None, *, alias: str = "default") -> Any:
    """Cases that ended so long ago that some rule may let them go, the oldest first."""
    year = max(on.year - YEARS_LEAST, 1)
    limit = datetime.combine(on.replace(year=year, day=min(on.day, 28)) + timedelta(days=4), time(), UTC)
    rows = Case.objects.using(alias).filter(OVER, closed_at__lt=limit).order_by("closed_at", "id")
    if after is not None:
        rows = rows.filter(
            Q(closed_at__gt=after[0]) | Q(closed_at=after[0], id__gt=after[1]), closed_at__gte=after[0]
        )
    return rows.defer("snapshot", "asked")


def look_at(cases: list[Case], on: date, own: list[OwnPeriod], *, alias: str = "default") -> list[Looked]:
    """What the rules say of each of these cases on a day."""
    facts = _facts_of(cases, on, alias)
    linked = _linked_in_the_way(cases, facts, on, own, alias)
    found = []
    for case in cases:
        given = facts[case.id]
        if numbers := linked.get(case.id):
            given = _with_links(given, numbers)
        found.append(Looked(case, given, standing_of(given, on, own)))
    return found


def _with_links(facts: CaseFacts, numbers: set[str]) -> CaseFacts:
    return replace(facts, linked=tuple(sorted(numbers)))


def _facts_of(cases: Iterable[Case], on: date, alias: str) -> dict[UUID, CaseFacts]:
    ids = [case.id for case in cases]
    held: dict[UUID, list[str]] = {}
    for ident, reason in (
        Hold.objects.using(alias)
        .filter(active_holds(on), case_id__in=ids)
        .order_by("id")
        .values_list("case_id", "reason")
    ):
        held.setdefault(ident, []).append(reason)
    waiting = Counter(
        MoneyOrder.objects.using(alias)
        .filter(case_id__in=ids, state="waiting")
        .values_list("case_id", flat=True)
    )
    booked = dict(
        Entry.objects.using(alias)
        .filter(case_id__in=ids)
        .values("case_id")
        .annotate(last=Max("at"))
        .values_list("case_id", "last")
    )
    shared = Counter(
        SharedAnswer.objects.using(alias)
        .filter(origin__case_id__in=ids, ended_at=None)
        .filter(Q(valid_until=None) | Q(valid_until__gte=on))
        .values_list("origin__case_id", flat=True)
    )
    return {
        case.id: CaseFacts(
            kind=case.kind,
            closed_on=day_of(case.closed_at)
            if case.closed_at and case.status in ("closed", "cancelled")
            else None,
            last_transaction_on=day_of(booked[case.id]) if case.id in booked else None,
            held=tuple(held.get(case.id, ())),
            open_orders=waiting[case.id],
            shared_answers=shared[case.id],
        )
        for case in cases
    }


def _linked_in_the_way(
    cases: list[Case], facts: dict[UUID, CaseFacts], on: date, own: list[OwnPeriod], alias: str
) -> dict[UUID, set[str]]:
    """Numbers of the cases that each waits for or is waited for by, and that may not go yet themselves.

    A link that a person let go binds nobody.
    """
    ids = set(facts)
    links = CaseLink.objects.using(alias).filter(Q(waiting_id__in=ids) | Q(other_id__in=ids), let_at=None)
    pairs = [(link.waiting_id, link.other_id, link.waiting_number, link.other_number) for link in links]
    far = {x for pair in pairs for x in pair[:2]} - ids
    others = dict(facts)
    if far:
        others |= _facts_of(
            list(Case.objects.using(alias).filter(id__in=far).defer("snapshot", "asked")), on, alias
        )
    stays = {ident for ident, given in others.items() if not standing_of(given, on, own).due}
    # The far end of a link may be out of the reader's sight: then nobody knows that it may go.
    stays |= far - set(others)
    found: dict[UUID, set[str]] = {}
    for waiting, other, waiting_number, other_number in pairs:
        if waiting in ids and other in stays:
            found.setdefault(waiting, set()).add(other_number)
        if other in ids and waiting in stays:
            found.setdefault(other, set()).add(waiting_number)
    return found


def all_looked_at(on: date, *, after: Cursor | None = None, alias: str = "default") -> Iterator[Looked]:
    """Every case that ended long enough ago, oldest first, a portion at a time."""
    own = own_periods(alias)
    while True:
        portion = look_at(list(closed_before(on, after, alias=alias)[:PORTION]), on, own, alias=alias)
        yield from portion
        if len(portion) < PORTION:
            return
        after = portion[-1].cursor


def still_open_since(on: date, limit: int, *, alias: str = "default") -> list[Case]:
    """Cases as old as that which never ended: no rule counts for them."""
    day = datetime.combine(on.replace(year=max(on.year - 10, 1), day=min(on.day, 28)), time(), UTC)
    rows = Case.objects.using(alias).filter(LIVE, opened_at__lt=day).order_by("-opened_at", "-id")
    return list(rows.defer("snapshot", "asked")[:limit])
