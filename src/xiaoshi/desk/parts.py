"""The parts of the desk that are not needed to understand a case, each a folder: the literal below names them once.

A part may have: `urls.py` (addresses below `/desk/`), `grants.py` (`GRANTS`: the runtime role's rights on its tables),
`jobs.py` (background jobs and timers), `on_case.py` (what it adds to a case: `tabs(request, found)` gives `Tab` values,
`panels(request, found)` gives `Panel` values for the overview), `on_status.py` (`status_changed(ctx, before)`: called inside
the act that closed, cancelled, suspended, resumed or reopened a case), `on_money.py` (`may_book(ctx, order)` before and
`booked(ctx, order, entry)` after a transfer or a reversal is booked). None of them is imported by the cases themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest

    from xiaoshi.desk.cases.views.found import Found

PARTS: tuple[str, ...] = (
    "notices",
    "clocks",
    "linked_cases",
    "substitutes",
    "presence",
    "plans",
    "consulting",
    "find",
    "api",
    "signing_in",
    "retention",
    "figures",
    "deposits",
    "bank",
)


@dataclass(frozen=True)
class CaseTab:
    """One entry of a case's side navigation, ready for the page; `words` are translated already."""

    key: str
    words: str
    href: str


@dataclass(frozen=True)
class Panel:
    """One block of the case's overview: a template and what it needs. `first`: above the next step, for what cannot wait."""

    template: str
    context: dict[str, Any]
    first: bool = False


def apps() -> list[str]:
    return [f"xiaoshi.desk.{name}" for name in PARTS]


def modules(name: str) -> Iterator[ModuleType]:
    """The module of this name of each part that has one."""
    for path in apps():
        if find_spec(f"{path}.{name}") is not None:
            yield import_module(f"{path}.{name}")


def job_paths() -> list[str]:
    return [f"{path}.jobs" for path in apps() if find_spec(f"{path}.jobs")]


def part_grants() -> dict[str, str]:
    """The runtime role's rights on the tables of all parts."""
    rights: dict[str, str] = {}
    for module in modules("grants"):
        rights |= module.GRANTS
    return rights


def case_tabs(request: HttpRequest, found: Found) -> list[CaseTab]:
    return [t for m in modules("on_case") if hasattr(m, "tabs") for t in m.tabs(request, found)]


def case_panels(request: HttpRequest, found: Found) -> list[Panel]:
    return [p for m in modules("on_case") if hasattr(m, "panels") for p in m.panels(request, found)]
