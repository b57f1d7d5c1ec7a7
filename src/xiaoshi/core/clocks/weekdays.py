"""Names of weekdays as people write them: `mon`, `Monday`, `1` (ISO, Monday is 1), `周一`, and groups such as `mon-fri`."""

from __future__ import annotations

import re

ENGLISH = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORT = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CHINESE = "一二三四五六日"

_NAMES: dict[str, int] = {
    **{name: i for i, name in enumerate(ENGLISH)},
    **{name: i for i, name in enumerate(SHORT)},
    **{str(i + 1): i for i in range(7)},
    **{prefix + mark: i for prefix in ("周", "星期", "礼拜", "週") for i, mark in enumerate(CHINESE)},
    **{prefix + "天": 6 for prefix in ("周", "星期", "礼拜", "週")},
    "tues": 1, "weds": 2, "thur": 3, "thurs": 3,
}  # fmt: skip
_GROUPS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("weekdays", "workdays", "工作日"), (0, 1, 2, 3, 4)),
    **dict.fromkeys(("weekend", "weekends", "周末"), (5, 6)),
    **dict.fromkeys(("daily", "everyday", "all", "每天", "每日"), tuple(range(7))),
}
_RANGE = re.compile(r"\s*(?:-|–|—|~|～|\.\.|至|到|\bto\b)\s*")
_LIST = re.compile(r"\s*[,，、/;；]\s*|\s+and\s+")


def weekday_named(text: str) -> int | None:
    """0 for Monday to 6 for Sunday; None when it is no weekday's name. `0` is none: some count it as Sunday."""
    return _NAMES.get(text.strip().lower())


def weekdays_named(text: str) -> tuple[int, ...] | None:
    """All weekdays that a key of `periods` names: one, a range (which may pass Sunday), a list, a group."""
    name = text.strip().lower()
    if name in _GROUPS:
        return _GROUPS[name]
    found: list[int] = []
    for part in _LIST.split(name):
        ends = [weekday_named(end) for end in _RANGE.split(part)]
        if len(ends) > 2 or None in ends:
            return None
        first, last = ends[0], ends[-1]
        assert first is not None
        assert last is not None
        found.extend((first + i) % 7 for i in range((last - first) % 7 + 1))
    return tuple(dict.fromkeys(found))


def label(weekday: int) -> str:
    """`mon` ... `sun`, as we write them."""
    return SHORT[weekday]
