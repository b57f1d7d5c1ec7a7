"""The acts of payments at the core bank: ask now, and what two people decide. What was agreed the database carries out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.bank.models import Decision, Dispatch
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.fields import readable_id
from xiaoshi.desk.guard.refusals import NotFound, invalid, not_allowed, refuse
from xiaoshi.desk.money.authority import APPROVERS, MAKERS, needs_role, two_people, two_terminals
from xiaoshi.desk.money.setting_apart import read_day

DECISIONS: dict[str, tuple[Words, frozenset[str]]] = {
    "recall": (Words("撤回付款", "Recall the payment"), frozenset({"sent", "settled", "stopped"})),
    "send_again": (
        Words("重新发送（编号不变）", "Send it again, under the same key"),
        frozenset({"stopped"}),
    ),
    "settled": (Words("核实为已付", "It was carried out as ordered"), frozenset({"stopped"})),
    "not_done": (Words("核实为未付", "It was not carried out"), frozenset({"stopped"})),
}
"""What may be decided, and in which states of the payment."""
ASKED_AT_MOST_EVERY = timedelta(seconds=10)


@act("bank.ask_now", "查询核心", "Ask the core bank now", on_case=False)
def ask_now(ctx: Context, *, payment_id: str) -> dict[str, Any]:
    """Let the worker send or ask at once, and not at its next time."""
    needs_role(ctx, (*MAKERS, *APPROVERS))
    row = _payment(ctx, payment_id)
    if row.state not in {"queued", "sent", "recalling"}:
        raise refuse(
            "nothing_to_ask",
            "这笔付款已有结果或已停止，不必再查询。",
            "This payment has ended or stopped; there is nothing to ask.",
        )
    Dispatch.objects.filter(id=row.pk).update(next_at=ctx.now)
    _work_soon()
    ctx.note("要求立即查询核心", "Asked that the core bank be asked at once", payment=str(row.pk))
    return {"payment": str(row.pk), "state": row.state}


@act("bank.propose", "申请处理付款", "Propose what becomes of a payment", on_case=False)
def propose(ctx: Context, *, payment_id: str, kind: str, reason: str, terminal: str = "") -> dict[str, Any]:
    """`kind`: recall, or of a stopped payment send_again, settled, not_done. Another person agrees."""
    needs_role(ctx, (*MAKERS, *APPROVERS))
    if kind not in DECISIONS:
        raise invalid("decision_unknown", "请选择处理方式。", "Choose what is to be done.", where="kind")
    if not reason.strip():
        raise invalid(
            "reason_missing", "请填写原因或依据。", "Give the reason, or what it rests on.", where="reason"
        )
    row = _payment(ctx, payment_id)
    _possible(row, kind)
    if Decision.objects.filter(dispatch=row, state="waiting").exists():
        raise refuse(
            "request_waiting",
            "已有一项处理待复核。需要更改时，请录入人先撤回。",
            "Something about it waits for a check already. To change it, its maker withdraws it first.",
        )
    made = Decision(
        dispatch=row,
        unit_path=row.unit_path,
        kind=kind,
        reason=reason.strip(),
        maker=ctx.person.login,
        made_for=ctx.on_behalf_of,
        made_at=ctx.now,
        maker_terminal=terminal,
    )
    made.save(force_insert=True)
    words = DECISIONS[kind][0]
    ctx.note(
        f"{words.zh}，待另一人复核：{made.reason}",
        f"{words.en}, to be checked: {made.reason}",
        payment=str(row.pk),
    )
    return {"decision": str(made.pk), "state": "waiting"}


@act("bank.agree", "复核付款处理", "Agree to what becomes of a payment", on_case=False, people_only=True)
def agree(ctx: Context, *, decision_id: str, terminal: str = "") -> dict[str, Any]:
    """The second person; it is carried out in the same transaction, and the worker does the rest."""
    made, row = _to_decide(ctx, decision_id)
    two_terminals(made.maker_terminal, terminal)
    _possible(row, made.kind)
    made.state, made.checker, made.checked_at, made.checker_terminal = (
        "agreed",
        ctx.person.login,
        ctx.now,
        terminal,
    )
    made.save(update_fields=["state", "checker", "checked_at", "checker_terminal"])
    if made.kind in {"recall", "send_again"}:
        _work_soon()
    words = DECISIONS[made.kind][0]
    ctx.note(f"复核同意：{words.zh}", f"Agreed: {words.en.lower()}", payment=str(row.pk), maker=made.maker)
    return {"decision": str(made.pk), "state": "agreed"}


@act(
    "bank.decline",
    "退回付款处理",
    "Send back what was proposed for a payment",
    on_case=False,
    people_only=True,
)
def decline(ctx: Context, *, decision_id: str, reason: str) -> dict[str, Any]:
    made, row = _to_decide(ctx, decision_id)
    if not reason.strip():
        raise invalid("reason_missing", "请填写退回原因。", "Say why you reject it.", where="reason")
    made.state, made.checker, made.checked_at = "rejected", ctx.person.login, ctx.now
    made.decided_reason = reason.strip()
    made.save(update_fields=["state", "checker", "checked_at", "decided_reason"])
    ctx.note(f"复核退回：{made.decided_reason}", f"Rejected: {made.decided_reason}", payment=str(row.pk))
    return {"decision": str(made.pk), "state": "rejected"}


@act("bank.withdraw", "撤销付款处理", "Withdraw what was proposed for a payment", on_case=False)
def withdraw(ctx: Context, *, decision_id: str) -> dict[str, Any]:
    made, row = _waiting(ctx, decision_id)
    if made.maker != ctx.person.login:
        raise not_allowed(
            "not_your_order", "只有录入人本人能撤回。", "Only the person who recorded it can withdraw it."
        )
    made.state = "withdrawn"
    made.save(update_fields=["state"])
    ctx.note("撤回付款处理的申请", "Withdrew what was proposed for a payment", payment=str(row.pk))
    return {"decision": str(made.pk), "state": "withdrawn"}


@act("bank.compare_day", "核对一日", "Compare a day with the core bank", on_case=False)
def compare_day(ctx: Context, *, day: str) -> dict[str, Any]:
    """Have the worker fetch the bank's statement of a day and lay it beside ours."""
    from xiaoshi.desk.bank.jobs import compare_one

    needs_role(ctx, (*MAKERS, *APPROVERS))
    wanted = read_day(day, "day")
    if wanted > timezone.localdate(ctx.now):
        raise invalid("day_ahead", "日期不能晚于今天。", "The day cannot lie ahead.", where="day")
    compare_one.defer(day=wanted.isoformat())
    ctx.unit_path = ctx.person.unit.path
    ctx.note(
        f"要求与核心核对 {wanted}",
        f"Asked for {wanted} to be compared with the core bank",
        day=wanted.isoformat(),
    )
    return {"day": wanted.isoformat()}


def _payment(ctx: Context, payment_id: str) -> Dispatch:
    """The payment, locked, if this person may see it."""
    row = Dispatch.objects.select_for_update(of=("self",)).filter(id=readable_id(payment_id)).first()
    if row is None:
        raise NotFound(Problem("payment_not_found", Words("没有这笔付款。", "There is no such payment.")))
    ctx.unit_path = row.unit_path
    return row


def _possible(row: Dispatch, kind: str) -> None:
    if row.state not in DECISIONS[kind][1]:
        raise refuse(
            "not_in_this_state",
            "付款目前的状态不能这样处理，请刷新页面查看。",
            "As the payment stands now this cannot be done; reload the page.",
        )


def _waiting(ctx: Context, decision_id: str) -> tuple[Decision, Dispatch]:
    named = Decision.objects.filter(id=readable_id(decision_id)).first()
    if named is None:
        raise NotFound(
            Problem("request_not_found", Words("没有这项待复核的处理。", "There is no such request."))
        )
    row = _payment(ctx, str(named.dispatch_id))  # type: ignore[attr-defined]
    made = Decision.objects.select_for_update().get(id=named.pk)
    if made.state != "waiting":
        raise refuse(
            "order_decided",
            "这项处理已经复核、退回或撤回，请刷新页面查看结果。",
            "This was decided or withdrawn in the meantime; reload the page to see how.",
        )
    return made, row


def _to_decide(ctx: Context, decision_id: str) -> tuple[Decision, Dispatch]:
    made, row = _waiting(ctx, decision_id)
    two_people(ctx, made.maker, made.made_for)
    needs_role(ctx, APPROVERS)
    return made, row


def _work_soon() -> None:
    from xiaoshi.desk.bank.jobs import send_soon

    send_soon.defer()
