"""`/healthz` as the desk has it, and `/database`, which says who is connected."""

import os

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"ok": True})


def database(request: HttpRequest) -> JsonResponse:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            user = cursor.fetchone()[0]
    except Exception as error:
        connection.close()
        return JsonResponse({"error": str(error)}, status=503)
    return JsonResponse({"user": user, "owner_known": "XIAOSHI_DB_OWNER" in os.environ})


urlpatterns = [path("healthz", healthz), path("database", database)]
