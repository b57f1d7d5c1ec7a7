"""The kinds of casework, in the order in which a desk offers them.

The literal below is the only place outside a kind's folder that names it. To add one: copy `example/`, change its name,
add its line here (CONTRIBUTING.md, "Adding a kind of case").

A bank adds kinds from its own package, without a fork: an entry point of the group `xiaoshi.kinds`, whose name is the
kind and whose value the Python package in the same form as a folder here (`examples/seal_change/` is one). What cannot
be taken in is refused when anything starts, in words; a kind of the house is never replaced by one from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from xiaoshi.house.trouble import HouseError

if TYPE_CHECKING:
    from xiaoshi.desk.kinds.kind import Kind

KINDS: dict[str, str] = {
    "burnt_notes": "xiaoshi.desk.kinds.burnt_notes",
    "urgent_payment": "xiaoshi.desk.kinds.urgent_payment",
    "example": "xiaoshi.desk.kinds.example",
}

GROUP = "xiaoshi.kinds"
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_PARTS_OF_THE_DESK = frozenset(p.name for p in Path(__file__).parents[1].iterdir() if p.is_dir())


def kinds_from_outside(house: Mapping[str, str], found: Iterable[EntryPoint] | None = None) -> dict[str, str]:
    """Kind -> package of the installed packages' kinds, by name. Raises HouseError with words for one that cannot be taken.

    `house`: the kinds that are there already; `found`: the entry points (of this environment by default).
    """
    kinds: dict[str, str] = {}
    owners: dict[str, str] = {}
    for point in sorted(
        entry_points(group=GROUP) if found is None else found, key=lambda p: (p.name, p.value)
    ):
        owner = point.dist.name if point.dist is not None else point.value
        if kinds.get(point.name) == point.value and owners[point.name] == owner:
            continue  # one package that stands on the path twice
        _refuse_unfit(point, owner, house, owners)
        kinds[point.name], owners[point.name] = point.value, owner
    return kinds


def _refuse_unfit(point: EntryPoint, owner: str, house: Mapping[str, str], owners: Mapping[str, str]) -> None:
    name, package = point.name, point.value
    if not _NAME.match(name):
        raise HouseError(
            "kind_name_unfit",
            f"程序包 {owner} 的业务种类名“{name}”应由小写字母、数字、下划线组成。",
            f"The kind “{name}” of the package {owner} has to be lower case letters, digits and underscores.",
            owner,
        )
    if name in house or name in _PARTS_OF_THE_DESK or name in owners:
        other = owners.get(name, "xiaoshi")
        raise HouseError(
            "kind_name_taken",
            f"程序包 {owner} 要增加业务种类“{name}”，但 {other} 已有同名的。请卸载其一，或让 {owner} 改名。",
            f"The package {owner} brings a kind “{name}”, which {other} has already: remove one of them, or have {owner}"
            " choose another name.",
            owner,
        )
    for part in ("", ".kind", ".apps"):
        try:
            there = find_spec(package + part) is not None
        except (ImportError, ValueError):
            there = False
        if not there:
            raise HouseError(
                "kind_not_found",
                f"程序包 {owner} 登记了业务种类“{name}”，但找不到模块 {package + part}。请重新安装该程序包。",
                f"The package {owner} names the kind “{name}”, but there is no module {package + part}: install it again.",
                owner,
            )


KINDS |= kinds_from_outside(KINDS)


def outside_folders() -> dict[str, Path]:
    """Kind -> folder of its package, for the kinds from outside: what a changed installation is told by."""
    found = {}
    for name, package in KINDS.items():
        spec = find_spec(package) if not package.startswith("xiaoshi.desk.kinds.") else None
        if spec is not None and spec.submodule_search_locations:
            found[name] = Path(next(iter(spec.submodule_search_locations)))
    return found


def kind_named(name: str) -> Kind:
    """The kind, with its plan, forms and acts. Raises KeyError for a name that is not registered."""
    kind: Kind = import_module(f"{KINDS[name]}.kind").KIND
    if kind.name != name:
        raise HouseError(
            "kind_of_another_name",
            f"{KINDS[name]} 登记为“{name}”，其 KIND 却叫“{kind.name}”。请改为同一名称。",
            f"{KINDS[name]} is registered as “{name}”, but its KIND is called “{kind.name}”: make the two one.",
            KINDS[name],
        )
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
