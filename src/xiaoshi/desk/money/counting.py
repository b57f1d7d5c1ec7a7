"""日终: drawers and vault counted by two, differences booked, the day closed; and a drawer handed to another teller.

    count = count_drawer(ctx, pieces={"note_10000": 119, ...}, reason="找零差错")     # a teller, without seeing the books
    check_count(ctx, count_id=..., total_fen=...)                                     # a supervisor, without seeing the count
    ask_close(ctx, day=...)  ->  requests.agree                                       # once every drawer is counted as it stands

A difference wants a reason when it is counted and is booked to 待处理现金长短款 when the second total agrees. Whatever moves a
drawer after its count makes that count worth nothing: it is counted again. The database asks the same before a day closes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q

from xiaoshi.core.ledger.cash_count import Counted, count_cash, difference_postings
from xiaoshi.core.money import yuan
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.fields import readable_id
from xiaoshi.desk.guard.refusals import Invalid, NotFound, invalid, not_allowed, refuse
from xiaoshi.desk.money.authority import CHECKERS, MAKERS, day_of, needs_role, two_people, two_terminals
from xiaoshi.desk.money.chart import VAULT, code_of, drawer_code, ensure_differences
from xiaoshi.desk.money.deciding import approve
from xiaoshi.desk.money.models import Account, Balance, BusinessDay, CashCount, MoneyOrder, Request
from xiaoshi.desk.money.orders import drawer_of, record_order
from xiaoshi.desk.money.requests import ask
from xiaoshi.desk.money.setting_apart import read_day
from xiaoshi.desk.organisation.models import Staff, Unit

if TYPE_CHECKING:
    from xiaoshi.desk.guard.boundary import Context

CASH_ORDERS = (
    "pay_cash",
    "vault_to_drawer",
    "drawer_to_vault",
    "handover",
    "cash_difference",
    "pay_in",
    "draw",
)


@dataclass(frozen=True, slots=True)
class Place:
    """A drawer or the vault at the end of a day: `count` is the newest of the day, `good` whether it holds as things stand."""

    account: Account
    count: CashCount | None
    good: bool
    wanted: bool


def places_of(unit: Unit, day: date) -> list[Place]:
    """The vault and the drawers of an outlet, in the order of their codes. Three queries."""
    accounts = Account.objects.filter(unit=unit, code__startswith=code_of(unit.path, "1001/"))
    rows = list(accounts.select_related("balance").order_by("code"))
    counts: dict[int, CashCount] = {}
    for count in (
        CashCount.objects.filter(unit=unit, day=day).exclude(state="withdrawn").order_by("counted_at")
    ):
        counts[count.account_id] = count  # type: ignore[attr-defined]
    return [_place(account, counts.get(account.pk), day) for account in rows]


def _place(account: Account, count: CashCount | None, day: date) -> Place:
    balance: Balance = account.balance
    good = (
        count is not None
        and count.state == "agreed"
        and count.counted_fen == balance.balance_fen
        and count.book_seq + (count.order_id is not None) == balance.posting_count  # type: ignore[attr-defined]
    )
    return Place(account, count, good, balance.balance_fen != 0 or balance.last_on == day)


def count_drawer(
    ctx: Context,
    *,
    pieces: dict[str, int],
    place: str = "",
    reason: str = "",
    terminal: str = "",
) -> CashCount:
    """Count a drawer (default the own one) or the vault (`place` "vault"), piece by piece. `reason` only for a difference."""
    unit = ctx.person.unit
    if place == "vault":
        needs_role(ctx, (*MAKERS, *CHECKERS))
        code = code_of(unit.path, VAULT)
    else:
        needs_role(ctx, (*MAKERS, *CHECKERS) if place else MAKERS)
        code = drawer_of(ctx, place)
    account = Account.objects.select_related("balance").get(code=code)
    _nothing_waits(account, unit)
    counted = count_cash(pieces, account.balance.balance_fen)
    if isinstance(counted, Problem):
        raise Invalid(counted)
    order = _difference(ctx, account, counted, reason, terminal) if counted.difference_fen else None
    count = CashCount(
        unit=unit,
        unit_path=unit.path,
        account=account,
        day=day_of(ctx.now),
        pieces=counted.pieces,
        counted_fen=counted.total_fen,
        book_fen=account.balance.balance_fen,
        book_seq=account.balance.posting_count,
        counted_by=ctx.person.login,
        counted_at=ctx.now,
        terminal=terminal,
        order=order,
    )
    count.save(force_insert=True)
    ctx.unit_path = unit.path
    name = account.words
    # Neither total nor difference: the second person counts for himself.
    ctx.note(
        f"清点{name.zh}，待另一人复点",
        f"Counted: {name.en}; another person counts it too",
        count=str(count.id),
    )
    return count


def check_count(ctx: Context, *, count_id: str, total_fen: int, terminal: str = "") -> CashCount:
    """The second person's total. Equal: the count holds and its difference is booked. Different: both count again."""
    count = _waiting(ctx, count_id)
    two_people(ctx, count.counted_by)
    two_terminals(count.terminal, terminal)
    needs_role(ctx, CHECKERS)
    balance = Balance.objects.get(account=count.account)
    if balance.posting_count != count.book_seq:
        raise refuse(
            "moved_since_count",
            "清点之后又有收付，这次清点不能复核。请录入人撤回后重新清点。",
            "Cash moved after this count, so it cannot be checked. Whoever counted withdraws it and counts again.",
        )
    count.checker, count.checked_at, count.checker_terminal = ctx.person.login, ctx.now, terminal
    if total_fen != count.counted_fen:
        count.state = "mismatch"
        _store(count)
        if count.order is not None:
            _end(count.order, "rejected", ctx, "复点不一致 / the second count differs")
        ctx.note(
            "复点与清点不一致，须重新清点",
            "The second count differs from the first: it is counted again",
            count=str(count.id),
            agreed=False,
        )
        return count
    if count.order is not None:
        order = MoneyOrder.objects.select_related("unit", "reverses__order").get(id=count.order.pk)
        order.checker_terminal = terminal
        if approve(ctx, order).state != "approved":
            raise refuse(
                "difference_too_large",
                "差额超过您的授权额度，请额度足够的负责人复点。",
                "The difference is above your authority: a head with a higher limit counts it.",
            )
    count.state = "agreed"
    _store(count)
    zh, en = _said(count)
    ctx.note(zh, en, count=str(count.id), counted_fen=count.counted_fen)
    return count


def withdraw_count(ctx: Context, *, count_id: str) -> CashCount:
    """Whoever counted takes it back, to count again."""
    count = _waiting(ctx, count_id)
    if count.counted_by != ctx.person.login:
        raise not_allowed(
            "not_your_order", "只有录入人本人能撤回。", "Only the person who recorded it can withdraw it."
        )
    count.state = "withdrawn"
    _store(count)
    if count.order is not None:
        _end(count.order, "withdrawn", ctx, "")
    ctx.note("撤回清点", "Withdrew a count", count=str(count.id))
    return count


def ask_close(ctx: Context, *, day: str = "", terminal: str = "") -> Request:
    """Ask that the outlet's day be closed. Refused with what is still to be counted or checked."""
    unit, on = ctx.person.unit, read_day(day, "day") if day else day_of(ctx.now)
    if unit.level != "outlet":
        raise refuse(
            "no_cash_here", "本机构没有现金，不做日终。", "This unit holds no cash and closes no day."
        )
    if on > day_of(ctx.now):
        raise invalid(
            "day_ahead", "不能为以后的日子做日终。", "A day that lies ahead cannot be closed.", where="day"
        )
    if closed_until(unit) is not None and on <= (closed_until(unit) or on):
        raise refuse("day_closed", f"{on} 已经日终。", f"{on} is closed already.")
    open_places = [p for p in places_of(unit, on) if p.wanted and not p.good]
    if open_places:
        zh = "、".join(p.account.name_zh for p in open_places[:5])
        en = ", ".join(p.account.name_en for p in open_places[:5])
        raise refuse(
            "day_not_counted",
            f"还没有清点并复核（或清点后又有收付）：{zh}。",
            f"Not counted and checked as it stands: {en}.",
        )
    if MoneyOrder.objects.filter(unit=unit, state="waiting", kind__in=CASH_ORDERS).exists():
        raise refuse(
            "cash_waits",
            "还有现金款项待复核，请先复核、退回或撤回。",
            "Cash still waits for a check: check it, send it back or withdraw it.",
        )
    if Request.objects.filter(unit=unit, kind="day_close", state="waiting").exists():
        raise refuse(
            "request_waiting",
            "日终已录入，待另一人复核。",
            "The closing is recorded and waits for another person.",
        )
    return ask(ctx, "day_close", reason=f"日终 {on}", terminal=terminal, day=on)


def ask_reopen(ctx: Context, *, reason: str, terminal: str = "") -> Request:
    """Ask that the newest closed day be opened again."""
    last = closed_until(ctx.person.unit)
    if last is None:
        raise refuse("no_day_closed", "没有已日终的日子。", "No day is closed.")
    return ask(ctx, "day_reopen", reason=reason, terminal=terminal, day=last)


def closed_until(unit: Unit) -> date | None:
    found = BusinessDay.objects.filter(unit=unit, state="closed").order_by("-day").first()
    return found.day if found else None


def plan_handover(ctx: Context, *, receiver: str, terminal: str = "") -> MoneyOrder:
    """尾箱交接: the whole of the own drawer goes to another teller of the outlet, who counts it blind and takes it over."""
    needs_role(ctx, MAKERS)
    unit, mine = ctx.person.unit, drawer_of(ctx)
    if receiver == ctx.person.login:
        raise invalid(
            "receiver_is_giver", "不能交接给自己。", "You cannot hand it over to yourself.", where="receiver"
        )
    taker = Staff.objects.filter(login=receiver, unit=unit, is_active=True).first()
    if taker is None or "teller" not in taker.roles:
        raise invalid(
            "receiver_unknown",
            "请选择本网点的另一位柜员。",
            "Choose another teller of this outlet.",
            where="receiver",
        )
    account = Account.objects.select_related("balance").get(code=mine)
    amount_fen = account.balance.balance_fen
    if amount_fen <= 0:
        raise refuse("drawer_empty", "尾箱没有现金，无须交接。", "The drawer is empty: nothing to hand over.")
    _nothing_waits(account, unit)
    order = record_order(
        ctx,
        unit=unit,
        kind="handover",
        amount_fen=amount_fen,
        plan=[(drawer_code(unit.path, receiver), amount_fen), (mine, -amount_fen)],
        destination={"drawer": receiver, "receiver": receiver, "from": ctx.person.login},
        matter="cash",
        terminal=terminal,
    )
    ctx.unit_path = unit.path
    ctx.note(
        f"尾箱交接给{taker.name_zh}，待接收人清点",
        f"Drawer handed to {taker.name_en}, who counts it",
        order=str(order.id),
    )
    return order


def _difference(ctx: Context, account: Account, counted: Counted, reason: str, terminal: str) -> MoneyOrder:
    fen = counted.difference_fen
    if not reason.strip():
        # Neither sum nor side is told: whoever counts again counts, and does not fill up to a figure.
        raise invalid(
            "difference_unexplained",
            "与账面不符，请重新清点；仍不符时填写原因再提交。",
            "It differs from the books. Count again; if it stays, give the reason and send it.",
            where="reason",
        )
    differences = ensure_differences(ctx.person.unit, now=ctx.now)
    lines = difference_postings(fen, account.code, differences.code)
    return record_order(
        ctx,
        unit=ctx.person.unit,
        kind="cash_difference",
        amount_fen=abs(fen),
        plan=lines,
        destination={"account": account.local_code, "over": fen > 0},
        matter=f"count/{account.local_code}",
        made_reason=reason.strip(),
        terminal=terminal,
    )


def _nothing_waits(account: Account, unit: Unit) -> None:
    if CashCount.objects.filter(account=account, state="waiting").exists():
        raise refuse(
            "count_waiting",
            "该尾箱（金库）已清点，待另一人复点。要重新清点，请录入人先撤回。",
            "It is counted and waits for the second person. To count again, whoever counted withdraws it first.",
        )
    waits = (
        Q(destination__drawer=account.staff_login)
        if account.staff_login
        else ~Q(kind__in=["pay_cash", "pay_in", "draw"])
    )
    if MoneyOrder.objects.filter(waits, unit=unit, state="waiting", kind__in=CASH_ORDERS).exists():
        raise refuse(
            "cash_waits",
            "还有现金款项待复核，请先复核、退回或撤回。",
            "Cash still waits for a check: check it, send it back or withdraw it.",
        )


def _waiting(ctx: Context, count_id: str) -> CashCount:
    found = CashCount.objects.select_for_update(of=("self",)).filter(id=readable_id(count_id))
    count = found.select_related("account", "order").first()
    if count is None:
        raise NotFound(Problem("count_not_found", Words("没有这次清点。", "There is no such count.")))
    if count.state != "waiting":
        raise refuse(
            "order_decided",
            "这次清点已经复核或撤回，请刷新页面。",
            "This count was decided meanwhile; reload the page.",
        )
    ctx.unit_path = count.unit_path
    return count


def _store(count: CashCount) -> None:
    count.save(update_fields=["state", "checker", "checked_at", "checker_terminal"])


def _end(order: MoneyOrder, state: str, ctx: Context, reason: str) -> None:
    order.state, order.reason = state, reason
    if state == "rejected":
        order.checker, order.checked_at = ctx.person.login, ctx.now
    order.save(update_fields=["state", "checker", "checked_at", "reason"])


def _said(count: CashCount) -> tuple[str, str]:
    total, fen = yuan(count.counted_fen), count.difference_fen
    if not fen:
        return f"清点复核一致：{total} 元，账实相符", f"Counted by two: {total} yuan, as the books say"
    side_zh, side_en = ("长款", "too much") if fen > 0 else ("短款", "too little")
    much = yuan(abs(fen))
    return (
        f"清点复核一致：{total} 元，{side_zh} {much} 元，已记待处理",
        f"Counted by two: {total} yuan, {much} {side_en}, booked as a difference",
    )
