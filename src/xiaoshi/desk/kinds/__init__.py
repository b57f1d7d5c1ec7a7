"""The kinds of casework, in the order in which a desk offers them.

The literal below is the only place outside a kind's folder that names it. To add one: copy `example/`, change its name,
add its line here (CONTRIBUTING.md, "Adding a kind of case"). A bank adds kinds from its own package in the same form.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xiaoshi.desk.kinds.kind import Kind

KINDS: dict[str, str] = {
    "burnt_notes": "xiaoshi.desk.kinds.burnt_notes",
    "example": "xiaoshi.desk.kinds.example",
}


def kind_named(name: str) -> Kind:
    """The kind, with its plan, forms and acts. Raises KeyError for a name that is not registered."""
    kind: Kind = import_module(f"{KINDS[name]}.kind").KIND
    return kind


def all_kinds() -> list[Kind]:
    """All registered kinds, in the order of the registry."""
    return [kind_named(name) for name in KINDS]


def kind_grants() -> dict[str, str]:
    """The runtime role's rights on the tables that kinds bring along (`grants.py` of each kind that has tables)."""
    rights: dict[str, str] = {}
    for path in KINDS.values():
        try:
            module = import_module(f"{path}.grants")
        except ModuleNotFoundError:
            continue
        rights.update(module.GRANTS)
    return rights
