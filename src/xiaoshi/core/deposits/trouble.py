"""What can be wrong with a question about a deposit, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from xiaoshi.core.money import yuan
from xiaoshi.core.problems import Problem, Words
from xiaoshi.core.rules.deposit_rate_table import COLUMNS
from xiaoshi.core.rules.deposit_rules import CALL_FIRST_DAY, CALL_MINIMUM_FEN

if TYPE_CHECKING:
    from xiaoshi.core.deposits.look import Look

STANDS_BESIDE_FIGURES = frozenset(
    {"remainder_below_minimum", "below_call_minimum", "field_not_used", "unknown_key"}
)
"""Problems that leave the figures standing; every other one stands in their place."""


def _problem(code: str, zh: str, en: str, where: str) -> Problem:
    return Problem(code, Words(zh, en), where)


def unknown_table(name: str, known: Iterable[str]) -> Problem:
    listed = ", ".join(known)
    zh = f"没有名为“{name}”的利率表；可用：{listed}。"
    return _problem("unknown_rate_table", zh, f"There is no rate table “{name}”; known: {listed}.", "posted")


def withdrawal_before_opening(opened: date, withdrawn: date) -> Problem:
    zh = f"支取日 {withdrawn} 早于开户日 {opened}，请核对。"
    en = f"The withdrawal on {withdrawn} is before the opening on {opened}: check the days."
    return _problem("withdrawal_before_opening", zh, en, "withdrawn_on")


def before_first_rate(opened: date, first: date) -> Problem:
    zh = f"利率表从 {first} 开始，{opened} 的利率没有资料，不能计算；请查当时的利率文件。"
    en = f"The rate tables begin on {first}; for {opened} there is none: look at the notices of that time."
    return _problem("before_first_rate", zh, en, "opened_on")


def term_unknown(term: object, terms: Iterable[int]) -> Problem:
    listed = ", ".join(str(t) for t in terms)
    zh = f"没有 {term} 个月这个存期；可用（月）：{listed}。"
    return _problem(
        "term_never_existed", zh, f"There is no term of {term} months; terms: {listed}.", "term_months"
    )


def term_not_posted(look: Look, column: str) -> Problem:
    day, offered = look.deposit.opened_on, COLUMNS[column]
    found = look.book.row_on(day)
    table = found[0].title if found else Words("利率表", "the rate table")
    zh = f"{day} 的{table.zh}没有“{offered.zh}”这个档次，不能按此存期计算。"
    en = f"On {day} the {table.en} have no {offered.en}: this term cannot be counted."
    return _problem("term_not_posted", zh, en, "term_months")


def no_rate(look: Look, column: str, day: date) -> Problem:
    found = look.book.row_on(day)
    table = found[0].title if found else Words("利率表", "the rate table")
    zh = f"{day} 的{table.zh}没有“{COLUMNS[column].zh}”利率，不能计算；请导入本行利率表。"
    en = f"On {day} the {table.en} have no {COLUMNS[column].en} rate: load the bank's own table."
    return _problem("no_rate", zh, en, "withdrawn_on")


def above_balance(part_fen: int, balance_fen: int) -> Problem:
    zh = f"支取 {yuan(part_fen)} 元超过存款余额 {yuan(balance_fen)} 元。"
    en = f"{yuan(part_fen)} yuan cannot be withdrawn from {yuan(balance_fen)} yuan."
    return _problem("withdraw_above_principal", zh, en, "withdraw_fen")


def part_not_for_product() -> Problem:
    zh = "此种存款不能部分支取；请全部支取，不填 withdraw_fen。"
    en = "No part of this kind can be withdrawn: withdraw it all, without withdraw_fen."
    return _problem("part_not_for_product", zh, en, "withdraw_fen")


def part_after_maturity() -> Problem:
    zh = "到期后部分支取未见规定：此处支取部分按自己的存期计息，余额仍按原开户日。"
    en = (
        "No rule was found for a part withdrawn after maturity: the part earns for its own real term, the rest keeps its "
        "day of opening."
    )
    return _problem("part_after_maturity", zh, en, "withdraw_fen")


def no_call_yet() -> Problem:
    zh = f"通知存款自 {CALL_FIRST_DAY}（银发〔1999〕3号）起才有，请核对开户日或存款种类。"
    en = f"Call deposits exist since {CALL_FIRST_DAY}: check the day of the opening or the product."
    return _problem("product_not_yet", zh, en, "opened_on")


def below_call_minimum() -> Problem:
    least = yuan(CALL_MINIMUM_FEN)
    zh = f"个人通知存款最低起存 {least} 元；此笔低于起存金额，请核对金额或种类。"
    en = f"A personal call deposit is {least} yuan at least; this one is below it: check the sum or the product."
    return _problem("below_call_minimum", zh, en, "principal_fen")


def remainder_below_minimum(rest_fen: int) -> Problem:
    zh = (
        f"支取后余额 {yuan(rest_fen)} 元低于起存金额 {yuan(CALL_MINIMUM_FEN)} 元：余额须按当日活期利率清户，"
        "或按存款人意愿转为其他存款。此处按清户计算，请先问存款人。"
    )
    en = (
        f"{yuan(rest_fen)} yuan would be left, under the minimum of {yuan(CALL_MINIMUM_FEN)}: it is closed at the demand "
        "rate of the day or converted as the depositor wishes. Counted as closed here: ask the depositor first."
    )
    return _problem("remainder_below_minimum", zh, en, "withdraw_fen")


def less_than_agreed(short_fen: int) -> Problem:
    zh = f"比约定少支取 {yuan(short_fen)} 元；不足部分以后支取时按活期计到今日的做法未见细则。"
    en = f"{yuan(short_fen)} yuan less than agreed; how that part is counted when it is withdrawn later was not found."
    return _problem("less_than_agreed", zh, en, "notice_fen")


def notice_after_withdrawal(where: str) -> Problem:
    zh = "通知日晚于支取日，请核对。"
    return _problem(
        "notice_after_withdrawal", zh, "The notice is after the withdrawal: check the days.", where
    )


def notice_before_opening(where: str) -> Problem:
    zh = "通知日早于开户日，请核对。"
    return _problem("notice_before_opening", zh, "The notice is before the opening: check the days.", where)


def notices_overlap() -> Problem:
    zh = "两次未支取的通知期限重叠，请核对 idle_notices_on。"
    return _problem(
        "notices_overlap", zh, "Two unused notice periods overlap: check idle_notices_on.", "idle_notices_on"
    )


def field_not_used(field: str) -> Problem:
    zh = f"此种存款不用 {field}，已不计入。请核对存款种类是否选对。"
    en = f"{field} has no meaning for this product and was left aside: check that the product is right."
    return _problem("field_not_used", zh, en, field)
