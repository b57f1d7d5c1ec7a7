"""What happened to a case. The events are the case: `fold(events)` gives its state without looking at the plan.

So each event says all that the state needs (`next_phase` of the step, which steps were reopened), and nothing more: ids,
what changed, the reason; never a copy of what was there before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from xiaoshi.core.casework.model import (
    Facts,
    FactValue,
    Json,
    Level,
    OtherOutcome,
    Signer,
    StepPhase,
    Vote,
    WaitingFor,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The part that all events have. `seq` counts from 1 in each case; `at` is aware; `command_id` caused it.

    `on_behalf_of`: the absent person for whom `actor` stood in.
    """

    seq: int
    at: datetime
    actor: str
    command_id: str
    on_behalf_of: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Who acted and, if any, for whom."""
        return (self.actor, self.on_behalf_of) if self.on_behalf_of else (self.actor,)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened(Event):
    kind: str
    plan_version: int
    case_number: str
    unit_path: str
    owner: str
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsSet(Event):
    """Only the facts that changed; None: no longer known."""

    facts: Mapping[str, FactValue | None]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone(Event):
    """Done by `actor`. `next_phase`: where the step goes from here; `round`: 2 and up when it is done again."""

    step: str
    round: int
    result: Mapping[str, Json]
    next_phase: StepPhase


@dataclass(frozen=True, slots=True, kw_only=True)
class StepConfirmed(Event):
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRejected(Event):
    step: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSkipped(Event):
    step: str
    reason: str
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAdded(Event):
    step: str
    title: str
    roles: tuple[str, ...]
    blocks_close: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCalledUp(Event):
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCalledOff(Event):
    step: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedRecorded(Event):
    """`need`: `paper:x`, `check:x`, `decision:x`. `value`: reference, `passed`/`failed`, or the decision."""

    need: str
    value: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedWaived(Event):
    need: str
    reason: str
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedAsked(Event):
    """`need`: `paper:asked_1`, `paper:asked_2`, ...; `title`: in the words of whoever asked."""

    need: str
    title: str
    reason: str
    blocks_close: bool
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedNeedWithdrawn(Event):
    need: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedTakenOff(Event):
    need: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepClaimed(Event):
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReleased(Event):
    """`to`: the delegator, when a delegate gives the step back; empty: everybody who may do it.

    `lapsed`: the delegate's time had run out when `actor` acted.
    """

    step: str
    to: str
    lapsed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHandedOver(Event):
    to: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMoved(Event):
    """`released`: open steps that somebody of the old unit had; they are free again."""

    unit_path: str
    to: str
    reason: str
    released: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepHandedOver(Event):
    step: str
    to: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDelegated(Event):
    step: str
    to: str
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAccepted(Event):
    step: str
    next_phase: StepPhase


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportReturned(Event):
    step: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningAsked(Event):
    """会签 of all, or 或签 of any one."""

    step: str
    signers: tuple[str, ...]
    any_one: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignersChanged(Event):
    """加签, 减签: the whole order of signing after the change (it is short), and who came or went."""

    step: str
    added: str
    removed: str
    reason: str
    signers: tuple[Signer, ...]
    next_phase: StepPhase


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSigned(Event):
    step: str
    next_phase: StepPhase


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRefused(Event):
    step: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VotesAsked(Event):
    """票签: who votes with which weight, and the rule as it holds for this case from now on."""

    step: str
    voters: tuple[Signer, ...]
    pass_at_percent: int
    voters_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteCast(Event):
    """A vote, the first or a changed one. `next_phase`: `signing` while undecided, `open` when it can pass no more."""

    step: str
    voter: str
    vote: Vote
    reason: str
    next_phase: StepPhase


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied(Event):
    step: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedRead(Event):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded(Event):
    """`limit`: under which name the gap to the next reminder is kept (empty: the step's)."""

    step: str
    to: str
    limit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack(Event):
    """The act of event number `act_seq` no longer holds."""

    act_seq: int
    act: str
    step: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBack(Event):
    """`reopened`: the step and all that leaned on it; `voided`: checks and decisions to be made again."""

    step: str
    reason: str
    reopened: tuple[str, ...]
    voided: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSuspended(Event):
    reason: str
    until: datetime
    waiting_for: WaitingFor


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResumed(Event):
    """`lapsed`: nobody resumed it, its date had passed when `actor` acted."""

    lapsed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCancelled(Event):
    """`reopen_until`: how long the case may be reopened."""

    reason: str
    authority: str
    reopen_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReopened(Event):
    reason: str
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(Event):
    """`reopen_until`: how long the case may be reopened."""

    outcome: str
    reopen_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked(Event):
    question: str
    text: str
    to_level: Level
    field: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswered(Event):
    question: str
    text: str
    source: str
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionHandedUp(Event):
    question: str
    to_level: Level
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionWithdrawn(Event):
    question: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMoved(Event):
    """The case goes on by another version of its plan. `renamed`: step ids that change (id before -> id after).

    `back`: the newest move is undone; what it had replaced holds again.
    """

    from_version: int
    to_version: int
    renamed: Mapping[str, str]
    reason: str
    authority: str
    back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneReached(Event):
    milestone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneLost(Event):
    """What the milestone said does not hold any more: work was sent back, or taken back."""

    milestone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCaseAwaited(Event):
    other: str
    step: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCaseLet(Event):
    """The case waits for the other one no longer: a person decided so."""

    other: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCaseEnded(Event):
    """How the other case ended; empty: it was reopened, and is waited for again."""

    other: str
    outcome: OtherOutcome


@dataclass(frozen=True, slots=True)
class Accepted:
    """What happens, in order. Empty: the command had been carried out before, nothing changes."""

    events: tuple[Event, ...]
