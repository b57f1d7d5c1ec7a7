"""See `tins.py` for the notation."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "papers"))


@pytest.fixture
def tin_of_words(people):
    """`tin_of_words("full100 ?50")`: a case with one measured tray that stands before `determine`."""
    from tins import Tin

    return lambda words, **fields: Tin.open(people, words, **fields)


@pytest.fixture
def received(people):
    """A case whose trays may be photographed."""
    from tins import Tin

    return lambda **fields: Tin.received(people, **fields)
