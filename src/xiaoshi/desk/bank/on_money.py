"""What the outbox adds to money: an approved transfer is queued in the transaction that books it, and one that is out cannot be
taken back in our own books alone. Called by `money/deciding.py` for orders of these kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xiaoshi.desk.bank.configured import connected
from xiaoshi.desk.bank.models import Dispatch
from xiaoshi.desk.guard.refusals import refuse
from xiaoshi.desk.money.booking import new_id
from xiaoshi.desk.money.models import Account, Entry, MoneyOrder

if TYPE_CHECKING:
    from xiaoshi.desk.guard.boundary import Context

KINDS = ("transfer", "reverse")


def may_book(ctx: Context, order: MoneyOrder) -> None:
    """Before it is booked: refuse to take back what is out, or was carried out, at the core bank."""
    if order.reverses is None or order.reverses.order is None:
        return
    out = (
        Dispatch.objects.filter(order=order.reverses.order)
        .exclude(state__in=["rejected", "returned"])
        .first()
    )
    if out is not None:
        raise refuse(
            "payment_is_out",
            "这笔款项已送核心，不能只在本系统冲正。请在“核心往来”页申请撤回，款项退回后再冲正。",
            "This payment went to the core bank and cannot be taken back in these books alone. Ask for its recall on the page"
            " “Core bank”; once it is returned, reverse it here.",
        )


def booked(ctx: Context, order: MoneyOrder, entry: Entry) -> None:
    """After it is booked: queue a transfer, once, to be sent by the worker."""
    if order.kind != "transfer" or len(order.plan) != 2 or not connected():
        return  # a withdrawal with its interest is no transfer between two accounts: the core bank's own product does it
    codes = [line["account"] for line in order.plan]
    found = {a.code: a for a in Account.objects.filter(code__in=codes)}
    debtor, creditor = (
        found[line["account"]] for line in sorted(order.plan, key=lambda line: -line["amount_fen"])
    )
    purpose = entry.purpose_zh
    Dispatch(
        id=new_id(),
        order=order,
        unit=order.unit,
        unit_path=order.unit_path,
        key=str(order.pk).replace("-", ""),
        amount_fen=order.amount_fen,
        currency=order.currency,
        debtor_number=debtor.local_code.partition("/")[2],
        debtor_name=debtor.holder,
        creditor_number=creditor.local_code.partition("/")[2],
        creditor_name=creditor.holder,
        text=f"{purpose} {order.hold.purpose}" if order.hold else purpose,
        made_at=ctx.now,
        next_at=ctx.now,
    ).save(force_insert=True)
    from xiaoshi.desk.bank.jobs import send_soon

    send_soon.defer()
