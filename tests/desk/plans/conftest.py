"""A second version of the small kind, made from the shipped text, and the two people who bring it into force."""

import sys
from pathlib import Path

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
