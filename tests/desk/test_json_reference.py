"""The fields that the reference gives for `--json` are those of real answers; commands that only read, on one database."""

from __future__ import annotations

import contextlib
import importlib
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from xiaoshi.cli import COMMANDS, main

pytestmark = pytest.mark.database
ROOT = Path(__file__).resolve().parents[2]
DESCRIBED = {
    name: entry
    for entry in tomllib.loads((ROOT / "docs/reference/json_commands.toml").read_text("utf-8"))["command"]
    for name in entry["names"]
}
PLAN = str(ROOT / "src/xiaoshi/desk/kinds/example/plan.toml")


@pytest.fixture
def no_home(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands work on the module's database instead of a home of their own."""
    names = {module for module, _ in COMMANDS.values()} | {"xiaoshi.commands.calendars"}
    for name in names:
        module = importlib.import_module(name)
        if hasattr(module, "prepare"):
            monkeypatch.setattr(module, "prepare", lambda *_a, **_k: contextlib.nullcontext())
    for name in ("xiaoshi.desk.audit.verify", "xiaoshi.desk.money.verify"):
        module = importlib.import_module(name)
        if hasattr(module, "OWNER"):
            monkeypatch.setattr(module, "OWNER", "owner")


def answers(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    main([*words, "--json"])
    out = capsys.readouterr().out.strip()
    try:
        return [json.loads(out)]
    except ValueError:
        return [json.loads(line) for line in out.splitlines()]


READING = {
    "case list": ("--as", "li.min"),
    "case show": ("NUMBER", "--as", "li.min"),
    "case acts": (),
    "clock show": ("--as", "li.min"),
    "find": ("零钱", "--as", "li.min"),
    "plan check": (PLAN,),
    "plan diff": (PLAN, PLAN),
    "plan list": (),
    "plan show": ("example",),
    "ledger verify": (),
    "ledger balances": (),
    "ledger entries": (),
    "audit verify": (),
    "audit export": ("NUMBER",),
    "retention due": (),
    "retention rules": (),
    "organisation list": ("--as", "guo.ye"),
    "token list": ("--as", "li.min"),
    "token create": ("x", "--as", "li.min"),
    "clock close": ("2030-01-07", "--reason", "x", "--as", "guo.ye"),
}


@pytest.mark.parametrize("name", READING)
def test_the_fields_are_those_of_a_real_answer(no_home: None, new_case: Any, capsys: Any, name: str) -> None:
    number = new_case(kind="example").number
    words = [number if word == "NUMBER" else word for word in READING[name]]
    given = DESCRIBED[name]["fields"]
    known = {field.removesuffix("?") for field in given}
    always = {field for field in given if not field.endswith("?")}
    for answer in answers(capsys, *name.split(), *words):
        assert set(answer) <= known | {"problems"}
        assert always <= set(answer)
