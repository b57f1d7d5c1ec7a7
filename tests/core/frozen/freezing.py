"""Cases that people in a hurry walk through any plan: half-way, to be frozen, and on to the close, to be sure of it.

`python tests/core/frozen/freezing.py` writes the case of every shipped plan that has none yet in today's form of events;
with files it freezes these (a version that was shipped before: `git show TAG:…/plan.toml`).
A file that is there is never written again: it stands for the cases of the desks that run on that release.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from xiaoshi.core.casework import (
    LEVELS,
    ROLES,
    Accepted,
    Actor,
    Event,
    Plan,
    State,
    decide,
    event_to_json,
    fold,
    load_plan,
    next_steps,
    state_to_json,
)
from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.as_json import VERSION
from xiaoshi.core.casework.model import FactSpec, FactValue, Step

FOLDER = Path(__file__).parent
KINDS = FOLDER.parents[2] / "src" / "xiaoshi" / "desk" / "kinds"
PATH = "p/c/s/o"
UNITS = dict(zip(LEVELS, ("p/c/s/o", "p/c/s", "p/c", "p"), strict=True))
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PEOPLE = [
    Actor(f"{role.id}.{n}.{level}", frozenset({role.id}), level, UNITS[level])
    for role in ROLES.values()
    if role.id != "auditor"
    for level in role.levels
    for n in (1, 2, 3)
]


def file_of(kind: str, plan_version: int, event_version: int) -> Path:
    return FOLDER / f"{kind}_plan{plan_version}_event{event_version}.json"


def shipped() -> list[tuple[str, Plan]]:
    """Text and plan of every kind that this release brings along."""
    found = []
    for path in sorted(KINDS.glob("*/plan.toml")):
        text = path.read_text("utf-8")
        plan = load_plan(text).plan
        assert plan is not None, path
        found.append((text, plan))
    return found


class Walk:
    """One case, its events, and people who try what there is to try."""

    def __init__(self, plan: Plan, state: State | None = None, prefix: str = "walk") -> None:
        self.plan, self.state, self.events = plan, state or State(), list[Event]()
        self.ids = (f"{prefix}/{n}" for n in itertools.count(1))
        self.now = START if state is None else START + timedelta(days=40)
        self.facts_of_steps: dict[str, FactValue] = {}
        """Facts that only a step's own act may set: they come with the next step that is done."""

    def act(self, kind: type[c.Command], **fields: object) -> bool:
        """The first person who may; False when nobody may."""
        ident = next(self.ids)
        for person in PEOPLE:
            answer = decide(self.plan, self.state, kind(command_id=ident, **fields), person, self.now)
            if isinstance(answer, Accepted):
                self.events += answer.events
                self.state = fold(answer.events, self.state)
                self.now += timedelta(minutes=7)
                return True
        return False

    def record_needs(self, step: Step) -> None:
        for need in step.needs:
            record = self.state.records.get(need.key)
            if record is not None and record.meets:
                continue
            match need.kind:
                case "paper":
                    self.act(c.RecordPaper, paper=need.name, reference="D1")
                case "check":
                    self.act(c.RecordCheck, check=need.name, passed=True)
                case "decision":
                    self.act(c.RecordDecision, decision=need.name, value="yes")

    def one_more(self) -> bool:
        """The next thing that can go on; needs are recorded first. False when nothing moves."""
        for step in (*self.plan.steps.values(), *self.state.added.values()):
            self.record_needs(step)
        for due in next_steps(self.plan, self.state):
            kind = {"do": c.DoStep, "confirm": c.ConfirmStep, "accept": c.AcceptReport, "sign": c.Sign}.get(
                due.act
            )
            facts = {"facts": self.facts_of_steps} if due.act == "do" and self.facts_of_steps else {}
            if kind is not None and self.act(kind, step=due.step, **facts):
                self.facts_of_steps = {} if facts else self.facts_of_steps
                return True
            if due.act == "sign" and self.takes_off_a_maker(due.step):
                return True
        return False

    def takes_off_a_maker(self, step: str) -> bool:
        """Whoever made a step does not sign it (older releases let them): then the signer is taken off, with a reason."""
        own = self.state.steps[step]
        return any(
            self.act(c.RemoveSigner, step=step, signer=signer.actor, reason="经办人不签自己的工作")
            for signer in own.signers
            if not signer.signed and signer.actor in own.makers
        )


def half_way(plan: Plan) -> Walk:
    """Half of the firm steps done, with every verb used on the way; a step claimed, a question open, the case resting."""
    walk = Walk(plan)
    facts = {name: _value(spec) for name, spec in plan.facts.items()}
    late = dict(list(facts.items())[len(facts) // 2 :])
    early = {name: value for name, value in facts.items() if name not in late}
    assert walk.act(c.OpenCase, case_number="XS-0001-261123-001", unit_path=PATH, facts=early)
    for name, value in late.items():
        if not walk.act(c.SetFacts, facts={name: value}):
            walk.facts_of_steps[name] = value
    firm = [s for s in plan.steps.values() if not s.optional]
    verbs = _verbs(walk)
    while sum(own.phase == "done" for own in walk.state.steps.values()) < len(firm) // 2:
        next(verbs, None)
        if not walk.one_more():
            break
    for _ in verbs:
        pass
    _leave_in_the_middle(walk)
    return walk


def _value(spec: FactSpec) -> FactValue:
    samples: dict[str, FactValue] = {
        "bool": True,
        "int": 3,
        "text": "饼干铁盒",
        "date": "1998-06-01",
        "amount_fen": 1_234_500,
        "list": ("一", "二"),
    }
    return spec.choices[0] if spec.choices else samples[spec.type]


def _verbs(walk: Walk) -> Iterator[None]:
    """One verb after another, each on whatever step is due."""
    teller = next(p for p in PEOPLE if "teller" in p.roles)
    walk.act(c.Copy, to=teller.id)
    yield
    for command, fields in (
        (c.Claim, {}),
        (c.HandOver, {"to": _who(walk), "reason": "轮班"}),
        (c.Delegate, {"to": _who(walk), "reason": "外出"}),
        (c.Remind, {"to": teller.id}),
        (c.AllSign, {"signers": (_who(walk),)}),
    ):
        if (step := _due(walk)) is not None:
            walk.act(command, step=step, **fields)
        yield
    walk.act(c.AddStep, title="联系消防", roles=("lobby_manager",))
    yield
    walk.act(c.Ask, text="可否凭社区证明办理", to_level="city", field="notes")
    walk.act(c.Answer, question="q1", text="可以", source="内部规定第3条", authority="")
    done = [
        s
        for s, own in walk.state.steps.items()
        if own.phase == "done" and not walk.plan.steps[s].irreversible
    ]
    if done:
        walk.act(c.SendBack, step=done[-1], reason="有两张放错")


def _who(walk: Walk) -> Actor:
    """Somebody else who may do the step that is due."""
    step = _due(walk)
    roles = walk.plan.steps[step].by.roles if step in walk.plan.steps else ("teller",)
    return next(p for p in reversed(PEOPLE) if set(roles) & p.roles and p.level == "outlet")


def _due(walk: Walk) -> str | None:
    return next((n.step for n in next_steps(walk.plan, walk.state) if n.act == "do"), None)


def _leave_in_the_middle(walk: Walk) -> None:
    if (step := _due(walk)) is not None:
        walk.act(c.Release, step=step)
        walk.act(c.Claim, step=step)
    walk.act(c.Ask, text="版别难以辨认", to_level="province", field="notes")
    walk.act(c.Suspend, reason="等持有人补证明", until=walk.now + timedelta(days=3), waiting_for="client")


def to_the_close(plan: Plan, state: State) -> Walk:
    """Goes on with a case until it is closed, or nothing moves any more."""
    walk = Walk(plan, state, "goes on")
    if walk.state.phase == "suspended":
        walk.act(c.Resume)
    for question in tuple(walk.state.questions):
        walk.act(c.WithdrawQuestion, question=question, reason="已当面问清")
    for _ in range(10 * len(plan.steps)):
        if walk.act(c.CloseCase) or not walk.one_more():
            break
    return walk


def write_missing(texts: list[tuple[str, Plan]]) -> list[Path]:
    """Freeze what is missing of these plans. A file that is there stays as it is."""
    written = []
    for text, plan in texts:
        path = file_of(plan.kind, plan.version, VERSION)
        if path.exists():
            continue
        walk = half_way(plan)
        assert to_the_close(plan, walk.state).state.phase == "closed", plan.kind
        frozen = {
            "kind": plan.kind,
            "plan_version": plan.version,
            "event_version": VERSION,
            "plan": text,
            "events": [event_to_json(event) for event in walk.events],
            "snapshot": state_to_json(walk.state),
        }
        path.write_text(json.dumps(frozen, ensure_ascii=False, indent=1) + "\n", "utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    given = [
        (Path(name).read_text("utf-8"), load_plan(Path(name).read_text("utf-8")).plan)
        for name in sys.argv[1:]
    ]
    for made in write_missing([(text, plan) for text, plan in given if plan is not None] or shipped()):
        sys.stdout.write(f"{made.name}\n")
