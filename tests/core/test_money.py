"""大写 against the examples of the rule itself, then the laws that hold for every sum; typed sums as a table."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaoshi.core.money import AMOUNT_FEN_MAX, Money, daxie, parse_yuan, yuan
from xiaoshi.core.problems import Problem

# figures -> 大写. The first block is printed in 正确填写票据和结算凭证的基本规定; where it allows two forms, ours.
DAXIE = """
1,409.50            壹仟肆佰零玖元伍角整
6,007.14            陆仟零柒元壹角肆分
1,680.32            壹仟陆佰捌拾元叁角贰分
107,000.53          壹拾万零柒仟元伍角叁分
16,409.02           壹万陆仟肆佰零玖元零贰分
325.04              叁佰贰拾伍元零肆分

350.00              叁佰伍拾元整
46,845.00           肆万陆仟捌佰肆拾伍元整
483,700.00          肆拾捌万叁仟柒佰元整
0.00                零元整
0.01                壹分
0.10                壹角整
0.11                壹角壹分
10.00               壹拾元整
1,000,000.00        壹佰万元整
100,100.00          壹拾万零壹佰元整
10,010,010.00       壹仟零壹万零壹拾元整
100,000,000.00      壹亿元整
100,000,001.00      壹亿零壹元整
100,010,000.00      壹亿零壹万元整
10,500,000,500.00   壹佰零伍亿零伍佰元整
120,000,300.05      壹亿贰仟万零叁佰元零伍分
-12.30              负壹拾贰元叁角整
"""
FIGURE_OF = {figure: value for value, figure in enumerate("零壹贰叁肆伍陆柒捌玖")}
sums = st.integers(min_value=0, max_value=AMOUNT_FEN_MAX)


def _rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines() if line.strip()]


def _fen(figures: str) -> int:
    return int(figures.replace(",", "").replace(".", ""))


def read_daxie(text: str) -> int:
    """The sum that a 大写 text names, in fen: an independent reading, so that writing can be checked against it."""
    if text.startswith("负"):
        return -read_daxie(text[1:])
    total_fen = 0
    if "元" in text:
        whole, text = text.split("元")
        value = group = figure = 0
        for sign in whole:
            if sign in FIGURE_OF:
                figure = FIGURE_OF[sign]
            elif sign in "拾佰仟":
                group, figure = group + figure * 10 ** ("拾佰仟".index(sign) + 1), 0
            else:
                value, group, figure = value + (group + figure) * {"万": 10**4, "亿": 10**8}[sign], 0, 0
        total_fen = (value + group + figure) * 100
    for unit_fen, unit in ((10, "角"), (1, "分")):
        if found := re.search(f"(.){unit}", text):
            total_fen += FIGURE_OF[found[1]] * unit_fen
    return total_fen


@pytest.mark.parametrize(("figures", "expected"), _rows(DAXIE))
def test_daxie_of_known_sums(figures: str, expected: str) -> None:
    assert yuan(_fen(figures)) == figures
    assert daxie(_fen(figures)) == expected


@given(sums)
def test_daxie_reads_back_to_the_same_sum(amount_fen: int) -> None:
    assert read_daxie(daxie(amount_fen)) == amount_fen


@given(sums)
def test_daxie_keeps_the_rules_of_zero_and_the_end(amount_fen: int) -> None:
    text = daxie(amount_fen)
    assert "零零" not in text
    assert not re.search("零[万亿拾佰仟角整]", text)
    assert "零元" not in text or amount_fen == 0
    assert text.endswith("分") == (amount_fen % 10 != 0)
    assert text.endswith("整") == (amount_fen % 10 == 0)
    assert not re.search("亿万", text)


def test_daxie_refuses_a_sum_that_no_outlet_pays() -> None:
    assert daxie(AMOUNT_FEN_MAX).startswith("玖仟玖佰玖拾玖亿")
    with pytest.raises(ValueError, match="no 大写"):
        daxie(AMOUNT_FEN_MAX + 1)


# typed -> fen, or the code of the refusal
TYPED = {
    "1,234.50": 123450,
    " 1234.5 ": 123450,
    "￥１，２３４．５０": 123450,
    "¥1234": 123400,
    "1234元": 123400,
    "人民币500元整": 50000,
    "RMB 5": 500,
    "1234。5": 123450,
    "0": 0,
    ".5": 50,
    "5.": 500,
    "1.2300": 123,
    "999,999,999,999.99": AMOUNT_FEN_MAX,
    "": "amount_missing",
    " \u3000 ": "amount_missing",
    "元": "amount_not_a_number",
    ".": "amount_not_a_number",
    "1e5": "amount_not_a_number",
    "五百": "amount_not_a_number",
    "²": "amount_not_a_number",
    "٣": "amount_not_a_number",
    "1.2.3": "amount_not_a_number",
    "0x10": "amount_not_a_number",
    "12,34": "amount_commas_misplaced",
    "1,2345": "amount_commas_misplaced",
    "1,234,": "amount_commas_misplaced",
    "1.234": "amount_too_many_decimals",
    "-5": "amount_negative",
    "−5.00": "amount_negative",
    "负5": "amount_negative",
    "￥-5": "amount_negative",
    "1000000000000": "amount_too_large",
    "9" * 5000: "amount_too_large",
}


@pytest.mark.parametrize(("typed", "expected"), TYPED.items(), ids=lambda value: str(value)[:24] or "nothing")
def test_typed_sums(typed: str, expected: int | str) -> None:
    found = parse_yuan(typed, where="payout")
    if isinstance(expected, int):
        assert found == expected
    else:
        assert isinstance(found, Problem)
        assert (found.code, found.where) == (expected, "payout")
        assert found.words.zh
        assert found.words.en


@given(sums)
def test_what_the_screen_shows_can_be_typed_back(amount_fen: int) -> None:
    assert parse_yuan(yuan(amount_fen)) == amount_fen
    assert parse_yuan(f"￥{yuan(amount_fen)}元") == amount_fen


@given(st.text(max_size=20))
def test_any_text_is_answered_with_fen_or_words(text: str) -> None:
    found = parse_yuan(text)
    assert isinstance(found, Problem) or 0 <= found <= AMOUNT_FEN_MAX


def test_money_of_two_currencies_never_meets() -> None:
    assert Money(150) + Money(-50) == Money(100)
    assert Money(1) < Money(2)
    assert str(-Money(123450)) == "-1,234.50 CNY"
    with pytest.raises(ValueError, match="CNY and EUR"):
        _ = Money(1) + Money(1, "EUR")
    with pytest.raises(ValueError, match="three capital letters"):
        Money(1, "cny")
    with pytest.raises(TypeError, match="whole number of fen"):
        Money(1.5)  # type: ignore[arg-type]
