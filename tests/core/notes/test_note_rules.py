"""The rule book as a table: issuer's rule, face value, share left -> verdict and fen. Both sides of every threshold."""

from __future__ import annotations

from datetime import date

import pytest

from xiaoshi.core.notes.model import Share
from xiaoshi.core.notes.verdicts import judge
from xiaoshi.core.rules.note_rules import RULE_SETS, rule_set, rules_in_force

NOTE_MM2 = 155.0 * 77.0

TABLE = """
# rule            face    share     verdict    fen
cny-2026          100     1         full       10000
cny-2026          100     3/4       full       10000
cny-2026          100     0.7499    half       5000
cny-2026          100     1/2       half       5000
cny-2026          100     0.4999    none       0
cny-2026          1       0.6       half       50
cny-2026          0.05    0.6       half       2
cny-2026          0.05    0.8       full       5
cny-2026          0.01    0.6       none       0
cny-2026          0.01    3/4       full       1
cny-2003          100     3/4       full       10000
cny-2003          50      0.7499    half       2500
cny-2003          50      0.4999    none       0
eur-ecb-2013-10   50      0.5001    full       5000
eur-ecb-2013-10   50      1/2       none       0
eur-ecb-2013-10   50      0.1       none       0
usd-31cfr100      20      0.5001    full       2000
usd-31cfr100      20      1/2       none       0
jpy-boj           1000    2/3       full       100000
jpy-boj           1000    0.6666    half       50000
jpy-boj           1000    2/5       half       50000
jpy-boj           1000    0.3999    none       0
jpy-boj           5       0.5       half       200
jpy-boj           1       0.5       none       0
inr-2018          500     4/5       full       50000
inr-2018          500     0.7999    half       25000
inr-2018          500     2/5       half       25000
inr-2018          500     0.3999    none       0
inr-2018          5       0.5001    full       500
inr-2018          5       1/2       none       0
"""


def _rows():
    for line in TABLE.strip().splitlines():
        if not line.startswith("#"):
            rule, face, share, verdict, fen = line.split()
            top, _, bottom = share.partition("/")
            yield rule, float(face), float(top) / float(bottom or 1), verdict, int(fen)


@pytest.mark.parametrize(("rule", "face", "share", "verdict", "fen"), list(_rows()))
def test_share_to_verdict(rule, face, share, verdict, fen):
    rules = rule_set(rule)
    told = judge(rules, face, NOTE_MM2, Share(share, share, share, share))
    assert (told.verdict, told.amount_fen) == (verdict, fen)
    assert told.reasons
    assert told.reasons[0].words.zh
    assert told.reasons[0].words.en


@pytest.mark.parametrize(
    ("cm2", "verdict", "fen"),
    [(88, "full", 200000), (87.9, "half", 100000), (44, "half", 100000), (43.9, "none", 0)],
)
def test_rupee_by_area_in_square_centimetres(cm2, verdict, fen):
    share = cm2 * 100 / 10956.0 + 1e-12
    told = judge(rule_set("inr-2018"), 2000, 10956.0, Share(share, share, share, share))
    assert (told.verdict, told.amount_fen) == (verdict, fen)


def test_rupee_rows_tell_old_from_new_sizes_of_ten():
    rules = rule_set("inr-2018")
    assert rules.area_row_for(10, 8631.0).full_cm2 == 44
    assert rules.area_row_for(10, 7749.0).full_cm2 == 39
    assert rules.area_row_for(10, 5000.0) is None


@pytest.mark.parametrize(
    ("low", "high", "verdict", "amounts"),
    [
        (0.75, 0.80, "full", (10000, 10000, 10000)),
        (0.7499, 0.80, "undecided", (0, 5000, 10000)),
        (0.49, 0.51, "undecided", (0, 0, 5000)),
        (0.40, 0.90, "undecided", (0, 0, 10000)),
        (0.50, 0.7499, "half", (5000, 5000, 5000)),
    ],
)
def test_interval_that_crosses_a_threshold_is_undecided(low, high, verdict, amounts):
    told = judge(rule_set("cny-2026"), 100, NOTE_MM2, Share((low + high) / 2, low, high, low))
    assert told.verdict == verdict
    assert (told.amount_fen, told.amount_low_fen, told.amount_high_fen) == amounts
    assert ("interval_crosses_threshold" in [r.code for r in told.reasons]) == (verdict == "undecided")


def test_proof_of_destruction_is_named_for_euro_and_dollar_only():
    for rules in RULE_SETS:
        told = judge(rules, 100, NOTE_MM2, Share(0.1, 0.1, 0.1, 0.1))
        codes = [reason.code for reason in told.reasons]
        assert ("proof_of_destruction_may_pay" in codes) == (rules.issuer in ("EUR", "USD"))


def test_unconfirmed_row_says_so():
    told = judge(rule_set("inr-2018"), 500, NOTE_MM2, Share(0.9, 0.9, 0.9, 0.9))
    assert "rule_row_unconfirmed" in [reason.code for reason in told.reasons]


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2026, 3, 30), "cny-2003"), (date(2026, 3, 31), "cny-2026"), (date(2030, 1, 1), "cny-2026")],
)
def test_order_of_2026_takes_over_on_its_day(day, expected):
    assert [rules.id for rules in rules_in_force("CNY", day)] == [expected]


def test_rule_ids_are_unique_and_sources_name_no_address():
    assert len({rules.id for rules in RULE_SETS}) == len(RULE_SETS)
    for rules in RULE_SETS:
        assert "://" not in rules.source.zh + rules.source.en
        assert rules.source.zh
        assert rules.source.en
