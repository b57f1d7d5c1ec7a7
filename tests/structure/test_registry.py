"""The registry of kinds equals the folders on disk, and each kind has its parts."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "src" / "xiaoshi" / "desk" / "kinds"


def registry() -> dict[str, str]:
    """Read as text: importing the registry would need Django's settings."""
    import ast

    tree = ast.parse((FOLDER / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "KINDS":
            return ast.literal_eval(node.value)
    raise AssertionError("KINDS is a literal dict in kinds/__init__.py")


FOLDERS = sorted(p.parent.name for p in FOLDER.glob("*/plan.toml"))


def test_registry_is_the_folders_on_disk():
    assert sorted(registry()) == FOLDERS
    assert registry() == {name: f"xiaoshi.desk.kinds.{name}" for name in registry()}


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_kind_has_all_its_parts(kind):
    folder = FOLDER / kind
    for part in ("plan.toml", "kind.py", "forms.py", "apps.py", "README.md"):
        assert (folder / part).is_file(), (
            f"kinds/{kind}/{part} is missing: see CONTRIBUTING.md, “Adding a kind of case”"
        )
    assert list((folder / "tests").glob("test_*.py")), f"kinds/{kind}/tests/ holds no test"


@pytest.mark.parametrize("kind", FOLDERS)
def test_the_plan_loads_and_bears_the_folders_name(kind):
    from xiaoshi.core.casework.plan_load import load_plan

    text = (FOLDER / kind / "plan.toml").read_text(encoding="utf-8")
    loaded = load_plan(text)
    assert loaded.plan is not None, [p.as_json("en") for p in loaded.problems]
    assert loaded.plan.kind == kind == tomllib.loads(text)["kind"]


@pytest.mark.parametrize(
    "kind", [k for k in FOLDERS if k != "example"]
)  # that word is too common to look for
def test_a_kinds_name_is_written_once_outside_its_folder(kind):
    """Elsewhere in the shared code only the registry names it (demo data and settings of tests apart)."""
    for path in (ROOT / "src" / "xiaoshi").rglob("*.py"):
        inside = path.is_relative_to(FOLDER / kind)
        allowed = path == FOLDER / "__init__.py" or "demo" in path.parts or path.parent.name == "commands"
        if not inside and not allowed:
            assert kind not in path.read_text(encoding="utf-8"), (
                f"{path} names the kind {kind}; ask the registry"
            )
