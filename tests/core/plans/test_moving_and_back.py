"""Random cases, moved to a random newer version of their plan and back again: but for the log, nothing happened.

The plan has seven steps over two facts. A newer version renames some steps (`renamed_from`), adds some, drops some, changes
conditions, milestones and second persons. What must hold: a move that is refused changes nothing; one that is accepted
keeps every finished step with its people, times and results; undone at once, the state is the one before, and so is the
next thing to do; moved once more it goes on to its close.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xiaoshi.core.casework import Accepted, Actor, State, decide, fold, load_plan, next_steps
from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.plan_move import forward

OUTLET = "zj/hz/xh/w1"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HEAD = Actor("head", frozenset({"outlet_head"}), "outlet", OUTLET)
PEOPLE = [
    *(Actor(f"t{i}", frozenset({"teller"}), "outlet", OUTLET) for i in range(3)),
    *(Actor(f"s{i}", frozenset({"supervisor"}), "outlet", OUTLET) for i in range(2)),
    HEAD,
]
STEPS = tuple(f"s{i}" for i in range(7))
WHEN = {"s2": "facts.a", "s4": "!facts.a && steps.s1.done", "s5": "facts.n > 2"}
TOP = """
kind = "any"
version = {version}
title = {{ zh = "任意", en = "Any" }}
opens = ["teller"]
facts.a = {{ type = "bool", zh = "甲", en = "A" }}
facts.n = {{ type = "int", zh = "数", en = "N" }}
{more_facts}
[[stages]]
id = "all"
title = {{ zh = "全部", en = "All" }}
"""


def plan_of(version, steps, renamed=None, four_eyes=(), when=WHEN, milestone="s0", facts=""):
    """The steps one after another in pairs; `renamed`: old id -> new id."""
    renamed = renamed or {}
    text = [TOP.format(version=version, more_facts=facts)]
    for i, old in enumerate(steps):
        name = renamed.get(old, old)
        lines = [f'[[steps]]\nid = "{name}"\nstage = "all"\ntitle = {{ zh = "{name}", en = "{name}" }}']
        lines.append('by = { roles = ["teller", "supervisor", "outlet_head"] }')
        if i > 1:
            before = steps[i - 2]
            lines.append(f'after = ["{renamed.get(before, before)}"]')
        if old in when and all(s in steps for s in STEPS if f"steps.{s}." in when[old]):
            condition = when[old]
            for was, now in renamed.items():
                condition = condition.replace(f"steps.{was}.", f"steps.{now}.")
            lines.append(f'when = "{condition}"')
        if old in four_eyes:
            lines.append("four_eyes = true")
        if old == "s3":
            lines.append('needs = ["paper:x?", "check:y?"]\nskip_by = ["outlet_head"]')
        if name != old:
            lines.append(f'renamed_from = ["{old}"]')
        text.append("\n".join(lines))
    shown = renamed.get(milestone, milestone) if milestone in steps else renamed.get(steps[0], steps[0])
    text.append(f'[[milestones]]\nid = "m"\ntitle = {{ zh = "m", en = "m" }}\nwhen = "steps.{shown}.done"')
    text.append('[close]\nby = ["teller"]')
    loaded = load_plan("\n".join(text))
    assert loaded.plan is not None, [p.words.en for p in loaded.problems]
    return loaded.plan


OLD = plan_of(1, STEPS, four_eyes=("s1",))


@st.composite
def newer_plans(draw):
    dropped = draw(st.sets(st.sampled_from(STEPS[3:]), max_size=2))
    kept = [s for s in STEPS if s not in dropped]
    renamed = {s: f"{s}_new" for s in draw(st.sets(st.sampled_from(kept), max_size=3))}
    steps = list(kept)
    for i in range(draw(st.integers(0, 2))):
        steps.insert(draw(st.integers(0, len(steps))), f"extra{i}")
    return plan_of(
        2,
        steps,
        renamed,
        four_eyes=tuple(draw(st.sets(st.sampled_from(steps), max_size=2))),
        when=draw(st.sampled_from((WHEN, {}, {"s1": "facts.a", "s6": "has(facts.n)"}))),
        milestone=draw(st.sampled_from(STEPS)),
        facts=draw(st.sampled_from(("", 'facts.z = { type = "text", zh = "乙", en = "Z" }'))),
    )


def one_command(draw, steps, ident):
    step = draw(st.sampled_from(steps))
    return draw(
        st.sampled_from(
            (
                c.DoStep(command_id=ident, step=step, result={"k": [1, None]}),
                c.DoStep(command_id=ident, step=step, facts={"a": True}),
                c.ConfirmStep(command_id=ident, step=step),
                c.RejectStep(command_id=ident, step=step, reason="no"),
                c.SendBack(command_id=ident, step=step, reason="again"),
                c.SkipStep(command_id=ident, step=step, reason="not needed"),
                c.Claim(command_id=ident, step=step),
                c.Release(command_id=ident, step=step),
                c.SetFacts(command_id=ident, facts={"a": False, "n": 5}),
                c.RecordPaper(command_id=ident, paper="x", reference="D1"),
                c.RecordCheck(command_id=ident, check="y", passed=True),
                c.Remind(command_id=ident, to="t1", step=step),
                c.Ask(command_id=ident, text="?", to_level="city", field="f", step=step),
                c.AddStep(command_id=ident, title="one more", roles=("teller",)),
            )
        )
    )


def walk(draw, plan, state, count, prefix):
    steps = [*plan.steps, "added_1"]
    for i in range(count):
        actor = draw(st.sampled_from(PEOPLE))
        command = one_command(draw, steps, f"{prefix}{i}")
        answer = decide(plan, state, command, actor, START + timedelta(minutes=i))
        if isinstance(answer, Accepted):
            state = fold(answer.events, state)
    return state


def but_for_the_log(state):
    return dataclasses.replace(state, seq=0, command_ids=State().command_ids, last_act=None)


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.data())
def test_there_and_back_is_as_if_nothing_had_been(data):
    draw = data.draw
    opened = decide(
        OLD, State(), c.OpenCase(command_id="o", case_number="A1", unit_path=OUTLET), PEOPLE[0], START
    )
    before = walk(draw, OLD, fold(opened.events), draw(st.integers(0, 25)), "a")
    new = draw(newer_plans())
    difference = forward(OLD, new, before)
    renamed = dict.fromkeys(difference.lost, "") if draw(st.booleans()) else {}
    there = decide(
        OLD, before, c.MoveToPlan(command_id="m", plan=new, reason="r", renamed=renamed), HEAD, START
    )
    expected = forward(OLD, new, before, renamed)
    assert isinstance(there, Accepted) == expected.movable
    if not isinstance(there, Accepted):
        assert there.problem.code == expected.problems[0].code
        return
    moved = fold(there.events, before)
    assert moved.plan_version == 2
    kept = {expected.renamed.get(name, name): own for name, own in before.steps.items()}
    assert moved.steps == kept
    assert set(expected.stays) == {
        s for s in new.steps if kept.get(s) and kept[s].phase in ("done", "skipped")
    }
    back = decide(new, moved, c.MoveBack(command_id="b", plan=OLD, reason="r"), HEAD, START)
    assert isinstance(back, Accepted), back
    after = fold(back.events, moved)
    assert but_for_the_log(after) == but_for_the_log(before)
    assert next_steps(OLD, after) == next_steps(OLD, before)
    assert fold([*there.events, *back.events], before) == after


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_was_done_under_the_new_plan_alone_is_never_lost_by_going_back(data):
    draw = data.draw
    opened = decide(
        OLD, State(), c.OpenCase(command_id="o", case_number="A1", unit_path=OUTLET), PEOPLE[0], START
    )
    new = draw(newer_plans())
    moved = decide(OLD, fold(opened.events), c.MoveToPlan(command_id="m", plan=new, reason="r"), HEAD, START)
    state = walk(draw, new, fold(moved.events, fold(opened.events)), draw(st.integers(0, 25)), "n")
    back = decide(new, state, c.MoveBack(command_id="b", plan=OLD, reason="r"), HEAD, START)
    only_new = [s for s in new.steps if s not in STEPS and not s.endswith("_new")]
    done_there = [s for s in only_new if s in state.steps and state.steps[s].phase in ("done", "skipped")]
    if done_there:
        assert not isinstance(back, Accepted)
    if isinstance(back, Accepted):
        after = fold(back.events, state)
        finished = {s.removesuffix("_new") for s, own in state.steps.items() if own.phase == "done"}
        assert {s for s, own in after.steps.items() if own.phase == "done"} == finished
