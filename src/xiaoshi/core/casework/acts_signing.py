"""Deciding about signatures: 会签 或签 加签 减签, sign and refuse. Votes 票签 share naming, adding and taking off (`acts_votes.py`)."""

from __future__ import annotations

from dataclasses import replace

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework import events as e
from xiaoshi.core.casework.acts_steps import no_work_left, too_few_voters
from xiaoshi.core.casework.authority import only_reads
from xiaoshi.core.casework.fold_signing import signer_of
from xiaoshi.core.casework.model import Actor, Refused, Signer, Step, StepPhase, StepState
from xiaoshi.core.casework.turn import Outcome, Turn, first_refusal, phase_after, refused
from xiaoshi.core.casework.votes import tally, weight_of


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
