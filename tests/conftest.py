"""Which test goes to which process of pytest-xdist: a module is not torn apart, and the longest begin first.

A module's database, province or story is made once for the module. Spread over two processes it was made twice, which cost
more than the tests. `xdist_group` marks do the same only as long as pytest keeps a node's name where pytest-xdist 3.8 writes
to it, which pytest 9.2 does not: the marks were passed over without a word. So the rule is here, by path.
"""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

# "Today" in a test module is the bank's day, also between midnight there and midnight in UTC. Django sets the zone only when it starts.
os.environ["TZ"] = "Asia/Shanghai"
time.tzset()

# One server and one browser for all of them.
TOGETHER = ("tests/browser/",)
# What takes longest, longest first: begun last, it would leave the other process idle at the end.
LONG = (
    "tests/browser/",
    "tests/desk/test_story.py",
    "tests/house/test_backup.py",
    "tests/desk/test_server_faults.py",
)


def unit_of(nodeid: str) -> str:
    """The unit of work a test belongs to: its folder where that is one, else its module."""
    return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid.partition("::")[0])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((n for n, start in enumerate(LONG) if item.nodeid.startswith(start)), len(LONG))

    items.sort(key=place)  # stable: everything else stays as it was


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class ByModule(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    config.option.loadscopereorder = False
    return ByModule(config, log)
