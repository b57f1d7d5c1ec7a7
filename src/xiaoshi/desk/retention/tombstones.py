"""What `xiaoshi audit` asks about destroyed cases: is each tombstone the one that two people's decision left?

A tombstone stands in for a chain. Who forges one to hide a case has to forge with it an entry on the unit's chain that names
its digest, and the two entries of who proposed and who approved the batch; those chains are anchored outside.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import islice

from django.db import connections

from xiaoshi.core.problems import Words
from xiaoshi.desk.audit.findings import FirstBad
from xiaoshi.desk.retention.models import Batch, Tombstone

DESTROYED = "retention.destroyed"
PROPOSED = "retention.propose"
APPROVED = "retention.approve"
HASH_BYTES = 32
AT_ONCE = 500


def digest_of(stone: Tombstone) -> str:
    """Over all that the tombstone says, but for the transaction that wrote it."""
    told = {
        "chain": stone.chain,
        "unit_path": stone.unit_path,
        "kind": stone.kind,
        "closed_month": stone.closed_month,
        "entries": stone.entries,
        "head": bytes(stone.head_hash).hex(),
        "hashes": hashlib.sha256(bytes(stone.hashes)).hexdigest(),
        "booked": stone.booked,
        "documents": stone.documents,
        "rule": stone.rule,
        "batch": stone.batch_id,
        "destroyed_at": stone.destroyed_at.isoformat(timespec="microseconds"),
    }
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def cases_digest(case_ids: list[str]) -> str:
    """Over the cases of a batch, whatever their order."""
    return hashlib.sha256("\n".join(sorted(case_ids)).encode()).hexdigest()


_VOUCHED = """
    SELECT t.chain,
           (SELECT count(*) FROM audit_timelineentry e WHERE e.chain = 'unit:' || t.unit_path AND e.act = %s
               AND e.body ->> 'tombstone' = t.digest),
           EXISTS (SELECT 1 FROM cases_case c WHERE c.id = t.case_id)
             OR EXISTS (SELECT 1 FROM audit_timelineentry e WHERE e.chain = t.chain)
      FROM retention_tombstone t WHERE t.chain = ANY(%s)
"""
_WITHOUT_STONE = """
    SELECT e.chain, e.seq FROM audit_timelineentry e
     WHERE e.act = %s AND NOT EXISTS (SELECT 1 FROM retention_tombstone t WHERE t.digest = e.body ->> 'tombstone')
     ORDER BY e.chain, e.seq LIMIT 1
"""
_BATCH_TOLD = """
    SELECT b.id FROM retention_batch b
     WHERE EXISTS (SELECT 1 FROM retention_tombstone t WHERE t.batch_id = b.id)
       AND (b.decided_by IN ('', b.proposed_by)
            OR NOT EXISTS (SELECT 1 FROM audit_timelineentry e WHERE e.chain = 'unit:' || b.unit_path AND e.act = %s
                  AND e.actor = b.proposed_by AND e.body ->> 'batch' = b.id::text AND e.body ->> 'cases_digest' = b.cases_digest)
            OR NOT EXISTS (SELECT 1 FROM audit_timelineentry e WHERE e.chain = 'unit:' || b.unit_path AND e.act = %s
                  AND e.actor = b.decided_by AND e.body ->> 'batch' = b.id::text AND e.body ->> 'cases_digest' = b.cases_digest))
     ORDER BY b.id LIMIT 1
"""


def first_bad_tombstone(alias: str) -> FirstBad | None:
    """The first tombstone that is not what was left by a decision of two people, in order of its chain; None: all are."""
    stones = iter(Tombstone.objects.using(alias).order_by("chain").iterator(chunk_size=AT_ONCE))
    while some := list(islice(stones, AT_ONCE)):
        for bad in _bad_of(some, alias):
            return bad
    return _gone_stone(alias) or _batch_untold(alias)


def _bad_of(some: list[Tombstone], alias: str) -> Iterator[FirstBad]:
    with connections[alias].cursor() as cursor:
        cursor.execute(_VOUCHED, [DESTROYED, [s.chain for s in some]])
        seen = {chain: (told, still_there) for chain, told, still_there in cursor.fetchall()}
    for stone in some:
        told, still_there = seen[stone.chain]
        hashes = bytes(stone.hashes)
        whole = len(hashes) == HASH_BYTES * stone.entries and hashes[-HASH_BYTES:] == bytes(stone.head_hash)
        if stone.digest != digest_of(stone) or not whole or stone.chain != str(stone.case_id):
            yield _bad(stone, "tombstone_altered", "销毁登记被改动", "the tombstone was altered")
        elif told != 1:
            zh = "机构时间线没有记载这次销毁，登记是伪造的"
            en = "the unit's timeline does not tell of it: the tombstone is forged"
            yield _bad(stone, "tombstone_forged", zh, en)
        elif still_there:
            zh, en = "案件登记为已销毁，却仍有记录", "a case that is said to be destroyed is still there"
            yield _bad(stone, "tombstone_of_living", zh, en)


def _bad(stone: Tombstone, code: str, zh: str, en: str) -> FirstBad:
    return FirstBad(stone.chain, stone.entries, "", code, Words(zh, en))


def _gone_stone(alias: str) -> FirstBad | None:
    with connections[alias].cursor() as cursor:
        cursor.execute(_WITHOUT_STONE, [DESTROYED])
        row = cursor.fetchone()
    if row is None:
        return None
    words = Words(
        "时间线记载了一次销毁，销毁登记却不在",
        "the timeline tells of a destroyed case, its tombstone is gone",
    )
    return FirstBad(row[0], row[1], "", "tombstone_gone", words)


def _batch_untold(alias: str) -> FirstBad | None:
    """A batch by which cases went has the entries of both people, over the same cases that its rows name."""
    with connections[alias].cursor() as cursor:
        cursor.execute(_BATCH_TOLD, [PROPOSED, APPROVED])
        row = cursor.fetchone()
    bad = row[0] if row else None
    if bad is None:
        for batch in (
            Batch.objects.using(alias).filter(tombstones__isnull=False).distinct().order_by("id").iterator()
        ):
            items = [str(i) for i in batch.items.using(alias).values_list("case_id", flat=True)]
            stones = {str(i) for i in batch.tombstones.using(alias).values_list("case_id", flat=True)}
            if cases_digest(items) != batch.cases_digest or not stones <= set(items):
                bad = batch.id
                break
    if bad is None:
        return None
    zh, en = (
        "销毁批次没有两人的记录，或案件被换过",
        "the batch has no entries of two people, or its cases were exchanged",
    )
    return FirstBad("retention", int(bad), "", "batch_untold", Words(zh, en))
