"""Snapshots, events and commands as JSON: frozen samples of each version still load; wrong shapes are told by their place."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from pathlib import Path

import pytest

from xiaoshi.core.casework import (
    Refused,
    State,
    WrongShapeError,
    command_from_json,
    command_to_json,
    event_from_json,
    event_to_json,
    fold,
    state_from_json,
    state_to_json,
)
from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.decide import HANDLERS
from xiaoshi.core.casework.views import ACT_WORDS

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> object:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


def test_the_frozen_case_of_version_1_still_folds_to_its_frozen_state():
    events = [event_from_json(line) for line in sample("v1_events.json")]
    state = fold(events)
    assert state_to_json(state) == sample("v1_state.json")
    assert state_from_json(sample("v1_state.json")) == state
    assert [event_to_json(event) for event in events] == sample("v1_events.json")


def test_the_frozen_commands_of_version_1_still_load():
    commands = [command_from_json(line) for line in sample("v1_commands.json")]
    assert [command_to_json(command) for command in commands] == sample("v1_commands.json")
    assert {type(command) for command in commands} == set(HANDLERS)


def test_every_command_has_a_handler_and_words():
    kinds = {v for v in vars(c).values() if isinstance(v, type) and issubclass(v, c.Command)} - {c.Command}
    assert kinds == set(HANDLERS)
    assert {kind.__name__ for kind in kinds} == set(ACT_WORDS)


def test_a_snapshot_stays_small_and_holds_no_event_bodies(play):
    play("teller:li opens special_damage=false\nteller:li does intake payout=cash")
    size_before = len(json.dumps(state_to_json(play.state)))
    for _ in range(50):
        play("teller:li sets payout=account\nteller:li sets payout=cash")
    grown = len(json.dumps(state_to_json(play.state))) - size_before
    assert grown <= 100 * 12 + 20  # 12 characters for each command id, and longer numbers


WRONG_STATES = [
    ({}, "v"),
    ({"v": 2}, "v"),
    ({"v": True}, "v"),
    ({"v": 1, "seq": "1"}, "seq"),
    ({"v": 1, "seq": True}, "seq"),
    ({"v": 1, "phase": "asleep"}, "phase"),
    ({"v": 1, "colour": "red"}, "colour"),
    ({"v": 1, "opened_at": "2026-03-02T09:00:00"}, "opened_at"),
    ({"v": 1, "opened_at": 3}, "opened_at"),
    ({"v": 1, "facts": {"a": 1.5}}, "facts.a"),
    ({"v": 1, "facts": []}, "facts"),
    ({"v": 1, "steps": {"s": {"phase": "done", "makers": [1]}}}, "steps.s.makers[0]"),
    ({"v": 1, "questions": {"q1": {"id": "q1"}}}, "questions.q1.text"),
    ({"v": 1, "command_ids": "abc"}, "command_ids"),
]


@pytest.mark.parametrize(("data", "path"), WRONG_STATES)
def test_a_damaged_snapshot_is_refused_with_its_place(data, path):
    with pytest.raises(WrongShapeError) as caught:
        state_from_json(data)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ([], ""),
        ({"v": 1}, "command"),
        ({"v": 1, "command": "Command"}, "command"),
        ({"v": 1, "command": "State"}, "command"),
        ({"v": 1, "command": "DoStep"}, "command_id"),
        ({"v": 1, "command": "DoStep", "command_id": "x"}, "step"),
        ({"v": 1, "command": "DoStep", "command_id": "x", "step": 3}, "step"),
        (
            {"v": 1, "command": "DoStep", "command_id": "x", "step": "a", "result": {"a": [object()]}},
            "result.a[0]",
        ),
        ({"v": 1, "command": "HandOver", "command_id": "x", "reason": "r", "to": {"id": "li"}}, "to.roles"),
    ],
)
def test_a_command_of_wrong_shape_is_a_refusal(data, where):
    answer = command_from_json(data)
    assert isinstance(answer, Refused)
    assert (answer.problem.code, answer.problem.where) == ("command_shape", where)


def test_damaged_streams_and_programmers_errors_raise(play):
    play("teller:li opens special_damage=false\nteller:li does intake")
    with pytest.raises(ValueError, match="does not follow"):
        fold(play.events[1:])
    with pytest.raises(ValueError, match="does not follow"):
        fold(play.events, play.state)


def test_a_command_from_a_plan_of_another_version_raises(play, burnt_plan):
    play("teller:li opens special_damage=false")
    newer = dataclasses.replace(burnt_plan, version=2)
    from xiaoshi.core.casework import Actor, decide

    li = Actor("li", frozenset({"teller"}), "outlet", "zj/hz/xh/w1")
    command = c.DoStep(command_id="x", step="intake")
    with pytest.raises(ValueError, match="v1, plan of burnt_notes v2"):
        decide(newer, play.state, command, li, play.now)
    with pytest.raises(ValueError, match="aware"):
        decide(play.plan, State(), command, li, datetime(2026, 3, 2))  # noqa: DTZ001
