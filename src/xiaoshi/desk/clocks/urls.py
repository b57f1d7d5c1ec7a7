"""Addresses of working time of each outlet, due dates, reminders, escalation."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []
