"""Choosing colleagues for a verb: searched by name, outlet or role, only those who may, the nearest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from xiaoshi.core.casework.commands import Command
from xiaoshi.core.casework.decide import decide
from xiaoshi.core.casework.model import Actor, Refused
from xiaoshi.core.casework.roles import READS_ONLY, ROLES, words_of_roles
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.views.found import Found
from xiaoshi.desk.guard.standing_in import bank_moment, who_stands_in
from xiaoshi.desk.look.language import said
from xiaoshi.desk.organisation.models import Staff

SHOWN_MAX = 30
LOOKED_AT_MAX = 200
WORDS_MAX = 60
ABOUT_THE_RECEIVER = {"to", "signers", "signer"}

Probe = Callable[[Actor], Command]


@dataclass(frozen=True, slots=True)
class Choice:
    """Who can be chosen: sign-in name, and what the list says of him or her."""

    login: str
    words: str


@dataclass(frozen=True, slots=True)
class Candidates:
    """`more`: there are others beside those shown, so the search should say more."""

    people: tuple[Choice, ...]
    more: bool


def candidates(
    found: Found, person: Staff, words: str, now: datetime, *, reach: str, probe: Probe | None
) -> Candidates:
    """People whom this verb could be about.

    `reach`: `line` (those who stand over the case), `outlets` (people of outlets), `bank`. `probe` makes the command for a
    receiver; whoever the engine would refuse as receiver is left out. Three queries, whatever the number of people.
    """
    rows = list(_matching(found, person, words, reach)[: LOOKED_AT_MAX + 1])
    if probe is not None:
        actor = person.as_actor()
        rows = [row for row in rows if not _refused_as_receiver(found, actor, probe(row.as_actor()), now)]
    shown = rows[:SHOWN_MAX]
    away = who_stands_in([row.login for row in shown], bank_moment(now), found.case.kind)
    names = {s.login: Words(s.name_zh, s.name_en) for s in Staff.objects.filter(login__in=away.values())}
    return Candidates(
        tuple(Choice(row.login, _label(row, away, names)) for row in shown), len(rows) > SHOWN_MAX
    )


def _matching(found: Found, person: Staff, words: str, reach: str) -> QuerySet[Staff]:
    path = found.case.unit_path
    people = (
        Staff.objects.select_related("unit")
        .filter(is_active=True)
        .exclude(login=person.login)
        .exclude(roles__contains=[READS_ONLY])
    )
    if reach == "line":
        people = people.filter(unit__path__in=[path[: i + 1] for i, sign in enumerate(path) if sign == "/"])
    elif reach == "outlets":
        people = people.filter(unit__level="outlet").exclude(unit__path=path)
    for word in words.replace("\x00", "")[:WORDS_MAX].split():
        people = people.filter(
            Q(name_zh__icontains=word)
            | Q(name_en__icontains=word)
            | Q(login__icontains=word)
            | Q(unit__name_zh__icontains=word)
            | Q(unit__name_en__icontains=word)
            | Q(roles__overlap=_roles_called(word))
        )
    return people.order_by("-unit__path", "name_zh", "login")


def _roles_called(word: str) -> list[str]:
    low = word.lower()
    return [role.id for role in ROLES.values() if low in role.words.zh or low in role.words.en.lower()]


def _refused_as_receiver(found: Found, actor: Actor, command: Command, now: datetime) -> bool:
    """Whether the engine refuses because of the receiver, and not because of who asks."""
    verdict = decide(found.plan, found.state, command, actor, now)
    if not isinstance(verdict, Refused):
        return False
    if verdict.problem.code == "voters_too_few":  # one of several: not because of this one
        return False
    return verdict.problem.where in ABOUT_THE_RECEIVER or verdict.problem.code == "same_hands"


def _label(row: Staff, away: dict[str, str], names: dict[str, Words]) -> str:
    roles = words_of_roles(tuple(row.roles))
    zh = f"{row.name_zh} · {roles.zh} · {row.unit.name_zh}"
    en = f"{row.name_en} · {roles.en} · {row.unit.name_en}"
    if row.login in away:
        there = names.get(away[row.login], Words(away[row.login], away[row.login]))
        zh, en = f"{zh}（今日不在岗，由{there.zh}代岗）", f"{en} (away today, {there.en} stands in)"
    return said(Words(zh, en))


def with_posted(choices: Sequence[Choice], posted: Sequence[str]) -> list[tuple[str, str]]:
    """The choices of a form, with whoever was posted and is not in the list shown: the act judges about them."""
    known = {choice.login for choice in choices}
    left_out = [
        login for login in dict.fromkeys(posted) if login and "\x00" not in login and login not in known
    ]
    rows = {
        s.login: said(Words(f"{s.name_zh} · {s.unit.name_zh}", f"{s.name_en} · {s.unit.name_en}"))
        for s in Staff.objects.select_related("unit").filter(login__in=left_out[:50], is_active=True)
    }
    return [*rows.items(), *((choice.login, choice.words) for choice in choices)]
