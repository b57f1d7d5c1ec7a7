"""活期: settled yearly on 30 June, quarterly since 2005-09-21, credited on the next day, closed at the closing day's rate."""

from __future__ import annotations

from datetime import date, timedelta

from xiaoshi.core.deposits.accrual import pay
from xiaoshi.core.deposits.look import Look, Outcome
from xiaoshi.core.deposits.model import Payment
from xiaoshi.core.problems import Problem
from xiaoshi.core.rules import deposit_rules as r


def value_demand(look: Look) -> Outcome | Problem:
    """Settlement after settlement while its credit day is not after the closing; only here interest earns interest."""
    deposit = look.deposit
    balance_fen, start = deposit.principal_fen, look.mark(deposit.opened_on)
    payments: list[Payment] = []
    while True:
        settled_on = r.settlement_after(start.day)
        credited = look.mark(settled_on + timedelta(days=1))
        if credited.day > deposit.withdrawn_on:
            break
        ppm = look.demand_ppm(settled_on)
        payment = pay(
            look.accrue(start, credited, balance_fen // 100, ppm, "demand", _settlement_rule(settled_on))
        )
        payments.append(payment)
        balance_fen += payment.net_fen
        start = credited
    end = look.mark(deposit.withdrawn_on)
    if start.day < end.day:
        ppm = look.demand_ppm(end.day)
        rule = r.DEMAND_OLD if end.day < r.REGULATION_FIRST_DAY else r.DEMAND_CLOSED
        payments.append(pay(look.accrue(start, end, balance_fen // 100, ppm, "demand", rule)))
    return Outcome(tuple(payments), deposit.principal_fen)


def _settlement_rule(settled_on: date) -> r.DepositRule:
    if settled_on < r.REGULATION_FIRST_DAY:
        return r.DEMAND_OLD
    return r.DEMAND_YEARLY if settled_on < r.QUARTERLY_FIRST_DAY else r.DEMAND_QUARTERLY
