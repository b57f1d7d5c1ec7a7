"""The acts of papers, holds, transfers and limits, and of deciding what was asked. Each is one transaction of the boundary."""

from __future__ import annotations

from typing import Any

from xiaoshi.core.ledger.instruments import MOVES
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid
from xiaoshi.desk.money import requests, setting_apart
from xiaoshi.desk.money.authority import day_of
from xiaoshi.desk.money.models import Request


def _asked(request: Request) -> dict[str, Any]:
    return {"request": str(request.id), "state": request.state}


@act("money.register_paper", "登记存单（折）", "Register a certificate or passbook", on_case=False)
def register_paper(
    ctx: Context, *, account_id: str, kind: str, number: str, issued_on: str
) -> dict[str, Any]:
    """`kind`: certificate, passbook or call_deposit; `issued_on`: 2026-11-25."""
    paper = setting_apart.register_paper(
        ctx, account_id=account_id, kind=kind, number=number, issued_on=issued_on
    )
    return {"instrument": str(paper.pk)}


@act("money.move_paper", "存单（折）挂失、冻结等", "Report a paper lost, freeze it and so on", on_case=False)
def move_paper(
    ctx: Context,
    *,
    instrument_id: str,
    move: str,
    reason: str,
    day: str = "",
    new_number: str = "",
    terminal: str = "",
) -> dict[str, Any]:
    """`move`: report_lost (at once), lift_loss, freeze, thaw, reissue, close (by two). `day`: from when, default today."""
    if move not in MOVES:
        raise invalid("move_unknown", "请选择要办理的事项。", "Choose what is to be done.", where="move")
    paper = requests.paper_of(instrument_id)
    on = setting_apart.read_day(day, "day") if day else day_of(ctx.now)
    terms = {"new_number": new_number.strip()} if move == "reissue" else {}
    return _asked(
        requests.ask(
            ctx,
            move,
            reason=reason,
            unit=paper.unit,
            terminal=terminal,
            instrument=paper,
            day=on,
            terms=terms,
        )
    )


@act("money.place_hold", "录入专款", "Record a hold", on_case=False)
def place_hold(
    ctx: Context,
    *,
    account_id: str,
    payee_number: str,
    payee_name: str,
    amount_fen: int,
    until: str,
    purpose: str,
    terminal: str = "",
) -> dict[str, Any]:
    """专款专用, to be agreed by another person; its id is then the request's."""
    return _asked(
        setting_apart.ask_hold(
            ctx,
            account_id=account_id,
            payee_number=payee_number,
            payee_name=payee_name,
            amount_fen=amount_fen,
            until=until,
            purpose=purpose,
            terminal=terminal,
        )
    )


@act("money.release_hold", "申请解除专款", "Ask for the release of a hold", on_case=False)
def release_hold(ctx: Context, *, hold_id: str, reason: str, terminal: str = "") -> dict[str, Any]:
    return _asked(setting_apart.ask_release(ctx, hold_id=hold_id, reason=reason, terminal=terminal))


@act("money.set_limit", "录入授权额度", "Record a limit of authority", on_case=False)
def set_limit(
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
) -> dict[str, Any]:
    return _asked(
        setting_apart.ask_limit(
            ctx,
            work=work,
            role=role,
            level=level,
            alone_fen=alone_fen,
            joint_fen=joint_fen,
            from_day=from_day,
            source=source,
            terminal=terminal,
        )
    )


@act("money.transfer", "录入转账", "Record a transfer", on_case=False)
def transfer(
    ctx: Context,
    *,
    account_id: str,
    amount_fen: int,
    payee_number: str = "",
    payee_name: str = "",
    hold_id: str = "",
    terminal: str = "",
) -> dict[str, Any]:
    """From a client's account, out of a hold or freely; `check_move` by another person books it."""
    order = setting_apart.plan_transfer(
        ctx,
        account_id=account_id,
        amount_fen=amount_fen,
        payee_number=payee_number,
        payee_name=payee_name,
        hold_id=hold_id,
        terminal=terminal,
    )
    return {"order": str(order.id), "state": order.state}


@act("money.client_cash", "录入客户现金存取", "Record cash of a client", on_case=False)
def client_cash(
    ctx: Context,
    *,
    direction: str,
    amount_fen: int,
    account_id: str = "",
    account_number: str = "",
    holder: str = "",
    terminal: str = "",
) -> dict[str, Any]:
    """`pay_in` or `draw` at the own drawer; `check_move` by another person books it."""
    order = setting_apart.plan_cash(
        ctx,
        direction=direction,
        amount_fen=amount_fen,
        account_id=account_id,
        account_number=account_number,
        holder=holder,
        terminal=terminal,
    )
    return {"order": str(order.id), "state": order.state}


@act("money.record_transfer", "录入案件转账", "Record a transfer of a case")
def record_transfer(
    ctx: Context,
    *,
    account_id: str,
    amount_fen: int,
    payee_number: str = "",
    payee_name: str = "",
    hold_id: str = "",
    matter: str = "transfer",
    terminal: str = "",
) -> dict[str, Any]:
    """The same on a case; `check_payment` by another person books it."""
    order = setting_apart.plan_transfer(
        ctx,
        account_id=account_id,
        amount_fen=amount_fen,
        payee_number=payee_number,
        payee_name=payee_name,
        hold_id=hold_id,
        matter=matter,
        terminal=terminal,
    )
    return {"order": str(order.id), "state": order.state}


@act("money.agree", "复核同意", "Agree to what was asked", on_case=False, people_only=True)
def agree(ctx: Context, *, request_id: str, terminal: str = "") -> dict[str, Any]:
    """The second person agrees to a move of a paper, a hold, a release, a limit, a rate, a closing of the day."""
    return _asked(requests.agree(ctx, request_id=request_id, terminal=terminal))


@act("money.decline", "退回申请", "Send back what was asked", on_case=False, people_only=True)
def decline(ctx: Context, *, request_id: str, reason: str) -> dict[str, Any]:
    return _asked(requests.reject(ctx, request_id=request_id, reason=reason))


@act("money.withdraw_request", "撤回申请", "Withdraw what was asked", on_case=False)
def withdraw_request(ctx: Context, *, request_id: str) -> dict[str, Any]:
    return _asked(requests.withdraw(ctx, request_id=request_id))
