"""The decider: plan, state, command, actor, time in; events or a refusal out. Nothing else happens.

Order of refusal, so that a person hears the most basic reason first: the command was carried out before (accepted, no
events) - an auditor acts - another unit's case - the case is not in a phase for this - the act's own rules.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from xiaoshi.core.casework import (
    acts_case,
    acts_links,
    acts_needs,
    acts_plan,
    acts_signing,
    acts_steps,
    acts_verbs,
    acts_votes,
)
from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework import events as e
from xiaoshi.core.casework.authority import only_reads, stands_over
from xiaoshi.core.casework.events import Accepted
from xiaoshi.core.casework.fold import fold
from xiaoshi.core.casework.model import CASE, Actor, Plan, Refused, State
from xiaoshi.core.casework.standing import Standing, case_phase_hindrance
from xiaoshi.core.casework.turn import Outcome, Turn, refused, refused_for

HANDLERS: dict[type[c.Command], Callable[[Turn, Any], Outcome]] = {
    c.OpenCase: acts_case.open_case,
    c.SetFacts: acts_steps.set_facts,
    c.DoStep: acts_steps.do_step,
    c.ConfirmStep: acts_steps.confirm_step,
    c.RejectStep: acts_steps.reject_step,
    c.SkipStep: acts_steps.skip_step,
    c.AddStep: acts_steps.add_step,
    c.CallUp: acts_steps.call_up,
    c.CallOff: acts_steps.call_off,
    c.RecordPaper: acts_steps.record_paper,
    c.RecordCheck: acts_steps.record_check,
    c.RecordDecision: acts_steps.record_decision,
    c.WaiveNeed: acts_steps.waive_need,
    c.AskForPaper: acts_needs.ask_for_paper,
    c.WithdrawAsked: acts_needs.withdraw_asked,
    c.TakeOff: acts_needs.take_off,
    c.Claim: acts_steps.claim,
    c.Release: acts_steps.release,
    c.HandOver: acts_verbs.hand_over,
    c.MoveCase: acts_verbs.move_case,
    c.Delegate: acts_verbs.delegate,
    c.LapseDelegation: acts_verbs.lapse_delegation,
    c.AcceptReport: acts_verbs.accept_report,
    c.ReturnReport: acts_verbs.return_report,
    c.AllSign: acts_signing.ask_to_sign,
    c.AnySign: acts_signing.ask_to_sign,
    c.AskToVote: acts_votes.ask_to_vote,
    c.CastVote: acts_votes.cast_vote,
    c.AddSigner: acts_signing.add_signer,
    c.RemoveSigner: acts_signing.remove_signer,
    c.Sign: acts_signing.sign,
    c.RefuseToSign: acts_signing.refuse_to_sign,
    c.Copy: acts_verbs.copy,
    c.MarkRead: acts_verbs.mark_read,
    c.Remind: acts_verbs.remind,
    c.TakeBack: acts_verbs.take_back,
    c.SendBack: acts_verbs.send_back,
    c.Suspend: acts_case.suspend,
    c.Resume: acts_case.resume,
    c.Cancel: acts_case.cancel,
    c.Reopen: acts_case.reopen,
    c.CloseCase: acts_case.close_case,
    c.Ask: acts_case.ask,
    c.Answer: acts_case.answer,
    c.HandUpQuestion: acts_case.hand_up_question,
    c.WithdrawQuestion: acts_case.withdraw_question,
    c.WaitForCase: acts_links.wait_for_case,
    c.StopWaiting: acts_links.stop_waiting,
    c.NoteOtherCase: acts_links.note_other_case,
    c.MoveToPlan: acts_plan.move_to_plan,
    c.MoveBack: acts_plan.move_back,
}

WHILE_SUSPENDED = (
    c.Resume,
    c.Cancel,
    c.SetFacts,
    c.RecordPaper,
    c.RecordCheck,
    c.RecordDecision,
    c.WaiveNeed,
    c.AskForPaper,
    c.WithdrawAsked,
    c.TakeOff,
    c.Copy,
    c.MarkRead,
    c.WaitForCase,
    c.StopWaiting,
    c.NoteOtherCase,
    c.HandOver,
    c.Answer,
    c.HandUpQuestion,
    c.WithdrawQuestion,
    c.MoveToPlan,
    c.MoveBack,
)
"""A resting case still takes in what it waits for: the client's paper, the answer from above."""


def decide(plan: Plan, state: State, command: c.Command, actor: Actor, now: datetime) -> Accepted | Refused:
    """What this command of this person does to this case now.

    `now` is aware. Raises ValueError for a programmer's error: a naive `now`, an empty command id, a plan of another
    kind or version than the case's.
    """
    if now.tzinfo is None or not command.command_id:
        raise ValueError("decide needs an aware time and a command id")
    if state.phase != "new" and (state.kind, state.plan_version) != (plan.kind, plan.version):
        raise ValueError(f"case of {state.kind} v{state.plan_version}, plan of {plan.kind} v{plan.version}")
    if command.command_id in state.command_ids:
        return Accepted(())
    turn = Turn(plan, state, actor, now, command.command_id, Standing(plan, state))
    outcome = judge(turn, command)
    if isinstance(outcome, Refused):
        return outcome
    by = command.plan if isinstance(command, c.MoveToPlan | c.MoveBack) else plan
    return Accepted((*outcome, *_milestones(turn, by, fold(outcome, state))))


def judge(turn: Turn, command: c.Command) -> Outcome:
    """The act's own events, or the refusal. `available` asks this many times of one turn, so it folds nothing."""
    no = _basic_refusal(turn, command)
    if no is not None:
        return no
    state = turn.state
    if state.phase != "suspended" or isinstance(command, WHILE_SUSPENDED):
        lapsed = _delegation_lapsed(turn, command) if state.phase == "open" else None
        return _after_lapse(turn, lapsed, command) if lapsed else HANDLERS[type(command)](turn, command)
    if state.suspension is None or turn.now < state.suspension.until:
        return refused_for((case_phase_hindrance(state),), "")
    return _after_lapse(turn, turn.event(e.CaseResumed, lapsed=True), command)


def _delegation_lapsed(turn: Turn, command: c.Command) -> e.Event | None:
    """A delegate who has not reported in time has lost the step to the delegator: noted by the first act after it."""
    step = getattr(command, "step", CASE)
    own = turn.state.steps.get(step) if step else None
    if own is None or own.phase != "open" or own.delegated_until is None or turn.now < own.delegated_until:
        return None
    return turn.event(e.StepReleased, step=step, to=own.delegator, lapsed=True)


def _after_lapse(turn: Turn, lapsed: e.Event, command: c.Command) -> Outcome:
    """The command as it is judged once a time that has run out is on record."""
    state = fold([lapsed], turn.state)
    later = Turn(turn.plan, state, turn.actor, turn.now, turn.command_id, Standing(turn.plan, state))
    outcome = judge(later, command)
    if isinstance(outcome, Refused):
        return outcome
    turn.next_seq = later.next_seq
    return [lapsed, *outcome]


def _basic_refusal(turn: Turn, command: c.Command) -> Refused | None:
    if only_reads(turn.actor):
        return refused(
            "auditor_reads_only", "审计员只能查看，不能办理", "An auditor reads and does nothing else"
        )
    unit_path = command.unit_path if isinstance(command, c.OpenCase) else turn.state.unit_path
    phase = turn.state.phase
    if isinstance(command, c.MarkRead) and not turn.state.copied.isdisjoint(turn.actor.names):
        return None  # whoever was told, wherever he or she works, may say so
    if isinstance(command, c.OpenCase):
        if phase != "new":
            return refused("opened_already", "案件已受理", "The case is open already")
    elif phase == "new":
        return refused_for((case_phase_hindrance(turn.state),), "")
    if not unit_path or not stands_over(turn.actor, unit_path):
        return refused(
            "other_unit",
            "案件属于其他机构，您无权办理",
            "The case belongs to a unit that you do not stand over",
            unit_path,
        )
    if phase in ("closed", "cancelled") and not isinstance(command, c.Reopen | c.Copy | c.NoteOtherCase):
        return refused_for((case_phase_hindrance(turn.state),), "")
    if isinstance(command, c.Reopen) and phase in ("open", "suspended"):
        return refused("not_ended", "案件尚未办结，无须重开", "The case has not ended")
    if isinstance(command, c.Resume) and phase != "suspended":
        return refused("not_suspended", "案件没有挂起", "The case is not suspended")
    return None


def _milestones(turn: Turn, plan: Plan, after: State) -> list[e.Event]:
    standing = Standing(plan, after)
    events: list[e.Event] = []
    for milestone in plan.milestones:
        holds = bool(standing.truth(milestone.when).value)
        if holds != (milestone.id in after.milestones):
            kind = e.MilestoneReached if holds else e.MilestoneLost
            events.append(turn.event(kind, milestone=milestone.id))
    return events
