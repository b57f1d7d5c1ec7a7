"""Deciding about the case as a whole: opening, resting, ending, reopening, and questions upwards."""

from __future__ import annotations

from datetime import datetime, timedelta

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework import events as e
from xiaoshi.core.casework.authority import (
    ANSWERERS,
    HEADS,
    holds_any,
    is_above,
    role_used,
)
from xiaoshi.core.casework.facts import facts_problem
from xiaoshi.core.casework.model import CASE, Question, Refused
from xiaoshi.core.casework.roles import LEVELS, words_of_roles
from xiaoshi.core.casework.turn import Outcome, Turn, first_refusal, refused, refused_for


def open_case(turn: Turn, command: c.OpenCase) -> Outcome:
    """Open: by a role that the plan names, for an outlet that the person stands over."""
    if not holds_any(turn.actor, turn.plan.opens):
        who = words_of_roles(turn.plan.opens)
        return refused("wrong_role", f"该业务由{who.zh}受理", f"{who.en} opens this kind of case")
    if not command.case_number.strip():
        return refused("number_missing", "缺案件编号", "The case number is missing", "case_number")
    no = facts_problem(turn.plan, command.facts)
    if no is not None:
        return no
    return [
        turn.event(
            e.CaseOpened,
            kind=turn.plan.kind,
            plan_version=turn.plan.version,
            case_number=command.case_number,
            unit_path=command.unit_path,
            owner=command.owner or turn.actor.id,
            facts=dict(command.facts),
        )
    ]


def suspend(turn: Turn, command: c.Suspend) -> Outcome:
    """挂起: with a reason, and never for ever."""
    no = first_refusal(turn.may("suspend"), turn.needs_reason(command.reason))
    if no is not None:
        return no
    if command.until.tzinfo is None or command.until <= turn.now:
        return refused(
            "until_in_the_past", "挂起期限应晚于现在", "The case can rest only until a later time", "until"
        )
    return [
        turn.event(
            e.CaseSuspended, reason=command.reason, until=command.until, waiting_for=command.waiting_for
        )
    ]


def resume(turn: Turn, command: c.Resume) -> Outcome:
    """恢复."""
    no = turn.may("resume")
    return no if no is not None else [turn.event(e.CaseResumed, lapsed=False)]


def cancel(turn: Turn, command: c.Cancel) -> Outcome:
    """作废."""
    no = first_refusal(turn.may("cancel"), turn.needs_reason(command.reason))
    if no is not None:
        return no
    return [
        turn.event(
            e.CaseCancelled,
            reason=command.reason,
            authority=role_used(turn.actor, HEADS),
            reopen_until=_reopen_until(turn),
        )
    ]


def _reopen_until(turn: Turn) -> datetime | None:
    days = turn.plan.reopen.within_days
    return turn.now + timedelta(days=days) if days else None


def reopen(turn: Turn, command: c.Reopen) -> Outcome:
    """重开: by whom and for as long as the plan says; afterwards any step can be sent back, or one added."""
    roles = turn.plan.reopen.by or HEADS
    if not holds_any(turn.actor, roles):
        who = words_of_roles(roles)
        return refused("not_your_act", f"应由{who.zh}重开", f"{who.en} may reopen this kind of case")
    until = turn.state.reopen_until
    if until is not None and turn.now > until:
        day = until.astimezone(turn.now.tzinfo).strftime("%Y-%m-%d")
        return refused(
            "reopen_too_late",
            f"重开期限（{day}）已过；请另开新案，并写明本案编号",
            f"It could be reopened until {day}; open a new case and name this one in it",
        )
    no = turn.needs_reason(command.reason)
    if no is not None:
        return no
    return [turn.event(e.CaseReopened, reason=command.reason, authority=role_used(turn.actor, roles))]


def close_case(turn: Turn, command: c.CloseCase) -> Outcome:
    """办结: by whom the plan names, when nothing is left."""
    if not holds_any(turn.actor, turn.plan.close.by):
        who = words_of_roles(turn.plan.close.by)
        return refused("wrong_role", f"应由{who.zh}办结", f"{who.en} closes this kind of case")
    hindrances = turn.standing.close_hindrances()
    if hindrances:
        return refused_for(hindrances, hindrances[0].about)
    return [turn.event(e.CaseClosed, outcome=command.outcome, reopen_until=_reopen_until(turn))]


def ask(turn: Turn, command: c.Ask) -> Outcome:
    """请示: upwards only; a step that is named waits for the answer."""
    no = turn.may("ask")
    if no is not None:
        return no
    if command.to_level not in ANSWERERS or not is_above(command.to_level, turn.actor):
        return refused("not_upwards", "请示应向上级机构提出", "A question goes upwards", "to_level")
    if not command.text.strip():
        return refused("question_missing", "请写明请示事项", "Write the question", "text")
    if command.step != CASE:
        step = turn.step(command.step)
        if isinstance(step, Refused):
            return step
        if turn.standing.settled(step):
            return refused("finished", "该环节无须再办，不必等待批复", "Nothing is left to do here", step.id)
    return [
        turn.event(
            e.QuestionAsked,
            question=f"q{turn.state.questions_asked + 1}",
            text=command.text,
            to_level=command.to_level,
            field=command.field,
            step=command.step,
        )
    ]


def answer(turn: Turn, command: c.Answer) -> Outcome:
    """批复: by a specialist of the level that was asked, with its source."""
    question = _asked_of_me(turn, command.question)
    if isinstance(question, Refused):
        return question
    if not command.text.strip() or not command.source.strip():
        return refused(
            "source_missing", "批复应有内容和依据", "An answer needs its text and its source", "source"
        )
    return [
        turn.event(
            e.QuestionAnswered,
            question=question.id,
            text=command.text,
            source=command.source,
            authority=command.authority or role_used(turn.actor, ANSWERERS[question.to_level]),
        )
    ]


def hand_up_question(turn: Turn, command: c.HandUpQuestion) -> Outcome:
    """转请上级: by whoever could answer it, to a level above the one that was asked."""
    question = _asked_of_me(turn, command.question)
    if isinstance(question, Refused):
        return question
    if command.to_level not in ANSWERERS or not is_above(command.to_level, turn.actor):
        return refused("not_upwards", "请示应向上级机构提出", "A question goes upwards", "to_level")
    no = turn.needs_reason(command.reason, question.id)
    if no is not None:
        return no
    return [
        turn.event(e.QuestionHandedUp, question=question.id, to_level=command.to_level, reason=command.reason)
    ]


def _asked_of_me(turn: Turn, question_id: str) -> Question | Refused:
    """The open question, if the actor is of the level and role that was asked."""
    question = _open_question(turn, question_id)
    if isinstance(question, Refused):
        return question
    roles = ANSWERERS[question.to_level]
    if turn.actor.level != question.to_level or not holds_any(turn.actor, roles):
        level, who = LEVELS[question.to_level], words_of_roles(roles)
        return refused(
            "wrong_role",
            f"应由{level.zh}的{who.zh}批复",
            f"{who.en} at {level.en} level answers",
            question.id,
        )
    return question


def withdraw_question(turn: Turn, command: c.WithdrawQuestion) -> Outcome:
    """撤销请示."""
    question = _open_question(turn, command.question)
    if isinstance(question, Refused):
        return question
    no = first_refusal(
        turn.may("withdraw_question", question.id), turn.needs_reason(command.reason, question.id)
    )
    if no is not None:
        return no
    return [turn.event(e.QuestionWithdrawn, question=question.id, reason=command.reason)]


def _open_question(turn: Turn, question_id: str) -> Question | Refused:
    question = turn.state.questions.get(question_id)
    if question is None:
        return refused(
            "unknown_question", "没有这一请示，或已批复、撤销", "No such open question", question_id
        )
    return question
