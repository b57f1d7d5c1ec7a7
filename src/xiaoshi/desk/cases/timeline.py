"""Telling a timeline: entries with names and words in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from xiaoshi.core.casework.authority import HOUSE
from xiaoshi.core.problems import Words
from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.guard.boundary import ACTS
from xiaoshi.desk.organisation.models import Staff

BY_ITSELF = Words("系统", "the desk")


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
    """Entries with the names of who acted and of who is spoken of; one query for all names."""
    logins = {e.actor for e in entries}.union(*map(_spoken_of, entries), filter(None, map(_absent, entries)))
    names = {s.login: Words(s.name_zh, s.name_en) for s in Staff.objects.filter(login__in=logins)}
    return [_told(e, names) for e in entries]


def _absent(entry: TimelineEntry) -> str:
    """For whom the actor stood in, or nothing."""
    return str(entry.body.get("on_behalf_of") or "")


def _who(entry: TimelineEntry, names: dict[str, Words]) -> Words:
    """Who acted; a substitute with both names: `徐岚代李旻`."""
    unknown = BY_ITSELF if entry.actor.startswith(HOUSE) else Words(entry.actor, entry.actor)
    actor = names.get(entry.actor, unknown)
    login = _absent(entry)
    if not login:
        return actor
    absent = names.get(login, Words(login, login))
    return Words(f"{actor.zh} 代 {absent.zh}", f"{actor.en} for {absent.en}")


def _spoken_of(entry: TimelineEntry) -> list[str]:
    """Sign-in names in an entry's words: to whom it was handed, copied, delegated, and who is to sign."""
    body = entry.body
    return [
        login
        for login in (
            body.get("to"),
            body.get("instead_of"),
            body.get("signer"),
            *(body.get("signers") or ()),
            *(body.get("copied") or ()),
        )
        if login
    ]


def _named(words: Words, logins: list[str], names: dict[str, Words]) -> Words:
    """The record keeps sign-in names, which never change hands; a reader gets the people's names."""
    for login in logins:
        name = names.get(login)
        if name is not None:
            words = Words(words.zh.replace(login, name.zh, 1), words.en.replace(login, name.en, 1))
    return words


def _told(entry: TimelineEntry, names: dict[str, Words]) -> Told:
    given = entry.body.get("words")
    fallback = ACTS[entry.act].words if entry.act in ACTS else Words(entry.act, entry.act)
    return Told(
        seq=entry.seq,
        at=entry.at,
        day=timezone.localdate(entry.at),
        who=_who(entry, names),
        login=entry.actor,
        channel=entry.channel,
        visible="customer" if entry.visible_to_client else "internal",
        words=_named(Words(given["zh"], given["en"]), _spoken_of(entry), names) if given else fallback,
        reason=str(entry.body.get("reason", "")),
    )
