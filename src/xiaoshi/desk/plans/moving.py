"""Moving one case to another version of its plan: what would happen, and the two acts that do it."""

from __future__ import annotations

from typing import Any

from django.http import Http404

from xiaoshi.core.casework.commands import MoveBack, MoveToPlan
from xiaoshi.core.casework.model import Plan, State
from xiaoshi.core.casework.plan_move import CaseDifference, back, forward
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.cases.models import Case, PlanVersion
from xiaoshi.desk.cases.plans import published
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import Refused, invalid
from xiaoshi.desk.money.models import MoneyOrder


def version_of(kind: str, version: int) -> Plan:
    """The published version, or the refusal that there is none."""
    if not PlanVersion.objects.filter(kind=kind, version=version).exists():
        raise invalid(
            "no_such_version",
            f"“{kind}”没有第 {version} 版流程。",
            f"The plan {kind} has no version {version}.",
            where="version",
        )
    return published(kind, version)


def payments_in_hand(case: Case) -> tuple[Problem, ...]:
    """A payment that waits for its second person holds the case where it is."""
    if not MoneyOrder.objects.filter(case=case, state="waiting").exists():
        return ()
    words = Words(
        "有付款待第二人复核，请先办完或撤回，再改用另一版流程",
        "A payment waits for its second person: finish or withdraw it first, then move the case",
    )
    return (Problem("payment_in_hand", words, "money"),)


def difference_of(
    case: Case, plan: Plan, state: State, target: Plan, renamed: dict[str, str] | None = None
) -> CaseDifference:
    """What moving this case to `target` does: forward, or back when that is the version it came from."""
    if state.moves and state.moves[-1].from_version == target.version and target.version < plan.version:
        return back(plan, target, state)
    return forward(plan, target, state, renamed)


@act("case.move_to_plan", "改用新版流程", "Move to a newer plan")
def move_to_plan(
    ctx: Context, *, version: int, reason: str, renamed: dict[str, str] | None = None
) -> dict[str, Any]:
    """The case goes on by this newer published version. `renamed`: finished step -> step that takes its place, or ""."""
    return _move(ctx, version, reason, renamed or {}, is_back=False)


@act("case.move_back", "改回原版流程", "Move back to the plan before")
def move_back(ctx: Context, *, reason: str) -> dict[str, Any]:
    """Undo the newest move, as long as nothing was done since that the version before does not know."""
    assert ctx.state is not None
    if not ctx.state.moves:
        raise invalid(
            "no_move_to_undo", "案件没有改过流程版本。", "The case was never moved to another version."
        )
    return _move(ctx, ctx.state.moves[-1].from_version, reason, {}, is_back=True)


def _move(
    ctx: Context, version: int, reason: str, renamed: dict[str, str], *, is_back: bool
) -> dict[str, Any]:
    case, before = ctx.the_case, ctx.the_case.plan_version
    target = version_of(case.kind, version)
    problems = payments_in_hand(case)
    if problems:
        raise Refused(problems[0])
    command_id = ctx.next_command_id()
    if is_back:
        ctx.command(MoveBack(command_id=command_id, plan=target, reason=reason))
    else:
        ctx.command(MoveToPlan(command_id=command_id, plan=target, reason=reason, renamed=renamed))
    case.plan_version, ctx.plan = version, target
    verb_zh, verb_en = ("改回", "Moved back to") if is_back else ("改用", "Moved to")
    ctx.note(
        f"{verb_zh}第 {version} 版流程（原第 {before} 版）：{reason}",
        f"{verb_en} version {version} of the plan (was {before}): {reason}",
        from_version=before,
        to_version=version,
        reason=reason,
        **({"renamed": renamed} if renamed else {}),
    )
    return {"from": before, "to": version}


def version_in_address(kind: str, text: str) -> int:
    """A version named in an address; 404 for what is none."""
    if (
        text.isdecimal()
        and len(text) < 7
        and PlanVersion.objects.filter(kind=kind, version=int(text)).exists()
    ):
        return int(text)
    raise Http404("no_such_version")
