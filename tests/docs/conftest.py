"""The docs are read with the desk set up (acts, addresses, words), but without a database."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "scripts")]

import desk_fixtures  # noqa: E402, F401  (sets Django up for the whole test run, once)
