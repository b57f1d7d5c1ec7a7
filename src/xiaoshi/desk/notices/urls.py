"""Addresses of the notices."""

from __future__ import annotations

from django.urls import path

from xiaoshi.desk.notices import views

urlpatterns = [path("notices/", views.notices, name="notices")]
