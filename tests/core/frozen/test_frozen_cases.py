"""A case of every released plan and event version, frozen half-way: today's engine reads it, goes on with it, closes it.

Users of other desks lost their running work with an upgrade; this is where ours would. When a test here fails, the
engine or the reader of events has to learn the old form again (`core/casework/as_json.py`, UPGRADES): the files stay.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from freezing import FOLDER, file_of, shipped, to_the_close

from xiaoshi.core.casework import event_from_json, fold, load_plan, state_from_json
from xiaoshi.core.casework import events as e
from xiaoshi.core.casework.as_json import VERSION

FILES = sorted(FOLDER.glob("*_plan*_event*.json"))
TO_WRITE = "run `python tests/core/frozen/freezing.py` and commit what it writes"


def read(path):
    return json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_frozen_case_is_read_and_goes_on_to_its_close(path):
    frozen = read(path)
    loaded = load_plan(frozen["plan"])
    assert loaded.plan is not None, [p.words.en for p in loaded.problems]
    events = [event_from_json(line) for line in frozen["events"]]
    state = fold(events)
    assert state_from_json(frozen["snapshot"]) == state
    assert (state.kind, state.plan_version) == (frozen["kind"], frozen["plan_version"])
    assert state.phase == "suspended"
    finished = to_the_close(loaded.plan, state)
    assert finished.state.phase == "closed"
    # Also as the desk does it: the events of before and those of today in one stream.
    assert fold([*events, *finished.events]) == finished.state


def test_every_shipped_plan_has_a_frozen_case_with_its_very_text():
    for text, plan in shipped():
        path = file_of(plan.kind, plan.version, VERSION)
        assert path.exists(), f"{plan.kind} version {plan.version} has no frozen case: {TO_WRITE}"
        assert read(path)["plan"] == text, (
            f"the text of {plan.kind} version {plan.version} changed after it was frozen: raise `version` in plan.toml, then"
            f" {TO_WRITE}"
        )


def test_the_frozen_cases_hold_the_verbs_that_people_use():
    kinds = {line["event"] for path in FILES for line in read(path)["events"]}
    wanted = {
        e.CaseOpened, e.FactsSet, e.StepDone, e.StepClaimed, e.StepDelegated, e.ReportAccepted, e.SigningAsked, e.StepSigned,
        e.StepAdded, e.SentBack, e.QuestionAsked, e.QuestionAnswered, e.CaseSuspended, e.Copied, e.Reminded, e.NeedRecorded,
    }  # fmt: skip
    assert {kind.__name__ for kind in wanted} <= kinds
