"""The shapes of the API's answers about cases and acts. Moments are ISO 8601 in UTC, sums whole fen, words in the language of the reader."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import Field


class ProblemItem(Schema):
    code: str
    detail: str
    where: str = Field(description="JSON pointer into what was sent, or empty")


class ProblemAnswer(Schema):
    """RFC 9457. `detail` is what a page would say; `code` is for programs; `errors` names every field that is wrong."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    where: str
    errors: list[ProblemItem]


class ChangeItem(Schema):
    """One entry that somebody else made meanwhile."""

    seq: int
    at: datetime
    actor: str
    words: str


class StaleAnswer(ProblemAnswer):
    """412: the case's version now, and what was done since the version that If-Match named."""

    version: int | None = None
    changes: list[ChangeItem] = []


class ActAnswer(Schema):
    """`result` is what the act answered; `version` the case's version after it (send it as If-Match next)."""

    act: str
    case_id: UUID | None
    version: int | None
    replayed: bool = Field(description="the same key was answered before; nothing was done again")
    result: dict[str, Any]


class BulkItemAnswer(Schema):
    case_id: UUID
    number: str
    ok: bool
    version: int | None
    problem: ProblemItem | None


class BulkAnswer(Schema):
    """One result for each case, in the order that was sent. A case that was refused does not hold up the others."""

    act: str
    done: int
    refused: int
    items: list[BulkItemAnswer]


class CaseRow(Schema):
    id: UUID
    number: str
    kind: str
    kind_words: str
    client_name: str
    title: str
    urgency: str
    status: str
    step: str
    step_words: str
    owner: str
    waiting_for: str
    unit_path: str
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    version: int


class CasePage(Schema):
    """`next`: give it as `after` for the next page; null when there is none. Nothing is counted over all.

    `whole`: false where `q` was looked for in the newest 10,000 cases of the list only; `/search` looks at all.
    """

    items: list[CaseRow]
    next: str | None
    whole: bool


class SignerShape(Schema):
    """One signature or vote. `vote`: for, against, or empty; `by`: who cast it, where that was a substitute."""

    login: str
    signed: bool
    weight: int
    vote: str
    reason: str
    by: str


class VoteShape(Schema):
    """票签: weights of a vote as it stands; `missing`: what is still needed for the step to pass."""

    pass_at_percent: int
    total: int
    needed: int
    for_it: int
    against: int
    missing: int


class StepShape(Schema):
    stage: str
    step: str
    words: str
    place: str = Field(description="done, skipped, here, waiting, not_applicable or optional")
    sent_back: int
    assignee: str
    waits_for: list[str]
    signers: list[SignerShape]
    vote: VoteShape | None


class NextShape(Schema):
    """One thing that can be done now. `mine`: this caller's role or name is asked for."""

    step: str
    act: str = Field(description="do, confirm, accept, sign, vote or close")
    words: str
    roles: list[str]
    level: str
    persons: list[str]
    mine: bool


class LeftShape(Schema):
    code: str
    about: str
    words: str


class QuestionShape(Schema):
    question: str
    text: str
    to_level: str
    field: str
    asked_by: str
    at: datetime
    step: str


class CaseShape(CaseRow):
    """A case as its page shows it. A fact that is a sum is null while this caller may be the one to count it blind."""

    plan_version: int
    facts: dict[str, Any]
    steps: list[StepShape]
    next: list[NextShape]
    left: list[LeftShape]
    questions: list[QuestionShape]


class EntryShape(Schema):
    seq: int
    at: datetime
    actor: str
    actor_name: str
    channel: str
    visible_to_client: bool
    words: str
    reason: str


class EntryPage(Schema):
    items: list[EntryShape]
    next: str | None


class WantedShape(Schema):
    name: str
    words: str
    step: str
    required: bool
    met: bool
    waived: bool


class DocumentShape(Schema):
    id: UUID
    purpose: str
    name: str
    sha256: str
    content_type: str
    bytes: int
    added_by: str
    added_at: datetime
    href: str


class PaperShape(Schema):
    id: UUID
    number: str
    title: str
    language: str
    pages: int
    issued_by: str
    issued_at: datetime
    voided_at: datetime | None
    void_reason: str
    document: UUID
    href: str


class PapersShape(Schema):
    wanted: list[WantedShape]
    documents: list[DocumentShape]
    papers: list[PaperShape]


class OrderShape(Schema):
    """`amount_fen` is null where this caller must not know it: somebody else's order that waits for a second person."""

    id: UUID
    kind: str
    state: str
    maker: str
    checker: str
    made_at: datetime
    checked_at: datetime | None
    amount_fen: int | None


class PostingShape(Schema):
    account: str
    amount_fen: int = Field(description="debit positive, credit negative")


class LedgerEntryShape(Schema):
    id: UUID
    words: str
    maker: str
    checker: str
    at: datetime
    amount_fen: int
    order: UUID | None
    reverses: UUID | None
    postings: list[PostingShape]


class MoneyShape(Schema):
    due_fen: int | None
    paid_fen: int | None
    orders: list[OrderShape]
    entries: list[LedgerEntryShape]
