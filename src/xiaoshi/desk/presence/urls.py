"""Addresses of who is looking at a case now, and what somebody typed and has not sent."""

from __future__ import annotations

from django.urls import path

from xiaoshi.desk.presence import views

urlpatterns = [
    path("cases/<uuid:case_id>/looking/", views.looking, name="case_looking"),
    path("cases/<uuid:case_id>/drafts/<slug:step>/", views.draft, name="case_draft"),
]
