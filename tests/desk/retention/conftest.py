"""Lets the tests of this folder import `old_cases`, which stands beside them, and the acts of the money tests."""

import importlib.util
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def _acts_of_money() -> None:
    """The acts of the money tests, under a name that no other folder's conftest has."""
    path = Path(__file__).parents[1] / "money" / "conftest.py"
    spec = importlib.util.spec_from_file_location("money_acts", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["money_acts"] = module
    spec.loader.exec_module(module)


_acts_of_money()
