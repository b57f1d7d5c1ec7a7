"""The daily anchor: one figure over all chains, to be kept outside the house (printed, mailed, published).

Whoever owns the database could write every chain anew; a figure that left the house before cannot be written anew. The
root of an anchor covers the newest hash of each chain that grew since the anchor before, and that anchor's root: so a day
costs what happened on it, and one figure still vouches for everything before. Example: 200,000 chains at first, 3,100 on
the next day; the second root has 3,101 leaves.

`export` is what leaves the house; `check_export` lays such a file beside the database, also when its anchors are gone.
Left out: sending it anywhere by itself, and a time stamp by a third party.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.audit.models import Anchor, TimelineEntry
from xiaoshi.desk.audit.verify import OWNER, gone_head, heads, merkle_root, one_snapshot
from xiaoshi.desk.retention.tombstones import first_bad_tombstone

FORMAT = 1
# Entries are numbered when they are inserted and seen when they are committed: a long act is not missed.
OVERLAP = timedelta(hours=1)


def make_anchor(now: datetime, alias: str = OWNER) -> Anchor:
    """Take the newest hash of every chain that grew in one snapshot of the database and keep their Merkle root."""
    with one_snapshot(alias):
        before = Anchor.objects.using(alias).order_by("id").last()
        newest = heads(alias, since=_first_id_of(before.at - OVERLAP) if before else None)
        leaves = [digest for _c, _s, digest in newest]
        return Anchor.objects.using(alias).create(
            at=now,
            chains=len(newest),
            entries=TimelineEntry.objects.using(alias).count(),
            root=merkle_root([bytes(before.root), *leaves] if before else leaves),
            heads=[[chain, seq, digest.hex()] for chain, seq, digest in newest],
        )


def _first_id_of(moment: datetime) -> uuid.UUID:
    """The smallest time-ordered id (UUID v7) of a moment."""
    ms = int(moment.astimezone(UTC).timestamp() * 1000)
    return uuid.UUID(bytes=ms.to_bytes(6, "big") + b"\x70\x00\x80" + bytes(7))


def export(anchor: Anchor, alias: str = OWNER) -> dict[str, Any]:
    """The anchor as it leaves the house."""
    before = Anchor.objects.using(alias).filter(id__lt=anchor.id).order_by("id").last()
    return {
        "format": FORMAT,
        "anchor": anchor.id,
        "at": anchor.at.isoformat(),
        "chains": anchor.chains,
        "entries": anchor.entries,
        "previous_root": bytes(before.root).hex() if before else None,
        "root": bytes(anchor.root).hex(),
        "heads": anchor.heads,
    }


def check_export(told: Any, alias: str = OWNER) -> tuple[Problem, ...]:
    """Lay an exported anchor beside the database: is it sound in itself, still there, and are its entries still there?"""
    try:
        known = [(str(chain), int(seq), bytes.fromhex(digest)) for chain, seq, digest in told["heads"]]
        root, anchor = bytes.fromhex(told["root"]), int(told["anchor"])
        leaves = [bytes.fromhex(told["previous_root"])] if told["previous_root"] else []
    except (KeyError, TypeError, ValueError):
        return (_problem("anchor_file_unreadable", "不是导出的锚定文件", "this is no exported anchor"),)
    if merkle_root([*leaves, *(digest for _c, _s, digest in known)]) != root:
        return (
            _problem(
                "anchor_file_altered",
                "文件被改动：根值与内容不符",
                "the file was altered: its root does not fit",
            ),
        )
    found = []
    stored = Anchor.objects.using(alias).filter(id=anchor).first()
    if stored is None or bytes(stored.root) != root:
        found.append(
            _problem(
                "anchor_gone",
                "数据库中没有这个锚定值，或已被改动",
                "the database has no such anchor, or another root",
            )
        )
    lost = gone_head(known, alias)
    if lost is not None:
        zh = f"{lost[0]} 第 {lost[1]} 条记录不是当时锚定的那一条"
        en = f"entry {lost[1]} of {lost[0]} is not the one that was anchored"
        found.append(_problem("anchored_entry_gone", zh, en, f"{lost[0]}#{lost[1]}"))
    bad = first_bad_tombstone(alias)
    if bad is not None:
        found.append(Problem(bad.code, bad.words, f"{bad.chain}#{bad.seq}"))
    return tuple(found)


def _problem(code: str, zh: str, en: str, where: str = "") -> Problem:
    return Problem(code, Words(zh, en), where)
