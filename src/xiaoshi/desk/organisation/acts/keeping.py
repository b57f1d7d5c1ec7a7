"""Who may change what about people and units, and whether a second person has to agree."""

from __future__ import annotations

import re
from collections.abc import Iterable

from xiaoshi.core.casework.roles import LEVELS, READS_ONLY, ROLES
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.boundary import Context
from xiaoshi.desk.guard.refusals import NotFound, invalid, not_allowed
from xiaoshi.desk.organisation.models import Staff, Unit

KEEPER = "people_keeper"
SIGNS_MONEY = frozenset({"supervisor", "outlet_head", KEEPER})
"""Roles that let money go, and the one that gives these roles. The database names the same three (0003_keeping_laws)."""

# A lost password or second factor is a matter of the outlet: its head and supervisor know the face.
AT_THE_OUTLET = ("outlet_head", "supervisor")
LOGIN = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*", re.ASCII)
LOGIN_MAX = 40
NAME_MAX = 100


def person(login: str) -> Staff:
    """Somebody of the bank, in service or not."""
    found = Staff.objects.select_related("unit").filter(login=login).first()
    if found is None:
        words = Words(f"没有登录名为“{login}”的人员。", f"There is nobody with the sign-in name “{login}”.")
        raise NotFound(Problem("no_such_person", words, "login"))
    return found


def unit_at(path: str, where: str = "unit_path") -> Unit:
    found = Unit.objects.filter(path=path).first()
    if found is None:
        raise invalid("no_such_unit", f"没有机构“{path}”。", f"There is no unit “{path}”.", where=where)
    return found


def needs_keeper(ctx: Context, *paths: str) -> None:
    """人员管理员, over all of these places."""
    for path in paths:
        if KEEPER not in ctx.person.roles or not path.startswith(ctx.person.unit.path):
            raise not_allowed(
                "not_people_keeper",
                "人员和机构由上级机构的人员管理员维护，请联系他们。",
                "People and units are kept by a people keeper of a unit above; please ask them.",
            )


def needs_keeper_or_head(ctx: Context, path: str) -> None:
    """人员管理员, or the head or supervisor, over this place."""
    if not {KEEPER, *AT_THE_OUTLET} & set(ctx.person.roles) or not path.startswith(ctx.person.unit.path):
        raise not_allowed(
            "not_head_or_keeper",
            "由本网点负责人、授权主管或上级人员管理员办理。",
            "This is done by the outlet's head or supervisor, or by a people keeper above.",
        )


def not_oneself(ctx: Context, login: str) -> None:
    if login == ctx.person.login:
        raise not_allowed(
            "not_for_oneself",
            "不能变更自己的岗位、机构或状态，请由另一位人员管理员办理。",
            "Nobody changes the own roles, unit or service: another people keeper does it.",
        )


def fitting_roles(roles: Iterable[str], unit: Unit) -> list[str]:
    """The roles, sorted and each once. Refused: unknown, not at this level, or an auditor with anything else."""
    chosen = sorted(set(roles))
    if not chosen:
        raise invalid("roles_missing", "请至少选择一个岗位。", "Choose at least one role.", where="roles")
    for role in chosen:
        if role not in ROLES:
            raise invalid(
                "role_unknown", f"没有“{role}”这个岗位。", f"There is no role “{role}”.", where="roles"
            )
        if unit.level not in ROLES[role].levels:
            words, level = ROLES[role].words, LEVELS[unit.level]
            raise invalid(
                "role_not_here",
                f"{level.zh}没有{words.zh}岗位。",
                f"There is no {words.en} at a {level.en}.",
                where="roles",
            )
    if READS_ONLY in chosen and len(chosen) > 1:
        raise invalid(
            "auditor_and_more",
            "审计员只能查看，不能兼任其他岗位。",
            "An auditor only reads and holds no other role.",
            where="roles",
        )
    return chosen


def fitting_login(login: str) -> str:
    text = login.strip().lower()
    if len(text) > LOGIN_MAX or not LOGIN.fullmatch(text):
        raise invalid(
            "login_unusable",
            f"登录名由小写字母开头，只含小写字母、数字和 . _ -，最长 {LOGIN_MAX} 个字符。",
            f"A sign-in name starts with a letter and has small letters, figures, . _ - only; at most {LOGIN_MAX} characters.",
            where="login",
        )
    return text


def fitting_name(text: str, where: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > NAME_MAX:
        raise invalid(
            "name_unusable",
            f"请填写姓名或名称，最长 {NAME_MAX} 个字符。",
            f"Enter a name of at most {NAME_MAX} characters.",
            where=where,
        )
    return name


def with_reason(reason: str) -> str:
    if not reason.strip():
        raise invalid("reason_missing", "请填写理由。", "Give a reason.", where="reason")
    return reason.strip()[:500]


def on_a_page(ctx: Context) -> None:
    """Passwords and a second person's word are given by a person at the desk, never with a token."""
    if ctx.channel == "api":
        raise not_allowed(
            "page_only",
            "这项操作只能由本人在网页或终端上办理，不能通过接口办理。",
            "This is done by a person at the desk, not with a token.",
        )
