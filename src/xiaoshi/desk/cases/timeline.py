"""Telling a timeline: entries with names and words in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from xiaoshi.core.problems import Words
from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.guard.boundary import ACTS
from xiaoshi.desk.organisation.models import Staff


@dataclass(frozen=True, slots=True)
class Told:
    """One entry, ready for a page."""

    seq: int
    at: datetime
    day: date
    who: Words
    login: str
    channel: str
    visible: str
    words: Words
    reason: str


def tell(entries: list[TimelineEntry]) -> list[Told]:
    """Entries with the names of who acted; one query for all names."""
    names = {
        s.login: Words(s.name_zh, s.name_en)
        for s in Staff.objects.filter(login__in={e.actor for e in entries})
    }
    return [_told(e, names) for e in entries]


def _told(entry: TimelineEntry, names: dict[str, Words]) -> Told:
    given = entry.body.get("words")
    fallback = ACTS[entry.act].words if entry.act in ACTS else Words(entry.act, entry.act)
    return Told(
        seq=entry.seq,
        at=entry.at,
        day=timezone.localdate(entry.at),
        who=names.get(entry.actor, Words(entry.actor, entry.actor)),
        login=entry.actor,
        channel=entry.channel,
        visible="customer" if entry.visible_to_client else "internal",
        words=Words(given["zh"], given["en"]) if given else fallback,
        reason=str(entry.body.get("reason", "")),
    )
