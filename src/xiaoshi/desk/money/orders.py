"""Recording and deciding orders: plain functions that acts call, of this app and of the kinds.

    order = plan_payment(ctx, due_fen=46_845_00, amount_fen=46_845_00, way="cash")     # a teller
    order = decide_order(ctx, order, amount_fen=46_845_00)                             # a supervisor, who typed it blind

The maker types the sum, it must be the sum that is due, and it waits. The checker counts and types a sum without seeing
the first. Equal: the order is approved and booked in the same transaction. Different: the order ends as `mismatch`, the
count is kept with it, and the maker records a new order (which points to the old). Nothing here ever shows one person's
sum to the other: no timeline entry of a waiting order holds it. Rejected orders stay, with their reason.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Literal

from xiaoshi.core.casework.commands import RecordCheck
from xiaoshi.core.casework.roles import words_of_roles
from xiaoshi.core.ledger import Command, PostEntry, Posting, ReverseEntry
from xiaoshi.core.money import yuan
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.fields import readable_id
from xiaoshi.desk.guard.refusals import NotAllowed, NotFound, invalid, not_allowed, refuse
from xiaoshi.desk.money.booking import book, new_id, purpose_of
from xiaoshi.desk.money.chart import DAMAGED, VAULT, code_of, drawer_code, ensure_deposit_account
from xiaoshi.desk.money.due import APPROVED_CHECK, pay_step, too_early
from xiaoshi.desk.money.models import Account, Entry, MoneyOrder
from xiaoshi.desk.organisation.models import Unit

if TYPE_CHECKING:
    from xiaoshi.desk.guard.boundary import Context

Way = Literal["cash", "account"]
MAKERS = ("teller", "lobby_manager")
CHECKERS = ("supervisor", "outlet_head")


def plan_payment(
    ctx: Context,
    *,
    due_fen: int,
    way: str,
    amount_fen: int | None = None,
    account_number: str = "",
    holder: str = "",
    matter: str = "settlement",
    against: str = DAMAGED,
) -> MoneyOrder:
    """Record a payment of the case, to be checked. `amount_fen`: as the maker typed it (default `due_fen`).

    `way`: "cash" from the maker's own drawer, or "account" (`account_number`: default the one
    on file; `holder`: default the case's client).
    `matter`: which sum of the case (a batch of coins has its own); `against`: local code of the account that is debited.
    """
    _needs_role(ctx, MAKERS)
    case = ctx.the_case
    amount = due_fen if amount_fen is None else amount_fen
    if due_fen <= 0:
        raise refuse(
            "nothing_due",
            "应付金额尚未确定，或为零，不能付款。",
            "The sum due is not settled, or zero: nothing to pay.",
        )
    _not_too_early(ctx)
    _nothing_else_on(ctx, matter)
    if amount != due_fen:
        raise invalid(
            "amount_not_due",
            f"录入 {yuan(amount)} 元，应付 {yuan(due_fen)} 元，两者不一致。请核对清点结果后重新录入。",
            f"You entered {yuan(amount)} yuan, {yuan(due_fen)} yuan are due. Check the count and enter it again.",
            where="amount",
        )
    paid_for = code_of(case.unit_path, against)
    if way == "cash":
        giver = _drawer_of(ctx)
        destination = {"way": "cash", "to": case.client_name, "drawer": ctx.person.login}
    elif way == "account":
        name = holder or case.client_name
        on_file = case.people.filter(part="holder").first() if not account_number.strip() else None
        account_number = on_file.number("account") if on_file is not None else account_number
        account = ensure_deposit_account(case.unit, account_number, name, now=ctx.now)
        giver = account.code
        number = account.local_code.partition("/")[2]
        destination = {"way": "account", "to": name, "account_number": number}
    else:
        raise invalid("way_unknown", "请选择付现金或转入账户。", "Choose cash or an account.", where="way")
    order = _record(
        ctx,
        unit=case.unit,
        kind=f"pay_{way}",
        amount_fen=amount,
        plan=[(paid_for, amount), (giver, -amount)],
        destination=destination,
        matter=matter,
        replaces=_to_correct(ctx, matter),
    )
    ctx.note(
        "录入付款，待另一人复核",
        "Recorded a payment; another person has to check it",
        order=str(order.id),
        way=way,
    )
    return order


def plan_move(ctx: Context, *, direction: str, amount_fen: int, drawer_login: str = "") -> MoneyOrder:
    """Record cash going from the vault to a drawer or back (`vault_to_drawer`, `drawer_to_vault`), to be checked."""
    _needs_role(ctx, MAKERS)
    if direction not in {"vault_to_drawer", "drawer_to_vault"}:
        raise invalid(
            "direction_unknown",
            "请选择出库或入库。",
            "Choose from vault to drawer, or back.",
            where="direction",
        )
    if amount_fen <= 0:
        raise invalid("amount_missing", "请填写大于零的金额。", "Enter an amount above zero.", where="amount")
    unit = ctx.person.unit
    drawer = _drawer_of(ctx, drawer_login)
    sign = 1 if direction == "vault_to_drawer" else -1
    order = _record(
        ctx,
        unit=unit,
        kind=direction,
        amount_fen=amount_fen,
        plan=[(drawer, sign * amount_fen), (code_of(unit.path, VAULT), -sign * amount_fen)],
        destination={"drawer": drawer_login or ctx.person.login},
        matter="cash",
    )
    ctx.unit_path = unit.path
    ctx.note(
        "录入现金调拨，待另一人复核",
        "Recorded a move of cash; another person has to check it",
        order=str(order.id),
    )
    return order


def plan_reversal(ctx: Context, *, entry_id: str, reason: str) -> MoneyOrder:
    """Record that an entry is to be taken back, to be checked. On a case: one of its own entries."""
    _needs_role(ctx, MAKERS)
    if not reason.strip():
        raise invalid("reason_missing", "请填写冲正原因。", "Say why it is to be reversed.", where="reason")
    entry = Entry.objects.filter(id=readable_id(entry_id), case=ctx.case).select_related("unit").first()
    if entry is None:
        raise NotFound(_problem("entry_not_found", "没有这笔分录。", "There is no such entry."))
    if entry.reverses_id:
        raise refuse(
            "reversal_of_reversal",
            "冲正分录不能再冲正，请重新录入一笔。",
            "A reversal cannot be reversed; record a new entry.",
        )
    if Entry.objects.filter(reverses=entry).exists():
        raise refuse("already_reversed", "该分录已经冲正过。", "This entry has already been reversed.")
    if MoneyOrder.objects.filter(reverses=entry, state="waiting").exists():
        raise refuse(
            "order_waiting",
            "该分录的冲正已录入，正待复核。",
            "Its reversal is recorded and waits for a check.",
        )
    order = _record(
        ctx,
        unit=entry.unit,
        kind="reverse",
        amount_fen=entry.amount_fen,
        plan=[
            (p.account.code, -p.amount_fen) for p in entry.postings.select_related("account").order_by("id")
        ],
        destination={"entry": str(entry.id)},
        matter=f"reverse/{entry.id}",
        reverses=entry,
        made_reason=reason.strip(),
    )
    ctx.unit_path = entry.unit_path
    ctx.note(
        f"录入冲正，待另一人复核：{order.made_reason}",
        f"Recorded a reversal to be checked: {order.made_reason}",
        order=str(order.id),
    )
    return order


def decide_order(ctx: Context, *, order_id: str, amount_fen: int) -> MoneyOrder:
    """The second person's count. Equal: approved and booked. Different: the order ends as `mismatch`, nothing is booked."""
    order = _order_to_decide(ctx, order_id)
    if order.kind != "reverse":
        _not_too_early(ctx)  # the case may have been sent back since
    order.checker, order.checked_at = ctx.person.login, ctx.now
    if amount_fen != order.amount_fen:
        order.state = "mismatch"
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
    order.state = "approved"
    _store(order)
    entry = book(
        _command(ctx, order),
        unit=order.unit,
        at=ctx.now,
        key=f"order/{order.id}",
        case=order.case,
        order=order,
    )
    _tell_case(ctx, order)
    zh, en = purpose_of(order.kind, None).zh, purpose_of(order.kind, None).en
    ctx.note(
        f"复核一致，已记账：{zh} {yuan(order.amount_fen)} 元",
        f"Checked and booked: {en.lower()}, {yuan(order.amount_fen)} yuan",
        order=str(order.id),
        entry=str(entry.id),
        amount_fen=order.amount_fen,
        maker=order.maker,
    )
    return order


def reject_order(ctx: Context, *, order_id: str, reason: str) -> MoneyOrder:
    """The second person says no, and why. The order is kept."""
    order = _order_to_decide(ctx, order_id)
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


def paid_entry(case_id: uuid.UUID, matter: str = "settlement") -> Entry | None:
    """The entry by which this sum of the case was paid, unless it was reversed."""
    paid = Entry.objects.filter(
        case_id=case_id, order__matter=matter, order__kind__startswith="pay_", reversed_by__isnull=True
    )
    return paid.order_by("-at").first()


def _not_too_early(ctx: Context) -> None:
    if ctx.plan is None or ctx.state is None:
        return
    words = too_early(ctx.plan, ctx.state)
    if words is not None:
        raise refuse("too_early_to_pay", f"还不能付款。{words.zh}。", f"Nothing can be paid yet. {words.en}.")


def _command(ctx: Context, order: MoneyOrder) -> Command:
    purpose = purpose_of(order.kind, ctx.plan.title if ctx.plan and order.case_id else None)
    if order.reverses_id:
        return ReverseEntry(new_id(), str(order.reverses_id), purpose, order.maker, ctx.person.login)
    postings = tuple(Posting(line["account"], line["amount_fen"]) for line in order.plan)
    return PostEntry(new_id(), purpose, order.maker, ctx.person.login, postings)


def _tell_case(ctx: Context, order: MoneyOrder) -> None:
    """A plan may have a step that needs the approved payment; a reversal takes that approval away again."""
    if ctx.plan is None or pay_step(ctx.plan) is None:
        return
    passed = order.kind != "reverse"
    note = "" if passed else order.made_reason
    ctx.command(RecordCheck(command_id=ctx.next_command_id(), check=APPROVED_CHECK, passed=passed, note=note))


def _record(
    ctx: Context,
    *,
    unit: Unit,
    kind: str,
    amount_fen: int,
    plan: list[tuple[str, int]],
    destination: dict[str, Any],
    matter: str,
    reverses: Entry | None = None,
    replaces: MoneyOrder | None = None,
    made_reason: str = "",
) -> MoneyOrder:
    order = MoneyOrder(
        id=new_id(),
        case=ctx.case,
        unit=unit,
        unit_path=unit.path,
        kind=kind,
        matter=matter,
        amount_fen=amount_fen,
        destination=destination,
        plan=[{"account": code, "amount_fen": fen} for code, fen in plan],
        reverses=reverses,
        replaces=replaces,
        made_reason=made_reason,
        maker=ctx.person.login,
        made_for=ctx.on_behalf_of,
        made_at=ctx.now,
    )
    order.save(force_insert=True)
    return order


def _store(order: MoneyOrder) -> None:
    order.save(update_fields=["state", "checker", "checked_at", "reason", "attempts"])


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


def _order_to_decide(ctx: Context, order_id: str) -> MoneyOrder:
    order = _waiting(ctx, order_id)
    # Said before the role: a person with both roles should learn the reason that stays.
    if order.maker == ctx.person.login:
        raise not_allowed(
            "maker_is_checker",
            "您是录入人，不能复核自己录入的款项。请授权主管或网点负责人中的另一人复核。",
            "You recorded this, so you cannot check it. Another person, supervisor or outlet head, must.",
        )
    if order.made_for == ctx.person.login or ctx.on_behalf_of in {order.maker, order.made_for} - {""}:
        raise not_allowed(
            "maker_is_checker",
            "您与录入人互为代岗，等于同一人，不能复核这笔款项。请另一位授权主管或网点负责人复核。",
            "One of you stood in for the other, so you count as one. Another supervisor or outlet head must check this.",
        )
    _needs_role(ctx, CHECKERS)
    return order


def _nothing_else_on(ctx: Context, matter: str) -> None:
    if MoneyOrder.objects.filter(case=ctx.case, matter=matter, state="waiting").exists():
        raise refuse(
            "order_waiting",
            "这笔款项已录入，正待复核。需要更改时，请录入人先撤回。",
            "This payment is recorded and waits for a check. To change it, its maker withdraws it first.",
        )
    if paid_entry(ctx.the_case.id, matter) is not None:
        raise refuse(
            "already_paid",
            "这笔款项已经付过，不能重复付款。",
            "This sum has been paid; it cannot be paid twice.",
        )


def _to_correct(ctx: Context, matter: str) -> MoneyOrder | None:
    ended = MoneyOrder.objects.filter(
        case=ctx.case, matter=matter, state__in=["mismatch", "rejected"], replaced_by__isnull=True
    )
    return ended.order_by("-made_at").first()


def _drawer_of(ctx: Context, login: str = "") -> str:
    code = drawer_code(ctx.person.unit.path, login or ctx.person.login)
    if not Account.objects.filter(code=code).exists():
        raise refuse(
            "no_drawer",
            "没有这位柜员的尾箱，不能收付现金。请由有尾箱的柜员办理，或改为转入账户。",
            "There is no drawer for this person, so no cash can move. A teller with a drawer does it, or pay into an account.",
            where="drawer",
        )
    return code


def _needs_role(ctx: Context, roles: tuple[str, ...]) -> None:
    if not ctx.actor.roles & set(roles):
        who = words_of_roles(roles)
        raise NotAllowed(
            _problem(
                "not_your_role",
                f"这项操作由{who.zh}办理，请转给他们。",
                f"This is done by: {who.en}. Please pass it to them.",
            )
        )


def _problem(code: str, zh: str, en: str) -> Problem:
    return Problem(code, Words(zh, en))
