"""Deciding about the plan that a case goes by: on to a newer version, or back again."""

from __future__ import annotations

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework import events as e
from xiaoshi.core.casework.authority import RULES, role_used
from xiaoshi.core.casework.plan_move import CaseDifference, back, forward
from xiaoshi.core.casework.turn import Outcome, Turn, first_refusal, refused


def move_to_plan(turn: Turn, command: c.MoveToPlan) -> Outcome:
    """改用新版流程: only between steps, and only when no finished work is lost without a word."""
    difference = forward(turn.plan, command.plan, turn.state, command.renamed)
    return _moved(turn, difference, command.reason, is_back=False)


def move_back(turn: Turn, command: c.MoveBack) -> Outcome:
    """改回原版流程: the newest move is undone."""
    return _moved(turn, back(turn.plan, command.plan, turn.state), command.reason, is_back=True)


def _moved(turn: Turn, difference: CaseDifference, reason: str, *, is_back: bool) -> Outcome:
    no = first_refusal(turn.may("move_plan"), turn.needs_reason(reason, "reason"))
    if no is not None:
        return no
    if difference.problems:
        first = difference.problems[0]
        zh = "；".join(p.words.zh for p in difference.problems)
        en = "; ".join(p.words.en for p in difference.problems)
        return refused(first.code, zh, en, first.where)
    return [
        turn.event(
            e.PlanMoved,
            from_version=difference.from_version,
            to_version=difference.to_version,
            renamed=dict(difference.renamed),
            reason=reason,
            authority=role_used(turn.actor, RULES["move_plan"].roles),
            back=is_back,
        )
    ]
