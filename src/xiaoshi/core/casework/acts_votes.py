"""Deciding about votes 票签: naming who votes, and voting. `votes.py` argues the counting."""

from __future__ import annotations

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework import events as e
from xiaoshi.core.casework.acts_signing import can_sign, no_vote, phase_of_vote
from xiaoshi.core.casework.acts_steps import no_work_left, too_few_voters
from xiaoshi.core.casework.model import Refused, Signer, Step, StepState
from xiaoshi.core.casework.turn import Outcome, Turn, first_refusal, refused
from xiaoshi.core.casework.votes import voters_min, weight_of, with_vote

SHARE_MAX = 100


def ask_to_vote(turn: Turn, command: c.AskToVote) -> Outcome:
    """票签: who votes, named before the work is done. Share and weights are the plan's where it has a rule."""
    step = turn.step(command.step)
    if isinstance(step, Refused):
        return step
    own = turn.own(step)
    if own.phase != "open":
        return refused(
            "already_worked_on", "该环节已有人办理，不能再发起票签", "Somebody did this step already", step.id
        )
    if turn.standing.settled(step):
        return no_work_left(step)
    if own.signers:
        return refused(
            "signing_already", "该环节已有会签人，请用加签", "There are signers; add to them", step.id
        )
    names = [voter.id for voter in command.voters]
    if len(set(names)) != len(names):
        return refused("signers_wrong", "投票人不能重复", "Name each voter once", "signers")
    no = first_refusal(
        turn.may("all_sign", step.id),
        *(can_sign(turn, own, voter, "signers") for voter in command.voters),
        *(no_vote(weight_of(step.votes, voter), voter.id, "signers") for voter in command.voters),
    )
    if no is not None:
        return no
    least = voters_min(step)
    no = _share(step, command.pass_at_percent)
    if no is not None:
        return no
    if len(names) < least:
        return too_few_voters(least, "signers")
    return [
        turn.event(
            e.VotesAsked,
            step=step.id,
            voters=tuple(Signer(v.id, weight=weight_of(step.votes, v)) for v in command.voters),
            pass_at_percent=step.votes.pass_at_percent if step.votes else command.pass_at_percent,
            voters_min=least,
        )
    ]


def _share(step: Step, pass_at_percent: int) -> Refused | None:
    """The plan's share is nobody's to change; where it has none, whoever asks says it."""
    if step.votes is not None:
        if pass_at_percent in (0, step.votes.pass_at_percent):
            return None
        return refused(
            "votes_by_plan",
            f"流程规定本环节达到{step.votes.pass_at_percent}%通过，不能另定",
            f"The plan says that {step.votes.pass_at_percent} % pass this step; it cannot be set here",
            "pass_at_percent",
        )
    if 1 <= pass_at_percent <= SHARE_MAX:
        return None
    return refused(
        "share_wrong",
        "通过比例应为 1 到 100 的整数",
        "The share that passes has to be from 1 to 100",
        "pass_at_percent",
    )


def cast_vote(turn: Turn, command: c.CastVote) -> Outcome:
    """Vote, or vote otherwise, with a reason, until the step is decided."""
    step = turn.step(command.step)
    if isinstance(step, Refused):
        return step
    own = turn.own(step)
    if own.phase != "signing" or not own.pass_at_percent:
        return refused("nothing_to_vote", "该环节没有进行中的票签", "Nothing is voted on here now", step.id)
    if command.vote not in ("for", "against"):
        return refused("vote_unknown", "请选择同意或不同意", "Choose for or against", "vote")
    no = first_refusal(turn.may("vote", step.id), _other_hands(turn, step, own))
    if no is not None:
        return no
    voters = {s.actor: s for s in own.signers}
    name = next(name for name in turn.actor.names if name in voters)
    no = _votes_twice(turn, step, own, name) or turn.needs_reason(command.reason, "reason")
    if no is not None:
        return no
    if (voters[name].vote, voters[name].reason) == (command.vote, command.reason.strip()):
        return refused("nothing_new", "您已投相同的票", "You have cast this very vote", step.id)
    after = with_vote(own.signers, name, command.vote, command.reason.strip(), turn.actor.id)
    return [
        turn.event(
            e.VoteCast,
            step=step.id,
            voter=name,
            vote=command.vote,
            reason=command.reason.strip(),
            next_phase=phase_of_vote(step, own, after),
        )
    ]


def _other_hands(turn: Turn, step: Step, own: StepState) -> Refused | None:
    """Whoever made the work has no vote on it, nor anybody on his or her behalf."""
    if set(turn.actor.names).isdisjoint(own.makers):
        return None
    return refused(
        "same_hands",
        "您或您所代的人是本环节的经办人，不能对自己的工作投票",
        "You, or the person you stand in for, made this step: no vote on the own work",
        step.id,
    )


def _votes_twice(turn: Turn, step: Step, own: StepState, name: str) -> Refused | None:
    """One person, one vote: neither the own and an absent person's, nor two absent persons'."""
    mine = turn.actor.id
    own_vote = turn.actor.on_behalf_of and any(s.actor == mine for s in own.signers)
    if not own_vote and not any(s.by == mine and s.actor != name for s in own.signers):
        return None
    return refused(
        "same_hands",
        "一人只能投一票：您本人也是投票人，或已代另一人投票",
        "One person, one vote: you vote yourself, or have voted for another absent person",
        step.id,
    )
