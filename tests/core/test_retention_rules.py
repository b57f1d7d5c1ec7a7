"""From which day a case may be destroyed: a dated schedule, case by case, with the rule that keeps it longest."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from xiaoshi.core.rules.retention_rules import (
    CASE_RULES,
    SMALL_RULES,
    CaseFacts,
    OwnPeriod,
    problem_of_own,
    rules_for,
    standing_of,
    years_after,
)

CLOSED = date(2026, 11, 25)
LONG = OwnPeriod("documents", "*", 15, date(2026, 1, 1), "行内制度 7 号")


def facts(**more):
    return CaseFacts(**({"kind": "example", "closed_on": CLOSED} | more))


def codes(standing):
    return [p.code for p in standing.why_not]


SCHEDULE = """
closed      last paid   relation    first day   rule
2026-11-25  -           -           2036-11-26  identity-2025
2026-11-25  2026-11-24  -           2036-11-26  identity-2025
2026-11-25  2027-03-01  -           2037-03-02  transactions-2025
2026-11-25  -           2030-06-30  2040-07-01  identity-2025
2026-11-25  -           2020-01-01  2036-11-26  transactions-2025
2024-02-29  -           -           2034-03-01  identity-2025
2026-12-31  -           -           2037-01-01  identity-2025
"""


@pytest.mark.parametrize("row", SCHEDULE.strip().splitlines()[1:])
def test_the_schedule(row):
    closed, paid, relation, first, rule = row.split()
    given = facts(
        closed_on=date.fromisoformat(closed),
        last_transaction_on=None if paid == "-" else date.fromisoformat(paid),
        relationship_ended_on=None if relation == "-" else date.fromisoformat(relation),
    )
    first_day = date.fromisoformat(first)
    before, then = standing_of(given, first_day - timedelta(days=1)), standing_of(given, first_day)
    assert (before.due, then.due) == (False, True)
    assert codes(before) == ["too_young"]
    assert then.first_day == first_day
    assert then.rule is not None
    assert then.rule.id == rule
    assert "10" in before.why_not[0].words.zh


REASONS = [
    (facts(closed_on=None), ["open"]),
    (facts(held=("法院协查",)), ["held"]),
    (facts(held=("法院协查", "纪检")), ["held", "held"]),
    (facts(open_orders=1), ["order_open"]),
    (facts(linked=("XS-1",)), ["linked"]),
    (facts(shared_answers=1), ["shared_answer"]),
    (facts(held=("a",), open_orders=2, linked=("XS-1",)), ["held", "order_open", "linked"]),
]


@pytest.mark.parametrize(("given", "expected"), REASONS)
def test_an_old_case_stays_for_a_reason(given, expected):
    standing = standing_of(given, date(2099, 1, 1))
    assert not standing.due
    assert codes(standing) == expected
    assert all(p.words.zh and p.words.en for p in standing.why_not)


def test_a_bank_keeps_longer_and_the_reason_says_that_it_is_the_banks():
    standing = standing_of(facts(), date(2036, 11, 26), [LONG])
    assert codes(standing) == ["own_period_longer"]
    assert standing.first_day == date(2041, 11, 26)
    assert "行内制度" in standing.why_not[0].words.zh
    assert standing_of(facts(), date(2041, 11, 26), [LONG]).due


def test_an_own_period_for_the_kind_goes_before_one_for_all_and_the_newest_before_older_ones():
    of_kind = OwnPeriod("documents", "example", 12, date(2026, 1, 1), "x")
    newer = OwnPeriod("documents", "example", 20, date(2030, 1, 1), "y")
    years = {r.what: r.years for r in rules_for("example", date(2027, 1, 1), [LONG, newer, of_kind])}
    assert years["documents"] == 12
    years = {r.what: r.years for r in rules_for("example", date(2031, 1, 1), [LONG, newer, of_kind])}
    assert years["documents"] == 20
    years = {r.what: r.years for r in rules_for("other", date(2031, 1, 1), [LONG, newer, of_kind])}
    assert years["documents"] == 15


@pytest.mark.parametrize(
    ("own", "code"),
    [
        (OwnPeriod("documents", "*", 9, CLOSED, "x"), "period_not_allowed"),
        (OwnPeriod("documents", "*", 101, CLOSED, "x"), "period_not_allowed"),
        (OwnPeriod("documents", "*", 10, CLOSED, " "), "source_missing"),
        (OwnPeriod("lunch", "*", 10, CLOSED, "x"), "what_unknown"),
        (OwnPeriod("documents", "lunch", 10, CLOSED, "x"), "kind_unknown"),
        (OwnPeriod("documents", "example", 10, CLOSED, "x"), None),
    ],
)
def test_what_a_bank_may_decide(own, code):
    problem = problem_of_own(own, ["example"])
    assert (problem.code if problem else None) == code


def test_a_period_shorter_than_the_law_gives_way():
    short = OwnPeriod("identity", "*", 3, date(2026, 1, 1), "x")
    assert {r.what: r.years for r in rules_for("example", CLOSED, [short])}["identity"] == 10


def test_the_older_law_counts_on_its_days_only():
    assert {r.id for r in rules_for("example", date(2024, 12, 31))} >= {"identity-2007", "transactions-2007"}
    assert not {r.id for r in rules_for("example", date(2025, 1, 1))} & {"identity-2007", "transactions-2007"}


def test_the_last_years_of_the_calendar_do_not_overflow():
    assert years_after(date(9990, 5, 5), 50) < date.max
    assert standing_of(facts(closed_on=date(9999, 12, 30)), CLOSED).first_day == date.max


def test_every_rule_says_its_source_and_one_of_two_lengths():
    for rule in (*CASE_RULES, *SMALL_RULES):
        assert rule.source.zh
        assert rule.source.en
        assert not (rule.years and rule.days)
    assert len({r.id for r in (*CASE_RULES, *SMALL_RULES)}) == len(CASE_RULES) + len(SMALL_RULES)
    assert all(rule.years >= 5 for rule in CASE_RULES)
