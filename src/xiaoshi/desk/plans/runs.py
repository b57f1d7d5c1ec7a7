"""Moving many cases: ordered once, carried out by the worker case by case, each with its result; it can stop and go on.

The order writes a row for each case in one statement; the worker takes them in order and performs the same act as the
page would, with a key made of run and case. So a worker that dies in the middle, or two at once, move each case once.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from xiaoshi.core.casework.authority import RULES
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.guard.boundary import Context, act, perform
from xiaoshi.desk.guard.refusals import Refused, invalid, refuse
from xiaoshi.desk.guard.visibility import see_as, visible_to
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.plans.models import MoveItem, MoveRun
from xiaoshi.desk.plans.moving import move_back, move_to_plan, version_of

MOVERS = frozenset(RULES["move_plan"].roles)
CHUNK = 100


@act("plan.order_move", "批量改用新版流程", "Move many cases to a newer plan", roles=MOVERS, on_case=False)
def order_move(
    ctx: Context,
    *,
    kind: str,
    from_version: int,
    to_version: int,
    reason: str,
    renamed: dict[str, str] | None = None,
    cases: list[str] | None = None,
) -> dict[str, Any]:
    """Order the move of all running cases of this version that the person sees, or of these (`cases`: numbers).

    Only writes the order; the worker carries it out. Gives `run` and how many cases it holds.
    """
    version_of(kind, from_version)
    version_of(kind, to_version)
    if to_version == from_version:
        raise invalid("same_version", "两个版本相同。", "The two versions are the same.", where="to_version")
    if not reason.strip():
        raise invalid("reason_missing", "请写明原因。", "Give the reason.", where="reason")
    run = MoveRun.objects.create(
        kind=kind,
        from_version=from_version,
        to_version=to_version,
        reason=reason.strip(),
        renamed=renamed or {},
        ordered_by=ctx.person.login,
        at=ctx.now,
    )
    count = _fill(ctx, run, cases)
    if not count:
        raise refuse(
            "no_cases",
            f"没有可见的在办案件使用第 {from_version} 版。",
            f"No running case that you may see is on version {from_version}.",
            where="cases",
        )
    MoveRun.objects.filter(pk=run.pk).update(case_count=count)
    ctx.note(
        f"批量改版：{kind} 第 {from_version} 版 → 第 {to_version} 版，{count} 件：{reason}",
        f"Ordered to move {count} case(s) of {kind} from version {from_version} to {to_version}: {reason}",
        run=run.pk,
        kind=kind,
        reason=reason,
    )
    from xiaoshi.desk.plans.jobs import carry_on_run

    carry_on_run.configure(lock=f"plan-move-{run.pk}").defer(run=run.pk, login=ctx.person.login)
    return {"run": run.pk, "cases": count}


def _fill(ctx: Context, run: MoveRun, cases: list[str] | None) -> int:
    """One row for each case, in one statement. Row-level security leaves out what the person may not see."""
    reach = ctx.person.unit.path
    where = (
        "kind = %s AND plan_version = %s AND status IN ('open', 'suspended') AND starts_with(unit_path, %s)"
    )
    values: list[Any] = [run.pk, run.kind, run.from_version, reach]
    if cases is not None:
        where += " AND number = ANY(%s)"
        values.append(cases)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO plans_moveitem (run_id, case_id, state, code, words_zh, words_en)"  # noqa: S608  no input in it
            f" SELECT %s, id, 'waiting', '', '', '' FROM cases_case WHERE {where} ORDER BY opened_at, id",
            values,
        )
        return int(cursor.rowcount)


@act("plan.stop_move", "停止批量改版", "Stop moving cases", roles=MOVERS, on_case=False)
def stop_move(ctx: Context, *, run: int) -> dict[str, Any]:
    """The worker stops after the case in hand; what was moved stays moved."""
    return _switch(ctx, run, "running", "stopped", "停止批量改版", "Stopped moving cases")


@act("plan.go_on_move", "继续批量改版", "Go on moving cases", roles=MOVERS, on_case=False)
def go_on_move(ctx: Context, *, run: int) -> dict[str, Any]:
    """Go on with a run that was stopped, or whose worker died."""
    told = _switch(ctx, run, "", "running", "继续批量改版", "Went on moving cases")
    from xiaoshi.desk.plans.jobs import carry_on_run

    carry_on_run.configure(lock=f"plan-move-{run}").defer(run=run, login=ctx.person.login)
    return told


def _switch(ctx: Context, run: int, from_state: str, to_state: str, zh: str, en: str) -> dict[str, Any]:
    row = MoveRun.objects.select_for_update().filter(pk=run).first()
    if row is None:
        raise invalid("no_such_run", "没有这次批量改版。", "There is no such run.", where="run")
    if row.state == "finished" or (from_state and row.state != from_state):
        raise refuse(
            "run_over", "这次批量改版已结束或已停止。", "This run is over, or stopped already.", where="run"
        )
    row.state = to_state
    row.save(update_fields=["state"])
    ctx.note(f"{zh}：{row.kind}", f"{en}: {row.kind}", run=run)
    return {"run": run}


def carry_on(run_id: int, person: Staff) -> bool:
    """Move the next cases of a run, `CHUNK` at most. True while more are left to do."""
    with visible_to(person):
        run = MoveRun.objects.filter(pk=run_id, state="running").first()
        if run is None:
            return False
        items = list(
            MoveItem.objects.filter(run=run, state="waiting")
            .order_by("id")
            .values_list("id", "case_id")[:CHUNK]
        )
    for item, case_id in items:
        if not _still_running(run_id, person):
            return False
        _note(run_id, person, item, *_move_one(run, person, case_id))
    if len(items) == CHUNK:
        return True
    with visible_to(person):
        MoveRun.objects.filter(pk=run_id, state="running").update(
            state="finished", finished_at=timezone.now()
        )
    return False


def _still_running(run_id: int, person: Staff) -> bool:
    with visible_to(person):
        return MoveRun.objects.filter(pk=run_id, state="running").exists()


def _move_one(run: MoveRun, person: Staff, case_id: Any) -> tuple[str, str, str, str]:
    """`(state, code, zh, en)` of one case."""
    with visible_to(person):
        case = Case.objects.filter(id=case_id).only("plan_version", "version").first()
    if case is not None and case.plan_version == run.to_version:
        return "moved", "", "", ""  # by an earlier try of this run, whose result was lost with its worker
    fields: dict[str, Any] = {"reason": run.reason}
    forward = run.to_version > run.from_version
    if forward:
        fields |= {"version": run.to_version, "renamed": run.renamed}
    try:
        perform(
            move_to_plan if forward else move_back,
            person,
            f"plan-move/{run.pk}/{case_id}",
            case_id=case_id,
            channel="system",
            **fields,
        )
    except Refused as refused:
        words = refused.problem.words
        return "refused", refused.problem.code, words.zh, words.en
    return "moved", "", "", ""


def _note(run_id: int, person: Staff, item: int, state: str, code: str, zh: str, en: str) -> None:
    """The item's result and the run's counter, together and once."""
    with transaction.atomic():
        see_as(person)
        changed = MoveItem.objects.filter(pk=item, state="waiting").update(
            state=state, code=code, words_zh=zh, words_en=en, at=timezone.now()
        )
        if changed:
            counter = "moved_count" if state == "moved" else "refused_count"
            MoveRun.objects.filter(pk=run_id).update(**{counter: F(counter) + 1})
