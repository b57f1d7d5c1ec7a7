"""People: added, moved, given other roles, leaving, coming back, given a new password, freed of a lost second factor.

Each act writes a `StaffChange`. Where a role that signs money comes into it (and always for a lost second factor) the
change waits until another person agrees, and only that person's act makes it true; the database asks for the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection

from xiaoshi.core.casework.roles import ROLES, words_of_roles
from xiaoshi.core.problems import Words
from xiaoshi.desk import parts
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid, not_allowed, refuse
from xiaoshi.desk.money.chart import ensure_chart
from xiaoshi.desk.notices.telling import tell_colleagues
from xiaoshi.desk.organisation.acts import keeping, letting_in
from xiaoshi.desk.organisation.acts.keeping import KEEPER, SIGNS_MONEY, person, unit_at
from xiaoshi.desk.organisation.models import Staff, StaffChange

KEEPERS = frozenset({KEEPER})
KIND_WORDS: dict[str, Words] = {
    "add": Words("新增人员", "Add a person"),
    "move": Words("调动", "Move to another unit"),
    "roles": Words("变更岗位", "Change roles"),
    "leave": Words("离职或停用", "Leave service"),
    "back": Words("恢复在职", "Return to service"),
    "password": Words("重置密码", "Give a new password"),
    "factors": Words("重置第二重验证", "Reset lost second factors"),
    "let_in": Words("启用账户", "Let an account in"),
}
# What is decided where the person is known by face.
OF_THE_OUTLET = ("password", "factors", "let_in")
# Django takes a hash that begins so for "no password": nothing matches it.
UNUSABLE = "!"


@act("organisation.add_staff", "新增人员", "Add a person", roles=KEEPERS, on_case=False, people_only=True)
def add_staff(
    ctx: Context,
    *,
    login: str,
    name_zh: str,
    name_en: str,
    unit_path: str,
    roles: list[str],
    fields: list[str] | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """A new person, who has no password yet: it is given in person, by `issue_password`."""
    keeping.needs_keeper(ctx, unit_path)
    unit = unit_at(unit_path)
    name = keeping.fitting_login(login)
    if Staff.objects.filter(login=name).exists():
        raise refuse(
            "login_taken",
            f"登录名“{name}”已有人使用。",
            f"The sign-in name “{name}” is taken.",
            where="login",
        )
    wanted = {
        "name_zh": keeping.fitting_name(name_zh, "name_zh"),
        "name_en": keeping.fitting_name(name_en, "name_en"),
        "unit_path": unit.path,
        "roles": keeping.fitting_roles(roles, unit),
        "fields": _fields(fields),
    }
    return _change(ctx, "add", name, unit.path, wanted, reason)


@act("organisation.move_staff", "调动人员", "Move a person", roles=KEEPERS, on_case=False, people_only=True)
def move_staff(
    ctx: Context, *, login: str, unit_path: str, reason: str, roles: list[str] | None = None
) -> dict[str, Any]:
    """To another unit, with the same roles or with those given. Sessions end: what is seen changes."""
    found, unit = _in_service(ctx, login), unit_at(unit_path)
    keeping.needs_keeper(ctx, found.unit.path, unit.path)
    if unit.id == found.unit_id:
        raise refuse(
            "same_unit", "该人员已在这个机构。", "This person works there already.", where="unit_path"
        )
    chosen = keeping.fitting_roles(found.roles if roles is None else roles, unit)
    wanted = {"unit_path": unit.path, "roles": chosen}
    return _change(ctx, "move", login, unit.path, wanted, keeping.with_reason(reason))


@act("organisation.change_roles", "变更岗位", "Change roles", roles=KEEPERS, on_case=False, people_only=True)
def change_roles(
    ctx: Context, *, login: str, roles: list[str], reason: str, fields: list[str] | None = None
) -> dict[str, Any]:
    """Other roles (and fields of expertise) at the same unit."""
    found = _in_service(ctx, login)
    keeping.needs_keeper(ctx, found.unit.path)
    wanted = {
        "roles": keeping.fitting_roles(roles, found.unit),
        "fields": found.fields if fields is None else _fields(fields),
    }
    if sorted(found.roles) == wanted["roles"] and found.fields == wanted["fields"]:
        raise refuse("roles_same", "岗位没有变化。", "The roles are the same.", where="roles")
    return _change(ctx, "roles", login, found.unit.path, wanted, keeping.with_reason(reason))


@act(
    "organisation.leave",
    "办理离职或停用",
    "Take out of service",
    roles=KEEPERS,
    on_case=False,
    people_only=True,
)
def leave(ctx: Context, *, login: str, reason: str) -> dict[str, Any]:
    """Out of service at once: sessions and tokens end, substitutes end. Open cases stay until somebody hands them over."""
    found = _in_service(ctx, login)
    keeping.needs_keeper(ctx, found.unit.path)
    return _change(ctx, "leave", login, found.unit.path, {}, keeping.with_reason(reason))


@act(
    "organisation.take_back", "恢复在职", "Return to service", roles=KEEPERS, on_case=False, people_only=True
)
def take_back(ctx: Context, *, login: str, unit_path: str, roles: list[str], reason: str) -> dict[str, Any]:
    """Somebody who had left comes back, with a unit and roles, and gets a new password in person."""
    keeping.not_oneself(ctx, login)
    found, unit = person(login), unit_at(unit_path)
    keeping.needs_keeper(ctx, found.unit.path, unit.path)
    if found.is_active:
        raise refuse("in_service", "该人员在职。", "This person is in service.", where="login")
    wanted = {"unit_path": unit.path, "roles": keeping.fitting_roles(roles, unit)}
    return _change(ctx, "back", login, unit.path, wanted, keeping.with_reason(reason))


@act("organisation.issue_password", "重置密码", "Give a new password", on_case=False, people_only=True)
def issue_password(ctx: Context, *, login: str, reason: str, password: str) -> dict[str, Any]:
    """A password for the first sign-in, which must be changed there. Whoever signs money gets it by two people; for
    anybody else another person has to let the account in afterwards, or its giver could be two people at once.

    `password` is made by the page or command, shown once to whoever hands it over, and stored as a hash only; where a
    second person has to agree it is not used, and that person's act brings its own.
    """
    keeping.on_a_page(ctx)
    found = _in_service(ctx, login)
    keeping.needs_keeper_or_head(ctx, found.unit.path)
    given = partial(_new_password, password=password)
    done = _change(ctx, "password", login, found.unit.path, {}, keeping.with_reason(reason), given)
    if done["state"] == "done":
        done["let_in"] = letting_in.ask(ctx, login, found.unit.path, keeping.with_reason(reason))
        tell_colleagues(
            _who_can_agree(StaffChange.objects.get(id=done["let_in"])),
            None,
            "staff_change",
            Words(f"账户待您启用（{login}）", f"An account waits for you to let it in: {login}"),
            ctx.now,
            "/desk/organisation/changes/",
        )
    return done


@act(
    "organisation.reset_factors",
    "重置第二重验证",
    "Reset lost second factors",
    on_case=False,
    people_only=True,
)
def reset_factors(ctx: Context, *, login: str, reason: str) -> dict[str, Any]:
    """Asked by the head, the supervisor or a people keeper; always agreed to by a second of them."""
    found = _in_service(ctx, login)
    keeping.needs_keeper_or_head(ctx, found.unit.path)
    return _change(ctx, "factors", login, found.unit.path, {}, keeping.with_reason(reason))


@act("organisation.confirm_change", "同意人员变更", "Agree to a change", on_case=False, people_only=True)
def confirm_change(ctx: Context, *, change: str, password: str = "") -> dict[str, Any]:
    """The second person agrees, and the change is made. `password`: for a change that gives one."""
    keeping.on_a_page(ctx)
    found = _waiting(change)
    _may_decide(ctx, found)
    if found.made_by == ctx.person.login:
        raise not_allowed(
            "maker_is_checker",
            "申请人不能同意自己的申请，须由另一人复核。",
            "Whoever asked for it cannot agree to it: another person has to.",
        )
    _is_where_asked(ctx, found)
    found.state, found.decided_by, found.decided_at = "done", ctx.person.login, ctx.now
    found.save(update_fields=["state", "decided_by", "decided_at"])
    given = partial(_new_password, password=password) if found.kind == "password" else None
    return _apply(ctx, found, given)


@act("organisation.reject_change", "退回人员变更", "Reject a change", on_case=False, people_only=True)
def reject_change(ctx: Context, *, change: str, reason: str) -> dict[str, Any]:
    """Not agreed to; the request stays on record with the reason."""
    found = _waiting(change)
    _may_decide(ctx, found)
    if found.made_by == ctx.person.login:
        raise not_allowed("use_withdraw", "自己的申请请用撤回。", "Withdraw your own request instead.")
    return _end(ctx, found, "rejected", keeping.with_reason(reason))


@act("organisation.withdraw_change", "撤回人员变更", "Withdraw a change", on_case=False, people_only=True)
def withdraw_change(ctx: Context, *, change: str) -> dict[str, Any]:
    found = _waiting(change)
    if found.made_by != ctx.person.login:
        raise not_allowed("not_yours", "只有申请人本人能撤回。", "Only whoever asked can withdraw it.")
    return _end(ctx, found, "withdrawn", "")


def needs_two(kind: str, login: str, wanted: dict[str, Any], by: Staff) -> bool:
    """Whether another person has to agree.

    A password that `by` gives is a password that `by` knows: whoever checks payments could record one under the other's
    name and check it under the own. So a head or supervisor never gives one alone.
    """
    if kind in ("leave", "factors", "let_in"):
        return kind != "leave"
    found = Staff.objects.filter(login=login).first()
    held = set(found.roles) if found is not None and found.is_active else set()
    if kind == "password":
        return bool(SIGNS_MONEY & held) or bool(set(keeping.AT_THE_OUTLET) & set(by.roles))
    given = SIGNS_MONEY & set(wanted.get("roles", ()))
    return bool(given if kind in ("add", "move", "back") else given - held)


def _change(
    ctx: Context,
    kind: str,
    login: str,
    unit_path: str,
    wanted: dict[str, Any],
    reason: str,
    given: Callable[[Staff], None] | None = None,
) -> dict[str, Any]:
    two = needs_two(kind, login, wanted, ctx.person)
    if StaffChange.objects.filter(staff_login=login, kind=kind, state="waiting").exists():
        raise refuse(
            "change_waits",
            "该人员的同类变更正待另一人复核。",
            "The same kind of change for this person waits for a second person already.",
            where="login",
        )
    change = StaffChange.objects.create(
        id=uuid.uuid4(),
        staff_login=login,
        kind=kind,
        wanted=wanted,
        reason=reason,
        unit_path=unit_path,
        made_by=ctx.person.login,
        made_at=ctx.now,
        state="waiting" if two else "done",
        decided_at=None if two else ctx.now,
    )
    if not two:
        return _apply(ctx, change, given)
    words = KIND_WORDS[kind]
    ctx.unit_path = unit_path
    ctx.note(
        f"申请{words.zh}：{login}，待另一人复核", f"Asked: {words.en.lower()}, {login}; another person has to agree",
        change=str(change.id), login=login, kind=kind,
    )  # fmt: skip
    tell_colleagues(
        _who_can_agree(change),
        None,
        "staff_change",
        Words(f"{words.zh}（{login}）待您复核", f"Waits for your agreement: {words.en.lower()} ({login})"),
        ctx.now,
        "/desk/organisation/changes/",
    )
    return {"change": str(change.id), "state": "waiting", "login": login}


def _who_can_agree(change: StaffChange) -> list[str]:
    roles = [KEEPER, *keeping.AT_THE_OUTLET] if change.kind in OF_THE_OUTLET else [KEEPER]
    pieces = change.unit_path.strip("/").split("/")
    above = ["/".join(pieces[:n]) + "/" for n in range(1, len(pieces) + 1)]
    return list(
        Staff.objects.filter(is_active=True, roles__overlap=roles, unit__path__in=above)
        .exclude(login__in=[change.made_by, change.staff_login])
        .values_list("login", flat=True)[:50]
    )


def _apply(ctx: Context, change: StaffChange, given: Callable[[Staff], None] | None) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('xiaoshi.staff_change', %s, true)", [str(change.id)])
    staff = _written(ctx, change, given)
    words, named = KIND_WORDS[change.kind], f"{staff.name_zh}（{staff.login}）"
    facts: dict[str, Any] = {"change": str(change.id), "login": staff.login, "kind": change.kind}
    if change.kind in ("add", "move", "roles", "back"):
        roles = words_of_roles(tuple(staff.roles))
        ctx.note(
            f"{words.zh}：{named}，{roles.zh}", f"{words.en}: {staff.login}, {roles.en}", **facts,
            roles=staff.roles, unit_path=staff.unit.path, reason=change.reason, asked_by=change.made_by,
        )  # fmt: skip
    else:
        ctx.note(
            f"{words.zh}：{named}", f"{words.en}: {staff.login}", **facts,
            reason=change.reason, asked_by=change.made_by,
        )  # fmt: skip
    ctx.unit_path = change.unit_path
    for module in parts.modules("people_change"):
        module.on_change(ctx, staff, change.kind)
    return {"change": str(change.id), "state": "done", "login": staff.login}


def _written(ctx: Context, change: StaffChange, given: Callable[[Staff], None] | None) -> Staff:
    """The person as the change makes him or her. Raises what the database refuses."""
    wanted = change.wanted
    unit = unit_at(wanted["unit_path"]) if "unit_path" in wanted else None
    if change.kind == "add":
        assert unit is not None
        if Staff.objects.filter(login=change.staff_login).exists():
            raise refuse("login_taken", "登录名已有人使用。", "The sign-in name is taken.", where="login")
        staff = Staff(login=change.staff_login, unit=unit, password=UNUSABLE + uuid.uuid4().hex)
        staff.name_zh, staff.name_en = wanted["name_zh"], wanted["name_en"]
        staff.roles, staff.fields = wanted["roles"], wanted["fields"]
        staff.must_change_password, staff.let_in = True, False
        staff.save(force_insert=True)
    else:
        staff = (
            Staff.objects.select_for_update(of=("self",)).select_related("unit").get(login=change.staff_login)
        )
        if change.kind != "back" and not staff.is_active:
            raise refuse("left_already", "该人员已离职。", "This person has left already.", where="login")
        if unit is not None:
            staff.unit = unit
        staff.roles = wanted.get("roles", staff.roles)
        staff.fields = wanted.get("fields", staff.fields)
        if change.kind in ("leave", "back"):
            staff.is_active, staff.left_at = change.kind == "back", None if change.kind == "back" else ctx.now
            staff.password, staff.must_change_password = UNUSABLE + uuid.uuid4().hex, True
            staff.let_in = False
        if change.kind in ("password", "let_in"):
            staff.let_in = bool(change.decided_by)
        if given is not None:
            given(staff)
        staff.save(
            update_fields=[
                "unit",
                "roles",
                "fields",
                "is_active",
                "left_at",
                "password",
                "must_change_password",
                "let_in",
            ]
        )
    if "teller" in staff.roles and staff.is_active and staff.unit.level == "outlet":
        ensure_chart(staff.unit, now=ctx.now, using="default")
    return staff


def _new_password(staff: Staff, password: str) -> None:
    try:
        validate_password(password, staff)
    except ValidationError:
        raise invalid(
            "password_weak",
            "初始密码至少 12 个字符，且不能是常见密码。",
            "A first password has at least 12 characters and is no common one.",
            where="password",
        ) from None
    staff.password, staff.must_change_password = make_password(password), True


def _in_service(ctx: Context, login: str) -> Staff:
    keeping.not_oneself(ctx, login)
    found = person(login)
    if not found.is_active:
        raise refuse("left_already", "该人员已离职。", "This person has left already.", where="login")
    return found


def _fields(fields: list[str] | None) -> list[str]:
    given = sorted({f.strip() for f in fields or () if f.strip()})
    if any(len(f) > 40 for f in given) or len(given) > 20:
        raise invalid(
            "fields_unusable", "专业领域过多或过长。", "Too many fields, or too long.", where="fields"
        )
    return given


def _waiting(change: str) -> StaffChange:
    try:
        ident = uuid.UUID(change)
    except ValueError:
        ident = uuid.UUID(int=0)
    found = StaffChange.objects.select_for_update().filter(id=ident).first()
    if found is None:
        raise invalid("no_such_change", "没有这项申请。", "There is no such request.", where="change")
    if found.state != "waiting":
        raise refuse("change_decided", "该申请已处理。", "This request was decided already.")
    return found


def _may_decide(ctx: Context, change: StaffChange) -> None:
    keeping.not_oneself(ctx, change.staff_login)
    if change.kind in OF_THE_OUTLET:
        keeping.needs_keeper_or_head(ctx, change.unit_path)
    else:
        keeping.needs_keeper(ctx, change.unit_path)


def _is_where_asked(ctx: Context, change: StaffChange) -> None:
    """Whoever was moved since is no longer theirs whom he or she has left: a new password would open the new unit's work to them."""
    if change.kind == "add":
        return
    now_at = person(change.staff_login).unit.path
    if change.kind in ("move", "back"):
        keeping.needs_keeper(ctx, now_at)
    elif now_at != change.unit_path:
        raise refuse(
            "moved_meanwhile",
            "申请后该人员已调往其他机构，请退回申请，由现在的机构重新申请。",
            "This person was moved to another unit since: reject the request, and let the unit of today ask anew.",
        )


def _end(ctx: Context, change: StaffChange, state: str, reason: str) -> dict[str, Any]:
    change.state, change.decided_at, change.decided_reason = state, ctx.now, reason
    change.decided_by = "" if state == "withdrawn" else ctx.person.login
    change.save(update_fields=["state", "decided_by", "decided_at", "decided_reason"])
    words = KIND_WORDS[change.kind]
    done = Words("退回", "Rejected") if state == "rejected" else Words("撤回", "Withdrew")
    ctx.unit_path = change.unit_path
    ctx.note(
        f"{done.zh}申请：{words.zh}（{change.staff_login}）", f"{done.en}: {words.en.lower()} ({change.staff_login})",
        change=str(change.id), login=change.staff_login, reason=reason,
    )  # fmt: skip
    return {"change": str(change.id), "state": state}


def role_words() -> list[tuple[str, Words]]:
    return [(role.id, role.words) for role in ROLES.values()]
