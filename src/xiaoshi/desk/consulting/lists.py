"""Questions for one person's page: asked of me, asked by me, of my field unanswered, answered. Keyset by id, newest first."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from xiaoshi.core.casework.authority import ANSWERERS
from xiaoshi.core.problems import Words
from xiaoshi.desk.consulting.fields import field_words
from xiaoshi.desk.consulting.models import Question
from xiaoshi.desk.organisation.models import Staff

PAGE = 50
VIEWS: dict[str, Words] = {
    "of_me": Words("请示我的", "Asked of me"),
    "by_me": Words("我请示的", "Asked by me"),
    "of_field": Words("本领域未批复", "Unanswered, of my field"),
    "answered": Words("已批复", "Answered"),
}
STATE_WORDS = {
    "open": (Words("待批复", "to be answered"), "waiting"),
    "asked_back": (Words("已追问，待请示人答复", "asked back, waits for the asker"), "doubt"),
    "answered": (Words("已批复", "answered"), "ok"),
    "withdrawn": (Words("已撤销", "withdrawn"), "none"),
}
OPEN = ("open", "asked_back")


@dataclass(frozen=True, slots=True)
class Row:
    """A question as lists show it, with names for logins."""

    question: Question
    field: Words
    state: Words
    tag: str
    asker: str
    whom: str
    late: bool


def condition(view: str, person: Staff) -> Q:
    """What a tab shows. Row-level security has already cut off what the person may not see."""
    match view:
        case "by_me":
            return Q(asked_by=person.login)
        case "of_field":
            able = Q(to_level=person.unit.level) if _answers(person) else Q(pk=None)
            return able & Q(state__in=OPEN) & (Q(field__in=person.fields) if person.fields else Q())
        case "answered":
            return Q(state="answered")
        case _:
            return Q(assigned_to=person.login, state__in=OPEN)


def _answers(person: Staff) -> bool:
    return bool(set(person.roles) & set(ANSWERERS.get(person.unit.level, ())))  # type: ignore[call-overload]


def questions_of(person: Staff, view: str, after: str = "", limit: int = PAGE) -> tuple[list[Question], str]:
    """One page and the next cursor ("" at the end). A cursor that is none starts from the beginning."""
    rows = Question.objects.filter(condition(view, person)).select_related("case").order_by("-id")
    with contextlib.suppress(ValueError):
        rows = rows.filter(id__lt=UUID(after)) if after else rows
    found = list(rows[: limit + 1])
    return found[:limit], str(found[limit - 1].id) if len(found) > limit else ""


def as_rows(questions: list[Question], language: str, now: datetime) -> list[Row]:
    """What a table shows; one query for all names."""
    logins = {q.asked_by for q in questions} | {q.assigned_to for q in questions}
    names = {s.login: s.name(language) for s in Staff.objects.filter(login__in=logins)}
    return [
        Row(
            q,
            field_words(q.field),
            *STATE_WORDS[q.state],
            names.get(q.asked_by, q.asked_by),
            names.get(q.assigned_to, q.assigned_to) or "—",
            bool(q.due_at and q.is_open and q.due_at < now),
        )
        for q in questions
    ]
