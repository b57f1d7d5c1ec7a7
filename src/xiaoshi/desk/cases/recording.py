"""Facts and needs by a person's hand: correcting a fact, recording a check or a decision, doing without a need.

What only an act of the kind may establish (`set_by = "act"` in the plan) is refused here: a sum that was counted, a payment
that a second person has to check.
"""

from __future__ import annotations

from typing import Any

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.corrections import Effects, effects_of
from xiaoshi.core.casework.model import FactSpec
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.people_on_case import tell
from xiaoshi.desk.cases.steps import step_title
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid, refuse
from xiaoshi.desk.kinds import kind_named

YES_NO = {True: Words("是", "yes"), False: Words("否", "no")}


@act("case.set_facts", "更正情况", "Correct facts")
def set_facts(ctx: Context, *, facts: dict[str, Any], reason: str, knowing: bool = False) -> dict[str, Any]:
    """Set or correct facts (None: no longer known), with reason; the entry keeps the old values.

    When work that was done would not be needed by the corrected facts, the act is refused with the steps' names until
    whoever corrects says `knowing`; then the entry and the owner's notice say so, and a person decides about that work.
    """
    assert ctx.plan is not None
    assert ctx.state is not None
    if not reason.strip():
        raise invalid("reason_missing", "请写明更正原因。", "Give the reason.", where="reason")
    wanted = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    before, plan = ctx.state, ctx.plan
    ctx.command(c.SetFacts(command_id=ctx.next_command_id(), facts=wanted, reason=reason))
    changed = [name for name in wanted if before.facts.get(name) != ctx.state.facts.get(name)]
    effects = effects_of(plan, before, wanted)
    warning = _warning(ctx, effects)
    if effects.unneeded and not knowing:
        raise invalid(
            "work_loses_its_ground",
            f"更正后，{warning.zh}。确认无误的，请勾选“我已知晓”后再提交。",
            f"After this correction {warning.en}. If it is right all the same, say that you know, and send again.",
            where="knowing",
        )
    shown = [_shown(ctx, plan.facts[n], before.facts.get(n), ctx.state.facts.get(n)) for n in changed]
    zh = f"更正{'；'.join(w.zh for w in shown)}。原因：{reason}"
    en = f"Corrected {'; '.join(w.en for w in shown)}. Reason: {reason}"
    if effects.unneeded or effects.needed:
        zh, en = f"{zh}。注意：{warning.zh}", f"{en}. Note: {warning.en}"
        tell(
            ctx,
            [ctx.state.owner],
            "fact_corrected",
            f"情况已更正，{warning.zh}",
            f"facts corrected: {warning.en}",
        )
    ctx.note(
        zh,
        en,
        before={name: before.facts.get(name) for name in changed},
        reason=reason,
        unneeded=list(effects.unneeded),
        needed=list(effects.needed),
    )
    return {"changed": changed, "unneeded": list(effects.unneeded), "needed": list(effects.needed)}


def _warning(ctx: Context, effects: Effects) -> Words:
    """What the correction does to steps, in one clause; empty when it does nothing."""
    gone = [step_title(ctx, step) for step in effects.unneeded]
    come = [step_title(ctx, step) for step in effects.needed]
    zh, en = [], []
    if gone:
        zh.append(f"已办的{'、'.join(f'“{t[0]}”' for t in gone)}按更正后的情况不需要，请决定是否驳回")
        en.append(
            f"{', '.join(f'“{t[1]}”' for t in gone)}, which was done, is not needed: decide whether to send it back"
        )
    if come:
        zh.append(f"{'、'.join(f'“{t[0]}”' for t in come)}现在需要办理")
        en.append(f"{', '.join(f'“{t[1]}”' for t in come)} is to be done now")
    return Words("；".join(zh), "; ".join(en))


def _shown(ctx: Context, spec: FactSpec, old: Any, new: Any) -> Words:
    """`“损坏原因”火烧→霉变`. Sums stay out of the words, because a second person may have to count them blind."""
    if spec.type == "amount_fen":
        return Words(f"“{spec.words.zh}”", f"“{spec.words.en}”")
    was, now = _value(ctx, old), _value(ctx, new)
    return Words(f"“{spec.words.zh}”{was.zh}→{now.zh}", f"“{spec.words.en}” {was.en} → {now.en}")


def _value(ctx: Context, value: Any) -> Words:
    if value is None:
        return Words("（未知）", "(not known)")
    if isinstance(value, bool):
        return YES_NO[value]
    if isinstance(value, tuple):
        return Words("、".join(value), ", ".join(value))
    choices = kind_named(ctx.the_case.kind).choices
    return choices.get(str(value), Words(str(value), str(value)))


@act("case.record_check", "登记检查", "Record a check")
def record_check(ctx: Context, *, check: str, passed: bool, note: str = "") -> dict[str, Any]:
    """A check that a person makes. A failed one says why, is kept, and does not meet the need."""
    words = _need(ctx, check)
    ctx.command(c.RecordCheck(command_id=ctx.next_command_id(), check=check, passed=passed, note=note))
    how = Words("通过", "passed") if passed else Words("未通过", "did not pass")
    tail_zh, tail_en = (f"：{note}", f": {note}") if note.strip() else ("", "")
    ctx.note(
        f"检查“{words.zh}”{how.zh}{tail_zh}",
        f"Check “{words.en}” {how.en}{tail_en}",
        need=f"check:{check}",
        passed=passed,
    )
    return {"need": f"check:{check}"}


@act("case.record_decision", "登记决定", "Record a decision")
def record_decision(ctx: Context, *, decision: str, value: str, note: str = "") -> dict[str, Any]:
    """A decision that a person makes."""
    words = _need(ctx, decision)
    ctx.command(c.RecordDecision(command_id=ctx.next_command_id(), decision=decision, value=value, note=note))
    ctx.note(
        f"决定“{words.zh}”：{value}",
        f"Decided “{words.en}”: {value}",
        need=f"decision:{decision}",
        value=value,
    )
    return {"need": f"decision:{decision}"}


@act("case.waive_need", "免除要件", "Do without a need")
def waive_need(ctx: Context, *, need: str, reason: str) -> dict[str, Any]:
    """Do without a paper, check or decision (`paper:fire_report`, `check:…`), with authority and reason."""
    assert ctx.plan is not None
    sort, _colon, name = need.partition(":")
    words = ctx.plan.need_words.get(name, Words(need, need))
    if sort == "paper":
        from xiaoshi.desk.papers.requirements import called, requirement_on

        words = called(requirement_on(ctx, name))
        if not reason.strip():
            raise invalid("reason_missing", "请写明理由。", "Give the reason.", where="reason")
    ctx.command(c.WaiveNeed(command_id=ctx.next_command_id(), need=need, reason=reason))
    ctx.note(f"免除“{words.zh}”：{reason}", f"Did without “{words.en}”: {reason}", need=need, reason=reason)
    return {"need": need}


def _need(ctx: Context, name: str) -> Words:
    """What the need is called. Refused when only an act of the kind may record it."""
    assert ctx.plan is not None
    words = ctx.plan.need_words.get(name, Words(name, name))
    if name in ctx.plan.needs_by_act:
        raise refuse(
            "need_by_act_only",
            f"“{words.zh}”由相应的办理操作自动登记，不能手工登记。",
            f"“{words.en}” is recorded by its own act, not by hand.",
            where="need",
        )
    return words
