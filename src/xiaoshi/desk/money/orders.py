"""Recording orders: plain functions that acts call, of this app and of the kinds. `deciding.py` is the second person's part.

    order = plan_payment(ctx, due_fen=46_845_00, amount_fen=46_845_00, way="cash")     # a teller
    order = decide_order(ctx, order, amount_fen=46_845_00)                             # a supervisor, who typed it blind

The maker types the sum, it must be the sum that is due, and it waits. Nothing here ever shows one person's sum to another:
no timeline entry of a waiting order holds it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from xiaoshi.core.ledger import Posting
from xiaoshi.core.money import yuan
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.fields import readable_id
from xiaoshi.desk.guard.refusals import NotFound, invalid, refuse
from xiaoshi.desk.money.authority import MAKERS, needs_role
from xiaoshi.desk.money.booking import new_id
from xiaoshi.desk.money.chart import DAMAGED, VAULT, code_of, drawer_code, ensure_deposit_account
from xiaoshi.desk.money.due import too_early
from xiaoshi.desk.money.models import Account, Entry, Hold, MoneyOrder
from xiaoshi.desk.organisation.models import Unit

if TYPE_CHECKING:
    from xiaoshi.desk.guard.boundary import Context

Way = Literal["cash", "account"]


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
    terminal: str = "",
) -> MoneyOrder:
    """Record a payment of the case, to be checked. `amount_fen`: as the maker typed it (default `due_fen`).

    `way`: "cash" from the maker's own drawer, or "account" (`account_number`: default the one
    on file; `holder`: default the case's client).
    `matter`: which sum of the case (a batch of coins has its own); `against`: local code of the account that is debited.
    """
    needs_role(ctx, MAKERS)
    case = ctx.the_case
    amount = due_fen if amount_fen is None else amount_fen
    if due_fen <= 0:
        raise refuse(
            "nothing_due",
            "应付金额尚未确定，或为零，不能付款。",
            "The sum due is not settled, or zero: nothing to pay.",
        )
    not_too_early(ctx)
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
        giver = drawer_of(ctx)
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
    order = record_order(
        ctx,
        unit=case.unit,
        kind=f"pay_{way}",
        amount_fen=amount,
        plan=[(paid_for, amount), (giver, -amount)],
        destination=destination,
        matter=matter,
        terminal=terminal,
        replaces=_to_correct(ctx, matter),
    )
    ctx.note(
        "录入付款，待另一人复核",
        "Recorded a payment; another person has to check it",
        order=str(order.id),
        way=way,
    )
    return order


def plan_move(
    ctx: Context, *, direction: str, amount_fen: int, drawer_login: str = "", terminal: str = ""
) -> MoneyOrder:
    """Record cash going from the vault to a drawer or back (`vault_to_drawer`, `drawer_to_vault`), to be checked."""
    needs_role(ctx, MAKERS)
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
    drawer = drawer_of(ctx, drawer_login)
    sign = 1 if direction == "vault_to_drawer" else -1
    order = record_order(
        ctx,
        unit=unit,
        kind=direction,
        amount_fen=amount_fen,
        plan=[(drawer, sign * amount_fen), (code_of(unit.path, VAULT), -sign * amount_fen)],
        destination={"drawer": drawer_login or ctx.person.login},
        matter="cash",
        terminal=terminal,
    )
    ctx.unit_path = unit.path
    ctx.note(
        "录入现金调拨，待另一人复核",
        "Recorded a move of cash; another person has to check it",
        order=str(order.id),
    )
    return order


def plan_reversal(ctx: Context, *, entry_id: str, reason: str, terminal: str = "") -> MoneyOrder:
    """Record that an entry is to be taken back, to be checked. On a case: one of its own entries."""
    needs_role(ctx, MAKERS)
    if not reason.strip():
        raise invalid("reason_missing", "请填写冲正原因。", "Say why it is to be reversed.", where="reason")
    entry = (
        Entry.objects.filter(id=readable_id(entry_id), case=ctx.case)
        .select_related("unit", "order", "hold")
        .first()
    )
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
    taken_back = entry.order
    order = record_order(
        ctx,
        unit=entry.unit,
        kind="reverse",
        amount_fen=entry.amount_fen,
        plan=[
            Posting(p.account.code, -p.amount_fen, p.account.currency)
            for p in entry.postings.select_related("account").order_by("id")
        ],
        destination={"entry": str(entry.id)},
        matter=f"reverse/{entry.id}",
        terminal=terminal,
        currency=taken_back.currency if taken_back else "CNY",
        weighs_fen=taken_back.weighs_fen if taken_back else None,
        hold=entry.hold,
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


def paid_entry(case_id: uuid.UUID, matter: str = "settlement") -> Entry | None:
    """The entry by which this sum of the case was paid, unless it was reversed."""
    paid = Entry.objects.filter(
        case_id=case_id, order__matter=matter, order__kind__startswith="pay_", reversed_by__isnull=True
    )
    return paid.order_by("-at").first()


def not_too_early(ctx: Context) -> None:
    if ctx.plan is None or ctx.state is None:
        return
    words = too_early(ctx.plan, ctx.state)
    if words is not None:
        raise refuse("too_early_to_pay", f"还不能付款。{words.zh}。", f"Nothing can be paid yet. {words.en}.")


def record_order(
    ctx: Context,
    *,
    unit: Unit,
    kind: str,
    amount_fen: int,
    plan: Sequence[tuple[str, int] | Posting],
    destination: dict[str, Any],
    matter: str,
    terminal: str = "",
    currency: str = "CNY",
    weighs_fen: int | None = None,
    hold: Hold | None = None,
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
        plan=[_line(line) for line in plan],
        currency=currency,
        weighs_fen=weighs_fen,
        hold=hold,
        maker_terminal=terminal,
        reverses=reverses,
        replaces=replaces,
        made_reason=made_reason,
        maker=ctx.person.login,
        made_for=ctx.on_behalf_of,
        made_at=ctx.now,
    )
    order.save(force_insert=True)
    return order


def _line(line: tuple[str, int] | Posting) -> dict[str, Any]:
    posting = line if isinstance(line, Posting) else Posting(*line)
    more = {} if posting.currency == "CNY" else {"currency": posting.currency}
    return {"account": posting.account, "amount_fen": posting.amount_fen, **more}


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


def drawer_of(ctx: Context, login: str = "") -> str:
    code = drawer_code(ctx.person.unit.path, login or ctx.person.login)
    if not Account.objects.filter(code=code).exists():
        raise refuse(
            "no_drawer",
            "没有这位柜员的尾箱，不能收付现金。请由有尾箱的柜员办理，或改为转入账户。",
            "There is no drawer for this person, so no cash can move. A teller with a drawer does it, or pay into an account.",
            where="drawer",
        )
    return code


def _problem(code: str, zh: str, en: str) -> Problem:
    return Problem(code, Words(zh, en))
