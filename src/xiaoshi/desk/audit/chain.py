"""Hash chains: how an entry is written, and how the first altered one is found.

Each entry's hash is SHA-256 over its canonical JSON, which holds the hash before it. Chains are per case, so that two
cases never wait for one another; acts without a case (moving cash, a new plan) go to the chain of their unit, whose
newest entry is locked while the next is written. Example: an entry altered in the middle breaks at its own hash; one
that was removed breaks at the next one's `previous_hash`; the newest one removed is seen because the case row says how
many there are, and, when that was altered too, because the anchor that left the house knew its hash.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from xiaoshi.core.casework.as_json import event_to_json
from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.guard import statements

if TYPE_CHECKING:
    from xiaoshi.desk.guard.boundary import Context

FIRST = b"\x00" * 32


def canonical(entry: TimelineEntry) -> bytes:
    """The bytes that are hashed: all that the entry says, in one fixed form."""
    content = {
        "chain": entry.chain,
        "seq": entry.seq,
        "case": str(entry.case_id) if entry.case_id else None,
        "unit_path": entry.unit_path,
        "act": entry.act,
        "actor": entry.actor,
        "channel": entry.channel,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "visible_to_client": entry.visible_to_client,
        "body": entry.body,
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return bytes(entry.previous_hash) + text.encode()


def hash_of(entry: TimelineEntry) -> bytes:
    return hashlib.sha256(canonical(entry)).digest()


def _entry(ctx: Context, chain: str, seq: int, previous: bytes, unit_path: str) -> TimelineEntry:
    body: dict[str, Any] = {**ctx.body}
    if ctx.events:
        body["events"] = [event_to_json(e) for e in ctx.events]
    if ctx.words is not None:
        body["words"] = {"zh": ctx.words.zh, "en": ctx.words.en}
    # Through JSON once, so that what is hashed is exactly what the database gives back.
    body = json.loads(json.dumps(body, ensure_ascii=False))
    entry = TimelineEntry(
        chain=chain,
        seq=seq,
        case=ctx.case,
        unit_path=unit_path,
        act=ctx.act.name,
        actor=ctx.person.login,
        channel=ctx.channel,
        at=_to_microsecond(ctx.now),
        visible_to_client=ctx.visible_to_client,
        body=body,
        previous_hash=previous,
    )
    entry.hash = hash_of(entry)
    return entry


def _to_microsecond(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def entry_for_case(ctx: Context) -> TimelineEntry:
    """The next entry of the case's chain, not written yet. The case row is locked, so `version` and `head_hash` are the newest."""
    case = ctx.the_case
    previous = bytes(case.head_hash) or FIRST
    entry = _entry(ctx, str(case.id), case.version, previous, case.unit_path)
    case.head_hash = entry.hash
    return entry


_ORDER = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_NEWEST = "SELECT seq, hash FROM audit_timelineentry WHERE chain = %s ORDER BY seq DESC LIMIT 1"


def entry_for_unit(ctx: Context) -> TimelineEntry:
    """The next entry of the unit's chain, not written yet. An advisory lock orders its writers until the transaction ends."""
    path = ctx.unit_path or ctx.person.unit.path
    chain = f"unit:{path}"
    # One round trip: a statement after the lock sees what the one before us in the queue has committed.
    newest = statements.send([(_ORDER, [chain]), (_NEWEST, [chain])])[1].fetchone()
    seq, previous = (newest[0] + 1, bytes(newest[1])) if newest else (1, FIRST)
    return _entry(ctx, chain, seq, previous, path)


def append_for_unit(ctx: Context) -> None:
    """Append to the chain of the unit, outside of the boundary."""
    entry_for_unit(ctx).save(force_insert=True)
