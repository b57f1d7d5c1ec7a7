"""`xiaoshi plan` on files, in this process; and on a house, with the people of the demo."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from desk_fixtures import desk, server  # noqa: F401
from xiaoshi.cli import main

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "src/xiaoshi/desk/kinds/example/plan.toml"
STEP = """
[[steps]]
id = "call_back"
stage = "answer"
title = { zh = "电话回访", en = "Call back" }
by = { roles = ["teller"], level = "outlet" }

[close]"""


@pytest.fixture
def run(capsys):
    def call(*words):
        code = main([str(w) for w in words] + ["--json"])
        out = capsys.readouterr()
        return code, json.loads(out.out) if out.out.startswith("{") else out.out

    return call


@pytest.fixture
def newer(tmp_path):
    text = SHIPPED.read_text("utf-8").replace("version = 1", "version = 2").replace("\n[close]", STEP)
    path = tmp_path / "新 plan.toml"
    path.write_text(text, "utf-8")
    return path


def test_check_names_kind_version_and_each_line(run, tmp_path):
    code, told = run("plan", "check", SHIPPED)
    assert (code, told["ok"], told["kind"], told["version"], told["problems"]) == (0, True, "example", 1, [])
    bad = tmp_path / "bad.toml"
    bad.write_text(SHIPPED.read_text("utf-8").replace('after = ["listen"]', 'after = ["listne"]'), "utf-8")
    code, told = run("plan", "check", bad)
    assert (code, told["ok"], told["kind"]) == (1, False, None)
    (problem,) = told["problems"]
    assert problem["code"] == "unknown_step"
    assert int(problem["where"].rpartition(":")[2]) == 33
    assert problem["words"]["zh"]
    assert problem["words"]["en"]
    code, told = run("plan", "check", SHIPPED, bad, tmp_path)
    assert [row["ok"] for row in told["plans"]] == [True, False, False]


def test_diff_of_two_files(run, newer, tmp_path):
    code, told = run("plan", "diff", SHIPPED, newer)
    assert code == 0
    assert [(c["what"], c["how"], c["id"]) for c in told["changes"]] == [("step", "added", "call_back")]
    assert told["changes"][0]["meaning"]["zh"] == "改版后的案件都要补办该环节"
    assert run("plan", "diff", SHIPPED, SHIPPED)[1]["same"] is True
    code, told = run("plan", "diff", SHIPPED, tmp_path / "none.toml")
    assert (code, told["problems"][0]["code"]) == (1, "file_unreadable")


def test_migrate_shows_frozen_cases_without_a_house(run, newer, tmp_path):
    frozen = ROOT / "tests/core/frozen/example_plan1_event1.json"
    code, told = run(
        "plan", "migrate", "example", "--from", SHIPPED, "--to", newer, "--cases", frozen, "--dry-run"
    )
    (case,) = told["cases"]
    assert (code, case["movable"]) == (1 - case["movable"], case["movable"])
    assert "call_back" in [s["step"] for s in case["opens"]]
    code, told = run("plan", "migrate", "example", "--from", SHIPPED, "--to", newer, "--cases", frozen)
    assert (code, told["problems"][0]["code"]) == (2, "files_only_show")
    wrong = tmp_path / "cases.json"
    for content in ("nothing", "[1]", '{"snapshot": {"v": 1, "phase": "asleep"}}', '{"events": [{"v": 9}]}'):
        wrong.write_text(content, "utf-8")
        words = (
            "plan",
            "migrate",
            "example",
            "--from",
            SHIPPED,
            "--to",
            newer,
            "--cases",
            wrong,
            "--dry-run",
        )
        code, told = run(*words)
        assert (code, told["problems"][0]["code"]) == (2, "cases_unreadable"), content
    words = ("plan", "migrate", "example", "--from", SHIPPED, "--to", newer, "--map", "x", "--dry-run")
    assert run(*words)[1]["problems"][0]["code"] == "mapping_shape"


def test_a_file_is_drawn_as_bpmn(run, newer, tmp_path):
    out = tmp_path / "plan.bpmn"
    assert run("plan", "export", newer, "--bpmn", "--out", out)[0] == 0
    assert '<bpmn:userTask id="call_back"' in out.read_text("utf-8")
    assert run("plan", "export", newer)[1]["problems"][0]["code"] == "not_published"
    code, told = run("plan", "export", newer, "--bpmn", "--out", tmp_path / "none" / "x")
    assert (code, told["problems"][0]["code"]) == (1, "file_unwritable")


@pytest.fixture
def house(desk, monkeypatch):  # noqa: F811
    """The commands talk to the tests' database instead of starting one of their own."""
    import contextlib

    from xiaoshi.commands import plan, plan_migrate
    from xiaoshi.desk.cases.plans import published

    published.cache_clear()
    for module in (plan, plan_migrate):
        monkeypatch.setattr(module, "prepare", lambda home: contextlib.nullcontext())
    yield desk
    published.cache_clear()


@pytest.mark.database
def test_from_a_file_to_moved_cases_and_into_another_house(run, house, newer, tmp_path):
    from desk_fixtures import open_a_case, the_people

    people = the_people()
    cases = [open_a_case(people.teller, "example") for _ in range(3)]
    assert run("plan", "publish", "example", "--as", "su.yan")[1]["problems"][0]["code"] == "no_draft"
    assert run("plan", "draft", newer, "--as", "li.min")[1]["problems"][0]["code"] == "not_your_role"
    code, draft = run("plan", "draft", newer, "--as", "lu.heng")
    assert (code, draft["version"]) == (0, 2)
    code, told = run("plan", "publish", newer, "--as", "lu.heng")
    assert (code, told["problems"][0]["code"]) == (1, "maker_is_checker")
    code, told = run("plan", "publish", newer, "--as", "su.yan", "--in-force-from", "2020-01-01")
    assert (code, told["problems"][0]["code"]) == (1, "date_in_the_past")
    assert run("plan", "publish", newer, "--as", "su.yan")[1]["version"] == 2
    rows = {(r["kind"], r["version"]): r for r in run("plan", "list")[1]["plans"]}
    assert rows["example", 1]["in_force_from"] is None
    assert (rows["example", 2]["author"], rows["example", 2]["publisher"]) == ("lu.heng", "su.yan")
    assert run("plan", "diff", "example@1", "example@2")[1]["changes"][0]["id"] == "call_back"
    assert run("plan", "show", "example")[1]["version"] == 2

    listed = tmp_path / "cases.txt"
    listed.write_text(f"{cases[0].number}\n{cases[1].number}\nXS-0000-000000-000\n", "utf-8")
    words = ("plan", "migrate", "example", "--from", 1, "--to", 2, "--cases", listed)
    assert run(*words, "--dry-run")[1]["problems"][0]["code"] == "person_missing"
    code, told = run(*words, "--dry-run", "--as", "guo.ye")
    assert (code, told["movable"], told["not_movable"]) == (1, 2, 1)
    assert [c["movable"] for c in told["cases"]] == [True, True, False]
    assert run(*words, "--as", "guo.ye")[1]["problems"][0]["code"] == "reason_missing"
    code, told = run(*words, "--as", "guo.ye", "--reason", "新规")
    assert (code, told.get("moved"), told.get("not_moved")) == (1, 2, 1), told
    code, told = run("plan", "migrate", "example", "--from", 1, "--to", 2, "--dry-run", "--as", "guo.ye")
    assert [c["case"] for c in told["cases"]] == [cases[2].number]
    assert run("plan", "migrate", "example", "--from", 1, "--to", 7, "--as", "guo.ye")[0] == 1

    package = tmp_path / "package.json"
    assert run("plan", "export", "example@2", "--out", package)[0] == 0
    assert run("plan", "import", package, "--as", "su.yan")[1]["problems"][0]["code"] == "version_not_higher"
    held = json.loads(package.read_text("utf-8"))
    for change, code in (
        ({"text": held["text"] + "#"}, "package_altered"),
        ({"format": "x"}, "package_shape"),
        ({"earlier": [1]}, "package_shape"),
        ({"kind": "lost_passbook"}, "unknown_kind"),
    ):
        package.write_text(json.dumps({**held, **change}), "utf-8")
        assert run("plan", "import", package, "--as", "su.yan", "--dry-run")[1]["problems"][0]["code"] == code
    text = held["text"].replace("version = 2", "version = 3")
    import hashlib

    held |= {"text": text, "version": 3, "digest": hashlib.sha256(text.encode()).hexdigest()}
    held["earlier"] = [{"version": 1, "digest": "other"}]
    package.write_text(json.dumps(held), "utf-8")
    code, told = run("plan", "import", package, "--as", "su.yan")
    assert code == 0
    assert "earlier_version_differs" in [w["code"] for w in told["warnings"]]
    assert run("plan", "publish", "example", "--as", "su.yan")[1]["problems"][0]["code"] == "maker_is_checker"
    assert run("plan", "publish", "example", "--as", "lu.heng")[1]["version"] == 3
