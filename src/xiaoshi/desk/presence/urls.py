"""Addresses of who is looking at a case now, and what somebody typed and has not sent."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []
