"""The verbs that Chinese desks know, as acts on any case and step: 转办 移交 委派 抄送 已阅 催办 撤回 驳回 挂起 恢复 作废 重开, and 请示.

Each is one command of the engine and one entry; whoever is asked sees the case from then on and gets a notice, and so does
whoever stands in for somebody absent. The verbs of signing are in `signing_verbs.py`, facts and needs in `recording.py`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.model import CASE
from xiaoshi.core.casework.views import next_steps
from xiaoshi.desk.cases.cancelling import cancel as cancel
from xiaoshi.desk.cases.people_on_case import colleague, let_see, tell, who_is_there
from xiaoshi.desk.cases.signing_verbs import all_sign as all_sign
from xiaoshi.desk.cases.steps import step_title
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid, refuse
from xiaoshi.desk.organisation.models import Unit

COPIES_MAX = 30


@act("case.claim", "签收", "Claim a step")
def claim(ctx: Context, *, step: str) -> dict[str, Any]:
    zh, en = step_title(ctx, step)
    ctx.command(c.Claim(command_id=ctx.next_command_id(), step=step))
    ctx.note(f"签收“{zh}”", f"Claimed “{en}”", step=step)
    return {}


@act("case.release", "退回待认领", "Release a step")
def release(ctx: Context, *, step: str, reason: str = "") -> dict[str, Any]:
    """退签: a delegate gives the step back to the delegator, everybody else to all who may do it."""
    zh, en = step_title(ctx, step)
    own = ctx.state.steps.get(step) if ctx.state else None
    told = (own.assignee, own.delegator) if own else ()
    ctx.command(c.Release(command_id=ctx.next_command_id(), step=step))
    tell(ctx, told, "released", f"“{zh}”已退签", f"“{en}” was given back")
    because = _because(reason)
    ctx.note(f"退签“{zh}”{because[0]}", f"Gave “{en}” back{because[1]}", step=step, reason=reason)
    return {}


def _because(reason: str) -> tuple[str, str]:
    return (f"：{reason}", f": {reason}") if reason.strip() else ("", "")


@act("case.hand_over", "转办", "Hand over")
def hand_over(ctx: Context, *, to: str, reason: str, step: str = CASE) -> dict[str, Any]:
    """转办: for good. The giver still sees the case, so that a question from the client finds an answer."""
    receiver = colleague(to)
    ctx.command(c.HandOver(command_id=ctx.next_command_id(), to=receiver, reason=reason, step=step))
    let_see(ctx, to, "hand_over")
    let_see(ctx, ctx.person.login, "handed_over")
    zh, en = step_title(ctx, step) if step else ("", "")
    what_zh, what_en = (f"“{zh}”", f"“{en}”") if step else ("", "the case")
    tell(ctx, [to], "handed_over", f"{what_zh}转办给您：{reason}", f"{what_en} is yours now: {reason}")
    ctx.note(
        f"{what_zh}转办给{to}：{reason}",
        f"Handed {what_en} over to {to}: {reason}",
        to=to,
        step=step,
        reason=reason,
    )
    return {"to": to}


@act("case.move", "移交", "Move to another unit")
def move_case(ctx: Context, *, unit_path: str, to: str, reason: str) -> dict[str, Any]:
    """移交: the case goes to another outlet and a person there. Whoever gives it away still sees it."""
    unit = Unit.objects.filter(path=unit_path, level="outlet").first()
    if unit is None:
        raise invalid("no_such_outlet", "请选择一个网点。", "Choose an outlet.", where="unit_path")
    receiver = colleague(to)
    ctx.command(
        c.MoveCase(
            command_id=ctx.next_command_id(), to_unit=unit.path.rstrip("/"), to=receiver, reason=reason
        )
    )
    let_see(ctx, ctx.person.login, "moved")
    ctx.the_case.unit, ctx.the_case.unit_path = unit, unit.path
    tell(ctx, [to], "handed_over", f"移交给您：{reason}", f"moved to you: {reason}")
    ctx.note(
        f"移交{unit.name_zh}：{reason}",
        f"Moved to {unit.name_en}: {reason}",
        to=to,
        unit=unit.path,
        reason=reason,
    )
    ctx.visible_to_client = True
    return {"to": to, "unit": unit.path}


@act("case.delegate", "委派", "Delegate")
def delegate(ctx: Context, *, step: str, to: str, reason: str, until: str = "") -> dict[str, Any]:
    """委派: somebody else does it, and it comes back. `until` (ISO, aware): who has not reported by then has lost it.

    Somebody who is away is not asked: it goes to whoever stands in, and the entry says so.
    """
    zh, en = step_title(ctx, step)
    receiver, away = who_is_there(ctx, to)
    moment = moment_of(until, "until") if until else None
    ctx.command(
        c.Delegate(command_id=ctx.next_command_id(), step=step, to=receiver, reason=reason, until=moment)
    )
    let_see(ctx, receiver.id, "delegate")
    if moment is not None:
        # The job's module knows this one; it is looked for only when there is something to order.
        from xiaoshi.desk.cases.jobs import delegation_over

        delegation_over.configure(schedule_at=moment + timedelta(seconds=1)).defer(
            case_id=str(ctx.the_case.id), step=step, until=moment.isoformat()
        )
    by = _until_words(moment)
    away_zh, away_en = (f"（{away}不在岗，由其代岗）", f" (standing in for {away})") if away else ("", "")
    tell(
        ctx,
        [receiver.id],
        "delegated",
        f"“{zh}”委派给您{by[0]}：{reason}",
        f"“{en}” is delegated to you{by[1]}: {reason}",
    )
    ctx.note(
        f"“{zh}”委派给{receiver.id}{away_zh}{by[0]}：{reason}",
        f"Delegated “{en}” to {receiver.id}{away_en}{by[1]}: {reason}",
        to=receiver.id,
        instead_of=away,
        step=step,
        until=until,
        reason=reason,
    )
    return {"to": receiver.id, "instead_of": away}


@act("case.lapse_delegation", "委派到期", "Time to report is over")
def lapse_delegation(ctx: Context, *, step: str) -> dict[str, Any]:
    """The desk itself, when a delegate has not reported in time: the step is the delegator's again, and both are told."""
    zh, en = step_title(ctx, step)
    own = ctx.state.steps.get(step) if ctx.state else None
    told = (own.assignee, own.delegator) if own else ()
    if not ctx.command(c.LapseDelegation(command_id=ctx.next_command_id(), step=step)):
        raise refuse(
            "nothing_new", "该环节没有到期的委派。", "Nothing here was delegated and is over.", where="step"
        )
    tell(
        ctx,
        told,
        "delegation_over",
        f"“{zh}”未在期限内报告，已回到委派人",
        f"“{en}” was not reported in time and went back",
    )
    ctx.note(f"“{zh}”委派到期，回到委派人", f"“{en}” went back: the time to report is over", step=step)
    return {}


def moment_of(text: str, where: str) -> datetime:
    """The moment of an ISO text with its offset. Refused with words when it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None  # type: ignore[assignment]
    if moment is None or moment.tzinfo is None:
        raise invalid("date_unreadable", "请填写到哪一天为止。", "Enter until when.", where=where)
    return moment


def _until_words(moment: datetime | None) -> tuple[str, str]:
    if moment is None:
        return "", ""
    day = timezone.localtime(moment)
    return f"，{day.month}月{day.day}日前报告", f", to be reported by {day.day} {day:%B}"


@act("case.accept_report", "接受委派结果", "Accept a report")
def accept_report(ctx: Context, *, step: str) -> dict[str, Any]:
    zh, en = step_title(ctx, step)
    ctx.command(c.AcceptReport(command_id=ctx.next_command_id(), step=step))
    ctx.note(f"“{zh}”委派结果验收", f"Accepted the delegate's report on “{en}”", step=step)
    return {}


@act("case.return_report", "退回委派结果", "Return a report")
def return_report(ctx: Context, *, step: str, reason: str) -> dict[str, Any]:
    zh, en = step_title(ctx, step)
    delegate_of = ctx.state.steps[step].assignee if ctx.state and step in ctx.state.steps else ""
    ctx.command(c.ReturnReport(command_id=ctx.next_command_id(), step=step, reason=reason))
    tell(
        ctx,
        [delegate_of],
        "returned",
        f"“{zh}”的报告被退回：{reason}",
        f"your report on “{en}” came back: {reason}",
    )
    ctx.note(
        f"“{zh}”委派结果退回：{reason}", f"Returned the report on “{en}”: {reason}", step=step, reason=reason
    )
    return {}


@act("case.copy", "抄送", "Copy")
def copy_to(ctx: Context, *, to: str | list[str], step: str = CASE) -> dict[str, Any]:
    """抄送: let somebody know, several at once; they see the case from now on. Who was told already is left out."""
    wanted = list(dict.fromkeys([to] if isinstance(to, str) else to))
    if len(wanted) > COPIES_MAX:
        zh, en = f"一次最多抄送{COPIES_MAX}人。", f"At most {COPIES_MAX} people at once."
        raise invalid("too_many_copies", zh, en, where="to")
    assert ctx.state is not None
    fresh = [login for login in wanted if login not in ctx.state.copied] or wanted[:1]
    if not fresh:
        raise invalid("receiver_missing", "请选择抄送人。", "Choose whom to copy.", where="to")
    for login in fresh:
        colleague(login)
        ctx.command(c.Copy(command_id=ctx.next_command_id(), to=login, step=step))
        let_see(ctx, login, "copy")
    tell(ctx, fresh, "copied", "抄送给您，请阅", "copied to you, please read")
    ctx.note(f"抄送{'、'.join(fresh)}", f"Copied to {', '.join(fresh)}", copied=fresh, step=step)
    return {"to": fresh}


@act("case.mark_read", "已阅", "Read", open_to_told=True)
def mark_read(ctx: Context) -> dict[str, Any]:
    """已阅: whoever was copied has read it."""
    ctx.command(c.MarkRead(command_id=ctx.next_command_id()))
    ctx.note("已阅", "Read")
    return {}


@act("case.remind", "催办", "Remind")
def remind(ctx: Context, *, to: str = "", step: str = CASE) -> dict[str, Any]:
    """催办: each person about each step at most once in the plan's gap. Without `to`: whoever has it in hand."""
    to = to or _in_whose_hands(ctx, step)
    colleague(to)
    ctx.command(c.Remind(command_id=ctx.next_command_id(), to=to, step=step))
    zh, en = step_title(ctx, step) if step else ("", "")
    tell(
        ctx,
        [to],
        "reminder",
        f"请尽快办理{f'“{zh}”' if step else ''}",
        f"please go on with {f'“{en}”' if step else 'it'}",
    )
    ctx.note(f"催办{to}", f"Reminded {to}", to=to, step=step)
    return {"to": to}


def _in_whose_hands(ctx: Context, step: str) -> str:
    """Who has the step (or the next one) in hand by name, else the owner."""
    assert ctx.plan is not None
    assert ctx.state is not None
    for following in next_steps(ctx.plan, ctx.state):
        if step in (CASE, following.step) and following.persons:
            return following.persons[0]
    if not ctx.state.owner or ctx.state.owner == ctx.person.login:
        raise invalid(
            "nobody_to_remind",
            "没有可催办的承办人，请选择催办对象。",
            "Nobody has it in hand by name: choose whom to remind.",
            where="to",
        )
    return ctx.state.owner


@act("case.take_back", "撤回", "Take back")
def take_back(ctx: Context, *, reason: str = "") -> dict[str, Any]:
    """撤回: one's own last act, while nobody has acted on it."""
    ctx.command(c.TakeBack(command_id=ctx.next_command_id(), reason=reason))
    ctx.note("撤回上一步操作", "Took back the last act", reason=reason)
    return {}


@act("case.send_back", "驳回", "Send back")
def send_back(ctx: Context, *, step: str, reason: str) -> dict[str, Any]:
    """驳回 to any finished step: it and all that leans on it are open again."""
    own = ctx.state.steps.get(step) if ctx.state else None
    makers = own.makers if own else ()
    ctx.command(c.SendBack(command_id=ctx.next_command_id(), step=step, reason=reason))
    zh, en = step_title(ctx, step)
    tell(ctx, makers, "sent_back", f"“{zh}”被驳回：{reason}", f"“{en}” was sent back: {reason}")
    ctx.note(f"驳回到“{zh}”：{reason}", f"Sent back to “{en}”: {reason}", step=step, reason=reason)
    return {}


@act("case.suspend", "挂起", "Suspend")
def suspend(ctx: Context, *, reason: str, until: str, waiting_for: str) -> dict[str, Any]:
    """挂起 until (ISO, aware) at the latest, waiting for client, other_case or authority."""
    moment = moment_of(until, "until")
    if waiting_for not in ("client", "other_case", "authority"):
        raise invalid(
            "waiting_for_unknown", "请选择在等谁。", "Choose what the case waits for.", where="waiting_for"
        )
    command_id = ctx.next_command_id()
    ctx.command(c.Suspend(command_id=command_id, reason=reason, until=moment, waiting_for=waiting_for))  # type: ignore[arg-type]
    ctx.note(f"挂起：{reason}", f"Suspended: {reason}", until=until, waiting_for=waiting_for, reason=reason)
    return {}


@act("case.resume", "恢复", "Resume")
def resume(ctx: Context) -> dict[str, Any]:
    ctx.command(c.Resume(command_id=ctx.next_command_id()))
    ctx.note("恢复办理", "Resumed")
    return {}


@act("case.reopen", "重开", "Reopen")
def reopen(ctx: Context, *, reason: str) -> dict[str, Any]:
    ctx.command(c.Reopen(command_id=ctx.next_command_id(), reason=reason))
    tell(ctx, [ctx.the_case.owner], "reopened", f"案件已重开：{reason}", f"the case was reopened: {reason}")
    ctx.note(f"重开：{reason}", f"Reopened: {reason}", reason=reason)
    return {}


@act("case.add_step", "增加环节", "Add a step")
def add_step(ctx: Context, *, title: str, roles: list[str], blocks_close: bool = True) -> dict[str, Any]:
    ctx.command(
        c.AddStep(
            command_id=ctx.next_command_id(), title=title, roles=tuple(roles), blocks_close=blocks_close
        )
    )
    ctx.note(f"增加环节“{title}”", f"Added the step “{title}”", title=title, roles=roles)
    return {}


@act("case.call_up", "启用备选环节", "Call up an optional step")
def call_up(ctx: Context, *, step: str, reason: str = "") -> dict[str, Any]:
    zh, en = step_title(ctx, step)
    ctx.command(c.CallUp(command_id=ctx.next_command_id(), step=step))
    because = _because(reason)
    ctx.note(f"启用“{zh}”{because[0]}", f"Called up “{en}”{because[1]}", step=step, reason=reason)
    return {}


@act("case.call_off", "取消启用", "Call off an optional step")
def call_off(ctx: Context, *, step: str, reason: str) -> dict[str, Any]:
    zh, en = step_title(ctx, step)
    ctx.command(c.CallOff(command_id=ctx.next_command_id(), step=step, reason=reason))
    ctx.note(f"取消启用“{zh}”：{reason}", f"Called off “{en}”: {reason}", step=step, reason=reason)
    return {}
