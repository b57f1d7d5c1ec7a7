"""How the API answers: JSON with the case's version as ETag, and problems as RFC 9457 says.

A problem is `{"type", "title", "status", "detail", "code", "where", "errors"}` as `application/problem+json`. `detail` is the
sentence that a page would show, in the language of `Accept-Language`; `code` is for programs; `where` is a JSON pointer
into what was sent; `errors` lists every field that is wrong, not the first one only.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError, close_old_connections
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils.translation import get_language
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, ValidationError

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.api.door import NotSignedIn, TooMany, not_signed_in
from xiaoshi.desk.guard.refusals import Invalid, NotFound, Refused, Stale, case_not_found

log = logging.getLogger("xiaoshi.errors")
PROBLEM_JSON = "application/problem+json"
TYPE = "urn:xiaoshi:problem:"


class BadRequest(Refused):
    """The request itself cannot be read (no JSON, no key): 400."""

    status = 400


class PreconditionRequired(Refused):
    """An act on a case without If-Match: 428."""

    status = 428


class TooLarge(Refused):
    """What was sent is larger than the desk takes: 413."""

    status = 413


class Unprocessable(Invalid):
    """Several fields that are wrong at once. `problem` is the first of `problems`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0])
        self.problems = tuple(problems)


def language() -> str:
    return get_language() or "zh"


def said(words: Words) -> str:
    return words.in_language(language())


def pointer(where: str) -> str:
    """`signers` or `/signers/0` as a JSON pointer; empty when the problem is about the whole."""
    if not where or where.startswith("/"):
        return where
    return "/" + where.replace("~", "~0").replace("/", "~1")


def as_json(body: Schema, *, status: int = 200, version: int | None = None) -> HttpResponse:
    """A shape of `shapes.py` as the answer; `version` becomes the ETag."""
    response = HttpResponse(body.model_dump_json(), status=status, content_type="application/json")
    _never_shared(response)
    if version is not None:
        response["ETag"] = etag(version)
    return response


def etag(version: int) -> str:
    return f'"{version}"'


def not_modified(version: int) -> HttpResponse:
    response = HttpResponse(status=304)
    _never_shared(response)
    response["ETag"] = etag(version)
    del response["Content-Type"]
    return response


def _never_shared(response: HttpResponse) -> None:
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Authorization, Accept-Language"


def problem_answer(status: int, problems: Sequence[Problem], **more: Any) -> HttpResponse:
    """A problem document. The first problem is the answer's own; all of them stand in `errors`."""
    first = problems[0]
    body = {
        "type": TYPE + first.code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": said(first.words),
        "code": first.code,
        "where": pointer(first.where),
        "errors": [{"code": p.code, "detail": said(p.words), "where": pointer(p.where)} for p in problems],
        **more,
    }
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False, default=str), status=status, content_type=PROBLEM_JSON
    )
    response["Cache-Control"] = "no-store"
    return response


def refused_answer(refused: Refused) -> HttpResponse:
    """Any refusal as a problem document. A stale write is 412 here, as a conditional request asks for."""
    problems = getattr(refused, "problems", (refused.problem,))
    status, more = refused.status, {}
    if refused.problem.code == "key_reused":
        status = 422
    if isinstance(refused, Stale):
        status = 412
        more = {"version": refused.details.get("version"), "changes": refused.details.get("changes", [])}
    response = problem_answer(status, problems, **more)
    if isinstance(refused, NotSignedIn):
        response["WWW-Authenticate"] = 'Bearer realm="xiaoshi"'
    if isinstance(refused, TooMany):
        response["Retry-After"] = str(refused.details["wait_s"])
    if isinstance(refused, Stale) and "version" in refused.details:
        response["ETag"] = etag(refused.details["version"])
    return response


def install_handlers(api: NinjaAPI) -> None:
    """What each exception becomes. Nothing of ours leaves as HTML."""
    api.add_exception_handler(Refused, lambda request, refused: refused_answer(refused))
    api.add_exception_handler(AuthenticationError, lambda request, error: refused_answer(not_signed_in()))
    api.add_exception_handler(Http404, _not_found)
    api.add_exception_handler(ValidationError, _parameters_wrong)
    api.add_exception_handler(UnreadablePostError, lambda request, error: refused_answer(cut_off()))
    api.add_exception_handler(RequestDataTooBig, lambda request, error: refused_answer(too_large(0)))
    api.add_exception_handler(SuspiciousOperation, _suspicious)
    api.add_exception_handler(OperationalError, _database_gone)
    api.add_exception_handler(InterfaceError, _database_gone)
    api.add_exception_handler(Exception, _our_fault)


NO_SUCH: dict[str, Words] = {
    "document_not_found": Words(
        "没有这份材料，或您看不到它的案件。", "There is no such document, or you may not see its case."
    ),
    "plan_not_found": Words("没有这个版本的流程。", "There is no such version of a plan."),
}


def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    code = str(error)
    if code in NO_SUCH:
        return refused_answer(NotFound(Problem(code, NO_SUCH[code])))
    return refused_answer(case_not_found())


def _parameters_wrong(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Query and path parameters that do not fit, each named."""
    problems = []
    for item in error.errors:
        place = "/".join(str(piece) for piece in item["loc"])
        name = str(item["loc"][-1])
        words = Words(
            f"参数“{name}”不合格式。", f"The parameter “{name}” is not of the kind that is asked for."
        )
        problems.append(Problem("parameter_unfit", words, "/" + place))
    return refused_answer(Unprocessable(problems))


def _suspicious(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    words = Words("请求无法读取。", "The request cannot be read.")
    return refused_answer(BadRequest(Problem("unreadable", words)))


def cut_off() -> BadRequest:
    words = Words(
        "上传中断，内容没有传完，因此没有办理。请用同一防重编号重新发送。",
        "The request broke off before it was complete, so nothing was done: send it again with the same key.",
    )
    return BadRequest(Problem("upload_cut_off", words))


def too_large(limit_bytes: int) -> TooLarge:
    most = f"{limit_bytes // 1024 // 1024} MB" if limit_bytes else ""
    words = Words(f"内容太大，上限 {most}。", f"Too large: the limit is {most}.")
    return TooLarge(Problem("too_large", words))


def _database_gone(request: HttpRequest, error: Exception) -> HttpResponse:
    close_old_connections()
    words = Words(
        "数据库暂时不通，什么都没有写入。请稍后用同一防重编号重试。",
        "The database does not answer; nothing was written. Try again shortly with the same key.",
    )
    response = problem_answer(503, [Problem("database_gone", words)])
    response["Retry-After"] = "10"
    return response


def _our_fault(request: HttpRequest, error: Exception) -> HttpResponse:
    number = uuid.uuid4().hex[:8]
    log.error("error %s on %s %s", number, request.method, request.path, exc_info=error)
    words = Words(
        f"系统出错，编号 {number}。请把编号告诉管理员。",
        f"Something went wrong here. Quote {number} to the administrator.",
    )
    return problem_answer(500, [Problem("our_fault", words)], number=number)
