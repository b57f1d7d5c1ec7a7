"""Who stands in for whom. `li>xu 2..6` : xu stands in for li from the 2nd to the 6th; `li>xu 2..6 notes` for one kind."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xiaoshi.core.casework.substitutes import (
    CHAIN_MAX,
    StandIn,
    Substitution,
    arrangement_problem,
    stand_in_for,
)

TODAY = date(2026, 3, 1)
LINE = re.compile(r"(\w+)>(\w+) (\d+)\.\.(\d+)(?: (\S+))?")


def arrangement(text: str) -> Substitution:
    found = LINE.fullmatch(text)
    assert found, text
    absent, substitute, first, last, kinds = found.groups()
    days = date(2026, 3, int(first)), date(2026, 3, int(last))
    return Substitution(absent, substitute, *days, frozenset(kinds.split(",") if kinds else ()))


def person(login: str, roles: str = "teller", path: str = "jn/lz/cd/yy/", rank: int = 0) -> StandIn:
    return StandIn(login, frozenset(roles.split(",")), path, rank)


@pytest.mark.parametrize(
    ("held", "who", "day", "kind", "chain"),
    [
        ("", "li", 3, "notes", ""),
        ("li>xu 2..6", "li", 1, "notes", ""),
        ("li>xu 2..6", "li", 2, "notes", "xu"),
        ("li>xu 2..6", "li", 6, "notes", "xu"),
        ("li>xu 2..6", "li", 7, "notes", ""),
        ("li>xu 2..6 coins", "li", 3, "notes", ""),
        ("li>xu 2..6 coins", "li", 3, "coins", "xu"),
        ("li>xu 2..6|xu>qian 5..5", "li", 5, "notes", "xu qian"),
        ("li>xu 2..6|xu>qian 5..5", "li", 4, "notes", "xu"),
        ("a>b 1..9|b>c 1..9|c>d 1..9|d>e 1..9", "a", 3, "notes", "b c d"),
    ],
)
def test_who_stands_in(held, who, day, kind, chain):
    arrangements = [arrangement(text) for text in held.split("|") if text]
    assert stand_in_for(arrangements, who, date(2026, 3, day), kind) == tuple(chain.split())


def clock(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(date(2026, 3, day), time(hour, minute))


MORNING = Substitution("li", "xu", date(2026, 3, 2), date(2026, 3, 2), until_time=time(13))
AFTERNOON = Substitution("xu", "li", date(2026, 3, 2), date(2026, 3, 3), from_time=time(13))


@pytest.mark.parametrize(
    ("at", "who", "chain"),
    [
        (clock(2, 0, 0), "li", ("xu",)),
        (clock(2, 12, 59), "li", ("xu",)),
        (clock(2, 13, 0), "li", ()),
        (clock(2, 12, 59), "xu", ()),
        (clock(2, 13, 0), "xu", ("li",)),
        (clock(3, 23, 59), "xu", ("li",)),
        (clock(4, 0, 0), "xu", ()),
        (date(2026, 3, 2), "li", ("xu",)),
        (date(2026, 3, 3), "li", ()),
    ],
)
def test_half_days(at, who, chain):
    assert stand_in_for((MORNING, AFTERNOON), who, at, "notes") == chain


@pytest.mark.parametrize(
    ("new", "now", "code"),
    [
        (AFTERNOON, TODAY, ""),
        (replace(AFTERNOON, from_time=time(12, 59)), TODAY, "circle"),
        (replace(MORNING, from_time=time(13), until_time=None), TODAY, ""),
        (replace(MORNING, from_time=time(12), until_time=None), TODAY, "covered_already"),
        (replace(MORNING, from_time=time(14)), TODAY, "times_reversed"),
        (replace(MORNING, from_time=time(13)), TODAY, "times_reversed"),
        (
            replace(AFTERNOON, last_day=date(2026, 3, 2), until_time=time(14)),
            clock(2, 14),
            "days_past",
        ),
    ],
)
def test_half_days_that_clash_or_close_a_circle(new, now, code):
    away, there = person(new.absent), person(new.substitute)
    problem = arrangement_problem((MORNING,), new, away, there, now)
    assert (problem.code if problem else "") == code


@pytest.mark.parametrize(
    ("held", "new", "code"),
    [
        ("", "li>xu 2..6", ""),
        ("", "li>li 2..6", "to_yourself"),
        ("", "li>xu 6..2", "days_reversed"),
        ("li>xu 2..6", "li>qian 6..9", "covered_already"),
        ("li>xu 2..6", "li>qian 7..9", ""),
        ("li>xu 2..6 notes", "li>qian 2..6 coins", ""),
        ("li>xu 2..6 notes", "li>qian 2..6", "covered_already"),
        ("li>xu 2..6", "xu>li 6..8", "circle"),
        ("li>xu 2..6", "xu>li 7..8", ""),
        ("li>xu 2..6 notes", "xu>li 2..6 coins", ""),
        ("li>xu 2..6|xu>qian 5..5", "qian>li 4..4", ""),
        ("li>xu 2..6|xu>qian 5..5", "qian>li 5..9", "circle"),
        ("a>b 1..9|b>c 1..9|c>d 1..9|d>e 1..9", "e>a 9..20", "circle"),
    ],
)
def test_what_may_be_arranged(held, new, code):
    arrangements = [arrangement(text) for text in held.split("|") if text]
    wanted = arrangement(new)
    problem = arrangement_problem(
        arrangements, wanted, person(wanted.absent), person(wanted.substitute), TODAY
    )
    assert (problem.code if problem else "") == code
    assert problem is None or (problem.words.zh and problem.words.en)


@pytest.mark.parametrize(
    ("absent", "substitute", "code"),
    [
        (person("li"), person("xu", "teller,lobby_manager"), ""),
        (person("li"), person("qian", "lobby_manager"), "without_the_role"),
        (person("guo", "outlet_head"), person("qian", "supervisor"), ""),
        (person("li"), person("shen", "teller,auditor"), "auditor_reads_only"),
        (person("li"), person("wu", path="jn/lz/hb/yl/"), ""),
        (person("li"), person("wu", path="jn/hc/gx/rm/"), "other_city"),
        (person("lu", "city_specialist", "jn/lz/", 2), person("xu", "city_specialist"), "level_below"),
    ],
)
def test_who_may_stand_in(absent, substitute, code):
    wanted = Substitution(absent.login, substitute.login, TODAY, TODAY)
    problem = arrangement_problem([], wanted, absent, substitute, TODAY)
    assert (problem.code if problem else "") == code


def test_days_that_are_over_or_too_many_are_refused():
    for first, last, code in ((-5, -1, "days_past"), (0, 366, "days_too_many"), (-5, 0, "")):
        wanted = Substitution("li", "xu", TODAY + timedelta(first), TODAY + timedelta(last))
        problem = arrangement_problem([], wanted, person("li"), person("xu"), TODAY)
        assert (problem.code if problem else "") == code


PEOPLE = "abcde"
EDGES = st.builds(
    lambda a, b, first, days, kind: Substitution(
        a, b, date(2026, 3, first), date(2026, 3, first + days), frozenset(kind)
    ),
    st.sampled_from(PEOPLE),
    st.sampled_from(PEOPLE),
    st.integers(1, 12),
    st.integers(0, 6),
    st.sampled_from(("", "n", "c", "nc")),
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EDGES, max_size=14))
def test_what_was_accepted_never_leads_back(edges):
    """Whatever is asked for, the accepted ones leave nobody waiting for himself or herself on any day, for any kind."""
    accepted: list[Substitution] = []
    for edge in edges:
        if arrangement_problem(accepted, edge, person(edge.absent), person(edge.substitute), TODAY) is None:
            accepted.append(edge)
    for day in (date(2026, 3, n) for n in range(1, 20)):
        for kind in "nc":
            following = {a.absent: a.substitute for a in accepted if a.covers(day, kind)}
            assert len(following) == sum(a.covers(day, kind) for a in accepted), "two for one person"
            for who in PEOPLE:
                chain = stand_in_for(accepted, who, day, kind)
                assert who not in chain
                assert len(chain) <= CHAIN_MAX
                seen, at = {who}, who
                while at in following:
                    at = following[at]
                    assert at not in seen, "a circle"
                    seen.add(at)
