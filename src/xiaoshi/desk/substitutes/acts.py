"""Arranging that somebody stands in, and ending it: by the absent person, or by a head over his or her unit.

Whoever is to stand in is asked, and nothing goes there before he or she agrees (`asking.py`).

An arrangement ends by itself with its last day, or at a time of day on it. It gives no role: the substitute acts by the own roles on what is the
absent person's (cases, claimed steps, delegations, signatures), and both names stand in the entry.
"""

from __future__ import annotations

from datetime import date, time
from typing import Any

from django.db import connection
from django.urls import reverse

from xiaoshi.core.casework.roles import level_rank
from xiaoshi.core.casework.substitutes import StandIn, Substitution, arrangement_problem
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import Invalid, invalid, not_allowed, refuse
from xiaoshi.desk.guard.standing_in import BANK_ZONE, bank_moment, promised_from
from xiaoshi.desk.kinds import KINDS
from xiaoshi.desk.notices.telling import tell_colleagues
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.substitutes.models import Substitution as Row

MAY_ARRANGE = frozenset({"supervisor", "outlet_head", "people_keeper"})


@act("substitutes.arrange", "安排代岗", "Arrange a substitute", on_case=False, people_only=True)
def arrange(
    ctx: Context,
    *,
    absent: str,
    substitute: str,
    first_day: str,
    last_day: str,
    reason: str,
    kinds: list[str] = [],  # noqa: B006  read only; the boundary wants plain lists
    fields: list[str] = [],  # noqa: B006
    from_time: str = "",
    until_time: str = "",
    ask: bool = True,
) -> dict[str, Any]:
    """`substitute` stands in for `absent` from `first_day` to `last_day` (ISO, both included), for `kinds` (empty: all).

    `ask`: it holds only once the substitute agrees; False: named by a head, where the bank's rule lets heads do that.
    Half days: `from_time` on the first day, `until_time` on the last, as `13:30` by the bank's clock; empty: whole days.
    """
    away, there = _in_service(absent, "absent"), _in_service(substitute, "substitute")
    _may_arrange(ctx, away)
    _outsider_by_a_head(ctx, away, there)
    _readable(reason, kinds)
    wanted = Substitution(
        absent,
        substitute,
        day_of(first_day, "first_day"),
        day_of(last_day, "last_day"),
        frozenset(kinds),
        _time(from_time, "from_time"),
        _time(until_time, "until_time"),
    )
    one_at_a_time()
    problem = problem_with(ctx, wanted, away, there)
    if problem is not None:
        raise Invalid(problem)
    agreement = _agreement(ctx, away, there, ask, wanted.first_day)
    row = _kept(ctx, wanted, away, fields, reason, agreement)
    span = span_of(wanted)
    words = Words(
        f"{span.zh}，{there.name_zh}代{away.name_zh}的岗",
        f"{there.name_en} stands in for {away.name_en} {span.en}",
    )
    if agreement == "asked":
        words = Words(
            f"请{there.name_zh}代{away.name_zh}的岗，{span.zh}；同意后生效，请答复",
            f"{there.name_en} is asked to stand in for {away.name_en} {span.en}; it holds once agreed, please answer",
        )
        _ask_again_on_the_first_day(ctx, row)
    _tell_both(ctx, row, words)
    chain_of(ctx, away)
    verb = ("请", "is asked to stand in") if agreement == "asked" else ("安排", "stands in")
    ctx.note(
        f"{verb[0]}{substitute}代{absent}的岗，{span.zh}",
        f"{substitute} {verb[1]} for {absent} {span.en}",
        absent=absent, to=substitute, first_day=first_day, last_day=last_day, from_time=from_time, until_time=until_time,
        kinds=sorted(kinds), arrangement=row.id,
    )  # fmt: skip
    return {"arrangement": row.id}


def _readable(reason: str, kinds: list[str]) -> None:
    if not reason.strip():
        raise invalid("reason_missing", "请写明原因。", "Give the reason.", where="reason")
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise invalid(
            "unknown_kind",
            f"没有“{unknown[0]}”这种业务。",
            f"There is no kind of casework called “{unknown[0]}”.",
            where="kinds",
        )


def problem_with(
    ctx: Context, wanted: Substitution, away: Staff, there: Staff, but: int = 0
) -> Problem | None:
    """Against the own arrangements of the absent and all that can be reached from the substitute: clashes and circles.

    Those that nobody has answered yet count as well, so that agreeing closes no circle. `but`: the one that is answered.
    """
    known = {
        *promised_from(wanted.absent, wanted.begin, wanted.end, but),
        *promised_from(wanted.substitute, wanted.begin, wanted.end, but),
    }
    return arrangement_problem(
        sorted(known, key=lambda a: (a.absent, a.begin, a.substitute)),
        wanted,
        _stand_in(away),
        _stand_in(there),
        bank_moment(ctx.now),
    )


def _agreement(ctx: Context, away: Staff, there: Staff, ask: bool, day: date) -> str:
    """`agreed` for whoever offers to stand in; `named` by a head without asking, where the bank's rule says so."""
    from xiaoshi.desk.substitutes.asking import rule_on

    if there.login == ctx.person.login:
        return "agreed"
    if ask:
        return "asked"
    rule = rule_on(day)
    if rule is None or not rule.heads_may_name:
        raise refuse(
            "has_to_be_asked",
            "按本行规定，代岗须经本人同意，不能直接指派。",
            "By the bank's rule whoever stands in has to agree: ask first.",
            where="ask",
        )
    if not (MAY_ARRANGE & ctx.actor.roles and away.unit.path.startswith(ctx.person.unit.path)):
        raise not_allowed(
            "heads_only",
            "只有负责人或授权主管可以不经本人同意指派代岗。",
            "Only a head or supervisor may name somebody without asking.",
            where="ask",
        )
    return "named"


def _ask_again_on_the_first_day(ctx: Context, row: Row) -> None:
    """The job's module knows this one; it is looked for only when there is something to order."""
    from xiaoshi.desk.substitutes.jobs import first_day

    begin = row.as_value().begin.replace(tzinfo=BANK_ZONE)
    if begin > ctx.now:
        first_day.configure(schedule_at=begin).defer(arrangement=row.id)


def _kept(
    ctx: Context, wanted: Substitution, away: Staff, fields: list[str], reason: str, agreement: str
) -> Row:
    row = Row(
        absent=wanted.absent,
        absent_path=away.unit.path,
        substitute=wanted.substitute,
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        from_time=wanted.from_time,
        until_time=wanted.until_time,
        kinds=sorted(wanted.kinds),
        fields=fields,
        reason=reason.strip(),
        made_by=ctx.person.login,
        made_at=ctx.now,
        agreement=agreement,
    )
    row.save(force_insert=True)
    return row


def span_of(wanted: Substitution) -> Words:
    """2026年12月1日13:00至12月5日 / from 1 December 2026, 13:00 to 5 December 2026."""
    first, last = wanted.first_day, wanted.last_day
    begin = f"{wanted.from_time:%H:%M}" if wanted.from_time else ""
    end = f"{wanted.until_time:%H:%M}" if wanted.until_time else ""
    year = "" if last.year == first.year else f"{last.year}年"
    zh = f"{first.year}年{first.month}月{first.day}日{begin}至{year}{last.month}月{last.day}日{end}"
    en = (
        f"from {first.day} {first:%B %Y}{begin and ', '}{begin} to {last.day} {last:%B %Y}{end and ', '}{end}"
    )
    return Words(zh, en)


@act("substitutes.end", "结束代岗", "End an arrangement", on_case=False, people_only=True)
def end(ctx: Context, *, arrangement: int, reason: str = "") -> dict[str, Any]:
    """End it now: by the absent person (back early), the substitute (cannot any longer), or a head over the unit."""
    row = arrangement_named(arrangement)
    if row.ended_at is not None or row.as_value().end <= bank_moment(ctx.now):
        raise refuse("ended_already", "这项代岗已经结束。", "It has ended already.")
    away = Staff.objects.select_related("unit").get(login=row.absent)
    if ctx.person.login != row.substitute:
        _may_arrange(ctx, away)
    row.ended_at, row.ended_by, row.end_reason = ctx.now, ctx.person.login, reason.strip()
    row.save(update_fields=["ended_at", "ended_by", "end_reason"])
    names = {s.login: s for s in Staff.objects.filter(login__in=[row.absent, row.substitute])}
    zh = f"{names[row.substitute].name_zh}代{names[row.absent].name_zh}的岗已结束"
    en = f"{names[row.substitute].name_en} stands in for {names[row.absent].name_en} no longer"
    _tell_both(ctx, row, Words(zh, en))
    chain_of(ctx, away)
    ctx.note(
        f"结束{row.substitute}代{row.absent}的岗",
        f"{row.substitute} stands in for {row.absent} no longer",
        absent=row.absent,
        to=row.substitute,
        reason=reason.strip(),
        arrangement=row.id,
    )
    return {}


def arrangement_named(ident: int) -> Row:
    """The arrangement, locked; refused when there is none that the actor may see."""
    row = Row.objects.select_for_update().filter(id=ident).first()
    if row is None:
        raise invalid(
            "no_such_arrangement", "没有这项代岗安排。", "There is no such arrangement.", where="arrangement"
        )
    return row


def one_at_a_time() -> None:
    """Until this act is written. Each of two who arrange at the same moment would not see the other's, and close a circle."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('substitutes', 0))")


def _in_service(login: str, where: str) -> Staff:
    person = Staff.objects.select_related("unit").filter(login=login, is_active=True).first()
    if person is None:
        raise invalid(
            "no_such_colleague",
            f"没有登录名为“{login}”的在职同事，请从名单中选择。",
            f"There is no colleague in service with the sign-in name “{login}”: choose one from the list.",
            where=where,
        )
    return person


def _may_arrange(ctx: Context, away: Staff) -> None:
    if ctx.person.login == away.login:
        return
    if MAY_ARRANGE & ctx.actor.roles and away.unit.path.startswith(ctx.person.unit.path):
        return
    raise not_allowed(
        "not_your_act",
        f"只能由{away.name_zh}本人，或其机构及上级机构的负责人、授权主管安排。",
        f"Only {away.name_en}, or a head over that unit, arranges this.",
    )


def _outsider_by_a_head(ctx: Context, away: Staff, there: Staff) -> None:
    """Whoever stands in sees the whole place of the absent: for somebody of another unit that is not one teller's to give."""
    if away.unit.path.startswith(there.unit.path) or MAY_ARRANGE & ctx.actor.roles:
        return
    raise not_allowed(
        "outsider_by_head",
        f"{there.name_zh}属于其他机构，代岗期间会看到本机构的案件；请本机构负责人或授权主管安排，或改选本机构同事。",
        f"{there.name_en} works for another unit and would see the cases of yours: ask a head of your unit to arrange it, or"
        " choose a colleague of your own.",
        where="substitute",
    )


def day_of(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid(
            "date_unreadable", "请填写日期，如 2026-03-02。", "Enter a day such as 2026-03-02.", where=where
        ) from None


def _time(text: str, where: str) -> time | None:
    """`13:30`, or nothing for the whole day. Midnight on the first day is the whole day too."""
    if not text.strip():
        return None
    try:
        found = time.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise invalid(
            "time_unreadable",
            "请填写几点几分，如 13:30；全天请留空。",
            "Enter a time of day such as 13:30, or leave it empty for the whole day.",
            where=where,
        )
    return found.replace(second=0, microsecond=0)


def _stand_in(person: Staff) -> StandIn:
    return StandIn(
        person.login,
        frozenset(person.roles),
        person.unit.path,
        level_rank(person.unit.level),  # type: ignore[arg-type]
    )


def _tell_both(ctx: Context, row: Row, words: Words) -> None:
    others = {row.absent, row.substitute} - {ctx.person.login}
    tell_colleagues(others, None, "substitute", words, ctx.now, reverse("substitutes"))


def chain_of(ctx: Context, away: Staff) -> None:
    """The entry stands in the absent person's unit, or, when the actor has no part in that, in the actor's own."""
    if away.unit.path.startswith(ctx.person.unit.path):
        ctx.unit_path = away.unit.path
