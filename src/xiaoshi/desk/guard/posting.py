"""From a posted form to an act: the key and version that the form carries, and what is said when the act is refused."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import get_language

from xiaoshi.desk.guard.boundary import Act, Outcome, perform
from xiaoshi.desk.guard.refusals import Refused, Stale, invalid


@dataclass(frozen=True, slots=True)
class StalePost:
    """That this request's act met a newer version of the case: for `cases/stale_forms.py`, which keeps what was typed."""

    case_id: Any
    refused: Stale


def new_key() -> str:
    """A fresh idempotency key for a form: one intent of one person."""
    return str(uuid.uuid4())


def version_of(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def perform_posted(request: HttpRequest, what: Act, *, case_id: Any = None, **fields: Any) -> Outcome:
    """`perform` with the person, key and version of this request. A form without a version is refused on a case."""
    if case_id is not None and version_of(request) is None:
        raise invalid(
            "version_missing",
            "页面缺少案件版本，请刷新页面后再提交。",
            "The page does not say which version of the case you saw: reload it and send again.",
            where="version",
        )
    try:
        return perform(
            what,
            request.user,  # type: ignore[arg-type]
            request.POST.get("key", ""),
            case_id=case_id,
            expected_version=version_of(request) if case_id is not None else None,
            channel="counter",
            **fields,
        )
    except Stale as stale:
        if case_id is not None:
            request.stale_post = StalePost(case_id, stale)  # type: ignore[attr-defined]
        raise


def words_of(refused: Refused) -> str:
    """The refusal in the reader's language."""
    return refused.problem.words.in_language(get_language() or "zh")


def say_refused(request: HttpRequest, refused: Refused) -> None:
    messages.error(request, words_of(refused), extra_tags="error")
