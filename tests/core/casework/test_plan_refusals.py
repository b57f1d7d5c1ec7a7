"""Every way in which a plan is refused: what is changed in a good plan, the line, the code.

The good plan is `GOOD`; a row replaces one text in it. So the table is the rule book of `plan.toml`.
"""

from __future__ import annotations

import pytest

from xiaoshi.core.casework import load_plan

GOOD = """\
kind = "small"
version = 1
title = { zh = "小事", en = "Small" }
opens = ["teller"]

[facts.ill]
type = "bool"
zh = "病重"
en = "Gravely ill"

[facts.how]
type = "choice"
choices = ["cash", "account"]
zh = "方式"
en = "How"

[facts.sum_fen]
type = "amount_fen"
zh = "金额"
en = "Sum"

[[stages]]
id = "all"
title = { zh = "全部", en = "All" }

[[steps]]
id = "first"
stage = "all"
title = { zh = "一", en = "First" }
by = { roles = ["teller"], level = "outlet" }
needs = ["paper:card?"]
clock = { working_minutes = 30 }

[[steps]]
id = "second"
stage = "all"
title = { zh = "二", en = "Second" }
by = { roles = ["teller"] }
after = ["first"]
when = "facts.ill && steps.first.done"
four_eyes = true
not_by = ["first"]

[[steps]]
id = "third"
stage = "all"
title = { zh = "三", en = "Third" }
by = { roles = ["outlet_head"] }
after = ["second"]
optional = true

[[milestones]]
id = "begun"
title = { zh = "已开始", en = "Begun" }
when = "steps.first.done"

[close]
when = "steps.first.done"
by = ["teller"]
"""

WHEN = 'when = "facts.ill && steps.first.done"'
CLOSE = '[close]\nwhen = "steps.first.done"'

REFUSALS = [
    # what the row changes                                              line  code
    ("title = { zh", "title = = { zh", 3, "plan_syntax"),
    ('by = ["teller"]\n', 'by = ["teller"', 59, "plan_syntax"),
    ("four_eyes = true", "four_eye = true", 41, "unknown_key"),
    ("type = \"bool\"", "type = \"bool\"\nkind = 1", 8, "unknown_key"),
    ("[[milestones]]", "[[milestone]]", 52, "unknown_key"),
    ('kind = "small"', 'kind = "Small Matter"', 1, "bad_kind"),
    ("version = 1", "version = 0", 2, "bad_version"),
    ("version = 1", 'version = "1"', 2, "wrong_type"),
    ("version = 1", "version = true", 2, "wrong_type"),
    ('title = { zh = "小事", en = "Small" }', 'title = { zh = "小事" }', 3, "words_missing"),
    ('opens = ["teller"]', 'opens = ["teler"]', 4, "unknown_role"),
    ('opens = ["teller"]', "opens = []", 4, "nobody_can"),
    ('opens = ["teller"]', 'opens = ["auditor"]', 4, "role_reads_only"),
    ('opens = ["teller"]', 'opens = "teller"', 4, "wrong_type"),
    ('type = "bool"', 'type = "boolean"', 7, "unknown_type"),
    ('choices = ["cash", "account"]\n', "", 11, "bad_choices"),
    ('zh = "病重"\n', "", 6, "words_missing"),
    ("[facts.ill]", "[facts.Ill]", 6, "bad_id"),
    ("[[stages]]", '[need_words.crad]\nzh = "卡"\nen = "card"\n\n[[stages]]', 22, "unknown_need"),
    ("[[stages]]", '[need_words.card]\nzh = "卡"\n\n[[stages]]', 22, "words_missing"),
    ("[[stages]]", '[need_words.card]\nzh = "卡"\nen = "card"\nfr = "carte"\n\n[[stages]]', 25, "unknown_key"),
    ('by = ["teller"]\n', 'by = ["teller"]\nwords = "when done"\n', 60, "words_missing"),
    (WHEN, 'when = "[1, 2].all(a, [1, 2].exists(b, a == b))"', 40, "condition_unbounded"),
    ('id = "first"', 'id = "First"', 27, "bad_id"),
    ('id = "second"', 'id = "first"', 35, "duplicate_id"),
    ('id = "first"', 'id = "added_1"', 27, "bad_id"),
    ('stage = "all"', 'stage = "al"', 28, "unknown_stage"),
    ('by = { roles = ["teller"], level = "outlet" }', "", 26, "nobody_can"),
    ('roles = ["teller"], level = "outlet"', 'roles = [], level = "outlet"', 30, "nobody_can"),
    ('roles = ["teller"], level = "outlet"', 'roles = ["teller"], level = "city"', 30, "role_not_at_level"),
    ('roles = ["teller"], level = "outlet"', 'roles = ["teller"], level = "branch"', 30, "unknown_level"),
    ('roles = ["teller"], level = "outlet"', 'roles = ["auditor"]', 30, "role_reads_only"),
    ('needs = ["paper:card?"]', 'needs = ["papers:card"]', 31, "unknown_need_kind"),
    ('needs = ["paper:card?"]', 'needs = ["paper"]', 31, "bad_need"),
    ('needs = ["paper:card?"]', 'needs = ["answer:x"]', 31, "bad_need"),
    ("clock = { working_minutes = 30 }", "clock = { minutes = 30 }", 32, "unknown_key"),
    ("clock = { working_minutes = 30 }", "clock = { working_minutes = 0 }", 32, "bad_clock"),
    ("clock = { working_minutes = 30 }", "clock = { hours = 1, days = 1 }", 32, "bad_clock"),
    ('after = ["first"]', 'after = ["frist"]', 39, "unknown_step"),
    ('not_by = ["first"]', 'not_by = ["fourth"]', 42, "unknown_step"),
    ('not_by = ["first"]', 'not_by = ["second"]', 42, "nobody_can"),
    ("optional = true", 'optional = "yes"', 50, "wrong_type"),
    ("optional = true", 'confirm_by = { roles = ["teller"] }', 44, "confirm_without_four_eyes"),
    ("optional = true", "four_eyes = true", 50, "nobody_can"),
    ("optional = true", 'skip_by = ["teler"]', 50, "unknown_role"),
    ("optional = true", "skip_by = []", 50, "nobody_can"),
    (WHEN, 'when = "facts.ill &&"', 40, "condition_syntax"),
    (WHEN, 'when = ""', 40, "condition_syntax"),
    (WHEN, "when = 1", 40, "wrong_type"),
    (WHEN, 'when = "facts.iil"', 40, "unknown_fact"),
    (WHEN, "when = \"facts['iil']\"", 40, "unknown_fact"),
    (WHEN, 'when = "has(facts.iil)"', 40, "unknown_fact"),
    (WHEN, 'when = "steps.frist.done"', 40, "unknown_step"),
    (WHEN, 'when = "steps.first.finished"', 40, "unknown_step_field"),
    (WHEN, 'when = "steps.first"', 40, "unknown_step_field"),
    (WHEN, 'when = "size(facts) > 0"', 40, "condition_not_by_name"),
    (WHEN, 'when = "true || other"', 40, "unknown_name"),
    (WHEN, 'when = "facts.ill && today()"', 40, "unknown_name"),
    (WHEN, 'when = "facts.sum_fen"', 40, "condition_not_boolean"),
    (WHEN, 'when = "facts.ill ? true : 2"', 40, "condition_not_boolean"),
    (WHEN, "when = \"facts.sum_fen > '5'\"", 40, "condition_types"),
    (WHEN, 'when = "facts.ill || facts.sum_fen"', 40, "condition_types"),
    (WHEN, "when = \"facts.how == 'cheque'\"", 40, "unknown_choice"),
    (WHEN, 'when = "facts.ill && !facts.ill"', 40, "condition_never_true"),
    (WHEN, 'when = "steps.third.done"', 39, "cycle"),
    (WHEN, 'when = "steps.second.done"', 39, "cycle"),
    ('after = ["second"]', 'after = ["third"]', 49, "cycle"),
    ('[close]\nwhen = "steps.first.done"\nby = ["teller"]\n', "", 1, "missing_key"),
    (CLOSE, '[close]\nwhen = "steps.first.skipped"', 58, "condition_never_true"),
    (CLOSE, '[close]\nwhen = "steps.first.done && facts.ill && steps.second.skipped"', 58, "condition_never_true"),
    (CLOSE, '[close]\nwhen = "steps.first.done && steps.first.skipped"', 58, "condition_never_true"),
    (CLOSE, "[close]\nwhen = \"facts.sum_fen < 0\"", 58, "never_finishes"),
    ('by = ["teller"]\n', 'by = ["auditor"]\n', 59, "role_reads_only"),
    ('when = "steps.first.done"\n\n', "\n", 52, "missing_key"),
]  # fmt: skip


def test_the_good_plan_is_good():
    load = load_plan(GOOD)
    assert load.problems == ()
    assert load.warnings == ()
    assert load.plan is not None
    assert load.plan.dependents == {"first": ("second",), "second": ("third",)}
    assert load.plan.steps["second"].line == 34


@pytest.mark.parametrize(("old", "new", "line", "code"), REFUSALS)
def test_refused_with_line_and_code(old, new, line, code):
    assert old in GOOD
    load = load_plan(GOOD.replace(old, new, 1))
    assert load.plan is None
    places = [(p.where, p.code) for p in load.problems]
    assert (f"plan.toml:{line}", code) in places, places
    for problem in load.problems:
        assert problem.words.zh
        assert problem.words.en


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_lines():
    text = GOOD.replace('"teller"', '"teler"').replace('stage = "all"', 'stage = "al"')
    codes = [problem.code for problem in load_plan(text, source="kinds/small/plan.toml").problems]
    assert codes.count("unknown_stage") == 3
    assert codes.count("unknown_role") == 4
    lines = [int(p.where.split(":")[1]) for p in load_plan(text).problems]
    assert lines == sorted(lines)


def test_a_typo_is_answered_with_the_nearest_name():
    problem = load_plan(GOOD.replace("four_eyes", "four_eye")).problems[0]
    assert "four_eyes" in problem.words.zh
    assert "did you mean “four_eyes”" in problem.words.en


def test_the_place_inside_a_condition_is_told():
    problem = load_plan(GOOD.replace("facts.ill && steps", "facts.ill &&& steps")).problems[0]
    assert "column 13" in problem.words.en
    assert "第13列" in problem.words.zh


def test_lines_hold_behind_multi_line_texts_and_comments():
    text = GOOD.replace(
        "[[stages]]",
        '# [[steps]]\n[facts.x]\ntype = "text"\nzh = """\n[[steps]]\nid = "first"\n"""\nen = "x"\n[[stages]]',
    )
    problem = load_plan(text.replace('after = ["first"]', 'after = [\n  "frist",  # ]\n]')).problems[0]
    assert (problem.code, problem.where) == ("unknown_step", "plan.toml:47")


def test_a_dead_value_of_a_fact_is_a_warning():
    text = GOOD.replace("optional = true", 'when = "!facts.ill"').replace(
        CLOSE, '[close]\nwhen = "steps.third.done"'
    )
    load = load_plan(text)
    assert load.plan is not None
    assert [(w.code, w.where) for w in load.warnings] == [("cannot_close_when", "plan.toml:6")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00",
        "a" * 10_000,
        "[[[",
        "steps = 3",
        "[facts]\nx = 1",
        "[close]\nby = [1]",
        "steps = [1]",
        'title = "x"\nclose = 3',
    ],
)
def test_any_text_gives_problems_and_never_an_exception(text):
    load = load_plan(text)
    assert load.plan is None
    assert load.problems
