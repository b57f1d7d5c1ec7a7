"""Tokens and machine accounts as acts: made on a page, shown once, ended at any time.

A token is `xs_` and 43 characters from 256 random bits; only its SHA-256 is kept. Slow hashing is for passwords that
people choose; a random secret of this length cannot be guessed from its hash. The secret never enters the act's stored
answer: it leaves through `make_token`, which a page calls, and a retry of the same request finds the token made and the
secret gone.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from xiaoshi.core.casework.roles import READS_ONLY, ROLES
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.api.models import Machine, Token, TokenUse
from xiaoshi.desk.api.rate import pace
from xiaoshi.desk.api.scopes import scope_problems
from xiaoshi.desk.guard.boundary import Context, Outcome, act, perform
from xiaoshi.desk.guard.machines import MACHINE
from xiaoshi.desk.guard.refusals import Invalid, NotFound, invalid, not_allowed, refuse
from xiaoshi.desk.organisation.models import Staff, Unit

PREFIX = "xs_"
DAYS_MAX = 365
LIVE_TOKENS_MAX = 50
# Machine accounts are made by who answers for an outlet, or for the people of a part of the bank.
MACHINE_MAKERS = frozenset({"outlet_head", "people_keeper"})
# A machine account is never a second pair of eyes, nor an authority that answers or keeps people.
MACHINE_ROLES = ("lobby_manager", "teller", "archivist", "contact_centre", READS_ONLY)
MACHINE_NAME = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")

_fresh_secret: ContextVar[str] = ContextVar("fresh_secret", default="")


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Made:
    """A token that was made. `secret` is empty when the same request was answered before: it is shown once only."""

    outcome: Outcome
    secret: str


def make_token(person: Staff, key: str, *, channel: str = "counter", **fields: Any) -> Made:
    """Do `token.make` and give the secret, this once. Raises `Refused` as `perform` does."""
    reset = _fresh_secret.set("")
    try:
        outcome = perform(token_make, person, key, channel=channel, **fields)
        return Made(outcome, _fresh_secret.get())
    finally:
        _fresh_secret.reset(reset)


@act("token.make", "开立令牌", "Make a token", on_case=False, people_only=True)
def token_make(ctx: Context, *, name: str, scopes: list[str], days: int, machine: str = "") -> dict[str, Any]:
    """Make a token for oneself, or for the machine account `machine` that one answers for or has authority over.

    `days` 1 to 365. The answer's `token` is its id; the secret is shown by the page and not kept.
    """
    name = _name(name, "name")
    if not 1 <= days <= DAYS_MAX:
        raise invalid(
            "days_out_of_range",
            f"有效期为 1 至 {DAYS_MAX} 天。",
            f"A token is valid for 1 to {DAYS_MAX} days.",
            where="days",
        )
    account = _machine_for(ctx, machine) if machine else None
    roles = set(account.roles if account else ctx.person.roles)
    for problem in scope_problems(scopes, roles, machine=account is not None):
        raise Invalid(problem)
    owner = account.owner_login if account else ctx.person.login
    live = Token.objects.filter(owner_login=owner, ended_at=None, expires_at__gt=ctx.now)
    if len(live.values_list("id")[:LIVE_TOKENS_MAX]) == LIVE_TOKENS_MAX:
        raise refuse(
            "too_many_tokens",
            f"同时有效的令牌最多 {LIVE_TOKENS_MAX} 个，请先停用不用的。",
            f"At most {LIVE_TOKENS_MAX} tokens are valid at once: end those that are no longer used.",
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        hash=hash_of(secret),
        hint=secret[:8],
        name=name,
        staff=None if account else ctx.person,
        machine=account,
        owner_login=owner,
        scopes=sorted(set(scopes)),
        made_by=ctx.person.login,
        made_at=ctx.now,
        expires_at=ctx.now + timedelta(days=days),
    )
    TokenUse.objects.create(token=token, calls_left=pace().burst, counted_at=ctx.now)
    whose = account.login if account else ctx.person.login
    facts = {
        "token": str(token.id),
        "whose": whose,
        "scopes": token.scopes,
        "expires_at": token.expires_at.isoformat(),
    }
    ctx.note(f"开立令牌“{name}”（{whose}）", f"Made the token “{name}” ({whose})", **facts)
    _fresh_secret.set(secret)
    return {"token": str(token.id), "hint": token.hint, "expires_at": token.expires_at.isoformat()}


@act("token.revoke", "停用令牌", "End a token", on_case=False, people_only=True)
def token_revoke(ctx: Context, *, token: str, reason: str = "") -> dict[str, Any]:
    """End a token at once: one's own, one of a machine that one answers for, or, with authority, one below one's unit."""
    found = Token.objects.select_related("staff__unit", "machine__unit").filter(id=_uuid(token)).first()
    if found is None:
        raise _no_token()
    unit = found.staff.unit if found.staff else found.machine.unit  # type: ignore[union-attr]
    above = bool(MACHINE_MAKERS & ctx.actor.roles) and unit.path.startswith(ctx.person.unit.path)
    if found.owner_login != ctx.person.login and not above:
        raise _no_token()
    if found.ended_at is not None:
        raise refuse("token_ended", "这个令牌已经停用。", "This token has ended already.", where="token")
    Token.objects.filter(id=found.id).update(
        ended_at=ctx.now, ended_by=ctx.person.login, end_reason=reason.strip()[:500]
    )
    ctx.note(
        f"停用令牌“{found.name}”",
        f"Ended the token “{found.name}”",
        token=str(found.id),
        reason=reason.strip(),
    )
    return {"token": str(found.id)}


@act(
    "machine.make",
    "开立机器账户",
    "Make a machine account",
    roles=MACHINE_MAKERS,
    on_case=False,
    people_only=True,
)
def machine_make(
    ctx: Context, *, login: str, name_zh: str, name_en: str, roles: list[str], owner: str, unit_path: str = ""
) -> dict[str, Any]:
    """Make an account for a program: where it stands, in which roles, and the colleague who answers for it.

    `login` without `machine:` in front. Roles that check, decide or keep people are refused.
    """
    if not MACHINE_NAME.fullmatch(login):
        raise invalid(
            "machine_login_unfit",
            "账户名为 3 至 40 位小写字母、数字和连字符，以字母开头。",
            "The name has 3 to 40 small letters, figures and hyphens, and begins with a letter.",
            where="login",
        )
    wrong = [role for role in roles if role not in MACHINE_ROLES]
    if wrong or not roles:
        named = [ROLES[r].words for r in MACHINE_ROLES]
        raise invalid(
            "machine_role_unfit",
            f"机器账户的角色只能是：{'、'.join(w.zh for w in named)}；不能担任复核。",
            f"A machine account may be: {', '.join(w.en for w in named)}. It never checks.",
            where="roles",
        )
    path = unit_path or ctx.person.unit.path
    unit = Unit.objects.filter(path=path).first()
    if unit is None or not path.startswith(ctx.person.unit.path):
        raise invalid(
            "no_such_unit",
            "请选择您管辖范围内的机构。",
            "Choose a unit within your part of the bank.",
            where="unit_path",
        )
    keeper = Staff.objects.select_related("unit").filter(login=owner, is_active=True).first()
    if keeper is None or not keeper.unit.path.startswith(ctx.person.unit.path):
        raise invalid(
            "no_such_owner",
            "负责人须是您管辖范围内的在职同事。",
            "Whoever answers for the account must be a colleague in service within your part of the bank.",
            where="owner",
        )
    if Machine.objects.filter(login=MACHINE + login).exists():
        raise refuse(
            "machine_exists",
            "已有同名的机器账户。",
            "There is a machine account of this name.",
            where="login",
        )
    machine = Machine.objects.create(
        login=MACHINE + login,
        name_zh=_name(name_zh, "name_zh"),
        name_en=_name(name_en, "name_en"),
        unit=unit,
        roles=sorted(set(roles)),
        owner_login=owner,
        made_by=ctx.person.login,
        made_at=ctx.now,
    )
    facts = {"machine": machine.login, "roles": machine.roles, "owner": owner, "unit": unit.path}
    ctx.note(f"开立机器账户“{machine.name_zh}”", f"Made the machine account “{machine.name_en}”", **facts)
    return {"machine": machine.login}


@act(
    "machine.close",
    "注销机器账户",
    "Close a machine account",
    roles=MACHINE_MAKERS,
    on_case=False,
    people_only=True,
)
def machine_close(ctx: Context, *, machine: str, reason: str) -> dict[str, Any]:
    """Close a machine account for good; its tokens end with it."""
    if not reason.strip():
        raise invalid("reason_missing", "请写明原因。", "Give the reason.", where="reason")
    account = _machine_for(ctx, machine)
    Machine.objects.filter(id=account.id).update(
        closed_at=ctx.now, closed_by=ctx.person.login, close_reason=reason.strip()[:500]
    )
    Token.objects.filter(machine=account, ended_at=None).update(
        ended_at=ctx.now, ended_by=ctx.person.login, end_reason="machine_closed"
    )
    ctx.note(
        f"注销机器账户“{account.name_zh}”：{reason}",
        f"Closed the machine account “{account.name_en}”: {reason}",
        machine=account.login,
        reason=reason.strip(),
    )
    return {"machine": account.login}


def _machine_for(ctx: Context, login: str) -> Machine:
    """The open machine account, if this person answers for it or stands over its unit with authority."""
    account = Machine.objects.select_related("unit").filter(login=login).first()
    above = (
        account is not None
        and bool(MACHINE_MAKERS & ctx.actor.roles)
        and account.unit.path.startswith(ctx.person.unit.path)
    )
    if account is None or not (above or account.owner_login == ctx.person.login):
        raise not_allowed(
            "no_such_machine",
            "没有这个机器账户，或它不归您负责。",
            "There is no such machine account, or you do not answer for it.",
            where="machine",
        )
    if account.closed_at is not None:
        raise refuse(
            "machine_closed", "这个机器账户已注销。", "This machine account is closed.", where="machine"
        )
    return account


def _name(text: str, where: str) -> str:
    text = text.strip()
    if not text or len(text) > 80 or not text.isprintable():
        raise invalid(
            "name_unfit", "请填写 1 至 80 字的名称。", "Give a name of 1 to 80 characters.", where=where
        )
    return text


def _uuid(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
        raise _no_token()
    return text


def _no_token() -> NotFound:
    words = Words("没有这个令牌，或它不归您管。", "There is no such token, or it is not yours to end.")
    return NotFound(Problem("token_not_found", words, "token"))
