"""Puts this folder on the path, so that the tests share `at_the_terminal`, and gives its fixtures to them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from at_the_terminal import closed_folder, open_folder, ordinary_user

__all__ = ["closed_folder", "open_folder", "ordinary_user"]
