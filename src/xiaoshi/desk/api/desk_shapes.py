"""The shapes of the API's answers about all that is not one case. Units and languages as in `shapes.py`."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from ninja import Schema
from pydantic import Field


class Me(Schema):
    """Who the token says one is, and what it is for."""

    login: str
    name: str
    machine: bool
    unit_path: str
    roles: list[str]
    scopes: list[str]
    token: UUID
    expires_at: datetime


class ReviewShape(Schema):
    case_id: UUID
    number: str
    version: int
    words: str
    since: datetime | None


class ReviewPage(Schema):
    items: list[ReviewShape]
    next: str | None


class AskedShape(Schema):
    """A question upwards with whom it lies, and its answer with source and authority when there is one."""

    id: UUID
    case_id: UUID
    question: str
    text: str
    field: str
    to_level: str
    step: str
    asked_by: str
    asked_at: datetime
    due_at: datetime | None
    assigned_to: str
    state: str
    answer: str
    source_kind: str
    source: str
    authority: str
    valid_until: date | None
    answered_by: str
    answered_at: datetime | None


class AskedPage(Schema):
    items: list[AskedShape]
    next: str | None


class HitShape(Schema):
    kind: str = Field(description="case, entry, paper or document")
    ref: str
    at: datetime
    excerpt: str
    marked: list[str]


class FoundShape(Schema):
    id: UUID
    number: str
    kind: str
    client: str
    status: str
    unit: str
    hits: list[HitShape]
    more: bool


class FoundPage(Schema):
    """`complete`: all that this caller may see was looked at; `notes` says in words what was not."""

    cases: list[FoundShape]
    complete: bool
    notes: list[str]
    next: str | None


class SubstituteShape(Schema):
    """One arrangement. `agreement`: asked (nothing goes there yet), agreed, or named (without asking, by the bank's rule)."""

    id: int
    absent: str
    substitute: str
    first_day: date
    last_day: date
    from_time: str
    until_time: str
    kinds: list[str]
    agreement: str


class SubstitutePage(Schema):
    items: list[SubstituteShape]
    next: str | None


class NoticeShape(Schema):
    id: int
    topic: str
    words: str
    case_id: UUID | None
    at: datetime
    read_at: datetime | None


class NoticePage(Schema):
    items: list[NoticeShape]
    next: str | None


class UnitShape(Schema):
    path: str
    level: str
    name: str


class UnitPage(Schema):
    items: list[UnitShape]
    next: str | None


class StaffShape(Schema):
    login: str
    name: str
    unit_path: str
    roles: list[str]


class StaffPage(Schema):
    items: list[StaffShape]
    next: str | None


class PlanRow(Schema):
    kind: str
    version: int
    title: str
    published_at: datetime


class PlanPage(Schema):
    items: list[PlanRow]


class PlanShape(PlanRow):
    text: str = Field(description="the plan as it was published (TOML)")


class FactShape(Schema):
    name: str
    type: str
    words: str


class KindShape(Schema):
    kind: str
    words: str
    plan_version: int
    opens: list[str]
    facts: list[FactShape]
    steps: list[str]


class KindPage(Schema):
    items: list[KindShape]


class ActShape(Schema):
    """One act. `allowed`: this token and today's roles would let it pass the door; the case may still refuse it."""

    act: str
    words: str
    on_case: bool
    roles: list[str]
    people_only: bool
    needs_version: bool
    allowed: bool
    href: str


class ActPage(Schema):
    items: list[ActShape]
