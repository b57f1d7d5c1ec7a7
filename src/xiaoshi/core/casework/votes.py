"""票签: a step that is decided by the weight of votes.

Problem. Writing off a client's loss of 300 yuan is not one head's to decide and need not be everybody's: three of the
committee, in which the head's vote counts double, are enough. 会签 asks all, 或签 any one; in between lies a share.

Example. Threshold 60 %, head 2, three supervisors 1 each: 5 in all, 3 needed (60 % of 5). Head for (2), one supervisor
against: 2 of 3, open. Another supervisor for: 3, passed; the third vote is not asked for any more. Or head against at
once: 3 can still come together. One supervisor against as well: only 2 are left, failed there and then, the step is open
again.

Choice. The share is of *all* weight, not of the votes that came in: who stays away has not agreed, and no hurry decides.
`needed` is the least weight that reaches the share, so that a page says "1 more" and no float is compared. For fixed votes
the order cannot matter: weight for only grows, the weight that could still come only shrinks, and both ends exclude each
other; `tests/core/casework/test_votes.py` tries all orders. Whoever made the work is not counted, on neither side of the
fraction. The rule is kept with the case when the voters are named, so another version of the plan changes no running vote.
Flow engines used in China (Warm-Flow's node ratio, Flowable's completion condition) count heads on instances of a task;
neither weighs, and both lose the count when a person is added half way. Left out: abstaining (it would count as against),
secret votes (a bank's file says who decided), a second round with another threshold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from xiaoshi.core.casework.model import Actor, Signer, Step, StepState, Vote, VoteRule
from xiaoshi.core.casework.roles import READS_ONLY, ROLES
from xiaoshi.core.problems import Words

VOTERS_MIN = 2
"""What one person alone decides is a signature and not a vote."""

Outcome = Literal["", "passed", "failed"]


@dataclass(frozen=True, slots=True)
class Tally:
    """Weights of one vote. `needed`: the least weight for the step that passes it; `voters`: how many may vote."""

    total: int
    needed: int
    for_it: int
    against: int
    voters: int

    @property
    def missing(self) -> int:
        """How much weight for the step is still missing; 0 when it has passed."""
        return max(0, self.needed - self.for_it)

    @property
    def outcome(self) -> Outcome:
        """Passed as soon as it is reached, failed as soon as it cannot be reached any more."""
        if self.for_it >= self.needed:
            return "passed"
        return "failed" if self.total - self.against < self.needed else ""


def tally(own: StepState) -> Tally:
    """The vote as it stands. Only for a step that is voted on (`own.pass_at_percent` is not 0)."""
    counted = [s for s in own.signers if s.actor not in own.makers]
    total = sum(s.weight for s in counted)
    return Tally(
        total=total,
        needed=max(1, -(-own.pass_at_percent * total // 100)),
        for_it=sum(s.weight for s in counted if s.vote == "for"),
        against=sum(s.weight for s in counted if s.vote == "against"),
        voters=len(counted),
    )


def with_vote(
    signers: tuple[Signer, ...], voter: str, vote: Vote, reason: str, by: str
) -> tuple[Signer, ...]:
    """The voters after this vote; an earlier one of the same voter is replaced."""
    return tuple(
        replace(s, signed=True, vote=vote, reason=reason, by=by) if s.actor == voter else s for s in signers
    )


def afresh(signers: tuple[Signer, ...]) -> tuple[Signer, ...]:
    """The same signers and voters, nobody of whom has signed or voted yet."""
    return tuple(Signer(s.actor, s.after, weight=s.weight) for s in signers)


def weight_of(rule: VoteRule | None, person: Actor) -> int:
    """What this person's vote weighs: by name, else by the heaviest role that he or she holds; 0: no vote."""
    if rule is None or not (rule.weights or rule.person_weights):
        return 1
    if person.id in rule.person_weights:
        return rule.person_weights[person.id]
    held = (
        weight
        for role, weight in rule.weights.items()
        if role in person.roles and role != READS_ONLY and person.level in ROLES[role].levels
    )
    return max(held, default=0)


def voters_min(step: Step) -> int:
    """How many persons have to be named at least."""
    return step.votes.voters_min if step.votes is not None else VOTERS_MIN


def rule_words(rule: VoteRule) -> Words:
    """`达到60%通过，至少3人；授权主管1票、网点负责人2票` / `60 % pass, at least 3 voters; supervisor 1, outlet head 2`."""
    zh = f"达到{rule.pass_at_percent}%通过，至少{rule.voters_min}人"
    en = f"{rule.pass_at_percent} % pass, at least {rule.voters_min} voters"
    named = [
        (ROLES[role].words.zh, ROLES[role].words.en, weight) for role, weight in sorted(rule.weights.items())
    ]
    named += [(name, name, weight) for name, weight in sorted(rule.person_weights.items())]
    if named:
        zh += "；" + "、".join(f"{name}{weight}票" for name, _, weight in named)
        en += "; " + ", ".join(f"{name} {weight}" for _, name, weight in named)
    return Words(zh, en)


def standing_words(own: StepState) -> Words:
    """`票签：需3票，已得2票，还差1票` as the step's reason for waiting."""
    t = tally(own)
    return Words(
        f"票签：共{t.total}票，需{t.needed}票；同意{t.for_it}票，不同意{t.against}票，还差{t.missing}票",
        f"Vote: {t.needed} of {t.total} needed; {t.for_it} for, {t.against} against, {t.missing} missing",
    )
