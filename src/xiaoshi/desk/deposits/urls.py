"""Addresses of the interest page."""

from __future__ import annotations

from typing import Any

from django.urls import path

from xiaoshi.desk.deposits import views

urlpatterns: list[Any] = [
    path("deposits/", views.deposits, name="deposits"),
    path("deposits/sheet.pdf", views.sheet, name="deposits_sheet"),
]
