"""Addresses of a case that waits for another case."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []
