"""From the JSON form of a deposit to the engine's value, or everything that is wrong with it.

Strict where money hangs on it: sums are whole numbers (1.0 is refused as well as "100"), days are `YYYY-MM-DD` and exist, switches
are true or false. What a product does not use (a term of a demand deposit) is told and left aside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from xiaoshi.core.deposits import trouble
from xiaoshi.core.deposits.model import (
    DAY_COUNTS,
    PRODUCTS,
    TERM_COLUMNS,
    DayCount,
    Deposit,
    Product,
)
from xiaoshi.core.money import AMOUNT_FEN_MAX, yuan
from xiaoshi.core.problems import Problem, Words
from xiaoshi.core.rules.deposit_rules import QUARTERLY_FIRST_DAY

KEYS = (
    "id",
    "product",
    "term_months",
    "principal_fen",
    "opened_on",
    "withdrawn_on",
    "auto_rollover",
    "day_count",
    "notice_given_on",
    "withdraw_fen",
    "posted",
    "notice_fen",
    "idle_notices_on",
)
DAY_LAST = date(2100, 12, 31)
IDLE_NOTICES_MAX = 1000
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_QUOTED_MAX = 40


@dataclass(slots=True)
class _Reader:
    """Reads field by field and remembers what was wrong."""

    given: Mapping[str, Any]
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, code: str, zh: str, en: str, where: str) -> None:
        self.problems.append(Problem(code, Words(zh, en), where))

    def day(self, name: str, needed: bool = False) -> date | None:
        text = self.given.get(name)
        if text is None:
            if needed:
                zh, en = f"请填写 {name}，例如 2025-05-20。", f"{name} is needed, for example 2025-05-20."
                self.wrong("day_missing", zh, en, name)
            return None
        return self.day_from(text, name)

    def day_from(self, text: Any, where: str) -> date | None:
        if not isinstance(text, str) or not _DAY.fullmatch(text):
            zh, en = (
                f"{_quoted(text)}不是日期；请写成 2025-05-20。",
                f"{_quoted(text)} is no day; write 2025-05-20.",
            )
            self.wrong("day_unreadable", zh, en, where)
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            self.wrong("no_such_day", f"日历上没有 {text} 这一天。", f"There is no day {text}.", where)
            return None
        if day > DAY_LAST:
            self.wrong("day_too_late", f"日期最晚到 {DAY_LAST}。", f"Days go up to {DAY_LAST}.", where)
            return None
        return day

    def sum_fen(self, name: str, needed: bool = False) -> int | None:
        fen = self.given.get(name)
        if fen is None:
            if needed:
                self.wrong("sum_missing", f"请填写 {name}（分）。", f"{name} is needed, in fen.", name)
            return None
        if isinstance(fen, bool) or not isinstance(fen, int):
            zh = f"{name} 应为整数分，不是{_quoted(fen)}；小数和文字都不接受。"
            en = f"{name} is a whole number of fen, not {_quoted(fen)}; no decimals, no text."
            self.wrong("not_a_whole_number", zh, en, name)
            return None
        if fen <= 0:
            zh, en = f"{name} 应大于零。", f"{name} has to be above zero."
            self.wrong("sum_negative" if fen < 0 else "sum_zero", zh, en, name)
            return None
        if fen > AMOUNT_FEN_MAX:
            most = yuan(AMOUNT_FEN_MAX)
            zh, en = f"{name} 太大，最多 {most} 元。", f"{name} is too large: at most {most} yuan."
            self.wrong("sum_too_large", zh, en, name)
            return None
        return fen

    def one_of(self, name: str, code: str, choices: tuple[str, ...]) -> str | None:
        word = self.given.get(name)
        if isinstance(word, str) and word in choices:
            return word
        listed = ", ".join(choices)
        zh, en = (
            f"{name} 不能是{_quoted(word)}；可用：{listed}。",
            f"{name} cannot be {_quoted(word)}: {listed}.",
        )
        self.wrong(code, zh, en, name)
        return None

    def switch(self, name: str) -> bool:
        answer = self.given.get(name)
        if answer is None or isinstance(answer, bool):
            return bool(answer)
        self.wrong("not_a_boolean", f"{name} 应为 true 或 false。", f"{name} has to be true or false.", name)
        return False


def read(given: Any) -> tuple[Deposit | None, list[Problem]]:
    """The deposit, with oddities that do not matter; or None with what is wrong."""
    if not isinstance(given, dict):
        words = Words("每笔存款应为一个 JSON 对象。", "Each deposit has to be a JSON object.")
        return None, [Problem("not_an_object", words)]
    reader = _Reader(given)
    for key in given:
        if key not in KEYS:
            zh, en = f"不认识的字段{_quoted(key)}，已略过。", f"Unknown field {_quoted(key)}, left aside."
            reader.wrong("unknown_key", zh, en, str(key)[:_QUOTED_MAX])
    if not isinstance(given.get("id"), str | int | None) or isinstance(given.get("id"), bool):
        reader.wrong("id_unreadable", "id 应为文字或整数。", "id has to be text or a whole number.", "id")
    product = cast(Product | None, reader.one_of("product", "unknown_product", PRODUCTS))
    principal_fen = reader.sum_fen("principal_fen", needed=True)
    opened, withdrawn = reader.day("opened_on", needed=True), reader.day("withdrawn_on", needed=True)
    withdraw_fen, notice_fen = reader.sum_fen("withdraw_fen"), reader.sum_fen("notice_fen")
    notice = reader.day("notice_given_on")
    idle = _idle_notices(reader)
    rollover = reader.switch("auto_rollover")
    term = _term(reader, product)
    posted = _posted(reader)
    day_count = _day_count(reader, product, withdrawn)
    if product is not None:
        _unused(reader, product)
    refused = any(p.code not in trouble.STANDS_BESIDE_FIGURES for p in reader.problems)
    if refused or product is None or principal_fen is None or opened is None or withdrawn is None:
        return None, reader.problems
    deposit = Deposit(
        product=product,
        principal_fen=principal_fen,
        opened_on=opened,
        withdrawn_on=withdrawn,
        term_months=term,
        auto_rollover=rollover and product == "fixed",
        day_count=day_count,
        notice_given_on=notice if product.startswith("call") else None,
        withdraw_fen=withdraw_fen,
        posted=posted,
        notice_fen=notice_fen if product.startswith("call") else None,
        idle_notices_on=idle if product.startswith("call") else (),
    )
    return deposit, reader.problems


def default_day_count(product: str, withdrawn: date) -> DayCount:
    """The usual one where none is named: real days for demand deposits since 2005-09-21 and for call deposits, else 30/360."""
    real = product.startswith("call") or (product == "demand" and withdrawn >= QUARTERLY_FIRST_DAY)
    return "actual/360" if real else "30/360"


def _day_count(reader: _Reader, product: str | None, withdrawn: date | None) -> DayCount:
    if reader.given.get("day_count") is not None:
        return cast(DayCount, reader.one_of("day_count", "unknown_day_count", DAY_COUNTS) or "30/360")
    if product is None or withdrawn is None:
        return "30/360"
    return default_day_count(product, withdrawn)


def _term(reader: _Reader, product: Product | None) -> int | None:
    """A term of the product; None for products without one."""
    term = reader.given.get("term_months")
    terms = TERM_COLUMNS.get(product) if product is not None else None
    if terms is None:
        return None
    if isinstance(term, bool) or not isinstance(term, int | None):
        zh, en = (
            f"存期应为整月数，不是{_quoted(term)}。",
            f"The term is a whole number of months, not {_quoted(term)}.",
        )
        reader.wrong("not_a_whole_number", zh, en, "term_months")
    elif term is None:
        listed = ", ".join(str(t) for t in terms)
        zh, en = f"请填写存期（月）：{listed}。", f"The term in months is needed: {listed}."
        reader.wrong("term_missing", zh, en, "term_months")
    elif term not in terms:
        reader.problems.append(trouble.term_unknown(term if abs(term) < 10_000 else "…", terms))
    else:
        return term
    return None


def _posted(reader: _Reader) -> str:
    posted = reader.given.get("posted")
    if posted is None:
        return "big_banks"
    if isinstance(posted, str):
        return posted
    zh, en = "posted 应为利率表的名字。", "posted has to be the name of a rate table."
    reader.wrong("posted_unreadable", zh, en, "posted")
    return ""


def _idle_notices(reader: _Reader) -> tuple[date, ...]:
    given = reader.given.get("idle_notices_on")
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > IDLE_NOTICES_MAX:
        zh, en = "idle_notices_on 应为日期列表。", "idle_notices_on has to be a list of days."
        reader.wrong("not_a_list", zh, en, "idle_notices_on")
        return ()
    days = [reader.day_from(text, f"idle_notices_on/{i}") for i, text in enumerate(given)]
    return tuple(day for day in days if day is not None)


def _unused(reader: _Reader, product: Product) -> None:
    """Fields that say something which this product does not have: 0, false and null say nothing."""
    for name, used in (
        ("term_months", product in TERM_COLUMNS),
        ("auto_rollover", product == "fixed"),
        ("notice_given_on", product.startswith("call")),
        ("notice_fen", product.startswith("call")),
        ("idle_notices_on", product.startswith("call")),
    ):
        if reader.given.get(name) and not used:
            reader.problems.append(trouble.field_not_used(name))


def _quoted(value: Any) -> str:
    if isinstance(value, int) and abs(value) >= 10**_QUOTED_MAX:
        return "“…”"
    text = value if isinstance(value, str) else repr(value)
    return f"“{text[:_QUOTED_MAX]}”"
