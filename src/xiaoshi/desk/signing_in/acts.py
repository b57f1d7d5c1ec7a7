"""What a person does about the own way in: password, telephone, passkeys, recovery codes, sessions. Each leaves an entry."""

from __future__ import annotations

import base64
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.fields import readable_id
from xiaoshi.desk.guard.refusals import Invalid, NotFound, invalid, not_allowed, refuse
from xiaoshi.desk.organisation.bank_settings import setting
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.signing_in import codes, sittings
from xiaoshi.desk.signing_in.models import Device, Factor, Sitting

PASSKEYS_MAX = 10
NAME_MAX = 60
STANDS_OVER = ("outlet_head", "supervisor", "people_keeper")


@act(
    "sign_in.change_password",
    "更改密码",
    "Change the password",
    on_case=False,
    people_only=True,
    for_oneself=True,
)
def change_password(ctx: Context, *, old: str, new: str, sitting: str = "") -> dict[str, Any]:
    """The own password. All other sessions end; `sitting` is the one at hand, which stays."""
    _on_a_page(ctx)
    person = Staff.objects.select_for_update(of=("self",)).get(pk=ctx.person.pk)
    if not check_password(old, person.password):
        raise invalid("password_wrong", "当前密码不对。", "The present password is wrong.", where="old")
    if old == new:
        raise invalid(
            "password_same", "新密码不能与当前密码相同。", "The new password is the old one.", where="new"
        )
    try:
        validate_password(new, person)
    except ValidationError:
        raise invalid(
            "password_weak",
            "新密码至少 12 个字符，且不能是常见密码。",
            "A password has at least 12 characters and is no common one.",
            where="new",
        ) from None
    if person.login in new.lower():
        raise invalid(
            "password_has_name",
            "新密码不能包含登录名。",
            "The password must not hold the sign-in name.",
            where="new",
        )
    person.password, person.must_change_password = make_password(new), False
    person.save(update_fields=["password", "must_change_password"])
    sittings.end(person.login, "password", by=person.login, but=readable_id(sitting))
    ctx.note("更改密码", "Changed the password")
    return {}


@act(
    "sign_in.add_totp",
    "绑定手机验证码",
    "Set up codes by telephone",
    on_case=False,
    people_only=True,
    for_oneself=True,
)
def add_totp(ctx: Context, *, secret: str, code: str) -> dict[str, Any]:
    """The telephone has read `secret` (base32) and shows `code`: only then is it kept. It takes the place of an older one."""
    _on_a_page(ctx)
    try:
        raw = base64.b32decode(secret.replace(" ", "") + "=" * (-len(secret.replace(" ", "")) % 8))
    except ValueError:
        raw = b""
    if len(raw) < 16:
        raise invalid(
            "secret_unusable", "请刷新页面重新开始。", "Reload the page and start again.", where="code"
        )
    step = codes.step_of_code(raw, code, ctx.now.timestamp(), 0)
    if step is None:
        raise invalid(
            "code_wrong",
            "验证码不对。请确认手机时间准确，输入手机上现在显示的 6 位数字。",
            "The code is wrong. See that the telephone's clock is right, and type the six figures it shows now.",
            where="code",
        )
    Factor.objects.filter(staff_login=ctx.person.login, kind="totp").delete()
    factor = Factor(staff_login=ctx.person.login, kind="totp", last_step=step, made_at=ctx.now)
    factor.keep_secret(raw)
    factor.save(force_insert=True)
    ctx.note("绑定手机验证码", "Set up codes by telephone")
    return {}


@act(
    "sign_in.add_passkey", "添加通行密钥", "Add a passkey", on_case=False, people_only=True, for_oneself=True
)
def add_passkey(ctx: Context, *, credential_id: str, public: str, name: str) -> dict[str, Any]:
    """A passkey whose making was proven just now (`passkeys.made`); both hex. `name` is the person's word for it."""
    _on_a_page(ctx)
    label = _label(name)
    own = Factor.objects.filter(staff_login=ctx.person.login, kind="passkey")
    if own.count() >= PASSKEYS_MAX:
        raise refuse(
            "passkeys_enough",
            f"最多可添加 {PASSKEYS_MAX} 个通行密钥，请先删除不用的。",
            f"There may be {PASSKEYS_MAX} passkeys: remove one that is not used.",
        )
    if Factor.objects.filter(kind="passkey", credential_id=credential_id).exists():
        raise refuse("passkey_known", "这个通行密钥已添加过。", "This passkey is here already.")
    factor = Factor.objects.create(
        staff_login=ctx.person.login,
        kind="passkey",
        name=label,
        credential_id=credential_id,
        public=bytes.fromhex(public),
        made_at=ctx.now,
    )
    ctx.note(f"添加通行密钥：{label}", f"Added a passkey: {label}", factor=str(factor.id))
    return {"factor": str(factor.id)}


@act(
    "sign_in.rename_passkey",
    "修改通行密钥名称",
    "Rename a passkey",
    on_case=False,
    people_only=True,
    for_oneself=True,
)
def rename_passkey(ctx: Context, *, factor: str, name: str) -> dict[str, Any]:
    _on_a_page(ctx)
    label = _label(name)
    if not _own(ctx, factor, "passkey").update(name=label):
        raise _no_factor()
    ctx.note(f"通行密钥改名：{label}", f"Renamed a passkey: {label}", factor=factor)
    return {}


@act(
    "sign_in.remove_factor",
    "移除第二重验证",
    "Remove a second factor",
    on_case=False,
    people_only=True,
    for_oneself=True,
)
def remove_factor(ctx: Context, *, factor: str) -> dict[str, Any]:
    """A passkey or the telephone. The last one stays where the bank asks one of this role."""
    _on_a_page(ctx)
    found = _own(ctx, factor, "passkey", "totp").first()
    if found is None:
        raise _no_factor()
    others = Factor.objects.filter(staff_login=ctx.person.login, kind__in=("passkey", "totp")).exclude(
        id=found.id
    )
    if not others.exists():
        if set(setting("second_factor_roles")) & set(ctx.person.roles):
            raise refuse(
                "factor_required",
                "您的岗位必须使用第二重验证，请先添加另一个再移除。",
                "Your role needs a second factor: add another one before you remove this.",
            )
        Factor.objects.filter(staff_login=ctx.person.login, kind="recovery").delete()
    found.delete()
    words = Words("移除手机验证码", "Removed codes by telephone")
    if found.kind == "passkey":
        words = Words(f"移除通行密钥：{found.name}", f"Removed a passkey: {found.name}")
    ctx.note(words.zh, words.en, factor=factor)
    return {}


@act(
    "sign_in.make_recovery_codes",
    "生成恢复码",
    "Make recovery codes",
    on_case=False,
    people_only=True,
    for_oneself=True,
)
def make_recovery_codes(ctx: Context, *, codes_shown: list[str]) -> dict[str, Any]:
    """Ten codes for the day on which telephone and keys are lost; the older ones end. The page made and shows them once."""
    _on_a_page(ctx)
    if not Factor.objects.filter(staff_login=ctx.person.login, kind__in=("passkey", "totp")).exists():
        raise refuse(
            "factor_missing",
            "请先绑定手机验证码或添加通行密钥。",
            "Set up codes by telephone or a passkey first.",
        )
    if len(codes_shown) != codes.RECOVERY_COUNT:
        raise invalid("codes_unusable", "请刷新页面后再试。", "Reload the page and try again.")
    Factor.objects.filter(staff_login=ctx.person.login, kind="recovery").delete()
    for code in codes_shown:
        Factor.objects.create(
            staff_login=ctx.person.login,
            kind="recovery",
            code_hash=codes.recovery_hash(ctx.person.login, code),
            made_at=ctx.now,
        )
    ctx.note("生成恢复码", "Made recovery codes")
    return {}


@act("sign_in.end_session", "结束登录", "End a session", on_case=False, people_only=True, for_oneself=True)
def end_session(ctx: Context, *, sitting: str) -> dict[str, Any]:
    """One session: one's own, or that of somebody at the unit one is head, supervisor or people keeper of."""
    ident = readable_id(sitting)
    found = Sitting.objects.filter(id=ident).first() if ident else None
    if found is None:
        words = Words("没有这个登录。", "There is no such session.")
        raise NotFound(Problem("no_such_session", words))
    _may_end(ctx, found.staff_login)
    sittings.end(found.staff_login, "ended", by=ctx.person.login, only=found.id)
    ctx.note(
        f"结束登录：{found.staff_login}", f"Ended a session of {found.staff_login}", login=found.staff_login
    )
    return {"login": found.staff_login}


@act(
    "sign_in.end_all_sessions",
    "全部退出",
    "End all sessions",
    on_case=False,
    people_only=True,
    for_oneself=True,
)
def end_all_sessions(ctx: Context, *, login: str, but: str = "") -> dict[str, Any]:
    """Everywhere; the computers that were trusted are forgotten. `but`: the session at hand, when it is one's own."""
    _may_end(ctx, login)
    ended = sittings.end(login, "ended", by=ctx.person.login, but=readable_id(but))
    Device.objects.filter(staff_login=login).delete()
    ctx.note(f"全部退出：{login}", f"Ended all sessions of {login}", login=login, ended=ended)
    return {"ended": ended}


def _on_a_page(ctx: Context) -> None:
    """With a token nobody changes what proves who the person is: a token that was taken must not outlive its own end."""
    if ctx.channel == "api":
        raise not_allowed(
            "page_only",
            "登录方式只能在网页上本人更改，不能通过接口办理。",
            "How one signs in is changed on a page, by the person, not with a token.",
        )


def _may_end(ctx: Context, login: str) -> None:
    if login == ctx.person.login:
        return
    person = Staff.objects.select_related("unit").filter(login=login).first()
    if (
        person is None
        or not person.unit.path.startswith(ctx.person.unit.path)
        or not set(STANDS_OVER) & set(ctx.person.roles)
    ):
        raise not_allowed(
            "not_your_session",
            "只能结束自己的登录；他人的登录由其网点负责人、授权主管或人员管理员结束。",
            "You end your own sessions; those of others are ended by their head, supervisor or a people keeper.",
        )


def _own(ctx: Context, factor: str, *kinds: str) -> Any:
    return Factor.objects.filter(id=readable_id(factor), staff_login=ctx.person.login, kind__in=kinds)


def _no_factor() -> NotFound:
    return NotFound(Problem("no_such_factor", Words("没有这一项。", "There is no such factor.")))


def _label(name: str) -> str:
    label = " ".join(name.split())
    if not label or len(label) > NAME_MAX:
        words = Words(
            f"请给通行密钥起个名字，最长 {NAME_MAX} 个字符。",
            f"Give the passkey a name of at most {NAME_MAX} characters.",
        )
        raise Invalid(Problem("name_unusable", words, "name"))
    return label
