"""Addresses of the figures."""

from __future__ import annotations

from typing import Any

from django.urls import path, re_path

from xiaoshi.desk.figures import views

urlpatterns: list[Any] = [
    path("stats/", views.figures, name="figures"),
    re_path(
        r"^stats/(?P<table>came|months|waiting)\.(?P<kind_of_file>csv|xlsx)$",
        views.export,
        name="figures_export",
    ),
]
