"""Short words for messages of which one thing is changed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from xiaoshi.core.iso20022 import initiation

sys.path.insert(0, str(Path(__file__).parent))

from known_payment import PAYMENT


@pytest.fixture
def pain() -> Callable[..., bytes]:
    """The bytes of the payment with these fields changed."""

    def make(**changed: Any) -> bytes:
        data = initiation(replace(PAYMENT, **changed))
        assert isinstance(data, bytes), data
        return data

    return make
