"""Addresses of who stands in for whom, and until when."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []
