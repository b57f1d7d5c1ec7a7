"""The OpenAPI 3.1 description: what django-ninja writes, with what it cannot know (problem documents, headers, fields)."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any

from ninja import NinjaAPI

from xiaoshi.desk.api.act_calls import FIELD_SCHEMAS
from xiaoshi.desk.api.answers import PROBLEM_JSON
from xiaoshi.desk.api.shapes import ProblemAnswer, StaleAnswer

METHODS = ("get", "post")
RETRY_AFTER = {"Retry-After": {"schema": {"type": "string"}, "description": "seconds"}}
ETAG = {"ETag": {"schema": {"type": "string"}, "description": "the case's version, for If-Match"}}
WORDS_OF: dict[int, str] = {
    200: "办好了，或查到了 · done, or found",
    201: "已受理 · opened",
    304: "没有变化 · unchanged since If-None-Match",
    400: "请求无法读取，或缺少防重编号 · unreadable, or without a key",
    401: "没有有效的令牌 · no token that counts",
    403: "权限或角色不允许 · the scope or the role does not allow it",
    404: "没有，或您看不到 · none, or none that you may see",
    409: "现在不能办 · refused as things stand",
    412: "别人先办了 · somebody was faster; with what changed",
    413: "内容太大 · too large",
    422: "内容不能用，逐项说明 · fields that cannot be used, each named; or a key used for something else",
    428: "缺少 If-Match · If-Match is missing",
    429: "调用太密 · too many calls",
    503: "数据库暂时不通，什么都没有写入 · the database does not answer; nothing was written",
}


@lru_cache(maxsize=1)
def described(api: NinjaAPI) -> dict[str, Any]:
    """The whole description, ready to be written as JSON. Worked out once for each process: acts are registered when it
    starts. Read it, do not change it.
    """
    schema: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="api/v1/")))
    schema["servers"] = [{"url": "/"}]
    parts = schema["components"]
    parts["schemas"] |= FIELD_SCHEMAS
    for shape in (ProblemAnswer, StaleAnswer):
        own = shape.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        parts["schemas"] |= own.pop("$defs", {})
        parts["schemas"][shape.__name__] = own
    parts["responses"] = {
        f"Problem{status}": _problem(status) for status in sorted(WORDS_OF) if status >= 400
    }
    for calls in schema["paths"].values():
        for method in METHODS:
            if method in calls:
                _finish(calls[method])
    return schema


def _finish(call: dict[str, Any]) -> None:
    """Words and headers of each answer; problems stand once for all calls, under components."""
    is_act = "x-act" in call or call["operationId"].startswith("bulk_")
    for status, answer in call["responses"].items():
        answer["description"] = WORDS_OF[int(status)]
        headers: dict[str, Any] = {}
        if status == "201":
            headers["Location"] = {"schema": {"type": "string"}}
        if is_act or call["operationId"] == "get_case":
            headers |= ETAG
        if is_act:
            headers["Idempotency-Replayed"] = {"schema": {"type": "string", "enum": ["true"]}}
        if headers:
            answer["headers"] = headers
    for code in call.pop("x-problems"):
        call["responses"][str(code)] = {"$ref": f"#/components/responses/Problem{code}"}


def _problem(status: int) -> dict[str, Any]:
    shape = StaleAnswer if status == 412 else ProblemAnswer
    told: dict[str, Any] = {
        "description": WORDS_OF[status],
        "content": {PROBLEM_JSON: {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}},
    }
    if status in (429, 503):
        told["headers"] = RETRY_AFTER
    if status == 412:
        told["headers"] = ETAG
    return told


@lru_cache(maxsize=1)
def as_bytes(api: NinjaAPI) -> tuple[bytes, str]:
    """The description as it is sent, and its ETag."""
    text = json.dumps(described(api), ensure_ascii=False).encode()
    return text, f'"{hashlib.sha256(text).hexdigest()[:16]}"'
