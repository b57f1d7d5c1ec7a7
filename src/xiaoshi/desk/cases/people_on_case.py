"""Finding colleagues for the desk verbs, letting them see the case that they were asked on, and telling them."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from xiaoshi.core.casework.commands import Actor
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import CaseVisitor
from xiaoshi.desk.guard.boundary import Context
from xiaoshi.desk.guard.refusals import invalid
from xiaoshi.desk.guard.standing_in import bank_moment, substitutes_of
from xiaoshi.desk.notices.telling import tell_colleagues
from xiaoshi.desk.organisation.models import Staff


def colleague(login: str, *, where: str = "to") -> Actor:
    """The person with this sign-in name. Refused with words when there is none or he or she has left."""
    return colleague_row(login, where=where).as_actor()


def colleague_row(login: str, *, where: str = "to") -> Staff:
    person = Staff.objects.select_related("unit").filter(login=login, is_active=True).first()
    if person is None:
        raise invalid(
            "no_such_colleague",
            f"没有登录名为“{login}”的在职同事，请从名单中选择。",
            f"There is no colleague in service with the sign-in name “{login}”: choose one from the list.",
            where=where,
        )
    return person


def who_is_there(ctx: Context, login: str, *, where: str = "to") -> tuple[Actor, str]:
    """The person, or, when he or she is absent, whoever stands in today; and the absent one's name ("" when there).

    For work that cannot wait for a return (a delegation). Refused when the work would come back to whoever gives it away,
    and when the substitute has left.
    """
    colleague(login, where=where)
    chain = substitutes_of(login, bank_moment(ctx.now), ctx.the_case.kind)
    if not chain:
        return colleague(login, where=where), ""
    there = chain[-1]
    if there == ctx.person.login:
        raise invalid(
            "comes_back_to_you",
            f"{login}不在岗，由您本人代岗，委派会回到您手里。请换人，或自己办理。",
            f"{login} is away and you stand in, so it would come back to you: choose somebody else, or do it yourself.",
            where=where,
        )
    substitute = Staff.objects.select_related("unit").filter(login=there, is_active=True).first()
    if substitute is None:
        raise invalid(
            "nobody_there",
            f"{login}不在岗，代岗人{there}已离职，请另选同事。",
            f"{login} is away, and {there}, who should stand in, has left: choose somebody else.",
            where=where,
        )
    return substitute.as_actor(), login


def let_see(ctx: Context, login: str, why: str, stands_in_for: str = "") -> None:
    """From now on this person sees the case, wherever in the bank he or she works; as a substitute, while he or she stands in."""
    CaseVisitor.objects.get_or_create(
        case=ctx.the_case,
        staff_login=login,
        stands_in_for=stands_in_for,
        defaults={"why": why, "since": ctx.now},
    )


def tell(ctx: Context, logins: Iterable[str], topic: str, zh: str, en: str) -> None:
    """A notice about this case to each of them, and to whoever stands in for somebody of them today.

    `zh` and `en` follow the case's number: `XS-0001 …：委派给您`. Nobody is told about the own act.
    """
    case = ctx.the_case
    at = bank_moment(ctx.now)
    href = reverse("case", args=[case.id])
    asked = {login for login in logins if login and login != ctx.person.login}
    tell_colleagues(asked, case, topic, Words(f"{case.number}：{zh}", f"{case.number}: {en}"), ctx.now, href)
    for login in sorted(asked):
        for there in substitutes_of(login, at, case.kind):
            if there == ctx.person.login:
                continue
            let_see(ctx, there, "substitute", login)
            words = Words(
                f"{case.number}：{zh}（您代{login}的岗）", f"{case.number}: {en} (you stand in for {login})"
            )
            tell_colleagues([there], case, topic, words, ctx.now, href)
