"""The procedure of the example kind, in the notation of the desk: who does what, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from xiaoshi.core.casework.commands import Actor, CloseCase, ConfirmStep, DoStep, OpenCase
from xiaoshi.core.casework.decide import decide
from xiaoshi.core.casework.events import Accepted
from xiaoshi.core.casework.fold import fold
from xiaoshi.core.casework.model import State
from xiaoshi.core.casework.plan_load import load_plan

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OUTLET = "jn/lz/cd/yy"
PEOPLE = {
    "li": Actor("li", frozenset({"teller"}), "outlet", OUTLET),
    "qian": Actor("qian", frozenset({"supervisor"}), "outlet", OUTLET),
    "wu": Actor("wu", frozenset({"teller"}), "outlet", "jn/lz/cd/hf"),
}
STORY = """
li    open     -> ok
li    answer   -> after
wu    listen   -> other_unit
li    listen   -> ok
li    answer   -> ok
li    confirm  -> maker_is_checker
li    close    -> step_open
qian  confirm  -> ok
li    close    -> ok
"""


def command(name: str, number: int):
    key = f"c{number}"
    match name:
        case "open":
            return OpenCase(command_id=key, case_number="XS-1", unit_path=OUTLET, facts={"wish": "换零钱"})
        case "confirm":
            return ConfirmStep(command_id=key, step="answer")
        case "close":
            return CloseCase(command_id=key)
        case _:
            return DoStep(command_id=key, step=name)


def test_the_whole_story():
    plan = load_plan((Path(__file__).parents[1] / "plan.toml").read_text("utf-8")).plan
    assert plan is not None
    state = State()
    for number, line in enumerate(STORY.strip().splitlines()):
        who, what, _arrow, expected = line.split()
        verdict = decide(plan, state, command(what, number), PEOPLE[who], NOW)
        if isinstance(verdict, Accepted):
            assert expected == "ok", line
            state = fold(verdict.events, state)
        else:
            assert verdict.problem.code == expected, (line, verdict.problem.as_json("en"))
    assert state.phase == "closed"


@pytest.mark.parametrize("broken", ["when = 'facts.nothing'", "after = ['nowhere']"])
def test_a_broken_copy_of_the_plan_is_refused_with_its_line(broken):
    text = (Path(__file__).parents[1] / "plan.toml").read_text("utf-8")
    loaded = load_plan(text.replace('form = "listen"', broken))
    assert loaded.plan is None
    assert loaded.problems[0].where.startswith("plan.toml:")
