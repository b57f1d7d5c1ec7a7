"""What somebody typed into a step's form and has not sent: kept on the server, sealed, offered again, gone when sent.

Problem. A client is called away, a session ends, a browser crashes: twenty fields are typed again. Kept in the browser they
would stay on a machine that others use.

Choice. The page sends what is typed every few seconds and when it is left; one row for each form that was opened (`key`),
so that two tabs do not write over one another. Only its writer can read it (row-level security), and it is sealed like all
personal data. When the form is sent, its row goes with it; a late save of a form that was sent already is dropped.

Left out: files (they cannot be put back into a form by any page; the page says so) and pages of kinds with forms of their
own, which save each entry as it is made.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.http import QueryDict

from xiaoshi.desk.cases.models import AnsweredAct
from xiaoshi.desk.guard.crypto import Undecipherable, seal, unseal
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.presence.models import Draft

PURPOSE = "drafts"
SIZE_MAX = 200_000
KEPT = timedelta(days=30)
OFFERED_MAX = 5
# Never kept: what proves who somebody is, and what belongs to one page only.
LEFT_OUT = frozenset(
    {"csrfmiddlewaretoken", "key", "version", "do", "draft", "password", "old", "new", "again", "code"}
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft as the page offers it."""

    id: int
    at: datetime
    data: QueryDict


def keep(person: Staff, case_id: UUID, step: str, key: str, posted: QueryDict, now: datetime) -> bool:
    """Keep what was typed. False when there is nothing to keep: the form was sent already, is empty or too large.

    Call it where the database knows the person. `posted["draft"]`: the draft that the form was filled from; it is replaced.
    """
    pairs = [(n, v) for n in posted if n not in LEFT_OUT for v in posted.getlist(n)]
    plain = json.dumps(pairs, ensure_ascii=False).encode()
    if (
        not key
        or len(key) > 200
        or "\x00" in key
        or len(plain) > SIZE_MAX
        or not any(v.strip() for _n, v in pairs)
    ):
        return False
    if AnsweredAct.objects.filter(key=key, actor=person.login).exists():
        return False
    sealed = seal(PURPOSE, plain, _place(person.login, case_id, step))
    values = {"case_id": case_id, "step": step[:100], "sealed": sealed, "at": now}
    if (from_draft := _number(posted.get("draft", ""))) is not None:
        Draft.objects.filter(staff_login=person.login, id=from_draft).exclude(key=key).delete()
    Draft.objects.update_or_create(staff_login=person.login, key=key, defaults=values)
    Draft.objects.filter(staff_login=person.login, at__lt=now - KEPT).delete()
    return True


def offered(person: Staff, case_id: UUID, step: str) -> list[Kept]:
    """The drafts of this person for this step, newest first."""
    rows = Draft.objects.filter(staff_login=person.login, case_id=case_id, step=step).order_by("-at")
    found = []
    for row in rows[:OFFERED_MAX]:
        try:
            pairs = json.loads(unseal(PURPOSE, row.sealed, _place(person.login, case_id, step)))
        except Undecipherable:
            continue
        data = QueryDict(mutable=True)
        for name, value in pairs:
            data.appendlist(name, value)
        found.append(Kept(row.id, row.at, data))
    return found


def discard(person: Staff, case_id: UUID, step: str, *, key: str = "", draft: str = "") -> None:
    """The form was sent, or its writer does not want it any more."""
    own = Draft.objects.filter(staff_login=person.login, case_id=case_id, step=step)
    if key:
        own.filter(key=key).delete()
    if (number := _number(draft)) is not None:
        own.filter(id=number).delete()


def _place(login: str, case_id: UUID, step: str) -> str:
    return f"{login}/{case_id}/{step}"


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None
