"""State from events. Needs no plan: an event says all that it changes. Each event costs what it touches.

Also kept here: the one act that can be taken back (撤回), with what it replaced, so that taking back never reads the history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from xiaoshi.core.casework import events as e
from xiaoshi.core.casework.fold_signing import (
    Change,
    came_back,
    signed,
    signers_changed,
    signing,
    step_change,
    voted,
    votes_asked,
    with_key,
    without_keys,
)
from xiaoshi.core.casework.model import (
    CASE,
    AskedNeed,
    LastAct,
    NeedRecord,
    OtherCase,
    PlanMove,
    Question,
    State,
    Step,
    StepState,
    Suspension,
    TakenOff,
    Who,
)
from xiaoshi.core.casework.votes import afresh
from xiaoshi.core.problems import Words

PASSIVE = (
    e.Copied,
    e.MarkedRead,
    e.Reminded,
    e.MilestoneReached,
    e.MilestoneLost,
    e.NeedRecorded,
    e.NeedWaived,
    e.NeedAsked,
    e.AskedNeedWithdrawn,
    e.NeedTakenOff,
    e.QuestionAsked,
    e.QuestionAnswered,
    e.QuestionHandedUp,
    e.QuestionWithdrawn,
    e.OtherCaseAwaited,
    e.OtherCaseLet,
    e.OtherCaseEnded,
)
"""Events after which the newest act can still be taken back: nobody has built on it."""

ADDED_STEP_SKIPPERS = ("supervisor", "outlet_head")


def fold(events: Iterable[e.Event], state: State | None = None) -> State:
    """The state after these events. Raises ValueError when an event is out of order (the stream is damaged)."""
    current = state if state is not None else State()
    for event in events:
        if event.seq != current.seq + 1:
            raise ValueError(f"event {event.seq} does not follow {current.seq}")
        change = _CHANGES[type(event)](current, event)
        change["seq"] = event.seq
        change["command_ids"] = current.command_ids.with_id(event.command_id)
        if "last_act" not in change and not isinstance(event, PASSIVE):
            change["last_act"] = _last_act(current, event)
        current = replace(current, **change)
    return current


def _opened(state: State, event: e.CaseOpened) -> Change:
    return {
        "phase": "open",
        "kind": event.kind,
        "plan_version": event.plan_version,
        "case_number": event.case_number,
        "unit_path": event.unit_path,
        "owner": event.owner,
        "opened_by": event.actor,
        "opened_at": event.at,
        "facts": dict(event.facts),
    }


def _facts(state: State, event: e.FactsSet) -> Change:
    facts = without_keys(state.facts, event.facts)
    return {"facts": facts | {name: value for name, value in event.facts.items() if value is not None}}


def _done(state: State, event: e.StepDone) -> Change:
    own = state.steps.get(event.step, StepState())
    makers = tuple(dict.fromkeys((*event.names, own.delegator) if own.delegator else event.names))
    return step_change(
        state,
        event.step,
        phase=event.next_phase,
        round=event.round,
        makers=makers,
        checker="",
        at=event.at,
        result=dict(event.result),
        reason="",
        signers=afresh(own.signers),
    )


def _confirmed(state: State, event: e.StepConfirmed) -> Change:
    return step_change(state, event.step, phase="done", checker=event.actor, at=event.at)


def _skipped(state: State, event: e.StepSkipped) -> Change:
    return step_change(
        state,
        event.step,
        phase="skipped",
        at=event.at,
        reason=event.reason,
        makers=(),
        assignee="",
        delegator="",
    )


def _added(state: State, event: e.StepAdded) -> Change:
    step = Step(
        id=event.step,
        stage="",
        title=Words(event.title, event.title),
        by=Who(event.roles),
        optional=not event.blocks_close,
        skip_by=ADDED_STEP_SKIPPERS,
        added=True,
    )
    return {"added": with_key(state.added, event.step, step)} | step_change(state, event.step, called_up=True)


def _called_up(state: State, event: e.StepCalledUp) -> Change:
    return step_change(state, event.step, called_up=True)


def _called_off(state: State, event: e.StepCalledOff) -> Change:
    own = state.steps.get(event.step, StepState())
    kept = StepState(round=own.round, sent_back=own.sent_back, at=event.at, reason=event.reason)
    return {"steps": with_key(state.steps, event.step, kept)}


def _recorded(state: State, event: e.NeedRecorded) -> Change:
    return _met(state, event.need, NeedRecord(event.value, event.actor, event.at, note=event.note))


def _waived(state: State, event: e.NeedWaived) -> Change:
    return _met(
        state, event.need, NeedRecord("waived", event.actor, event.at, waived=True, note=event.reason)
    )


def _met(state: State, need: str, record: NeedRecord) -> Change:
    change: Change = {"records": with_key(state.records, need, record)}
    if need in state.taken_off:
        change["taken_off"] = without_keys(state.taken_off, (need,))
    return change


def _need_asked(state: State, event: e.NeedAsked) -> Change:
    asked = AskedNeed(event.title, event.reason, event.actor, event.at, event.blocks_close, event.step)
    return {
        "asked_needs": with_key(state.asked_needs, event.need, asked),
        "needs_asked": state.needs_asked + 1,
    }


def _asked_withdrawn(state: State, event: e.AskedNeedWithdrawn) -> Change:
    return {
        "asked_needs": without_keys(state.asked_needs, (event.need,)),
        "taken_off": without_keys(state.taken_off, (event.need,)),
    }


def _need_taken_off(state: State, event: e.NeedTakenOff) -> Change:
    off = TakenOff(event.reason, event.actor, event.at)
    return {
        "records": without_keys(state.records, (event.need,)),
        "taken_off": with_key(state.taken_off, event.need, off),
    }


def _claimed(state: State, event: e.StepClaimed) -> Change:
    return step_change(state, event.step, assignee=event.actor)


def _released(state: State, event: e.StepReleased) -> Change:
    return step_change(state, event.step, assignee=event.to, delegator="", delegated_until=None)


def _case_handed(state: State, event: e.CaseHandedOver) -> Change:
    return {"owner": event.to}


def _case_moved(state: State, event: e.CaseMoved) -> Change:
    steps = dict(state.steps)
    for step_id in event.released:
        steps[step_id] = replace(steps[step_id], assignee="", delegator="", delegated_until=None)
    return {"owner": event.to, "unit_path": event.unit_path, "steps": steps}


def _step_handed(state: State, event: e.StepHandedOver) -> Change:
    return step_change(state, event.step, assignee=event.to, delegator="", delegated_until=None)


def _delegated(state: State, event: e.StepDelegated) -> Change:
    delegator = event.on_behalf_of or event.actor
    return step_change(state, event.step, assignee=event.to, delegator=delegator, delegated_until=event.until)


def _accepted(state: State, event: e.ReportAccepted) -> Change:
    own = state.steps[event.step]
    makers = tuple(dict.fromkeys((*own.makers, *event.names)))
    return step_change(state, event.step, phase=event.next_phase, makers=makers, at=event.at)


def _copied(state: State, event: e.Copied) -> Change:
    return {"copied": state.copied | {event.to}}


def _read(state: State, event: e.MarkedRead) -> Change:
    return {"read": state.read | (state.copied & set(event.names))}


def _reminded(state: State, event: e.Reminded) -> Change:
    return {"reminded": with_key(state.reminded, event.limit or event.step, event.at)}


def _taken_back(state: State, event: e.TakenBack) -> Change:
    last = state.last_act
    if last is None or last.seq != event.act_seq:
        raise ValueError(f"event {event.seq} takes back {event.act_seq}, which is not the newest act")
    change: Change = {"last_act": None, "owner": last.owner_before}
    if last.step != CASE:
        change["steps"] = (
            without_keys(state.steps, (last.step,))
            if last.step_before is None
            else with_key(state.steps, last.step, last.step_before)
        )
    if last.facts_before:
        facts = without_keys(state.facts, last.facts_before)
        change["facts"] = facts | {k: v for k, v in last.facts_before.items() if v is not None}
    return change


def _sent_back(state: State, event: e.SentBack) -> Change:
    steps = dict(state.steps)
    for step_id in event.reopened:
        own = steps.get(step_id, StepState())
        target = step_id == event.step
        steps[step_id] = StepState(
            round=own.round + 1,
            sent_back=own.sent_back + target,
            called_up=own.called_up,
            reason=event.reason if target else "",
            at=event.at,
        )
    return {"steps": steps, "records": without_keys(state.records, event.voided)}


def _suspended(state: State, event: e.CaseSuspended) -> Change:
    suspension = Suspension(event.reason, event.until, event.waiting_for, event.actor)
    return {"phase": "suspended", "suspension": suspension}


def _resumed(state: State, event: e.CaseResumed) -> Change:
    return {"phase": "open", "suspension": None}


def _cancelled(state: State, event: e.CaseCancelled) -> Change:
    return {
        "phase": "cancelled",
        "outcome": event.reason,
        "suspension": None,
        "reopen_until": event.reopen_until,
    }


def _reopened(state: State, event: e.CaseReopened) -> Change:
    return {"phase": "open", "outcome": "", "reopen_until": None}


def _closed(state: State, event: e.CaseClosed) -> Change:
    return {"phase": "closed", "outcome": event.outcome, "reopen_until": event.reopen_until}


def _other_awaited(state: State, event: e.OtherCaseAwaited) -> Change:
    by = event.on_behalf_of or event.actor
    other = OtherCase(event.other, event.reason, by, event.at, event.step)
    return {"other_cases": with_key(state.other_cases, event.other, other)}


def _other_let(state: State, event: e.OtherCaseLet) -> Change:
    return {"other_cases": without_keys(state.other_cases, (event.other,))}


def _other_ended(state: State, event: e.OtherCaseEnded) -> Change:
    other = replace(state.other_cases[event.other], outcome=event.outcome)
    return {"other_cases": with_key(state.other_cases, event.other, other)}


def _asked(state: State, event: e.QuestionAsked) -> Change:
    question = Question(
        event.question, event.text, event.to_level, event.field, event.actor, event.at, event.step
    )
    return {
        "questions": with_key(state.questions, event.question, question),
        "questions_asked": state.questions_asked + 1,
    }


def _question_up(state: State, event: e.QuestionHandedUp) -> Change:
    question = replace(state.questions[event.question], to_level=event.to_level)
    return {"questions": with_key(state.questions, event.question, question)}


def _question_gone(state: State, event: e.QuestionAnswered | e.QuestionWithdrawn) -> Change:
    return {"questions": without_keys(state.questions, (event.question,))}


def _plan_moved(state: State, event: e.PlanMoved) -> Change:
    renamed = event.renamed
    change: Change = {
        "plan_version": event.to_version,
        "steps": {renamed.get(name, name): own for name, own in state.steps.items()},
        "reminded": {renamed.get(name, name): at for name, at in state.reminded.items()},
        "questions": {
            name: replace(question, step=renamed.get(question.step, question.step))
            for name, question in state.questions.items()
        },
        "other_cases": {
            number: replace(other, step=renamed.get(other.step, other.step))
            for number, other in state.other_cases.items()
        },
    }
    if event.back:
        undone = state.moves[-1]
        change |= {"moves": state.moves[:-1], "milestones": dict(undone.milestones)}
    else:
        move = PlanMove(event.from_version, event.seq, dict(renamed), dict(state.milestones))
        change["moves"] = (*state.moves, move)
    return change


def _milestone(state: State, event: e.MilestoneReached) -> Change:
    return {"milestones": with_key(state.milestones, event.milestone, event.at)}


def _milestone_lost(state: State, event: e.MilestoneLost) -> Change:
    return {"milestones": without_keys(state.milestones, (event.milestone,))}


_CHANGES: dict[type[e.Event], Callable[[State, Any], Change]] = {
    e.CaseOpened: _opened,
    e.FactsSet: _facts,
    e.StepDone: _done,
    e.StepConfirmed: _confirmed,
    e.StepRejected: came_back,
    e.StepSkipped: _skipped,
    e.StepAdded: _added,
    e.StepCalledUp: _called_up,
    e.StepCalledOff: _called_off,
    e.NeedRecorded: _recorded,
    e.NeedWaived: _waived,
    e.NeedAsked: _need_asked,
    e.AskedNeedWithdrawn: _asked_withdrawn,
    e.NeedTakenOff: _need_taken_off,
    e.StepClaimed: _claimed,
    e.StepReleased: _released,
    e.CaseHandedOver: _case_handed,
    e.CaseMoved: _case_moved,
    e.StepHandedOver: _step_handed,
    e.StepDelegated: _delegated,
    e.ReportAccepted: _accepted,
    e.ReportReturned: came_back,
    e.SigningAsked: signing,
    e.VotesAsked: votes_asked,
    e.VoteCast: voted,
    e.SignersChanged: signers_changed,
    e.StepSigned: signed,
    e.SigningRefused: came_back,
    e.Copied: _copied,
    e.MarkedRead: _read,
    e.Reminded: _reminded,
    e.TakenBack: _taken_back,
    e.SentBack: _sent_back,
    e.CaseSuspended: _suspended,
    e.CaseResumed: _resumed,
    e.CaseCancelled: _cancelled,
    e.CaseReopened: _reopened,
    e.CaseClosed: _closed,
    e.QuestionAsked: _asked,
    e.QuestionAnswered: _question_gone,
    e.QuestionWithdrawn: _question_gone,
    e.QuestionHandedUp: _question_up,
    e.PlanMoved: _plan_moved,
    e.MilestoneReached: _milestone,
    e.MilestoneLost: _milestone_lost,
    e.OtherCaseAwaited: _other_awaited,
    e.OtherCaseLet: _other_let,
    e.OtherCaseEnded: _other_ended,
}

_TAKEABLE: dict[type[e.Event], str] = {
    e.FactsSet: "set_facts",
    e.StepDone: "do_step",
    e.StepConfirmed: "confirm_step",
    e.StepSkipped: "skip_step",
    e.CaseHandedOver: "hand_over",
    e.StepHandedOver: "hand_over",
    e.StepDelegated: "delegate",
    e.StepSigned: "sign",
    e.VoteCast: "vote",
}


def _last_act(state: State, event: e.Event) -> LastAct | None:
    act = _TAKEABLE.get(type(event))
    if act is None:
        return None
    step = cast(str, getattr(event, "step", CASE))
    facts_before: Mapping[str, Any] = {}
    if isinstance(event, e.FactsSet):
        facts_before = {name: state.facts.get(name) for name in event.facts}
    elif state.last_act is not None and state.last_act.command_id == event.command_id:
        facts_before = state.last_act.facts_before  # the facts that came with this step, in the same command
    return LastAct(
        seq=event.seq,
        actor=event.actor,
        act=act,
        step=step,
        command_id=event.command_id,
        step_before=state.steps.get(step) if step else None,
        facts_before=facts_before,
        owner_before=state.owner,
    )
