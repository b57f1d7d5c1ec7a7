"""The API as one object: reading calls, acts, bulk; and the addresses it answers at.

django-ninja routes, checks parameters and writes the OpenAPI description. Every address is wrapped once more, so that a
wrong method too is answered as a problem document, and so that each states its permission as the pages do.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from importlib import import_module
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from ninja import NinjaAPI

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.api.act_calls import register_acts
from xiaoshi.desk.api.answers import install_handlers, problem_answer
from xiaoshi.desk.api.bulk_calls import register_bulk
from xiaoshi.desk.api.door import BearerToken
from xiaoshi.desk.api.reading_cases import router as cases
from xiaoshi.desk.api.reading_desk import router as desk
from xiaoshi.desk.api.reading_questions import router as questions
from xiaoshi.desk.guard.routes import opens_to

VERSION = "1"
OPENS_TO = "token"
"""What a route of the API opens to: whoever brings a token that counts."""


def the_api() -> NinjaAPI:
    """The API of this process. The address table is imported first: it registers every act and builds the API at its end."""
    import_module("xiaoshi.desk.urls")
    return built_api()


@lru_cache(maxsize=1)
def built_api() -> NinjaAPI:
    """The API with one operation for each act that is registered by now. For the address table."""
    api = NinjaAPI(
        title="小事 Xiaoshi",
        version=VERSION,
        urls_namespace="api-1",
        openapi_url=None,
        docs_url=None,
        auth=BearerToken(),
        description=DESCRIPTION,
    )
    api.add_router("", cases)
    api.add_router("", desk)
    api.add_router("", questions)
    register_acts(api)
    register_bulk(api)
    install_handlers(api)
    return api


DESCRIPTION = """\
同一套操作和列表，供程序使用；权限、可见范围和留痕与页面完全一致。
The same acts and lists as the pages, for programs; with the same permissions, the same sight and the same entries.

- `Authorization: Bearer xs_…`：令牌在“令牌”页面开立 · tokens are made on the page Tokens; a session cookie does not count.
- `Idempotency-Key`：每件事一个编号，重发得到原来的回答 · one key for each intent; sent again, it gets the stored answer.
- `If-Match`：案件的 ETag；别人先办了则 412 并附变化 · the case's ETag; 412 with the changes when somebody was faster.
- 出错一律 `application/problem+json` (RFC 9457)，语言随 `Accept-Language` · problems follow RFC 9457, in the reader's language.
- 列表用 `next` 翻页，不计总数 · lists are paged by `next`; nothing is counted over all.
"""


def addresses(api: NinjaAPI) -> list[URLPattern]:
    """The URL patterns below `/api/v1/`, each marked with what it opens to; the last one answers for all that is none."""
    for router in api._get_bound_routers():
        for view in router.path_operations.values():
            if any(not operation.auth_callbacks for operation in view.operations):
                raise RuntimeError(f"{view.operations[0].path}: a call of the API that asks for no token")
    found = [
        URLPattern(pattern.pattern, _answered(pattern.callback), pattern.default_args, pattern.name)
        for pattern in api.urls[0]
        if isinstance(pattern, URLPattern) and pattern.name != "api-root"
    ]
    return [*found, path("<path:rest>", nowhere)]


def _answered(view: Callable[..., Any]) -> Callable[..., HttpResponse]:
    """The view with its permission said, and with a problem document for a method that it does not know."""

    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = view(request, *args, **kwargs)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        words = Words("这个地址不接受这种方法。", "This address does not take this method.")
        told = problem_answer(405, [Problem("method_not_allowed", words)])
        told["Allow"] = response["Allow"]
        return told

    answered.csrf_exempt = True  # type: ignore[attr-defined]
    answered.opens_to = (OPENS_TO,)  # type: ignore[attr-defined]
    return answered


@opens_to("anyone")
def nowhere(request: HttpRequest, rest: str) -> HttpResponse:
    words = Words(
        "没有这个地址。全部地址见 /api/v1/docs。", "There is no such address: /api/v1/docs lists them all."
    )
    return problem_answer(404, [Problem("address_not_found", words)])


nowhere.csrf_exempt = True  # type: ignore[attr-defined]
