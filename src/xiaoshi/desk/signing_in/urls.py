"""Addresses of second factors, passkeys, sessions."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []
