"""Asking somebody to stand in: he or she agrees or declines with a reason, and until then nothing goes there.

A head may name somebody without asking where the bank's own rule says so (`AskingRule`): data of the bank, with its source
and the day from which it holds. Whoever cannot be asked (ill, no answer by the first day) is not decided here: the desk
tells those who arranged it on the first morning, and they choose another person.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.urls import reverse

from xiaoshi.core.casework.authority import HOUSE
from xiaoshi.core.problems import Words
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import Invalid, invalid, not_allowed, refuse
from xiaoshi.desk.guard.standing_in import bank_day, bank_moment
from xiaoshi.desk.notices.telling import tell_colleagues
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.substitutes.acts import (
    arrangement_named,
    chain_of,
    day_of,
    one_at_a_time,
    problem_with,
    span_of,
)
from xiaoshi.desk.substitutes.models import AskingRule
from xiaoshi.desk.substitutes.models import Substitution as Row

SOURCE_MAX = 300


def rule_on(day: date) -> AskingRule | None:
    """The bank's rule in force on this day; None: everybody is asked."""
    return AskingRule.objects.filter(from_day__lte=day).order_by("-from_day", "-id").first()


@act("substitutes.agree", "同意代岗", "Agree to stand in", on_case=False, people_only=True)
def agree(ctx: Context, *, arrangement: int) -> dict[str, Any]:
    """The substitute agrees; from now on, and not before its first day, it holds. Clashes and circles are looked for again."""
    row = _asked_of_me(ctx, arrangement)
    one_at_a_time()
    away, there = _both(row)
    problem = problem_with(ctx, row.as_value(), away, there, but=row.id)
    if problem is not None:
        raise Invalid(problem)
    row.agreement, row.answered_at = "agreed", ctx.now
    row.save(update_fields=["agreement", "answered_at"])
    span = span_of(row.as_value())
    _answered(
        ctx,
        row,
        away,
        Words(
            f"{there.name_zh}同意代{away.name_zh}的岗：{span.zh}",
            f"{there.name_en} agrees to stand in for {away.name_en} {span.en}",
        ),
    )
    ctx.note(
        f"{row.substitute}同意代{row.absent}的岗，{span.zh}",
        f"{row.substitute} agrees to stand in for {row.absent} {span.en}",
        absent=row.absent,
        to=row.substitute,
        arrangement=row.id,
    )
    return {}


@act("substitutes.decline", "谢绝代岗", "Decline to stand in", on_case=False, people_only=True)
def decline(ctx: Context, *, arrangement: int, reason: str) -> dict[str, Any]:
    """The substitute declines, with a reason; the arrangement has ended with it."""
    row = _asked_of_me(ctx, arrangement)
    if not reason.strip():
        raise invalid("reason_missing", "请写明原因。", "Give the reason.", where="reason")
    row.agreement, row.answered_at = "declined", ctx.now
    row.ended_at, row.ended_by, row.end_reason = ctx.now, ctx.person.login, reason.strip()
    row.save(update_fields=["agreement", "answered_at", "ended_at", "ended_by", "end_reason"])
    away, there = _both(row)
    span = span_of(row.as_value())
    _answered(
        ctx,
        row,
        away,
        Words(
            f"{there.name_zh}不能代{away.name_zh}的岗（{span.zh}）：{reason.strip()}；请另选代岗人",
            f"{there.name_en} cannot stand in for {away.name_en} {span.en}: {reason.strip()}. Choose somebody else",
        ),
    )
    ctx.note(
        f"{row.substitute}谢绝代{row.absent}的岗：{reason.strip()}",
        f"{row.substitute} declined to stand in for {row.absent}: {reason.strip()}",
        absent=row.absent,
        to=row.substitute,
        reason=reason.strip(),
        arrangement=row.id,
    )
    return {}


@act("substitutes.still_unanswered", "代岗未答复提醒", "Nobody has answered yet", on_case=False)
def still_unanswered(ctx: Context, *, arrangement: int) -> dict[str, Any]:
    """The desk itself, when the first day begins: whoever arranged it learns that nobody stands in yet."""
    if not ctx.person.login.startswith(HOUSE):
        raise not_allowed("house_only", "由系统提醒。", "The desk itself does this.")
    row = Row.objects.filter(id=arrangement, agreement="asked", ended_at=None).first()
    if row is None or row.as_value().end <= bank_moment(ctx.now):
        raise refuse("nothing_new", "已答复或已结束。", "Answered or ended.")
    away, there = _both(row)
    words = Words(
        f"{there.name_zh}尚未答复是否代{away.name_zh}的岗，现在无人代岗；请联系本人，或另选代岗人",
        f"{there.name_en} has not answered whether to stand in for {away.name_en}: nobody stands in now."
        " Ask, or choose somebody else",
    )
    tell_colleagues(
        {row.absent, row.substitute, row.made_by}, None, "substitute", words, ctx.now, reverse("substitutes")
    )
    return {}


@act("substitutes.set_rule", "规定代岗是否须本人同意", "Set whether heads may name without asking", roles={"people_keeper"}, on_case=False, people_only=True)  # fmt: skip
def set_rule(ctx: Context, *, from_day: str, heads_may_name: bool, source: str) -> dict[str, Any]:
    """The bank's rule from a day on. By a people keeper of the province branch; what holds already is not changed by it."""
    if ctx.person.unit.level != "province":
        raise not_allowed(
            "not_your_act",
            "由省分行的人员管理员登记本行规定。",
            "A people keeper of the province branch enters the bank's rule.",
        )
    day = day_of(from_day, "from_day")
    if day < bank_day(ctx.now):
        raise invalid(
            "days_past",
            "不能从过去的日期起执行。",
            "It cannot begin on a day that is over.",
            where="from_day",
        )
    if not source.strip() or len(source) > SOURCE_MAX:
        raise invalid(
            "source_missing",
            f"请写明依据（文件名和条款），最多{SOURCE_MAX}字。",
            f"Say where it is written, in at most {SOURCE_MAX} characters.",
            where="source",
        )
    AskingRule(
        from_day=day,
        heads_may_name=heads_may_name,
        source=source.strip(),
        set_by=ctx.person.login,
        set_at=ctx.now,
    ).save(force_insert=True)
    said = ("可不经本人同意指派代岗", "may name a substitute without asking")
    if not heads_may_name:
        said = ("须经本人同意才能代岗", "have to ask the substitute")
    ctx.note(
        f"自{day}起，负责人{said[0]}（{source.strip()}）",
        f"From {day} heads {said[1]} ({source.strip()})",
        from_day=from_day,
        heads_may_name=heads_may_name,
    )
    return {}


def _asked_of_me(ctx: Context, arrangement: int) -> Row:
    row = arrangement_named(arrangement)
    if row.substitute != ctx.person.login:
        raise not_allowed(
            "not_your_act",
            "只能由代岗人本人答复。",
            "Only whoever was asked to stand in answers.",
        )
    if row.agreement != "asked" or row.ended_at is not None:
        raise refuse("answered_already", "已答复，或安排已结束。", "It was answered, or has ended.")
    if row.as_value().end <= bank_moment(ctx.now):
        raise refuse("days_past", "代岗日期已过。", "These days are over.")
    return row


def _both(row: Row) -> tuple[Staff, Staff]:
    people = {
        s.login: s
        for s in Staff.objects.select_related("unit").filter(login__in=[row.absent, row.substitute])
    }
    return people[row.absent], people[row.substitute]


def _answered(ctx: Context, row: Row, away: Staff, words: Words) -> None:
    others = {row.absent, row.made_by} - {ctx.person.login}
    tell_colleagues(others, None, "substitute", words, ctx.now, reverse("substitutes"))
    chain_of(ctx, away)
