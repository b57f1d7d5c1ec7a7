"""The verbs that Chinese desks know, as acts on any case and step: 转办 委派 会签 加签 抄送 催办 撤回 驳回 挂起 恢复 作废 重开, and 请示.

Each is one command of the engine and one entry; whoever is asked sees the case from then on.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.model import CASE
from xiaoshi.desk.cases.people_on_case import colleague, let_see
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid
from xiaoshi.desk.organisation.models import Unit


@act("case.claim", "签收", "Claim a step")
def claim(ctx: Context, *, step: str) -> dict[str, Any]:
    ctx.command(c.Claim(command_id=ctx.next_command_id(), step=step))
    ctx.note("签收环节", "Claimed a step", step=step)
    return {}


@act("case.release", "退回待认领", "Release a step")
def release(ctx: Context, *, step: str) -> dict[str, Any]:
    ctx.command(c.Release(command_id=ctx.next_command_id(), step=step))
    ctx.note("退回待认领", "Released a step", step=step)
    return {}


@act("case.hand_over", "转办", "Hand over")
def hand_over(ctx: Context, *, to: str, reason: str, step: str = CASE) -> dict[str, Any]:
    """转办: for good. The giver still sees the case, so that a question from the client finds an answer."""
    receiver = colleague(to)
    ctx.command(c.HandOver(command_id=ctx.next_command_id(), to=receiver, reason=reason, step=step))
    let_see(ctx, to, "hand_over")
    let_see(ctx, ctx.person.login, "handed_over")
    ctx.note(f"转办给{to}：{reason}", f"Handed over to {to}: {reason}", to=to, step=step, reason=reason)
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
def delegate(ctx: Context, *, step: str, to: str, reason: str) -> dict[str, Any]:
    """委派: somebody else does it, and it comes back."""
    ctx.command(c.Delegate(command_id=ctx.next_command_id(), step=step, to=colleague(to), reason=reason))
    let_see(ctx, to, "delegate")
    ctx.note(f"委派给{to}：{reason}", f"Delegated to {to}: {reason}", to=to, step=step, reason=reason)
    return {"to": to}


@act("case.accept_report", "接受委派结果", "Accept a report")
def accept_report(ctx: Context, *, step: str) -> dict[str, Any]:
    ctx.command(c.AcceptReport(command_id=ctx.next_command_id(), step=step))
    ctx.note("接受委派结果", "Accepted the delegate's report", step=step)
    return {}


@act("case.return_report", "退回委派结果", "Return a report")
def return_report(ctx: Context, *, step: str, reason: str) -> dict[str, Any]:
    ctx.command(c.ReturnReport(command_id=ctx.next_command_id(), step=step, reason=reason))
    ctx.note(f"退回委派结果：{reason}", f"Returned the report: {reason}", step=step, reason=reason)
    return {}


@act("case.all_sign", "会签", "All sign")
def all_sign(ctx: Context, *, step: str, signers: list[str]) -> dict[str, Any]:
    """会签: the step is finished only when all of them have signed."""
    people = tuple(colleague(login, where="signers") for login in signers)
    ctx.command(c.AllSign(command_id=ctx.next_command_id(), step=step, signers=people))
    for login in signers:
        let_see(ctx, login, "sign")
    ctx.note(
        f"会签：{'、'.join(signers)}", f"To be signed by {', '.join(signers)}", step=step, signers=signers
    )
    return {}


@act("case.add_signer", "加签", "Add a signer")
def add_signer(ctx: Context, *, step: str, signer: str, place: str) -> dict[str, Any]:
    """加签: one more, `place` "before" or "after"."""
    if place not in ("before", "after"):
        raise invalid("place_unknown", "请选择前加签或后加签。", "Choose before or after.", where="place")
    command = c.AddSigner(
        command_id=ctx.next_command_id(),
        step=step,
        signer=colleague(signer, where="signer"),
        place=place,  # type: ignore[arg-type]
    )
    ctx.command(command)
    let_see(ctx, signer, "sign")
    ctx.note(f"加签：{signer}", f"Added signer {signer}", step=step, signer=signer, place=place)
    return {}


@act("case.sign", "签署", "Sign")
def sign(ctx: Context, *, step: str) -> dict[str, Any]:
    ctx.command(c.Sign(command_id=ctx.next_command_id(), step=step))
    ctx.note("会签同意", "Signed", step=step)
    return {}


@act("case.refuse_to_sign", "会签不同意", "Refuse to sign")
def refuse_to_sign(ctx: Context, *, step: str, reason: str) -> dict[str, Any]:
    ctx.command(c.RefuseToSign(command_id=ctx.next_command_id(), step=step, reason=reason))
    ctx.note(f"会签不同意：{reason}", f"Refused to sign: {reason}", step=step, reason=reason)
    return {}


@act("case.copy", "抄送", "Copy")
def copy_to(ctx: Context, *, to: str, step: str = CASE) -> dict[str, Any]:
    """抄送: let somebody know; he or she sees the case from now on."""
    colleague(to)
    ctx.command(c.Copy(command_id=ctx.next_command_id(), to=to, step=step))
    let_see(ctx, to, "copy")
    ctx.note(f"抄送{to}", f"Copied to {to}", to=to, step=step)
    return {}


@act("case.remind", "催办", "Remind")
def remind(ctx: Context, *, to: str, step: str = CASE) -> dict[str, Any]:
    """催办: at most once in the plan's gap."""
    colleague(to)
    ctx.command(c.Remind(command_id=ctx.next_command_id(), to=to, step=step))
    ctx.note(f"催办{to}", f"Reminded {to}", to=to, step=step)
    return {}


@act("case.take_back", "撤回", "Take back")
def take_back(ctx: Context, *, reason: str = "") -> dict[str, Any]:
    """撤回: one's own last act, while nobody has acted on it."""
    ctx.command(c.TakeBack(command_id=ctx.next_command_id(), reason=reason))
    ctx.note("撤回上一步操作", "Took back the last act", reason=reason)
    return {}


@act("case.send_back", "驳回", "Send back")
def send_back(ctx: Context, *, step: str, reason: str) -> dict[str, Any]:
    """驳回 to any finished step: it and all that leans on it are open again."""
    ctx.command(c.SendBack(command_id=ctx.next_command_id(), step=step, reason=reason))
    assert ctx.plan is not None
    title = ctx.plan.steps[step].title if step in ctx.plan.steps else None
    zh, en = (title.zh, title.en) if title else (step, step)
    ctx.note(f"驳回到“{zh}”：{reason}", f"Sent back to “{en}”: {reason}", step=step, reason=reason)
    return {}


@act("case.suspend", "挂起", "Suspend")
def suspend(ctx: Context, *, reason: str, until: str, waiting_for: str) -> dict[str, Any]:
    """挂起 until (ISO, aware) at the latest, waiting for client, other_case or authority."""
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        raise invalid("date_unreadable", "请填写挂起到哪一天。", "Enter until when.", where="until") from None
    if moment.tzinfo is None or waiting_for not in ("client", "other_case", "authority"):
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


@act("case.cancel", "作废", "Cancel")
def cancel(ctx: Context, *, reason: str) -> dict[str, Any]:
    ctx.command(c.Cancel(command_id=ctx.next_command_id(), reason=reason))
    ctx.note(f"作废：{reason}", f"Cancelled: {reason}", reason=reason)
    return {}


@act("case.reopen", "重开", "Reopen")
def reopen(ctx: Context, *, reason: str) -> dict[str, Any]:
    ctx.command(c.Reopen(command_id=ctx.next_command_id(), reason=reason))
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


@act("case.ask", "请示", "Consult upwards")
def ask(ctx: Context, *, text: str, to_level: str, field: str, step: str = CASE) -> dict[str, Any]:
    """请示: one question to the city or the province; the case stays here and other steps go on."""
    if to_level not in ("sub_branch", "city", "province"):
        raise invalid("level_unknown", "请选择请示哪一级。", "Choose the level to ask.", where="to_level")
    command_id = ctx.next_command_id()
    events = ctx.command(c.Ask(command_id=command_id, text=text, to_level=to_level, field=field, step=step))  # type: ignore[arg-type]
    ctx.note("请示上级", "Consulted upwards", to_level=to_level, field=field)
    return {"question": next((e.question for e in events if hasattr(e, "question")), "")}


@act("case.answer", "批复", "Answer a question")
def answer(ctx: Context, *, question: str, text: str, source: str, authority: str) -> dict[str, Any]:
    """批复: the answer with its source and the authority it is given with becomes part of the case."""
    command_id = ctx.next_command_id()
    ctx.command(
        c.Answer(command_id=command_id, question=question, text=text, source=source, authority=authority)
    )
    ctx.note("批复请示", "Answered the question", question=question, source=source)
    return {}


@act("case.withdraw_question", "撤销请示", "Withdraw a question")
def withdraw_question(ctx: Context, *, question: str, reason: str) -> dict[str, Any]:
    ctx.command(c.WithdrawQuestion(command_id=ctx.next_command_id(), question=question, reason=reason))
    ctx.note(f"撤销请示：{reason}", f"Withdrew the question: {reason}", question=question)
    return {}
