"""通知存款: the call rate only where the notice was given in time for this day and this sum; otherwise the demand rate.

The five cases of article 9 are asked in its order, and the first that fits is the reason printed: a term shorter than the notice
period, no notice, another day than the announced one, more or less than the announced sum, less than the least withdrawal.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from xiaoshi.core.deposits import trouble
from xiaoshi.core.deposits.accrual import Stretch, pay
from xiaoshi.core.deposits.look import Look, Outcome
from xiaoshi.core.deposits.model import Remaining
from xiaoshi.core.problems import Problem
from xiaoshi.core.rules import deposit_rules as r

Part = tuple[int, bool, r.DepositRule]
"""fen, whether at the call rate, by which rule"""


def value_call(look: Look) -> Outcome | Problem:
    """What is withdrawn now, and what stays with the day of the opening."""
    deposit = look.deposit
    if deposit.opened_on < r.CALL_FIRST_DAY:
        return trouble.no_call_yet()
    part_fen = deposit.withdraw_fen if deposit.withdraw_fen is not None else deposit.principal_fen
    if part_fen > deposit.principal_fen:
        return trouble.above_balance(part_fen, deposit.principal_fen)
    wrong = _notice_problem(look)
    if wrong is not None:
        return wrong
    oddities: list[Problem] = []
    if deposit.principal_fen < r.CALL_MINIMUM_FEN:
        oddities.append(trouble.below_call_minimum())
    parts = _parts(look, part_fen)
    rest_fen = deposit.principal_fen - part_fen
    remaining = Remaining(rest_fen, deposit.opened_on) if rest_fen else None
    if 0 < rest_fen < r.CALL_MINIMUM_FEN:
        parts.append((rest_fen, False, r.CALL_REMAINDER))
        oddities.append(trouble.remainder_below_minimum(rest_fen))
        remaining = None
    stretches = _stretches(look, parts)
    if isinstance(stretches, Problem):
        return stretches
    return Outcome((pay(stretches),), deposit.principal_fen, remaining, tuple(oddities))


def _parts(look: Look, part_fen: int) -> list[Part]:
    deposit = look.deposit
    notice_days = r.CALL_NOTICE_DAYS[deposit.product]
    notice = deposit.notice_given_on
    agreed_fen = deposit.notice_fen if deposit.notice_fen is not None else part_fen
    if (deposit.withdrawn_on - deposit.opened_on).days < notice_days:
        return [(part_fen, False, r.CALL_SHORT)]
    if notice is None:
        return [(part_fen, False, r.CALL_NO_NOTICE)]
    if notice + timedelta(days=notice_days) != deposit.withdrawn_on:
        return [(part_fen, False, r.CALL_WRONG_DAY)]
    if part_fen < r.CALL_LEAST_WITHDRAWAL_FEN:
        return [(part_fen, False, r.CALL_UNDER_MINIMUM)]
    if part_fen > agreed_fen:
        return [(agreed_fen, True, r.CALL_RATE), (part_fen - agreed_fen, False, r.CALL_DIFFERENCE)]
    if part_fen < agreed_fen:
        look.doubt(trouble.less_than_agreed(agreed_fen - part_fen))
    return [(part_fen, True, r.CALL_RATE)]


def _notice_problem(look: Look) -> Problem | None:
    """Why the days of the notices cannot be; None when they can."""
    deposit = look.deposit
    notices = [(deposit.notice_given_on, "notice_given_on")] if deposit.notice_given_on else []
    notices += [(day, f"idle_notices_on/{i}") for i, day in enumerate(deposit.idle_notices_on)]
    for day, where in notices:
        if day > deposit.withdrawn_on:
            return trouble.notice_after_withdrawal(where)
        if day < deposit.opened_on:
            return trouble.notice_before_opening(where)
    notice_days = timedelta(days=r.CALL_NOTICE_DAYS[deposit.product])
    if any(b < a + notice_days for a, b in pairwise(sorted(deposit.idle_notices_on))):
        return trouble.notices_overlap()
    return None


def _stretches(look: Look, parts: list[Part]) -> list[Stretch] | Problem:
    """Each part over the real term; the periods of unused notices earn nothing."""
    deposit = look.deposit
    if deposit.opened_on == deposit.withdrawn_on:
        return []
    stretches: list[Stretch] = []
    yuan_before = fen_before = 0
    for fen, is_call, rule in parts:
        if is_call:
            found = look.rate(deposit.withdrawn_on, deposit.product)
            if found is None:
                return trouble.no_rate(look, deposit.product, deposit.withdrawn_on)
            kind, ppm = "call", found.ppm
        else:
            kind, ppm = "demand", look.demand_ppm(deposit.withdrawn_on)
        # Whole yuan of all parts together: cutting each for itself would lose a yuan that the withdrawal has.
        fen_before += fen
        yuan, yuan_before = fen_before // 100 - yuan_before, fen_before // 100
        stretches += _with_idle_notices(look, yuan, ppm, kind, rule)
    return stretches


def _with_idle_notices(look: Look, yuan: int, ppm: int, kind: str, rule: r.DepositRule) -> list[Stretch]:
    deposit = look.deposit
    notice_days = timedelta(days=r.CALL_NOTICE_DAYS[deposit.product])
    at = deposit.opened_on
    stretches: list[Stretch] = []
    for day in sorted(deposit.idle_notices_on):
        until = min(day + notice_days, deposit.withdrawn_on)
        stretches += look.accrue(look.mark(at), look.mark(day), yuan, ppm, kind, rule)
        stretches += look.accrue(look.mark(day), look.mark(until), yuan, 0, "none", r.CALL_IDLE_NOTICE)
        at = until
    return stretches + look.accrue(look.mark(at), look.mark(deposit.withdrawn_on), yuan, ppm, kind, rule)
