"""The tree: a new unit, its name and address, its designations, and what the bank sets."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.db import connection

from xiaoshi.core.casework.roles import LEVELS
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid, not_allowed, refuse
from xiaoshi.desk.money.chart import ensure_chart
from xiaoshi.desk.organisation.acts.keeping import KEEPER, fitting_name, needs_keeper, unit_at
from xiaoshi.desk.organisation.bank_settings import SETTINGS
from xiaoshi.desk.organisation.models import BankSetting, Designation, Unit

SEGMENT = re.compile(r"[a-z0-9]{1,12}", re.ASCII)
ORDER = tuple(LEVELS)  # from the outlet up
KEEPERS = frozenset({KEEPER})


@act("organisation.add_unit", "新增机构", "Add a unit", roles=KEEPERS, on_case=False, people_only=True)
def add_unit(
    ctx: Context,
    *,
    path: str,
    level: str,
    name_zh: str,
    name_en: str,
    phone: str = "",
    address_zh: str = "",
) -> dict[str, Any]:
    """Add a unit at `path` (`jn/lz/cd/yy/`), whose parent exists and stands higher. An outlet gets its accounts."""
    parent = _parent(path, level)
    needs_keeper(ctx, parent.path)
    if Unit.objects.filter(path=path).exists():
        raise refuse(
            "unit_exists", f"机构“{path}”已存在。", f"The unit “{path}” exists already.", where="path"
        )
    unit = Unit.objects.create(
        path=path,
        level=level,
        name_zh=fitting_name(name_zh, "name_zh"),
        name_en=fitting_name(name_en, "name_en"),
        phone=phone.strip()[:40],
        address_zh=address_zh.strip()[:200],
    )
    if level == "outlet":
        ensure_chart(unit, now=ctx.now, using="default")
    ctx.unit_path = path
    ctx.note(
        f"新增{LEVELS[level].zh}：{unit.name_zh}", f"Added a {LEVELS[level].en}: {unit.name_en}", path=path
    )  # type: ignore[index]
    return {"path": path}


def _parent(path: str, level: str) -> Unit:
    if level not in LEVELS:
        raise invalid("level_unknown", "请选择机构级别。", "Choose the level of the unit.", where="level")
    parts = path.split("/")
    if len(path) > 120 or parts[-1] != "" or not all(SEGMENT.fullmatch(p) for p in parts[:-1]):
        raise invalid(
            "path_unusable",
            "机构路径由上级路径加本级代码组成，代码为 1 至 12 位小写字母或数字，以 / 结尾，例如 jn/lz/cd/。",
            "A path is the parent's path and a code of 1 to 12 small letters or figures, ending with a slash: jn/lz/cd/.",
            where="path",
        )
    parent = Unit.objects.filter(path="/".join(parts[:-2]) + "/").first() if len(parts) > 2 else None
    if parent is None:
        raise invalid(
            "parent_missing",
            "上级机构不存在，请先新增上级机构。",
            "The unit above does not exist: add it first.",
            where="path",
        )
    if ORDER.index(level) >= ORDER.index(parent.level):  # type: ignore[arg-type]
        raise invalid(
            "level_not_below",
            f"{LEVELS[level].zh}不能设在{LEVELS[parent.level].zh}下。",  # type: ignore[index]
            f"A {LEVELS[level].en} does not stand under a {LEVELS[parent.level].en}.",  # type: ignore[index]
            where="level",
        )
    return parent


@act(
    "organisation.change_unit",
    "修改机构信息",
    "Change a unit",
    roles=KEEPERS,
    on_case=False,
    people_only=True,
)
def change_unit(
    ctx: Context, *, path: str, name_zh: str, name_en: str, phone: str = "", address_zh: str = ""
) -> dict[str, Any]:
    """Name, telephone and address; the path stays, because cases and timelines bear it."""
    needs_keeper(ctx, path)
    unit = unit_at(path, "path")
    unit.name_zh, unit.name_en = fitting_name(name_zh, "name_zh"), fitting_name(name_en, "name_en")
    unit.phone, unit.address_zh = phone.strip()[:40], address_zh.strip()[:200]
    unit.save(update_fields=["name_zh", "name_en", "phone", "address_zh"])
    ctx.unit_path = path
    ctx.note(f"修改机构信息：{unit.name_zh}", f"Changed the unit: {unit.name_en}", path=path)
    return {"path": path}


@act(
    "organisation.designate",
    "登记指定网点",
    "Enter a designation",
    roles=KEEPERS,
    on_case=False,
    people_only=True,
)
def designate(
    ctx: Context,
    *,
    path: str,
    in_force_from: str,
    source: str,
    in_force_to: str = "",
    confirmed: bool = False,
) -> dict[str, Any]:
    """The PBOC branch has designated this outlet for special damaged notes, from and to these dates (ISO)."""
    needs_keeper(ctx, path)
    unit = unit_at(path, "path")
    if unit.level != "outlet":
        raise invalid("not_an_outlet", "只有网点可被指定。", "Only an outlet is designated.", where="path")
    if not source.strip():
        raise invalid(
            "source_missing",
            "请填写依据的文件名称和文号。",
            "Name the notice that says so, with its number.",
            where="source",
        )
    first, last = (
        _day(in_force_from, "in_force_from"),
        _day(in_force_to, "in_force_to") if in_force_to else None,
    )
    if last is not None and last < first:
        raise invalid(
            "ends_before", "截止日早于起始日。", "It would end before it begins.", where="in_force_to"
        )
    Designation.objects.filter(unit=unit, in_force_to=None, in_force_from__lte=first).update(
        in_force_to=first
    )
    Designation.objects.create(
        unit=unit,
        in_force_from=first,
        in_force_to=last,
        source=source.strip()[:300],
        status="confirmed" if confirmed else "unconfirmed",
    )
    ctx.unit_path = path
    ctx.note(
        f"登记指定网点，{first} 起：{source.strip()[:300]}",
        f"Designated from {first}: {source.strip()[:300]}",
        path=path,
    )
    return {"path": path}


@act(
    "organisation.end_designation",
    "终止指定",
    "End a designation",
    roles=KEEPERS,
    on_case=False,
    people_only=True,
)
def end_designation(ctx: Context, *, path: str, in_force_to: str) -> dict[str, Any]:
    """The outlet is designated until this day (ISO)."""
    needs_keeper(ctx, path)
    day = _day(in_force_to, "in_force_to")
    ended = Designation.objects.filter(
        unit=unit_at(path, "path"), in_force_to=None, in_force_from__lte=day
    ).update(in_force_to=day)
    if not ended:
        raise refuse(
            "not_designated", "该网点当前没有指定。", "This outlet is not designated now.", where="path"
        )
    ctx.unit_path = path
    ctx.note(f"指定至 {day} 终止", f"Designated until {day}", path=path)
    return {"path": path}


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid(
            "date_unreadable",
            "日期请写成 2026-11-24 的样子。",
            "Write the date like 2026-11-24.",
            where=where,
        ) from None


@act(
    "organisation.change_setting",
    "修改本行设置",
    "Change a setting of the bank",
    roles=KEEPERS,
    on_case=False,
    people_only=True,
)
def change_setting(ctx: Context, *, setting: str, value: Any) -> dict[str, Any]:
    """One of `bank_settings.SETTINGS`, for the whole bank: by a people keeper of the province."""
    if ctx.person.unit.level != "province":
        raise not_allowed(
            "not_the_province",
            "全行设置由省分行的人员管理员修改。",
            "Settings of the whole bank are changed by a people keeper of the province branch.",
        )
    if setting not in SETTINGS:
        raise invalid("setting_unknown", "没有这项设置。", "There is no such setting.", where="setting")
    found = SETTINGS[setting]
    if not found.fits(value):
        raise invalid(
            "setting_unusable",
            f"“{found.words.zh}”应为{found.wanted.zh}。",
            f"“{found.words.en}” must be {found.wanted.en}.",
            where=setting,
        )
    before = BankSetting.objects.filter(key=setting).values_list("value", flat=True).first()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"setting:{setting}"])
    BankSetting.objects.update_or_create(
        key=setting,
        defaults={"value": value, "changed_by": ctx.person.login, "changed_at": ctx.now},
    )
    ctx.note(
        f"修改设置：{found.words.zh}",
        f"Changed a setting: {found.words.en}",
        setting=setting,
        before=found.default if before is None else before,
        after=value,
    )
    return {"setting": setting}
