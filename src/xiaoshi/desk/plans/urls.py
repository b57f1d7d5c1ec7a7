"""Addresses of drafts, publication, and moving cases to another version of their plan."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []
