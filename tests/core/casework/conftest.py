"""A small notation for cases, so that a test reads like the day at the branch.

    teller:li opens special_damage=false        role, colon, name, verb; facts as name=value
    teller:li does intake
    teller:li confirms determine
    -> refused maker_is_checker                 what the line above led to: a refusal's code ...
    -> StepDone MilestoneReached                ... or exactly these events
    + 3 h                                       time goes on
    = determine to_confirm                      where a step, or `case`, or `owner` stands

`teller:wang@w2` works at another outlet. Every line is decided on the state folded so far; a refused line must leave the
state as it was. At the end every prefix of the events must fold to the state that was there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from xiaoshi.core.casework import (
    ROLES,
    Accepted,
    Actor,
    Event,
    Plan,
    Refused,
    State,
    decide,
    event_from_json,
    event_to_json,
    fold,
    load_plan,
    state_from_json,
    state_to_json,
)
from xiaoshi.core.casework import commands as c

UNITS = {"province": "zj", "city": "zj/hz", "sub_branch": "zj/hz/xh", "outlet": "zj/hz/xh/w1"}
OUTLET = UNITS["outlet"]
PERSON = re.compile(r"(\w+):(\w+)(?:@(\w+))?\Z")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

Make = Callable[[dict[str, str], str, "Play"], c.Command]


def person(text: str) -> Actor:
    """`teller:li`, `teller:wang@w2`."""
    found = PERSON.match(text)
    assert found, f"not a person: {text}"
    role, name, unit = found.groups()
    level = ROLES[role].levels[0]
    path = UNITS[level] if unit is None else f"{UNITS['sub_branch']}/{unit}"
    return Actor(name, frozenset((role,)), level, path)


def facts_of(text: str) -> dict[str, object]:
    """`a=true b=12 c=cash d=?`: `?` is "not known"."""
    plain = {"true": True, "false": False, "?": None}
    found: dict[str, object] = {}
    for pair in text.split():
        name, value = pair.split("=")
        found[name] = plain[value] if value in plain else int(value) if value.lstrip("-").isdigit() else value
    return found


def case_or(step: str) -> str:
    return "" if step == "case" else step


VERBS: list[tuple[str, Make]] = [
    (r"opens(?: (?P<facts>.+))?", lambda m, i, p: c.OpenCase(command_id=i, case_number="A1", unit_path=OUTLET, facts=facts_of(m["facts"] or ""))),
    (r"sets (?P<facts>.+)", lambda m, i, p: c.SetFacts(command_id=i, facts=facts_of(m["facts"]))),
    (r"does (?P<step>\w+)(?: (?P<facts>.+))?", lambda m, i, p: c.DoStep(command_id=i, step=m["step"], facts=facts_of(m["facts"] or ""))),
    (r"confirms (?P<step>\w+)", lambda m, i, p: c.ConfirmStep(command_id=i, step=m["step"])),
    (r"rejects (?P<step>\w+):(?P<why>.*)", lambda m, i, p: c.RejectStep(command_id=i, step=m["step"], reason=m["why"])),
    (r"skips (?P<step>\w+):(?P<why>.*)", lambda m, i, p: c.SkipStep(command_id=i, step=m["step"], reason=m["why"])),
    (r"calls up (?P<step>\w+)", lambda m, i, p: c.CallUp(command_id=i, step=m["step"])),
    (r"calls off (?P<step>\w+):(?P<why>.*)", lambda m, i, p: c.CallOff(command_id=i, step=m["step"], reason=m["why"])),
    (r"adds signer (?P<who>\S+) (?P<place>before|after) on (?P<step>\w+)", lambda m, i, p: c.AddSigner(command_id=i, step=m["step"], signer=person(m["who"]), place=m["place"])),
    (r"adds (?P<free>optional )?step '(?P<title>.*)' for (?P<roles>\S+)", lambda m, i, p: c.AddStep(command_id=i, title=m["title"], roles=tuple(m["roles"].split(",")), blocks_close=not m["free"])),
    (r"records paper:(?P<name>\w+) (?P<ref>\S+)", lambda m, i, p: c.RecordPaper(command_id=i, paper=m["name"], reference=m["ref"])),
    (r"records check:(?P<name>\w+) (?P<how>passed|failed)", lambda m, i, p: c.RecordCheck(command_id=i, check=m["name"], passed=m["how"] == "passed", note="as seen")),
    (r"records decision:(?P<name>\w+) (?P<value>\S+)", lambda m, i, p: c.RecordDecision(command_id=i, decision=m["name"], value=m["value"])),
    (r"waives (?P<need>\S+?):(?P<why>(?: .*)?)", lambda m, i, p: c.WaiveNeed(command_id=i, need=m["need"], reason=m["why"])),
    (r"asks for paper '(?P<title>.*)'(?P<free> optional)?:(?P<why>.*)", lambda m, i, p: c.AskForPaper(command_id=i, title=m["title"], reason=m["why"], blocks_close=not m["free"])),
    (r"wants no longer (?P<need>\S+?):(?P<why>(?: .*)?)", lambda m, i, p: c.WithdrawAsked(command_id=i, need=m["need"], reason=m["why"])),
    (r"takes off (?P<need>\S+?):(?P<why>(?: .*)?)", lambda m, i, p: c.TakeOff(command_id=i, need=m["need"], reason=m["why"])),
    (r"claims (?P<step>\w+)", lambda m, i, p: c.Claim(command_id=i, step=m["step"])),
    (r"releases (?P<step>\w+)", lambda m, i, p: c.Release(command_id=i, step=m["step"])),
    (r"hands (?P<step>\w+) to (?P<to>\S+?):(?P<why>(?: .*)?)", lambda m, i, p: c.HandOver(command_id=i, step=case_or(m["step"]), to=person(m["to"]), reason=m["why"])),
    (r"moves the case to (?P<unit>\S+) and (?P<to>\S+?):(?P<why>(?: .*)?)", lambda m, i, p: c.MoveCase(command_id=i, to_unit=f"{UNITS['sub_branch']}/{m['unit']}", to=person(m["to"]), reason=m["why"])),
    (r"delegates (?P<step>\w+) to (?P<to>\S+?):(?P<why>(?: .*)?)", lambda m, i, p: c.Delegate(command_id=i, step=m["step"], to=person(m["to"]), reason=m["why"])),
    (r"accepts (?P<step>\w+)", lambda m, i, p: c.AcceptReport(command_id=i, step=m["step"])),
    (r"returns (?P<step>\w+):(?P<why>.*)", lambda m, i, p: c.ReturnReport(command_id=i, step=m["step"], reason=m["why"])),
    (r"wants (?P<who>\S+) to sign (?P<step>\w+)", lambda m, i, p: c.AllSign(command_id=i, step=m["step"], signers=tuple(map(person, m["who"].split(","))))),
    (r"wants (?P<who>\S+) to vote on (?P<step>\w+)(?: at (?P<share>-?\d+) %)?", lambda m, i, p: c.AskToVote(command_id=i, step=m["step"], voters=tuple(map(person, m["who"].split(","))), pass_at_percent=int(m["share"] or 0))),
    (r"votes (?P<vote>\w+) (?P<step>\w+):(?P<why>.*)", lambda m, i, p: c.CastVote(command_id=i, step=m["step"], vote=m["vote"], reason=m["why"])),
    (r"removes signer (?P<who>\w+) on (?P<step>\w+):(?P<why>.*)", lambda m, i, p: c.RemoveSigner(command_id=i, step=m["step"], signer=m["who"], reason=m["why"])),
    (r"signs (?P<step>\w+)", lambda m, i, p: c.Sign(command_id=i, step=m["step"])),
    (r"refuses to sign (?P<step>\w+):(?P<why>.*)", lambda m, i, p: c.RefuseToSign(command_id=i, step=m["step"], reason=m["why"])),
    (r"copies to (?P<to>\w+)", lambda m, i, p: c.Copy(command_id=i, to=m["to"])),
    (r"reminds (?P<to>\w+) of (?P<step>\w+)", lambda m, i, p: c.Remind(command_id=i, to=m["to"], step=case_or(m["step"]))),
    (r"takes back", lambda m, i, p: c.TakeBack(command_id=i)),
    (r"sends back (?P<step>\w+):(?P<why>.*)", lambda m, i, p: c.SendBack(command_id=i, step=m["step"], reason=m["why"])),
    (r"suspends for (?P<hours>-?\d+) h:(?P<why>.*)", lambda m, i, p: c.Suspend(command_id=i, reason=m["why"], until=p.now + timedelta(hours=int(m["hours"])), waiting_for="client")),
    (r"resumes", lambda m, i, p: c.Resume(command_id=i)),
    (r"cancels:(?P<why>.*)", lambda m, i, p: c.Cancel(command_id=i, reason=m["why"])),
    (r"reopens:(?P<why>.*)", lambda m, i, p: c.Reopen(command_id=i, reason=m["why"])),
    (r"closes", lambda m, i, p: c.CloseCase(command_id=i)),
    (r"asks (?P<level>\w+)(?: for (?P<step>\w+))?:(?P<text>.*)", lambda m, i, p: c.Ask(command_id=i, text=m["text"], to_level=m["level"], field="notes", step=m["step"] or "")),
    (r"answers (?P<q>\w+) by '(?P<source>.*)':(?P<text>.*)", lambda m, i, p: c.Answer(command_id=i, question=m["q"], text=m["text"], source=m["source"], authority="")),
    (r"withdraws (?P<q>\w+):(?P<why>.*)", lambda m, i, p: c.WithdrawQuestion(command_id=i, question=m["q"], reason=m["why"])),
]  # fmt: skip


def command_of(text: str, command_id: str, play: Play) -> c.Command:
    for pattern, make in VERBS:
        found = re.fullmatch(pattern, text)
        if found:
            return make(found.groupdict(), command_id, play)
    raise AssertionError(f"no such verb: {text}")


@dataclass
class Play:
    """A case as it is played: state, all events, the last answer."""

    plan: Plan
    now: datetime = START
    state: State = field(default_factory=State)
    events: list[Event] = field(default_factory=list)
    answer: Accepted | Refused | None = None
    commands: int = 0

    def __call__(self, text: str) -> Play:
        lines = [line.split("  #")[0].strip() for line in text.strip().splitlines()]
        for i, line in enumerate(lines):
            if not line or line.startswith("->"):
                continue
            expected = lines[i + 1] if i + 1 < len(lines) and lines[i + 1].startswith("->") else ""
            self._line(line, expected)
        self.check_history()
        return self

    def _line(self, line: str, expected: str) -> None:
        if line.startswith("+"):
            self.now += timedelta(hours=float(line[1:].split()[0]))
        elif line.startswith("="):
            what, *values = line[1:].split()
            assert self.standing(what) == " ".join(values), line
        else:
            who, _, verb = line.partition(" ")
            self._act(person(who), verb, line, expected)

    def standing(self, what: str) -> str:
        if what in ("case", "owner"):
            return str(self.state.phase if what == "case" else self.state.owner)
        step = self.state.steps.get(what)
        return step.phase if step else "open"

    def _act(self, actor: Actor, verb: str, line: str, expected: str) -> None:
        self.commands += 1
        command = command_of(verb, f"c{self.commands}", self)
        before = json.dumps(state_to_json(self.state))
        self.answer = decide(self.plan, self.state, command, actor, self.now)
        assert json.dumps(state_to_json(self.state)) == before, "deciding changed the state"
        if isinstance(self.answer, Refused):
            problem = self.answer.problem
            assert expected == f"-> refused {problem.code}", f"{line}: refused {problem}"
            assert problem.words.zh
            assert problem.words.en
            return
        assert not expected.startswith("-> refused"), f"{line}: was accepted, wanted {expected}"
        names = " ".join(type(event).__name__ for event in self.answer.events)
        assert not expected or expected == f"-> {names}", f"{line}: {names}"
        self.state = fold(self.answer.events, self.state)
        self.events += self.answer.events
        assert decide(self.plan, self.state, command, actor, self.now) == Accepted(()), "twice is once"

    def check_history(self) -> None:
        state = State()
        for event in self.events:
            assert event_from_json(json.loads(json.dumps(event_to_json(event)))) == event
            state = fold([event], state)
            assert state_from_json(json.loads(json.dumps(state_to_json(state)))) == state
        assert state == self.state == fold(self.events)


BURNT = Path(__file__).with_name("burnt_notes_plan.toml").read_text(encoding="utf-8")


def loaded(text: str) -> Plan:
    load = load_plan(text)
    assert load.plan is not None, load.problems
    return load.plan


@pytest.fixture(scope="session")
def burnt_plan() -> Plan:
    return loaded(BURNT)


@pytest.fixture
def play(burnt_plan: Plan) -> Play:
    """A case of the burnt-note plan, not yet opened."""
    return Play(burnt_plan)


@pytest.fixture
def play_of() -> Callable[[str], Play]:
    """A case of any plan text."""
    return lambda text: Play(loaded(text))
