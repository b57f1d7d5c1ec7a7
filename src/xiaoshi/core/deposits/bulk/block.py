"""A block of rows as a file holds them, valued: what the arrays can do by arrays, every other row by the scalar engine.

A field is `Numbers` (with a mask of what is missing), `Labels` (texts by number, as a file's dictionary gives them) or days as
either. A row that is in any way not plain (an unknown product, a day that does not exist, a sum below zero or too wide for 64 bits) is
written out as the JSON form and goes through `reading.py` and the scalar engine, so that it gets the very same words; no row is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from xiaoshi.core.deposits.bulk.columns import DOUBTS, ODDITIES, PRODUCT_NUMBER, REFUSALS, Columns, Results
from xiaoshi.core.deposits.bulk.engine import value_columns
from xiaoshi.core.deposits.bulk.tables import N_DAYS, NEVER, Anys, Bools, Days, Ints, Rates, number
from xiaoshi.core.deposits.engine import value
from xiaoshi.core.deposits.reading import DAY_LAST, read
from xiaoshi.core.money import AMOUNT_FEN_MAX
from xiaoshi.core.rules.deposit_rate_table import RateBook
from xiaoshi.core.rules.deposit_rules import QUARTERLY_FIRST_DAY

EPOCH = date(1970, 1, 1).toordinal()
_EPOCH_NUMBER = number(date(1970, 1, 1))
OPTIONAL = frozenset({"term_months", "withdraw_fen"})
"""Whole numbers that may be missing. A table that knows no empty cell makes decimals of such a column as soon as one is missing, so a
whole decimal is taken as the number that it was; anywhere else, and where it is not whole, a decimal gets the reader's words."""
EXACT_BELOW = 2**53
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Numbers:
    """`missing` rows hold anything. `unit`: `whole` (sums, months, switches), `days` from 1970-01-01, or `float`: see `OPTIONAL`."""

    values: Anys
    missing: Bools
    unit: str = "whole"


@dataclass(frozen=True, slots=True)
class Labels:
    """Texts by number; -1: missing."""

    codes: Anys
    names: tuple[str, ...]


Field = Numbers | Labels


@dataclass(slots=True)
class Answers:
    """Answers in the order of the rows. `valued`: where figures stand. `unconfirmed`, `problems`: for each row the place of its
    codes in `combinations`. `scalar`: how many rows went through the scalar engine."""

    valued: Bools
    interest_fen: Ints
    tax_fen: Ints
    total_fen: Ints
    remaining_fen: Ints
    remaining_opened: Ints
    unconfirmed: Days
    problems: Days
    combinations: list[tuple[str, ...]] = field(default_factory=list)
    scalar: int = 0


def value_block(
    block: Mapping[str, Field], rows: int, books: Mapping[str, RateBook], rates: Mapping[str, Rates]
) -> Answers:
    """`rates`: the books as arrays, by the same names. Missing fields count as empty columns."""
    columns, book, plain = _columns(block, rows, tuple(books))
    results = Results.empty(rows)
    for place, name in enumerate(books):
        chosen: Anys = np.flatnonzero(plain & (book == place))
        if chosen.size:
            results.put(chosen, value_columns(columns.take(chosen), rates[name]))
    answers = _answers(results, rows)
    left: Anys = np.flatnonzero(~plain | results.scalar)
    known = {codes: place for place, codes in enumerate(answers.combinations)}
    for row in left.tolist():
        _alone(answers, known, block, row, books)
    answers.scalar = len(left)
    return answers


def _columns(block: Mapping[str, Field], rows: int, names: tuple[str, ...]) -> tuple[Columns, Anys, Bools]:
    """The block as engine columns, the number of each row's book, and which rows are plain."""
    product, fine = _choice(block.get("product"), rows, {str(p): n for p, n in PRODUCT_NUMBER.items()}, NEVER)
    fine &= product != NEVER
    principal, wrong = _whole(block.get("principal_fen"), rows, 1, AMOUNT_FEN_MAX)
    fine &= ~wrong & (principal > 0)
    part, wrong = _whole(_were_whole("withdraw_fen", block.get("withdraw_fen")), rows, 1, AMOUNT_FEN_MAX)
    fine &= ~wrong
    term, wrong = _whole(_were_whole("term_months", block.get("term_months")), rows, 0, 96)
    fine &= ~wrong
    opened, wrong_opened = _days(block.get("opened_on"), rows)
    withdrawn, wrong_withdrawn = _days(block.get("withdrawn_on"), rows)
    notice, wrong_notice = _days(block.get("notice_given_on"), rows)
    fine &= ~wrong_opened & ~wrong_withdrawn & ~wrong_notice & (opened != NEVER) & (withdrawn != NEVER)
    rollover, wrong = _whole(block.get("auto_rollover"), rows, 0, 1)
    fine &= ~wrong
    actual, known = _choice(block.get("day_count"), rows, {"30/360": 0, "actual/360": 1}, NEVER)
    fine &= known
    call = (product == PRODUCT_NUMBER["call_1d"]) | (product == PRODUCT_NUMBER["call_7d"])
    demand = (product == PRODUCT_NUMBER["demand"]) & (withdrawn >= number(QUARTERLY_FIRST_DAY))
    real = np.where(actual == NEVER, call | demand, actual == 1)
    # A term of 0 is none to a program, and to a product that needs one a mistake for which the reader has the words.
    termed = np.isin(
        product, [PRODUCT_NUMBER[p] for p in ("fixed", "instalment_in", "instalment_out", "interest_out")]
    )
    fine &= ~termed | (term > 0)
    book, known = _choice(block.get("posted"), rows, {name: place for place, name in enumerate(names)}, NEVER)
    fine &= known
    book = np.where(book == NEVER, names.index("big_banks"), book)
    columns = Columns(
        product.astype(np.int8),
        term.astype(np.int32),
        principal,
        opened,
        withdrawn,
        rollover == 1,
        real,
        notice,
        part,
    )
    return columns, book, fine


def _choice(given: Field | None, rows: int, numbers: Mapping[str, int], missing: int) -> tuple[Anys, Bools]:
    """The number of each row's word, and where the word is known or missing."""
    if given is None:
        return np.full(rows, missing), np.ones(rows, dtype=np.bool_)
    if isinstance(given, Numbers):
        return np.full(rows, missing), given.missing.copy()
    unknown = -2
    table = np.array([numbers.get(name, unknown) for name in given.names] + [missing], dtype=np.int64)
    found = table[given.codes]
    return np.where(found == unknown, missing, found), found != unknown


def _whole(given: Field | None, rows: int, least: int, most: int) -> tuple[Ints, Bools]:
    """The numbers, 0 where missing, and where they are outside of their limits or no numbers."""
    if given is None:
        return np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.bool_)
    if isinstance(given, Labels):
        return np.zeros(rows, dtype=np.int64), given.codes >= 0
    if given.unit != "whole":
        return np.zeros(rows, dtype=np.int64), ~given.missing
    values: Ints = np.where(given.missing, 0, given.values).astype(np.int64)
    outside: Bools = ~given.missing & ((values < least) | (values > most))
    return values, outside


def _were_whole(name: str, given: Field | None) -> Field | None:
    """An optional column of decimals as the whole numbers that they were; -1 where one is not whole, which no limit lets pass."""
    if name not in OPTIONAL or not isinstance(given, Numbers) or given.unit != "float":
        return given
    values = np.where(given.missing, 0.0, given.values)
    fine = np.isfinite(values) & (np.abs(values) < EXACT_BELOW) & (values == np.floor(values))
    return Numbers(np.where(fine, values, -1.0).astype(np.int64), given.missing)


def _days(given: Field | None, rows: int) -> tuple[Days, Bools]:
    """Numbers of the days, `NEVER` where missing, and where they are not on the calendar."""
    if given is None:
        return np.full(rows, NEVER, dtype=np.int32), np.zeros(rows, dtype=np.bool_)
    if isinstance(given, Labels):
        off = -2
        table = np.array([_day_number(name, off) for name in given.names] + [NEVER], dtype=np.int32)
        found = table[given.codes]
        return np.where(found == off, NEVER, found).astype(np.int32), found == off
    if given.unit != "days":
        return np.full(rows, NEVER, dtype=np.int32), ~given.missing
    days = given.values.astype(np.int64) + _EPOCH_NUMBER
    wrong: Bools = ~given.missing & ((days < 0) | (days >= N_DAYS) | (days > number(DAY_LAST)))
    return np.where(given.missing | wrong, NEVER, days).astype(np.int32), wrong


def _day_number(text: str, off: int) -> int:
    try:
        found = number(date.fromisoformat(text)) if _DAY.fullmatch(text) else off
    except ValueError:
        return off
    return found if 0 <= found <= number(DAY_LAST) else off


def _answers(results: Results, rows: int) -> Answers:
    doubts = [
        tuple(code for bit, code in enumerate(DOUBTS) if bits >> bit & 1) for bits in range(1 << len(DOUBTS))
    ]
    odd = [
        tuple(code for bit, code in enumerate(ODDITIES) if bits >> bit & 1)
        for bits in range(1 << len(ODDITIES))
    ]
    problems = [(*codes, *((refusal,) if refusal else ())) for refusal in REFUSALS for codes in odd]
    valued = results.refusal == 0
    return Answers(
        valued,
        results.interest_fen,
        results.tax_fen,
        results.total_fen,
        results.remaining_fen,
        np.where(results.remaining_fen > 0, results.remaining_opened.astype(np.int64) - _EPOCH_NUMBER, 0),
        results.doubts.astype(np.int32),
        (len(doubts) + results.refusal.astype(np.int32) * len(odd) + results.oddities).astype(np.int32),
        [*doubts, *problems],
    )


def _alone(
    answers: Answers,
    known: dict[tuple[str, ...], int],
    block: Mapping[str, Field],
    row: int,
    books: Mapping[str, RateBook],
) -> None:
    """One row through the reader and the scalar engine."""
    deposit, problems = read(row_json(block, row))
    found = value(deposit, books) if deposit is not None else None
    problems = [*problems, *(found.problems if found is not None else ())]
    fine = found is not None and found.payments is not None
    answers.valued[row] = fine
    answers.interest_fen[row] = found.interest_fen if fine and found else 0
    answers.tax_fen[row] = found.tax_fen if fine and found else 0
    answers.total_fen[row] = found.total_fen if fine and found else 0
    left = found.remaining if found is not None else None
    answers.remaining_fen[row] = left.principal_fen if left else 0
    answers.remaining_opened[row] = left.opened_on.toordinal() - EPOCH if left else 0
    doubts = tuple(dict.fromkeys(p.code for p in (found.unconfirmed if found else ())))
    for target, codes in (
        (answers.unconfirmed, doubts),
        (answers.problems, tuple(dict.fromkeys(p.code for p in problems))),
    ):
        if codes not in known:
            known[codes] = len(answers.combinations)
            answers.combinations.append(codes)
        target[row] = known[codes]


def row_json(block: Mapping[str, Field], row: int) -> dict[str, Any]:
    """The JSON form of one row."""
    return {name: _cell(name, given, row) for name, given in block.items()}


def _cell(name: str, given: Field, row: int) -> Any:
    if isinstance(given, Labels):
        code = int(given.codes[row])
        return None if code < 0 else given.names[code]
    if given.missing[row]:
        return None
    if given.unit == "float":
        decimal = float(given.values[row])
        whole = name in OPTIONAL and abs(decimal) < EXACT_BELOW and decimal == int(decimal)
        return int(decimal) if whole else decimal
    found = int(given.values[row])
    if given.unit == "days":
        day = found + EPOCH
        # Files know days that the calendar does not; the reader says that they are none.
        return (
            date.fromordinal(day).isoformat()
            if 0 < day <= date.max.toordinal()
            else f"{found} days from 1970-01-01"
        )
    return bool(found) if name == "auto_rollover" and found in (0, 1) else found
