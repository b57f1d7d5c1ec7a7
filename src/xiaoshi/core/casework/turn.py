"""One command's turn: what a handler is given, and the small words in which it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias, TypeVar

from xiaoshi.core.casework.authority import allowed, stands_over, who_could
from xiaoshi.core.casework.events import Event
from xiaoshi.core.casework.model import Actor, Plan, Refused, State, Step, StepPhase, StepState
from xiaoshi.core.casework.standing import Hindrance, Standing
from xiaoshi.core.problems import Problem, Words

E = TypeVar("E", bound=Event)
Outcome: TypeAlias = "list[Event] | Refused"


def refused(code: str, zh: str, en: str, where: str = "") -> Refused:
    """A refusal with its words."""
    return Refused(Problem(code, Words(zh, en), where))


def refused_for(hindrances: tuple[Hindrance, ...], where: str) -> Refused:
    """A refusal with the first hindrance's code and the words of all."""
    zh = "；".join(h.words.zh for h in hindrances)
    en = "; ".join(h.words.en for h in hindrances)
    return refused(hindrances[0].code, zh, en, where)


@dataclass(slots=True)
class Turn:
    """Plan, state, actor and time of one command; numbers the events that a handler makes."""

    plan: Plan
    state: State
    actor: Actor
    now: datetime
    command_id: str
    standing: Standing
    next_seq: int = field(default=0)

    def __post_init__(self) -> None:
        self.next_seq = self.state.seq + 1

    def event(self, kind: Callable[..., E], /, **body: object) -> E:
        """An event of this turn with the next number."""
        made = kind(
            seq=self.next_seq,
            at=self.now,
            actor=self.actor.id,
            on_behalf_of=self.actor.on_behalf_of,
            command_id=self.command_id,
            **body,
        )
        self.next_seq += 1
        return made

    def step(self, step_id: str) -> Step | Refused:
        """The step, or the refusal that there is none of this name."""
        step = self.standing.step(step_id)
        if step is None:
            return refused("unknown_step", f"没有环节“{step_id}”", f"There is no step “{step_id}”", step_id)
        return step

    def own(self, step: Step) -> StepState:
        """What happened to the step."""
        return self.standing.of(step.id)

    def may(self, verb: str, about: str = "") -> Refused | None:
        """The refusal of the authority table, or None."""
        if allowed(self.standing, self.actor, verb, about):
            return None
        who = who_could(verb)
        return refused(
            "not_your_act", f"您不能办理此操作；可由{who.zh}办理", f"Not yours to do; {who.en} could", about
        )

    def needs_reason(self, reason: str, where: str = "") -> Refused | None:
        """The refusal of an empty reason, or None."""
        if reason.strip():
            return None
        return refused("reason_missing", "请填写理由", "Give a reason", where)

    def receiver(self, to: Actor, where: str = "") -> Refused | None:
        """The refusal of a receiver who does not stand over the case's unit, or None."""
        if stands_over(to, self.state.unit_path):
            return None
        return refused(
            "receiver_elsewhere",
            "接收人不在本案件所属机构范围内，请换人",
            "This person's unit has nothing to do with the case; choose somebody else",
            where,
        )


def first_refusal(*checks: Refused | None) -> Refused | None:
    """The first that refuses, in the order given."""
    return next((check for check in checks if check is not None), None)


def phase_after(step: Step, own: StepState, *, reported: bool = False, signed: bool = False) -> StepPhase:
    """Where a step goes next once it was done (`reported`: accepted by the delegator; `signed`: all have signed)."""
    if own.delegator and not (reported or signed):
        return "reported"
    if own.signers and not signed:
        return "signing"
    return "to_confirm" if step.four_eyes else "done"
