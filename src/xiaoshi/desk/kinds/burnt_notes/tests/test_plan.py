"""The whole procedure of a burnt-note case against the case engine, in lines:

    who step [facts or reason] -> ok | the refusal's code
    = step phase                            where a step stands

`who` is a person of the outlet (below); `pay` records its check first, as the money acts do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from xiaoshi.core.casework import Accepted, Actor, Plan, State, decide, fold, load_plan
from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.standing import Standing

PLAN_FILE = Path(__file__).parents[1] / "plan.toml"
HERE, THERE = "jn/lz/cd/hf", "jn/lz/cd/yy"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
PEOPLE = {
    "he": ("lobby_manager", HERE),
    "li": ("teller", HERE),
    "qian": ("supervisor", HERE),
    "guo": ("outlet_head", HERE),
    "yi": ("teller supervisor", HERE),
    "shen": ("auditor", "jn"),
    "wu": ("teller", THERE),
    "zhou": ("outlet_head", THERE),
}
VALUES: dict[str, Any] = {"true": True, "false": False}


def person(name: str) -> Actor:
    roles, path = PEOPLE[name]
    return Actor(name, frozenset(roles.split()), "outlet" if path != "jn" else "province", path)


def facts_of(words: list[str]) -> dict[str, Any]:
    pairs = [word.split("=") for word in words]
    return {k: VALUES[v] if v in VALUES else int(v) if v.isdigit() else v for k, v in pairs}


@dataclass
class Procedure:
    """A case as it goes on: every line is decided on the state that the lines before it left."""

    plan: Plan
    state: State = field(default_factory=State)
    now: datetime = START
    number: int = 0

    def __call__(self, text: str) -> Procedure:
        for line in filter(None, map(str.strip, text.splitlines())):
            if line.startswith("="):
                step, phase = line[1:].split()
                assert self.phase(step) == phase, line
            else:
                given, _, expected = line.partition("->")
                assert self._line(*given.split()) == expected.strip(), line
        return self

    def phase(self, step: str) -> str:
        if step == "case":
            return str(self.state.phase)
        if step in self.state.steps and self.state.steps[step].phase != "open":
            return str(self.state.steps[step].phase)
        if Standing(self.plan, self.state).settled(self.plan.steps[step]):
            return "not_wanted"
        hindrances = Standing(self.plan, self.state).hindrances(self.plan.steps[step])
        return "ready" if not hindrances else "waits"

    def _line(self, who: str, verb: str, *rest: str) -> str:
        words = list(rest)
        if verb == "opens":
            return self._do(
                who, c.OpenCase(command_id="", case_number="A1", unit_path=HERE, facts=facts_of(words))
            )
        if verb == "skips":
            return self._do(who, c.SkipStep(command_id="", step=words[0], reason=" ".join(words[1:])))
        if verb == "back":
            return self._do(who, c.SendBack(command_id="", step=words[0], reason=" ".join(words[1:])))
        if verb == "moves":
            return self._do(
                who, c.MoveCase(command_id="", to_unit=THERE, to=person(words[0]), reason="指定机构")
            )
        if verb == "closes":
            return self._do(who, c.CloseCase(command_id=""))
        if verb in ("machine", "approved"):
            check = {"machine": "machine", "approved": "payment_approved"}[verb]
            if (told := self._do(who, c.RecordCheck(command_id="", check=check, passed=True))) != "ok":
                return told
            verb = {"machine": "machine", "approved": "pay"}[verb]
        return self._do(who, c.DoStep(command_id="", step=verb, facts=facts_of(words)))

    def _do(self, who: str, command: c.Command) -> str:
        self.number += 1
        self.now += timedelta(minutes=7)
        numbered = {**{n: getattr(command, n) for n in _fields(command)}, "command_id": f"c{self.number}"}
        answer = decide(self.plan, self.state, type(command)(**numbered), person(who), self.now)
        if not isinstance(answer, Accepted):
            assert answer.problem.words.zh
            assert answer.problem.words.en
            return str(answer.problem.code)
        self.state = fold(answer.events, self.state)
        return "ok"


def _fields(command: c.Command) -> tuple[str, ...]:
    return tuple(type(command).__dataclass_fields__)


@pytest.fixture
def procedure() -> Procedure:
    loaded = load_plan(PLAN_FILE.read_text("utf-8"))
    assert loaded.plan is not None, loaded.problems
    return Procedure(loaded.plan)


RECEIVED = """
    he opens special_damage=true designated=true payout=cash -> ok
    li denominations                                        -> after
    he intake                                               -> ok
    = to_designated not_wanted
    li photograph                                           -> ok
"""
DETERMINED = (
    RECEIVED
    + """
    qian denominations                                      -> wrong_role
    li denominations                                        -> ok
    li determine                                            -> after
    li editions                                             -> ok
    li determine sum_fen=4684500                            -> ok
"""
)
RECHECKED = (
    DETERMINED
    + """
    li count                                                -> after
    li machine                                              -> ok
    li count                                                -> ok
    li bag                                                  -> ok
    li recheck                                              -> wrong_role
    qian recheck                                            -> ok
"""
)
PAID = (
    RECHECKED
    + """
    li papers holder_agrees=true                            -> ok
    = appraisal not_wanted
    li receipt                                              -> after
    li pay                                                  -> missing_need
    li approved                                             -> ok
    li receipt                                              -> ok
"""
)


def test_from_the_door_to_the_receipt(procedure: Procedure) -> None:
    procedure(
        PAID
        + """
        = feedback ready
        he feedback                                         -> ok
        he closes                                           -> ok
        = case closed
        """
    )
    assert set(procedure.state.milestones) == {"determined", "paid"}


def test_special_damage_where_nobody_is_designated_goes_to_an_outlet_that_is(procedure: Procedure) -> None:
    procedure("""
        he opens special_damage=true designated=false payout=cash -> ok
        he intake                                           -> ok
        = to_designated ready
        li photograph                                       -> after
        guo skips to_designated no time for it              -> cannot_be_skipped
        he to_designated designated=true                    -> ok
        he moves zhou                                       -> ok
        li photograph                                       -> other_unit
        wu photograph                                       -> ok
    """)
    assert procedure.state.owner == "zhou"
    assert procedure.state.unit_path == THERE


def test_ordinary_damage_is_done_where_it_came_in(procedure: Procedure) -> None:
    procedure("""
        he opens special_damage=false designated=false payout=cash -> ok
        he intake                                           -> ok
        = to_designated not_wanted
        li photograph                                       -> ok
    """)


def test_a_holder_who_disagrees_gets_the_slip_before_anything_is_paid(procedure: Procedure) -> None:
    procedure(
        RECHECKED
        + """
        li papers holder_agrees=false                       -> ok
        = appraisal ready
        li approved                                         -> after
        li appraisal                                        -> ok
        li approved                                         -> ok
        li receipt                                          -> ok
        """
    )


def test_where_nothing_is_exchanged_nothing_is_paid(procedure: Procedure) -> None:
    procedure(
        RECHECKED.replace("4684500", "0      ")
        + """
        li papers holder_agrees=false                       -> ok
        li appraisal                                        -> ok
        = pay not_wanted
        li receipt                                          -> ok
        li closes                                           -> step_open
        li feedback                                         -> ok
        li closes                                           -> ok
        """
    )
    assert set(procedure.state.milestones) == {"determined"}


def test_feedback_may_be_left_out_by_the_head_alone_with_a_reason(procedure: Procedure) -> None:
    procedure(
        PAID
        + """
        li skips feedback the holder has left               -> wrong_role
        guo skips feedback                                  -> reason_missing
        guo skips feedback the holder has left              -> ok
        guo closes                                          -> ok
        """
    )


def test_sent_back_to_determine_everything_that_leans_on_it_is_done_again(procedure: Procedure) -> None:
    procedure(
        RECHECKED
        + """
        qian back determine two notes are not genuine       -> ok
        = determine ready
        = machine waits
        = count waits
        = recheck waits
        li papers holder_agrees=true                        -> after
        li determine sum_fen=4664500                        -> ok
        li machine                                          -> ok
        li count                                            -> ok
        li bag                                              -> ok
        qian recheck                                        -> ok
        li papers holder_agrees=true                        -> ok
        """
    )
    assert procedure.state.facts["sum_fen"] == 4664500


def test_what_is_paid_is_not_sent_back(procedure: Procedure) -> None:
    procedure(PAID + "qian back determine too late          -> irreversible")


def test_the_recheck_is_another_persons(procedure: Procedure) -> None:
    """At a small outlet one person may have both roles, and still does not recheck the own count."""
    procedure(DETERMINED + "li machine -> ok\nyi count -> ok\nli bag -> ok")
    procedure("yi recheck -> same_hands\nqian recheck -> ok")


def test_an_auditor_only_reads(procedure: Procedure) -> None:
    procedure(RECEIVED + "shen denominations -> auditor_reads_only")
