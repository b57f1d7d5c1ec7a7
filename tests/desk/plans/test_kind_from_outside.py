"""A package of the bank's own adds a kind: built, installed beside the environment, taken in, and a case of it walked.

Nothing comes from a network: the wheel is put together here from the package's own `pyproject.toml` (the environment holds
no build tool), and pip installs it into a folder that only one process of its own has on its path.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from xiaoshi.desk.kinds import GROUP, KINDS, kinds_from_outside
from xiaoshi.house.trouble import HouseError

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "seal_change"
sys.path.insert(0, str(ROOT / "scripts"))


def wheel_of(project: Path, folder: Path) -> Path:
    """The wheel that setuptools would build of a pure package, with its catalogues compiled."""
    from compile_translations import mo_bytes, read_po

    told = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    name = re.sub(r"[-.]+", "_", told["name"])
    info = f"{name}-{told['version']}.dist-info"
    points = "\n".join(
        [f"[{GROUP}]", *(f"{kind} = {package}" for kind, package in told["entry-points"][GROUP].items())]
    )
    path = folder / f"{name}-{told['version']}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file in sorted((project / "src").rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                wheel.write(file, str(file.relative_to(project / "src")))
                if file.suffix == ".po":
                    target = file.with_suffix(".mo").relative_to(project / "src")
                    wheel.writestr(str(target), mo_bytes(read_po(file)))
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {told['name']}\nVersion: {told['version']}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{info}/entry_points.txt", points + "\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


@pytest.mark.database
def test_the_package_is_installed_and_a_case_of_its_kind_is_walked(fresh_desk, tmp_path):
    wheel = wheel_of(EXAMPLE, tmp_path)
    site = tmp_path / "site"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--no-index",
        "--quiet",
        "--target",
        site,
        wheel,
    ]
    subprocess.run(install, check=True, capture_output=True)
    walk = [sys.executable, "-W", "error", str(Path(__file__).parent / "outside_walk.py")]
    paths = os.pathsep.join((str(ROOT / "src"), str(site)))
    ran = subprocess.run(walk, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()[-4000:]
    told = json.loads(ran.stdout)
    seen = ("row_security", "static", "offered", "in_words", "chinese_form", "cards", "audit")
    assert {name: told[name] for name in seen} == dict.fromkeys(seen, True)
    assert (told["stranger"], told["close"], told["status"]) == (404, 302, "closed")
    assert told["steps"] == [
        ["intake", "teller", 409, "open"],
        ["intake", "teller", 302, "done"],
        ["name_paper", "teller", 302, "done"],
        ["compare_old", "teller", 302, "to_confirm"],
        ["compare_old", "teller", 302, "to_confirm"],
        ["compare_old", "supervisor", 302, "done"],
        ["specimen", "teller", 422, "open"],
        ["specimen", "teller", 422, "open"],
        ["specimen", "teller", 302, "to_confirm"],
        ["specimen", "supervisor", 302, "done"],
        ["switch_over", "supervisor", 302, "done"],
        ["file_old", "teller", 302, "done"],
    ]


def point(name, package="xiaoshi.desk.kinds.example"):
    return EntryPoint(name, package, GROUP)


@pytest.mark.parametrize(
    ("points", "code"),
    [
        ([point("burnt_notes")], "kind_name_taken"),
        ([point("papers")], "kind_name_taken"),
        ([point("lost_seal"), point("lost_seal", "xiaoshi.desk.kinds.burnt_notes")], "kind_name_taken"),
        ([point("Lost-Seal")], "kind_name_unfit"),
        ([point("lost_seal", "no_such_package")], "kind_not_found"),
        ([point("lost_seal", "no_such.package")], "kind_not_found"),
        ([point("lost_seal", "xiaoshi.core")], "kind_not_found"),
    ],
)
def test_what_is_not_taken_in_is_said_in_words(points, code):
    with pytest.raises(HouseError) as caught:
        kinds_from_outside(dict(KINDS), points)
    problem = caught.value.problem
    assert problem.code == code
    assert problem.words.zh
    assert problem.words.en


def test_one_package_twice_on_the_path_is_one():
    assert kinds_from_outside({}, [point("lost_seal"), point("lost_seal")]) == {
        "lost_seal": "xiaoshi.desk.kinds.example"
    }


def test_nothing_starts_with_a_clash(tmp_path):
    """Every command and every server asks for the mark of the migrations first; there the clash is said."""
    info = tmp_path / "rival-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rival\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\nexample = xiaoshi.desk.kinds.burnt_notes\n")
    paths = os.pathsep.join((str(ROOT / "src"), str(tmp_path)))
    start = (
        "import pathlib; from xiaoshi.house.django import migration_mark; migration_mark(pathlib.Path('src'))"
    )
    command = [sys.executable, "-c", start]
    ran = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, check=False)
    assert ran.returncode == 1
    assert (
        "HouseError: The package rival brings a kind “example”, which xiaoshi has already"
        in ran.stderr.decode()
    )
