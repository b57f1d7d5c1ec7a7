"""Who may do what with money: makers, checkers, heads, their limits; and that the two do not sit at one terminal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from xiaoshi.core.casework.roles import words_of_roles
from xiaoshi.core.ledger import Authority, Head
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.refusals import NotAllowed, not_allowed
from xiaoshi.desk.money.models import MoneyOrder
from xiaoshi.desk.organisation.models import Staff

if TYPE_CHECKING:
    from xiaoshi.desk.guard.boundary import Context

MAKERS = ("teller", "lobby_manager")
CHECKERS = ("supervisor", "outlet_head")
HEADS_ABOVE = ("city_specialist", "province_specialist")
APPROVERS = (*CHECKERS, *HEADS_ABOVE)
"""Who may check at all; up to which sum the limits say."""

_WORK_OF = {
    "pay_cash": "pay",
    "pay_account": "pay",
    "transfer": "pay",
    "vault_to_drawer": "move",
    "drawer_to_vault": "move",
    "cash_difference": "move",
    "exchange": "exchange",
    "remit": "exchange",
    "pay_in": "pay",
    "draw": "pay",
}


def work_of(order: MoneyOrder) -> str:
    """Which limits an order is under; "" for none (whoever takes over a drawer counts it for himself)."""
    if order.reverses is not None:
        taken_back = order.reverses.order
        return _WORK_OF.get(taken_back.kind, "") if taken_back else "pay"
    return _WORK_OF.get(order.kind, "")


def day_of(at: datetime) -> date:
    """The bank's day of a moment."""
    return timezone.localtime(at).date()


LIMITS = """
    SELECT work, role, level, alone_fen, joint_fen, in_force_from, source, status FROM money_authoritylimit
     WHERE work = %s AND starts_with(%s, unit_path) ORDER BY length(unit_path), id
"""


def limits_for(work: str, unit_path: str) -> tuple[Authority, ...]:
    """The rows that hold for a unit, the shipped and wider ones first."""
    with connection.cursor() as cursor:
        cursor.execute(LIMITS, [work, unit_path])
        return limits_of_rows(cursor.fetchall())


def limits_of_rows(rows: Iterable[Any]) -> tuple[Authority, ...]:
    """Rows of `LIMITS` as the engine knows them."""
    return tuple(Authority(*row[:6], Words(row[6], row[6]), row[7]) for row in rows)


def head_of(person: Staff) -> Head:
    return Head(person.login, frozenset(person.roles), person.unit.level)


def heads_of(order: MoneyOrder, person: Staff) -> tuple[Head, ...]:
    """Who has approved once this person does: the first head, if there is one, and the person."""
    if not order.endorser:
        return (head_of(person),)
    return (head_of(Staff.objects.select_related("unit").get(login=order.endorser)), head_of(person))


def needs_role(ctx: Context, roles: tuple[str, ...]) -> None:
    """Refuse with who does it."""
    if not ctx.actor.roles & set(roles):
        who = words_of_roles(roles)
        raise NotAllowed(
            Problem(
                "not_your_role",
                Words(
                    f"这项操作由{who.zh}办理，请转给他们。",
                    f"This is done by: {who.en}. Please pass it to them.",
                ),
            )
        )


def two_people(ctx: Context, maker: str, made_for: str = "") -> None:
    """Refuse the maker, and whoever stands in for him or her. Said before the role: it is the reason that stays."""
    if maker == ctx.person.login:
        raise not_allowed(
            "maker_is_checker",
            "您是录入人，不能复核自己录入的款项。请授权主管或网点负责人中的另一人复核。",
            "You recorded this, so you cannot check it. Another person, supervisor or outlet head, must.",
        )
    if made_for == ctx.person.login or ctx.on_behalf_of in {maker, made_for} - {""}:
        raise not_allowed(
            "maker_is_checker",
            "您与录入人互为代岗，等于同一人，不能复核这笔款项。请另一位授权主管或网点负责人复核。",
            "One of you stood in for the other, so you count as one. Another supervisor or outlet head must check this.",
        )


def two_terminals(maker_terminal: str, terminal: str) -> None:
    """Refuse a second look from the screen of the first: whoever sits there may know both passwords."""
    if maker_terminal and maker_terminal == terminal:
        raise not_allowed(
            "same_terminal",
            "录入和复核不能在同一台终端（同一个浏览器）上进行。请在您自己的终端上登录后复核；试用时可另开一个无痕窗口。",
            "Recording and checking cannot happen at one terminal (one browser). Sign in at your own and check there;"
            " to try it out, a private window will do.",
        )
