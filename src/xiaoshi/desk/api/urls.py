"""Addresses of the same acts and lists for programs."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []
