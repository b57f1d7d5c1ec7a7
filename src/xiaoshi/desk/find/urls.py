"""Addresses of the search."""

from __future__ import annotations

from django.urls import path

from xiaoshi.desk.find import views

urlpatterns = [path("find/", views.find_page, name="find")]
