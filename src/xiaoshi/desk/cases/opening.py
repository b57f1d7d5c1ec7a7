"""Opening a case: the first entry of its timeline."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from xiaoshi.core.casework.commands import OpenCase
from xiaoshi.desk.cases.models import Case, CaseNumber
from xiaoshi.desk.cases.plans import bank_zone, in_force
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.crypto import keyed_hash
from xiaoshi.desk.guard.refusals import invalid
from xiaoshi.desk.kinds import KINDS, kind_named
from xiaoshi.desk.organisation.models import Unit
from xiaoshi.desk.people.models import Client

BANK_ZONE = ZoneInfo("Asia/Shanghai")


def next_number(unit: Unit, ctx: Context) -> str:
    """`XS` + outlet + day + running number, e.g. `XS-0103-261124-007`: can be read out over the telephone."""
    day = ctx.now.astimezone(BANK_ZONE).date()
    CaseNumber.objects.get_or_create(unit=unit, day=day)
    row = CaseNumber.objects.select_for_update().get(unit=unit, day=day)
    row.last += 1
    row.save()
    return f"XS-{unit.id:04d}-{day:%y%m%d}-{row.last:03d}"


@act("case.open", "受理", "Open a case", on_case=False)
def open_case(
    ctx: Context,
    *,
    kind: str,
    client_name: str,
    facts: dict[str, Any],
    unit_path: str = "",
    id_number: str = "",
    phone: str = "",
    account_number: str = "",
    urgency: str = "small",
) -> dict[str, Any]:
    """Open a case of `kind` at the actor's outlet (or, from above, at the outlet of `unit_path`).

    `facts` by the plan's names and types. The case belongs to whoever opens it until it is handed over.
    """
    if kind not in KINDS:
        raise invalid(
            "unknown_kind",
            f"没有“{kind}”这种业务。",
            f"There is no kind of casework called “{kind}”.",
            where="kind",
        )
    if not client_name.strip():
        raise invalid("name_missing", "请填写客户姓名。", "Enter the client's name.", where="client_name")
    unit = _outlet(ctx, unit_path)
    plan = in_force(kind, ctx.now.astimezone(bank_zone()).date())
    case = Case(
        number=next_number(unit, ctx),
        kind=kind,
        plan_version=plan.version,
        unit=unit,
        unit_path=unit.path,
        client_name=client_name.strip(),
        urgency=urgency,
        opened_at=ctx.now,
        owner=ctx.person.login,
    )
    case.save(force_insert=True)
    ctx.start(case, plan)
    ctx.command(
        OpenCase(
            command_id=ctx.next_command_id(),
            case_number=case.number,
            unit_path=unit.path.rstrip("/"),
            facts=facts,
        )
    )
    client = Client(case=case, name=case.client_name)
    client.keep_numbers(id_number, phone, account_number)
    client.save(force_insert=True)
    words = kind_named(kind).words
    # The name itself stays out of the timeline, which is for ever; its keyed hash shows whether somebody changed it.
    known = keyed_hash("people", case.client_name)
    ctx.note(f"受理{words.zh}", f"Opened: {words.en}", number=case.number, client_hash=known)
    ctx.visible_to_client = True
    return {"case_id": str(case.id), "number": case.number}


def _outlet(ctx: Context, unit_path: str) -> Unit:
    if unit_path and unit_path != ctx.person.unit.path:
        unit = Unit.objects.filter(path=unit_path, level="outlet").first()
        if unit is None or not unit.path.startswith(ctx.person.unit.path):
            raise invalid(
                "no_such_outlet",
                "请选择您管辖范围内的一个网点。",
                "Choose an outlet within your part of the bank.",
                where="unit_path",
            )
        return unit
    if ctx.person.unit.level != "outlet":
        raise invalid(
            "outlet_missing",
            "您不在网点工作，请选择由哪个网点受理。",
            "You do not work at an outlet: choose the one that takes the case.",
            where="unit_path",
        )
    return ctx.person.unit
