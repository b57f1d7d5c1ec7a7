"""The pages for what went wrong: 400, 403, 404, 500, and 503 for the seconds in which the database is gone."""

from __future__ import annotations

import logging
import sys
import uuid
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

log = logging.getLogger("xiaoshi.errors")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return HttpResponse(render_to_string("400.html", {}, request), status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return HttpResponse(render_to_string("403.html", {}, request), status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return HttpResponse(render_to_string("404.html", {}, request), status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 with a number to quote; or 503 when the exception says that the database does not answer."""
    exception = sys.exc_info()[1]
    if isinstance(exception, (OperationalError, InterfaceError)):
        return database_gone(request)
    number = uuid.uuid4().hex[:8]
    log.error("error %s on %s %s", number, request.method, request.path)
    return HttpResponse(render_to_string("500.html", {"number": number, "bare": True}), status=500)


def database_gone(request: HttpRequest) -> HttpResponse:
    """Nothing was half-written (the act's transaction died with the connection); what was typed is shown to be kept."""
    close_old_connections()
    kept: list[tuple[str, Any]] = []
    if request.method == "POST":
        hidden = {"csrfmiddlewaretoken", "password"}
        kept = [(name, value) for name, value in request.POST.items() if name not in hidden]
    page = render_to_string("503.html", {"kept": kept, "path": request.get_full_path(), "bare": True})
    return HttpResponse(page, status=503, headers={"Retry-After": "10"})
