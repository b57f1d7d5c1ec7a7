"""购汇、结汇与境外汇款: recorded at the rate of the minute, booked only while that rate holds.

The rate is agreed by two people above the outlet (`rate_set`). An order keeps its row's moment; when another row is in force by
the time of the check, nothing is booked and the order is recorded anew. Sending a remittance is the payment part's: here it
leaves the client's account for 汇出汇款, and the order says to whom.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from xiaoshi.core.ledger import Posting
from xiaoshi.core.ledger.exchange import (
    DECIMALS,
    Quote,
    Rate,
    exchange_postings,
    fen_of,
    quote,
    rate_in_force,
    rate_problem,
)
from xiaoshi.core.problems import Problem
from xiaoshi.desk.guard.refusals import Invalid, Refused, invalid, refuse
from xiaoshi.desk.money.authority import MAKERS, needs_role
from xiaoshi.desk.money.chart import FOREIGN, ensure_foreign_accounts
from xiaoshi.desk.money.models import Account, FxRate, MoneyOrder, Request
from xiaoshi.desk.money.orders import record_order
from xiaoshi.desk.money.requests import ask
from xiaoshi.desk.money.setting_apart import account_of

if TYPE_CHECKING:
    from xiaoshi.desk.guard.boundary import Context

_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z0-9 /\-?:().,'+]+", re.ASCII)
"""What the wire format lets a name or an account be (SWIFT's character set x)."""


def rates_at(currency: str, at: datetime) -> list[Rate]:
    """The row in force at a moment, if there is one. One small query."""
    rows = FxRate.objects.filter(currency=currency, valid_from__lte=at).order_by("-valid_from")[:1]
    return [row.for_ledger() for row in rows]


def ask_rate(
    ctx: Context,
    *,
    currency: str,
    buy_e4: int,
    sell_e4: int,
    valid_from: str = "",
    source: str,
    terminal: str = "",
) -> Request:
    """Ask for a new row: yuan for 100 units in ten-thousandths. In force from `valid_from`, or from when it is agreed."""
    try:
        moment = datetime.fromisoformat(valid_from) if valid_from else ctx.now
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise invalid(
            "moment_unreadable",
            "生效时间不对，请写成2026-11-25T10:30:00+08:00，或留空。",
            "The moment cannot be read: write 2026-11-25T10:30:00+08:00, or leave it empty.",
            where="valid_from",
        )
    problem = rate_problem(Rate(currency, buy_e4, sell_e4, moment, source))
    if problem is not None:
        raise Invalid(problem)
    terms = {"currency": currency, "buy_e4": buy_e4, "sell_e4": sell_e4, "valid_from": moment.isoformat()}
    return ask(ctx, "rate_set", reason=source, terminal=terminal, terms=terms)


def plan_exchange(
    ctx: Context, *, account_id: str, direction: str, currency: str, foreign_minor: int, terminal: str = ""
) -> MoneyOrder:
    """Record the purchase (or sale) of foreign money against a client's yuan account, to be checked.

    `foreign_minor`: in the currency's smallest unit. The foreign money goes to (comes from) the account of the same number.
    """
    needs_role(ctx, MAKERS)
    account = account_of(account_id)
    if direction not in {"purchase", "sale"}:
        raise invalid(
            "direction_unknown", "请选择购汇或结汇。", "Choose buying or selling.", where="direction"
        )
    if account.currency != "CNY":
        raise invalid(
            "account_not_yuan", "请从人民币账户办理。", "Start from the account in yuan.", where="account"
        )
    made = quote(rates_at(currency, ctx.now), direction, currency, foreign_minor, ctx.now)  # type: ignore[arg-type]
    if isinstance(made, Problem):
        raise (Refused if made.code == "no_rate" else Invalid)(made)
    number = account.local_code.partition("/")[2]
    others = ensure_foreign_accounts(account.unit, currency, number, account.holder, now=ctx.now)
    order = record_order(
        ctx,
        unit=account.unit,
        kind="exchange",
        amount_fen=made.amount_fen,
        plan=exchange_postings(
            made, account.code, others["client"].code, others["position_cny"].code, others["position"].code
        ),
        destination={
            "to": account.holder,
            "direction": direction,
            "currency": currency,
            "foreign_minor": foreign_minor,
            "rate_e4": _rate_of(made),
            "rate_from": made.rate.valid_from.isoformat(),
        },
        matter=f"exchange/{currency}",
        terminal=terminal,
    )
    ctx.unit_path = account.unit_path
    ctx.note(
        "录入购汇（结汇），待另一人复核",
        "Recorded an exchange; another person has to check it",
        order=str(order.id),
    )
    return order


def _rate_of(made: Quote) -> int:
    return made.rate.sell_e4 if made.direction == "purchase" else made.rate.buy_e4


def still_the_rate(ctx: Context, order: MoneyOrder) -> None:
    """Refuse an exchange whose rate has changed since it was recorded."""
    now = rate_in_force(
        rates_at(order.destination["currency"], ctx.now), order.destination["currency"], ctx.now
    )
    if now is None or now.valid_from.isoformat() != order.destination["rate_from"]:
        raise refuse(
            "rate_changed",
            "录入之后牌价已变，不能按原价记账。请录入人撤回，按新牌价重新录入。",
            "The rate changed after this was recorded, so it is not booked. Its maker withdraws it and records it at the new rate.",
        )


def _bic(text: str) -> str:
    return text.strip().upper()


def _refuse_unsendable(
    foreign_minor: int, beneficiary: str, beneficiary_account: str, bank_bic: str, purpose: str
) -> None:
    """What no bank abroad could book, said at the field where it is wrong."""
    if foreign_minor <= 0:
        raise invalid(
            "amount_missing", "请填写大于零的外币金额。", "Enter an amount above zero.", where="amount"
        )
    for field, text, most in (
        ("beneficiary", beneficiary, 140),
        ("beneficiary_account", beneficiary_account, 34),
    ):
        if not text.strip() or len(text) > most or not _PLAIN.fullmatch(text.strip()):
            raise invalid(
                "not_in_wire_letters",
                f"收款人姓名和账号用英文字母、数字填写，最多{most}个字符，与收款行登记一致。",
                f"Write the beneficiary's name and account in Latin letters and figures, {most} at most, as the bank there has them.",
                where=field,
            )
    if not _BIC.fullmatch(_bic(bank_bic)):
        raise invalid(
            "bic_unusable",
            "SWIFT代码为8或11位，请核对。",
            "A BIC has 8 or 11 characters; check it.",
            where="bank_bic",
        )
    if not purpose.strip():
        raise invalid(
            "reason_missing", "请填写汇款用途。", "Say what the remittance is for.", where="purpose"
        )


def plan_remittance(
    ctx: Context,
    *,
    account_id: str,
    foreign_minor: int,
    beneficiary: str,
    beneficiary_account: str,
    bank_bic: str,
    purpose: str,
    terminal: str = "",
) -> MoneyOrder:
    """Record that foreign money of a client is to be sent abroad, to be checked. `account_id`: the foreign account."""
    needs_role(ctx, MAKERS)
    account = account_of(account_id)
    if not account.local_code.startswith(FOREIGN):
        raise invalid(
            "account_not_foreign",
            "请从外币账户汇出。",
            "Remit from an account in foreign money.",
            where="account",
        )
    _refuse_unsendable(foreign_minor, beneficiary, beneficiary_account, bank_bic, purpose)
    currency = account.currency
    rows = rates_at(currency, ctx.now)
    if not rows:
        raise refuse(
            "no_rate",
            f"此刻没有{currency}牌价，不能办理。",
            f"No rate of {currency} is in force now.",
            where="currency",
        )
    number = account.local_code.rpartition("/")[2]
    others = ensure_foreign_accounts(account.unit, currency, number, account.holder, now=ctx.now)
    order = record_order(
        ctx,
        unit=account.unit,
        kind="remit",
        amount_fen=foreign_minor,
        currency=currency,
        weighs_fen=max(1, fen_of(currency, foreign_minor, rows[0].sell_e4)),
        plan=_remitted(account, others["remittances"], foreign_minor),
        destination={
            "to": beneficiary.strip(),
            "beneficiary_account": beneficiary_account.strip(),
            "bank_bic": _bic(bank_bic),
            "purpose": purpose.strip(),
            "currency": currency,
            "from": account.holder,
        },
        matter=f"remit/{currency}",
        terminal=terminal,
    )
    ctx.unit_path = account.unit_path
    ctx.note(
        "录入境外汇款，待另一人复核",
        "Recorded a remittance abroad; another person has to check it",
        order=str(order.id),
    )
    return order


def _remitted(account: Account, remittances: Account, minor: int) -> list[Posting]:
    return [
        Posting(account.code, minor, account.currency),
        Posting(remittances.code, -minor, account.currency),
    ]


def read_foreign(text: str, currency: str) -> int | None:
    """`1,200.50` dollars -> 120050; `10001` yen -> 10001; None for what is no amount of that currency."""
    decimals = DECIMALS.get(currency, 2)
    plain = re.sub(r"[\s,，]", "", text)
    found = re.fullmatch(r"(\d{1,13})(?:\.(\d*))?", plain, re.ASCII)
    rest = (found[2] or "").rstrip("0") if found else ""
    if found is None or len(rest) > decimals:
        return None
    return int(found[1]) * 10**decimals + int(rest.ljust(decimals, "0") or 0)
