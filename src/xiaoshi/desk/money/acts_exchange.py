"""The acts of foreign money: a rate, an exchange, a remittance."""

from __future__ import annotations

from typing import Any

from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.money import exchanging
from xiaoshi.desk.money.models import MoneyOrder


def _recorded(order: MoneyOrder) -> dict[str, Any]:
    return {"order": str(order.id), "state": order.state, "amount_fen": order.amount_fen}


@act("money.set_rate", "录入外汇牌价", "Enter a rate of exchange", on_case=False)
def set_rate(
    ctx: Context,
    *,
    currency: str,
    buy_e4: int,
    sell_e4: int,
    source: str,
    valid_from: str = "",
    terminal: str = "",
) -> dict[str, Any]:
    """Yuan for 100 units in ten-thousandths (712.16 -> 7121600); agreed by another person (`money.agree`)."""
    request = exchanging.ask_rate(
        ctx,
        currency=currency,
        buy_e4=buy_e4,
        sell_e4=sell_e4,
        valid_from=valid_from,
        source=source,
        terminal=terminal,
    )
    return {"request": str(request.id), "state": request.state}


@act("money.exchange", "录入购汇", "Record an exchange", on_case=False)
def exchange(
    ctx: Context,
    *,
    account_id: str,
    currency: str,
    foreign_minor: int,
    direction: str = "purchase",
    terminal: str = "",
) -> dict[str, Any]:
    """`direction`: purchase (the client buys) or sale. `amount_fen` of the answer: the yuan at the rate of the minute."""
    return _recorded(
        exchanging.plan_exchange(
            ctx,
            account_id=account_id,
            direction=direction,
            currency=currency,
            foreign_minor=foreign_minor,
            terminal=terminal,
        )
    )


@act("money.remit", "录入境外汇款", "Record a remittance abroad", on_case=False)
def remit(
    ctx: Context,
    *,
    account_id: str,
    foreign_minor: int,
    beneficiary: str,
    beneficiary_account: str,
    bank_bic: str,
    purpose: str,
    terminal: str = "",
) -> dict[str, Any]:
    """From the client's foreign account to 汇出汇款; whoever sends it reads the order."""
    return _recorded(
        exchanging.plan_remittance(
            ctx,
            account_id=account_id,
            foreign_minor=foreign_minor,
            beneficiary=beneficiary,
            beneficiary_account=beneficiary_account,
            bank_bic=bank_bic,
            purpose=purpose,
            terminal=terminal,
        )
    )
