"""The same act on up to 500 cases: one result for each, each case its own transaction (`cases/bulk.py` does it)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.api.act_calls import ACT_PROBLEMS, FIELD_SCHEMAS, PARAMETERS, key_of
from xiaoshi.desk.api.answers import Unprocessable, as_json, pointer, said
from xiaoshi.desk.api.asking import caller
from xiaoshi.desk.api.bodies import json_body
from xiaoshi.desk.api.field_schema import body_schema
from xiaoshi.desk.api.shapes import BulkAnswer, BulkItemAnswer, ProblemItem
from xiaoshi.desk.cases.bulk import CASES_AT_MOST, IN_BULK, KEY_AT_MOST, BulkResult, perform_bulk
from xiaoshi.desk.guard.boundary import Act
from xiaoshi.desk.guard.fields import misfits

VERSION_MAX = 999_999_999
BULK_PROBLEMS = [code for code in ACT_PROBLEMS if code not in (404, 409, 412, 428)]


def register_bulk(api: NinjaAPI) -> None:
    """`POST /bulk/{act}` for each act that may be done on many cases."""
    for act in IN_BULK.values():
        ident = act.name.replace(".", "_")
        FIELD_SCHEMAS[f"Bulk_{ident}"] = _schema(act)
        reference = {"schema": {"$ref": f"#/components/schemas/Bulk_{ident}"}}
        api.api_operation(
            ["POST"],
            f"/bulk/{act.name}",
            response={200: BulkAnswer},
            operation_id=f"bulk_{ident}",
            url_name=f"bulk_{ident}",
            summary=f"批量{act.words.zh} · {act.words.en}, many cases",
            description=f"逐案办理，逐案回答 · Each case on its own, with a result for each. At most {CASES_AT_MOST}.",
            tags=["bulk"],
            openapi_extra={
                "parameters": [PARAMETERS["key"]],
                "x-problems": BULK_PROBLEMS,
                "requestBody": {"required": True, "content": {"application/json": reference}},
            },
        )(_view(act))


def _schema(act: Act) -> dict[str, Any]:
    version = {"type": ["integer", "null"], "minimum": 0, "maximum": VERSION_MAX}
    item = {
        "type": "object",
        "properties": {"case_id": {"type": "string", "format": "uuid"}, "version": version},
        "required": ["case_id"],
        "additionalProperties": False,
    }
    items = {"type": "array", "items": item, "minItems": 1, "maxItems": CASES_AT_MOST}
    fields = body_schema(act)
    return {
        "type": "object",
        "properties": {"items": items, "fields": fields},
        "required": ["items", *(["fields"] if fields.get("required") else [])],
        "additionalProperties": False,
    }


def _view(act: Act) -> Callable[..., HttpResponse]:
    def bulk(request: HttpRequest) -> HttpResponse:
        who = caller(request)
        who.require(act.name)
        key = key_of(request, who)
        items, fields = _read(act, json_body(request))
        key = key if len(key) <= KEY_AT_MOST else "api/" + hashlib.sha256(key.encode()).hexdigest()
        results = perform_bulk(act, who.person, key, items, channel="api", **fields)
        done = sum(r.ok for r in results)
        body = BulkAnswer(
            act=act.name, done=done, refused=len(results) - done, items=[_told(r) for r in results]
        )
        return as_json(body)

    return bulk


def _read(act: Act, body: Any) -> tuple[list[tuple[uuid.UUID | str, int | None]], dict[str, Any]]:
    """Cases and fields out of the body. Raises 422 with every place that is wrong (of the first hundred)."""
    known = isinstance(body, dict) and set(body) <= {"items", "fields"}
    items, fields = (body.get("items"), body.get("fields", {})) if known else (None, None)
    if not isinstance(items, list) or not isinstance(fields, dict):
        words = Words(
            '请求内容应为 {"items": [{"case_id", "version"}], "fields": {…}}。',
            'The body must be {"items": [{"case_id", "version"}], "fields": {…}}.',
        )
        raise Unprocessable([Problem("bulk_unreadable", words)])
    wrong = [p for index, item in enumerate(items[: CASES_AT_MOST + 1]) if (p := _unfit(index, item))]
    wrong += [Problem(p.code, p.words, f"/fields/{p.where}") for p in misfits(act, fields)]
    if wrong:
        raise Unprocessable(wrong[:100])
    return [(item["case_id"], item.get("version")) for item in items], fields


def _unfit(index: int, item: Any) -> Problem | None:
    words = Words(
        f"第 {index + 1} 件应写案件标识 case_id，可加版本 version。",
        f"Item {index + 1} must give case_id, the case's id, and may give version.",
    )
    problem = Problem("bulk_item_unfit", words, f"/items/{index}")
    if not isinstance(item, dict) or not set(item) <= {"case_id", "version"}:
        return problem
    version = item.get("version")
    if isinstance(version, bool) or not (
        version is None or (isinstance(version, int) and 0 <= version <= VERSION_MAX)
    ):
        return problem
    try:
        uuid.UUID(item.get("case_id", ""))
    except (ValueError, AttributeError, TypeError):
        return problem
    return None


def _told(result: BulkResult) -> BulkItemAnswer:
    problem = result.problem
    return BulkItemAnswer(
        case_id=uuid.UUID(result.case_id),
        number=result.number,
        ok=result.ok,
        version=result.version,
        problem=ProblemItem(code=problem.code, detail=said(problem.words), where=pointer(problem.where))
        if problem
        else None,
    )
