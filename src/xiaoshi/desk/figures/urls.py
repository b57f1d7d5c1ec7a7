"""Addresses of what troubles come, where they wait, and how long."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []
