"""Addresses of who stands in for whom, and until when."""

from __future__ import annotations

from django.urls import path

from xiaoshi.desk.substitutes import views

urlpatterns = [
    path("substitutes/", views.substitutes, name="substitutes"),
    path("substitutes/rule/", views.rule, name="substitutes_rule"),
    path("substitutes/<int:arrangement>/answer/", views.answer_one, name="answer_substitute"),
    path("substitutes/<int:arrangement>/end/", views.end_one, name="end_substitute"),
]
