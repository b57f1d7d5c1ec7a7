"""Addresses of how long what is kept."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []
