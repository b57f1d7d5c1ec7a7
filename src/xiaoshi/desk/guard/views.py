"""The front door, and the sign of life that the supervisor asks for."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from xiaoshi.desk.guard.routes import opens_to


@opens_to("anyone")
def home(request: HttpRequest) -> HttpResponse:
    return redirect("queue" if request.user.is_authenticated else "sign_in")


@opens_to("anyone")
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when a page could be served: the database answers. Says nothing else to a stranger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"ok": True})
