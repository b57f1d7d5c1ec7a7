"""Lets the tests of this folder import `files_for_tests` and `reading`, which stand beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
