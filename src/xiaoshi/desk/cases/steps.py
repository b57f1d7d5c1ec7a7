"""Doing the steps of a case: the acts that every kind has."""

from __future__ import annotations

from typing import Any

from xiaoshi.core.casework.commands import (
    CloseCase,
    ConfirmStep,
    DoStep,
    RejectStep,
    SkipStep,
)
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid, refuse
from xiaoshi.desk.kinds import kind_named


def step_title(ctx: Context, step: str) -> tuple[str, str]:
    """The step's title in both languages. Refused when the plan has no such step."""
    assert ctx.plan is not None
    assert ctx.state is not None
    found = ctx.plan.steps.get(step) or ctx.state.added.get(step)
    if found is None:
        raise invalid("no_such_step", "流程中没有这一环节。", "The plan has no such step.", where="step")
    return found.title.zh, found.title.en


def finish_step(
    ctx: Context, step: str, result: dict[str, Any] | None = None, facts: dict[str, Any] | None = None
) -> None:
    """Tell the engine that the step is done, and say so in the timeline. For kinds' own acts too."""
    zh, en = step_title(ctx, step)
    ctx.command(DoStep(command_id=ctx.next_command_id(), step=step, result=result or {}, facts=facts or {}))
    ctx.note(f"完成“{zh}”", f"Finished “{en}”", step=step)
    assert ctx.plan is not None
    ctx.visible_to_client = bool(step in ctx.plan.steps and ctx.plan.steps[step].client_words)


@act("case.do_step", "办理环节", "Do a step")
def do_step(ctx: Context, *, step: str, result: dict[str, Any]) -> dict[str, Any]:
    """Do a step whose form is all there is to it. One that must check something has an act of its own, the only way to it."""
    work = kind_named(ctx.the_case.kind).steps.get(step)
    if work is not None and not work.by_form_alone:
        zh, en = step_title(ctx, step)
        raise refuse(
            "step_has_its_own_act",
            f"“{zh}”要在它自己的页面上办理。",
            f"“{en}” is done on its own page, with its own act.",
            where="step",
        )
    finish_step(ctx, step, result)
    return {"step": step}


@act("case.confirm_step", "复核同意", "Confirm a step")
def confirm_step(ctx: Context, *, step: str) -> dict[str, Any]:
    """Second pair of eyes: agreed. The engine refuses whoever did the step."""
    zh, en = step_title(ctx, step)
    ctx.command(ConfirmStep(command_id=ctx.next_command_id(), step=step))
    ctx.note(f"复核同意“{zh}”", f"Confirmed “{en}”", step=step)
    return {"step": step}


@act("case.reject_step", "复核退回", "Reject a step")
def reject_step(ctx: Context, *, step: str, reason: str) -> dict[str, Any]:
    """Second pair of eyes: not agreed. The step is open again and the reason stays."""
    zh, en = step_title(ctx, step)
    ctx.command(RejectStep(command_id=ctx.next_command_id(), step=step, reason=_reason(reason)))
    ctx.note(f"复核退回“{zh}”：{reason}", f"Rejected “{en}”: {reason}", step=step, reason=reason)
    return {"step": step}


@act("case.skip_step", "跳过环节", "Skip a step")
def skip_step(ctx: Context, *, step: str, reason: str) -> dict[str, Any]:
    """Leave a step out, with the authority that the plan names and a reason."""
    zh, en = step_title(ctx, step)
    ctx.command(SkipStep(command_id=ctx.next_command_id(), step=step, reason=_reason(reason)))
    ctx.note(f"跳过“{zh}”：{reason}", f"Skipped “{en}”: {reason}", step=step, reason=reason)
    return {"step": step}


@act("case.close", "办结", "Close the case")
def close_case(ctx: Context, *, outcome: str = "") -> dict[str, Any]:
    """Close the case; the engine refuses while anything that must be done is not."""
    ctx.command(CloseCase(command_id=ctx.next_command_id(), outcome=outcome))
    ctx.note("办结", "Closed", outcome=outcome)
    ctx.visible_to_client = True
    return {}


def _reason(reason: str) -> str:
    if not reason.strip():
        raise invalid("reason_missing", "请写明原因。", "Give the reason.", where="reason")
    return reason.strip()
