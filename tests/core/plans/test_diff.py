"""Two versions side by side: one table of edits to a small plan, and what is said of each."""

from __future__ import annotations

import pytest

from xiaoshi.core.casework import load_plan
from xiaoshi.core.casework.plan_diff import diff_plans

TEXT = """
kind = "any"
version = 1
title = { zh = "任意", en = "Any" }
opens = ["teller"]
facts.burnt = { type = "bool", zh = "烧损", en = "Burnt" }
facts.cause = { type = "choice", choices = ["fire", "water"], zh = "原因", en = "Cause" }
[need_words.report]
zh = "火灾证明"
en = "fire report"
[[stages]]
id = "all"
title = { zh = "全部", en = "All" }
[[steps]]
id = "intake"
stage = "all"
title = { zh = "受理", en = "Intake" }
by = { roles = ["teller"] }
clock = { working_minutes = 30 }
needs = ["paper:report?"]
[[steps]]
id = "pay"
stage = "all"
title = { zh = "付款", en = "Pay" }
by = { roles = ["teller"] }
after = ["intake"]
when = "facts.burnt"
irreversible = true
[[milestones]]
id = "in"
title = { zh = "已受理", en = "Taken in" }
when = "steps.intake.done"
[close]
by = ["teller"]
"""
EXTRA = '[[steps]]\nid = "call"\nstage = "all"\ntitle = { zh = "回访", en = "Call" }\nby = { roles = ["teller"] }\n[close]'
PAY = TEXT[TEXT.index('[[steps]]\nid = "pay"') : TEXT.index("[[milestones]]")]

EDITS = [
    ("", "", []),
    ('zh = "受理", en = "Intake" }\nby', 'zh = "受理登记", en = "Intake" }\nby', [("step", "changed", "intake", "title")]),
    ("[close]", EXTRA, [("step", "added", "call", "")]),
    (PAY, "", [("step", "removed", "pay", "")]),
    ('id = "pay"', 'id = "payment"\nrenamed_from = ["pay"]', [("step", "renamed", "payment", "id")]),
    ("working_minutes = 30", "working_days = 2", [("step", "changed", "intake", "clock")]),
    ('when = "facts.burnt"', 'when = "!facts.burnt"', [("step", "changed", "pay", "when")]),
    ('when = "facts.burnt"', 'when = "facts.burnt == true"', []),
    ('after = ["intake"]\n', 'after = ["intake"]\nfour_eyes = true\n', [("step", "changed", "pay", "four_eyes")]),
    ('paper:report?"', 'paper:report"', [("need", "changed", "intake", "paper:report")]),
    ('"paper:report?"', '"paper:report?", "check:machine"', [("need", "added", "intake", "check:machine")]),
    ('needs = ["paper:report?"]\n', "", [("need", "removed", "intake", "paper:report")]),
    ('["fire", "water"]', '["fire", "water", "torn"]', [("fact", "changed", "cause", "choices")]),
    ('["fire", "water"]', '["fire"]', [("fact", "changed", "cause", "choices")]),
    ("facts.cause", 'facts.more = { type = "int", zh = "数", en = "N" }\nfacts.cause', [("fact", "added", "more", "")]),
    ('when = "steps.intake.done"', 'when = "steps.pay.done"', [("milestone", "changed", "in", "when")]),
    ('[close]\nby = ["teller"]', '[close]\nwhen = "facts.burnt"\nby = ["teller"]', [("close", "changed", "", "when")]),
    ('opens = ["teller"]', 'opens = ["lobby_manager"]', [("plan", "changed", "", "opens")]),
    ('kind = "any"', 'kind = "other"', [("plan", "changed", "other", "kind")]),
]  # fmt: skip


def plan(text):
    loaded = load_plan(text)
    assert loaded.plan is not None, [p.words.en for p in loaded.problems]
    return loaded.plan


@pytest.mark.parametrize(("before", "after", "told"), EDITS)
def test_an_edit_is_told(before, after, told):
    text = TEXT.replace("version = 1", "version = 2")
    if before:
        assert before in text
        text = text.replace(before, after)
    if "paper:report" not in text:
        text = text.replace('[need_words.report]\nzh = "火灾证明"\nen = "fire report"\n', "")
    changes = diff_plans(plan(TEXT), plan(text))
    assert [(c.what, c.how, c.id, c.field) for c in changes] == told
    for change in changes:
        said = change.as_json()
        assert all(said[part]["zh"] and said[part]["en"] for part in ("words", "meaning")), said


def test_a_removed_payment_says_that_paid_cases_stay():
    (change,) = diff_plans(plan(TEXT), plan(TEXT.replace("version = 1", "version = 2").replace(PAY, "")))
    assert "不可撤回" in change.meaning.zh


REFUSED = [
    ('id = "pay"', 'id = "pay"\nrenamed_from = ["intake"]', "renamed_from_taken"),
    ('id = "pay"', 'id = "pay"\nrenamed_from = "old"', "wrong_type"),
    ("[close]", EXTRA.replace('id = "call"', 'id = "call"\nrenamed_from = ["x"]').replace("[close]", EXTRA.replace('id = "call"', 'id = "call2"\nrenamed_from = ["x"]')), "renamed_from_taken"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "code"), REFUSED)
def test_earlier_names_that_are_taken_are_refused_with_their_line(before, after, code):
    loaded = load_plan(TEXT.replace(before, after))
    assert loaded.plan is None
    assert [p.code for p in loaded.problems] == [code]
    assert int(loaded.problems[0].where.rpartition(":")[2]) > 10
