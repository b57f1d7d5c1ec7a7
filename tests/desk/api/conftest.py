"""Callers of the API: a token for each person, and a client that sends it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from api_callers import Caller, token_for


@pytest.fixture(autouse=True)
def enough_calls() -> Iterator[None]:
    """A walk over all addresses is faster than a program may be; the limit has a test of its own."""
    from django.test import override_settings

    with override_settings(API_CALLS_BURST=10**6, API_CALLS_PER_MINUTE=10**8):
        yield


@pytest.fixture
def caller(people: Any) -> Callable[..., Caller]:
    """`caller(people.teller)` may read and do every act; `caller(people.teller, "read")` only read."""

    def make(person: Any, *scopes: str) -> Caller:
        return Caller(token_for(person, *scopes))

    return make
