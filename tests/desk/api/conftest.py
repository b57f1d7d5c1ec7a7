"""Callers of the API: a token for each person, and a client that sends it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from api_callers import Caller, token_for


@pytest.fixture
def caller(people: Any) -> Callable[..., Caller]:
    """`caller(people.teller)` may read and do every act; `caller(people.teller, "read")` only read."""

    def make(person: Any, *scopes: str) -> Caller:
        return Caller(token_for(person, *scopes))

    return make
