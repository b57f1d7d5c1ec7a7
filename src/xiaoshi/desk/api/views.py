"""Pages about the API: its description as JSON and for people, and one's tokens."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from xiaoshi.desk.api.desk_api import the_api
from xiaoshi.desk.api.openapi import METHODS, WORDS_OF, as_bytes, described
from xiaoshi.desk.api.scopes import NOT_FOR_PROGRAMS
from xiaoshi.desk.guard.routes import opens_to


@require_GET
@opens_to("anyone")
def to_docs(request: HttpRequest) -> HttpResponse:
    return redirect("api-1:api_docs")


@require_GET
@opens_to("anyone")
def openapi_json(request: HttpRequest) -> HttpResponse:
    """The description for programs. It holds no data, so it needs no token."""
    text, tag = as_bytes(the_api())
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    return HttpResponse(
        text, content_type="application/json", headers={"ETag": tag, "Cache-Control": "no-cache"}
    )


@require_GET
@opens_to("anyone")
def docs(request: HttpRequest) -> HttpResponse:
    """The same description for people: every call with its fields and answers, drawn on the server."""
    schema = described(the_api())
    groups: dict[str, list[dict[str, Any]]] = {}
    for address, calls in schema["paths"].items():
        for method in METHODS:
            if method in calls:
                call = calls[method]
                groups.setdefault(call["tags"][0], []).append(_told(address, method, call, schema))
    context = {
        "title": schema["info"]["title"],
        "lines": schema["info"]["description"].splitlines(),
        "groups": groups,
        "barred": list(NOT_FOR_PROGRAMS.items()),
    }
    return render(request, "api/docs.html", context)


def _told(address: str, method: str, call: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    fields = []
    body = call.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in body:
        body = schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    required = body.get("required", [])
    for name, kind in body.get("properties", {}).items():
        fields.append({"name": name, "type": _kind(kind), "required": name in required, "in": "body"})
    for parameter in call.get("parameters", []):
        fields.append(
            {
                "name": parameter["name"],
                "type": _kind(parameter["schema"]),
                "required": parameter.get("required", False),
                "in": parameter["in"],
            }
        )
    return {
        "pieces": re.findall(r"[/.]?[^/.]+", address),
        "method": method.upper(),
        "summary": call["summary"],
        "lines": [line for line in call.get("description", "").split("\n\n") if not line.startswith("`")],
        "act": call.get("x-act", ""),
        "fields": fields,
        "answers": [(status, WORDS_OF[int(status)]) for status in call["responses"]],
        "anchor": call["operationId"],
    }


def _kind(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " | ".join(_kind(part) for part in schema["anyOf"])
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    return str(schema.get("contentEncoding") or schema.get("format") or schema.get("type") or "any")
