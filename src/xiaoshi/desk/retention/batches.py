"""Cases proposed for destruction by one person and decided by another, as acts; destroying itself is `destroying.py`.

What is approved are these cases and no others: a digest over their ids stands on the batch and in both people's entries. What
has changed meanwhile (a hold, an order) is looked at again when the batch is carried out, and such a case stays.
"""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from xiaoshi.core.rules.retention_rules import ANY_KIND, WHAT, OwnPeriod, problem_of_own
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import Invalid, NotFound, Refused, invalid, not_allowed, refuse
from xiaoshi.desk.kinds import KINDS
from xiaoshi.desk.notices.telling import tell_colleagues
from xiaoshi.desk.retention.due import day_of, look_at, own_periods
from xiaoshi.desk.retention.holds import written
from xiaoshi.desk.retention.models import Batch, BatchItem, OwnPeriodRow
from xiaoshi.desk.retention.tombstones import cases_digest

PROPOSES = frozenset({"outlet_head", "archivist", "city_specialist", "province_specialist"})
APPROVES = frozenset({"city_specialist", "province_specialist"})
SETS_PERIODS = frozenset({"province_specialist"})
CASES_MAX = 500


@act(
    "retention.propose",
    "提请销毁",
    "Propose cases for destruction",
    roles=PROPOSES,
    on_case=False,
    people_only=True,
)
def propose(ctx: Context, *, cases: list[str], reason: str) -> dict[str, Any]:
    """A batch of cases, each of which the rules let go today; somebody else decides. `cases`: ids, at most 500."""
    reason = written(reason, "reason", "请写明提请销毁的理由。", "Say why they are proposed.")
    rows = _proposable(cases)
    on = day_of(ctx.now)
    looked = look_at(rows, on, own_periods())
    for one in looked:
        if not one.standing.due:
            why = one.standing.why_not[0].words
            raise refuse(
                "not_due",
                f"案件 {one.case.number} 还不能销毁：{why.zh}",
                f"Case {one.case.number} may not go yet: {why.en}",
                where="cases",
            )
    batch = Batch.objects.create(
        unit_path=ctx.person.unit.path,
        as_of=on,
        reason=reason,
        case_count=len(rows),
        cases_digest=cases_digest([str(case.id) for case in rows]),
        proposed_by=ctx.person.login,
        proposed_at=ctx.now,
    )
    try:
        with transaction.atomic():
            BatchItem.objects.bulk_create(
                BatchItem(
                    batch=batch, case_id=one.case.id, rule=one.standing.rule.id if one.standing.rule else ""
                )
                for one in looked
            )
    except IntegrityError as error:
        raise _in_a_batch("其中有的案件", "One of these cases") from error
    _say(
        ctx,
        batch,
        f"提请销毁 {len(rows)} 个案件（第 {batch.id} 批）",
        f"Proposed {len(rows)} cases for destruction (batch {batch.id})",
        reason,
    )
    return {"batch": batch.id, "cases": len(rows)}


def _proposable(cases: list[str]) -> list[Case]:
    """The cases, each once, each of the reader's part of the bank, none waiting in another batch."""
    try:
        ids = sorted({uuid.UUID(str(ident)) for ident in cases})
    except ValueError:
        ids = []
    if not ids or len(ids) > CASES_MAX:
        raise invalid(
            "cases_missing",
            f"请选择 1 至 {CASES_MAX} 个案件。",
            f"Choose 1 to {CASES_MAX} cases.",
            where="cases",
        )
    rows = list(Case.objects.filter(id__in=ids).order_by("id").select_for_update().defer("snapshot", "asked"))
    if len(rows) < len(ids):
        raise NotFound(
            invalid(
                "case_not_found",
                "有的案件不存在，或不在您的管辖范围内。",
                "Some of these cases do not exist or lie outside your part of the bank.",
                where="cases",
            ).problem
        )
    waiting = (
        BatchItem.objects.filter(case_id__in=ids, state="waiting").values_list("case_id", "batch_id").first()
    )
    if waiting is not None:
        number = next(case.number for case in rows if case.id == waiting[0])
        raise _in_a_batch(f"案件 {number} ", f"Case {number}")
    return rows


def _in_a_batch(zh: str, en: str) -> Refused:
    """Also of a unit above, whose batches the outlet does not see: the database says that the case waits in one."""
    return refuse(
        "in_a_batch",
        f"{zh}已在另一批中等待处理。",
        f"{en} waits in another batch already.",
        where="cases",
    )


def _say(ctx: Context, batch: Batch, zh: str, en: str, reason: str) -> None:
    """The entry on the chain of the batch's unit."""
    ctx.unit_path = batch.unit_path
    ctx.note(
        f"{zh}：{reason}",
        f"{en}: {reason}",
        batch=batch.id,
        cases=batch.case_count,
        cases_digest=batch.cases_digest,
    )


def _batch(ctx: Context, batch: int, *states: str) -> Batch:
    row = Batch.objects.select_for_update().filter(id=batch).first() if 0 < batch < 2**63 else None
    if row is None:
        raise NotFound(invalid("batch_unknown", "没有这一批，或不在您的管辖范围内。", "There is no such batch in your part of the bank.", where="batch").problem)  # fmt: skip
    if row.state not in states:
        raise refuse(
            "batch_decided", "这一批已有决定。", "This batch has been decided already.", where="batch"
        )
    return row


def _second_person(ctx: Context, row: Batch) -> None:
    if ctx.person.login == row.proposed_by or ctx.on_behalf_of == row.proposed_by:
        raise not_allowed(
            "maker_is_checker",
            "提请人不能自己决定，请由另一位同事决定。",
            "Whoever proposed it cannot decide it: somebody else does.",
            where="batch",
        )


@act("retention.approve", "同意销毁", "Approve destruction", roles=APPROVES, on_case=False, people_only=True)
def approve(ctx: Context, *, batch: int, reason: str, cases: int) -> dict[str, Any]:
    """The second person's decision. `cases`: how many they are, as this person counted them on the batch."""
    reason = written(reason, "reason", "请写明同意的理由。", "Say why you approve.")
    row = _batch(ctx, batch, "proposed")
    _second_person(ctx, row)
    if cases != row.case_count:
        raise invalid(
            "count_differs",
            f"您填写的是 {cases} 个案件，与本批不符。请逐一核对后再填。",
            f"You entered {cases} cases, and the batch has another number. Look through them and count again.",
            where="cases",
        )
    return _decide(ctx, row, "approved", reason, "同意销毁", "Approved for destruction")


@act("retention.reject", "不同意销毁", "Reject destruction", roles=APPROVES, on_case=False, people_only=True)
def reject(ctx: Context, *, batch: int, reason: str) -> dict[str, Any]:
    """The batch is over; its cases may be proposed again."""
    reason = written(reason, "reason", "请写明不同意的理由。", "Say why you reject it.")
    row = _batch(ctx, batch, "proposed")
    _second_person(ctx, row)
    return _decide(ctx, row, "rejected", reason, "不同意销毁", "Destruction was rejected")


@act(
    "retention.withdraw",
    "撤回销毁批次",
    "Withdraw a batch",
    roles=PROPOSES | APPROVES,
    on_case=False,
    people_only=True,
)
def withdraw(ctx: Context, *, batch: int, reason: str) -> dict[str, Any]:
    """Also after it was approved, for the cases that are not destroyed yet."""
    reason = written(reason, "reason", "请写明撤回的理由。", "Say why it is withdrawn.")
    row = _batch(ctx, batch, "proposed", "approved")
    row.state, row.decided_reason = "withdrawn", reason
    row.save(update_fields=["state", "decided_reason"])
    _say(ctx, row, f"撤回第 {row.id} 批的销毁", f"Batch {row.id} was withdrawn", reason)
    return {"batch": row.id, "state": row.state}


def _decide(ctx: Context, row: Batch, state: str, reason: str, zh: str, en: str) -> dict[str, Any]:
    row.state, row.decided_by, row.decided_at, row.decided_reason = state, ctx.person.login, ctx.now, reason
    row.save(update_fields=["state", "decided_by", "decided_at", "decided_reason"])
    _say(
        ctx,
        row,
        f"{zh}：第 {row.id} 批，{row.case_count} 个案件",
        f"{en}: batch {row.id}, {row.case_count} cases",
        reason,
    )
    assert ctx.words is not None
    tell_colleagues(
        [row.proposed_by], None, "retention", ctx.words, ctx.now, f"/desk/retention/batches/{row.id}/"
    )
    return {"batch": row.id, "state": row.state}


@act(
    "retention.set_period",
    "设定保存期限",
    "Set a period of the bank",
    roles=SETS_PERIODS,
    on_case=False,
    people_only=True,
)
def set_period(
    ctx: Context, *, subject: str, years: int, source: str, kind: str = ANY_KIND, in_force_from: str = ""
) -> dict[str, Any]:
    """The bank keeps this longer than the shipped rule says. `subject`: identity, transactions, documents or record."""
    try:
        first = date.fromisoformat(in_force_from) if in_force_from.strip() else day_of(ctx.now)
    except ValueError:
        raise invalid(
            "day_unreadable", "日期请写成 2030-12-31。", "Write the day as 2030-12-31.", where="in_force_from"
        ) from None
    if first < day_of(ctx.now):
        raise invalid(
            "day_past", "生效日不能早于今天。", "It cannot be in force before today.", where="in_force_from"
        )
    source = written(
        source, "source", "请写明依据（哪份制度、哪一条）。", "Say which decision of the bank it rests on."
    )
    own = OwnPeriod(subject, kind or ANY_KIND, years, first, source)
    problem = problem_of_own(own, tuple(KINDS))
    if problem is not None:
        raise Invalid(problem)
    OwnPeriodRow.objects.create(
        what=subject,
        kind=own.kind,
        years=years,
        in_force_from=first,
        source=source,
        decided_by=ctx.person.login,
        decided_at=ctx.now,
    )
    words = WHAT[subject]
    ctx.note(
        f"{words.zh}保存 {years} 年，{first.isoformat()} 起（{source}）",
        f"{words.en.capitalize()}: kept for {years} years from {first.isoformat()} ({source})",
        subject=subject, years=years, kind=own.kind,
    )  # fmt: skip
    return {"subject": subject, "kind": own.kind, "years": years, "in_force_from": first.isoformat()}
