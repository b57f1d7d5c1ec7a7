"""Deciding about papers beside the plan: one more is asked for, no longer wanted, or the wrong one is taken off again."""

from __future__ import annotations

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework import events as e
from xiaoshi.core.casework.model import CASE, Refused
from xiaoshi.core.casework.turn import Outcome, Turn, first_refusal, refused

ASKED_MAX = 50
TITLE_CHARACTERS_MAX = 80


def ask_for_paper(turn: Turn, command: c.AskForPaper) -> Outcome:
    """One more paper, with the reason; the engine names it `paper:asked_1`, `paper:asked_2`, ..."""
    title = command.title.strip()
    no = first_refusal(
        turn.may("ask_paper"),
        None if title else refused("title_missing", "请写明要哪份资料", "Say which paper is wanted", "title"),
        turn.needs_reason(command.reason, "reason"),
    )
    if no is not None:
        return no
    if len(title) > TITLE_CHARACTERS_MAX:
        return refused(
            "title_too_long", "资料名称请在 80 字以内", "Keep the name under 80 characters", "title"
        )
    if command.step != CASE and isinstance(step := turn.step(command.step), Refused):
        return step
    if any(asked.title == title for asked in turn.state.asked_needs.values()):
        return refused(
            "asked_already", "已经要过同名资料", "A paper of this name is asked for already", "title"
        )
    if len(turn.state.asked_needs) >= ASKED_MAX:
        return refused(
            "asked_too_many",
            f"另要的资料已有 {ASKED_MAX} 份，请先撤销不再需要的",
            f"{ASKED_MAX} papers are asked for by hand; withdraw what is no longer wanted",
            "title",
        )
    return [
        turn.event(
            e.NeedAsked,
            need=f"paper:asked_{turn.state.needs_asked + 1}",
            title=title,
            reason=command.reason.strip(),
            blocks_close=command.blocks_close,
            step=command.step,
        )
    ]


def withdraw_asked(turn: Turn, command: c.WithdrawAsked) -> Outcome:
    """What was asked for by hand is not wanted after all. What the plan asks for is waived, with authority."""
    if command.need not in turn.state.asked_needs:
        return refused(
            "not_asked_by_hand",
            "这不是另要的资料；流程规定的资料只能由有权人免除",
            "It was not asked for by hand; what the plan asks for can only be waived by somebody with authority",
            command.need,
        )
    no = first_refusal(turn.may("withdraw_paper", command.need), turn.needs_reason(command.reason, "reason"))
    if no is not None:
        return no
    return [turn.event(e.AskedNeedWithdrawn, need=command.need, reason=command.reason.strip())]


def take_off(turn: Turn, command: c.TakeOff) -> Outcome:
    """The document that met a need was the wrong one (or its waiver is undone): the need is open again, closing too."""
    record = turn.state.records.get(command.need)
    if record is None or not command.need.startswith("paper:"):
        return refused(
            "nothing_to_take_off",
            "这项要求下没有已登记的资料",
            "No paper is recorded for this need",
            command.need,
        )
    if command.need.partition(":")[2] in turn.plan.needs_by_act:
        return refused(
            "need_by_act_only",
            "该要件由相应的办理操作形成，不能撤下",
            "This need is met by its own act and cannot be taken off",
            command.need,
        )
    verb = "waive_need" if record.waived else "record"
    no = first_refusal(turn.may(verb), turn.needs_reason(command.reason, "reason"))
    if no is not None:
        return no
    return [turn.event(e.NeedTakenOff, need=command.need, reason=command.reason.strip())]
