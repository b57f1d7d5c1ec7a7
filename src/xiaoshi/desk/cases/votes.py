"""票签 as acts: putting a step to the vote, and voting. The counting is the engine's (`core/casework/votes.py`)."""

from __future__ import annotations

from typing import Any, Literal

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.votes import tally
from xiaoshi.desk.cases.people_on_case import colleague, let_see, tell
from xiaoshi.desk.cases.signing_verbs import SIGNERS_MAX
from xiaoshi.desk.cases.steps import step_title
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid

REASON_MAX = 500
VOTE_WORDS = {"for": ("同意", "for"), "against": ("不同意", "against")}


@act("case.ask_votes", "票签", "Put to the vote")
def ask_votes(ctx: Context, *, step: str, signers: list[str], pass_at_percent: int = 0) -> dict[str, Any]:
    """票签: the step passes with a share of the votes. `pass_at_percent`: 0 where the plan has the rule."""
    if len(signers) > SIGNERS_MAX:
        raise invalid(
            "too_many_signers",
            f"投票人最多{SIGNERS_MAX}人。",
            f"At most {SIGNERS_MAX} voters.",
            where="signers",
        )
    zh, en = step_title(ctx, step)
    voters = tuple(colleague(login, where="signers") for login in signers)
    ctx.command(
        c.AskToVote(
            command_id=ctx.next_command_id(), step=step, voters=voters, pass_at_percent=pass_at_percent
        )
    )
    assert ctx.state is not None
    share = ctx.state.steps[step].pass_at_percent
    for login in signers:
        let_see(ctx, login, "sign")
    tell(ctx, signers, "to_vote", f"“{zh}”办好后请您投票", f"“{en}” will wait for your vote")
    ctx.note(
        f"“{zh}”票签，达到{share}%通过：{'、'.join(signers)}",
        f"“{en}” is put to the vote, {share} % pass it: {', '.join(signers)}",
        step=step,
        signers=signers,
        pass_at_percent=share,
    )
    return {}


@act("case.vote", "投票", "Vote", people_only=True)
def vote(ctx: Context, *, step: str, vote: Literal["for", "against"], reason: str) -> dict[str, Any]:
    """Vote, or vote otherwise until the step is decided. The answer says how it stands."""
    if not isinstance(vote, str) or vote not in VOTE_WORDS:
        raise invalid("vote_unknown", "请选择同意或不同意。", "Choose for or against.", where="vote")
    if len(reason) > REASON_MAX:
        raise invalid(
            "reason_too_long",
            f"理由最多{REASON_MAX}字。",
            f"At most {REASON_MAX} characters.",
            where="reason",
        )
    zh, en = step_title(ctx, step)
    before = ctx.state.steps.get(step) if ctx.state else None
    ctx.command(c.CastVote(command_id=ctx.next_command_id(), step=step, vote=vote, reason=reason))
    assert ctx.state is not None
    assert before is not None
    own = ctx.state.steps[step]
    said_zh, said_en = VOTE_WORDS[vote]
    words_zh, words_en = f"投票“{zh}”：{said_zh}（{reason}）", f"Voted {said_en} “{en}”: {reason}"
    outcome = "" if own.phase == "signing" else "failed" if own.phase == "open" else "passed"
    if outcome == "passed":
        words_zh, words_en = f"{words_zh}；票签通过", f"{words_en}; the vote has passed"
    elif outcome == "failed":
        words_zh, words_en = (
            f"{words_zh}；票签未通过，环节退回",
            f"{words_en}; the vote has failed, the step is open again",
        )
        tell(
            ctx,
            before.makers,
            "sent_back",
            f"“{zh}”票签未通过：{own.reason}",
            f"“{en}” was voted down: {own.reason}",
        )
    ctx.note(words_zh, words_en, step=step, vote=vote, reason=reason)
    return {"outcome": outcome, "missing": tally(own).missing if not outcome else 0}
