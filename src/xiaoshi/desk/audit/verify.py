"""Verifying every timeline as the owner: the first altered, missing or foreign row is named.

Entries and cases are walked side by side in the order of the chains, in one snapshot of the database: the desk may go on
working, and memory holds one case's events at a time. What a careful forger made fit (all hashes of a chain written
anew) shows in the case's own row, in what the events fold to, or in an anchor that was made before.

A destroyed case has no chain any more but a tombstone, which has to be vouched for (`retention/tombstones.py`).

Left out: anchors that were deleted. The table alone cannot know of them; the figure that left the house does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connections, transaction

from xiaoshi.core.casework.as_json import event_from_json, state_to_json
from xiaoshi.core.casework.fold import fold
from xiaoshi.core.problems import Words
from xiaoshi.desk.audit.chain import FIRST, hash_of
from xiaoshi.desk.audit.findings import FirstBad
from xiaoshi.desk.audit.models import Anchor, TimelineEntry
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.guard.crypto import keyed_hash
from xiaoshi.desk.kinds import all_kinds
from xiaoshi.desk.retention.tombstones import first_bad_tombstone

OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Verified:
    ok: bool
    chains: int
    entries: int
    anchors: int
    first_bad: FirstBad | None

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        problems = []
        if self.first_bad:
            bad = self.first_bad
            where = f"{bad.case or bad.chain}#{bad.seq}"
            problems.append({"code": bad.code, "text": bad.words.in_language(language), "where": where})
        return {
            "ok": self.ok,
            "chains": self.chains,
            "entries": self.entries,
            "anchors": self.anchors,
            "first_bad": self.first_bad.as_json(language) if self.first_bad else None,
            "problems": problems,
        }


def verify_timeline(alias: str = OWNER) -> Verified:
    """Walk all chains in order, with their cases; then the anchors."""
    with one_snapshot(alias):
        walk = _Walk(_in_order_of_chains(alias))
        rows = TimelineEntry.objects.using(alias).order_by("chain", "seq").iterator(chunk_size=2000)
        for chain, entries in groupby(rows, key=lambda entry: entry.chain):
            walk.chain(chain, entries)
        walk.end()
        anchors, anchored = _anchors(alias)
        bad = walk.bad or anchored or first_bad_tombstone(alias) or _of_kinds(alias)
    return Verified(bad is None, walk.chains, walk.entries, anchors, bad)


def first_bad_of_case(case: Case, alias: str = OWNER) -> FirstBad | None:
    """As `verify_timeline`, for the chain of one case."""
    walk = _Walk(iter([case]))
    rows = TimelineEntry.objects.using(alias).filter(chain=str(case.id)).order_by("seq")
    walk.chain(str(case.id), rows.iterator(chunk_size=2000))
    return walk.bad


def _of_kinds(alias: str) -> FirstBad | None:
    """What the tables of a kind hold beside the timeline, as far as the kind can prove it."""
    for kind in all_kinds():
        if kind.verify is not None:
            for bad in kind.verify(alias):
                return bad
    return None


@contextmanager
def one_snapshot(alias: str) -> Iterator[None]:
    """All that is read inside is as of one moment, so that acts of the running desk do not look like damage."""
    outermost = not connections[alias].in_atomic_block
    with transaction.atomic(using=alias):
        if outermost:
            with connections[alias].cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _in_order_of_chains(alias: str) -> Iterator[Case]:
    """All cases by id, which is how their chains sort too (an id in text sorts as it does in bytes)."""
    wanted = Case.objects.using(alias).select_related("unit").order_by("id")
    return iter(wanted.iterator(chunk_size=500))


class _Walk:
    """The walk over chains and cases; `bad` is the first that is wrong, counting goes on behind it."""

    def __init__(self, cases: Iterator[Case]) -> None:
        self.cases, self.next = cases, next(cases, None)
        self.chains = self.entries = 0
        self.bad: FirstBad | None = None

    def chain(self, chain: str, entries: Iterable[TimelineEntry]) -> None:
        self.chains += 1
        case = self._case_of(chain)
        last, previous, events = 0, FIRST, []
        for entry in entries:
            self.entries += 1
            self.bad = self.bad or _look_at(entry, last + 1, previous, case)
            last, previous = entry.seq, bytes(entry.hash)
            if self.bad is None and case is not None:
                events.append(entry.body)
        self.bad = self.bad or _end_of(chain, case, last, previous, events)

    def end(self) -> None:
        while self.next is not None:
            self._without_entries()

    def _case_of(self, chain: str) -> Case | None:
        while self.next is not None and str(self.next.id) < chain:
            self._without_entries()
        if self.next is None or str(self.next.id) != chain:
            return None
        found, self.next = self.next, next(self.cases, None)
        return found

    def _without_entries(self) -> None:
        case, self.next = self.next, next(self.cases, None)
        assert case is not None
        zh, en = "案件没有任何记录", "the case has no entries at all"
        self.bad = self.bad or _bad(str(case.id), 1, case, "entry_missing", zh, en)


def _bad(entry_chain: str, seq: int, case: Case | None, code: str, zh: str, en: str) -> FirstBad:
    return FirstBad(entry_chain, seq, case.number if case else "", code, Words(zh, en))


def _look_at(entry: TimelineEntry, expected: int, previous: bytes, case: Case | None) -> FirstBad | None:
    if entry.seq != expected:
        zh, en = f"缺第 {expected} 条记录", f"entry {expected} is missing"
        return _bad(entry.chain, expected, case, "entry_missing", zh, en)
    if bytes(entry.previous_hash) != previous:
        zh, en = "与前一条记录的链接断开", "the link to the entry before it is broken"
        return _bad(entry.chain, entry.seq, case, "link_broken", zh, en)
    if hash_of(entry) != bytes(entry.hash):
        zh, en = "记录内容被改动", "the entry was altered"
        return _bad(entry.chain, entry.seq, case, "entry_altered", zh, en)
    if str(entry.case_id or "") != (entry.chain if not entry.chain.startswith("unit:") else ""):
        zh, en = "记录属于另一个案件", "the entry belongs to another case"
        return _bad(entry.chain, entry.seq, case, "entry_foreign", zh, en)
    return None


def _end_of(chain: str, case: Case | None, last: int, head: bytes, bodies: list[Any]) -> FirstBad | None:
    """The case row must name the newest entry, and say what the events fold to, in its snapshot and beside it."""
    if chain.startswith("unit:"):
        return None
    if case is None:
        return _bad(
            chain,
            last,
            None,
            "case_missing",
            "案件被删除，记录仍在",
            "the case is gone but its entries are there",
        )
    if case.version != last or bytes(case.head_hash) != head:
        zh = f"案件应有 {case.version} 条记录，末尾缺失或被替换"
        en = f"the case has {case.version} entries; the newest are missing or replaced"
        return _bad(chain, last + 1, case, "end_missing", zh, en)
    try:
        state = fold(event_from_json(event) for body in bodies for event in body.get("events", []))
    except (ValueError, TypeError, LookupError, AttributeError):
        zh, en = (
            "记录中的事件无法读取，不是本系统写入的",
            "the events of the entries cannot be read: the desk did not write them",
        )
        return _bad(chain, last, case, "events_unreadable", zh, en)
    if state_to_json(state) != case.snapshot:
        zh, en = "案件现状与记录不符", "the state of the case is not what its entries say"
        return _bad(chain, last, case, "snapshot_differs", zh, en)
    named = bodies[0].get("client_hash") if bodies else None
    if named is not None and named != keyed_hash("people", case.client_name):
        zh, en = "客户姓名与受理时不符", "the client's name is not the one that the case was opened with"
        return _bad(chain, 1, case, "client_differs", zh, en)
    row = (case.owner, case.status, case.unit_path.rstrip("/"), case.unit.path)
    if row != (state.owner, state.phase, state.unit_path, case.unit_path):
        zh = "案件的经办人、状态或所属网点与记录不符"
        en = "owner, status or outlet of the case are not what its entries say"
        return _bad(chain, last, case, "row_differs", zh, en)
    return None


def merkle_root(leaves: list[bytes]) -> bytes:
    """Root over the leaves in order (SHA-256; 0x00 before a leaf, 0x01 before a node; an odd node goes up alone)."""
    level = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\x01" + p[0] + p[1]).digest() if len(p) == 2 else p[0] for p in pairs]
    return level[0]


def heads(alias: str = OWNER, since: UUID | None = None) -> list[tuple[str, int, bytes]]:
    """The newest entry of each chain: chain, number, hash; in order of the chain. `since`: of chains that grew since."""
    grown = "WHERE chain IN (SELECT chain FROM audit_timelineentry WHERE id >= %s)" if since else ""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (chain) chain, seq, hash FROM audit_timelineentry"  # noqa: S608  a constant of ours
            f" {grown} ORDER BY chain, seq DESC",
            [since] if since else [],
        )
        return [(chain, seq, bytes(digest)) for chain, seq, digest in cursor.fetchall()]


def _anchors(alias: str) -> tuple[int, FirstBad | None]:
    """Each anchor's root must fit its heads and the root before it, and each head must be in its chain. All are counted."""
    count, bad, before = 0, None, b""
    for anchor in Anchor.objects.using(alias).order_by("id").iterator(chunk_size=50):
        count += 1
        bad = bad or _anchor(anchor, before, alias)
        before = bytes(anchor.root)
    return count, bad


def _anchor(anchor: Anchor, before: bytes, alias: str) -> FirstBad | None:
    try:
        known = [(str(chain), int(seq), bytes.fromhex(digest)) for chain, seq, digest in anchor.heads]
    except (ValueError, TypeError):
        known = []
    root = merkle_root([*([before] if before else []), *(digest for _c, _s, digest in known)])
    if root != bytes(anchor.root) or len(known) != anchor.chains:
        zh, en = (
            "每日锚定值被改动，或前一个锚定值已不在",
            "a daily anchor was altered, or the one before it is gone",
        )
        return _bad("anchor", anchor.id, None, "anchor_altered", zh, en)
    lost = gone_head(known, alias)
    if lost is None:
        return None
    try:
        case = Case.objects.using(alias).filter(id=UUID(lost[0])).first()
    except ValueError:
        case = None
    zh, en = "记录与已锚定的哈希不符", "the entry is not the one that was anchored"
    return _bad(lost[0], lost[1], case, "anchored_entry_gone", zh, en)


def gone_head(known: list[tuple[str, int, bytes]], alias: str = OWNER) -> tuple[str, int] | None:
    """The first of these entries (chain, number, hash) that is not in its chain any more; None when all are.

    A case that was destroyed by its rule has left the hashes of its entries on a tombstone: that is in its chain.
    """
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT k.chain, k.seq FROM unnest(%s::text[], %s::int[], %s::bytea[]) AS k(chain, seq, hash)"
            " LEFT JOIN audit_timelineentry e ON e.chain = k.chain AND e.seq = k.seq AND e.hash = k.hash"
            " LEFT JOIN retention_tombstone t ON t.chain = k.chain AND k.seq BETWEEN 1 AND t.entries"
            "   AND substring(t.hashes FROM (k.seq - 1) * 32 + 1 FOR 32) = k.hash"
            " WHERE e.id IS NULL AND t.chain IS NULL ORDER BY 1, 2 LIMIT 1",
            [[k[0] for k in known], [k[1] for k in known], [k[2] for k in known]],
        )
        found = cursor.fetchone()
    return (found[0], found[1]) if found else None
