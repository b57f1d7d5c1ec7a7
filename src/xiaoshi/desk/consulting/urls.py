"""Addresses of questions upwards, and what was answered before."""

from __future__ import annotations

from django.urls import path

from xiaoshi.desk.consulting import views

urlpatterns = [
    path("questions/", views.questions, name="questions"),
    path("questions/<uuid:ident>/", views.question, name="question"),
    path("cases/<uuid:case_id>/questions/", views.of_case, name="case_questions"),
    path("cases/<uuid:case_id>/ask/", views.ask_above, name="case_ask"),
    path("answers/<uuid:ident>/", views.shared, name="shared_answer"),
]
