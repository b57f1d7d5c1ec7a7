"""Money as whole fen, written the three ways a bank desk writes it.

A sum is an integer count of the smallest unit (fen) beside its currency; a float never holds money. Three texts come
from it and one goes back:

- screen figures: 123450 fen → `1,234.50` (`yuan`);
- 大写 on papers, which nobody can alter with one stroke of a pen: 35000 fen → 叁佰伍拾元整 (`daxie`);
- what a person types: `1,234.50`, `￥１２３４．５`, `1234.5元` → 123450 fen, or a `Problem` (`parse_yuan`).

大写 follows 《正确填写票据和结算凭证的基本规定》 (appendix 1 to 支付结算办法, 银发〔1997〕393号):

- 整 after 元 when there are no jiao and fen, also after 角 when there are no fen (the rule allows it; we always write
  it, so that nothing can be added), never after 分;
- one 零 for any run of zeros between figures: 1,409.50 壹仟肆佰零玖元伍角整, 6,007.14 陆仟零柒元壹角肆分;
- where a run of zeros ends at the ten-thousands or the yuan and jiao follow, 零 may be written or left out. We write
  none at 元 with jiao (1,680.32 壹仟陆佰捌拾元叁角贰分, 107,000.53 壹拾万柒仟元伍角叁分) and one where the group below
  万 or 亿 starts with 0, or where the figure before it was 0: 100,100 壹拾万零壹佰元整;
- 零 before 分 when jiao is 0 and there are yuan: 16,409.02 壹万陆仟肆佰零玖元零贰分, 325.04 叁佰贰拾伍元零肆分;
- 壹 is written before 拾: 10 is 壹拾元整.

Left out: names of currencies other than yuan in 大写 (papers in foreign money write the code and figures), and
rounding: sums come in as whole fen, and interest is rounded by the engine that knows its rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from xiaoshi.core.problems import Problem, Words

FEN_PER_YUAN = 100
# 9,999 亿元: above this the 大写 has no agreed form at a counter, and no outlet pays it.
AMOUNT_FEN_MAX = 999_999_999_999_99

_FIGURES = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿")


@dataclass(frozen=True, slots=True)
class Money:
    """A sum in one currency. `amount_fen`: whole hundredths, may be negative; `currency`: ISO 4217, upper case.

    Sums of different currencies are never added or compared: that is a programmer's error and raises ValueError.
    """

    amount_fen: int
    currency: str = "CNY"

    def __post_init__(self) -> None:
        if isinstance(self.amount_fen, bool) or not isinstance(self.amount_fen, int):
            raise TypeError(f"amount_fen is a whole number of fen, not {self.amount_fen!r}")
        if not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise ValueError(f"currency is three capital letters, not {self.currency!r}")

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be put together")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount_fen + other.amount_fen, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount_fen - other.amount_fen, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_fen, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount_fen < other.amount_fen

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.amount_fen <= other.amount_fen

    def __str__(self) -> str:
        return f"{yuan(self.amount_fen)} {self.currency}"


def yuan(amount_fen: int) -> str:
    """Screen figures with thousands marks and two decimals: 123450 → `1,234.50`, -5 → `-0.05`."""
    whole, rest = divmod(abs(amount_fen), FEN_PER_YUAN)
    return f"{'-' if amount_fen < 0 else ''}{whole:,}.{rest:02d}"


def daxie(amount_fen: int) -> str:
    """大写 of a sum: 35000 → 叁佰伍拾元整, 0 → 零元整; a negative sum starts with 负.

    Raises ValueError above `AMOUNT_FEN_MAX` in either direction: such a sum never came through `parse_yuan`.
    """
    if abs(amount_fen) > AMOUNT_FEN_MAX:
        raise ValueError(f"no 大写 for {amount_fen} fen: more than {AMOUNT_FEN_MAX}")
    whole, rest = divmod(abs(amount_fen), FEN_PER_YUAN)
    jiao, fen = divmod(rest, 10)
    text = f"{_daxie_whole(whole)}元" if whole or not rest else ""
    if jiao:
        text += f"{_FIGURES[jiao]}角"
    elif fen and whole:
        text += "零"
    text += f"{_FIGURES[fen]}分" if fen else "整"
    return f"负{text}" if amount_fen < 0 else text


def _daxie_whole(whole: int) -> str:
    """A whole number up to 9999 亿 9999 万 9999 in 大写, without 元."""
    if whole == 0:
        return _FIGURES[0]
    text = ""
    gap = False  # zeros passed since the last figure: one 零 is owed before the next
    for place in range(len(str(whole)) - 1, -1, -1):
        figure = whole // 10**place % 10
        if figure:
            text += (_FIGURES[0] if gap else "") + _FIGURES[figure] + _PLACES[place % 4]
            gap = False
        else:
            gap = True
        group_end = place % 4 == 0
        if group_end and whole // 10**place % 10_000:
            text += _GROUPS[place // 4]
    return text


# Full-width figures and signs stand 0xFEE0 above the plain ones; 。 and 、 are what a Chinese keyboard gives for the
# point and the comma. Not NFKC: that would also read ² as 2.
_PLAIN_FORMS = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **str.maketrans("￥。、−–—", "¥.,---"),
}
# What people type besides figures and the point: marks of currency, thousands marks, blanks.
_CURRENCY_MARKS = re.compile(r"^(?:RMB|CNY|人民币)?[¥￥]?|(?:元整?|圆整?|块|yuan)$", re.IGNORECASE)
_PLAIN = re.compile(r"(?P<whole>\d+)?(?:\.(?P<decimals>\d*))?", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d*)?", re.ASCII)


def parse_yuan(text: str, where: str = "amount") -> int | Problem:
    """What a person typed as yuan, in fen; or a `Problem` about the field `where`.

    Takes `1,234.50`, `1234.5`, `￥1234`, `1234元`, full-width figures and marks, blanks around. Refuses (code):
    empty (`amount_missing`), no figure (`amount_not_a_number`), thousands marks in wrong places
    (`amount_commas_misplaced`), more than two decimals (`amount_too_many_decimals`), below zero (`amount_negative`),
    more than `AMOUNT_FEN_MAX` (`amount_too_large`).
    """
    plain = re.sub(r"\s+", "", text).translate(_PLAIN_FORMS)
    if not plain:
        return _problem(
            "amount_missing", "请填写金额，例如1234.50。", "Enter the amount, for example 1234.50.", where
        )
    negative = plain.startswith(("-", "负", "(")) or plain.lstrip("¥").startswith("-")
    plain = _CURRENCY_MARKS.sub("", plain.lstrip("-负"))
    if negative and re.search(r"\d", plain):
        return _problem(
            "amount_negative",
            "金额不能小于零。请填写正数，收付方向在别处选。",
            "The amount cannot be below zero. Enter it without a minus sign; the direction is chosen elsewhere.",
            where,
        )
    if "," in plain:
        if not _THOUSANDS.fullmatch(plain):
            return _problem(
                "amount_commas_misplaced",
                "千位分隔号的位置不对，可能多写或少写了一位。请核对，或不写分隔号，例如1234.50。",
                "The thousands marks are not where they belong, so a figure may be missing. "
                "Check it, or leave the marks out: 1234.50.",
                where,
            )
        plain = plain.replace(",", "")
    found = _PLAIN.fullmatch(plain)
    if found is None or not (found["whole"] or found["decimals"]):
        return _problem(
            "amount_not_a_number",
            "这不是金额。请只填数字和小数点，例如1234.50。",
            "This is not an amount. Use figures and a decimal point only, for example 1234.50.",
            where,
        )
    decimals = (found["decimals"] or "").rstrip("0")
    if len(decimals) > 2:
        return _problem(
            "amount_too_many_decimals",
            "金额最多两位小数，即到分。请核对后再填。",
            "An amount has two decimals at most, down to the fen. Check it and enter it again.",
            where,
        )
    whole = (found["whole"] or "0").lstrip("0") or "0"
    # The length is looked at first: int() of a million figures is work that nobody asked for.
    too_large = (
        len(whole) > 12
        or (amount := int(whole) * FEN_PER_YUAN + int(decimals.ljust(2, "0"))) > AMOUNT_FEN_MAX
    )
    if too_large:
        return _problem(
            "amount_too_large",
            f"金额太大，最多{yuan(AMOUNT_FEN_MAX)}元。请核对是否多写了位数。",
            f"The amount is too large; at most {yuan(AMOUNT_FEN_MAX)} yuan. Check for surplus figures.",
            where,
        )
    return amount


def _problem(code: str, zh: str, en: str, where: str) -> Problem:
    return Problem(code, Words(zh, en), where)
