"""Reading questions upwards 请示: with whom they lie, and what was answered."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from xiaoshi.desk.api import desk_shapes as s
from xiaoshi.desk.api.answers import as_json
from xiaoshi.desk.api.asking import READ_PROBLEMS, caller, plain, reads
from xiaoshi.desk.api.reading_cases import Limit
from xiaoshi.desk.cases.views.found import find
from xiaoshi.desk.consulting.models import Question

router = Router(tags=["desk"])


@router.get(
    "/questions",
    response={200: s.AskedPage},
    openapi_extra=READ_PROBLEMS,
    operation_id="list_questions",
    summary="请示 · Questions",
)
@reads
def list_questions(
    request: HttpRequest,
    whose: Literal["mine", "asked_by_me", "all"] = "mine",
    state: str = "",
    case_id: UUID | None = None,
    after: UUID | None = None,
    limit: Limit = 50,
) -> HttpResponse:
    """Newest first. `whose`: lying with me, asked by me, or all that I may see; `state`: open, asked_back, answered, withdrawn."""
    login = caller(request).person.login
    query = Question.objects.order_by("-id")
    if whose != "all":
        query = query.filter(**{"assigned_to" if whose == "mine" else "asked_by": login})
    if state:
        query = query.filter(state=plain(state, "state"))
    if case_id is not None:
        query = query.filter(case_id=find(case_id).case.id)
    if after is not None:
        query = query.filter(id__lt=after)
    rows = list(query.defer("facts", "grams")[: limit + 1])
    items = [s.AskedShape.model_validate(row, from_attributes=True) for row in rows[:limit]]
    return as_json(s.AskedPage(items=items, next=str(items[-1].id) if len(rows) > limit else None))
