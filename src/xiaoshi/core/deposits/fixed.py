"""整存整取 and 定活两便: on time, early in full or in part, overdue, rolled over; subsidies; deposits older than the Regulation."""

from __future__ import annotations

from datetime import date

from xiaoshi.core.deposits import trouble
from xiaoshi.core.deposits.accrual import Stretch, pay
from xiaoshi.core.deposits.days import Mark, add_months, after_months
from xiaoshi.core.deposits.look import Look, Outcome
from xiaoshi.core.deposits.model import TERM_COLUMNS, Payment, Remaining
from xiaoshi.core.problems import Problem
from xiaoshi.core.rules import deposit_rules as r


def value_fixed(look: Look) -> Outcome | Problem:
    """Term after term until the withdrawal; each rollover pays and joins the net interest to the principal."""
    deposit = look.deposit
    term = deposit.term_months or 0
    column = TERM_COLUMNS["fixed"][term]
    if look.book.rate_on(deposit.opened_on, column) is None:
        return trouble.term_not_posted(look, column)
    balance_fen, opened = deposit.principal_fen, look.mark(deposit.opened_on)
    payments: list[Payment] = []
    while True:
        maturity = after_months(opened, term, deposit.day_count)
        rolled = bool(payments)
        if look.book.rate_on(opened.day, column) is None:
            # Only after a rollover: the first term was asked above.
            return _last(look, payments, balance_fen, opened, opened, [], r.ROLLED_NO_TERM)
        if deposit.withdrawn_on < maturity.day:
            return _early(look, payments, balance_fen, opened)
        found = look.rate(opened.day, column)
        assert found is not None
        look.note_clamped(opened.day, term)
        ends = not deposit.auto_rollover or deposit.withdrawn_on == maturity.day
        # A part earns for itself; a term that is renewed earned for the whole balance.
        part_fen = deposit.withdraw_fen if ends and deposit.withdraw_fen is not None else balance_fen
        yuan = part_fen // 100
        stretches = look.accrue(
            opened, maturity, yuan, found.ppm, "fixed", _term_rule(opened.day, rolled)
        ) + _subsidy(look, opened, maturity, yuan)
        if ends:
            return _last(look, payments, balance_fen, opened, maturity, stretches, r.OVERDUE)
        payment = pay(stretches)
        payments.append(payment)
        balance_fen += payment.net_fen
        opened = look.mark(maturity.day)


def _term_rule(opened: date, rolled: bool) -> r.DepositRule:
    if opened < r.REGULATION_FIRST_DAY:
        return r.FIXED_TERM_OLD
    return r.ROLLED_TERM if rolled else r.FIXED_TERM


def _last(
    look: Look,
    payments: list[Payment],
    balance_fen: int,
    opened: Mark,
    maturity: Mark,
    stretches: list[Stretch],
    rule: r.DepositRule,
) -> Outcome | Problem:
    """The withdrawal at or after maturity: what the term earned, then the demand rate of the day."""
    deposit = look.deposit
    part_fen = deposit.withdraw_fen if deposit.withdraw_fen is not None else balance_fen
    if part_fen > balance_fen:
        return trouble.above_balance(part_fen, balance_fen)
    end = look.mark(deposit.withdrawn_on)
    if maturity.day < end.day:
        start = look.mark(maturity.day)
        ppm = look.demand_ppm(end.day)
        stretches = stretches + look.accrue(start, end, part_fen // 100, ppm, "demand", rule)
    if part_fen < balance_fen:
        look.doubt(trouble.part_after_maturity())
        stays = Remaining(balance_fen - part_fen, opened.day)
        return Outcome((*payments, pay(stretches)), deposit.principal_fen, stays)
    return Outcome((*payments, pay(stretches)), deposit.principal_fen)


def _early(look: Look, payments: list[Payment], balance_fen: int, opened: Mark) -> Outcome | Problem:
    """Before maturity: all of it or a part at the demand rate of the day, or by the older rule."""
    deposit = look.deposit
    part_fen = deposit.withdraw_fen if deposit.withdraw_fen is not None else balance_fen
    if part_fen > balance_fen:
        return trouble.above_balance(part_fen, balance_fen)
    end = look.mark(deposit.withdrawn_on)
    rule = r.EARLY_PART if part_fen < balance_fen else r.EARLY_FULL
    kind, ppm = "demand", 0
    if opened.day < end.day:
        if opened.day < r.REGULATION_FIRST_DAY:
            kind, ppm, rule = _older_early(look, opened.day)
        else:
            ppm = look.demand_ppm(end.day)
    payment = pay(look.accrue(opened, end, part_fen // 100, ppm, kind, rule))
    stays = Remaining(balance_fen - part_fen, opened.day) if part_fen < balance_fen else None
    return Outcome((*payments, payment), deposit.principal_fen, stays)


def _older_early(look: Look, opened: date) -> tuple[str, int, r.DepositRule]:
    """The rate of the longest term that was really kept, of the opening day; the demand rate when none was."""
    withdrawn = look.deposit.withdrawn_on
    for months, column in sorted(TERM_COLUMNS["fixed"].items(), reverse=True):
        if add_months(opened, months) <= withdrawn and look.book.rate_on(opened, column) is not None:
            found = look.rate(opened, column)
            assert found is not None
            return "fixed", found.ppm, r.EARLY_OLD
    return "demand", look.demand_ppm(withdrawn), r.EARLY_OLD


def _subsidy(look: Look, opened: Mark, maturity: Mark, yuan: int) -> list[Stretch]:
    """保值贴补 of one term that came to its end: the month's rate for the protected days."""
    if look.deposit.term_months not in r.SUBSIDY_TERMS or opened.day >= r.SUBSIDY_ENDED:
        return []
    ppm = r.subsidy_ppm(maturity.day)
    if maturity.day >= r.SUBSIDY_UNSURE_FROM:
        look.doubt(Problem("rule_unconfirmed", r.SUBSIDY_ZERO_NOTE, "subsidy_after_1997"))
    if not ppm:
        return []
    if opened.day >= r.SUBSIDY_STOPPED:
        look.doubt(Problem("rule_unconfirmed", r.SUBSIDY_WINDOW_NOTE, "subsidy_window"))
    if r.SUBSIDY_STOPPED <= opened.day < r.SUBSIDY_RESUMED:
        return []
    own = look.book.rate_on(opened.day, TERM_COLUMNS["fixed"][look.deposit.term_months])
    announced_ppm = r.SUBSIDY_ANNOUNCED_PPM[look.deposit.term_months]
    if opened.day < r.SUBSIDY_STOPPED and own is not None and own.ppm != announced_ppm:
        look.doubt(Problem("rule_unconfirmed", r.SUBSIDY_ANNOUNCED_NOTE, "subsidy_announced_rate"))
    start = opened if opened.day >= r.SUBSIDY_FIRST_DAY else look.mark(r.SUBSIDY_FIRST_DAY)
    return look.accrue(start, maturity, yuan, ppm, "subsidy", r.SUBSIDY)


def value_fixed_or_demand(look: Look) -> Outcome | Problem:
    """定活两便: the demand rate under three months, then six tenths of the bracket's fixed rate, at most one year's."""
    deposit = look.deposit
    start, end = look.mark(deposit.opened_on), look.mark(deposit.withdrawn_on)
    ppm, kind, rule = 0, "demand", r.FIXED_OR_DEMAND_SHORT
    if start.day < end.day:
        for months, column in ((12, "y1"), (6, "m6"), (3, "m3")):
            if add_months(start.day, months) <= end.day:
                found = look.rate(end.day, column)
                if found is None:
                    return trouble.no_rate(look, column, end.day)
                ppm, kind, rule = found.ppm * 6 // 10, "fixed_or_demand", r.FIXED_OR_DEMAND
                break
        else:
            ppm = look.demand_ppm(end.day)
    stretches = look.accrue(start, end, deposit.principal_fen // 100, ppm, kind, rule)
    return Outcome((pay(stretches),), deposit.principal_fen)
