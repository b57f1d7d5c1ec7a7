"""Acts whose object is worked out inside the act: claim what is next for me, remind whoever holds the case up.

For many cases at once (`bulk.py`) and for programs: each case has another step and another holder, and a retried request
must be the same request even though the first one changed what is next.
"""

from __future__ import annotations

from typing import Any

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.authority import is_among
from xiaoshi.core.casework.model import CASE
from xiaoshi.core.casework.views import next_steps
from xiaoshi.desk.cases.people_on_case import colleague
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import refuse


@act("case.claim_next", "签收下一环节", "Claim the next step")
def claim_next(ctx: Context) -> dict[str, Any]:
    """Claim the first step that is open to the actor's role and that nobody has."""
    assert ctx.plan is not None
    assert ctx.state is not None
    ready = [n for n in next_steps(ctx.plan, ctx.state) if n.act == "do" and n.who is not None]
    step = next((n for n in ready if n.who is not None and is_among(ctx.actor, n.who)), None)
    if step is None:
        raise refuse(
            "nothing_to_claim",
            "此案没有待您签收的环节：已有人承办，或由其他岗位办理。",
            "The case has no step for you to claim: somebody has it, or another role does it.",
        )
    ctx.command(c.Claim(command_id=ctx.next_command_id(), step=step.step))
    ctx.note(f"签收“{step.title.zh}”", f"Claimed “{step.title.en}”", step=step.step)
    return {"step": step.step}


@act("case.remind_holder", "催办承办人", "Remind who holds it up")
def remind_holder(ctx: Context) -> dict[str, Any]:
    """催办 whoever has the step that is next; when nobody has it, the owner of the case."""
    assert ctx.plan is not None
    assert ctx.state is not None
    named = [n for n in next_steps(ctx.plan, ctx.state) if n.persons]
    step, to = (named[0].step, named[0].persons[0]) if named else (CASE, ctx.state.owner)
    if not to or to == ctx.actor.id:
        raise refuse(
            "nobody_to_remind",
            "此案在等您自己或尚无人承办，无人可催。",
            "The case waits for you, or nobody has it: there is nobody to remind.",
        )
    colleague(to)
    ctx.command(c.Remind(command_id=ctx.next_command_id(), to=to, step=step))
    ctx.note(f"催办{to}", f"Reminded {to}", to=to, step=step)
    return {"to": to, "step": step}
