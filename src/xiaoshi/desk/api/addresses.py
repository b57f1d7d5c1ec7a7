"""Addresses below `/api/v1/`. Included last by `desk/urls.py`: by then every module with acts has been imported."""

from __future__ import annotations

from django.urls import path

from xiaoshi.desk.api import views
from xiaoshi.desk.api.desk_api import addresses, built_api

urlpatterns = [
    path("", views.to_docs, name="api_home"),
    path("openapi.json", views.openapi_json, name="api_openapi"),
    path("docs", views.docs, name="api_docs"),
    *addresses(built_api()),
]
app_name = "api-1"
