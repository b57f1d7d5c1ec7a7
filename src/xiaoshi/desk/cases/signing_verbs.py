"""The verbs of signing, as acts on any step: 会签 (all), 或签 (any one), 前加签, 后加签, 减签, sign, refuse.

A signer who is away keeps the signature; whoever stands in is told too and may sign for him or her, with both names.
"""

from __future__ import annotations

from typing import Any

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.commands import Actor
from xiaoshi.desk.cases.people_on_case import colleague, let_see, tell
from xiaoshi.desk.cases.steps import step_title
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid

SIGNERS_MAX = 20


@act("case.all_sign", "会签", "All sign")
def all_sign(ctx: Context, *, step: str, signers: list[str]) -> dict[str, Any]:
    """会签: the step is finished only when all of them have signed."""
    zh, en = step_title(ctx, step)
    ctx.command(c.AllSign(command_id=ctx.next_command_id(), step=step, signers=_people(signers)))
    _asked(ctx, step, signers)
    ctx.note(
        f"“{zh}”会签：{'、'.join(signers)}",
        f"“{en}” is to be signed by {', '.join(signers)}",
        step=step,
        signers=signers,
    )
    return {}


@act("case.any_sign", "或签", "Any one signs")
def any_sign(ctx: Context, *, step: str, signers: list[str]) -> dict[str, Any]:
    """或签: one of them signs for all; one refusal returns the step."""
    zh, en = step_title(ctx, step)
    ctx.command(c.AnySign(command_id=ctx.next_command_id(), step=step, signers=_people(signers)))
    _asked(ctx, step, signers)
    ctx.note(
        f"“{zh}”或签（一人签署即可）：{'、'.join(signers)}",
        f"“{en}” is to be signed by any one of {', '.join(signers)}",
        step=step,
        signers=signers,
    )
    return {}


def _people(signers: list[str]) -> tuple[Actor, ...]:
    if len(signers) > SIGNERS_MAX:
        raise invalid(
            "too_many_signers",
            f"会签人最多{SIGNERS_MAX}人。",
            f"At most {SIGNERS_MAX} signers.",
            where="signers",
        )
    return tuple(colleague(login, where="signers") for login in signers)


def _asked(ctx: Context, step: str, signers: list[str]) -> None:
    """Each sees the case from now on, and is told; not whoever does the step, who will not be able to sign it."""
    zh, en = step_title(ctx, step)
    for login in signers:
        let_see(ctx, login, "sign")
    own = ctx.state.steps.get(step) if ctx.state else None
    doers = {own.assignee, own.delegator, *own.makers} if own else set()
    tell(
        ctx,
        [login for login in signers if login not in doers],
        "to_sign",
        f"“{zh}”办好后请您签署",
        f"“{en}” will wait for your signature",
    )


@act("case.add_signer", "加签", "Add a signer")
def add_signer(ctx: Context, *, step: str, signer: str, place: str) -> dict[str, Any]:
    """前加签, 后加签: one more, `place` "before" or "after"."""
    if place not in ("before", "after"):
        raise invalid("place_unknown", "请选择前加签或后加签。", "Choose before or after.", where="place")
    zh, en = step_title(ctx, step)
    command = c.AddSigner(
        command_id=ctx.next_command_id(),
        step=step,
        signer=colleague(signer, where="signer"),
        place=place,  # type: ignore[arg-type]
    )
    ctx.command(command)
    _asked(ctx, step, [signer])
    word = "前" if place == "before" else "后"
    ctx.note(
        f"“{zh}”{word}加签：{signer}",
        f"Added {signer} to those who sign “{en}”, {place} the others",
        step=step,
        signer=signer,
        place=place,
    )
    return {}


@act("case.remove_signer", "减签", "Remove a signer")
def remove_signer(ctx: Context, *, step: str, signer: str, reason: str) -> dict[str, Any]:
    """减签: somebody who has not signed is taken off."""
    zh, en = step_title(ctx, step)
    ctx.command(c.RemoveSigner(command_id=ctx.next_command_id(), step=step, signer=signer, reason=reason))
    tell(
        ctx,
        [signer],
        "signer_removed",
        f"“{zh}”不再需要您签署：{reason}",
        f"“{en}” needs your signature no longer: {reason}",
    )
    ctx.note(
        f"“{zh}”减签：{signer}（{reason}）",
        f"Took {signer} off those who sign “{en}”: {reason}",
        step=step,
        signer=signer,
        reason=reason,
    )
    return {}


@act("case.sign", "签署", "Sign")
def sign(ctx: Context, *, step: str) -> dict[str, Any]:
    zh, en = step_title(ctx, step)
    ctx.command(c.Sign(command_id=ctx.next_command_id(), step=step))
    ctx.note(f"签署“{zh}”", f"Signed “{en}”", step=step)
    return {}


@act("case.refuse_to_sign", "拒签", "Refuse to sign")
def refuse_to_sign(ctx: Context, *, step: str, reason: str) -> dict[str, Any]:
    zh, en = step_title(ctx, step)
    makers = ctx.state.steps[step].makers if ctx.state and step in ctx.state.steps else ()
    ctx.command(c.RefuseToSign(command_id=ctx.next_command_id(), step=step, reason=reason))
    tell(ctx, makers, "sent_back", f"“{zh}”被拒签：{reason}", f"“{en}” was not signed: {reason}")
    ctx.note(f"拒签“{zh}”：{reason}", f"Refused to sign “{en}”: {reason}", step=step, reason=reason)
    return {}
