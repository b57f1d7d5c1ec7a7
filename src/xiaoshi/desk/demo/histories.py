"""Case histories made by the case engine itself, to be written many times over with other names and days.

Problem. A province of 200,000 cases is wanted in minutes, and each must be a true case: its events fold to its snapshot,
its chain verifies. The engine decides about 1,500 acts a second with saving, which is a quarter of an hour for a million.

Choice. A few hundred histories for each kind are walked once through `decide` and `fold`, with marks in place of number,
unit and people (`§num§`, `§t1§`) and days counted from 2000-01-03. Writing one more case is then one pass over text:
marks and days are replaced in events and snapshot alike, so what folded before still folds after.

Left out: documents, trays and bookings of a kind. These cases are for lists, search, clocks and figures.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.as_json import event_to_json, state_to_json
from xiaoshi.core.casework.commands import Actor, Command
from xiaoshi.core.casework.decide import decide
from xiaoshi.core.casework.events import Accepted
from xiaoshi.core.casework.fold import fold
from xiaoshi.core.casework.model import FactSpec, FactValue, Plan, State, Step
from xiaoshi.core.casework.views import ACT_WORDS, NextStep, next_steps, progress

BEGIN = datetime(2000, 1, 3, 1, 10, tzinfo=UTC)
UNIT = "§p§/§c§/§s§/§o§"
TEXTS = (
    "铁盒里的旧币",
    "被水浸过的一叠纸币",
    "客户说下周要用钱",
    "家人代办，已带证件",
    "听力不好，请写在纸上",
    "希望上午来办",
)
ENDS = ("closed", "closed", "closed", "closed", "closed", "closed", "closed", "open", "rests", "cancelled")


def _actors() -> tuple[Actor, ...]:
    outlet = (("l1", "lobby_manager"), *((f"t{n}", "teller") for n in range(1, 5)), ("v1", "supervisor"))
    rows = [Actor(f"§{login}§", frozenset({role}), "outlet", UNIT) for login, role in outlet]
    rows.append(Actor("§h1§", frozenset({"outlet_head"}), "outlet", UNIT))
    rows.append(Actor("§x1§", frozenset({"city_specialist"}), "city", "§p§/§c§"))
    rows.append(Actor("§y1§", frozenset({"province_specialist"}), "province", "§p§"))
    rows.append(Actor("§k1§", frozenset({"contact_centre"}), "province", "§p§"))
    return tuple(rows)


ACTORS = _actors()


@dataclass(frozen=True, slots=True)
class ToldAct:
    """One entry of a timeline, with marks. `body` is JSON text with sorted keys, as the chain hashes it."""

    act: str
    actor: str
    at: datetime
    visible: bool
    body: str


@dataclass(frozen=True, slots=True)
class History:
    """One case with marks: its entries, and what its row says at the end."""

    kind: str
    plan_version: int
    entries: tuple[ToldAct, ...]
    snapshot: str
    owner: str
    status: str
    step: str
    step_since: datetime
    waiting_for: str
    ended_at: datetime | None


class Walk:
    """A random way through a plan, by people who may go it. Same plan and seed, same history."""

    def __init__(self, plan: Plan, seed: str) -> None:
        self.plan, self.random = plan, random.Random(seed)  # noqa: S311
        self.state, self.now = State(), BEGIN + timedelta(minutes=self.random.randrange(420))
        self.told: list[ToldAct] = []
        self.count = 0
        self.since = self.now

    def act(self, name: str, actor: Actor, command: Command, step: Step | None = None) -> bool:
        """Put one command; False when the engine refuses it (then nothing is told)."""
        self.count += 1
        verdict = decide(
            self.plan, self.state, replace(command, command_id=f"s/{self.count}"), actor, self.now
        )
        if not isinstance(verdict, Accepted):
            return False
        before = self._next_step()
        self.state = fold(verdict.events, self.state)
        words = ACT_WORDS[type(command).__name__]
        zh, en = (
            (f"{words.zh}“{step.title.zh}”", f"{words.en} “{step.title.en}”")
            if step
            else (words.zh, words.en)
        )
        body: dict[str, Any] = {
            "events": [event_to_json(e) for e in verdict.events],
            "words": {"zh": zh, "en": en},
        }
        if isinstance(command, c.OpenCase):
            body |= {"number": "§num§", "client_hash": "§hash§"}
        visible = isinstance(command, (c.OpenCase, c.CloseCase)) or bool(step and step.client_words)
        text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        self.told.append(ToldAct(name, actor.id, self.now, visible, text))
        if self._next_step() != before:
            self.since = self.now
        return True

    def later(self) -> None:
        """Some minutes, now and then some days; never at night."""
        self.now += timedelta(minutes=self.random.choice((4, 9, 25, 40, 90)))
        if self.random.random() < 0.18 or self.now.hour > 9:
            days = self.random.choice((1, 1, 1, 2, 3, 6))
            self.now = self.now.replace(hour=1, minute=self.random.randrange(60)) + timedelta(days=days)

    def _next_step(self) -> str:
        ready = next_steps(self.plan, self.state)
        return ready[0].step if ready else ""

    def open(self) -> bool:
        facts = {
            name: self.fact(spec) for name, spec in self.plan.facts.items() if self.random.random() < 0.9
        }
        openers = [a for a in ACTORS if a.roles & set(self.plan.opens) and a.level == "outlet"]
        actor = self.random.choice(openers)
        return self.act(
            "case.open", actor, c.OpenCase(command_id="", case_number="§num§", unit_path=UNIT, facts=facts)
        )

    def fact(self, spec: FactSpec) -> FactValue:
        match spec.type:
            case "bool":
                return self.random.random() < 0.4
            case "int":
                return self.random.randrange(1, 60)
            case "amount_fen":
                return self.random.choice((0, 1)) * self.random.randrange(100, 9_000_000)
            case "date":
                return "1998-05-12"
            case "choice":
                return self.random.choice(spec.choices)
            case "list":
                return ()
            case _:
                return self.random.choice(TEXTS)

    def one_step(self) -> bool:
        """Do what is next, or record what the next step lacks. False when nobody can do anything."""
        for option in next_steps(self.plan, self.state):
            if option.act != "close" and any(self._do(option, actor) for actor in self._shuffled()):
                return True
        return self._record_need()

    def _shuffled(self) -> list[Actor]:
        return self.random.sample(ACTORS, len(ACTORS))

    def _do(self, option: NextStep, actor: Actor) -> bool:
        step = self.plan.steps[option.step]
        match option.act:
            case "do":
                result = {"note": self.random.choice(TEXTS)}
                return self.act(
                    "case.do_step", actor, c.DoStep(command_id="", step=step.id, result=result), step
                )
            case "confirm":
                return self.act("case.confirm_step", actor, c.ConfirmStep(command_id="", step=step.id), step)
            case _:
                return False

    def _record_need(self) -> bool:
        for stage in progress(self.plan, self.state):
            for step in stage.steps:
                for reason in step.reasons:
                    if reason.code == "missing_need" and any(
                        self._record(reason.about, actor) for actor in self._shuffled()
                    ):
                        return True
        return False

    def _record(self, need: str, actor: Actor) -> bool:
        kind, _, name = need.partition(":")
        match kind:
            case "paper":
                return self.act(
                    "papers.attach", actor, c.RecordPaper(command_id="", paper=name, reference="sim")
                )
            case "check":
                return self.act("case.check", actor, c.RecordCheck(command_id="", check=name, passed=True))
            case "decision":
                return self.act(
                    "case.decide", actor, c.RecordDecision(command_id="", decision=name, value="yes")
                )
            case _:
                return False

    def detour(self) -> None:
        """Sometimes a rest, a question with its answer, or a step sent back."""
        chance = self.random.random()
        if chance < 0.05:
            until = self.now + timedelta(days=5)
            rest = c.Suspend(command_id="", reason="等客户补材料", until=until, waiting_for="client")
            if any(self.act("case.suspend", a, rest) for a in self._shuffled()):
                self.now += timedelta(days=self.random.choice((1, 2, 4)))
                any(self.act("case.resume", a, c.Resume(command_id="")) for a in self._shuffled())
        elif chance < 0.08:
            done = [s for s, own in self.state.steps.items() if own.phase == "done" and s in self.plan.steps]
            if done:
                step = self.plan.steps[self.random.choice(done)]
                back = c.SendBack(command_id="", step=step.id, reason="材料不清，请重办")
                any(self.act("case.send_back", a, back, step) for a in self._shuffled())

    def finish(self, end: str) -> None:
        match end:
            case "closed":
                close = c.CloseCase(command_id="", outcome="")
                any(self.act("case.close", a, close) for a in self._shuffled())
            case "cancelled":
                any(
                    self.act("case.cancel", a, c.Cancel(command_id="", reason="客户改到别处办理"))
                    for a in self._shuffled()
                )
            case "rests":
                until = self.now + timedelta(days=20)
                rest = c.Suspend(command_id="", reason="等客户补材料", until=until, waiting_for="client")
                any(self.act("case.suspend", a, rest) for a in self._shuffled())

    def as_history(self) -> History:
        phase = self.state.phase
        return History(
            kind=self.plan.kind,
            plan_version=self.plan.version,
            entries=tuple(self.told),
            snapshot=json.dumps(state_to_json(self.state), ensure_ascii=False, separators=(",", ":")),
            owner=self.state.owner,
            status=phase,
            step=self._next_step(),
            step_since=self.since,
            waiting_for=self.state.suspension.waiting_for if self.state.suspension else "",
            ended_at=self.now if phase in {"closed", "cancelled"} else None,
        )


def history(plan: Plan, seed: str) -> History:
    """One history of this plan. Those that are to be closed go as far as the plan lets anybody go."""
    walk = Walk(plan, seed)
    if not walk.open():
        raise ValueError(f"{plan.kind}: nobody of a simulated outlet may open this kind")
    end = walk.random.choice(ENDS)
    acts = 60 if end == "closed" else walk.random.randrange(0, len(plan.steps) + 1)
    for _ in range(acts):
        walk.later()
        walk.detour()
        if not walk.one_step():
            break
    walk.later()
    walk.finish(end)
    return walk.as_history()
