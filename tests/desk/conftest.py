"""The desk's tests run on a real database: see `tests/desk_fixtures.py`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from desk_fixtures import (  # noqa: F401
    client_for,
    desk,
    fresh_desk,
    fresh_people,
    new_case,
    people,
    server,
)
