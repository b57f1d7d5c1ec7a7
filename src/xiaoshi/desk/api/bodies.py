"""The fields of an act out of a request: a JSON object, or a form with a file.

A file may come as base64 in JSON (small ones) or as a part of `multipart/form-data`; the other fields of such a form are
texts, read as JSON where the act asks for anything but text. A body that broke off on the way is noticed by its length:
Django takes half a file for a whole one, and the key would then be spent on it.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
from typing import Any, get_args, get_origin

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.api.answers import BadRequest, Unprocessable, cut_off, too_large
from xiaoshi.desk.guard.boundary import Act
from xiaoshi.desk.guard.fields import asked_fields

JSON_BYTES_MAX = 8 * 1024 * 1024
FORM_BYTES_EXTRA = 256 * 1024


def fields_of(request: HttpRequest, act: Act) -> dict[str, Any]:
    """The fields for `perform`. Raises 400, 413 or 422 with words."""
    if request.content_type == "multipart/form-data":
        return _from_form(request, act)
    body = json_body(request)
    if not isinstance(body, dict):
        words = Words("请求内容应为 JSON 对象。", "The body must be a JSON object.")
        raise BadRequest(Problem("not_an_object", words))
    for name in bytes_fields(act):
        if isinstance(body.get(name), str):
            body[name] = _from_base64(name, body[name])
    return body


def bytes_fields(act: Act) -> list[str]:
    """The fields that are files."""
    return [
        name
        for name, (wanted, _optional) in asked_fields(act).items()
        if wanted is bytes or bytes in get_args(wanted)
    ]


def json_body(request: HttpRequest) -> Any:
    """The body as JSON; an empty one is an empty object. Numbers without end and half characters are refused later."""
    raw = _whole_body(request, JSON_BYTES_MAX)
    if not raw.strip():
        return {}
    if request.content_type not in ("application/json", ""):
        words = Words(
            "请求内容请用 application/json 或 multipart/form-data。",
            "Send application/json, or multipart/form-data with a file.",
        )
        raise BadRequest(Problem("content_type_unfit", words))
    try:
        return json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        line = f"{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        words = Words(f"请求内容不是 JSON {line}", f"The body is no JSON {line}")
        raise BadRequest(Problem("not_json", words)) from None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _whole_body(request: HttpRequest, limit_bytes: int) -> bytes:
    announced = int(request.META.get("CONTENT_LENGTH") or 0)
    if announced > limit_bytes:
        raise too_large(limit_bytes)
    raw = request.read(announced) if announced else b""
    if len(raw) < announced:
        raise cut_off()
    return raw


def _from_form(request: HttpRequest, act: Act) -> dict[str, Any]:
    raw = _whole_body(request, settings.DOCUMENT_BYTES_MAX + FORM_BYTES_EXTRA)
    handler = MemoryFileUploadHandler(request)
    # The whole body is in memory already and its size was looked at, so every file stays there.
    handler.handle_raw_input = lambda *args, **kwargs: setattr(handler, "activated", True)  # type: ignore[method-assign]
    try:
        posted, files = MultiPartParser(request.META, io.BytesIO(raw), [handler], "utf-8").parse()
    except RequestDataTooBig:
        raise too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE) from None
    except (MultiPartParserError, TooManyFieldsSent, TooManyFilesSent, UnicodeError, ValueError):
        words = Words("表单无法读取。", "The form cannot be read.")
        raise BadRequest(Problem("form_unreadable", words)) from None
    fields: dict[str, Any] = {name: _from_text(act, name, value) for name, value in posted.items()}
    for name, file in files.items():
        fields[name] = file.read()
        if name in bytes_fields(act) and "name" in asked_fields(act):
            fields.setdefault("name", file.name)
    return fields


def _from_text(act: Act, name: str, text: Any) -> Any:
    wanted = asked_fields(act).get(name, (str, True))[0]
    if wanted is str or (str in get_args(wanted) and get_origin(wanted) not in (dict, list)):
        return text
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text


def _from_base64(name: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        words = Words(f"字段“{name}”应为 base64。", f"The field “{name}” must be base64.")
        raise Unprocessable([Problem("not_base64", words, name)]) from None
