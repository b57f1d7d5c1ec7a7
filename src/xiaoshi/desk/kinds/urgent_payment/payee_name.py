"""Two names of one account laid beside each other, and the first place where they part is pointed at.

`临洲市第一人民医院` against `临洲市笫一人民医院`: the fourth character is 笫 and ought to be 第. A name that looks right is the
usual way in which money goes astray, so nothing is evened out: not blanks, not full-width signs.
"""

from __future__ import annotations

from itertools import zip_longest

from xiaoshi.core.problems import Problem, Words


def name_problem(typed: str, on_account: str, where: str = "payee_name") -> Problem | None:
    """Why `typed` is not the name on the account; None when it is, to the character. `on_account` is never shown whole."""
    if typed == on_account:
        return None
    if not typed:
        words = Words("请填写收款户名。", "Enter the name on the account.")
        return Problem("payee_name_missing", words, where)
    place = next(n for n, (a, b) in enumerate(zip_longest(typed, on_account), start=1) if a != b)
    has, wants = _sign(typed, place), _sign(on_account, place)
    if not has:
        zh, en = (
            f"第 {place} 个字起缺字（应为“{wants}”）",
            f"it ends before character {place} ({wants!r} is missing)",
        )
    elif not wants:
        zh, en = f"第 {place} 个字“{has}”是多出来的", f"character {place} ({has!r}) is one too many"
    else:
        zh, en = (
            f"第 {place} 个字填的是“{has}”，应为“{wants}”",
            f"character {place} is {has!r} and should be {wants!r}",
        )
    return Problem(
        "payee_name_differs",
        Words(
            f"收款户名与医院对公账户不一致：{zh}。款项没有付出，请对照医院缴费通知逐字核对。",
            f"The name differs from the hospital's account: {en}. Nothing was paid; compare it with the hospital's notice.",
        ),
        where,
    )


def _sign(text: str, place: int) -> str:
    return text[place - 1 : place]
