"""Clocks and hours in words, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xiaoshi.core.clocks import Period
from xiaoshi.core.clocks.weekdays import label
from xiaoshi.core.problems import Words

DAYS = tuple(Words(f"周{mark}", name) for mark, name in zip(
    "一二三四五六日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True
))  # fmt: skip

UNIT_WORDS = {
    "working_minutes": Words("个工作分钟", "working minutes"),
    "working_days": Words("个工作日", "working days"),
    "hours": Words("小时", "hours"),
    "days": Words("天", "days"),
}


def clock_text(minutes: int) -> str:
    """`09:00`; 24:00 is the end of the day, and what lies behind it is the next day's time."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}" if minutes <= 1440 else clock_text(minutes - 1440)


def period_text(week: Sequence[Sequence[Period]]) -> dict[str, Any]:
    """A week as it is kept: `{"mon": [["09:00", "12:00"]]}`, days without hours left out."""
    return {
        label(i): [[clock_text(p.begin), clock_text(p.end)] for p in periods]
        for i, periods in enumerate(week)
        if periods
    }


def day_words(periods: Sequence[Period]) -> Words:
    if not periods:
        return Words("休息", "closed")
    text = "、".join(f"{clock_text(p.begin)}–{clock_text(p.end)}" for p in periods)
    return Words(text, text.replace("、", ", "))


def week_words(week: Sequence[Sequence[Period]]) -> Words:
    """`周一至周五 09:00–12:00、13:30–17:30；周六 …`; weekdays with the same hours together."""
    runs: list[tuple[int, int]] = []
    for i, periods in enumerate(week):
        if runs and tuple(week[runs[-1][1]]) == tuple(periods):
            runs[-1] = (runs[-1][0], i)
        else:
            runs.append((i, i))
    told = [(a, b, day_words(week[a])) for a, b in runs if week[a]]
    return Words(
        "；".join(f"{DAYS[a].zh if a == b else f'{DAYS[a].zh}至{DAYS[b].zh}'} {w.zh}" for a, b, w in told),
        "; ".join(f"{DAYS[a].en if a == b else f'{DAYS[a].en} to {DAYS[b].en}'} {w.en}" for a, b, w in told),
    )


def term_words(unit: str, amount: int, runs_for_client: bool = False) -> Words:
    """`30 个工作分钟` / `30 working minutes`."""
    words = UNIT_WORDS[unit]
    client = Words("（客户的时钟）", " (the client's own clock)") if runs_for_client else Words("", "")
    return Words(f"{amount} {words.zh}{client.zh}", f"{amount} {words.en}{client.en}")
