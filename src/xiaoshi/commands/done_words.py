"""What an act answered, as a sentence for the terminal; programs read the same values with `--json`."""

from __future__ import annotations

from typing import Any

from xiaoshi.core.problems import Words

STATES = {
    "proposed": Words("待另一人批准", "waits for another person"),
    "approved": Words("已批准", "approved"),
    "rejected": Words("不同意", "rejected"),
    "withdrawn": Words("已撤回", "withdrawn"),
    "done": Words("已执行", "carried out"),
}
WHAT_KEEPS = {
    "open": Words("尚未办结", "not closed yet"),
    "too_young": Words("未满保存期限", "not old enough"),
    "own_period_longer": Words("未满本行自定的更长期限", "not old enough by the bank's own longer period"),
    "no_rule": Words("没有可用的保存规则", "no rule in force"),
    "relationship_unknown": Words(
        "客户关系何时结束不明", "end of the relationship with the client not known"
    ),
    "held": Words("已暂停销毁", "on hold"),
    "order_open": Words("有款项待复核", "a payment waits for a decision"),
    "linked": Words("关联案件还不能销毁", "a linked case may not go yet"),
    "shared_answer": Words("批复仍在全行共享", "an answer is shared with the whole bank"),
}
"""Every reason of the dry run (`core/rules/retention_rules.py`) in few words."""


def clock_done(work: str, told: dict[str, Any], unit: Words) -> Words:
    """`xiaoshi clock <work>`. `unit`: the name of the unit in `told`."""
    match work:
        case "hours":
            days = "；".join(
                f"{day} {'、'.join('–'.join(p) for p in ps)}" for day, ps in told["periods"].items()
            )
            return Words(
                f"已设置{unit.zh}的营业时间（{told['zone']}）：{days}",
                f"Hours of {unit.en} ({told['zone']}): {days.replace('；', '; ').replace('、', ', ')}",
            )
        case "inherit":
            return Words(f"{unit.zh}改为沿用上级营业时间", f"{unit.en} takes the hours of the unit above")
        case "close":
            return Words(
                f"已登记{unit.zh}停业（编号 {told['closure']}）：{told['when']}",
                f"Entered closure {told['closure']} of {unit.en}: {told['when']}",
            )
        case "open":
            return Words(f"已取消停业（编号 {told['closure']}）", f"Closure {told['closure']} is withdrawn")
        case "announce":
            return Words(
                f"已录入 {told['year']} 年放假调休：放假 {told['off']} 天，调休上班 {told['worked']} 天",
                f"Notice for {told['year']} entered: {told['off']} days off, {told['worked']} swapped working days",
            )
        case _:
            due = told["due"]
            return Words(
                f"“{told['step']}”的时限已延长" + (f"，到期 {due}" if due else "，现为暂停"),
                f"The limit of {told['step']} is extended" + (f", due {due}" if due else ", paused for now"),
            )


def retention_done(work: str, told: dict[str, Any]) -> Words:
    """`xiaoshi retention <work>`."""
    match work:
        case "hold":
            until = told["until"]
            return Words(
                f"已暂停销毁（编号 {told['hold']}）" + (f"，至 {until}" if until else "，直至解除"),
                f"On hold (number {told['hold']})" + (f" until {until}" if until else " until it is lifted"),
            )
        case "lift":
            left = told["still_held_by"]
            return Words(
                f"已解除暂停（编号 {told['hold']}）" + (f"；仍有 {left} 项暂停" if left else ""),
                f"Hold {told['hold']} is lifted" + (f"; {left} more still bind" if left else ""),
            )
        case "propose":
            return Words(
                f"已提请销毁 {told['cases']} 个案件（批次 {told['batch']}），待另一人批准",
                f"Proposed {told['cases']} case(s) for destruction (batch {told['batch']}); another person has to agree",
            )
        case "period":
            return Words(
                f"自 {told['in_force_from']} 起，{told['subject']} 保存 {told['years']} 年",
                f"From {told['in_force_from']} on, {told['subject']} is kept for {told['years']} years",
            )
        case _:
            state = STATES.get(told["state"], Words(told["state"], told["state"]))
            return Words(f"批次 {told['batch']}：{state.zh}", f"Batch {told['batch']}: {state.en}")
