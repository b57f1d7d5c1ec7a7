"""Addresses of questions upwards, and what was answered before."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []
