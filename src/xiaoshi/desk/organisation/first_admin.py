"""The first people keepers of an empty bank, made by whoever owns the installation: before them nobody could make one.

Two, because a people keeper is made by two. Once two are in service this door is shut, and the page is the only one.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from xiaoshi.core.problems import Words
from xiaoshi.desk.audit import chain
from xiaoshi.desk.guard.boundary import Act, Context
from xiaoshi.desk.guard.refusals import invalid, refuse
from xiaoshi.desk.guard.visibility import see_as
from xiaoshi.desk.organisation.acts.keeping import KEEPER, fitting_login, fitting_name
from xiaoshi.desk.organisation.acts.units import SEGMENT
from xiaoshi.desk.organisation.models import Staff, Unit

KEEPERS_MADE_HERE = 2
OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who, and, for the first one, the bank's root: its code, Chinese and English name."""

    login: str
    name_zh: str
    name_en: str
    root_code: str = ""
    root_zh: str = ""
    root_en: str = ""


def _made(ctx: Context) -> None:
    raise AssertionError("only named in the entry")


ACT = Act(
    "organisation.first_admin",
    Words("设立首位人员管理员", "Make a first people keeper"),
    frozenset(),
    False,
    _made,
)


def make_first_admin(wanted: Wanted, password: str) -> Staff:
    """Make a people keeper at the root, as the owner of the database. Raises `Refused` with words."""
    keepers = Staff.objects.using(OWNER).filter(roles__contains=[KEEPER], is_active=True)
    if keepers.count() >= KEEPERS_MADE_HERE:
        raise refuse(
            "keepers_enough",
            "已有两位人员管理员，请由他们在“机构与人员”页面新增。",
            "There are two people keepers: they add others on the page of the organisation.",
        )
    login = fitting_login(wanted.login)
    if Staff.objects.using(OWNER).filter(login=login).exists():
        raise refuse(
            "login_taken",
            f"登录名“{login}”已有人使用。",
            f"The sign-in name “{login}” is taken.",
            where="login",
        )
    with transaction.atomic(using=OWNER):
        staff = Staff(
            login=login,
            name_zh=fitting_name(wanted.name_zh, "name_zh"),
            name_en=fitting_name(wanted.name_en, "name_en"),
            unit=_root(wanted),
            roles=[KEEPER],
            password=make_password(password),
            must_change_password=True,
        )
        staff.save(using=OWNER, force_insert=True)
    with transaction.atomic():
        person = Staff.objects.select_related("unit").get(login=login)
        see_as(person)
        ctx = Context(ACT, person, person.as_actor(), timezone.now(), f"first-admin/{login}", "cli")
        ctx.note(
            f"设立首位人员管理员：{person.name_zh}（{login}）",
            f"Made a first people keeper: {login}",
            login=login,
        )
        chain.append_for_unit(ctx)
    return staff


def _root(wanted: Wanted) -> Unit:
    """The province branch that is there, or a new one."""
    found = Unit.objects.using(OWNER).filter(level="province").order_by("path").first()
    if found is not None:
        return found
    if not SEGMENT.fullmatch(wanted.root_code):
        raise invalid(
            "root_missing",
            "还没有机构。请给出省分行的代码（1 至 12 位小写字母或数字）和名称。",
            "There is no unit yet: give the code (1 to 12 small letters or figures) and the names of the province branch.",
            where="--root",
        )
    return Unit.objects.using(OWNER).create(
        path=f"{wanted.root_code}/",
        level="province",
        name_zh=fitting_name(wanted.root_zh, "--root-zh"),
        name_en=fitting_name(wanted.root_en, "--root-en"),
    )
