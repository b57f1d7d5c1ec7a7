"""`find_cases`: one search of one reader, for the page, the command line and the API.

What a reader may not see is not in any number, excerpt or hint here: candidates come by the reader's own reach, and each
case and row is read through row-level security. A reader who has yet to count a case without knowing its sum (the second
person of a payment or a count) is told no figure of it: a term with figures in it finds that case by its number, names and
accounts only, and figures in its excerpts are blanked. How many hits that costs is not said, since that would say it.

The search looks at the newest cases first and stops when its time is up; then the answer says from which day on it has
looked. Nothing is ever silently left out: notes say how many documents are unread, how many cases have just changed.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from xiaoshi.core.find.grams import NUMBER_MARK, Query, grams_asked, read_query, stands_in
from xiaoshi.core.find.showing import Piece, blank_figures, excerpt, has_figures
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.find.catching_up import left_to_see, take_newest
from xiaoshi.desk.find.index import FOLDING, hashes_of, opened
from xiaoshi.desk.find.models import DocumentText
from xiaoshi.desk.find.texts import heading
from xiaoshi.desk.find.unknown_sums import cases_with_unknown_sums
from xiaoshi.desk.guard.crypto import Undecipherable
from xiaoshi.desk.organisation.models import Staff

CASES_ON_A_PAGE = 20
CASES_AT_MOST = 100
HITS_SHOWN = 3
ROWS_READ = 30
CAUGHT_UP_AT_ONCE = 20
COUNTED_AT_MOST = 100
# How far back, and how long the database may take for it: everything, else the last year, else a quarter, else a fortnight.
LOOKS: tuple[tuple[int | None, int], ...] = ((None, 1500), (365, 700), (92, 500), (14, 500))
CALLED_FOR_AT_MOST = 12
# Rows that say who and which, not how much: a search for a number finds a case by them whatever the reader may know.
NAMING = frozenset({"case", "person"})

ROWS = """
SELECT r.case_id, r.kind, r.ref, r.part, r.at, r.sealed, r.ways FROM unnest(%s::uuid[]) AS wanted(id),
LATERAL (SELECT t.*, w.ways FROM find_indexrow t, LATERAL (SELECT ARRAY[{ways}] AS ways) w
         WHERE t.case_id = wanted.id AND true = ANY (w.ways)
         ORDER BY array_position('{case,person,facts}', t.kind), t.at DESC, t.part LIMIT %s) r
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """One place of a case where the terms stand. `ref`: number of an entry, id of a paper or document."""

    kind: str
    ref: str
    at: datetime
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case with its first hits; `more`: there are further ones in it."""

    case: Case
    hits: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True)
class Found:
    """The answer. `after` "" when there is no further page; `since` set when older cases were not looked at.

    `documents_unread`, `cases_changed`: not searched yet, at most 100 are counted. `problem`: nothing was searched, and why.
    """

    cases: tuple[FoundCase, ...] = ()
    after: str = ""
    since: date | None = None
    documents_unread: int = 0
    cases_changed: int = 0
    problem: Problem | None = None
    asks_for_figures: bool = False

    @property
    def notes(self) -> tuple[Words, ...]:
        """What was not looked at, in words; empty when everything was."""
        return tuple(_notes(self))


def _notes(found: Found) -> Iterator[Words]:
    if found.since is not None:
        yield Words(
            f"时间所限，只查到 {found.since.isoformat()} 及以后受理的案件。请再加一个词，以便查到更早的。",
            f"Time was short: only cases opened on {found.since.isoformat()} or later were looked at. Add a word to reach older ones.",
        )
    if found.documents_unread:
        many = _at_most(found.documents_unread)
        yield Words(
            f"另有 {many} 份材料的文字还没有读入，暂时查不到。",
            f"The text of {many} document(s) has not been read yet and was not searched.",
        )
    if found.cases_changed:
        many = _at_most(found.cases_changed)
        yield Words(
            f"有 {many} 个案件刚有变动，最新内容稍后才能查到。",
            f"{many} case(s) have just changed; what is newest in them can be found in a moment.",
        )
    if found.asks_for_figures:
        yield Words(
            "需由您复核、尚未清点的案件，其金额不参与查找。",
            "Sums of cases that you have yet to check or count are not searched.",
        )


def _at_most(count: int) -> str:
    return f"{COUNTED_AT_MOST - 1}+" if count >= COUNTED_AT_MOST else str(count)


def find_cases(person: Staff, text: str, after: str = "", limit: int = CASES_ON_A_PAGE) -> Found:
    """The newest cases in which all words of `text` stand, after the case that `after` names.

    Call it where the database knows the reader (`visible_to`, or a page's GET). `limit`: 1 to 100 cases.
    """
    query = read_query(text, FOLDING)
    if isinstance(query, Problem):
        return Found(problem=query)
    below = _cursor(after)
    if isinstance(below, Problem):
        return Found(problem=below)
    _catch_up()
    cases, following, since = _search(person, query, below, max(1, min(limit, CASES_AT_MOST)))
    return Found(
        cases=tuple(cases),
        after=str(following) if following else "",
        since=since,
        documents_unread=_documents_unread(),
        cases_changed=left_to_see(),
        asks_for_figures=any(map(has_figures, query.terms)),
    )


def _cursor(after: str) -> uuid.UUID | Problem:
    try:
        return uuid.UUID(after) if after else uuid.UUID(int=2**128 - 1)
    except ValueError:
        words = Words(
            "翻页的位置无法识别，请从第一页重新查找。",
            "The place of the next page is unreadable: search again from the first page.",
        )
        return Problem("cursor_unreadable", words, "after")


def _catch_up() -> None:
    """What changed a moment ago is indexed first; when that fails or takes long, the search goes on without, and says so."""
    try:
        with transaction.atomic():
            _limit_statements(1000)
            take_newest(CAUGHT_UP_AT_ONCE)
            _limit_statements(0)
    except OperationalError:
        return


def _limit_statements(milliseconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])


@dataclass
class _Looking:
    """How far back this search still looks; gets shorter when the database has no time for more."""

    below: uuid.UUID
    look: int = 0
    since: date | None = None
    deadline: float = field(default_factory=lambda: time.monotonic() + sum(ms for _days, ms in LOOKS) / 1000)

    def candidates(self, query: Query, at_most: int) -> list[uuid.UUID]:
        while self.look < len(LOOKS):
            days, milliseconds = LOOKS[self.look]
            begin = timezone.now() - timedelta(days=days) if days else None
            try:
                with transaction.atomic():
                    _limit_statements(milliseconds)
                    found = _candidates(query, self.below, _first_id(begin), at_most)
                    _limit_statements(0)
            except OperationalError:
                self.look += 1
                continue
            self.since = timezone.localtime(begin).date() if begin else None
            return found
        self.since = timezone.localdate()
        return []


def _candidates(query: Query, below: uuid.UUID, above: uuid.UUID, at_most: int) -> list[uuid.UUID]:
    found: set[uuid.UUID] = set()
    with connection.cursor() as cursor:
        for terms in query.alternatives:
            cursor.execute(
                "SELECT xiaoshi_find_candidates(%s, %s, %s, %s)", [_hashes(terms), below, above, at_most]
            )
            found |= {row[0] for row in cursor.fetchall()}
    return sorted(found, reverse=True)[:at_most]


def _hashes(terms: tuple[str, ...]) -> list[int]:
    return hashes_of(set().union(*map(grams_asked, terms)))


def _first_id(moment: datetime | None) -> uuid.UUID:
    """The smallest id of a case that was opened at that moment or later (ids of cases are ordered by time)."""
    if moment is None:
        return uuid.UUID(int=0)
    milliseconds = int(moment.astimezone(UTC).timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80)


def _search(
    person: Staff, query: Query, below: uuid.UUID, limit: int
) -> tuple[list[FoundCase], uuid.UUID | None, date | None]:
    """Cases until the page is full, nothing more is there, or the time is up; and where the next page goes on."""
    looking = _Looking(below)
    found: list[FoundCase] = []
    for _ in range(CALLED_FOR_AT_MOST):
        ids = looking.candidates(query, limit + 1)
        for case in _checked(person, query, ids):
            if len(found) == limit:
                return found, found[-1].case.id, looking.since
            found.append(case)
        if len(ids) <= limit:
            return found, None, looking.since
        looking.below = ids[-1]
        if time.monotonic() > looking.deadline:
            break
    return found, looking.below, looking.since


def _checked(person: Staff, query: Query, ids: list[uuid.UUID]) -> Iterator[FoundCase]:
    """Of the candidates those that this reader may see and in which the terms really stand, newest first."""
    cases = {c.id: c for c in Case.objects.filter(id__in=ids).select_related("unit")}
    unknown = cases_with_unknown_sums(list(cases.values()), person) if cases else frozenset()
    rows: dict[uuid.UUID, list[Any]] = {}
    for row in _rows(query, [i for i in ids if i in cases]):
        rows.setdefault(row[0], []).append(row)
    for ident in ids:
        if ident in cases and (hits := _hits(query, cases[ident], rows.get(ident, []), ident in unknown)):
            yield FoundCase(cases[ident], tuple(hits[:HITS_SHOWN]), len(hits) > HITS_SHOWN)


def _rows(query: Query, ids: Sequence[uuid.UUID]) -> list[Any]:
    hashes = [_hashes(terms) for terms in query.alternatives]
    statement = ROWS.replace("{ways}", ", ".join(["t.grams @> %s"] * len(hashes)))
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(ids), *hashes, ROWS_READ])
        return cursor.fetchall()


def _hits(query: Query, case: Case, rows: list[Any], sums_unknown: bool) -> list[Hit]:
    """The rows in which the terms stand; those in which all of them stand by themselves come first."""
    head = FOLDING.text(heading(case))
    found: list[tuple[int, Hit]] = []
    for _case, kind, ref, part, at, sealed, fits in rows:
        try:
            text = opened(case.id, kind, ref, part, sealed)
        except Undecipherable:
            continue
        if sums_unknown and kind not in NAMING:
            text = blank_figures(text)
        own = FOLDING.text(text)
        ways = [
            terms
            for terms, fit in zip(query.alternatives, fits, strict=True)
            if fit and all(stands_in(t, f"{head} {own}") for t in terms)
        ]
        if not ways:
            continue
        missing = min(sum(t not in own and not t.startswith(NUMBER_MARK) for t in terms) for terms in ways)
        if missing and kind != "case" and missing == min(len(terms) for terms in ways):
            continue  # only the case's own name and number stand there: the case itself is the hit
        pieces = excerpt(text or heading(case), query.terms, FOLDING)
        if not any(h.kind == kind and h.ref == ref for _m, h in found):
            found.append((missing, Hit(kind, ref, at, pieces)))
    return [hit for _missing, hit in sorted(found, key=lambda pair: pair[0])]


def _documents_unread() -> int:
    """How many documents of this reader's cases wait to be read, counted up to a hundred."""
    return len(DocumentText.objects.filter(state="waiting").values_list("pk")[:COUNTED_AT_MOST])
