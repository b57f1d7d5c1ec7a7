"""The second person's part of an order: approve (and book), send back, or find that the sums differ.

The checker counts and types a sum without seeing the first. Equal: the order is approved and booked in the same transaction.
Different: it ends as `mismatch`, the count is kept with it, and the maker records a new order (which points to the old). A sum
above the checker's own limit is endorsed by him or her as the first of two heads and waits for the second. Rejected and
withdrawn orders stay, with their reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xiaoshi.core.casework.commands import RecordCheck
from xiaoshi.core.ledger import Command, PostEntry, Posting, ReverseEntry
from xiaoshi.core.ledger.exchange import DECIMALS
from xiaoshi.core.money import yuan
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.fields import readable_id
from xiaoshi.desk.guard.refusals import NotFound, Refused, invalid, not_allowed, refuse
from xiaoshi.desk.kinds import kind_named
from xiaoshi.desk.money.authority import (
    APPROVERS,
    day_of,
    heads_of,
    needs_role,
    two_people,
    two_terminals,
    work_of,
)
from xiaoshi.desk.money.booking import book, new_id, purpose_of
from xiaoshi.desk.money.due import APPROVED_CHECK, pay_step
from xiaoshi.desk.money.exchanging import still_the_rate
from xiaoshi.desk.money.models import Entry, MoneyOrder
from xiaoshi.desk.money.orders import not_too_early
from xiaoshi.desk.parts import modules

if TYPE_CHECKING:
    from xiaoshi.desk.guard.boundary import Context

LEAVES_OR_RETURNS = ("transfer", "reverse")
"""Kinds of orders of which the parts' `on_money.py` is told: what may leave the house, and what takes it back."""
APPRAISED = "appraisal/"
"""How the matter of a payment by appraisal begins (`appraising.py`)."""


def decide_order(ctx: Context, *, order_id: str, amount_fen: int, terminal: str = "") -> MoneyOrder:
    """The second person's count. Equal: approved and booked, or endorsed when the sum wants a second head. Different: the
    order ends as `mismatch`, nothing is booked."""
    order = _order_to_decide(ctx, order_id, terminal)
    if order.kind != "reverse":
        not_too_early(ctx)  # the case may have been sent back since
    if amount_fen != order.amount_fen:
        return _sums_differ(ctx, order, amount_fen)
    return approve(ctx, order)


def kind_may_book(ctx: Context, order: MoneyOrder) -> None:
    """A kind may have reasons of its own against an order of its case; taking one back is always open."""
    if ctx.case is None or order.kind == "reverse":
        return
    may_book = kind_named(ctx.case.kind).may_book
    if may_book is not None:
        may_book(ctx, order)


_APPROVED = "UPDATE money_moneyorder SET state = 'approved', checker = %s, checked_at = %s, checker_terminal = %s WHERE id = %s"


def approve(ctx: Context, order: MoneyOrder) -> MoneyOrder:
    """Book it, or note the first of two heads. The engine is asked first: what it refuses leaves the order as it was."""
    if order.kind == "exchange":
        still_the_rate(ctx, order)
    kind_may_book(ctx, order)
    outside = list(modules("on_money")) if order.kind in LEAVES_OR_RETURNS else []
    for part in outside:
        part.may_book(ctx, order)
    try:
        entry = book(
            _command(ctx, order),
            unit=order.unit,
            at=ctx.now,
            key=f"order/{order.id}",
            case=order.case,
            order=order,
            also=[(_APPROVED, [ctx.person.login, ctx.now, order.checker_terminal, order.id])],
        )
    except Refused as refused:
        if refused.problem.code == "second_head_missing" and not order.endorser:
            return _endorsed(ctx, order, refused.problem)
        raise
    order.state, order.checker, order.checked_at = "approved", ctx.person.login, ctx.now
    for part in outside:
        part.booked(ctx, order, entry)
    _tell_case(ctx, order)
    _tell_booked(ctx, order, entry)
    return order


def _sums_differ(ctx: Context, order: MoneyOrder, amount_fen: int) -> MoneyOrder:
    order.state, order.checker, order.checked_at = "mismatch", ctx.person.login, ctx.now
    counted = {"checker": ctx.person.login, "at": ctx.now.isoformat(), "amount_fen": amount_fen}
    order.attempts = [*order.attempts, counted]
    _store(order)
    ctx.note(
        "复核金额与录入金额不一致，未付款，退回录入人重新清点",
        "The checker's amount differs: nothing was paid, back to be counted and recorded again",
        order=str(order.id),
        agreed=False,
    )
    return order


def _endorsed(ctx: Context, order: MoneyOrder, why: Problem) -> MoneyOrder:
    order.endorser, order.endorsed_at = ctx.person.login, ctx.now
    order.save(update_fields=["endorser", "endorsed_at"])
    # The words of the engine name the sum: they go to the person, not into the timeline while the order waits.
    ctx.note(
        "复核一致，金额超过单人授权额度，待另一位负责人复核",
        "The sums agree; they are above one person's authority, so a second head has to check",
        order=str(order.id),
        endorsed=True,
    )
    return order


def _tell_booked(ctx: Context, order: MoneyOrder, entry: Entry) -> None:
    words = purpose_of(order.kind, None)
    sum_zh, sum_en = yuan(order.amount_fen), f"{yuan(order.amount_fen)} yuan"
    if order.currency != "CNY":
        sum_zh = sum_en = f"{order.currency} {figures_of(order.amount_fen, order.currency)}"
    else:
        sum_zh += " 元"
    ctx.note(
        f"复核一致，已记账：{words.zh} {sum_zh}",
        f"Checked and booked: {words.en.lower()}, {sum_en}",
        order=str(order.id),
        entry=str(entry.id),
        amount_fen=order.amount_fen,
        maker=order.maker,
        **({"endorser": order.endorser} if order.endorser else {}),
    )


def reject_order(ctx: Context, *, order_id: str, reason: str) -> MoneyOrder:
    """The second person says no, and why. The order is kept."""
    order = _order_to_decide(ctx, order_id, "")
    if not reason.strip():
        raise invalid("reason_missing", "请填写退回原因。", "Say why you reject it.", where="reason")
    order.state, order.reason = "rejected", reason.strip()
    order.checker, order.checked_at = ctx.person.login, ctx.now
    _store(order)
    ctx.note(f"复核退回：{order.reason}", f"Rejected by the checker: {order.reason}", order=str(order.id))
    return order


def withdraw_order(ctx: Context, *, order_id: str, reason: str = "") -> MoneyOrder:
    """The maker takes back what nobody has decided yet. The order is kept."""
    order = _waiting(ctx, order_id)
    if order.maker != ctx.person.login:
        raise not_allowed(
            "not_your_order", "只有录入人本人能撤回。", "Only the person who recorded it can withdraw it."
        )
    order.state, order.reason = "withdrawn", reason.strip()
    _store(order)
    ctx.note("撤回待复核的款项", "Withdrew what was waiting for a check", order=str(order.id))
    return order


def _command(ctx: Context, order: MoneyOrder) -> Command:
    purpose = purpose_of(order.kind, ctx.plan.title if ctx.plan and order.case_id else None)
    limits = {
        "day": day_of(ctx.now),
        "work": work_of(order),
        "heads": heads_of(order, ctx.person),
        "weighs_fen": order.weighs_fen or 0,
    }
    people = (order.maker, ctx.person.login)
    if order.reverses_id:
        return ReverseEntry(new_id(), str(order.reverses_id), purpose, *people, **limits)  # type: ignore[arg-type]
    postings = tuple(
        Posting(line["account"], line["amount_fen"], line.get("currency", "CNY")) for line in order.plan
    )
    hold = str(order.hold_id) if order.hold_id else ""
    return PostEntry(new_id(), purpose, *people, postings, hold=hold, **limits)  # type: ignore[arg-type]


def _tell_case(ctx: Context, order: MoneyOrder) -> None:
    """A plan may have a step that needs the approved payment; a reversal takes that approval away again.

    What is paid later by an appraisal is a sum of its own and says nothing about the settlement.
    """
    if ctx.plan is None or pay_step(ctx.plan) is None:
        return
    paid = order.reverses.order if order.reverses is not None else order
    if paid is not None and paid.matter.startswith(APPRAISED):
        return
    passed = order.kind != "reverse"
    note = "" if passed else order.made_reason
    ctx.command(RecordCheck(command_id=ctx.next_command_id(), check=APPROVED_CHECK, passed=passed, note=note))


def _store(order: MoneyOrder) -> None:
    order.save(update_fields=["state", "checker", "checked_at", "reason", "attempts", "checker_terminal"])


def _waiting(ctx: Context, order_id: str) -> MoneyOrder:
    """The order, locked: one of this case, or on a unit's act one without a case."""
    found = MoneyOrder.objects.select_for_update(of=("self",)).filter(id=readable_id(order_id), case=ctx.case)
    order = found.select_related("unit").first()
    if order is None:
        raise NotFound(_problem("order_not_found", "没有这笔待复核的款项。", "There is no such order."))
    if order.state != "waiting":
        raise refuse(
            "order_decided",
            "这笔款项已经处理过（复核、退回或撤回），请刷新页面查看结果。",
            "This was decided or withdrawn in the meantime; reload the page to see how.",
        )
    ctx.unit_path = order.unit_path
    return order


def _order_to_decide(ctx: Context, order_id: str, terminal: str) -> MoneyOrder:
    order = _waiting(ctx, order_id)
    two_people(ctx, order.maker, order.made_for)
    if ctx.person.login == order.endorser:
        raise not_allowed(
            "endorsed_by_you",
            "您已复核过这笔款项，金额超过单人额度，请另一位负责人复核。",
            "You have checked this already; the sum takes a second head.",
        )
    two_terminals(order.maker_terminal, terminal)
    if order.kind == "handover":
        if order.destination.get("receiver") != ctx.person.login:
            raise not_allowed(
                "not_the_receiver",
                "尾箱交接由接收柜员本人清点确认。",
                "The teller who takes the drawer over counts it.",
            )
    else:
        needs_role(ctx, APPROVERS)
    order.checker_terminal = terminal
    return order


def figures_of(amount: int, currency: str) -> str:
    """A sum in the currency's own decimals: 120050 US cents -> 1,200.50; 10001 yen -> 10,001."""
    return yuan(amount) if DECIMALS.get(currency, 2) else f"{amount:,}"


def _problem(code: str, zh: str, en: str) -> Problem:
    return Problem(code, Words(zh, en))
