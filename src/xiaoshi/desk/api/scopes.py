"""What a token is for: `read` (every list and page of data), names of acts, `prefix.*` for the acts of one part, `*` for all.

A scope only ever takes away: what remains is checked against the roles that the person has today, by the same boundary as
on a page. So a token of a teller who became a lobby manager is worth what a lobby manager may do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.boundary import ACTS, Act
from xiaoshi.desk.organisation.models import Staff

READ = "read"
ALL = "*"
SCOPES_MAX = 60

_HOW_ONE_SIGNS_IN = Words(
    "密码、第二因素和会话只能由本人登录后办理：被人捡到的令牌不能用来改变登录方式。",
    "Passwords, second factors and sessions are for somebody who has signed in: a token that was found must not change how.",
)
# Acts that no program may do (`prefix.*`: all of a part), each with the reason that its readers are told.
NOT_FOR_PROGRAMS: dict[str, Words] = {
    "token.make": Words(
        "令牌只能由本人登录后在页面上开立：被人捡到的令牌不能再生出新的令牌。",
        "Tokens are made on the page by somebody who has signed in: a token that was found must not breed another.",
    ),
    "machine.make": Words(
        "机器账户只能由授权人登录后在页面上开立。",
        "Machine accounts are made on the page by somebody who has signed in.",
    ),
    "sign_in.*": _HOW_ONE_SIGNS_IN,
    "organisation.issue_password": _HOW_ONE_SIGNS_IN,
    "organisation.confirm_change": _HOW_ONE_SIGNS_IN,
    "organisation.reset_factors": _HOW_ONE_SIGNS_IN,
}


def for_programs(name: str) -> bool:
    """Whether programs may do the act of this name at all."""
    return not any(
        name == barred or (barred.endswith(".*") and name.startswith(barred[:-1]))
        for barred in NOT_FOR_PROGRAMS
    )


def allows(scopes: Iterable[str], wanted: str) -> bool:
    """Whether one of the scopes covers `wanted` (`read` or the name of an act). `*` does not cover reading."""
    return any(
        scope == wanted
        or (wanted != READ and (scope == ALL or (scope.endswith(".*") and wanted.startswith(scope[:-1]))))
        for scope in scopes
    )


def offered_acts() -> list[Act]:
    """The acts that programs may do, by name. Acts register when the address table imports their modules."""
    import_module("xiaoshi.desk.urls")
    return [ACTS[name] for name in sorted(ACTS) if for_programs(name)]


def scope_problems(scopes: list[str], roles: set[str], *, machine: bool) -> Iterator[Problem]:
    """What is wrong with the scopes of a token for somebody with these roles: unknown, too many, or beyond the roles."""
    if not scopes:
        words = Words("请至少选择一项权限。", "Choose at least one thing that the token is for.")
        yield Problem("scopes_missing", words, "scopes")
    if len(scopes) > SCOPES_MAX:
        words = Words(
            f"权限最多 {SCOPES_MAX} 项，可用前缀代替。", f"At most {SCOPES_MAX} scopes: use a prefix."
        )
        yield Problem("scopes_too_many", words, "scopes")
    for scope in scopes[:SCOPES_MAX]:
        yield from _scope_problem(scope, roles, machine=machine)


def _scope_problem(scope: str, roles: set[str], *, machine: bool) -> Iterator[Problem]:
    covered = [act for act in offered_acts() if allows([scope], act.name)]
    if scope != READ and not covered:
        yield Problem(
            "scope_unknown",
            Words(
                f"没有“{scope[:60]}”这项权限；可用 read、操作名、前缀.* 或 *。",
                f"There is no scope “{scope[:60]}”: use read, the name of an act, prefix.* or *.",
            ),
            "scopes",
        )
    elif len(covered) == 1 and scope == covered[0].name:
        act = covered[0]
        if act.roles and not act.roles & roles:
            words = Words(
                f"您的角色不能办理“{act.words.zh}”，令牌也不能。",
                f"Your roles do not allow “{act.words.en}”, so neither may the token.",
            )
            yield Problem("scope_beyond_roles", words, "scopes")
        if machine and act.people_only:
            words = Words(
                f"“{act.words.zh}”须由人判断，不能交给机器账户。",
                f"“{act.words.en}” is for a person to decide, not for a machine account.",
            )
            yield Problem("scope_people_only", words, "scopes")


def may_act(act: Act, person: Staff, scopes: Iterable[str], *, machine: bool) -> bool:
    """Whether a call of this act would pass the door: scope, role, and a person where one is needed."""
    fits_role = not act.roles or bool(act.roles & set(person.roles))
    return allows(scopes, act.name) and fits_role and not (machine and act.people_only)
