"""Finding colleagues for the desk verbs, and letting them see the case that they were asked on."""

from __future__ import annotations

from xiaoshi.core.casework.commands import Actor
from xiaoshi.desk.cases.models import CaseVisitor
from xiaoshi.desk.guard.boundary import Context
from xiaoshi.desk.guard.refusals import invalid
from xiaoshi.desk.organisation.models import Staff


def colleague(login: str, *, where: str = "to") -> Actor:
    """The person with this sign-in name. Refused with words when there is none or he or she has left."""
    person = Staff.objects.select_related("unit").filter(login=login, is_active=True).first()
    if person is None:
        raise invalid(
            "no_such_colleague",
            f"没有登录名为“{login}”的在职同事，请从名单中选择。",
            f"There is no colleague in service with the sign-in name “{login}”: choose one from the list.",
            where=where,
        )
    return person.as_actor()


def let_see(ctx: Context, login: str, why: str) -> None:
    """From now on this person sees the case, wherever in the bank he or she works."""
    CaseVisitor.objects.get_or_create(
        case=ctx.the_case, staff_login=login, defaults={"why": why, "since": ctx.now}
    )
