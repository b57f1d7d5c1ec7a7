"""Addresses of the figures."""

from __future__ import annotations

from typing import Any

from django.urls import path

from xiaoshi.desk.figures import views

urlpatterns: list[Any] = [
    path("stats/", views.figures, name="figures"),
    path("stats/<slug:table>.<slug:kind_of_file>", views.export, name="figures_export"),
]
