"""What every reading call has in common: the scope, the reader for row-level security, the cursor, the unchanged answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

from django.http import HttpRequest, HttpResponse

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.api.answers import Unprocessable
from xiaoshi.desk.api.door import Caller
from xiaoshi.desk.api.scopes import READ
from xiaoshi.desk.guard.visibility import visible_to

Call = Callable[..., HttpResponse]
PAGE_MAX = 100
BIGGEST = 2**63 - 1

# The problems that a reading call may answer; `openapi.py` describes them. (Given to django-ninja as shapes, each would be
# built anew for each call, a second or two at every start.)
READ_PROBLEMS: dict[str, Any] = {"x-problems": [401, 403, 404, 422, 429, 503]}


def caller(request: HttpRequest) -> Caller:
    found: Caller = request.auth  # type: ignore[attr-defined]
    return found


def reads(view: Call) -> Call:
    """A call that reads: needs the scope `read`, and runs where the database shows what this caller may see."""

    @wraps(view)
    def seen(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        who = caller(request)
        who.require(READ)
        with visible_to(who.person):
            return view(request, *args, **kwargs)

    # With types instead of their names: django-ninja would look the names up in this module.
    seen.__signature__ = signature(view, eval_str=True)  # type: ignore[attr-defined]
    return seen


def unchanged(request: HttpRequest, version: int) -> bool:
    """Whether If-None-Match names this version."""
    known = request.headers.get("If-None-Match", "")
    return f'"{version}"' in [tag.strip().removeprefix("W/") for tag in known.split(",")]


def whole_number(text: str, name: str) -> int | None:
    """A cursor that is a number; None for the first page. Raises 422 for anything else."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or int(text) > BIGGEST or len(text) > 19:
        raise bad_cursor(name)
    return int(text)


def bad_cursor(name: str = "after") -> Unprocessable:
    words = Words(
        "翻页标记无法识别，请原样使用上一页的 next。",
        "This cursor is none of ours: give back `next` of the page before as it came.",
    )
    return Unprocessable([Problem("cursor_unfit", words, f"/query/{name}")])


def plain(text: str, name: str) -> str:
    """A text of the query without what a database cannot compare."""
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        words = Words(
            f"参数“{name}”里有无法使用的字符。",
            f"The parameter “{name}” holds a character that cannot be used.",
        )
        raise Unprocessable([Problem("parameter_unfit", words, f"/query/{name}")])
    return text
