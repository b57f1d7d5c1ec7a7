"""What a person may ask of a case. Each command carries a `command_id`: the same command twice happens once.

A receiver (`to`, `signer`) is a whole `Actor`, looked up by the desk, so that the engine can refuse to hand work to
somebody who may not do it; the event keeps only the id. `step` is a step id, or `CASE` where the case itself may be meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from xiaoshi.core.casework.model import (
    CASE,
    Actor,
    Facts,
    FactValue,
    Json,
    Level,
    OtherOutcome,
    Plan,
    SignerPlace,
    Vote,
    WaitingFor,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """The part that all commands have."""

    command_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase(Command):
    """Open a case of the plan. `unit_path`: the outlet that it belongs to; `owner`: default the opener."""

    case_number: str
    unit_path: str
    facts: Facts = field(default_factory=dict)
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFacts(Command):
    """Set or correct facts; the value None forgets one ("not known")."""

    facts: Mapping[str, FactValue | None]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoStep(Command):
    """Do a step, with its result and the facts that it brought to light."""

    step: str
    result: Mapping[str, Json] = field(default_factory=dict)
    facts: Mapping[str, FactValue | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmStep(Command):
    """Second pair of eyes 复核: agreed."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectStep(Command):
    """Second pair of eyes: not agreed; the step is open again and the reason stays on record."""

    step: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SkipStep(Command):
    """Leave a step out, with authority and reason."""

    step: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddStep(Command):
    """Add a step that the plan does not have. The engine names it `added_1`, `added_2`, ..."""

    title: str
    roles: tuple[str, ...]
    blocks_close: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CallUp(Command):
    """Call up an optional step."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOff(Command):
    """An optional step that was called up and is not done is not wanted after all."""

    step: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPaper(Command):
    """A paper is on the case. `reference`: the document's id."""

    paper: str
    reference: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCheck(Command):
    """A check was made. A failed one is kept and does not meet the need."""

    check: str
    passed: bool
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDecision(Command):
    """A decision was made, by a person."""

    decision: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiveNeed(Command):
    """Do without a need, with reason. `need` is its key, `paper:fire_report`."""

    need: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Command):
    """签收: I do this step."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Command):
    """Give a claimed or handed step back to all who may do it; a delegator calls it back."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver(Command):
    """转办: the case, or one step, goes to somebody else for good."""

    to: Actor
    reason: str
    step: str = CASE


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCase(Command):
    """移交: the whole case goes to another unit of the bank, to a person there; this unit has no part in it any more."""

    to_unit: str
    to: Actor
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegate(Command):
    """委派: somebody else does it and reports; then it comes back to the delegator, who accepts or returns it.

    `until` (aware): who has not reported by then loses the step to the delegator again.
    """

    step: str
    to: Actor
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LapseDelegation(Command):
    """The house says that a delegate's time has run out: the step is the delegator's again. No person does this."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptReport(Command):
    """The delegator accepts what the delegate reported."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnReport(Command):
    """The delegator gives the report back to the delegate, with reason."""

    step: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllSign(Command):
    """会签: the step is finished only when all have signed; one refusal returns it."""

    step: str
    signers: tuple[Actor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnySign(Command):
    """或签: one of them signs for all; one refusal returns the step."""

    step: str
    signers: tuple[Actor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskToVote(Command):
    """票签: the step passes with a share of the votes. `pass_at_percent`: where the plan has no rule for this step; else 0."""

    step: str
    voters: tuple[Actor, ...]
    pass_at_percent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CastVote(Command):
    """Vote for or against, with a reason; the same person may vote otherwise until the step is decided."""

    step: str
    vote: Vote
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSigner(Command):
    """加签: one more signer, before or after the one who asks (the owner asks: before or after all who have not signed)."""

    step: str
    signer: Actor
    place: SignerPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveSigner(Command):
    """减签: a signer who has not signed is taken off, with reason."""

    step: str
    signer: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign(Command):
    """Sign."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseToSign(Command):
    """Refuse to sign; the step is open again."""

    step: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy(Command):
    """抄送: let somebody know."""

    to: str
    step: str = CASE


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRead(Command):
    """已阅: whoever was copied says that he or she has read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind(Command):
    """催办: ask somebody to hurry, each person about each step at most once per reminder gap of the plan."""

    to: str
    step: str = CASE


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack(Command):
    """撤回: I take my own last act back, while nobody has acted on it."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendBack(Command):
    """驳回 to any finished step: it and all that leans on it are open again."""

    step: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend(Command):
    """挂起: the case rests, at the latest until `until` (aware)."""

    reason: str
    until: datetime
    waiting_for: WaitingFor


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(Command):
    """恢复: the case goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(Command):
    """作废: the case ends without its outcome."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen(Command):
    """重开: a closed or cancelled case is open again."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCase(Command):
    """Close 办结."""

    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Command):
    """Consult upwards 请示: one question, one answer; the case stays. `field`: what it is about (deposits, notes, law ...)."""

    text: str
    to_level: Level
    field: str
    step: str = CASE


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Command):
    """批复: the answer, with its source (which rule) and the authority it is given with."""

    question: str
    text: str
    source: str
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandUpQuestion(Command):
    """转请上级: whoever was asked may not decide it and hands the same question to a level above."""

    question: str
    to_level: Level
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawQuestion(Command):
    """The question is no longer needed."""

    question: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveToPlan(Command):
    """Go on by a newer version of the plan. `plan`: that version, looked up by the desk; the event keeps only its number.

    `renamed`: for finished steps that the new plan does not have: the step that takes their place, or "" to give the
    work up on purpose. What the plan itself says (`renamed_from`) need not be said again.
    """

    plan: Plan
    reason: str
    renamed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveBack(Command):
    """Undo the newest move, as long as nothing was done since that the version before does not know. `plan`: that one."""

    plan: Plan
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForCase(Command):
    """This case (or one step of it) waits until another case is closed. The desk has looked that there is no circle."""

    other: str
    reason: str
    step: str = CASE


@dataclass(frozen=True, slots=True, kw_only=True)
class StopWaiting(Command):
    """Wait for the other case no longer, with reason."""

    other: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteOtherCase(Command):
    """The house says how another case ended (`outcome` empty: it was reopened). No person does this."""

    other: str
    outcome: OtherOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForPaper(Command):
    """One more paper than the plan asks for, in a person's words. `blocks_close`: the case is not closed without it."""

    title: str
    reason: str
    blocks_close: bool = True
    step: str = CASE


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawAsked(Command):
    """A paper that was asked for by hand is not wanted after all. `need`: its key, `paper:asked_1`."""

    need: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOff(Command):
    """The paper recorded for a need was the wrong one, or its waiver is undone: the need is open again."""

    need: str
    reason: str
