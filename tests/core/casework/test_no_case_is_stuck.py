"""Random valid plans, random people, random commands. What must hold in every state that can be reached:

- a refused act changes nothing, the same command twice is once, `now` and people come from outside only;
- every prefix of the events folds to the state that was there; state, events and commands survive JSON;
- what `available` offers is accepted, and what is due by `next_steps` somebody can do;
- no state is stuck: from it, people of the branch can bring the case to its close without cancelling it.

Plans have no irreversible step here: those can make an end unreachable on purpose, and then 作废 is the way out.
Population: 4 tellers, 4 lobby managers, 3 supervisors, 1 outlet head, 1 specialist each in city and province, 1 auditor,
1 teller of another outlet.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from xiaoshi.core.casework import (
    Accepted,
    Actor,
    Plan,
    Refused,
    State,
    available,
    command_from_json,
    command_to_json,
    decide,
    event_from_json,
    event_to_json,
    fold,
    load_plan,
    next_steps,
    progress,
    state_from_json,
    state_to_json,
    waiting,
)
from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.model import StepState

OUTLET = "zj/hz/xh/w1"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TELLERS = [Actor(f"teller{i}", frozenset({"teller"}), "outlet", OUTLET) for i in range(4)]
LOBBY = [Actor(f"lobby{i}", frozenset({"lobby_manager"}), "outlet", OUTLET) for i in range(4)]
SUPERVISORS = [Actor(f"super{i}", frozenset({"supervisor"}), "outlet", OUTLET) for i in range(3)]
HEAD = Actor("head", frozenset({"outlet_head"}), "outlet", OUTLET)
CITY = Actor("city", frozenset({"city_specialist"}), "city", "zj/hz")
PROVINCE = Actor("province", frozenset({"province_specialist"}), "province", "zj")
AUDITOR = Actor("auditor", frozenset({"auditor"}), "outlet", OUTLET)
ELSEWHERE = Actor("stranger", frozenset({"teller"}), "outlet", "zj/hz/xh/w2")
STAFF = [*TELLERS, *LOBBY, *SUPERVISORS, HEAD, CITY, PROVINCE]
PEOPLE = [*STAFF, AUDITOR, ELSEWHERE]
FACT_VALUES = {"a": (True, False), "b": (True, False), "n": (0, 5)}
EXPECTED_REFUSALS = {"never_finishes", "nobody_can", "condition_never_true"}

HEADER = """
kind = "any"
version = 1
title = { zh = "任意", en = "Any" }
opens = ["teller"]
facts.a = { type = "bool", zh = "甲", en = "A" }
facts.b = { type = "bool", zh = "乙", en = "B" }
facts.n = { type = "int", zh = "数", en = "N" }
[[stages]]
id = "all"
title = { zh = "全部", en = "All" }
"""
ROLE_SETS = (["teller"], ["lobby_manager"], ["teller", "supervisor"], ["supervisor"], ["outlet_head"])


@st.composite
def conditions(draw, earlier):
    """A condition over the facts and earlier steps."""
    atoms = ["facts.a", "!facts.b", "facts.n > 2", "(has(facts.n) && facts.n < 3)"]
    for name in earlier:
        atoms += [f"steps.{name}.done", f"steps.{name}.skipped", f"!steps.{name}.done"]
    parts = draw(st.lists(st.sampled_from(atoms), min_size=1, max_size=3))
    return draw(st.sampled_from((" && ", " || "))).join(parts)


WEIGHTS = (
    "",
    ", weights = { supervisor = 1, outlet_head = 2 }",
    ", weights = { teller = 3, supervisor = 1 }",
)


@st.composite
def plan_texts(draw):
    text = [HEADER]
    names = [f"s{i}" for i in range(draw(st.integers(2, 7)))]
    for i, name in enumerate(names):
        earlier = names[:i]
        subset = st.lists(st.sampled_from(earlier), unique=True, max_size=2) if earlier else st.just([])
        step = {
            "by": f"{{ roles = {json.dumps(draw(st.sampled_from(ROLE_SETS)))} }}",
            "after": json.dumps(draw(subset)),
            "not_by": json.dumps(draw(subset) if draw(st.booleans()) else []),
            "needs": json.dumps(
                draw(st.lists(st.sampled_from(("check:x", "decision:y", "paper:z?", "answer")), max_size=1))
            ),
            "four_eyes": json.dumps(draw(st.booleans())),
            "optional": json.dumps(draw(st.integers(0, 4)) == 0),
            "repeats": json.dumps(draw(st.integers(0, 3)) == 0),
        }
        if draw(st.integers(0, 2)) == 0:
            step["skip_by"] = '["outlet_head"]'
        if draw(st.integers(0, 2)) == 0:
            step["when"] = json.dumps(draw(conditions(earlier)))
        if draw(st.integers(0, 3)) == 0:
            share, weights = draw(st.sampled_from((1, 50, 67, 100))), draw(st.sampled_from(WEIGHTS))
            step["votes"] = f"{{ pass_at_percent = {share}{weights} }}"
        lines = "\n".join(f"{key} = {value}" for key, value in step.items())
        text.append(
            f'[[steps]]\nid = "{name}"\nstage = "all"\ntitle = {{ zh = "{name}", en = "{name}" }}\n{lines}'
        )
    text.append(f'[[milestones]]\nid = "m"\ntitle = {{ zh = "m", en = "m" }}\nwhen = "steps.{names[0]}.done"')
    close = f"when = {json.dumps(draw(conditions(names)))}\n" if draw(st.booleans()) else ""
    text.append(f'[close]\n{close}by = ["teller"]')
    return "\n".join(text)


@st.composite
def commands(draw, steps, questions, command_id):
    """Any command about any step, sensible or not."""
    step = draw(st.sampled_from([*steps, "nowhere"]))
    to = draw(st.sampled_from(PEOPLE))
    why = draw(st.sampled_from(("because", "because", "")))
    facts = draw(
        st.fixed_dictionaries({}, optional={k: st.sampled_from((*v, None)) for k, v in FACT_VALUES.items()})
    )
    question = draw(st.sampled_from([*questions, "q0"]))
    level = draw(st.sampled_from(("city", "province", "outlet")))
    return draw(st.sampled_from((
        c.SetFacts(command_id=command_id, facts=facts),
        c.DoStep(command_id=command_id, step=step, facts=facts, result={"note": [1, None]}),
        c.DoStep(command_id=command_id, step=step),
        c.DoStep(command_id=command_id, step=step),
        c.ConfirmStep(command_id=command_id, step=step),
        c.RejectStep(command_id=command_id, step=step, reason=why),
        c.SkipStep(command_id=command_id, step=step, reason=why),
        c.AddStep(command_id=command_id, title="one more", roles=("teller",), blocks_close=len(why) > 0),
        c.CallUp(command_id=command_id, step=step),
        c.RecordPaper(command_id=command_id, paper="z", reference="D1"),
        c.RecordCheck(command_id=command_id, check="x", passed=why != "", note="seen"),
        c.RecordDecision(command_id=command_id, decision="y", value="yes"),
        c.WaiveNeed(command_id=command_id, need="check:x", reason=why),
        c.Claim(command_id=command_id, step=step),
        c.Release(command_id=command_id, step=step),
        c.HandOver(command_id=command_id, step=step, to=to, reason=why),
        c.HandOver(command_id=command_id, to=to, reason=why),
        c.Delegate(command_id=command_id, step=step, to=to, reason=why),
        c.AcceptReport(command_id=command_id, step=step),
        c.ReturnReport(command_id=command_id, step=step, reason=why),
        c.AllSign(command_id=command_id, step=step, signers=(to, SUPERVISORS[0])),
        c.AskToVote(command_id=command_id, step=step, voters=(to, *SUPERVISORS), pass_at_percent=0),
        c.AskToVote(command_id=command_id, step=step, voters=(to, SUPERVISORS[0]), pass_at_percent=60),
        c.CastVote(command_id=command_id, step=step, vote="for" if why else "against", reason="seen"),
        c.CastVote(command_id=command_id, step=step, vote="for", reason="seen"),
        c.AddSigner(command_id=command_id, step=step, signer=to, place="before" if why else "after"),
        c.RemoveSigner(command_id=command_id, step=step, signer=to.id, reason=why),
        c.Sign(command_id=command_id, step=step),
        c.RefuseToSign(command_id=command_id, step=step, reason=why),
        c.Copy(command_id=command_id, to=to.id),
        c.Remind(command_id=command_id, to=to.id, step=step),
        c.TakeBack(command_id=command_id),
        c.SendBack(command_id=command_id, step=step, reason=why),
        c.Suspend(command_id=command_id, reason=why, until=START + timedelta(days=3), waiting_for="client"),
        c.Resume(command_id=command_id),
        c.Cancel(command_id=command_id, reason=why),
        c.Reopen(command_id=command_id, reason=why),
        c.CloseCase(command_id=command_id),
        c.Ask(command_id=command_id, text="how?", to_level=level, field="notes", step=step),
        c.Ask(command_id=command_id, text="how?", to_level=level, field="notes"),
        c.Answer(command_id=command_id, question=question, text="so", source="rule", authority=""),
        c.WithdrawQuestion(command_id=command_id, question=question, reason=why),
    )))  # fmt: skip


class Finisher:
    """People who want to bring a case to its close, and try what there is to try."""

    def __init__(self, plan: Plan, state: State, now: datetime) -> None:
        self.plan, self.state, self.now = plan, state, now
        self.ids = itertools.count()

    def act(self, kind, people, **fields) -> bool:
        """The first of these people who may."""
        for actor in people:
            command = kind(command_id=f"finish{next(self.ids)}", **fields)
            answer = decide(self.plan, self.state, command, actor, self.now)
            if isinstance(answer, Accepted):
                self.state = fold(answer.events, self.state)
                return True
        return False

    def finish(self) -> bool:
        if self.state.phase == "suspended":
            assert self.act(c.Resume, SUPERVISORS)
        for question in tuple(self.state.questions):
            assert self.act(c.WithdrawQuestion, SUPERVISORS, question=question, reason="to finish")
        if self.work({}):
            return True
        for values in itertools.product(*FACT_VALUES.values()):
            for ways in self.ways():
                self.start_again()
                self.act(c.SetFacts, SUPERVISORS, facts=dict(zip(FACT_VALUES, values, strict=True)))
                if self.work(ways):
                    return True
        return False

    def ways(self) -> Iterator[dict[str, str]]:
        """Steps whose not being done some condition asks for may be done, skipped or left; the others are done."""
        rules = [s.when.source for s in self.plan.steps.values() if s.when]
        rules += [self.plan.close.when.source] if self.plan.close.when else []
        asked = [
            n
            for n in self.plan.steps
            if any(f"!steps.{n}.done" in r or f"steps.{n}.skipped" in r for r in rules)
        ]
        for name in asked:  # grows: what makes an unwanted step apply may itself have to be left undone
            when = self.plan.steps[name].when
            asked += [other for other in (when.steps if when else ()) if other not in asked]
        for picked in itertools.product(("do", "skip", "leave"), repeat=len(asked)):
            yield dict(zip(asked, picked, strict=True))

    def start_again(self) -> None:
        for step in self.plan.steps:
            if self.state.steps.get(step) is not None and self.state.steps[step].phase != "open":
                assert self.act(c.SendBack, SUPERVISORS, step=step, reason="again")

    def work(self, ways: dict[str, str]) -> bool:
        self.act(c.RecordCheck, SUPERVISORS, check="x", passed=True)
        self.act(c.RecordDecision, SUPERVISORS, decision="y", value="yes")
        moved = True
        while moved:
            if self.act(c.CloseCase, TELLERS[:1]):
                return True
            moved = False
            for step in (*self.plan.steps, *self.state.added):
                moved = self.step(step, ways.get(step, "do")) or moved
        return False

    def step(self, step: str, way: str) -> bool:
        own = self.state.steps.get(step, StepState())
        if own.phase == "open":
            if own.assignee:
                self.act(c.Release, SUPERVISORS, step=step)
            if way == "leave":
                return self.act(c.CallOff, SUPERVISORS, step=step, reason="not wanted")
            if way == "skip":
                return self.act(c.SkipStep, [HEAD], step=step, reason="to finish")
            self.act(c.CallUp, SUPERVISORS, step=step)
            if self.act(c.DoStep, STAFF, step=step):
                return True
            # Who votes has to be named first, and enough of them beside whoever does it.
            for voters in itertools.combinations(STAFF, 2):
                if self.act(c.AskToVote, SUPERVISORS, step=step, voters=voters):
                    break
            for one in STAFF:
                self.act(c.AddSigner, SUPERVISORS, step=step, signer=one, place="after")
            return self.act(c.DoStep, STAFF, step=step)
        kind = {"reported": c.AcceptReport, "signing": c.Sign, "to_confirm": c.ConfirmStep}.get(own.phase)
        if kind is None:
            return False
        if own.phase == "signing" and own.pass_at_percent:
            cast = {"step": step, "vote": "for", "reason": "to finish"}
            if any(self.act(c.CastVote, [voter], **cast) for voter in STAFF):
                return True
        return (
            self.act(kind, STAFF, step=step)
            or any(
                self.act(c.RemoveSigner, SUPERVISORS, step=step, signer=s.actor, reason="gone")
                for s in own.signers
            )
            or self.act(c.SendBack, SUPERVISORS, step=step, reason="nobody can confirm")
        )


class Casework(RuleBasedStateMachine):
    @initialize(text=plan_texts(), opener=st.sampled_from(TELLERS))
    def open(self, text, opener):
        load = load_plan(text)
        assert {p.code for p in load.problems} <= EXPECTED_REFUSALS, load.problems
        assume(load.plan is not None)
        assume(not any(w.code == "finish_not_shown" for w in load.warnings))  # the loader itself was not sure
        self.plan, self.state, self.now = load.plan, State(), START
        self.events, self.seen, self.last, self.ids = [], [State()], None, 0
        self.run(c.OpenCase(command_id="open", case_number="A1", unit_path=OUTLET), opener)
        assert self.state.phase == "open"

    def new_id(self):
        self.ids += 1
        return f"r{self.ids}"

    def run(self, command, actor):
        before = json.dumps(state_to_json(self.state))
        answer = decide(self.plan, self.state, command, actor, self.now)
        assert json.dumps(state_to_json(self.state)) == before
        assert command_from_json(json.loads(json.dumps(command_to_json(command)))) == command
        if isinstance(answer, Refused):
            assert answer.problem.words.zh
            assert answer.problem.words.en
            return answer
        assert actor not in (AUDITOR, ELSEWHERE)
        for event in answer.events:
            assert event_from_json(json.loads(json.dumps(event_to_json(event)))) == event
        self.state = fold(answer.events, self.state)
        self.events += answer.events
        self.seen += [None] * (len(answer.events) - 1) + [self.state]
        assert state_from_json(json.loads(json.dumps(state_to_json(self.state)))) == self.state
        self.last = command
        return answer

    @rule(data=st.data(), actor=st.sampled_from(PEOPLE), hours=st.integers(0, 30))
    def anything(self, data, actor, hours):
        self.now += timedelta(hours=hours)
        steps = [*self.plan.steps, *self.state.added]
        self.run(data.draw(commands(steps, list(self.state.questions), self.new_id())), actor)

    @rule(actor=st.sampled_from(STAFF), pick=st.integers(0, 50))
    def go_on(self, actor, pick):
        """Do what is due, so that the machine gets into the depth of a plan."""
        due = next_steps(self.plan, self.state)
        if not due:
            return
        chosen = due[pick % len(due)]
        kind = {
            "do": c.DoStep,
            "confirm": c.ConfirmStep,
            "accept": c.AcceptReport,
            "sign": c.Sign,
            "vote": c.CastVote,
            "close": c.CloseCase,
        }[chosen.act]
        fields = {} if chosen.act == "close" else {"step": chosen.step}
        if chosen.act == "vote":
            fields |= {"vote": "for" if pick % 3 else "against", "reason": "seen"}
        command = kind(command_id=self.new_id(), **fields)
        people = [actor, *STAFF]
        answers = [decide(self.plan, self.state, command, person, self.now) for person in people]
        able = [p for p, a in zip(people, answers, strict=True) if isinstance(a, Accepted) and a.events]
        if able and chosen.act != "close":
            self.run(command, able[0])

    @precondition(lambda self: self.last is not None)
    @rule(actor=st.sampled_from(PEOPLE))
    def the_same_again(self, actor):
        assert decide(self.plan, self.state, self.last, actor, self.now) == Accepted(())

    @rule(actor=st.sampled_from(PEOPLE))
    def offers_hold(self, actor):
        options = available(self.plan, self.state, actor, self.now)
        assert actor not in (AUDITOR, ELSEWHERE) or not options
        simple = {"DoStep", "ConfirmStep", "AcceptReport", "Sign", "Claim", "Release", "CallUp"}
        for option in options:
            if option.act in simple:
                command = getattr(c, option.act)(command_id="offered", step=option.step)
                assert isinstance(decide(self.plan, self.state, command, actor, self.now), Accepted)

    @rule()
    def pages_can_be_drawn(self):
        drawn = {s.step: s.place for stage in progress(self.plan, self.state) for s in stage.steps}
        assert set(drawn) == {*self.plan.steps, *self.state.added}
        if self.state.phase == "open":
            waits = {w.step for w in waiting(self.plan, self.state)}
            due = {n.step for n in next_steps(self.plan, self.state) if n.act == "do"}
            assert not waits & due
            finished = {s for s, place in drawn.items() if place in ("done", "skipped", "not_applicable")}
            assert not waits & finished

    def teardown(self):
        if not hasattr(self, "plan"):
            return
        state = State()
        for event, seen in zip(self.events, self.seen[1:], strict=True):
            state = fold([event], state)
            assert seen is None or state == seen
        assert fold(self.events) == self.state
        if self.state.phase in ("open", "suspended"):
            finisher = Finisher(self.plan, self.state, self.now + timedelta(days=9))
            assert finisher.finish(), (waiting(self.plan, finisher.state), finisher.state)
            assert finisher.state.phase == "closed"


TestCasework = Casework.TestCase
TestCasework.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
)
