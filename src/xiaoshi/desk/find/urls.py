"""Addresses of full-text search over cases, papers and timeline."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []
