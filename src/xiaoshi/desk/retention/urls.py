"""Addresses of how long what is kept."""

from __future__ import annotations

from django.urls import path

from xiaoshi.desk.retention import views

urlpatterns = [
    path("retention/", views.retention, name="retention"),
    path("retention/propose/", views.propose, name="retention_propose"),
    path("retention/period/", views.period, name="retention_period"),
    path("retention/batches/<int:ident>/", views.batch, name="retention_batch"),
    path("retention/hold/", views.hold_by_number, name="retention_hold_by_number"),
    path("cases/<uuid:case_id>/hold/", views.hold, name="retention_hold"),
    path("cases/<uuid:case_id>/holds/<int:ident>/lift/", views.lift, name="retention_lift"),
]
