"""Papers behind accounts, holds, transfers, limits: what is asked for, with everything checked that a person can mend."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from xiaoshi.core.casework.roles import ROLES
from xiaoshi.core.ledger.authority import WORKS
from xiaoshi.core.money import AMOUNT_FEN_MAX, yuan
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.fields import readable_id
from xiaoshi.desk.guard.refusals import NotFound, invalid, refuse
from xiaoshi.desk.money.authority import MAKERS, day_of, needs_role
from xiaoshi.desk.money.chart import ensure_deposit_account, ensure_payee_account
from xiaoshi.desk.money.models import Account, Hold, Instrument, MoneyOrder, Request
from xiaoshi.desk.money.orders import drawer_of, record_order
from xiaoshi.desk.money.requests import ask
from xiaoshi.desk.money.rows_decided import INSTRUMENT_KINDS

if TYPE_CHECKING:
    from xiaoshi.desk.guard.boundary import Context

_NUMBER = re.compile(r"[0-9A-Za-z-]{4,40}", re.ASCII)


def account_of(account_id: str) -> Account:
    """An account of a client that this person may see, by its id."""
    found = (
        Account.objects.filter(id=int(account_id) if account_id.isdecimal() else 0)
        .select_related("unit", "balance")
        .first()
    )
    if found is None or not found.holder:
        raise NotFound(
            Problem("account_not_found", Words("没有这个客户账户。", "There is no such account of a client."))
        )
    return found


def register_paper(ctx: Context, *, account_id: str, kind: str, number: str, issued_on: str) -> Instrument:
    """Note which certificate, passbook or call deposit stands behind an account. It starts live."""
    needs_role(ctx, MAKERS)
    account = account_of(account_id)
    if kind not in INSTRUMENT_KINDS:
        raise invalid(
            "paper_kind_unknown",
            "请选择存单、存折或通知存款。",
            "Choose certificate, passbook or call deposit.",
            where="kind",
        )
    number = re.sub(r"\s", "", number)
    if not _NUMBER.fullmatch(number):
        raise invalid(
            "paper_number_unusable",
            "凭证号应为 4 至 40 位数字或字母，请核对存单（折）。",
            "The number has 4 to 40 figures or letters; check the paper.",
            where="number",
        )
    day = read_day(issued_on, "issued_on")
    if day > day_of(ctx.now):
        raise invalid(
            "day_ahead", "开立日期不能晚于今天。", "The day of issue cannot lie ahead.", where="issued_on"
        )
    if Instrument.objects.filter(account=account).exclude(state="closed").exists():
        raise refuse(
            "paper_there",
            "该账户已登记存单（折），一户一证。请核对，或先注销旧的。",
            "A paper stands behind this account already. Check it, or close the old one first.",
        )
    if Instrument.objects.filter(unit=account.unit, number=number).exists():
        raise invalid(
            "paper_number_taken",
            "这个凭证号已登记在另一账户。",
            "This number belongs to another account.",
            where="number",
        )
    paper = Instrument(
        unit=account.unit,
        unit_path=account.unit_path,
        account=account,
        kind=kind,
        number=number,
        issued_on=day,
        registered_by=ctx.person.login,
        moved_on=day,
    )
    paper.save(force_insert=True)
    ctx.unit_path = account.unit_path
    ctx.note(f"登记凭证，尾号{number[-4:]}", f"Registered a paper ending {number[-4:]}", instrument=paper.pk)
    return paper


def ask_hold(
    ctx: Context,
    *,
    account_id: str,
    payee_number: str,
    payee_name: str,
    amount_fen: int,
    until: str,
    purpose: str,
    terminal: str = "",
) -> Request:
    """专款专用: ask that part of an account's money goes to one payee only, up to and on the day `until`."""
    account = account_of(account_id)
    last = read_day(until, "until")
    if last < day_of(ctx.now):
        raise invalid(
            "day_past", "到期日不能早于今天。", "The last day cannot lie in the past.", where="until"
        )
    _positive(amount_fen)
    payee = ensure_payee_account(account.unit, payee_number, payee_name, now=ctx.now)
    if payee.pk == account.pk:
        raise invalid(
            "payee_is_account",
            "收款账户不能是本账户。",
            "The payee cannot be the account itself.",
            where="payee_number",
        )
    there = -account.balance.balance_fen - account.balance.held_fen
    if amount_fen > there:
        raise refuse(
            "hold_not_covered",
            f"可动用余额 {yuan(there)} 元，不足 {yuan(amount_fen)} 元，不能设立这笔专款。",
            f"{yuan(there)} yuan are free, less than {yuan(amount_fen)}: the hold is not covered.",
            where="amount",
        )
    return ask(
        ctx,
        "hold_place",
        reason=purpose,
        unit=account.unit,
        terminal=terminal,
        account=account,
        payee=payee,
        amount_fen=amount_fen,
        day=last,
    )


def hold_of(hold_id: str) -> Hold:
    """A hold that this person may see."""
    found = Hold.objects.filter(id=readable_id(hold_id)).select_related("unit", "account", "payee").first()
    if found is None:
        raise NotFound(Problem("hold_not_found", Words("没有这笔专款。", "There is no such hold.")))
    return found


def ask_release(ctx: Context, *, hold_id: str, reason: str, terminal: str = "") -> Request:
    """Ask that what is left of a hold returns to the client's free balance."""
    hold = hold_of(hold_id)
    if not hold.left_fen:
        raise refuse("hold_spent", "这笔专款没有余款。", "Nothing is left of this hold.")
    return ask(ctx, "hold_release", reason=reason, unit=hold.unit, terminal=terminal, hold=hold)


def plan_transfer(
    ctx: Context,
    *,
    account_id: str,
    amount_fen: int,
    payee_number: str = "",
    payee_name: str = "",
    hold_id: str = "",
    matter: str = "transfer",
    terminal: str = "",
) -> MoneyOrder:
    """Record a transfer from a client's account, to be checked: out of a hold to its payee, or to the payee named here.

    The payee's name and number are checked against these books; whether the money is there, is held or is stopped is the
    ledger's to say when it is booked.
    """
    needs_role(ctx, MAKERS)
    account = account_of(account_id)
    _positive(amount_fen)
    hold = hold_of(hold_id) if hold_id else None
    if hold is not None and hold.account.pk != account.pk:
        raise invalid(
            "unknown_hold", "这笔专款不在该账户上。", "That hold is not on this account.", where="hold"
        )
    if hold is not None and not payee_number:
        payee = hold.payee
    else:
        payee = ensure_payee_account(account.unit, payee_number, payee_name, now=ctx.now)
    if payee.pk == account.pk:
        raise invalid(
            "payee_is_account",
            "收款账户不能是本账户。",
            "The payee cannot be the account itself.",
            where="payee_number",
        )
    order = record_order(
        ctx,
        unit=account.unit,
        kind="transfer",
        amount_fen=amount_fen,
        plan=[(account.code, amount_fen), (payee.code, -amount_fen)],
        destination={
            "way": "account",
            "to": payee.holder,
            "account_number": payee.local_code.partition("/")[2],
            "from": account.holder,
        },
        matter=matter,
        hold=hold,
        terminal=terminal,
    )
    ctx.unit_path = account.unit_path
    ctx.note(
        "录入转账，待另一人复核", "Recorded a transfer; another person has to check it", order=str(order.id)
    )
    return order


def plan_cash(
    ctx: Context,
    *,
    direction: str,
    amount_fen: int,
    account_id: str = "",
    account_number: str = "",
    holder: str = "",
    terminal: str = "",
) -> MoneyOrder:
    """Record cash of a client at the own drawer, to be checked: `pay_in` (opens the account at its first use) or `draw`."""
    needs_role(ctx, MAKERS)
    _positive(amount_fen)
    if direction == "pay_in" and not account_id:
        if not holder.strip():
            raise invalid("holder_missing", "请填写户名。", "Enter the name on the account.", where="holder")
        account = ensure_deposit_account(ctx.person.unit, account_number, holder.strip(), now=ctx.now)
    elif direction in {"pay_in", "draw"}:
        account = account_of(account_id)
    else:
        raise invalid(
            "direction_unknown", "请选择存入或支取。", "Choose paying in or drawing.", where="direction"
        )
    if account.currency != "CNY":
        raise invalid("account_not_yuan", "尾箱只有人民币。", "The drawer holds yuan only.", where="account")
    sign = 1 if direction == "pay_in" else -1
    order = record_order(
        ctx,
        unit=account.unit,
        kind=direction,
        amount_fen=amount_fen,
        plan=[(drawer_of(ctx), sign * amount_fen), (account.code, -sign * amount_fen)],
        destination={
            "way": "cash",
            "to": account.holder,
            "account_number": account.local_code.partition("/")[2],
            "drawer": ctx.person.login,
        },
        matter="cash",
        terminal=terminal,
    )
    ctx.unit_path = account.unit_path
    zh, en = ("现金存入", "cash paid in") if sign > 0 else ("现金支取", "cash drawn")
    ctx.note(f"录入{zh}，待另一人复核", f"Recorded {en}; another person has to check it", order=str(order.id))
    return order


def ask_limit(
    ctx: Context,
    *,
    work: str,
    role: str,
    level: str,
    alone_fen: int,
    joint_fen: int,
    from_day: str,
    source: str,
    terminal: str = "",
) -> Request:
    """Ask for a limit of authority for one's own unit and all below, from a day on (today at the earliest)."""
    if work not in WORKS:
        raise invalid("work_unknown", "请选择业务。", "Choose what the limit is for.", where="work")
    if role not in ROLES or level not in ROLES[role].levels:
        raise invalid(
            "role_not_there", "该层级没有这个岗位。", "There is no such role at that level.", where="role"
        )
    if not 0 <= alone_fen <= joint_fen <= AMOUNT_FEN_MAX:
        raise invalid(
            "limit_out_of_order",
            "单人额度不能大于双人额度。",
            "What one may approve alone cannot be more than what two may.",
            where="joint",
        )
    first = read_day(from_day, "from_day")
    if first < day_of(ctx.now):
        raise invalid(
            "day_past", "生效日期不能早于今天。", "It cannot be in force before today.", where="from_day"
        )
    terms = {"work": work, "role": role, "level": level, "alone_fen": alone_fen, "joint_fen": joint_fen}
    return ask(ctx, "limit_set", reason=source, terminal=terminal, day=first, terms=terms)


def read_day(text: str, where: str) -> date:
    """`2026-11-25`; anything else (31 February too) is refused with the field's name."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid(
            "day_unreadable",
            "日期不存在，请按年-月-日填写，例如2026-11-25。",
            "There is no such day; write it as 2026-11-25.",
            where=where,
        ) from None


def _positive(amount_fen: int) -> None:
    if not 0 < amount_fen <= AMOUNT_FEN_MAX:
        raise invalid("amount_missing", "请填写大于零的金额。", "Enter an amount above zero.", where="amount")
