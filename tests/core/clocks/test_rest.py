"""A clock at rest: what was counted until then, and no look at the fifty years in which nothing can count."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from xiaoshi.core.clocks import Outlet, Span, Term, engine, reckon
from xiaoshi.core.clocks.outlets import read_week
from xiaoshi.core.clocks.reading import Reader

DAY = [["09:00", "12:00"], ["13:30", "17:30"]]
WEEK = read_week(Reader(), dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), DAY), "periods")
OUTLET = Outlet(ZoneInfo("Asia/Shanghai"), WEEK)
START = datetime(2026, 3, 2, 2, tzinfo=UTC)  # Monday, 10:00 in Shanghai
RESTS = (Span(datetime(2026, 3, 3, 2, tzinfo=UTC), None),)


@pytest.mark.parametrize(("unit", "amount"), [("working_minutes", 600), ("working_days", 3)])
def test_it_looks_no_further_than_the_pause_without_an_end(monkeypatch, unit, amount):
    looked = []
    for name in ("open_spans", "working_days"):
        real = getattr(engine, name)
        monkeypatch.setattr(
            engine,
            name,
            lambda *given, real=real: looked.append(max(d for d in given if type(d) is date)) or real(*given),
        )
    found = reckon(START, Term(unit, amount), OUTLET, RESTS)
    assert max(looked) <= date(2026, 3, 5)
    assert found.due is None
    assert [p.code for p in found.problems] == ["still_paused"]
    # 10:00 to 12:00 and 13:30 to 17:30 on Monday, 9:00 to 10:00 on Tuesday.
    assert sum(s.length.total_seconds() for s in found.segments) == 7 * 3600


def test_what_is_due_before_the_pause_is_due():
    found = reckon(START, Term("working_minutes", 60), OUTLET, RESTS)
    assert found.due == datetime(2026, 3, 2, 3, tzinfo=UTC)
