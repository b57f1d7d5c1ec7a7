"""A second version of the small kind, made from the shipped text, and the two people who bring it into force."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from desk_fixtures import (  # noqa: F401
    client_for,
    desk,
    fresh_desk,
    fresh_people,
    new_case,
    people,
    server,
)


@pytest.fixture(scope="module", autouse=True)
def _versions_of_this_database(desk):  # noqa: F811
    """A process reads a published version once; here each module has a database, and versions, of its own."""
    from xiaoshi.desk.cases.plans import published

    published.cache_clear()
    yield
    published.cache_clear()
