"""Deciding about the desk's verbs: 转办 委派 抄送 催办 撤回 驳回."""

from __future__ import annotations

from datetime import timedelta

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework import events as e
from xiaoshi.core.casework.acts_steps import kept_apart, no_work_left, voters_fit
from xiaoshi.core.casework.authority import HOUSE, is_among, only_reads, stands_over, words_of, works_here
from xiaoshi.core.casework.model import CASE, Actor, Refused, Step, StepState
from xiaoshi.core.casework.standing import PENDING
from xiaoshi.core.casework.turn import Outcome, Turn, first_refusal, phase_after, refused


def hand_over(turn: Turn, command: c.HandOver) -> Outcome:
    """转办: the case to somebody who has a part in the plan; a step to somebody who may do it."""
    if command.step == CASE:
        return _hand_over_case(turn, command)
    step = turn.step(command.step)
    if isinstance(step, Refused):
        return step
    own = turn.own(step)
    if own.delegator and own.assignee in turn.actor.names:
        return refused(
            "delegated_to_you",
            "委派给您的环节不能再转办；不能办理的，请退回委派人",
            "It was delegated to you: give it back to the delegator rather than hand it on",
            step.id,
        )
    no = first_refusal(
        turn.may("hand_over_step", step.id),
        _can_take(turn, step, command.to),
        turn.needs_reason(command.reason, step.id),
    )
    if no is not None:
        return no
    return [turn.event(e.StepHandedOver, step=step.id, to=command.to.id, reason=command.reason)]


def _hand_over_case(turn: Turn, command: c.HandOver) -> Outcome:
    no = first_refusal(
        turn.may("hand_over_case"), turn.receiver(command.to, "to"), turn.needs_reason(command.reason)
    )
    if no is not None:
        return no
    if command.to.id == turn.state.owner:
        return refused("has_it_already", "案件已由此人经办", "This person has the case already", "to")
    if only_reads(command.to) or not works_here(turn.plan, turn.state, command.to):
        return refused(
            "receiver_has_no_part",
            "接收人的岗位不参与本流程，请换人",
            "This person's role has no part in the procedure; choose somebody else",
            "to",
        )
    return [turn.event(e.CaseHandedOver, to=command.to.id, reason=command.reason)]


def move_case(turn: Turn, command: c.MoveCase) -> Outcome:
    """移交: to another unit and a person there. What waits for a second person of this unit is finished first."""
    no = first_refusal(turn.may("move_case"), turn.needs_reason(command.reason))
    if no is not None:
        return no
    if not command.to_unit or command.to_unit == turn.state.unit_path:
        return refused("same_unit", "案件已在该机构", "The case is at this unit already", "to_unit")
    if not stands_over(command.to, command.to_unit):
        return refused(
            "receiver_elsewhere",
            "接收人不在接收机构，请换人",
            "The receiver does not work for the receiving unit; choose somebody else",
            "to",
        )
    if only_reads(command.to) or not works_here(turn.plan, turn.state, command.to):
        return refused(
            "receiver_has_no_part",
            "接收人的岗位不参与本流程，请换人",
            "This person's role has no part in the procedure; choose somebody else",
            "to",
        )
    pending = [name for name, own in turn.state.steps.items() if own.phase in PENDING]
    if pending:
        return refused(
            "pending_here",
            "还有环节待本机构另一人处理，请办完后再移交",
            "A step still waits for a second person of this unit; finish it first",
            pending[0],
        )
    released = tuple(name for name, own in turn.state.steps.items() if own.phase == "open" and own.assignee)
    return [
        turn.event(
            e.CaseMoved, unit_path=command.to_unit, to=command.to.id, reason=command.reason, released=released
        )
    ]


def _can_take(turn: Turn, step: Step, to: Actor) -> Refused | None:
    """The refusal when this step cannot go to this person, or None."""
    own = turn.own(step)
    if own.phase != "open":
        return refused(
            "already_worked_on", "该环节已有人办理，不能转交", "Somebody did this step already", step.id
        )
    if turn.standing.settled(step):
        return no_work_left(step)
    if own.assignee == to.id:
        return refused("has_it_already", "该环节已由此人承办", "This person has the step already", "to")
    if only_reads(to) or not is_among(to, step.by):
        who = words_of(step.by)
        return refused("wrong_role", f"该环节应由{who.zh}办理", f"This step is done by {who.en}", "to")
    return first_refusal(turn.receiver(to, "to"), kept_apart(turn, step, to.id))


def delegate(turn: Turn, command: c.Delegate) -> Outcome:
    """委派: both then count as makers, so neither may confirm."""
    step = turn.step(command.step)
    if isinstance(step, Refused):
        return step
    if turn.own(step).delegator:
        return refused(
            "delegated_already", "该环节已委派，请先收回", "Delegated already; call it back first", step.id
        )
    if command.to.id in turn.actor.names:
        return refused("to_yourself", "不能委派给自己", "Not to yourself", "to")
    if command.until is not None and (command.until.tzinfo is None or command.until <= turn.now):
        return refused(
            "until_in_the_past", "报告期限应晚于现在", "The time to report lies in the past", "until"
        )
    no = first_refusal(
        turn.may("delegate", step.id),
        _can_take(turn, step, command.to),
        kept_apart(turn, step, *turn.actor.names),
        turn.needs_reason(command.reason, step.id),
    )
    if no is not None:
        return no
    return [
        turn.event(
            e.StepDelegated, step=step.id, to=command.to.id, reason=command.reason, until=command.until
        )
    ]


def lapse_delegation(turn: Turn, command: c.LapseDelegation) -> Outcome:
    """The event itself has been put before this act by the decider, as before any act on the step that comes too late."""
    step = turn.step(command.step)
    if isinstance(step, Refused):
        return step
    if not turn.actor.id.startswith(HOUSE):
        return refused("house_only", "到期由系统登记", "The desk itself notes that the time is over", step.id)
    own = turn.own(step)
    if own.delegator or own.delegated_until:
        return refused(
            "nothing_new", "委派尚未到期，或已经报告", "Not over yet, or reported already", step.id
        )
    return []


def accept_report(turn: Turn, command: c.AcceptReport) -> Outcome:
    """The delegator accepts; signatures and the second pair of eyes come after."""
    found = _reported(turn, command.step)
    if isinstance(found, Refused):
        return found
    step, own = found
    no = voters_fit(step, own, (*own.makers, *turn.actor.names))  # whoever accepts answers for it, too
    if no is not None:
        return no
    return [turn.event(e.ReportAccepted, step=step.id, next_phase=phase_after(step, own, reported=True))]


def return_report(turn: Turn, command: c.ReturnReport) -> Outcome:
    """The delegator gives it back to the delegate."""
    found = _reported(turn, command.step)
    if isinstance(found, Refused):
        return found
    no = turn.needs_reason(command.reason, command.step)
    return no if no is not None else [turn.event(e.ReportReturned, step=command.step, reason=command.reason)]


def _reported(turn: Turn, step_id: str) -> tuple[Step, StepState] | Refused:
    step = turn.step(step_id)
    if isinstance(step, Refused):
        return step
    own = turn.own(step)
    if own.phase != "reported":
        return refused("nothing_to_accept", "该环节没有待验收的报告", "No report waits here", step.id)
    if own.makers[0] in turn.actor.names:
        return refused(
            "maker_is_checker", "受托人不能验收自己的报告", "A delegate cannot accept the own report", step.id
        )
    no = turn.may("judge_report", step.id)
    return no if no is not None else (step, own)


def copy(turn: Turn, command: c.Copy) -> Outcome:
    """抄送: a person may know; it binds nobody."""
    if command.step != CASE and isinstance(step := turn.step(command.step), Refused):
        return step
    if not command.to.strip():
        return refused("receiver_missing", "请选择抄送人", "Choose whom to copy", "to")
    if command.to in turn.state.copied:
        return refused("copied_already", "已抄送此人", "Copied to this person already", "to")
    no = turn.may("copy")
    return no if no is not None else [turn.event(e.Copied, step=command.step, to=command.to)]


def mark_read(turn: Turn, command: c.MarkRead) -> Outcome:
    """已阅: by whoever was copied, once."""
    told = turn.state.copied & set(turn.actor.names)
    if not told:
        return refused("not_copied", "没有抄送给您，无须签阅", "It was not copied to you")
    if told <= turn.state.read:
        return refused("read_already", "您已签阅", "You have said so already")
    return [turn.event(e.MarkedRead)]


def remind(turn: Turn, command: c.Remind) -> Outcome:
    """催办: each person about each step once per gap of the plan, so that reminders stay worth reading."""
    if command.step != CASE:
        step = turn.step(command.step)
        if isinstance(step, Refused):
            return step
        if turn.standing.settled(step):
            return refused("finished", "该环节无须再办，不必催办", "Nothing is left to do here", step.id)
    if not command.to.strip():
        return refused("receiver_missing", "请选择催办对象", "Choose whom to remind", "to")
    if command.to in turn.actor.names:
        return refused("to_yourself", "不必催办自己", "No need to remind yourself", "to")
    no = turn.may("remind")
    if no is not None:
        return no
    limit = f"{command.step}>{command.to}"
    times = [at for at in (turn.state.reminded.get(command.step), turn.state.reminded.get(limit)) if at]
    last = max(times, default=None)
    if last is not None:
        again = (last + timedelta(minutes=turn.plan.reminder_gap_minutes)).astimezone(turn.now.tzinfo)
        if turn.now < again:
            at = again.strftime("%m-%d %H:%M")
            return refused(
                "reminded_lately",
                f"刚催办过此人，{at}后可再催",
                f"This person was reminded lately; again after {at}",
                command.step,
            )
    return [turn.event(e.Reminded, step=command.step, to=command.to, limit=limit)]


def take_back(turn: Turn, command: c.TakeBack) -> Outcome:
    """撤回: one's own newest act, while nobody has built on it."""
    last = turn.state.last_act
    if last is None or last.actor != turn.actor.id:
        return refused(
            "nothing_to_take_back",
            "没有可撤回的操作：最近的操作不是您的，或已有人接着办理；可用驳回",
            "Nothing to take back: the newest act is not yours, or somebody has gone on from it; send back instead",
        )
    step = turn.standing.step(last.step) if last.step != CASE else None
    if step is not None and step.irreversible and last.act in ("do_step", "confirm_step", "sign", "vote"):
        return _irreversible(step)
    return [turn.event(e.TakenBack, act_seq=last.seq, act=last.act, step=last.step, reason=command.reason)]


def _irreversible(step: Step) -> Refused:
    return refused(
        "irreversible",
        f"“{step.title.zh}”已办理且不可撤销；请增加更正环节",
        f"“{step.title.en}” has been done and cannot be undone; add a correcting step",
        step.id,
    )


def send_back(turn: Turn, command: c.SendBack) -> Outcome:
    """驳回: the step, and all that leans on it and was touched, are open again; their checks and decisions are void."""
    step = turn.step(command.step)
    if isinstance(step, Refused):
        return step
    if turn.own(step).phase == "open":
        return refused("not_finished", "该环节尚未办理，不必驳回", "This step is not done yet", step.id)
    no = first_refusal(turn.may("send_back", step.id), turn.needs_reason(command.reason, step.id))
    if no is not None:
        return no
    reopened = _leaning_on(turn, step.id)
    steps = [turn.plan.steps[name] for name in reopened if name in turn.plan.steps]
    final = next((s for s in steps if s.irreversible and turn.own(s).phase == "done"), None)
    if final is not None:
        return _irreversible(final)
    voided = [
        need.key
        for s in steps
        for need in s.needs
        if need.kind in ("check", "decision") and need.key in turn.state.records
    ]
    return [
        turn.event(
            e.SentBack,
            step=step.id,
            reason=command.reason,
            reopened=reopened,
            voided=tuple(dict.fromkeys(voided)),
        )
    ]


def _leaning_on(turn: Turn, step_id: str) -> tuple[str, ...]:
    """The step and, through however many steps, all finished or pending ones that lean on it."""
    found, todo = [step_id], [step_id]
    seen = {step_id}
    while todo:
        for name in turn.plan.dependents.get(todo.pop(), ()):
            if name in seen:
                continue
            seen.add(name)
            todo.append(name)
            if turn.standing.of(name).phase != "open":
                found.append(name)
    return tuple(found)
