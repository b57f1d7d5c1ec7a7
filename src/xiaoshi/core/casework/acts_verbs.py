"""Deciding about the desk's verbs: 转办 委派 会签 加签 减签 抄送 催办 撤回 驳回."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework import events as e
from xiaoshi.core.casework.acts_steps import kept_apart, no_work_left, too_few_voters, voters_fit
from xiaoshi.core.casework.authority import HOUSE, is_among, only_reads, stands_over, words_of, works_here
from xiaoshi.core.casework.fold import signer_of
from xiaoshi.core.casework.model import CASE, Actor, Refused, Signer, Step, StepPhase, StepState
from xiaoshi.core.casework.standing import PENDING
from xiaoshi.core.casework.turn import Outcome, Turn, first_refusal, phase_after, refused
from xiaoshi.core.casework.votes import tally, weight_of


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


def ask_to_sign(turn: Turn, command: c.AllSign | c.AnySign) -> Outcome:
    """会签 (all) or 或签 (any one): named before the work is done; asked for once, then changed by 加签 and 减签."""
    step = turn.step(command.step)
    if isinstance(step, Refused):
        return step
    own = turn.own(step)
    if own.phase != "open":
        return refused(
            "already_worked_on", "该环节已有人办理，不能再发起会签", "Somebody did this step already", step.id
        )
    if turn.standing.settled(step):
        return no_work_left(step)
    if own.signers:
        return refused(
            "signing_already", "该环节已有会签人，请用加签", "There are signers; add to them", step.id
        )
    if step.votes is not None:
        return refused(
            "votes_by_plan",
            "流程规定本环节由票签决定，请用“票签”",
            "By the plan this step is decided by votes: put it to the vote",
            step.id,
        )
    names = [signer.id for signer in command.signers]
    if not names or len(set(names)) != len(names):
        return refused("signers_wrong", "会签人不能为空或重复", "Name signers, each once", "signers")
    no = first_refusal(
        turn.may("all_sign", step.id),
        *(can_sign(turn, own, signer, "signers") for signer in command.signers),
    )
    if no is not None:
        return no
    any_one = isinstance(command, c.AnySign)
    return [turn.event(e.SigningAsked, step=step.id, signers=tuple(names), any_one=any_one)]


def can_sign(turn: Turn, own: StepState, signer: Actor, where: str) -> Refused | None:
    """Whoever does the step, answers for it or made it would wait for a signature that is refused when it comes."""
    if only_reads(signer):
        return refused("auditor_reads_only", "审计员不能会签", "An auditor does not sign", where)
    if signer.id in (*own.makers, own.assignee, own.delegator):
        return refused(
            "signer_is_maker",
            f"{signer.id}是该环节的经办人，不能签署自己的工作；请另选他人",
            f"{signer.id} does this step and cannot sign the own work: name somebody else",
            where,
        )
    return turn.receiver(signer, where)


def add_signer(turn: Turn, command: c.AddSigner) -> Outcome:
    """加签: before or after whoever asks; the owner's or a head's wish is about all who have not signed."""
    step = turn.step(command.step)
    if isinstance(step, Refused):
        return step
    own = turn.own(step)
    if not own.signers or own.phase not in ("open", "signing"):
        return refused("no_signing", "该环节没有进行中的会签", "Nothing is being signed here", step.id)
    if any(s.actor == command.signer.id for s in own.signers):
        return refused("signing_already", "此人已在会签人中", "This person is a signer already", "signer")
    no = first_refusal(turn.may("add_signer", step.id), can_sign(turn, own, command.signer, "signer"))
    if no is not None:
        return no
    if own.pass_at_percent:
        weight = weight_of(step.votes, command.signer)
        no = no_vote(weight, command.signer.id, "signer")
        voters = (*own.signers, Signer(command.signer.id, weight=weight))
        return no if no is not None else [_signers_changed(turn, step, voters, own, added=command.signer.id)]
    unsigned = frozenset(s.actor for s in own.signers if not s.signed)
    mine = signer_of(own.signers, turn.actor.names)
    anchors = frozenset((mine,)) if mine else unsigned
    new = command.signer.id
    if own.any_one:  # nobody waits for another: one more who may sign for all
        signers: tuple[Signer, ...] = (*own.signers, Signer(new))
    elif command.place == "before":
        signers = (
            Signer(new),
            *(replace(s, after=s.after | {new}) if s.actor in anchors else s for s in own.signers),
        )
    else:
        signers = (*own.signers, Signer(new, after=anchors))
    return [_signers_changed(turn, step, signers, own, added=new)]


def remove_signer(turn: Turn, command: c.RemoveSigner) -> Outcome:
    """减签: somebody who has not signed is taken off; when nobody else is missing, the step goes on."""
    step = turn.step(command.step)
    if isinstance(step, Refused):
        return step
    own = turn.own(step)
    unsigned = [s.actor for s in own.signers if not s.signed]
    if own.phase not in ("open", "signing") or command.signer not in unsigned:
        return refused("no_signing", "此人没有待签的会签", "This person has nothing to sign here", step.id)
    no = first_refusal(turn.may("remove_signer", step.id), turn.needs_reason(command.reason, step.id))
    if no is not None:
        return no
    signers = tuple(
        replace(s, after=s.after - {command.signer}) for s in own.signers if s.actor != command.signer
    )
    counted = [s for s in signers if s.actor not in own.makers]
    if own.pass_at_percent and command.signer not in own.makers and len(counted) < own.voters_min:
        return too_few_voters(own.voters_min, "signer")
    return [_signers_changed(turn, step, signers, own, removed=command.signer, reason=command.reason)]


def _signers_changed(
    turn: Turn,
    step: Step,
    signers: tuple[Signer, ...],
    own: StepState,
    *,
    added: str = "",
    removed: str = "",
    reason: str = "",
) -> e.Event:
    if own.pass_at_percent:
        phase = phase_of_vote(step, own, signers) if own.phase == "signing" else own.phase
    else:
        complete = own.phase == "signing" and all(s.signed for s in signers)
        phase = phase_after(step, own, signed=True) if complete else own.phase
    return turn.event(
        e.SignersChanged,
        step=step.id,
        added=added,
        removed=removed,
        reason=reason,
        signers=signers,
        next_phase=phase,
    )


def phase_of_vote(step: Step, own: StepState, signers: tuple[Signer, ...]) -> StepPhase:
    """Where a step that is voted on goes with these votes; `open` when it can pass no more."""
    outcome = tally(replace(own, signers=signers)).outcome
    if outcome == "passed":
        return phase_after(step, own, signed=True)
    return "open" if outcome == "failed" else "signing"


def no_vote(weight: int, name: str, where: str) -> Refused | None:
    """The refusal of a voter whom the plan gives no weight."""
    if weight > 0:
        return None
    return refused(
        "no_vote",
        f"按流程规定，{name}的岗位没有表决权；请另选他人",
        f"By the plan, {name} has no vote here: name somebody else",
        where,
    )


def sign(turn: Turn, command: c.Sign) -> Outcome:
    """Sign when it is one's turn; the last signature carries the step on."""
    found = _to_sign(turn, command.step)
    if isinstance(found, Refused):
        return found
    step, own = found
    mine = signer_of(own.signers, turn.actor.names)
    complete = own.any_one or all(s.signed for s in own.signers if s.actor != mine)
    return [
        turn.event(
            e.StepSigned,
            step=step.id,
            next_phase=phase_after(step, own, signed=True) if complete else "signing",
        )
    ]


def refuse_to_sign(turn: Turn, command: c.RefuseToSign) -> Outcome:
    """Refuse, with reason: the step is open again."""
    found = _to_sign(turn, command.step)
    if isinstance(found, Refused):
        return found
    no = turn.needs_reason(command.reason, command.step)
    return no if no is not None else [turn.event(e.SigningRefused, step=command.step, reason=command.reason)]


def _to_sign(turn: Turn, step_id: str) -> tuple[Step, StepState] | Refused:
    step = turn.step(step_id)
    if isinstance(step, Refused):
        return step
    own = turn.own(step)
    if own.pass_at_percent and own.phase == "signing":
        return refused(
            "vote_instead",
            "该环节为票签，请投票并写明理由",
            "This step is decided by votes: vote, with a reason",
            step.id,
        )
    if own.phase != "signing":
        return refused("nothing_to_sign", "该环节没有待签内容", "Nothing waits to be signed here", step.id)
    no = first_refusal(turn.may("sign", step.id), _signs_twice(turn, step, own))
    if no is not None:
        return no
    name = signer_of(own.signers, turn.actor.names)
    mine = next((s for s in own.signers if s.actor == name), None)
    if mine is None:
        return refused("signed_already", "您已签署", "You have signed", step.id)
    waiting = sorted(mine.after & {s.actor for s in own.signers if not s.signed})
    if waiting:
        names = "、".join(waiting)
        return refused("others_sign_first", f"请等{names}先签", f"{names} signs first", step.id)
    return step, own


def _signs_twice(turn: Turn, step: Step, own: StepState) -> Refused | None:
    """Whoever made what is signed signs it for nobody, not for oneself either; a substitute is not two of those who sign."""
    if turn.actor.on_behalf_of and any(s.actor == turn.actor.id for s in own.signers):
        return refused(
            "same_hands",
            "您本人也是会签人，不能再代人签署",
            "You sign it yourself, so you cannot sign it for another as well",
            step.id,
        )
    if set(turn.actor.names).isdisjoint(own.makers):
        return None
    return refused(
        "same_hands",
        "您是本环节的经办人，不能签署自己的工作；请减签，或改由他人会签",
        "You made this step, so you cannot sign it: be taken off those who sign, or let another sign",
        step.id,
    )


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
