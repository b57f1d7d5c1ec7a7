"""The daily anchor: one figure over all chains, to be kept outside the house (printed, mailed, published)."""

from __future__ import annotations

from datetime import datetime

from xiaoshi.desk.audit.models import Anchor, TimelineEntry
from xiaoshi.desk.audit.verify import OWNER, heads, merkle_root, one_snapshot


def make_anchor(now: datetime, alias: str = OWNER) -> Anchor:
    """Take the newest hash of every chain in one snapshot of the database and keep their Merkle root."""
    with one_snapshot(alias):
        newest = heads(alias)
        entries = TimelineEntry.objects.using(alias).count()
        return Anchor.objects.using(alias).create(
            at=now,
            chains=len(newest),
            entries=entries,
            root=merkle_root([digest for _c, _s, digest in newest]),
            heads=[[chain, seq, digest.hex()] for chain, seq, digest in newest],
        )
