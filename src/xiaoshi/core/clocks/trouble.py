"""What can be wrong with a count, in words."""

from __future__ import annotations

from collections.abc import Sequence

from xiaoshi.core.problems import Problem, Words


def never_open() -> Problem:
    words = Words(
        "该网点没有任何营业时间，工作时限无从计算；请先设置营业时间。",
        "The outlet has no opening hours at all, so working time cannot be counted: set its hours first.",
    )
    return Problem("never_open", words, "/outlet/periods")


def still_paused(place: int) -> Problem:
    words = Words(
        "时限已暂停且尚未恢复，恢复之前没有到期时间。",
        "The clock is paused and has not gone on: until it does, nothing is due.",
    )
    return Problem("still_paused", words, f"/pauses/{place}")


def beyond_horizon(years: int) -> Problem:
    words = Words(
        f"按这个时限和营业时间，{years} 年内都不会到期；请核对时限数量、停业和暂停。",
        f"With this term and these hours nothing is due within {years} years: check the amount, closures and pauses.",
    )
    return Problem("beyond_horizon", words)


def year_not_announced(years: Sequence[int]) -> Problem:
    zh = f"{years[0]} 年" if len(years) == 1 else f"{years[0]}—{years[-1]} 年"
    en = str(years[0]) if len(years) == 1 else f"{years[0]} to {years[-1]}"
    words = Words(
        f"{zh}的放假调休通知尚未公布，暂按普通周历计算；公布后会重新计算。",
        f"The swapped workdays of {en} are not announced yet: counted by the plain week, and again when they are.",
    )
    return Problem("year_not_announced", words, "/outlet/swaps")
