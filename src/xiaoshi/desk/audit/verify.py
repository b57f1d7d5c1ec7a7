"""Verifying every timeline as the owner: the first altered, missing or foreign row is named."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.db import connections

from xiaoshi.core.casework.as_json import event_from_json, state_to_json
from xiaoshi.core.casework.fold import fold
from xiaoshi.core.problems import Words
from xiaoshi.desk.audit.chain import FIRST, hash_of
from xiaoshi.desk.audit.models import Anchor, TimelineEntry
from xiaoshi.desk.cases.models import Case

OWNER = "owner"


@dataclass(frozen=True, slots=True)
class FirstBad:
    """The first row that is not as it was written, in order of chain and number."""

    chain: str
    seq: int
    case: str
    code: str
    words: Words

    def as_json(self, language: str) -> dict[str, Any]:
        return {
            "chain": self.chain,
            "seq": self.seq,
            "case": self.case,
            "code": self.code,
            "reason": self.words.in_language(language),
        }


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
    """Walk all chains in order; constant memory beside one case's events."""
    cases = {str(c.id): c for c in Case.objects.using(alias).defer("client_name").iterator(chunk_size=2000)}
    seen: set[str] = set()
    chains = entries = 0
    bad: FirstBad | None = None
    chain, expected, previous, events = "", 1, FIRST, []
    rows = TimelineEntry.objects.using(alias).order_by("chain", "seq").iterator(chunk_size=2000)
    for entry in rows:
        if entry.chain != chain:
            bad = bad or _end_of(chain, cases.get(chain), expected - 1, previous, events)
            chain, expected, previous, events = entry.chain, 1, FIRST, []
            chains += 1
            seen.add(chain)
        entries += 1
        bad = bad or _look_at(entry, expected, previous, cases)
        expected, previous = entry.seq + 1, bytes(entry.hash)
        if chain in cases:
            events.extend(entry.body.get("events", []))
    bad = bad or _end_of(chain, cases.get(chain), expected - 1, previous, events)
    bad = bad or _never_seen(cases, seen)
    anchors, anchored = _anchors(alias)
    bad = bad or anchored
    return Verified(bad is None, chains, entries, anchors, bad)


def _bad(entry_chain: str, seq: int, case: Case | None, code: str, zh: str, en: str) -> FirstBad:
    return FirstBad(entry_chain, seq, case.number if case else "", code, Words(zh, en))


def _look_at(entry: TimelineEntry, expected: int, previous: bytes, cases: dict[str, Case]) -> FirstBad | None:
    case = cases.get(entry.chain)
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


def _end_of(chain: str, case: Case | None, last: int, head: bytes, events: list[Any]) -> FirstBad | None:
    """The case row must name the newest entry, and its snapshot must be what the events fold to."""
    if not chain or chain.startswith("unit:"):
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
        zh, en = (
            f"案件应有 {case.version} 条记录，末尾缺失或被替换",
            f"the case has {case.version} entries; the newest are missing or replaced",
        )
        return _bad(chain, last + 1, case, "end_missing", zh, en)
    folded = state_to_json(fold(event_from_json(e) for e in events))
    if folded != case.snapshot:
        zh, en = "案件现状与记录不符", "the state of the case is not what its entries say"
        return _bad(chain, last, case, "snapshot_differs", zh, en)
    return None


def _never_seen(cases: dict[str, Case], seen: set[str]) -> FirstBad | None:
    for ident, case in cases.items():
        if ident not in seen:
            return _bad(ident, 1, case, "entry_missing", "案件没有任何记录", "the case has no entries at all")
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


def heads(alias: str = OWNER) -> list[tuple[str, int, bytes]]:
    """The newest entry of each chain: chain, number, hash; in order of the chain."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (chain) chain, seq, hash FROM audit_timelineentry ORDER BY chain, seq DESC"
        )
        return [(chain, seq, bytes(digest)) for chain, seq, digest in cursor.fetchall()]


def _anchors(alias: str) -> tuple[int, FirstBad | None]:
    """Each anchor's own root must fit its heads, and each head must still be in its chain."""
    count = 0
    for anchor in Anchor.objects.using(alias).order_by("at").iterator():
        count += 1
        known = [(chain, seq, bytes.fromhex(digest)) for chain, seq, digest in anchor.heads]
        if merkle_root([digest for _c, _s, digest in known]) != bytes(anchor.root):
            return count, _bad(
                "anchor", anchor.id, None, "anchor_altered", "每日锚定值被改动", "a daily anchor was altered"
            )
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT k.chain, k.seq FROM unnest(%s::text[], %s::int[], %s::bytea[]) AS k(chain, seq, hash)"
                " LEFT JOIN audit_timelineentry e ON e.chain = k.chain AND e.seq = k.seq AND e.hash = k.hash"
                " WHERE e.id IS NULL ORDER BY 1, 2 LIMIT 1",
                [[k[0] for k in known], [k[1] for k in known], [k[2] for k in known]],
            )
            lost = cursor.fetchone()
        if lost is not None:
            zh, en = "记录与已锚定的哈希不符", "the entry is not the one that was anchored"
            return count, _bad(lost[0], lost[1], None, "anchored_entry_gone", zh, en)
    return count, None
