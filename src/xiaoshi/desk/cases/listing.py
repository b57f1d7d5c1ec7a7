"""Lists of cases: which ones, in which order, page by page; fast for an outlet and for a province alike.

Problem. Row-level security answers for each row whether a person may see it. A teller's fifty newest cases among two
hundred thousand of the province would walk the province's order and ask for each row whether he was invited to it. Open
Zaak's users measured seconds at 62,000 cases for the same reason (open-zaak#1574).

Choice. Beside the policies, which stay the only authority, each query says where to look: the person's own part of the tree
as a range of paths in byte order, the cases to which he or she was invited, the places of absent colleagues. Each of these
branches is cut to one page by an index that has its order (`Case.Meta.indexes`), and the branches are merged here. The
place after which a page begins is a pair (moment, id), never a number of rows. Counts stop at a hundred. Words are looked
for in the newest 10,000 cases of each branch, and the page says so where there are more: what is older is found by the search
page, which has an index for it.

Example: `wu.an` of outlet `jn/lz/cd/yy/`, "all": branch 1 is `unit_path = 'jn/lz/cd/yy/'` on `case_live_unit`, branch 2 the
cases of `cases_casevisitor` under `wu.an` outside of that path; 51 ids at most of each, the newest 50 of both are shown.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Value
from django.utils import timezone

from xiaoshi.core.casework.roles import READS_ONLY, ROLES
from xiaoshi.desk.cases.models import LIVE, Case, CaseAsked, CaseVisitor
from xiaoshi.desk.guard.standing_in import bank_moment
from xiaoshi.desk.kinds import KINDS
from xiaoshi.desk.organisation.models import Staff

PAGE = 50
# What a head counts at a glance; beyond that "99+" says enough, and the database stops looking.
COUNT_AT_MOST = 100
# Words are looked for in the newest so many cases of each branch: no index answers "somewhere in the name".
LOOKED_THROUGH_MAX = 10_000
VIEWS = ("mine", "unclaimed", "client", "asked", "late", "all")
ANY = "any"
SORTS = ("newest", "due")
STATUSES = ("open", "suspended", "closed", "cancelled")
URGENCIES = ("small", "urgent", "hard")
LAST = "\uffff"
"""After every sign of a path in byte order: `jn/lz/` and below is `>= 'jn/lz/' and < 'jn/lz/' || LAST`."""

NAMED_MAX = 50
URGENT_FIRST_MAX = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for; every field is also a parameter of its address. Empty: no restriction."""

    view: str = "all"
    kind: str = ""
    step: str = ""
    due: str = ""
    urgency: str = ""
    owner: str = ""
    outlet: str = ""
    since: str = ""
    status: str = ""
    q: str = ""
    sort: str = ""
    after: str = ""

    @property
    def order(self) -> str:
        """The order that is used: what is late comes by its date unless asked otherwise; ended cases are due no more."""
        if self.view == ANY:
            return "newest"
        return self.sort if self.sort in SORTS else "due" if self.view == "late" else "newest"

    def as_query(self) -> dict[str, str]:
        """The parameters that differ from nothing, without the place in the list."""
        return {f.name: v for f in fields(self) if f.name != "after" and (v := getattr(self, f.name))}


@dataclass(frozen=True, slots=True)
class Place:
    """One part of the tree where a person looks: a path and what lies below, for some kinds of case or for all."""

    path: str
    exact: bool = False
    kinds: frozenset[str] = frozenset()

    @property
    def condition(self) -> Q:
        paths = (
            Q(unit_path=self.path)
            if self.exact
            else Q(unit_path__gte=self.path, unit_path__lt=self.path + LAST)
        )
        return paths & Q(kind__in=sorted(self.kinds)) if self.kinds else paths


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks, and for whom he or she stands in today: (login, place) of each absent colleague."""

    person: Staff
    place: Place
    absent: tuple[tuple[str, Place], ...] = ()

    @property
    def roles(self) -> list[str]:
        return roles_at_work(self.person)


def roles_at_work(person: Staff) -> list[str]:
    """The roles that count at the level where the person works."""
    level = person.unit.level
    return [r for r in person.roles if r != READS_ONLY and r in ROLES and level in ROLES[r].levels]


def reader_of(person: Staff) -> Reader:
    """The person with the places to look at; one query. Call it where the database knows the reader."""
    place = Place(person.unit.path, exact=person.unit.level == "outlet")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT absent, absent_path, kinds FROM xiaoshi_stood_in_for(%s, %s)",
            [person.login, bank_moment(timezone.now())],
        )
        rows = cursor.fetchall()
    return Reader(
        person, place, tuple((login, Place(path, kinds=frozenset(kinds))) for login, path, kinds in rows)
    )


@dataclass(frozen=True, slots=True)
class LookedThrough:
    """For each branch of a list the moment up to which cases were not looked through for words; None: all were."""

    since: tuple[datetime | None, ...] = ()

    @property
    def all(self) -> bool:
        return not any(self.since)

    def branches(self, found: list[Q]) -> list[Q]:
        if not self.since:
            return found
        return [
            q & Q(opened_at__gt=moment) if moment else q for q, moment in zip(found, self.since, strict=True)
        ]


def looked_through(reader: Reader, wanted: Wanted) -> LookedThrough:
    """How far back words are looked for. One query where words are asked for, none elsewhere."""
    if not wanted.q.strip():
        return LookedThrough()
    base = Case.objects.filter(_filters(replace(wanted, q="")))
    parts, params = [], []
    for branch in branches(reader, wanted.view):
        newest = base.filter(branch).order_by("-opened_at", "-id").values("opened_at")
        sql, given = newest[: LOOKED_THROUGH_MAX + 1].query.sql_with_params()
        # Django's own statement, whose values stay parameters.
        parts.append(f"(SELECT count(*), min(opened_at) FROM ({sql}) AS newest)")  # noqa: S608
        params += given
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        rows = cursor.fetchall()
    return LookedThrough(tuple(moment if n > LOOKED_THROUGH_MAX else None for n, moment in rows))


def page(
    reader: Reader, wanted: Wanted, size: int = PAGE, through: LookedThrough | None = None
) -> tuple[list[Case], str]:
    """One page in order, and the cursor of the next one ("" at the end). Two queries, however many rows and branches.

    The rows come without their snapshots, which no list shows. `through`: what `looked_through` said, one query less.
    """
    base = Case.objects.filter(_filters(wanted))
    through = looked_through(reader, wanted) if through is None else through
    queries = [
        base.filter(branch & part)
        .order_by(*_order(wanted))
        .values_list("id", "opened_at", "due_at")[: size + 1]
        for branch in through.branches(branches(reader, wanted.view))
        for part in _parts(wanted)
    ]
    found = {row[0]: row for query in _together(queries) for row in query}
    rows = _sorted(list(found.values()), wanted)
    shown = [row[0] for row in rows[:size]]
    cases = {
        c.id: c for c in Case.objects.filter(id__in=shown).defer("snapshot", "asked").select_related("unit")
    }
    following = cursor_of(rows[size - 1], wanted) if len(rows) > size else ""
    return [cases[ident] for ident in shown if ident in cases], following


def urgent_first(reader: Reader, wanted: Wanted, through: LookedThrough) -> list[Case]:
    """The urgent cases of a list, those due first in front; at most `URGENT_FIRST_MAX`, and only on its first page.

    Everything else steps aside for them, in whatever order the list is. Where urgency is asked for there is nothing to put first.
    """
    if wanted.after or wanted.urgency or wanted.view == ANY:
        return []
    urgent = replace(wanted, urgency="urgent", sort="due")
    return page(reader, urgent, URGENT_FIRST_MAX, through)[0]


def beside(reader: Reader, wanted: Wanted, at: str, forward: bool) -> tuple[uuid.UUID, str] | None:
    """The case after (or before) the place `at` in the list, with its own place; None at the end. One query.

    The place is that of the list when it was shown, so it holds even though the case in between was done and moved.
    """
    base = Case.objects.filter(_filters(wanted))
    parts = _parts(replace(wanted, after=at), forward)
    queries = [
        base.filter(branch & part)
        .order_by(*_order(wanted, forward))
        .values_list("id", "opened_at", "due_at")[:1]
        for branch in looked_through(reader, wanted).branches(branches(reader, wanted.view))
        for part in parts
    ]
    rows = _sorted([row for query in _together(queries) for row in query], wanted)
    return (rows[0 if forward else -1][0], cursor_of(rows[0 if forward else -1], wanted)) if rows else None


def counts(reader: Reader) -> dict[str, str]:
    """How many cases each tab has, `99+` at most, in two queries: one for all places, one for all invitations."""
    queries = [
        # In the order of an index: without one the planner may ask the policies about every row of the province.
        Case.objects.filter(branch)
        .annotate(tab=Value(view))
        .order_by(*_order(Wanted(view=view)))
        .values_list("tab", "id")[:COUNT_AT_MOST]
        for view in VIEWS
        for branch in branches(reader, view, invited=False)
    ]
    seen: dict[str, set[uuid.UUID]] = {view: set() for view in VIEWS}
    for query in _together(queries):
        for view, ident in query:
            seen[view].add(ident)
    now = timezone.now()
    elsewhere = Case.objects.filter(LIVE & _invited(reader)).order_by("-opened_at", "-id")
    for ident, waiting_for, due_at in elsewhere.values_list("id", "waiting_for", "due_at")[:COUNT_AT_MOST]:
        seen["all"].add(ident)
        if waiting_for == "client":
            seen["client"].add(ident)
        if due_at is not None and due_at < now:
            seen["late"].add(ident)
    return {
        view: f"{COUNT_AT_MOST - 1}+" if len(found) >= COUNT_AT_MOST else str(len(found))
        for view, found in seen.items()
    }


def changed_since(reader: Reader, wanted: Wanted, moment: datetime, shown: list[uuid.UUID]) -> int:
    """How many of the shown cases were acted on since then, and how many came into this list; at most `COUNT_AT_MOST`.

    One query. Whoever reads a list learns from it that looking again is worth it; nothing moves by itself.
    """
    new = Q(opened_at__gt=moment) & _filters(wanted)
    queries = [
        Case.objects.filter(condition).order_by("-opened_at", "-id").values_list("id")[:COUNT_AT_MOST]
        for condition in (
            Q(id__in=shown[:PAGE], changed_at__gt=moment),
            *(branch & new for branch in branches(reader, wanted.view)),
        )
    ]
    return len({ident for query in _together(queries) for (ident,) in query})


def _together(queries: list[QuerySet]) -> Iterator[QuerySet]:  # type: ignore[type-arg]
    """The queries as one statement."""
    if queries:
        yield queries[0].union(*queries[1:], all=True) if len(queries) > 1 else queries[0]


# ---- which cases ----------------------------------------------------------------------------------------------------


def branches(reader: Reader, view: str, *, invited: bool = True) -> list[Q]:
    """The list as conditions that together give it; each one says where to look, so that an index can answer it.

    `invited=False`: without the cases of other places to which the person was invited.
    """
    match view:
        case "mine":
            own = [Q(owner=reader.person.login)]
            return [LIVE & q for q in (*own, *(Q(owner=o) & _kinds(p) for o, p in reader.absent))]
        case "asked":
            return [LIVE & q for q in _asked(reader)]
        case "unclaimed":
            places = (reader.place, *(p for _login, p in reader.absent))
            return [LIVE & q for p in places for q in _unclaimed(reader, p)]
    places = [reader.place.condition, *(p.condition for _login, p in reader.absent)]
    if invited:
        places.append(_invited(reader))
    match view:
        case "client":
            return [LIVE & q & Q(waiting_for="client") for q in places]
        case "late":
            return [LIVE & q & Q(due_at__lt=timezone.now()) for q in places]
        case "any":
            return places
        case _:
            return [LIVE & q for q in places]


def _invited(reader: Reader) -> Q:
    """Cases outside of the own place on which the person was asked or told."""
    rows = CaseVisitor.objects.filter(staff_login=reader.person.login).values("case_id")
    return Q(id__in=rows) & ~reader.place.condition


def _kinds(place: Place) -> Q:
    return Q(kind__in=sorted(place.kinds)) if place.kinds else Q()


def _unclaimed(reader: Reader, place: Place) -> list[Q]:
    """Nobody's case; or a step that waits for a role of mine which the case's owner does not have, and nobody claimed."""
    level, login = reader.person.unit.level, reader.person.login
    rows = CaseAsked.objects.filter(
        place.condition,
        role__in=reader.roles,
        why__in=["do", "second"],
        level__in=["", level],
        owner_can=False,
    ).exclude(not_by__contains=[login])
    return [
        place.condition & Q(owner=""),
        place.condition & Q(id__in=rows.values("case_id")) & ~Q(owner=login),
    ]


def _asked(reader: Reader) -> list[Q]:
    """Cases in which I (or somebody for whom I stand in) am named: to do, sign, accept; and questions that lie with me."""
    from xiaoshi.desk.consulting.models import Question

    found = []
    for login, kinds in ((reader.person.login, Q()), *((who, _kinds(place)) for who, place in reader.absent)):
        rows = CaseAsked.objects.filter(person=login).values("case_id")
        lies = Q(assigned_to=login, state="open") | Q(asked_by=login, state="asked_back")
        questions = Question.objects.filter(lies).values("case_id")
        found += [Q(id__in=rows) & kinds, Q(id__in=questions) & kinds]
    return found


def _filters(wanted: Wanted) -> Q:
    """The filters of the address; one that makes no sense restricts nothing."""
    found = Q()
    if wanted.kind in KINDS:
        found &= Q(kind=wanted.kind)
    if wanted.step:
        found &= Q(step=wanted.step) | Q(step="", held_step=wanted.step)
    if wanted.urgency in URGENCIES:
        found &= Q(urgency=wanted.urgency)
    if wanted.status in STATUSES:
        found &= Q(status=wanted.status)
    if wanted.owner:
        found &= Q(owner__in=logins_named(wanted.owner))
    if wanted.outlet:
        found &= Q(unit_path__gte=wanted.outlet, unit_path__lt=wanted.outlet + LAST)
    if since := day_of(wanted.since):
        found &= Q(opened_at__gte=timezone.make_aware(datetime.combine(since, time())))
    if wanted.due == "late":
        found &= Q(due_at__lt=timezone.now())
    elif wanted.due == "today":
        found &= Q(due_at__lt=timezone.localtime().replace(hour=23, minute=59, second=59))
    if words := wanted.q.strip():
        found &= Q(number__icontains=words) | Q(client_name__icontains=words)
    return found


def logins_named(text: str) -> list[str]:
    """The sign-in names that somebody may mean: this one, and those of people whose name has it. One query, 50 at most."""
    named = Q(name_zh__icontains=text) | Q(name_en__icontains=text)
    return [text, *Staff.objects.filter(named).order_by("login").values_list("login", flat=True)[:NAMED_MAX]]


def day_of(text: str) -> date | None:
    """A day of the address, `2026-11-23`; anything else is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def wanted_from(values: dict[str, str], **fixed: str) -> Wanted:
    """From the parameters of an address. PostgreSQL knows no text with a NUL in it, and nobody types a page of one."""
    known = {f.name for f in fields(Wanted)}
    given = {k: v.replace("\x00", "").strip()[:200] for k, v in values.items() if k in known}
    return replace(Wanted(), **(fixed | given))


# ---- in which order, and from where -----------------------------------------------------------------------------------

Found = tuple[uuid.UUID, datetime, datetime | None]


def _by_age(row: Found) -> tuple[datetime, uuid.UUID]:
    return row[1], row[0]


def _by_due(row: Found) -> tuple[bool, datetime, uuid.UUID]:
    return row[2] is None, row[2] or row[1], row[0]


def _sorted(rows: list[Found], wanted: Wanted) -> list[Found]:
    if wanted.order == "due":
        return sorted(rows, key=_by_due)
    return sorted(rows, key=_by_age, reverse=True)


def _order(wanted: Wanted, forward: bool = True) -> tuple[Any, ...]:
    if wanted.order == "due":
        due = F("due_at")
        return (due.asc(nulls_last=True), "id") if forward else (due.desc(nulls_first=True), "-id")
    return ("-opened_at", "-id") if forward else ("opened_at", "id")


def cursor_of(row: Found, wanted: Wanted) -> str:
    """The place of a case in the list, for the address: `moment~id`, with a `d` before it where the order is by due."""
    ident, opened_at, due_at = row
    if wanted.order == "due":
        return f"d{due_at.isoformat() if due_at else ''}~{ident}"
    return f"{opened_at.isoformat()}~{ident}"


def place_of(case: Case, wanted: Wanted) -> str:
    return cursor_of((case.id, case.opened_at, case.due_at), wanted)


def _read(cursor: str, by_due: bool) -> tuple[datetime | None, uuid.UUID] | None:
    """A cursor of this order, or None for what is none."""
    if cursor.startswith("d") != by_due:
        return None
    moment, _sep, ident = cursor.removeprefix("d").partition("~")
    try:
        last = uuid.UUID(ident)
        at = datetime.fromisoformat(moment.replace(" ", "+")) if moment else None
    except ValueError:
        return None
    if at is None:
        return (None, last) if by_due else None
    return (at, last) if at.tzinfo is not None and 1 < at.year < 9999 else None


def _parts(wanted: Wanted, forward: bool = True) -> list[Q]:
    """What comes after (or before) the cursor, as conditions that an index can begin at; no cursor is the beginning.

    In the order by due, what has no date comes last, in the order of the ids.
    """
    by_due = wanted.order == "due"
    read = _read(wanted.after, by_due) if wanted.after else None
    if read is None:
        return [Q()]
    at, last = read
    if not by_due:
        if forward:
            return [Q(opened_at__lte=at) & (Q(opened_at__lt=at) | Q(id__lt=last))]
        return [Q(opened_at__gte=at) & (Q(opened_at__gt=at) | Q(id__gt=last))]
    if at is None:
        return [Q(due_at=None, id__gt=last)] if forward else [Q(due_at=None, id__lt=last), ~Q(due_at=None)]
    if forward:
        return [Q(due_at__gte=at) & (Q(due_at__gt=at) | Q(id__gt=last)), Q(due_at=None)]
    return [Q(due_at__lte=at) & (Q(due_at__lt=at) | Q(id__lt=last))]
