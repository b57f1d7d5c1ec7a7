"""`xiaoshi story burnt_notes --json` from outside, as anybody runs it: a fresh home, two seeds, nothing fixed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pypdfium2
import pytest

pytestmark = [pytest.mark.database, pytest.mark.timeout(600)]
SEEDS = (3, 11)
FORM = {"story", "case", "seed", "steps", "figures", "postings", "papers", "checks", "ok", "problems"}
CHECKS = {
    "every_note_found",
    "no_decided_verdict_wrong",
    "settled_amount_is_true_amount",
    "truth_within_engine_bounds",
    "case_closed",
    "audit_verified",
    "ledger_verified",
}
ORDER = (
    "open", "intake", "photograph", "denominations", "editions", "determine", "machine", "count", "bag", "recheck",
    "papers", "pay", "receipt", "feedback", "close",
)  # fmt: skip
SOURCE = Path(__file__).resolve().parents[2] / "src"


def xiaoshi(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("XIAOSHI_") and k != "DATABASE_URL"}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    environment = {**kept, "PYTHONPATH": str(SOURCE), "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "xiaoshi.cli", *words, "--home", str(home)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500, check=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A fresh home whose database stays up between the commands (each would start and stop it)."""
    from xiaoshi.house.home import Home
    from xiaoshi.house.postgres import database

    chosen = Home.chosen(str(tmp_path_factory.mktemp("故事") / "a home")).ensure()
    with database(chosen):
        yield chosen.path


@pytest.fixture(scope="module")
def told(home):
    """seed -> what the story answered."""
    answers = {}
    for seed in SEEDS:
        done = xiaoshi(home, "story", "burnt_notes", "--seed", str(seed), "--json")
        lines = done.stdout.splitlines()
        assert len(lines) == 1, done.stderr
        answers[seed] = json.loads(lines[0])
        assert done.returncode == 0, answers[seed]
    return answers


@pytest.mark.parametrize("seed", SEEDS)
def test_every_check_is_true(told, seed):
    answer = told[seed]
    assert set(answer) == FORM
    assert (answer["story"], answer["seed"], answer["ok"], answer["problems"]) == (
        "burnt_notes",
        seed,
        True,
        [],
    )
    assert set(answer["checks"]) >= CHECKS
    assert set(answer["checks"].values()) == {True}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_steps_stand_in_their_order_with_who_and_when(told, seed):
    steps = told[seed]["steps"]
    assert {tuple(step) for step in steps} == {("step", "actor", "act", "at")}
    moments = [datetime.fromisoformat(step["at"]) for step in steps]
    assert moments == sorted(moments)
    met = list(dict.fromkeys(step["step"] for step in steps if step["step"] != "appraisal"))
    assert met == [step for step in ORDER if step != "pay" or "pay" in met]
    by = {step["act"]: step["actor"] for step in steps}
    assert by["burnt_notes.recheck"] != by["burnt_notes.count"]
    if "money.record_payment" in by:
        assert by["money.check_payment"] != by["money.record_payment"]


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_stand_beside_the_truth_and_the_money_follows_them(told, seed):
    answer = told[seed]
    figures = answer["figures"]
    assert figures["settled"]["amount_fen"] == figures["truth"]["amount_fen"]
    assert {"full", "half", "none"} < set(figures["truth"])
    assert sum(figures["truth"][v] for v in ("full", "half", "none")) == figures["notes_true"]
    assert (
        figures["engine_amount_low_fen"]
        <= figures["truth"]["amount_fen"]
        <= figures["engine_amount_high_fen"]
    )
    paid = sum(p["amount_fen"] for p in answer["postings"])
    assert paid == figures["settled"]["amount_fen"]
    for posting in answer["postings"]:
        assert posting["amount_fen"] > 0
        assert posting["debit"] != posting["credit"]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_papers_can_be_opened(told, seed):
    papers = told[seed]["papers"]
    names = {paper["name"] for paper in papers}
    assert {"残损人民币专用袋封签", "特殊残缺、污损人民币兑换单", "业务回执"} <= names
    for paper in papers:
        document = pypdfium2.PdfDocument(paper["path"])
        assert len(document) == paper["pages"]
        document.close()


def test_another_seed_is_another_story(told, home):
    one, other = (told[seed] for seed in SEEDS)
    assert one["case"] != other["case"]
    assert one["figures"] != other["figures"]
    assert [s["actor"] for s in one["steps"]] != [s["actor"] for s in other["steps"]]
    holders = []
    for answer in (one, other):
        slip = next(p for p in answer["papers"] if p["name"] == "业务回执")
        document = pypdfium2.PdfDocument(slip["path"])
        page = document[0]
        words = page.get_textpage()
        holders.append(words.get_text_bounded())
        words.close()
        page.close()
        document.close()
    assert holders[0] != holders[1]


def test_what_the_stories_left_verifies(told, home):
    for words in (("audit", "verify"), ("ledger", "verify")):
        done = xiaoshi(home, *words, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["ok"] is True


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_story_that_is_not_there(told, home, lang):
    done = xiaoshi(home, "story", "no_such_story", "--json", "--lang", lang)
    assert done.returncode == 2
    answer = json.loads(done.stdout)
    assert answer["ok"] is False
    (problem,) = answer["problems"]
    assert (problem["code"], problem["where"]) == ("unknown_story", "NAME")
    assert "burnt_notes" in problem["text"]
    assert ("没有" in problem["text"]) is (lang == "zh")
    assert "Traceback" not in done.stderr
