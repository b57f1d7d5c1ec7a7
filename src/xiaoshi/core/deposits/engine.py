"""`value(deposit, books)`: what a deposit pays, with the reasons; every refusal is a problem, none is raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from xiaoshi.core.deposits import trouble
from xiaoshi.core.deposits.call import value_call
from xiaoshi.core.deposits.demand import value_demand
from xiaoshi.core.deposits.fixed import value_fixed, value_fixed_or_demand
from xiaoshi.core.deposits.instalments import value_instalments
from xiaoshi.core.deposits.look import Look, Outcome
from xiaoshi.core.deposits.model import PARTIAL, TERM_COLUMNS, Deposit, Product, Valuation
from xiaoshi.core.problems import Problem
from xiaoshi.core.rules.deposit_rate_table import RateBook
from xiaoshi.core.rules.deposit_rates import BOOKS

WAYS: Mapping[Product, Callable[[Look], Outcome | Problem]] = {
    "fixed": value_fixed,
    "demand": value_demand,
    "fixed_or_demand": value_fixed_or_demand,
    "instalment_in": value_instalments,
    "instalment_out": value_instalments,
    "interest_out": value_instalments,
    "call_1d": value_call,
    "call_7d": value_call,
}


def value(deposit: Deposit, books: Mapping[str, RateBook] = BOOKS) -> Valuation:
    """The valuation of one deposit. `books`: rate tables by name, of which `deposit.posted` names one.

    Sums are taken as read: positive, at most `AMOUNT_FEN_MAX` (`reading.py` refuses others).
    """
    book = books.get(deposit.posted)
    if book is None:
        return Valuation(None, problems=(trouble.unknown_table(deposit.posted, books),))
    wrong = _wrong(deposit, book)
    if wrong is not None:
        return Valuation(None, problems=(wrong,))
    look = Look(deposit, book)
    outcome = WAYS[deposit.product](look)
    if isinstance(outcome, Problem):
        return Valuation(None, problems=(outcome,))
    return Valuation(
        # A payment without a segment pays nothing: a withdrawal on the opening day or on a settlement's credit day.
        tuple(p for p in outcome.payments if p.segments),
        outcome.principal_fen,
        outcome.remaining,
        tuple(look.doubts.values()),
        outcome.problems,
    )


def _wrong(deposit: Deposit, book: RateBook) -> Problem | None:
    """What no product can make good; None when the product's own rule may look."""
    if deposit.withdrawn_on < deposit.opened_on:
        return trouble.withdrawal_before_opening(deposit.opened_on, deposit.withdrawn_on)
    terms = TERM_COLUMNS.get(deposit.product)
    if terms is not None and deposit.term_months not in terms:
        return trouble.term_unknown(deposit.term_months, terms)
    first = book.tables[0].first_day
    if deposit.opened_on < first:
        return trouble.before_first_rate(deposit.opened_on, first)
    if deposit.withdraw_fen is not None and deposit.product not in PARTIAL:
        whole = deposit.product != "instalment_in" and deposit.withdraw_fen == deposit.principal_fen
        if not whole:
            return trouble.part_not_for_product()
    return None
